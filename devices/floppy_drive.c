/*
 * Floppy disk drives: the head's position, the disk change line, and what shape a disk has by its
 * image's size. IBM Personal System/2 Hardware Interface Technical Reference, "Diskette Drives";
 * fd(4) of Linux for the formats with more sectors than usual.
 *
 * Not implemented: bad sectors, deleted data marks and other sector sizes (a raw image cannot hold
 * them), the motor (a disk is always up to speed).
 */
#include "devices/floppy_drive.h"

#include <string.h>

enum { RATE_500 = 1, RATE_300 = 2, RATE_250 = 4, RATE_1000 = 8 };
enum { SECTORS_1440K = 2880 };

// clang-format off
static const FloppyGeometry geometries[] = {
    {"160K",  40, 1,  8, FLOPPY_360K,  RATE_250 | RATE_300},
    {"180K",  40, 1,  9, FLOPPY_360K,  RATE_250 | RATE_300},
    {"320K",  40, 2,  8, FLOPPY_360K,  RATE_250 | RATE_300},
    {"360K",  40, 2,  9, FLOPPY_360K,  RATE_250 | RATE_300},
    {"640K",  80, 2,  8, FLOPPY_720K,  RATE_250},
    {"720K",  80, 2,  9, FLOPPY_720K,  RATE_250},
    {"800K",  80, 2, 10, FLOPPY_720K,  RATE_250},
    {"1.2M",  80, 2, 15, FLOPPY_1200K, RATE_500},
    {"1.44M", 80, 2, 18, FLOPPY_1440K, RATE_500},
    {"1.6M",  80, 2, 20, FLOPPY_1440K, RATE_500},
    {"1.68M", 80, 2, 21, FLOPPY_1440K, RATE_500},
    {"1.72M", 82, 2, 21, FLOPPY_1440K, RATE_500},
    {"1.74M", 83, 2, 21, FLOPPY_1440K, RATE_500},
    {"1.76M", 80, 2, 22, FLOPPY_1440K, RATE_500},
    {"1.84M", 80, 2, 23, FLOPPY_1440K, RATE_500},
    {"1.92M", 80, 2, 24, FLOPPY_1440K, RATE_500},
    {"2.88M", 80, 2, 36, FLOPPY_2880K, RATE_1000},
};
// clang-format on

const FloppyGeometry *fdc82077_geometries(unsigned *count)
{
    *count = COUNT_OF(geometries);
    return geometries;
}

static u32 geometry_sectors(const FloppyGeometry *geometry)
{
    return (u32)geometry->cylinders * geometry->heads * geometry->sectors;
}

const FloppyGeometry *fdc82077_geometry(u64 sectors)
{
    u64 wanted = sectors;

    for (unsigned pass = 0; pass < 2; pass++) {
        for (unsigned i = 0; i < COUNT_OF(geometries); i++)
            if (geometry_sectors(&geometries[i]) == wanted)
                return &geometries[i];
        if (!sectors || sectors > SECTORS_1440K)
            break;
        wanted = SECTORS_1440K;
    }
    return NULL;
}

const FloppyGeometry *floppy_drive_geometry(const FloppyDrive *drive)
{
    return drive && drive->medium ? fdc82077_geometry(drive->medium->sectors) : NULL;
}

/* The drive is of the type that takes the disk, and an empty one takes the usual disk. */
static void choose_type(FloppyDrive *drive)
{
    const FloppyGeometry *geometry = floppy_drive_geometry(drive);

    drive->type = geometry ? geometry->type : FLOPPY_1440K;
}

void floppy_drive_attach(FloppyDrive *drive, BlockDevice *medium)
{
    *drive = (FloppyDrive){.present = true, .medium = medium, .disk_changed = true};
    drive->changes_seen = medium ? medium->changes : 0;
    choose_type(drive);
}

void floppy_drive_medium_changed(FloppyDrive *drive)
{
    if (!drive->medium || drive->medium->changes == drive->changes_seen)
        return;
    drive->changes_seen = drive->medium->changes;
    drive->disk_changed = true;
    drive->passed = 0;
}

void floppy_drive_step(FloppyDrive *drive, u8 cylinder)
{
    drive->cylinder = cylinder;
    if (floppy_drive_geometry(drive))
        drive->disk_changed = false;
}

static bool find(const FloppyDrive *drive, u8 head, u8 sector, u64 *number)
{
    const FloppyGeometry *geometry = floppy_drive_geometry(drive);

    if (!geometry || drive->cylinder >= geometry->cylinders || head >= geometry->heads ||
        sector < 1 || sector > geometry->sectors)
        return false;
    *number = ((u64)drive->cylinder * geometry->heads + head) * geometry->sectors + sector - 1;
    return true;
}

bool floppy_drive_read(FloppyDrive *drive, u8 head, u8 sector, u8 *bytes)
{
    u64 number;

    if (!find(drive, head, sector, &number))
        return false;
    if (number >= drive->medium->sectors) {
        memset(bytes, 0, SECTOR_SIZE);
        return true;
    }
    return drive->medium->read(drive->medium->owner, number, 1, bytes);
}

bool floppy_drive_write(FloppyDrive *drive, u8 head, u8 sector, const u8 *bytes)
{
    u64 number;

    return find(drive, head, sector, &number) && number < drive->medium->sectors &&
           !drive->medium->read_only &&
           drive->medium->write(drive->medium->owner, number, 1, bytes);
}
