/*
 * The two IDE channels of the PIIX3: Command Block and Control Block registers, device selection,
 * INTRQ, resets. ATA/ATAPI-6 (T13/1410D), "Interface register definitions and descriptions",
 * "Software reset protocol", "Device 0 only configurations"; 82371SB (PIIX3) data sheet,
 * "IDE Interface".
 *
 * The ports answer whether or not the PCI function decodes them, so that firmware that knows no
 * PCI finds its disks. A channel without any drive reads as 00h, which every probe understands.
 *
 * Not implemented: IDETIM's decode enable and timings, PIO through the prefetch buffer.
 */
#include "devices/ide.h"
#include "devices/ata_disk.h"
#include "devices/atapi.h"
#include "devices/bus_master_ide.h"
#include "devices/ide_drive.h"

/* Command Block */
enum { DATA, ERROR_FEATURES, COUNT, LBA_LOW, LBA_MID, LBA_HIGH, DEVICE, STATUS_COMMAND };
enum { CONTROL_NIEN = 2, CONTROL_SRST = 4, CONTROL_HOB = 0x80 };
enum { DEVICE_RESET = 0x08, EXECUTE_DEVICE_DIAGNOSTIC = 0x90 };
enum { RESET_NS = 50000 };

/* ---- registers ---- */

/* Who answers a read: for a device 1 that is not there device 0 does, if it is a disk. A packet
 * device reads as zeros then, as nobody does. */
static IdeDrive *responder(IdeChannel *channel)
{
    IdeDrive *drive = &channel->drives[channel->selected], *master = &channel->drives[0];

    return drive->kind == IDE_ABSENT && master->kind == IDE_DISK ? master : drive;
}

static u8 read_status(const IdeChannel *channel)
{
    const IdeDrive *drive = &channel->drives[channel->selected];

    return drive->kind == IDE_ABSENT || drive->asleep ? 0 : drive->status;
}

static u8 read_register(IdeChannel *channel, u32 offset)
{
    IdeDrive *drive = responder(channel);
    unsigned previous = channel->device_control & CONTROL_HOB ? 1 : 0;

    if (drive->kind == IDE_ABSENT)
        return 0;
    if (drive->status & ATA_BSY) /* no register is valid then; all show the status */
        return offset == STATUS_COMMAND ? read_status(channel) : drive->status;
    switch (offset) {
    case ERROR_FEATURES:
        return drive->error;
    case COUNT:
        return drive->task.count[previous];
    case LBA_LOW:
        return drive->task.lba_low[previous];
    case LBA_MID:
        return drive->task.lba_mid[previous];
    case LBA_HIGH:
        return drive->task.lba_high[previous];
    case DEVICE:
        return drive->task.device | (u8)(channel->selected ? DEVICE_DEV : 0) | DEVICE_OBSOLETE;
    default:
        return read_status(channel);
    }
}

static u64 command_block_read(void *device, u32 offset, Size size)
{
    IdeChannel *channel = device;
    u64 value = 0;

    if (offset == DATA)
        return ide_drive_data_in(&channel->drives[channel->selected], size);
    for (unsigned i = 0; i < size; i++) {
        value |= (u64)read_register(channel, offset + i) << (8 * i);
        if (offset + i == STATUS_COMMAND) {
            channel->drives[channel->selected].interrupt = false;
            ide_channel_update_irq(channel);
        }
    }
    return value;
}

static void shift_in(u8 pair[2], u8 value)
{
    pair[1] = pair[0];
    pair[0] = value;
}

/* Both devices listen to everything but the Command register. */
static void write_task(IdeDrive *drive, u32 offset, u8 value)
{
    if (drive->status & (ATA_BSY | ATA_DRQ))
        return;
    switch (offset) {
    case ERROR_FEATURES:
        shift_in(drive->task.features, value);
        break;
    case COUNT:
        shift_in(drive->task.count, value);
        break;
    case LBA_LOW:
        shift_in(drive->task.lba_low, value);
        break;
    case LBA_MID:
        shift_in(drive->task.lba_mid, value);
        break;
    case LBA_HIGH:
        shift_in(drive->task.lba_high, value);
        break;
    case DEVICE:
        drive->task.device = value & ~DEVICE_DEV;
        break;
    }
}

