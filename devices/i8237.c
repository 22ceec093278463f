#include "devices/i8237.h"

/* Mode register. */
enum {
    MODE_TRANSFER = 0x0C,
    MODE_VERIFY = 0x00,
    MODE_WRITE = 0x04, /* to memory */
    MODE_READ = 0x08,  /* from memory */
    MODE_AUTO = 0x10,
    MODE_DOWN = 0x20,
    MODE_CASCADE = 0xC0,
};

enum { COMMAND_DISABLE = 0x04 };
enum { CASCADE_CHANNEL = 4 };

/* Which page register (port 80h + index) belongs to a channel. The order is IBM's. */
static const u8 page_of_channel[I8237_CHANNELS] = {0x7, 0x3, 0x1, 0x2, 0xF, 0xB, 0x9, 0xA};

const StateTable i8237_state = {
    .chip = "8237",
#define CHANNEL_FIELDS(n)                                                                          \
    FIELD(I8237, channels[n].base_address), FIELD(I8237, channels[n].base_count),                  \
        FIELD(I8237, channels[n].address), FIELD(I8237, channels[n].count),                        \
        FIELD(I8237, channels[n].mode), FIELD(I8237, channels[n].masked),                          \
        FIELD(I8237, channels[n].requested), FIELD(I8237, channels[n].software_request),           \
        FIELD(I8237, channels[n].terminal_count)
    .fields =
        (const Field[]){CHANNEL_FIELDS(0), CHANNEL_FIELDS(1), CHANNEL_FIELDS(2), CHANNEL_FIELDS(3),
                        CHANNEL_FIELDS(4), CHANNEL_FIELDS(5), CHANNEL_FIELDS(6), CHANNEL_FIELDS(7),
                        FIELD(I8237, controllers[0].command),
                        FIELD(I8237, controllers[0].high_byte),
                        FIELD(I8237, controllers[1].command),
                        FIELD(I8237, controllers[1].high_byte), FIELD_ARRAY(I8237, pages)},
    .count = 8 * 9 + 5,
#undef CHANNEL_FIELDS
};

static bool controller_enabled(const I8237 *dma, unsigned index)
{
    return !(dma->controllers[index].command & COMMAND_DISABLE);
}

bool i8237_ready(const I8237 *dma, unsigned number)
{
    const I8237Channel *channel = &dma->channels[number % I8237_CHANNELS];

    if (channel->masked || !controller_enabled(dma, number >> 2 & 1) ||
        (channel->mode & MODE_CASCADE) == MODE_CASCADE)
        return false;
    /* Controller 0 reaches the bus only through channel 4. */
    return number >= CASCADE_CHANNEL ||
           (controller_enabled(dma, 1) && !dma->channels[CASCADE_CHANNEL].masked);
}

/* After the guest has changed masks or enables: lets the devices that wait go on. A device may
 * reprogram nothing here, but its transfer may mask its channel again. */
static void offer_channels(I8237 *dma)
{
    for (unsigned n = 0; n < I8237_CHANNELS; n++) {
        I8237Channel *channel = &dma->channels[n];

        if (channel->requested && channel->ready && i8237_ready(dma, n))
            channel->ready(channel->owner);
    }
}

void i8237_attach(I8237 *dma, unsigned number, void (*ready)(void *owner), void *owner)
{
    I8237Channel *channel = &dma->channels[number % I8237_CHANNELS];

    channel->ready = ready;
    channel->owner = owner;
}

void i8237_request(I8237 *dma, unsigned channel, bool level)
{
    dma->channels[channel % I8237_CHANNELS].requested = level;
}

/* The physical address at which the channel goes on. Words are addressed by their number; the
 * lowest bit of their page register is not connected. */
static PhysAddr transfer_address(const I8237 *dma, unsigned number)
{
    u8 page = dma->pages[page_of_channel[number]];
    u16 address = dma->channels[number].address;

    if (number > CASCADE_CHANNEL)
        return (PhysAddr)(page & 0xFE) << 16 | (PhysAddr)address << 1;
    return (PhysAddr)page << 16 | address;
}

static void reach_terminal_count(I8237Channel *channel)
{
    channel->terminal_count = true;
    channel->software_request = false;
    if (channel->mode & MODE_AUTO) {
        channel->address = channel->base_address;
        channel->count = channel->base_count;
    } else {
        channel->masked = true;
    }
}

