/* Disk images: sizes, locks, snapshots, messages. */
#include "frontend/disk_image.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[] = "/tmp/vitrine-images-XXXXXX";
static char message[1024];
static const DiskImageOptions disk = {.kind = IMAGE_DISK};

/* `length` bytes of `fill` in the test's own directory. */
static const char *make(const char *name, size_t length, char fill)
{
    static char paths[4][256];
    static unsigned turn;
    char *path = paths[turn++ % 4], *bytes = malloc(length + 1);

    memset(bytes, fill, length);
    snprintf(path, sizeof paths[0], "%s/%s", directory, name);
    int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0644);
    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, bytes, length), (ssize_t)length);
    close(fd);
    free(bytes);
    return path;
}

static bool open_image(DiskImage *image, const char *path, const DiskImageOptions *options)
{
    disk_image_init_empty(image, options->kind);
    return disk_image_open(image, path, options, message, sizeof message);
}

static void expect_refusal(const char *path, const DiskImageOptions *options, const char *reason)
{
    DiskImage image;

    cr_assert_not(open_image(&image, path, options));
    cr_assert(strstr(message, reason), "'%s' does not say '%s'", message, reason);
    cr_assert(strstr(message, path), "'%s' does not name the file", message);
    cr_assert_eq(image.device.sectors, 0);
    disk_image_close(&image);
}

static bool read_one(DiskImage *image, u64 sector, u8 *bytes)
{
    return image->device.read(image->device.owner, sector, 1, bytes);
}

static bool write_one(DiskImage *image, u64 sector, u8 fill)
{
    u8 bytes[SECTOR_SIZE];

    memset(bytes, fill, sizeof bytes);
    return image->device.write(image->device.owner, sector, 1, bytes);
}

static off_t length_of(const char *path)
{
    struct stat status;

    return stat(path, &status) < 0 ? -1 : status.st_size;
}

static void make_directory(void)
{
    cr_assert(mkdtemp(directory));
}

static void remove_directory(void)
{
    char line[512];

    snprintf(line, sizeof line, "rm -rf '%s'", directory);
    cr_assert_eq(system(line), 0);
}

TestSuite(disk_image, .init = make_directory, .fini = remove_directory);

Test(disk_image, reads_and_writes_sectors)
{
    DiskImage image;
    u8 bytes[SECTOR_SIZE];
    const char *path = make("disk", 10 * 512, 'a');

    cr_assert(open_image(&image, path, &disk), "%s", message);
    cr_assert_str_eq(message, "");
    cr_assert_eq(image.device.sectors, 10);
    cr_assert_eq(image.device.changes, 1);
    cr_assert(write_one(&image, 3, 'b'));
    cr_assert(read_one(&image, 3, bytes));
    cr_assert_eq(bytes[511], 'b');
    cr_assert(read_one(&image, 4, bytes));
    cr_assert_eq(bytes[0], 'a');
    cr_assert_not(read_one(&image, 10, bytes));
    cr_assert_not(write_one(&image, 10, 'c'));
    cr_assert_not(image.device.read(&image, UINT64_MAX, 2, bytes));
    cr_assert(image.dirty);
    cr_assert(image.device.flush(&image));
    cr_assert_not(image.dirty);
    disk_image_close(&image);
    cr_assert_eq(image.device.sectors, 0);
    cr_assert_eq(image.device.changes, 2);
    cr_assert(open_image(&image, path, &disk));
    cr_assert(read_one(&image, 3, bytes));
    cr_assert_eq(bytes[0], 'b');
    disk_image_close(&image);
}

Test(disk_image, refusals)
{
    const DiskImageOptions cdrom = {.kind = IMAGE_CDROM};
    char missing[300];

    snprintf(missing, sizeof missing, "%s/nothing", directory);
    expect_refusal(missing, &disk, "does not exist");
    expect_refusal(directory, &disk, "is a directory");
    expect_refusal("/dev/null", &disk, "neither a file nor a block device");
    expect_refusal(make("empty", 0, 0), &disk, "is empty");
    expect_refusal(make("empty", 0, 0), &cdrom, "is empty");
}

Test(disk_image, read_only_files)
{
    DiskImage image;
    const char *path = make("locked", 512, 'a');
    const DiskImageOptions snapshot = {.kind = IMAGE_DISK, .snapshot = true};
    const DiskImageOptions read_only = {.kind = IMAGE_DISK, .read_only = true};

    chmod(path, 0444);
    if (geteuid() != 0) /* root may write everything */
        expect_refusal(path, &disk, "not written");
    cr_assert(open_image(&image, path, &snapshot), "%s", message);
    cr_assert(write_one(&image, 0, 'b'));
    disk_image_close(&image);
    cr_assert(open_image(&image, path, &read_only), "%s", message);
    cr_assert(image.device.read_only);
    cr_assert_not(write_one(&image, 0, 'b'));
    disk_image_close(&image);
}