/* ---- resets and commands ---- */

static void reset_begins(IdeChannel *channel)
{
    channel->selected = 0;
    for (unsigned i = 0; i < IDE_DRIVES; i++) {
        IdeDrive *drive = &channel->drives[i];

        clock_cancel(channel->ide->clock, &drive->step);
        drive->interrupt = false;
        drive->asleep = false;
        drive->phase = PHASE_RESET;
        drive->command = DEVICE_RESET; /* whatever it was, it is over */
        drive->status = drive->kind == IDE_ABSENT ? 0 : ATA_BSY;
    }
    ide_channel_update_irq(channel);
}

static void reset_ends(IdeChannel *channel, u8 command)
{
    for (unsigned i = 0; i < IDE_DRIVES; i++) {
        IdeDrive *drive = &channel->drives[i];

        drive->command = command;
        if (drive->kind != IDE_ABSENT)
            ide_drive_busy(drive, PHASE_RESET, RESET_NS);
    }
}

static void write_command(IdeChannel *channel, u8 command)
{
    IdeDrive *drive = &channel->drives[channel->selected];

    if (command == EXECUTE_DEVICE_DIAGNOSTIC && !drive->asleep) {
        reset_begins(channel);
        reset_ends(channel, command);
        return;
    }
    if (drive->kind == IDE_ABSENT)
        return;
    drive->interrupt = false;
    ide_channel_update_irq(channel);
    if (command == DEVICE_RESET && drive->kind == IDE_CDROM) {
        drive->command = command;
        drive->phase = PHASE_RESET;
        drive->asleep = false;
        ide_drive_busy(drive, PHASE_RESET, RESET_NS);
        return;
    }
    if ((drive->status & (ATA_BSY | ATA_DRQ)) || drive->asleep) {
        LOG(channel->ide->log, LOG_IDE, "command %02X ignored: the drive is busy or asleep",
            command);
        return;
    }
    drive->command = command;
    drive->error = 0;
    if (drive->kind == IDE_CDROM)
        atapi_command(drive, command);
    else
        ata_disk_command(drive, command);
}

static void write_register(IdeChannel *channel, u32 offset, u8 value)
{
    if (offset > STATUS_COMMAND)
        return;
    channel->device_control &= ~CONTROL_HOB;
    if (offset == STATUS_COMMAND) {
        write_command(channel, value);
        return;
    }
    for (unsigned i = 0; i < IDE_DRIVES; i++)
        write_task(&channel->drives[i], offset, value);
    if (offset == DEVICE) {
        channel->selected = value & DEVICE_DEV ? 1 : 0;
        ide_channel_update_irq(channel);
    }
}

static void command_block_write(void *device, u32 offset, Size size, u64 value)
{
    IdeChannel *channel = device;

    if (offset == DATA) {
        ide_drive_data_out(&channel->drives[channel->selected], size, (u32)value);
        return;
    }
    for (unsigned i = 0; i < size; i++)
        write_register(channel, offset + i, (u8)(value >> (8 * i)));
}

static u64 control_block_read(void *device, u32 offset, Size size)
{
    (void)offset;
    (void)size;
    return read_status(device); /* the Alternate Status register leaves INTRQ alone */
}

static void control_block_write(void *device, u32 offset, Size size, u64 value)
{
    IdeChannel *channel = device;
    u8 old = channel->device_control;

    (void)offset;
    (void)size;
    channel->device_control = (u8)value;
    if ((value & CONTROL_SRST) && !(old & CONTROL_SRST))
        reset_begins(channel);
    if (!(value & CONTROL_SRST) && (old & CONTROL_SRST))
        reset_ends(channel, DEVICE_RESET);
    ide_channel_update_irq(channel);
}

/* ---- life ---- */

static const IoOps command_block_io = {DWORD, command_block_read, command_block_write};
static const IoOps control_block_io = {BYTE, control_block_read, control_block_write};

static const struct {
    const char *name;
    u16 command_block, control_block;
    const char *step_names[IDE_DRIVES];
} channels[IDE_CHANNELS] = {
    {"IDE 0", 0x1F0, 0x3F6, {"IDE 0 master", "IDE 0 slave"}},
    {"IDE 1", 0x170, 0x376, {"IDE 1 master", "IDE 1 slave"}},
};

