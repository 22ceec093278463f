/*
 * What hard disks and CD-ROM drives have in common: the Data register, BSY and DRQ, INTRQ, how a
 * command ends, signatures. ATA/ATAPI-6 (T13/1410D), "Interface register definitions and
 * descriptions" and "Protocol".
 *
 * Not implemented: 8-bit PIO (a byte access moves a word and shows its low half), overlapped and
 * queued commands.
 */
#include "devices/ide_drive.h"
#include "devices/ata_disk.h"
#include "devices/atapi.h"
#include "devices/bus_master_ide.h"

enum { EXECUTE_DEVICE_DIAGNOSTIC = 0x90, DIAGNOSTIC_PASSED = 1 };

/* ---- interrupts ---- */

void ide_channel_update_irq(IdeChannel *channel)
{
    bool enabled = !(channel->device_control & 2); /* nIEN */
    bool level = enabled && channel->drives[channel->selected].interrupt;

    if (level && !channel->irq_level)
        bus_master_interrupt(channel);
    channel->irq_level = level;
    irq_line_set(channel->irq, level);
}

void ide_drive_interrupt(IdeDrive *drive)
{
    drive->interrupt = true;
    ide_channel_update_irq(drive->channel);
}

/* ---- the course of a command ---- */

void ide_drive_busy(IdeDrive *drive, IdePhase phase, u64 ns)
{
    Clock *clock = drive->channel->ide->clock;

    drive->phase = phase;
    drive->status = (drive->status | ATA_BSY) & ~(ATA_DRQ | ATA_ERR | ATA_DF);
    clock_schedule(clock, &drive->step, clock_after_ns(clock, ns));
}

void ide_drive_request(IdeDrive *drive, IdePhase phase, u32 bytes)
{
    drive->phase = phase;
    drive->block = bytes;
    drive->at = 0;
    drive->status = ATA_DRDY | ATA_DSC | ATA_DRQ;
}

void ide_drive_finish(IdeDrive *drive)
{
    drive->phase = PHASE_IDLE;
    drive->status = ATA_DRDY | ATA_DSC | (drive->error ? ATA_ERR : 0);
    ide_drive_interrupt(drive);
}

void ide_drive_fail(IdeDrive *drive, u8 error)
{
    drive->error = error;
    ide_drive_busy(drive, PHASE_FINISH, COMMAND_NS);
}

void ide_drive_step(void *owner)
{
    IdeDrive *drive = owner;

    switch (drive->phase) {
    case PHASE_IDLE:
        break;
    case PHASE_RESET:
        ide_drive_reset(drive, false);
        if (drive->command == EXECUTE_DEVICE_DIAGNOSTIC && drive->index == 0)
            ide_drive_interrupt(drive);
        break;
    case PHASE_FINISH:
        ide_drive_finish(drive);
        break;
    default:
        if (drive->kind == IDE_CDROM)
            atapi_step(drive);
        else if (drive->kind == IDE_DISK)
            ata_disk_step(drive);
    }
}

/* ---- resets ---- */

void ide_drive_signature(IdeDrive *drive)
{
    bool cdrom = drive->kind == IDE_CDROM;

    drive->task = (IdeTaskFile){.count = {1},
                                .lba_low = {1},
                                .lba_mid = {cdrom ? 0x14 : 0},
                                .lba_high = {cdrom ? 0xEB : 0}};
}

void ide_drive_reset(IdeDrive *drive, bool hard)
{
    clock_cancel(drive->channel->ide->clock, &drive->step);
    drive->phase = PHASE_IDLE;
    drive->interrupt = false;
    drive->asleep = false;
    drive->power = 0xFF;
    ide_drive_signature(drive);
    drive->error = DIAGNOSTIC_PASSED;
    /* A packet device shows DRDY only after its first command. */
    drive->status = drive->kind == IDE_DISK ? ATA_DRDY | ATA_DSC : 0;
    if (hard)
        drive->reverting = true;
    if (drive->kind == IDE_CDROM)
        atapi_defaults(drive, hard);
    else if (drive->reverting)
        ata_disk_defaults(drive);
    if (hard)
        drive->reverting = false;
    ide_channel_update_irq(drive->channel);
}

/* ---- the Data register ---- */

static void block_moved(IdeDrive *drive)
{
    drive->status &= ~ATA_DRQ;
    if (drive->kind == IDE_CDROM)
        atapi_block_moved(drive);
    else
        ata_disk_block_moved(drive);
}

static bool gives(const IdeDrive *drive)
{
    return (drive->status & ATA_DRQ) &&
           (drive->phase == PHASE_REPLY || drive->phase == PHASE_PIO_IN);
}

static bool takes(const IdeDrive *drive)
{
    return (drive->status & ATA_DRQ) &&
           (drive->phase == PHASE_PIO_OUT || drive->phase == PHASE_PACKET);
}

u32 ide_drive_data_in(IdeDrive *drive, Size size)
{
    u64 value = 0;

    for (unsigned done = 0; done < size; done += WORD) {
        u64 word = 0xFFFF;

        if (gives(drive)) {
            word = drive->buffer[drive->at] | (u64)drive->buffer[drive->at + 1] << 8;
            drive->at += WORD;
            if (drive->at >= drive->block)
                block_moved(drive);
        }
        value |= word << (8 * done);
    }
    return (u32)value;
}

void ide_drive_data_out(IdeDrive *drive, Size size, u32 value)
{
    for (unsigned done = 0; done < size && takes(drive); done += WORD) {
        drive->buffer[drive->at] = (u8)(value >> (8 * done));
        drive->buffer[drive->at + 1] = (u8)(value >> (8 * done + 8));
        drive->at += WORD;
        if (drive->at >= drive->block)
            block_moved(drive);
    }
}
