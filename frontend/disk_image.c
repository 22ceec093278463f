/*
 * Disk images. A raw image is used as it is: sector n lies at byte 512 * n. An image that ends
 * within a sector, or a floppy image that ends before its disk does, reads as zeros from there on;
 * a write to that part makes the file longer.
 *
 * snapshot=on keeps writes in an unlinked temporary file of the same layout, with one bit per
 * sector that tells where the sector is to be found.
 *
 * An image is locked with an open-file-description lock, which also holds between two drives of
 * one process: shared for readers, exclusive for a writer.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* O_TMPFILE, F_OFD_SETLK, memfd_create() */
#endif
#include "frontend/disk_image.h"
#include "devices/floppy_drive.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CD_BLOCK = 2048 };

/* ---- transfers ---- */

static bool read_fully(int fd, u8 *bytes, u64 length, u64 offset)
{
    while (length > 0) {
        ssize_t got = pread(fd, bytes, length, (off_t)offset);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return false;
        if (got == 0) { /* somebody has made the file shorter */
            memset(bytes, 0, length);
            return true;
        }
        bytes += got;
        offset += (u64)got;
        length -= (u64)got;
    }
    return true;
}

static bool write_fully(int fd, const u8 *bytes, u64 length, u64 offset)
{
    while (length > 0) {
        ssize_t put = pwrite(fd, bytes, length, (off_t)offset);

        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return false;
        bytes += put;
        offset += (u64)put;
        length -= (u64)put;
    }
    return true;
}

/* From the image itself, with zeros beyond its end. */
static bool read_image(const DiskImage *image, u8 *bytes, u64 length, u64 offset)
{
    u64 there = offset >= image->length ? 0 : image->length - offset;

    there = there < length ? there : length;
    memset(bytes + there, 0, length - there);
    if (!there)
        return true;
    if (image->memory) {
        memcpy(bytes, image->memory + offset, there);
        return true;
    }
    return read_fully(image->fd, bytes, there, offset);
}

static bool in_overlay(const DiskImage *image, u64 sector)
{
    return image->overlay >= 0 && bit(image->overlay_holds[sector / 8], sector % 8);
}

static bool in_range(const DiskImage *image, u64 sector, u32 count)
{
    return sector <= image->device.sectors && count <= image->device.sectors - sector;
}

static bool read_sectors(void *owner, u64 sector, u32 count, u8 *bytes)
{
    DiskImage *image = owner;

    if (!in_range(image, sector, count))
        return false;
    while (count > 0) {
        bool overlay = in_overlay(image, sector);
        u32 run = 1;

        while (run < count && in_overlay(image, sector + run) == overlay)
            run++;
        u64 length = (u64)run * SECTOR_SIZE, offset = sector * SECTOR_SIZE;

        if (overlay ? !read_fully(image->overlay, bytes, length, offset)
                    : !read_image(image, bytes, length, offset))
            return false;
        bytes += length;
        sector += run;
        count -= run;
    }
    return true;
}

static bool write_sectors(void *owner, u64 sector, u32 count, const u8 *bytes)
{
    DiskImage *image = owner;
    u64 length = (u64)count * SECTOR_SIZE, offset = sector * SECTOR_SIZE;

    if (image->device.read_only || !in_range(image, sector, count))
        return false;
    if (image->overlay >= 0) {
        if (!write_fully(image->overlay, bytes, length, offset))
            return false;
        for (u64 i = sector; i < sector + count; i++)
            image->overlay_holds[i / 8] |= (u8)(1 << i % 8);
        return true;
    }
    image->dirty = true;
    if (!write_fully(image->fd, bytes, length, offset))
        return false;
    if (offset + length > image->length)
        image->length = offset + length;
    return true;
}

static bool flush(void *owner)
{
    return disk_image_flush(owner);
}

bool disk_image_flush(DiskImage *image)
{
    if (!image->dirty || image->fd < 0)
        return true;
    /* EINVAL: a file that cannot be synchronized, and need not be. */
    if (fdatasync(image->fd) < 0 && errno != EINVAL)
        return false;
    image->dirty = false;
    return true;
}