static void channel_init(Ide *ide, unsigned number, AddressSpace *ports, IrqLine irq)
{
    IdeChannel *channel = &ide->channels[number];

    channel->ide = ide;
    channel->irq = irq;
    for (unsigned i = 0; i < IDE_DRIVES; i++) {
        IdeDrive *drive = &channel->drives[i];

        drive->channel = channel;
        drive->index = (u8)i;
        drive->byte_limit = 2;
        event_init(ide->clock, &drive->step, channels[number].step_names[i], ide_drive_step, drive);
    }
    space_add_io(ports, channels[number].name, channels[number].command_block, 8, &command_block_io,
                 channel);
    space_add_io(ports, channels[number].name, channels[number].control_block, 1, &control_block_io,
                 channel);
}

void ide_init(Ide *ide, AddressSpace *ports, AddressSpace *memory, PciBus *pci, Clock *clock,
              Log *log, const IrqLine irqs[IDE_CHANNELS])
{
    *ide = (Ide){.memory = memory, .clock = clock, .log = log};
    for (unsigned i = 0; i < IDE_CHANNELS; i++)
        channel_init(ide, i, ports, irqs[i]);
    bus_master_init(ide, ports, pci);
    ide_reset(ide);
}

void ide_reset(Ide *ide)
{
    bus_master_reset(ide);
    for (unsigned i = 0; i < IDE_CHANNELS; i++) {
        IdeChannel *channel = &ide->channels[i];

        channel->selected = 0;
        channel->device_control = 0;
        for (unsigned j = 0; j < IDE_DRIVES; j++)
            ide_drive_reset(&channel->drives[j], true);
        ide_channel_update_irq(channel);
    }
}

static IdeDrive *numbered_drive(Ide *ide, unsigned number)
{
    assert(number < IDE_CHANNELS * IDE_DRIVES);
    return &ide->channels[number / IDE_DRIVES].drives[number % IDE_DRIVES];
}

void ide_attach_disk(Ide *ide, unsigned number, BlockDevice *medium)
{
    IdeDrive *drive = numbered_drive(ide, number);

    assert(medium);
    drive->kind = IDE_DISK;
    drive->medium = medium;
    ata_guess_geometry(drive);
    ide_drive_reset(drive, true);
}

void ide_attach_cdrom(Ide *ide, unsigned number, BlockDevice *medium)
{
    IdeDrive *drive = numbered_drive(ide, number);

    drive->kind = IDE_CDROM;
    drive->medium = medium;
    drive->changes_seen = medium ? medium->changes : 0;
    ide_drive_reset(drive, true);
}

IdeGeometry ide_disk_geometry(Ide *ide, unsigned number)
{
    return numbered_drive(ide, number)->geometry;
}

void ide_medium_changed(Ide *ide)
{
    for (unsigned i = 0; i < IDE_CHANNELS * IDE_DRIVES; i++) {
        IdeDrive *drive = numbered_drive(ide, i);

        if (drive->kind == IDE_CDROM)
            atapi_medium_changed(drive);
    }
}

/* ---- state ---- */

/* A snapshot may have been made by anybody: no index may leave its array. */
static void drive_restored(IdeDrive *drive)
{
    if (drive->block > IDE_BUFFER)
        drive->block = IDE_BUFFER;
    drive->at &= ~1u;
    if (drive->at > drive->block)
        drive->at = drive->block;
    if (drive->at == drive->block)
        drive->status &= ~ATA_DRQ;
    if (drive->multiple > IDE_BUFFER / SECTOR_SIZE)
        drive->multiple = IDE_BUFFER / SECTOR_SIZE;
    if (drive->filled > IDE_BUFFER)
        drive->filled = IDE_BUFFER;
    if (drive->block > drive->filled && drive->phase == PHASE_PIO_IN && drive->kind == IDE_CDROM &&
        (drive->status & ATA_DRQ))
        drive->filled = drive->block;
    if (drive->byte_limit < 2)
        drive->byte_limit = 2;
    clock_restore_event(drive->channel->ide->clock, &drive->step);
}

