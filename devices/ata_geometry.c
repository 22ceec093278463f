/*
 * Cylinders, heads and sectors of a hard disk that is only an image. ATA-4 (T13/1153D), "CHS
 * addressing"; the partition table as the IBM PC DOS 3.3 Technical Reference describes it.
 *
 * Old boot sectors and file systems keep the geometry of the disk they were made on, and read
 * garbage on any other. The partition table gives it away: a partition ends on the last head and
 * sector of a cylinder.
 */
#include "devices/ata_disk.h"

enum {
    TABLE = 0x1BE,
    ENTRIES = 4,
    ENTRY_BYTES = 16,
    END_HEAD = 5,
    END_SECTOR = 6,
    LENGTH = 12,
    SIGNATURE = 0x1FE
};

static bool shape(IdeDrive *drive, u32 heads, u32 sectors)
{
    u64 cylinders = drive->medium->sectors / (heads * sectors);

    if (cylinders < 1 || cylinders > ATA_CHS_CYLINDERS)
        return false;
    drive->geometry = (IdeGeometry){(u16)cylinders, (u16)heads, (u16)sectors};
    return true;
}

/* A partition that ends on a head beyond 15 was made through a BIOS that translated; then the disk
 * itself has the usual shape. */
static bool shape_of_partition(IdeDrive *drive, const u8 *entry)
{
    u32 heads = entry[END_HEAD] + 1u, sectors = entry[END_SECTOR] & 0x3F;
    bool used = entry[LENGTH] || entry[LENGTH + 1] || entry[LENGTH + 2] || entry[LENGTH + 3];

    return used && heads > 1 && heads <= ATA_CHS_HEADS && sectors && shape(drive, heads, sectors);
}

void ata_guess_geometry(IdeDrive *drive)
{
    BlockDevice *medium = drive->medium;
    u8 sector[SECTOR_SIZE];

    if (medium->sectors && medium->read(medium->owner, 0, 1, sector) && sector[SIGNATURE] == 0x55 &&
        sector[SIGNATURE + 1] == 0xAA)
        for (unsigned i = 0; i < ENTRIES; i++)
            if (shape_of_partition(drive, sector + TABLE + i * ENTRY_BYTES))
                return;
    if (!shape(drive, ATA_CHS_HEADS, ATA_CHS_SECTORS)) {
        bool small = medium->sectors < ATA_CHS_HEADS * ATA_CHS_SECTORS;

        drive->geometry =
            (IdeGeometry){small ? 1 : ATA_CHS_CYLINDERS, ATA_CHS_HEADS, ATA_CHS_SECTORS};
    }
}
