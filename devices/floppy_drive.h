/*
 * Floppy disk drives, and the shapes of the disks that go into them.
 */
#ifndef DEVICES_FLOPPY_DRIVE_H
#define DEVICES_FLOPPY_DRIVE_H

#include "devices/backend.h"

/* Drive types as CMOS byte 10h names them. */
typedef enum FloppyType {
    FLOPPY_NONE = 0, FLOPPY_360K = 1, FLOPPY_1200K = 2, FLOPPY_720K = 3, FLOPPY_1440K = 4,
    FLOPPY_2880K = 5,
} FloppyType;

typedef struct FloppyGeometry {
    const char *name;       /* "1.44M" */
    u8 cylinders, heads, sectors;
    u8 type;                /* FloppyType of the drive that takes it */
    u8 rates;               /* bit n: recorded for data rate n, as in CCR */
} FloppyGeometry;

/* The geometry of an image of `sectors` sectors, NULL when it fits none. An image that is shorter
 * than 1.44M and has no standard size is a 1.44M disk whose rest is blank. */
const FloppyGeometry *fdc82077_geometry(u64 sectors);

/* All geometries, for messages; smallest first. */
const FloppyGeometry *fdc82077_geometries(unsigned *count);

typedef struct FloppyDrive {
    bool present;
    u8 type;                /* FloppyType */
    u8 cylinder;            /* where the head is */
    u8 passed;              /* the last sector that READ ID saw: the disk turns */
    bool disk_changed;      /* the disk change line: until a step with a disk in the drive */
    u32 changes_seen;
    BlockDevice *medium;    /* may be NULL */
} FloppyDrive;

void floppy_drive_attach(FloppyDrive *drive, BlockDevice *medium);
void floppy_drive_medium_changed(FloppyDrive *drive);

/* Of the disk in the drive; NULL: none. `drive` may be NULL. */
const FloppyGeometry *floppy_drive_geometry(const FloppyDrive *drive);

/* Moves the head by one step or more. */
void floppy_drive_step(FloppyDrive *drive, u8 cylinder);

/* One sector of the disk, which must exist by its geometry; blank where the image ends. */
bool floppy_drive_read(FloppyDrive *drive, u8 head, u8 sector, u8 *bytes);
bool floppy_drive_write(FloppyDrive *drive, u8 head, u8 sector, const u8 *bytes);

#endif
