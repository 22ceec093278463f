#include "frontend/firmware.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KIB = 1 << 10, MIB = 1 << 20, BIOS_LEAST = 64 * KIB, BIOS_MOST = 16 * MIB };

static const char default_bios[] = "bios-256k.bin";
static const char vga_bios[] = "vgabios-stdvga.bin";

/* All of a file, and its length; NULL with errno set. */
static u8 *read_file(const char *path, u64 *length)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    u8 *bytes = malloc(BIOS_MOST + 1);
    ssize_t got = 0;

    *length = 0;
    if (fd < 0 || !bytes) {
        free(bytes);
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    while (*length <= BIOS_MOST && (got = read(fd, bytes + *length, BIOS_MOST + 1 - *length)) > 0)
        *length += (u64)got;
    close(fd);
    if (got >= 0)
        return bytes;
    free(bytes);
    return NULL;
}

/* As QEMU: the name itself where there is such a file, else in the firmware folder. */
static u8 *find_file(const char *name, const char *folder, u64 *length)
{
    char path[PATH_MAX];
    u8 *bytes = NULL;

    if (strchr(name, '/') || !access(name, R_OK))
        bytes = read_file(name, length);
    if (!bytes && !strchr(name, '/')) {
        snprintf(path, sizeof path, "%s/%s", folder, name);
        bytes = read_file(path, length);
    }
    return bytes;
}

static u8 *find_default(const char *name, const char *folder, u64 *length)
{
    char path[PATH_MAX];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return read_file(path, length);
}

bool firmware_load(Firmware *firmware, const Options *options, char *error, size_t error_size)
{
    const char *folder = options->firmware_folder;

    *firmware = (Firmware){0};
    firmware->bios = options->bios ? find_file(options->bios, folder, &firmware->bios_length)
                                   : find_default(default_bios, folder, &firmware->bios_length);
    if (!firmware->bios && options->bios) {
        snprintf(error, error_size, "-bios %s cannot be read: %s", options->bios, strerror(errno));
        return false;
    }
    firmware->vga_bios = find_default(vga_bios, folder, &firmware->vga_bios_length);
    if (!firmware->bios || (!firmware->vga_bios && !options->bios)) {
        snprintf(error, error_size,
                 "%s/%s cannot be read: %s; install the firmware with `apt-get install seabios`, "
                 "or say with -L where it is",
                 folder, firmware->bios ? vga_bios : default_bios, strerror(errno));
        firmware_free(firmware);
        return false;
    }
    if (firmware->bios_length >= BIOS_LEAST && firmware->bios_length <= BIOS_MOST &&
        firmware->bios_length % PAGE_SIZE == 0)
        return true;
    snprintf(error, error_size,
             "-bios %s has %llu bytes; a firmware image has 64 KiB to 16 MiB, in whole pages of "
             "4 KiB, and its last 16 bytes are where the processor begins",
             options->bios ? options->bios : default_bios,
             (unsigned long long)firmware->bios_length);
    firmware_free(firmware);
    return false;
}

void firmware_free(Firmware *firmware)
{
    free(firmware->bios);
    free(firmware->vga_bios);
    *firmware = (Firmware){0};
}
