/*
 * Tells images apart by their first bytes: ISO 9660 (ECMA-119, "Volume Descriptors"), the boot
 * signature of the IBM PC, ELF, the Linux/x86 Boot Protocol, Multiboot 0.6.96, and the jump that
 * a firmware ROM has at the reset vector.
 */
#include "frontend/image_format.h"

#include "devices/fdc82077.h"
#include "frontend/kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEAD_BYTES = 36864, ISO_VOLUME = 32768 };

typedef struct ImageHead {
    u8 bytes[HEAD_BYTES];
    size_t length;
    u64 file_length;
    u8 tail[16];
} ImageHead;

static bool head_has(const ImageHead *head, size_t offset, const char *magic, size_t length)
{
    return head->length >= offset + length && !memcmp(head->bytes + offset, magic, length);
}

/* Other emulators' formats and compressed files would only look like empty disks. */
static const struct {
    const char *magic;
    size_t length, offset;
    const char *reason;
} foreign[] = {
    {"QFI\xfb", 4, 0, "a qcow2 image; convert it with `qemu-img convert -O raw`"},
    {"KDMV", 4, 0, "a VMDK image; convert it with `qemu-img convert -O raw`"},
    {"\x7f\x10\xda\xbe", 4, 64, "a VDI image; convert it with `qemu-img convert -O raw`"},
    {"conectix", 8, 0, "a VHD image; convert it with `qemu-img convert -O raw`"},
    {"vhdxfile", 8, 0, "a VHDX image; convert it with `qemu-img convert -O raw`"},
    {"\x1f\x8b", 2, 0, "compressed; unpack it with gunzip first"},
    {"\xfd"
     "7zXZ",
     5, 0, "compressed; unpack it with unxz first"},
    {"BZh", 3, 0, "compressed; unpack it with bunzip2 first"},
    {"PK\x03\x04", 4, 0, "a ZIP archive; unpack it first"},
};

/* 64 KiB to 1 MiB whose last 16 bytes begin with a jump. */
static bool looks_like_firmware(const ImageHead *head)
{
    u64 length = head->file_length;

    return length >= 64 << 10 && length <= 1 << 20 && !(length & (length - 1)) &&
           (head->tail[0] == 0xEA || head->tail[0] == 0xE9 || head->tail[0] == 0xEB);
}

static bool is_floppy_size(u64 length)
{
    const FloppyGeometry *shapes;
    unsigned i, count;

    shapes = fdc82077_geometries(&count);
    for (i = 0; i < count; i++)
        if (length == (u64)shapes[i].cylinders * shapes[i].heads * shapes[i].sectors * SECTOR_SIZE)
            return true;
    return false;
}

static ImageFormat classify(const ImageHead *head)
{
    bool signature = head_has(head, 510, "\x55\xAA", 2);
    u64 length = head->file_length;

    if (head_has(head, 0,
                 "\x7f"
                 "ELF",
                 4))
        return FORMAT_KERNEL;
    if (head_has(head, ISO_VOLUME + 1, "CD001", 5))
        return FORMAT_CDROM;
    if (head_has(head, 0x202, "HdrS", 4))
        return FORMAT_KERNEL;
    if (!signature && kernel_kind(head->bytes, head->length) != KERNEL_NONE)
        return FORMAT_KERNEL;
    if (!signature && looks_like_firmware(head))
        return FORMAT_FIRMWARE;
    return is_floppy_size(length) ? FORMAT_FLOPPY : FORMAT_DISK;
}

static bool read_head(int fd, ImageHead *head)
{
    struct stat status;
    ssize_t got;

    if (fstat(fd, &status))
        return false;
    if (S_ISDIR(status.st_mode)) {
        errno = EISDIR;
        return false;
    }
    got = pread(fd, head->bytes, sizeof head->bytes, 0);
    if (got < 0)
        return false;
    head->length = got;
    head->file_length = S_ISREG(status.st_mode) ? (u64)status.st_size : UINT64_MAX;
    if (S_ISREG(status.st_mode) && status.st_size >= (off_t)sizeof head->tail)
        if (pread(fd, head->tail, sizeof head->tail, status.st_size - (off_t)sizeof head->tail) < 0)
            return false;
    return true;
}

ImageFormat image_format(const char *path, char *reason, size_t reason_size)
{
    ImageHead head = {.length = 0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool read = fd >= 0 && read_head(fd, &head);
    int problem = errno;
    unsigned i;

    if (fd >= 0)
        close(fd);
    if (!read) {
        snprintf(reason, reason_size, "cannot be read: %s", strerror(problem));
        return FORMAT_UNUSABLE;
    }
    if (!head.length) {
        snprintf(reason, reason_size, "the file is empty; there is nothing to boot");
        return FORMAT_UNUSABLE;
    }
    for (i = 0; i < COUNT_OF(foreign); i++) {
        if (head_has(&head, foreign[i].offset, foreign[i].magic, foreign[i].length)) {
            snprintf(reason, reason_size, "this is %s", foreign[i].reason);
            return FORMAT_UNUSABLE;
        }
    }
    return classify(&head);
}