/* How many units can be moved at consecutive, ascending addresses. The address wraps within its
 * page, and with it the run ends. */
static u32 run_length(const I8237Channel *channel, u32 wanted)
{
    u32 run = wanted;

    if (run > (u32)channel->count + 1)
        run = (u32)channel->count + 1;
    if (channel->mode & MODE_DOWN)
        return 1;
    if (run > 0x10000u - channel->address)
        run = 0x10000u - channel->address;
    return run;
}

/* For who watches memory. */
static const char *const channel_names[I8237_CHANNELS] = {
    "8237 channel 0", "8237 channel 1", "8237 channel 2, the floppy's",
    "8237 channel 3", "8237 channel 4", "8237 channel 5",
    "8237 channel 6", "8237 channel 7",
};

/* One transfer; `in` (towards memory) or `out` is NULL. */
static u32 transfer(I8237 *dma, unsigned number, const u8 *in, u8 *out, u32 length,
                    bool *terminal_count)
{
    I8237Channel *channel = &dma->channels[number % I8237_CHANNELS];
    u32 unit = number > CASCADE_CHANNEL ? 2 : 1, moved = 0;
    u8 direction = channel->mode & MODE_TRANSFER;
    bool done = false;

    if (terminal_count)
        *terminal_count = false;
    if (number == CASCADE_CHANNEL || number >= I8237_CHANNELS || !i8237_ready(dma, number) ||
        (direction != MODE_VERIFY && direction != (in ? MODE_WRITE : MODE_READ)))
        return 0;
    while (!done && length - moved >= unit) {
        u32 units = run_length(channel, (length - moved) / unit), bytes = units * unit;
        PhysAddr address = transfer_address(dma, number);

        if (direction == MODE_WRITE)
            space_write_by_device(dma->memory, channel_names[number], address, in + moved, bytes);
        else if (direction == MODE_READ)
            space_read_bytes(dma->memory, address, out + moved, bytes);
        else if (out)
            __builtin_memset(out + moved, 0, bytes);
        moved += bytes;
        channel->address += channel->mode & MODE_DOWN ? (u16)-1 : units;
        channel->count -= units;
        done = channel->count == 0xFFFF; /* it rolls over from 0 at terminal count */
    }
    if (done)
        reach_terminal_count(channel);
    if (terminal_count)
        *terminal_count = done;
    return moved;
}

u32 i8237_to_memory(I8237 *dma, unsigned channel, const u8 *bytes, u32 length, bool *terminal_count)
{
    return transfer(dma, channel, bytes, NULL, length, terminal_count);
}

u32 i8237_from_memory(I8237 *dma, unsigned channel, u8 *bytes, u32 length, bool *terminal_count)
{
    return transfer(dma, channel, NULL, bytes, length, terminal_count);
}

/* Address and count registers: two bytes through one port, low byte first. */
static u8 read_word(I8237Controller *controller, unsigned reg)
{
    const I8237Channel *channel = &controller->dma->channels[controller->first + (reg >> 1)];
    u16 value = reg & 1 ? channel->count : channel->address;
    u8 byte = controller->high_byte ? value >> 8 : value & 0xFF;

    controller->high_byte = !controller->high_byte;
    return byte;
}

static void write_word(I8237Controller *controller, unsigned reg, u8 byte)
{
    I8237Channel *channel = &controller->dma->channels[controller->first + (reg >> 1)];
    u16 *base = reg & 1 ? &channel->base_count : &channel->base_address;

    *base = controller->high_byte ? (*base & 0x00FF) | byte << 8 : (*base & 0xFF00) | byte;
    if (reg & 1)
        channel->count = *base;
    else
        channel->address = *base;
    controller->high_byte = !controller->high_byte;
}

static u8 read_status(I8237Controller *controller)
{
    u8 status = 0;

    for (unsigned n = 0; n < 4; n++) {
        I8237Channel *channel = &controller->dma->channels[controller->first + n];

        status |= channel->terminal_count << n;
        status |= (channel->requested || channel->software_request) << (n + 4);
        channel->terminal_count = false;
    }
    return status;
}

static u8 read_masks(const I8237Controller *controller)
{
    u8 masks = 0xF0;

    for (unsigned n = 0; n < 4; n++)
        masks |= controller->dma->channels[controller->first + n].masked << n;
    return masks;
}

