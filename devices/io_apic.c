#include "devices/io_apic.h"

enum { IOREGSEL = 0x00, IOWIN = 0x10, EOI = 0x40 };
enum { REG_ID = 0x00, REG_VERSION = 0x01, REG_ARBITRATION = 0x02, REG_REDIRECTION = 0x10 };
enum { VERSION = 0x20 | (IO_APIC_PINS - 1) << 16 };
enum { REMOTE_IRR = 1 << 14, LEVEL = 1 << 15, MASKED = 1 << 16, LOW_WRITABLE = 0x1AFFF };

#define HIGH_WRITABLE 0xFF000000u
#define BASE          0xFEC00000u

const StateTable io_apic_state = {
    .chip = "io-apic",
    .fields = (const Field[]){FIELD(IoApic, select), FIELD(IoApic, id),
                              FIELD_ARRAY(IoApic, redirection), FIELD(IoApic, levels)},
    .count = 4,
};

static void send(IoApic *apic, unsigned pin)
{
    u64 entry = apic->redirection[pin];
    ApicMessage message = {
        .vector = entry & 0xFF,
        .delivery = entry >> 8 & 7,
        .destination = entry >> 56,
        .logical = bit(entry, 11),
        .level = true,
        .trigger_level = entry & LEVEL,
    };

    LOG(apic->log, LOG_APIC, "I/O APIC input %u: vector %02X to %02X", pin, message.vector,
        message.destination);
    if (apic->send)
        apic->send(apic->owner, &message);
}

/* A level-triggered input that is up and not yet on its way. */
static void serve_level(IoApic *apic, unsigned pin)
{
    u64 *entry = &apic->redirection[pin];

    if (!bit(apic->levels, pin) || !(*entry & LEVEL) || (*entry & (MASKED | REMOTE_IRR)))
        return;
    *entry |= REMOTE_IRR;
    send(apic, pin);
}

/* An edge that comes while its input is masked is lost. */
static void line_set(void *target, unsigned pin, bool level)
{
    IoApic *apic = target;
    bool rises = level && !bit(apic->levels, pin);

    apic->levels = (apic->levels & ~(1u << pin)) | (u32)level << pin;
    if (apic->redirection[pin] & LEVEL)
        serve_level(apic, pin);
    else if (rises && !(apic->redirection[pin] & MASKED))
        send(apic, pin);
}

IrqLine io_apic_line(IoApic *apic, unsigned pin)
{
    assert(pin < IO_APIC_PINS);
    return (IrqLine){line_set, apic, pin};
}

void io_apic_end_of_interrupt(IoApic *apic, u8 vector)
{
    for (unsigned pin = 0; pin < IO_APIC_PINS; pin++) {
        u64 *entry = &apic->redirection[pin];

        if ((*entry & 0xFF) != vector || !(*entry & REMOTE_IRR))
            continue;
        *entry &= ~(u64)REMOTE_IRR;
        serve_level(apic, pin);
    }
}

static u32 read_window(const IoApic *apic)
{
    unsigned index = apic->select - REG_REDIRECTION;

    switch (apic->select) {
    case REG_ID:
    case REG_ARBITRATION:
        return (u32)apic->id << 24;
    case REG_VERSION:
        return VERSION;
    }
    if (apic->select < REG_REDIRECTION || index >= 2 * IO_APIC_PINS)
        return 0;
    return apic->redirection[index / 2] >> (index & 1 ? 32 : 0);
}

static void write_redirection(IoApic *apic, unsigned index, u32 value)
{
    unsigned pin = index / 2;
    u64 entry = apic->redirection[pin];

    if (index & 1) {
        apic->redirection[pin] = (entry & 0xFFFFFFFF) | (u64)(value & HIGH_WRITABLE) << 32;
        return;
    }
    entry = (entry & ~(u64)LOW_WRITABLE) | (value & LOW_WRITABLE);
    if (!(entry & LEVEL))
        entry &= ~(u64)REMOTE_IRR;
    apic->redirection[pin] = entry;
    serve_level(apic, pin);
}

static void write_window(IoApic *apic, u32 value)
{
    unsigned index = apic->select - REG_REDIRECTION;

    if (apic->select == REG_ID)
        apic->id = value >> 24 & 0x0F;
    else if (apic->select >= REG_REDIRECTION && index < 2 * IO_APIC_PINS)
        write_redirection(apic, index, value);
}

/* Only the low byte of the address is decoded. */
static u64 registers_read(void *device, u32 offset, Size size)
{
    IoApic *apic = device;
    u32 value = 0;

    (void)size;
    if ((offset & 0xFC) == IOREGSEL)
        value = apic->select;
    else if ((offset & 0xFC) == IOWIN)
        value = read_window(apic);
    return value >> (8 * (offset & 3));
}

static void registers_write(void *device, u32 offset, Size size, u64 value)
{
    IoApic *apic = device;

    (void)size;
    switch (offset & 0xFF) {
    case IOREGSEL:
        apic->select = value;
        break;
    case IOWIN:
        write_window(apic, value);
        break;
    case EOI:
        io_apic_end_of_interrupt(apic, value);
        break;
    }
}

static const IoOps registers_io = {DWORD, registers_read, registers_write};

void io_apic_init(IoApic *apic, AddressSpace *memory, Log *log,
                  void (*send_message)(void *owner, const ApicMessage *message), void *owner)
{
    *apic = (IoApic){.send = send_message, .owner = owner, .log = log};
    space_add_io(memory, "io-apic", BASE, PAGE_SIZE, &registers_io, apic);
    io_apic_reset(apic);
}

void io_apic_reset(IoApic *apic)
{
    apic->select = apic->id = 0;
    for (unsigned pin = 0; pin < IO_APIC_PINS; pin++)
        apic->redirection[pin] = MASKED;
}
