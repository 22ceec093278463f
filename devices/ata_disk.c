/*
 * The commands of a hard disk. ATA/ATAPI-6 (T13/1410D), "Command descriptions", "PIO data-in
 * command protocol", "PIO data-out command protocol" and "DMA command protocol"; ATA-4 for the
 * commands that ATA-6 has retired.
 *
 * Not implemented: SMART, security, host protected area, media status, queued and overlapped
 * commands, READ/WRITE LONG, FORMAT TRACK, DOWNLOAD MICROCODE, advanced power management.
 */
#include "devices/ata_disk.h"
#include "devices/bus_master_ide.h"
#include "devices/ide_drive.h"

enum {               /* flags of a command */
       EXT = 1,      /* 48-bit address and 16-bit count */
       MULTIPLE = 2, /* moves SET MULTIPLE MODE's number of sectors per interrupt */
       WRITES = 4,
};
enum { WRITE_BUFFER = 0xE8 };
enum { CHS_HEADS = 16, CHS_SECTORS = 63, CHS_CYLINDERS = 16383, MULTIPLE_MOST = 16 };

typedef struct AtaCommand {
    const char *name;
    void (*run)(IdeDrive *drive);
    u8 flags;
} AtaCommand;

static const AtaCommand commands[256];

static u8 flags_of(const IdeDrive *drive)
{
    return commands[drive->command].flags;
}

/* ---- addresses ---- */

/* Sets `lba` from the registers; false when CHS registers name no sector. */
static bool address_get(IdeDrive *drive)
{
    const IdeTaskFile *task = &drive->task;
    u32 low = task->lba_low[0], middle = task->lba_mid[0], high = task->lba_high[0];
    u32 head = task->device & DEVICE_HEAD;

    drive->lba = low | middle << 8 | high << 16;
    if (flags_of(drive) & EXT) {
        drive->lba |= (u64)task->lba_low[1] << 24 | (u64)task->lba_mid[1] << 32 |
                      (u64)task->lba_high[1] << 40;
    } else if (task->device & DEVICE_LBA) {
        drive->lba |= (u64)head << 24;
    } else {
        u32 cylinder = middle | high << 8;

        if (low == 0 || low > drive->sectors || head >= drive->heads ||
            cylinder >= drive->cylinders)
            return false;
        drive->lba = ((u64)cylinder * drive->heads + head) * drive->sectors + low - 1;
    }
    return true;
}

/* Puts `lba` into the registers: the last sector moved, or the one that failed. */
static void address_set(IdeDrive *drive, u64 lba)
{
    IdeTaskFile *task = &drive->task;
    u32 head = (u32)(lba >> 24) & DEVICE_HEAD;

    if (flags_of(drive) & EXT) {
        task->lba_low[1] = (u8)(lba >> 24);
        task->lba_mid[1] = (u8)(lba >> 32);
        task->lba_high[1] = (u8)(lba >> 40);
    } else if (task->device & DEVICE_LBA) {
        task->device = (u8)((task->device & ~DEVICE_HEAD) | head);
    } else if (drive->heads && drive->sectors) {
        u64 track = lba / drive->sectors;

        task->device = (u8)((task->device & ~DEVICE_HEAD) | (track % drive->heads & DEVICE_HEAD));
        lba = track / drive->heads << 8 | (lba % drive->sectors + 1);
    }
    task->lba_low[0] = (u8)lba;
    task->lba_mid[0] = (u8)(lba >> 8);
    task->lba_high[0] = (u8)(lba >> 16);
}

static u32 count_get(const IdeDrive *drive)
{
    u32 count = drive->task.count[0];

    if (flags_of(drive) & EXT) {
        count |= (u32)drive->task.count[1] << 8;
        return count ? count : 0x10000;
    }
    return count ? count : 0x100;
}

static bool in_range(const IdeDrive *drive, u64 count)
{
    return drive->lba < drive->medium->sectors && count <= drive->medium->sectors - drive->lba;
}

/* ---- transfers ---- */

static void abort_command(IdeDrive *drive)
{
    ide_drive_fail(drive, ATA_ABRT);
}

