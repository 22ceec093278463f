/*
 * What a file is that was named without saying: disk, floppy, CD, kernel or firmware.
 */
#ifndef FRONTEND_IMAGE_FORMAT_H
#define FRONTEND_IMAGE_FORMAT_H

#include "mmu/base.h"

typedef enum ImageFormat {
    FORMAT_UNUSABLE,
    FORMAT_DISK,
    FORMAT_FLOPPY,
    FORMAT_CDROM,
    FORMAT_KERNEL,      /* for -kernel */
    FORMAT_FIRMWARE,    /* for -bios */
} ImageFormat;

/* FORMAT_UNUSABLE: `reason` holds a sentence that says why and what to do. */
ImageFormat image_format(const char *path, char *reason, size_t reason_size);

#endif
