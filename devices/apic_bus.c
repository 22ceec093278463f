#include "devices/apic_bus.h"

enum { WINDOW_PRIORITY = 1000 }; /* the processor looks here before anything leaves it */
enum { SHORTHAND_NONE, SHORTHAND_SELF, SHORTHAND_ALL, SHORTHAND_OTHERS };
enum { SPURIOUS_ENABLE = 1 << 8 };

static void show_window(ApicBus *bus)
{
    const LocalApic *apic = bus->count ? bus->apics[bus->current % bus->count] : NULL;
    bool visible = apic && local_apic_enabled(apic);

    if (visible)
        region_move(bus->memory, bus->window,
                    local_apic_get_base(apic) & ~(u64)PAGE_MASK & bus->memory->last);
    region_enable(bus->memory, bus->window, visible);
}

static void restored(void *chip)
{
    show_window(chip);
}

const StateTable apic_bus_state = {
    .chip = "apic-bus",
    .fields = (const Field[]){FIELD(ApicBus, current), FIELD(ApicBus, turn)},
    .count = 2,
    .restored = restored,
};

static u64 window_read(void *device, u32 offset, Size size)
{
    ApicBus *bus = device;

    (void)size;
    return local_apic_read(bus->apics[bus->current % bus->count], offset) >> (8 * (offset & 3));
}

static void window_write(void *device, u32 offset, Size size, u64 value)
{
    ApicBus *bus = device;

    (void)size;
    local_apic_write(bus->apics[bus->current % bus->count], offset, value);
}

static const IoOps window_io = {DWORD, window_read, window_write};

void apic_bus_init(ApicBus *bus, AddressSpace *memory, Log *log)
{
    *bus = (ApicBus){.memory = memory, .log = log};
    bus->window = space_add_io(memory, "local-apic", 0xFEE00000, PAGE_SIZE, &window_io, bus);
    region_set_priority(memory, bus->window, WINDOW_PRIORITY);
    show_window(bus);
}

void apic_bus_reset(ApicBus *bus)
{
    bus->turn = bus->current = 0;
    show_window(bus);
}

void apic_bus_add(ApicBus *bus, LocalApic *apic)
{
    assert(bus->count < APIC_BUS_APICS);
    bus->apics[bus->count++] = apic;
    show_window(bus);
}

void apic_bus_set_io_apic(ApicBus *bus, IoApic *io_apic)
{
    bus->io_apic = io_apic;
}

void apic_bus_select(ApicBus *bus, unsigned processor)
{
    assert(processor < bus->count);
    bus->current = processor;
    show_window(bus);
}

bool apic_bus_set_base(ApicBus *bus, unsigned processor, u64 value)
{
    assert(processor < bus->count);
    if (!local_apic_set_base(bus->apics[processor], value))
        return false;
    show_window(bus);
    return true;
}

/* ---- messages ---- */

static bool meant_for(const LocalApic *apic, const LocalApic *from, const ApicMessage *message)
{
    switch (message->shorthand) {
    case SHORTHAND_SELF:
        return apic == from;
    case SHORTHAND_ALL:
        return local_apic_enabled(apic);
    case SHORTHAND_OTHERS:
        return apic != from && local_apic_enabled(apic);
    default:
        return local_apic_matches(apic, message);
    }
}

/* The one with the lowest priority; among equals they take turns. */
static void deliver_lowest(ApicBus *bus, const LocalApic *from, const ApicMessage *message)
{
    LocalApic *lowest = NULL;
    unsigned index = 0;

    for (unsigned i = 0; i < bus->count; i++) {
        unsigned n = (bus->turn + i) % bus->count;
        LocalApic *apic = bus->apics[n];

        if (!meant_for(apic, from, message) || !(apic->spurious & SPURIOUS_ENABLE))
            continue;
        if (lowest && local_apic_processor_priority(apic) >= local_apic_processor_priority(lowest))
            continue;
        lowest = apic;
        index = n;
    }
    if (!lowest)
        return;
    bus->turn = (index + 1) % bus->count;
    local_apic_deliver(lowest, message);
}

void apic_bus_send_from(void *owner, LocalApic *from, const ApicMessage *message)
{
    ApicBus *bus = owner;

    if (message->delivery == APIC_LOWEST_PRIORITY) {
        deliver_lowest(bus, from, message);
        return;
    }
    for (unsigned n = 0; n < bus->count; n++)
        if (meant_for(bus->apics[n], from, message))
            local_apic_deliver(bus->apics[n], message);
}

void apic_bus_send(void *bus, const ApicMessage *message)
{
    apic_bus_send_from(bus, NULL, message);
}

void apic_bus_end_of_interrupt(void *owner, u8 vector)
{
    ApicBus *bus = owner;

    if (bus->io_apic)
        io_apic_end_of_interrupt(bus->io_apic, vector);
}

void apic_bus_message(ApicBus *bus, u32 address, u32 data)
{
    ApicMessage message = {
        .vector = data & 0xFF,
        .delivery = data >> 8 & 7,
        .destination = address >> 12 & 0xFF,
        .logical = bit(address, 2),
        .level = !bit(data, 15) || bit(data, 14),
        .trigger_level = bit(data, 15),
    };

    apic_bus_send(bus, &message);
}