static void ide_restored(void *chip)
{
    Ide *ide = chip;

    for (unsigned i = 0; i < IDE_CHANNELS; i++)
        ide->channels[i].selected &= 1;
    for (unsigned i = 0; i < IDE_CHANNELS * IDE_DRIVES; i++)
        drive_restored(numbered_drive(ide, i));
    pci_update_bars(&ide->pci);
}

// clang-format off
#define PAIR_FIELD(c, d, member)                                  \
    FIELD(Ide, channels[c].drives[d].task.member[0]),             \
    FIELD(Ide, channels[c].drives[d].task.member[1])
#define DRIVE_FIELD(c, d, member) FIELD(Ide, channels[c].drives[d].member)
#define DRIVE_FIELDS(c, d)                                                            \
    PAIR_FIELD(c, d, features), PAIR_FIELD(c, d, count), PAIR_FIELD(c, d, lba_low),   \
    PAIR_FIELD(c, d, lba_mid), PAIR_FIELD(c, d, lba_high),                            \
    DRIVE_FIELD(c, d, task.device), DRIVE_FIELD(c, d, status),                        \
    DRIVE_FIELD(c, d, error), DRIVE_FIELD(c, d, interrupt),                           \
    DRIVE_FIELD(c, d, command), DRIVE_FIELD(c, d, phase),                             \
    DRIVE_FIELD(c, d, multiple), DRIVE_FIELD(c, d, transfer_mode),                    \
    DRIVE_FIELD(c, d, power), DRIVE_FIELD(c, d, asleep),                              \
    DRIVE_FIELD(c, d, write_cache), DRIVE_FIELD(c, d, look_ahead),                    \
    DRIVE_FIELD(c, d, reverting),                                                     \
    DRIVE_FIELD(c, d, geometry.cylinders), DRIVE_FIELD(c, d, translation.cylinders),  \
    DRIVE_FIELD(c, d, geometry.heads), DRIVE_FIELD(c, d, translation.heads),          \
    DRIVE_FIELD(c, d, geometry.sectors), DRIVE_FIELD(c, d, translation.sectors),      \
    DRIVE_FIELD(c, d, lba), DRIVE_FIELD(c, d, left),                                  \
    DRIVE_FIELD(c, d, block), DRIVE_FIELD(c, d, at),                                  \
    FIELD_ARRAY(Ide, channels[c].drives[d].buffer),                                   \
    FIELD_ARRAY(Ide, channels[c].drives[d].packet),                                   \
    DRIVE_FIELD(c, d, sense_key), DRIVE_FIELD(c, d, sense_code),                      \
    DRIVE_FIELD(c, d, sense_qualifier), DRIVE_FIELD(c, d, unit_attention),            \
    DRIVE_FIELD(c, d, locked), DRIVE_FIELD(c, d, tray_open),                          \
    DRIVE_FIELD(c, d, media_event), DRIVE_FIELD(c, d, use_dma),                       \
    DRIVE_FIELD(c, d, byte_limit),                                                    \
    DRIVE_FIELD(c, d, sector_fields), DRIVE_FIELD(c, d, filled),                      \
    DRIVE_FIELD(c, d, changes_seen),                                                  \
    FIELD_EVENT(Ide, channels[c].drives[d].step)
#define CHANNEL_FIELDS(c)                                                             \
    DRIVE_FIELDS(c, 0), DRIVE_FIELDS(c, 1),                                           \
    FIELD(Ide, channels[c].selected), FIELD(Ide, channels[c].device_control),         \
    FIELD(Ide, channels[c].irq_level), FIELD(Ide, channels[c].master.command),        \
    FIELD(Ide, channels[c].master.status), FIELD(Ide, channels[c].master.table),      \
    FIELD(Ide, channels[c].master.next), FIELD(Ide, channels[c].master.address),      \
    FIELD(Ide, channels[c].master.left), FIELD(Ide, channels[c].master.last)
// clang-format on

static const Field ide_fields[] = {
    CHANNEL_FIELDS(0),
    CHANNEL_FIELDS(1),
    FIELD_ARRAY(Ide, pci.config),
    FIELD(Ide, pci.irq_level),
};

const StateTable ide_state = {"ide", ide_fields, COUNT_OF(ide_fields), ide_restored};
