/*
 * Disk images: a raw file (or block device) on the host as a BlockDevice.
 */
#ifndef FRONTEND_DISK_IMAGE_H
#define FRONTEND_DISK_IMAGE_H

#include "devices/backend.h"

#include <stddef.h>

typedef enum ImageKind { IMAGE_DISK, IMAGE_FLOPPY, IMAGE_CDROM } ImageKind;

typedef struct DiskImage {
    BlockDevice device;     /* give its address to the machine; do not move the DiskImage */
    ImageKind kind;
    const char *path;       /* for messages; must outlive the image */
    int fd;                 /* -1: none */
    u64 length;             /* bytes of the file; reads beyond it give zeros up to a whole sector */
    const u8 *memory;       /* the image is in memory, not in a file */
    int overlay;            /* an unlinked file that takes the writes of snapshot=on, or -1 */
    u8 *overlay_holds;      /* one bit per sector: it is in the overlay */
    bool dirty;             /* written since the last flush */
} DiskImage;

typedef struct DiskImageOptions {
    ImageKind kind;
    bool read_only;         /* readonly=on; a CD-ROM always is */
    bool snapshot;          /* writes go to a temporary file and are lost */
} DiskImageOptions;

/* False: `message` holds a sentence that names the file and says what to do. True: `message`
 * is empty or a warning. The image is locked against other writers until it is closed. */
bool disk_image_open(DiskImage *image, const char *path, const DiskImageOptions *options,
                     char *message, size_t message_size);

/* An image that is part of the program, e.g. the built-in guest; always a snapshot. */
bool disk_image_open_memory(DiskImage *image, ImageKind kind, const u8 *bytes, u64 length,
                            char *message, size_t message_size);

/* A drive without medium; disk_image_open() may fill it later. */
void disk_image_init_empty(DiskImage *image, ImageKind kind);

/* Everything written reaches stable storage; false if the host refuses. */
bool disk_image_flush(DiskImage *image);

/* Flushes, unlocks and closes; the drive is empty then. The medium's `changes` goes up. */
void disk_image_close(DiskImage *image);

#endif
