/*
 * The commands of a hard disk. ATA/ATAPI-6 (T13/1410D), "Command descriptions"; ATA-4 for the
 * commands that ATA-6 has retired.
 *
 * Not implemented: SMART, security, host protected area, media status, queued and overlapped
 * commands, READ/WRITE LONG, FORMAT TRACK, DOWNLOAD MICROCODE, advanced power management.
 */
#include "devices/ata_disk.h"
#include "devices/ide_drive.h"

static void abort_command(IdeDrive *drive)
{
    ide_drive_fail(drive, ATA_ABRT);
}

static void succeed(IdeDrive *drive)
{
    ide_drive_busy(drive, PHASE_FINISH, COMMAND_NS);
}

static void read_pio(IdeDrive *drive)
{
    ata_start_transfer(drive, PHASE_PIO_IN);
}

static void write_pio(IdeDrive *drive)
{
    ata_start_transfer(drive, PHASE_PIO_OUT);
}

static void read_dma(IdeDrive *drive)
{
    ata_start_transfer(drive, PHASE_DMA_IN);
}

static void write_dma(IdeDrive *drive)
{
    ata_start_transfer(drive, PHASE_DMA_OUT);
}

/* The medium is an image: a sector that exists can be read. */
static void verify(IdeDrive *drive)
{
    u32 count = ata_count_get(drive);

    drive->power = 0xFF;
    if (!ata_address_get(drive)) {
        ide_drive_fail(drive, ATA_IDNF);
    } else if (!ata_in_range(drive, count)) {
        ata_address_set(drive, drive->medium->sectors);
        ide_drive_fail(drive, ATA_IDNF);
    } else {
        drive->left = count;
        ata_advance(drive, count);
        succeed(drive);
    }
}

static void seek(IdeDrive *drive)
{
    drive->power = 0xFF;
    if (ata_address_get(drive) && ata_in_range(drive, 1))
        succeed(drive);
    else
        ide_drive_fail(drive, ATA_IDNF);
}

static void recalibrate(IdeDrive *drive)
{
    drive->power = 0xFF;
    succeed(drive);
}

static void initialize_device_parameters(IdeDrive *drive)
{
    u32 sectors = drive->task.count[0], heads = (drive->task.device & DEVICE_HEAD) + 1u;

    if (!sectors) {
        abort_command(drive);
        return;
    }
    u64 cylinders = drive->medium->sectors / (heads * sectors);
    drive->translation.sectors = (u16)sectors;
    drive->translation.heads = (u16)heads;
    drive->translation.cylinders = (u16)(cylinders > 0xFFFF ? 0xFFFF : cylinders);
    succeed(drive);
}

static void identify(IdeDrive *drive)
{
    ata_identify_disk(drive);
    ide_drive_busy(drive, PHASE_REPLY, COMMAND_NS);
}

static void read_buffer(IdeDrive *drive)
{
    ide_drive_busy(drive, PHASE_REPLY, COMMAND_NS);
}

static void write_buffer(IdeDrive *drive)
{
    drive->left = 0;
    ide_drive_request(drive, PHASE_PIO_OUT, SECTOR_SIZE);
}

static void set_multiple(IdeDrive *drive)
{
    u8 count = drive->task.count[0];

    if (count > ATA_MULTIPLE_MOST || (count & (count - 1))) {
        abort_command(drive);
        return;
    }
    drive->multiple = count; /* 0 switches READ/WRITE MULTIPLE off */
    succeed(drive);
}

static void flush_cache(IdeDrive *drive)
{
    BlockDevice *medium = drive->medium;

    if (medium->flush(medium->owner))
        succeed(drive);
    else
        abort_command(drive);
}

static void idle(IdeDrive *drive)
{
    drive->power = 0x80;
    succeed(drive);
}

static void standby(IdeDrive *drive)
{
    drive->power = 0x00;
    succeed(drive);
}

static void check_power_mode(IdeDrive *drive)
{
    drive->task.count[0] = drive->power;
    succeed(drive);
}

static void sleep_now(IdeDrive *drive)
{
    drive->power = 0x00;
    drive->asleep = true;
    succeed(drive);
}

static void set_features(IdeDrive *drive)
{
    switch (drive->task.features[0]) {
    case 0x02:
        drive->write_cache = true;
        break;
    case 0x82: /* what the cache holds must reach the medium first */
        drive->write_cache = false;
        flush_cache(drive);
        return;
    case 0x03:
        if (!ata_set_transfer_mode(drive, drive->task.count[0])) {
            abort_command(drive);
            return;
        }
        break;
    case 0x55:
        drive->look_ahead = false;
        break;
    case 0xAA:
        drive->look_ahead = true;
        break;
    case 0x66:
        drive->reverting = false;
        break;
    case 0xCC:
        drive->reverting = true;
        break;
    default:
        abort_command(drive);
        return;
    }
    succeed(drive);
}