/* ---- opening ---- */

typedef struct Message {
    char *text;
    size_t size;
} Message;

#define SAY(message, ...) snprintf((message).text, (message).size, __VA_ARGS__)

static const char *const kind_names[] = {
    [IMAGE_DISK] = "disk image", [IMAGE_FLOPPY] = "floppy image", [IMAGE_CDROM] = "CD-ROM image"};

static bool say_open_failed(const DiskImage *image, bool for_writing, Message message)
{
    const char *kind = kind_names[image->kind];
    bool readable = access(image->path, R_OK) == 0;

    if (errno == ENOENT)
        SAY(message, "%s '%s' does not exist", kind, image->path);
    else if (for_writing && readable && (errno == EACCES || errno == EROFS || errno == EPERM))
        SAY(message,
            "%s '%s' may be read but not written: make it writable, or use -snapshot (writes are "
            "lost at the end) or readonly=on",
            kind, image->path);
    else
        SAY(message, "%s '%s' cannot be opened: %s", kind, image->path, strerror(errno));
    return false;
}

static bool check_type(const DiskImage *image, Message message)
{
    const char *kind = kind_names[image->kind];
    struct stat status;

    if (stat(image->path, &status) < 0)
        return say_open_failed(image, false, message);
    if (S_ISREG(status.st_mode) || S_ISBLK(status.st_mode))
        return true;
    if (S_ISDIR(status.st_mode))
        SAY(message, "%s '%s' is a directory: name a file in it", kind, image->path);
    else
        SAY(message, "%s '%s' is neither a file nor a block device", kind, image->path);
    return false;
}

static bool lock(const DiskImage *image, bool writer, Message message)
{
    struct flock whole = {.l_type = writer ? F_WRLCK : F_RDLCK, .l_whence = SEEK_SET};

    if (fcntl(image->fd, F_OFD_SETLK, &whole) == 0)
        return true;
    if (errno != EAGAIN && errno != EACCES) /* a file system without locks */
        return true;
    SAY(message,
        "%s '%s' is in use by another drive or program: an image can be written by one of them "
        "only%s",
        kind_names[image->kind], image->path, writer ? " (-snapshot leaves it alone)" : "");
    return false;
}

static bool measure(DiskImage *image, Message message)
{
    off_t end = lseek(image->fd, 0, SEEK_END);

    if (end < 0) {
        SAY(message, "the size of %s '%s' cannot be found: %s", kind_names[image->kind],
            image->path, strerror(errno));
        return false;
    }
    image->length = (u64)end;
    return true;
}

static void say_floppy_sizes(const DiskImage *image, Message message)
{
    unsigned count;
    const FloppyGeometry *row = fdc82077_geometries(&count);
    int used =
        SAY(message,
            "floppy image '%s' has %" PRIu64 " bytes, which is no floppy disk's size; there are:",
            image->path, image->length);

    for (unsigned i = 0; i < count && used > 0 && (size_t)used < message.size; i++)
        used += snprintf(message.text + used, message.size - (size_t)used, " %s", row[i].name);
}

/* How many sectors the length makes; warns where it is odd. */
static bool set_sectors(DiskImage *image, Message message)
{
    u64 sectors = image->length / SECTOR_SIZE + (image->length % SECTOR_SIZE != 0);
    u64 unit = image->kind == IMAGE_CDROM ? CD_BLOCK : SECTOR_SIZE;

    if (!image->length) {
        SAY(message, "%s '%s' is empty (0 bytes)", kind_names[image->kind], image->path);
        return false;
    }
    if (image->length % unit)
        SAY(message,
            "%s '%s' has %" PRIu64 " bytes, not a multiple of %" PRIu64
            ": the last sector is filled up with zeros",
            kind_names[image->kind], image->path, image->length, unit);
    if (image->kind == IMAGE_FLOPPY) {
        const FloppyGeometry *geometry = fdc82077_geometry(sectors);

        if (!geometry) {
            say_floppy_sizes(image, message);
            return false;
        }
        sectors = (u64)geometry->cylinders * geometry->heads * geometry->sectors;
    } else if (image->kind == IMAGE_CDROM) {
        sectors = (image->length + CD_BLOCK - 1) / CD_BLOCK * (CD_BLOCK / SECTOR_SIZE);
    }
    image->device.sectors = sectors;
    return true;
}

