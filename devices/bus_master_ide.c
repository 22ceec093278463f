/*
 * The PIIX3's IDE function (8086:7010) and its bus-master engines. Intel, "Programming Interface
 * for Bus Master IDE Controller", revision 1.0; 82371SB (PIIX3) data sheet, "IDE Controller
 * Registers (PCI Function 1)".
 *
 * Not implemented: IDE timing (IDETIM and SIDETIM only keep what is written), the simplex bit.
 */
#include "devices/bus_master_ide.h"
#include "devices/ide_drive.h"

enum { COMMAND = 0, STATUS = 2, TABLE = 4, CHANNEL_PORTS = 8, PORTS = 16 };
enum { COMMAND_START = 1, COMMAND_TO_MEMORY = 8 };
enum { STATUS_ACTIVE = 1, STATUS_ERROR = 2, STATUS_INTERRUPT = 4, STATUS_KEPT = 0x60 };
enum { DESCRIPTOR_LAST = 0x80, DESCRIPTOR_BYTES = 8 };
enum { PIIX3_SLOT = 1, IDE_FUNCTION = 1, IDETIM = 0x40, IDETIM_LENGTH = 5 };
enum { KICK_NS = 1000 };

bool bus_master_ready(const IdeChannel *channel)
{
    const BusMaster *master = &channel->master;

    return (master->command & COMMAND_START) && (master->status & STATUS_ACTIVE) &&
           (channel->ide->pci.config[PCI_COMMAND] & PCI_COMMAND_MASTER);
}

/* Loads the next physical region descriptor. */
static void next_region(IdeChannel *channel)
{
    BusMaster *master = &channel->master;
    u8 entry[DESCRIPTOR_BYTES];
    u32 count;

    space_read_bytes(channel->ide->memory, master->next, entry, sizeof entry);
    master->next += DESCRIPTOR_BYTES;
    master->address =
        (entry[0] | (u32)entry[1] << 8 | (u32)entry[2] << 16 | (u32)entry[3] << 24) & ~1u;
    count = (entry[4] | (u32)entry[5] << 8) & ~1u;
    master->left = count ? count : 0x10000;
    master->last = entry[7] & DESCRIPTOR_LAST;
}

u32 bus_master_move(IdeChannel *channel, u8 *bytes, u32 length, bool to_memory)
{
    BusMaster *master = &channel->master;
    u32 done = 0;

    while (done < length) {
        if (!master->left) {
            if (master->last)
                break;
            next_region(channel);
        }
        u32 piece = length - done < master->left ? length - done : master->left;

        if (to_memory)
            space_write_by_device(channel->ide->memory, "IDE bus master", master->address,
                                  bytes + done, piece);
        else
            space_read_bytes(channel->ide->memory, master->address, bytes + done, piece);
        master->address += piece;
        master->left -= piece;
        done += piece;
    }
    if (!master->left && master->last)
        master->status &= ~STATUS_ACTIVE;
    return done;
}

void bus_master_interrupt(IdeChannel *channel)
{
    channel->master.status |= STATUS_INTERRUPT;
}

/* A drive that has waited for the engine goes on. */
static void kick_drives(IdeChannel *channel)
{
    if (!bus_master_ready(channel))
        return;
    for (unsigned i = 0; i < IDE_DRIVES; i++) {
        IdeDrive *drive = &channel->drives[i];

        if ((drive->phase == PHASE_DMA_IN || drive->phase == PHASE_DMA_OUT) &&
            !event_pending(&drive->step))
            ide_drive_busy(drive, drive->phase, KICK_NS);
    }
}

static void write_command(IdeChannel *channel, u8 value)
{
    BusMaster *master = &channel->master;
    bool was_started = master->command & COMMAND_START;

    master->command = value & (COMMAND_START | COMMAND_TO_MEMORY);
    if (!(value & COMMAND_START)) {
        master->status &= ~STATUS_ACTIVE;
    } else if (!was_started) {
        master->status |= STATUS_ACTIVE;
        master->next = master->table;
        master->left = 0;
        master->last = false;
        kick_drives(channel);
    }
}

static void write_status(BusMaster *master, u8 value)
{
    master->status &= ~(value & (STATUS_ERROR | STATUS_INTERRUPT));
    master->status = (master->status & ~STATUS_KEPT) | (value & STATUS_KEPT);
}

static u64 bus_master_read(void *device, u32 offset, Size size)
{
    const Ide *ide = device;
    const BusMaster *master = &ide->channels[offset / CHANNEL_PORTS % IDE_CHANNELS].master;
    unsigned reg = offset % CHANNEL_PORTS;

    (void)size;
    switch (reg) {
    case COMMAND:
        return master->command;
    case STATUS:
        return master->status;
    case TABLE:
    case TABLE + 1:
    case TABLE + 2:
    case TABLE + 3:
        return master->table >> (8 * (reg - TABLE)) & 0xFF;
    default:
        return 0xFF;
    }
}

static void bus_master_write(void *device, u32 offset, Size size, u64 value)
{
    Ide *ide = device;
    IdeChannel *channel = &ide->channels[offset / CHANNEL_PORTS % IDE_CHANNELS];
    unsigned reg = offset % CHANNEL_PORTS;

    (void)size;
    if (reg == COMMAND) {
        write_command(channel, (u8)value);
    } else if (reg == STATUS) {
        write_status(&channel->master, (u8)value);
    } else if (reg >= TABLE) {
        unsigned shift = 8 * (reg - TABLE);
        u32 table = channel->master.table & ~(0xFFu << shift);

        channel->master.table = (table | (u32)(value & 0xFF) << shift) & ~3u;
    }
}

/* ---- the PCI function ---- */

static void config_written(PciDevice *device, u8 offset, Size size)
{
    Ide *ide = (Ide *)((u8 *)device - offsetof(Ide, pci));

    (void)offset;
    (void)size;
    for (unsigned i = 0; i < IDE_CHANNELS; i++)
        kick_drives(&ide->channels[i]);
}

static const IoOps bus_master_io = {BYTE, bus_master_read, bus_master_write};

static const PciIdentity identity = {
    .vendor = 0x8086,
    .device = 0x7010,
    .class_code = 0x010180, /* mass storage, IDE, bus master, both channels in legacy mode */
    .subsystem_vendor = 0x1AF4,
    .subsystem = 0x1100,
};

void bus_master_init(Ide *ide, AddressSpace *ports, PciBus *pci)
{
    Region *region = space_add_io(ports, "bus master IDE", 0, PORTS, &bus_master_io, ide);

    pci_attach(pci, &ide->pci, "piix3-ide", PIIX3_SLOT, IDE_FUNCTION, &identity);
    pci_add_bar(&ide->pci, 4, 1, PORTS, ports, region);
    for (unsigned i = 0; i < IDETIM_LENGTH; i++)
        ide->pci.writable[IDETIM + i] = 0xFF;
    ide->pci.config_written = config_written;
}

void bus_master_reset(Ide *ide)
{
    pci_device_reset(&ide->pci);
    for (unsigned i = 0; i < IDETIM_LENGTH; i++)
        ide->pci.config[IDETIM + i] = 0;
    for (unsigned i = 0; i < IDE_CHANNELS; i++)
        ide->channels[i].master = (BusMaster){0};
}