Test(disk_image, one_writer_or_many_readers)
{
    DiskImage first, second;
    const char *path = make("shared", 512, 'a');
    const DiskImageOptions read_only = {.kind = IMAGE_DISK, .read_only = true};
    const DiskImageOptions snapshot = {.kind = IMAGE_DISK, .snapshot = true};

    cr_assert(open_image(&first, path, &disk));
    expect_refusal(path, &disk, "in use");
    expect_refusal(path, &read_only, "in use");
    disk_image_close(&first);
    cr_assert(open_image(&first, path, &read_only));
    cr_assert(open_image(&second, path, &snapshot));
    expect_refusal(path, &disk, "in use");
    disk_image_close(&first);
    disk_image_close(&second);
    cr_assert(open_image(&first, path, &disk), "the locks are gone");
    disk_image_close(&first);
}

Test(disk_image, odd_length_is_padded)
{
    DiskImage image;
    u8 bytes[SECTOR_SIZE];
    const char *path = make("odd", 700, 'a');

    cr_assert(open_image(&image, path, &disk));
    cr_assert(strstr(message, "not a multiple of 512"));
    cr_assert_eq(image.device.sectors, 2);
    cr_assert(read_one(&image, 1, bytes));
    cr_assert_eq(bytes[187], 'a');
    cr_assert_eq(bytes[188], 0);
    cr_assert_eq(bytes[511], 0);
    disk_image_close(&image);
    cr_assert_eq(length_of(path), 700, "reading changes nothing");
}

Test(disk_image, floppies_have_sizes)
{
    DiskImage image;
    u8 bytes[SECTOR_SIZE];
    const DiskImageOptions floppy = {.kind = IMAGE_FLOPPY};
    const char *path = make("boot", 512, 'a');

    cr_assert(open_image(&image, path, &floppy));
    cr_assert_str_eq(message, "");
    cr_assert_eq(image.device.sectors, 2880);
    memset(bytes, 'x', sizeof bytes);
    cr_assert(read_one(&image, 2879, bytes));
    cr_assert_eq(bytes[0], 0);
    cr_assert(write_one(&image, 9, 'b'));
    cr_assert_eq(length_of(path), 10 * 512);
    disk_image_close(&image);
    expect_refusal(make("long", 2881 * 512, 'a'), &floppy, "1.44M");
}

Test(disk_image, cdroms_are_read_only)
{
    DiskImage image;
    const DiskImageOptions cdrom = {.kind = IMAGE_CDROM};

    cr_assert(open_image(&image, make("disc", 5 * 2048, 'a'), &cdrom));
    cr_assert_eq(image.device.sectors, 20);
    cr_assert(image.device.read_only);
    disk_image_close(&image);
    cr_assert(open_image(&image, make("disc", 2048 + 512, 'a'), &cdrom));
    cr_assert(strstr(message, "2048"));
    cr_assert_eq(image.device.sectors, 8);
    disk_image_close(&image);
}

Test(disk_image, snapshots_leave_the_file_alone)
{
    DiskImage image;
    u8 bytes[8 * SECTOR_SIZE];
    const DiskImageOptions snapshot = {.kind = IMAGE_DISK, .snapshot = true};
    const char *path = make("base", 8 * 512, 'a');

    cr_assert(open_image(&image, path, &snapshot));
    cr_assert(write_one(&image, 1, 'b'));
    cr_assert(write_one(&image, 6, 'c'));
    cr_assert(image.device.read(&image, 0, 8, bytes));
    for (unsigned i = 0; i < sizeof bytes; i++)
        cr_assert_eq(bytes[i], i / 512 == 1 ? 'b' : i / 512 == 6 ? 'c' : 'a');
    cr_assert(disk_image_flush(&image));
    disk_image_close(&image);
    cr_assert(open_image(&image, path, &disk));
    cr_assert(image.device.read(&image, 0, 8, bytes));
    for (unsigned i = 0; i < sizeof bytes; i++)
        cr_assert_eq(bytes[i], 'a');
    disk_image_close(&image);
}

Test(disk_image, images_in_memory)
{
    static u8 bytes[1000];
    u8 got[SECTOR_SIZE];
    DiskImage image;

    memset(bytes, 'm', sizeof bytes);
    disk_image_init_empty(&image, IMAGE_DISK);
    cr_assert(
        disk_image_open_memory(&image, IMAGE_DISK, bytes, sizeof bytes, message, sizeof message));
    cr_assert_eq(image.device.sectors, 2);
    cr_assert(read_one(&image, 1, got));
    cr_assert_eq(got[487], 'm');
    cr_assert_eq(got[488], 0);
    cr_assert(write_one(&image, 0, 'n'));
    cr_assert(read_one(&image, 0, got));
    cr_assert_eq(got[0], 'n');
    cr_assert_eq(bytes[0], 'm');
    disk_image_close(&image);
}

Test(disk_image, a_file_that_shrinks_reads_as_zeros)
{
    DiskImage image;
    u8 bytes[SECTOR_SIZE];
    const char *path = make("shrinking", 1024, 'a');

    cr_assert(open_image(&image, path, &disk));
    cr_assert_eq(truncate(path, 100), 0);
    memset(bytes, 'x', sizeof bytes);
    cr_assert(read_one(&image, 1, bytes));
    cr_assert_eq(bytes[0], 0);
    disk_image_close(&image);
}

Test(disk_image, empty_drives)
{
    DiskImage image;

    disk_image_init_empty(&image, IMAGE_CDROM);
    cr_assert_eq(image.device.sectors, 0);
    cr_assert(image.device.flush(&image));
    disk_image_close(&image);
    cr_assert_eq(image.device.changes, 0);
}