/* An unlinked file where there is room for it; in memory as the last resort. */
static int temporary_file(bool small)
{
    const char *places[] = {getenv("TMPDIR"), "/var/tmp", "/tmp"};

    for (unsigned i = 0; !small && i < COUNT_OF(places); i++) {
        int fd = places[i] ? open(places[i], O_TMPFILE | O_RDWR | O_CLOEXEC, 0600) : -1;

        if (fd >= 0)
            return fd;
    }
    return memfd_create("vitrine snapshot", MFD_CLOEXEC);
}

static bool open_overlay(DiskImage *image, bool small, Message message)
{
    image->overlay = temporary_file(small);
    image->overlay_holds = calloc(image->device.sectors / 8 + 1, 1);
    if (image->overlay >= 0 && image->overlay_holds)
        return true;
    SAY(message,
        "no temporary file for the writes to '%s': %s; set TMPDIR to a directory with room",
        image->path, strerror(errno));
    return false;
}

static void release(DiskImage *image)
{
    if (image->fd >= 0)
        close(image->fd); /* this unlocks it, too */
    if (image->overlay >= 0)
        close(image->overlay);
    free(image->overlay_holds);
    image->fd = image->overlay = -1;
    image->overlay_holds = NULL;
    image->memory = NULL;
    image->length = image->device.sectors = 0;
    image->dirty = false;
}

static void prepare(DiskImage *image, ImageKind kind, const char *path)
{
    u32 changes = image->device.changes;

    disk_image_init_empty(image, kind);
    image->device.changes = changes;
    image->path = path;
}

static bool open_file(DiskImage *image, const DiskImageOptions *options, Message message)
{
    bool read_only = options->read_only || options->kind == IMAGE_CDROM;
    bool writer = !read_only && !options->snapshot;

    if (!check_type(image, message))
        return false;
    image->fd = open(image->path, (writer ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK);
    if (image->fd < 0)
        return say_open_failed(image, writer, message);
    image->device.read_only = read_only;
    return lock(image, writer, message) && measure(image, message) && set_sectors(image, message) &&
           (!options->snapshot || read_only || open_overlay(image, false, message));
}

bool disk_image_open(DiskImage *image, const char *path, const DiskImageOptions *options,
                     char *message, size_t message_size)
{
    if (message_size)
        message[0] = '\0';
    prepare(image, options->kind, path);
    if (!open_file(image, options, (Message){message, message_size})) {
        release(image);
        return false;
    }
    image->device.changes++;
    return true;
}

bool disk_image_open_memory(DiskImage *image, ImageKind kind, const u8 *bytes, u64 length,
                            char *message, size_t message_size)
{
    Message say = {message, message_size};

    if (message_size)
        message[0] = '\0';
    prepare(image, kind, "the built-in image");
    image->memory = bytes;
    image->length = length;
    image->device.read_only = kind == IMAGE_CDROM;
    if (!set_sectors(image, say) || !open_overlay(image, true, say)) {
        release(image);
        return false;
    }
    image->device.changes++;
    return true;
}

void disk_image_init_empty(DiskImage *image, ImageKind kind)
{
    *image = (DiskImage){.kind = kind, .fd = -1, .overlay = -1, .path = ""};
    image->device =
        (BlockDevice){.read = read_sectors, .write = write_sectors, .flush = flush, .owner = image};
}

void disk_image_close(DiskImage *image)
{
    if (image->fd < 0 && !image->memory)
        return;
    disk_image_flush(image);
    release(image);
    image->device.changes++;
}