static void start_transfer(IdeDrive *drive, IdePhase phase)
{
    u8 flags = flags_of(drive);

    drive->power = 0xFF;
    if (((flags & MULTIPLE) && !drive->multiple) ||
        ((flags & WRITES) && drive->medium->read_only)) {
        abort_command(drive);
        return;
    }
    drive->left = count_get(drive);
    if (!address_get(drive)) {
        ide_drive_fail(drive, ATA_IDNF);
        return;
    }
    ide_drive_busy(drive, phase, COMMAND_NS);
}

static void fail_transfer(IdeDrive *drive, u8 error)
{
    address_set(drive, drive->lba);
    drive->task.count[0] = (u8)drive->left;
    drive->task.count[1] = (u8)(drive->left >> 8);
    drive->error = error;
    ide_drive_finish(drive);
}

/* The next `count` sectors went well. */
static void advance(IdeDrive *drive, u32 count)
{
    drive->lba += count;
    drive->left -= count;
    if (drive->left)
        return;
    address_set(drive, drive->lba - 1);
    drive->task.count[0] = drive->task.count[1] = 0;
}

static u32 block_sectors(const IdeDrive *drive)
{
    u32 most = flags_of(drive) & MULTIPLE ? drive->multiple : 1;

    if (most < 1 || most > MULTIPLE_MOST)
        most = 1;
    return drive->left < most ? drive->left : most;
}