static void write_masks(I8237Controller *controller, u8 masks)
{
    for (unsigned n = 0; n < 4; n++)
        controller->dma->channels[controller->first + n].masked = bit(masks, n);
}

static void master_clear(I8237Controller *controller)
{
    controller->command = 0;
    controller->high_byte = false;
    write_masks(controller, 0x0F);
    for (unsigned n = 0; n < 4; n++) {
        I8237Channel *channel = &controller->dma->channels[controller->first + n];

        channel->terminal_count = channel->software_request = false;
    }
}

static u8 controller_read(I8237Controller *controller, unsigned reg)
{
    if (reg < 0x8)
        return read_word(controller, reg);
    if (reg == 0x8)
        return read_status(controller);
    if (reg == 0xF)
        return read_masks(controller);
    return reg == 0xD ? 0 : 0xFF; /* Dh: the temporary register, of memory-to-memory transfers */
}

static void controller_write(I8237Controller *controller, unsigned reg, u8 value)
{
    I8237 *dma = controller->dma;
    I8237Channel *channel = &dma->channels[controller->first + (value & 3)];

    switch (reg) {
    case 0x8:
        controller->command = value;
        if (value & 1)
            log_once(dma->log, LOG_DMA, "memory-to-memory transfers are not implemented");
        break;
    case 0x9:
        channel->software_request = bit(value, 2);
        break;
    case 0xA:
        channel->masked = bit(value, 2);
        break;
    case 0xB:
        channel->mode = value & 0xFC;
        LOG(dma->log, LOG_DMA, "channel %u: mode %02X", controller->first + (value & 3), value);
        break;
    case 0xC:
        controller->high_byte = false;
        break;
    case 0xD:
        master_clear(controller);
        break;
    case 0xE:
        write_masks(controller, 0);
        break;
    case 0xF:
        write_masks(controller, value);
        break;
    default:
        write_word(controller, reg, value);
        return;
    }
    offer_channels(dma);
}

/* Controller 0 has ports 00h-0Fh, controller 1 every second port of C0h-DFh. */
static u64 bytes_read(void *device, u32 offset, Size size)
{
    (void)size;
    return controller_read(device, offset & 0xF);
}

static void bytes_write(void *device, u32 offset, Size size, u64 value)
{
    (void)size;
    controller_write(device, offset & 0xF, value);
}

static u64 words_read(void *device, u32 offset, Size size)
{
    (void)size;
    return controller_read(device, offset >> 1 & 0xF);
}

static void words_write(void *device, u32 offset, Size size, u64 value)
{
    (void)size;
    controller_write(device, offset >> 1 & 0xF, value);
}

/* The region begins at port 81h. */
static u64 page_read(void *device, u32 offset, Size size)
{
    (void)size;
    return ((I8237 *)device)->pages[(offset + 1) & 0xF];
}

static void page_write(void *device, u32 offset, Size size, u64 value)
{
    (void)size;
    ((I8237 *)device)->pages[(offset + 1) & 0xF] = value;
}

static const IoOps bytes_io = {BYTE, bytes_read, bytes_write};
static const IoOps words_io = {BYTE, words_read, words_write};
static const IoOps page_io = {BYTE, page_read, page_write};

void i8237_init(I8237 *dma, AddressSpace *ports, AddressSpace *memory, Log *log)
{
    *dma = (I8237){.memory = memory, .log = log};
    for (unsigned n = 0; n < 2; n++)
        dma->controllers[n] = (I8237Controller){.dma = dma, .first = 4 * n};
    space_add_io(ports, "dma1", 0x00, 0x10, &bytes_io, &dma->controllers[0]);
    space_add_io(ports, "dma2", 0xC0, 0x20, &words_io, &dma->controllers[1]);
    space_add_io(ports, "dma-page", 0x81, 15, &page_io, dma);
    i8237_reset(dma);
}

void i8237_reset(I8237 *dma)
{
    for (unsigned n = 0; n < I8237_CHANNELS; n++) {
        I8237Channel *channel = &dma->channels[n];

        channel->base_address = channel->base_count = channel->address = channel->count = 0;
        channel->mode = 0;
        channel->requested = false;
    }
    for (unsigned n = 0; n < COUNT_OF(dma->pages); n++)
        dma->pages[n] = 0;
    master_clear(&dma->controllers[0]);
    master_clear(&dma->controllers[1]);
}
