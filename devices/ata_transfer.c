/*
 * How a hard disk's sectors travel: addresses and counts, PIO and DMA. ATA/ATAPI-6 (T13/1410D),
 * "PIO data-in command protocol", "PIO data-out command protocol", "DMA command protocol",
 * "Sector addressing"; ATA-4 for cylinder, head and sector.
 */
#include "devices/ata_disk.h"
#include "devices/bus_master_ide.h"
#include "devices/ide_drive.h"

/* ---- addresses ---- */

/* Sets `lba` from the registers; false when CHS registers name no sector. */
bool ata_address_get(IdeDrive *drive)
{
    const IdeTaskFile *task = &drive->task;
    u32 low = task->lba_low[0], middle = task->lba_mid[0], high = task->lba_high[0];
    u32 head = task->device & DEVICE_HEAD;

    drive->lba = low | middle << 8 | high << 16;
    if (ata_command_flags(drive->command) & ATA_EXT) {
        drive->lba |= (u64)task->lba_low[1] << 24 | (u64)task->lba_mid[1] << 32 |
                      (u64)task->lba_high[1] << 40;
    } else if (task->device & DEVICE_LBA) {
        drive->lba |= (u64)head << 24;
    } else {
        u32 cylinder = middle | high << 8;

        if (low == 0 || low > drive->translation.sectors || head >= drive->translation.heads ||
            cylinder >= drive->translation.cylinders)
            return false;
        drive->lba =
            ((u64)cylinder * drive->translation.heads + head) * drive->translation.sectors + low -
            1;
    }
    return true;
}

/* Puts `lba` into the registers: the last sector moved, or the one that failed. */
void ata_address_set(IdeDrive *drive, u64 lba)
{
    IdeTaskFile *task = &drive->task;
    u32 head = (u32)(lba >> 24) & DEVICE_HEAD;

    if (ata_command_flags(drive->command) & ATA_EXT) {
        task->lba_low[1] = (u8)(lba >> 24);
        task->lba_mid[1] = (u8)(lba >> 32);
        task->lba_high[1] = (u8)(lba >> 40);
    } else if (task->device & DEVICE_LBA) {
        task->device = (u8)((task->device & ~DEVICE_HEAD) | head);
    } else if (drive->translation.heads && drive->translation.sectors) {
        u64 track = lba / drive->translation.sectors;

        task->device =
            (u8)((task->device & ~DEVICE_HEAD) | (track % drive->translation.heads & DEVICE_HEAD));
        lba = track / drive->translation.heads << 8 | (lba % drive->translation.sectors + 1);
    }
    task->lba_low[0] = (u8)lba;
    task->lba_mid[0] = (u8)(lba >> 8);
    task->lba_high[0] = (u8)(lba >> 16);
}

u32 ata_count_get(const IdeDrive *drive)
{
    u32 count = drive->task.count[0];

    if (ata_command_flags(drive->command) & ATA_EXT) {
        count |= (u32)drive->task.count[1] << 8;
        return count ? count : 0x10000;
    }
    return count ? count : 0x100;
}

bool ata_in_range(const IdeDrive *drive, u64 count)
{
    return drive->lba < drive->medium->sectors && count <= drive->medium->sectors - drive->lba;
}

/* ---- transfers ---- */

static u32 block_sectors(const IdeDrive *drive)
{
    u32 most = ata_command_flags(drive->command) & ATA_MULTIPLE ? drive->multiple : 1;

    if (most < 1 || most > ATA_MULTIPLE_MOST)
        most = 1;
    return drive->left < most ? drive->left : most;
}

void ata_start_transfer(IdeDrive *drive, IdePhase phase)
{
    u8 flags = ata_command_flags(drive->command);

    drive->power = 0xFF;
    if (((flags & ATA_MULTIPLE) && !drive->multiple) ||
        ((flags & ATA_WRITES) && drive->medium->read_only)) {
        ide_drive_fail(drive, ATA_ABRT);
        return;
    }
    drive->left = ata_count_get(drive);
    if (!ata_address_get(drive)) {
        ide_drive_fail(drive, ATA_IDNF);
        return;
    }
    /* A drive with a cache has room for the first block at once, and teaching systems send it
     * without a look at DRQ. No interrupt asks for it. */
    if (phase == PHASE_PIO_OUT)
        ide_drive_request(drive, phase, block_sectors(drive) * SECTOR_SIZE);
    else
        ide_drive_busy(drive, phase, COMMAND_NS);
}