typedef struct AtaCommand {
    const char *name;
    void (*run)(IdeDrive *drive);
    u8 flags;
} AtaCommand;

// clang-format off
static const AtaCommand commands[256] = {
    [0x00] = {"NOP", abort_command, 0}, /* which is what it is defined to do */
    [0x10 ... 0x1F] = {"RECALIBRATE", recalibrate, 0},
    [0x20] = {"READ SECTORS", read_pio, 0},
    [0x21] = {"READ SECTORS, no retry", read_pio, 0},
    [0x24] = {"READ SECTORS EXT", read_pio, ATA_EXT},
    [0x25] = {"READ DMA EXT", read_dma, ATA_EXT},
    [0x29] = {"READ MULTIPLE EXT", read_pio, ATA_EXT | ATA_MULTIPLE},
    [0x30] = {"WRITE SECTORS", write_pio, ATA_WRITES},
    [0x31] = {"WRITE SECTORS, no retry", write_pio, ATA_WRITES},
    [0x34] = {"WRITE SECTORS EXT", write_pio, ATA_EXT | ATA_WRITES},
    [0x35] = {"WRITE DMA EXT", write_dma, ATA_EXT | ATA_WRITES},
    [0x39] = {"WRITE MULTIPLE EXT", write_pio, ATA_EXT | ATA_MULTIPLE | ATA_WRITES},
    [0x3C] = {"WRITE VERIFY", write_pio, ATA_WRITES},
    [0x40] = {"READ VERIFY SECTORS", verify, 0},
    [0x41] = {"READ VERIFY SECTORS, no retry", verify, 0},
    [0x42] = {"READ VERIFY SECTORS EXT", verify, ATA_EXT},
    [0x70 ... 0x7F] = {"SEEK", seek, 0},
    [0x91] = {"INITIALIZE DEVICE PARAMETERS", initialize_device_parameters, 0},
    [0x94] = {"STANDBY IMMEDIATE", standby, 0},
    [0x95] = {"IDLE IMMEDIATE", idle, 0},
    [0x96] = {"STANDBY", standby, 0},
    [0x97] = {"IDLE", idle, 0},
    [0x98] = {"CHECK POWER MODE", check_power_mode, 0},
    [0x99] = {"SLEEP", sleep_now, 0},
    [0xC4] = {"READ MULTIPLE", read_pio, ATA_MULTIPLE},
    [0xC5] = {"WRITE MULTIPLE", write_pio, ATA_MULTIPLE | ATA_WRITES},
    [0xC6] = {"SET MULTIPLE MODE", set_multiple, 0},
    [0xC8] = {"READ DMA", read_dma, 0},
    [0xC9] = {"READ DMA, no retry", read_dma, 0},
    [0xCA] = {"WRITE DMA", write_dma, ATA_WRITES},
    [0xCB] = {"WRITE DMA, no retry", write_dma, ATA_WRITES},
    [0xE0] = {"STANDBY IMMEDIATE", standby, 0},
    [0xE1] = {"IDLE IMMEDIATE", idle, 0},
    [0xE2] = {"STANDBY", standby, 0},
    [0xE3] = {"IDLE", idle, 0},
    [0xE4] = {"READ BUFFER", read_buffer, 0},
    [0xE5] = {"CHECK POWER MODE", check_power_mode, 0},
    [0xE6] = {"SLEEP", sleep_now, 0},
    [0xE7] = {"FLUSH CACHE", flush_cache, 0},
    [ATA_WRITE_BUFFER] = {"WRITE BUFFER", write_buffer, 0},
    [0xEA] = {"FLUSH CACHE EXT", flush_cache, ATA_EXT},
    [0xEC] = {"IDENTIFY DEVICE", identify, 0},
    [0xEF] = {"SET FEATURES", set_features, 0},
};
// clang-format on

u8 ata_command_flags(u8 command)
{
    return commands[command].flags;
}

void ata_disk_command(IdeDrive *drive, u8 command)
{
    const AtaCommand *row = &commands[command];

    LOG(drive->channel->ide->log, LOG_IDE,
        "drive %u: %s (%02X) device %02X address %02X%02X%02X count %02X features %02X",
        drive->index, row->name ? row->name : "unknown", command, drive->task.device,
        drive->task.lba_high[0], drive->task.lba_mid[0], drive->task.lba_low[0],
        drive->task.count[0], drive->task.features[0]);
    if (row->run)
        row->run(drive);
    else
        abort_command(drive);
}

void ata_disk_defaults(IdeDrive *drive)
{
    drive->multiple = ATA_MULTIPLE_MOST;
    drive->write_cache = drive->look_ahead = true;
    drive->transfer_mode = 0;
    drive->translation = drive->geometry;
}