/* Moves sectors between the medium and the buffer; false ends the command with an error. */
static bool load_sectors(IdeDrive *drive, u32 count)
{
    BlockDevice *medium = drive->medium;

    if (!in_range(drive, count)) {
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

    if (!in_range(drive, count)) {
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
    advance(drive, count);
    ide_drive_request(drive, PHASE_PIO_IN, count * SECTOR_SIZE);
    ide_drive_interrupt(drive);
}

static void step_pio_store(IdeDrive *drive)
{
    u32 count = drive->block / SECTOR_SIZE;

    if (drive->command == WRITE_BUFFER) {
        ide_drive_finish(drive);
        return;
    }
    if (count > drive->left || !store_sectors(drive, count))
        return;
    advance(drive, count);
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
    advance(drive, count);
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
    case PHASE_PIO_OUT: /* no interrupt asks for the first block */
        ide_drive_request(drive, PHASE_PIO_OUT,
                          (drive->left ? block_sectors(drive) : 1) * SECTOR_SIZE);
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

/* ---- commands ---- */

static void succeed(IdeDrive *drive)
{
    ide_drive_busy(drive, PHASE_FINISH, COMMAND_NS);
}

static void read_pio(IdeDrive *drive)
{
    start_transfer(drive, PHASE_PIO_IN);
}

static void write_pio(IdeDrive *drive)
{
    start_transfer(drive, PHASE_PIO_OUT);
}

static void read_dma(IdeDrive *drive)
{
    start_transfer(drive, PHASE_DMA_IN);
}

static void write_dma(IdeDrive *drive)
{
    start_transfer(drive, PHASE_DMA_OUT);
}

/* The medium is an image: a sector that exists can be read. */
static void verify(IdeDrive *drive)
{
    u32 count = count_get(drive);

    drive->power = 0xFF;
    if (!address_get(drive)) {
        ide_drive_fail(drive, ATA_IDNF);
    } else if (!in_range(drive, count)) {
        address_set(drive, drive->medium->sectors);
        ide_drive_fail(drive, ATA_IDNF);
    } else {
        drive->left = count;
        advance(drive, count);
        succeed(drive);
    }
}

static void seek(IdeDrive *drive)
{
    drive->power = 0xFF;
    if (address_get(drive) && in_range(drive, 1))
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
    drive->sectors = (u16)sectors;
    drive->heads = (u16)heads;
    drive->cylinders = (u16)(cylinders > 0xFFFF ? 0xFFFF : cylinders);
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
    ide_drive_busy(drive, PHASE_PIO_OUT, COMMAND_NS);
}

static void set_multiple(IdeDrive *drive)
{
    u8 count = drive->task.count[0];

    if (count > MULTIPLE_MOST || (count & (count - 1))) {
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

// clang-format off
static const AtaCommand commands[256] = {
    [0x00] = {"NOP", abort_command, 0}, /* which is what it is defined to do */
    [0x10 ... 0x1F] = {"RECALIBRATE", recalibrate, 0},
    [0x20] = {"READ SECTORS", read_pio, 0},
    [0x21] = {"READ SECTORS, no retry", read_pio, 0},
    [0x24] = {"READ SECTORS EXT", read_pio, EXT},
    [0x25] = {"READ DMA EXT", read_dma, EXT},
    [0x29] = {"READ MULTIPLE EXT", read_pio, EXT | MULTIPLE},
    [0x30] = {"WRITE SECTORS", write_pio, WRITES},
    [0x31] = {"WRITE SECTORS, no retry", write_pio, WRITES},
    [0x34] = {"WRITE SECTORS EXT", write_pio, EXT | WRITES},
    [0x35] = {"WRITE DMA EXT", write_dma, EXT | WRITES},
    [0x39] = {"WRITE MULTIPLE EXT", write_pio, EXT | MULTIPLE | WRITES},
    [0x3C] = {"WRITE VERIFY", write_pio, WRITES},
    [0x40] = {"READ VERIFY SECTORS", verify, 0},
    [0x41] = {"READ VERIFY SECTORS, no retry", verify, 0},
    [0x42] = {"READ VERIFY SECTORS EXT", verify, EXT},
    [0x70 ... 0x7F] = {"SEEK", seek, 0},
    [0x91] = {"INITIALIZE DEVICE PARAMETERS", initialize_device_parameters, 0},
    [0x94] = {"STANDBY IMMEDIATE", standby, 0},
    [0x95] = {"IDLE IMMEDIATE", idle, 0},
    [0x96] = {"STANDBY", standby, 0},
    [0x97] = {"IDLE", idle, 0},
    [0x98] = {"CHECK POWER MODE", check_power_mode, 0},
    [0x99] = {"SLEEP", sleep_now, 0},
    [0xC4] = {"READ MULTIPLE", read_pio, MULTIPLE},
    [0xC5] = {"WRITE MULTIPLE", write_pio, MULTIPLE | WRITES},
    [0xC6] = {"SET MULTIPLE MODE", set_multiple, 0},
    [0xC8] = {"READ DMA", read_dma, 0},
    [0xC9] = {"READ DMA, no retry", read_dma, 0},
    [0xCA] = {"WRITE DMA", write_dma, WRITES},
    [0xCB] = {"WRITE DMA, no retry", write_dma, WRITES},
    [0xE0] = {"STANDBY IMMEDIATE", standby, 0},
    [0xE1] = {"IDLE IMMEDIATE", idle, 0},
    [0xE2] = {"STANDBY", standby, 0},
    [0xE3] = {"IDLE", idle, 0},
    [0xE4] = {"READ BUFFER", read_buffer, 0},
    [0xE5] = {"CHECK POWER MODE", check_power_mode, 0},
    [0xE6] = {"SLEEP", sleep_now, 0},
    [0xE7] = {"FLUSH CACHE", flush_cache, 0},
    [WRITE_BUFFER] = {"WRITE BUFFER", write_buffer, 0},
    [0xEA] = {"FLUSH CACHE EXT", flush_cache, EXT},
    [0xEC] = {"IDENTIFY DEVICE", identify, 0},
    [0xEF] = {"SET FEATURES", set_features, 0},
};
// clang-format on

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
    u64 cylinders = drive->medium ? drive->medium->sectors / (CHS_HEADS * CHS_SECTORS) : 0;

    drive->multiple = MULTIPLE_MOST;
    drive->write_cache = drive->look_ahead = true;
    drive->transfer_mode = 0;
    drive->heads = CHS_HEADS;
    drive->sectors = CHS_SECTORS;
    drive->cylinders = (u16)(cylinders < 1               ? 1
                             : cylinders > CHS_CYLINDERS ? CHS_CYLINDERS
                                                         : cylinders);
}