static void fail_transfer(IdeDrive *drive, u8 error)
{
    ata_address_set(drive, drive->lba);
    drive->task.count[0] = (u8)drive->left;
    drive->task.count[1] = (u8)(drive->left >> 8);
    drive->error = error;
    ide_drive_finish(drive);
}

/* The next `count` sectors went well. */
void ata_advance(IdeDrive *drive, u32 count)
{
    drive->lba += count;
    drive->left -= count;
    if (drive->left)
        return;
    ata_address_set(drive, drive->lba - 1);
    drive->task.count[0] = drive->task.count[1] = 0;
}

/* Moves sectors between the medium and the buffer; false ends the command with an error. */
static bool load_sectors(IdeDrive *drive, u32 count)
{
    BlockDevice *medium = drive->medium;

    if (!ata_in_range(drive, count)) {
        fail_transfer(drive, ATA_IDNF);
        return false;
    }
    if (!medium->read(medium->owner, drive->lba, count, drive->buffer)) {
        fail_transfer(drive, ATA_UNC);
        return false;
    }
    return true;
}

static bool store_sectors(IdeDrive *drive, u32 count)
{
    BlockDevice *medium = drive->medium;

    if (!ata_in_range(drive, count)) {
        fail_transfer(drive, ATA_IDNF);
        return false;
    }
    if (!medium->write(medium->owner, drive->lba, count, drive->buffer)) {
        fail_transfer(drive, ATA_ABRT);
        drive->status |= ATA_DF;
        return false;
    }
    return true;
}

/* Without a write cache a command ends when its data are on the medium. */
static void finish_write(IdeDrive *drive)
{
    BlockDevice *medium = drive->medium;

    if (!drive->write_cache && !medium->flush(medium->owner)) {
        drive->error = ATA_ABRT;
        ide_drive_finish(drive);
        drive->status |= ATA_DF;
        return;
    }
    ide_drive_finish(drive);
}

static void step_pio_in(IdeDrive *drive)
{
    u32 count = block_sectors(drive);

    if (!load_sectors(drive, count))
        return;
    ata_advance(drive, count);
    ide_drive_request(drive, PHASE_PIO_IN, count * SECTOR_SIZE);
    ide_drive_interrupt(drive);
}

static void step_pio_store(IdeDrive *drive)
{
    u32 count = drive->block / SECTOR_SIZE;

    if (drive->command == ATA_WRITE_BUFFER) {
        ide_drive_finish(drive);
        return;
    }
    if (count > drive->left || !store_sectors(drive, count))
        return;
    ata_advance(drive, count);
    if (!drive->left) {
        finish_write(drive);
        return;
    }
    ide_drive_request(drive, PHASE_PIO_OUT, block_sectors(drive) * SECTOR_SIZE);
    ide_drive_interrupt(drive);
}

/* Until the bus master is started, and when its descriptors end too early, the drive waits with
 * BSY set; software then times out and resets it. */
static void step_dma(IdeDrive *drive, bool in)
{
    u32 most = IDE_BUFFER / SECTOR_SIZE;
    u32 count = drive->left < most ? drive->left : most;
    u32 bytes = count * SECTOR_SIZE;

    if (!bus_master_ready(drive->channel) || (in && !load_sectors(drive, count)) ||
        bus_master_move(drive->channel, drive->buffer, bytes, in) < bytes ||
        (!in && !store_sectors(drive, count)))
        return;
    ata_advance(drive, count);
    if (drive->left)
        ide_drive_busy(drive, drive->phase, count * (u64)SECTOR_NS);
    else if (in)
        ide_drive_finish(drive);
    else
        finish_write(drive);
}

void ata_disk_step(IdeDrive *drive)
{
    switch (drive->phase) {
    case PHASE_REPLY:
        ide_drive_request(drive, PHASE_REPLY, SECTOR_SIZE);
        ide_drive_interrupt(drive);
        break;
    case PHASE_PIO_IN:
        step_pio_in(drive);
        break;
    case PHASE_PIO_STORE:
        step_pio_store(drive);
        break;
    case PHASE_DMA_IN:
    case PHASE_DMA_OUT:
        step_dma(drive, drive->phase == PHASE_DMA_IN);
        break;
    }
}

void ata_disk_block_moved(IdeDrive *drive)
{
    u64 ns = (u64)drive->block / SECTOR_SIZE * SECTOR_NS;

    if (drive->phase == PHASE_PIO_OUT)
        ide_drive_busy(drive, PHASE_PIO_STORE, ns);
    else if (drive->phase == PHASE_PIO_IN && drive->left)
        ide_drive_busy(drive, PHASE_PIO_IN, ns);
    else
        drive->phase = PHASE_IDLE;
}
