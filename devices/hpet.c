#include "devices/hpet.h"

#include <inttypes.h>

#define BASE 0xFED00000u
/* Capabilities: 10,000,000 femtoseconds a tick; Intel; legacy replacement; a 64-bit counter; three
 * comparators; revision 1. */
#define CAPABILITIES ((u64)10000000 << 32 | 0x8086A001u | (HPET_COMPARATORS - 1) << 8)
/* Inputs of the I/O APIC that a comparator may choose: 2, 8, 20-23. */
#define ROUTES ((u64)0x00F00104 << 32)

enum { REG_CAPABILITIES = 0x000, REG_CONFIG = 0x010, REG_STATUS = 0x020, REG_COUNTER = 0x0F0 };
enum { REG_COMPARATORS = 0x100, COMPARATOR_BYTES = 0x20, REG_VALUE = 0x08 };
enum { CONFIG_ENABLE = 1, CONFIG_LEGACY = 2 };

/* Tn_CONF_CAP. */
enum {
    TN_LEVEL = 0x0002,
    TN_ENABLE = 0x0004,
    TN_PERIODIC = 0x0008,
    TN_CAPABLE = 0x0030, /* of periodic interrupts, of 64 bits */
    TN_SET_VALUE = 0x0040,
    TN_32_BITS = 0x0100,
    TN_ROUTE = 0x3E00,
    TN_WRITABLE = TN_LEVEL | TN_ENABLE | TN_PERIODIC | TN_SET_VALUE | TN_32_BITS | TN_ROUTE,
};

/* No match is scheduled further away than this: 22 years. */
#define FAR_AWAY ((u64)1 << 56)

static void restored(void *chip)
{
    Hpet *hpet = chip;

    for (unsigned n = 0; n < HPET_COMPARATORS; n++)
        clock_restore_event(hpet->clock, &hpet->comparators[n].match);
}

const StateTable hpet_state = {
    .chip = "hpet",
#define COMPARATOR_FIELDS(n)                                                                       \
    FIELD(Hpet, comparators[n].config), FIELD(Hpet, comparators[n].value),                         \
        FIELD(Hpet, comparators[n].period), FIELD(Hpet, comparators[n].level),                     \
        FIELD_EVENT(Hpet, comparators[n].match)
    .fields = (const Field[]){FIELD(Hpet, config), FIELD(Hpet, status), FIELD(Hpet, counter),
                              FIELD(Hpet, counter_start), FIELD_ARRAY(Hpet, legacy_levels),
                              COMPARATOR_FIELDS(0), COMPARATOR_FIELDS(1), COMPARATOR_FIELDS(2)},
    .count = 5 + 3 * 5,
    .restored = restored,
#undef COMPARATOR_FIELDS
};

/* ---- the counter ---- */

static u64 counter(const Hpet *hpet)
{
    if (!(hpet->config & CONFIG_ENABLE))
        return hpet->counter;
    return hpet->counter + clock_ticks(hpet->clock, HPET_HZ) - hpet->counter_start;
}

static void set_counter(Hpet *hpet, u64 value)
{
    hpet->counter = value;
    hpet->counter_start = clock_ticks(hpet->clock, HPET_HZ);
}

/* ---- interrupts ---- */

static bool legacy(const Hpet *hpet)
{
    return hpet->config & CONFIG_LEGACY;
}

static unsigned index_of(const HpetComparator *comparator)
{
    return comparator - comparator->hpet->comparators;
}

static IrqLine wire_of(const HpetComparator *comparator)
{
    const Hpet *hpet = comparator->hpet;
    unsigned n = index_of(comparator);
    IrqLine line = hpet->wires.route;

    if (legacy(hpet) && n < 2)
        return n == 0 ? hpet->wires.irq0 : hpet->wires.irq8;
    line.pin = bits(comparator->config, 13, 9);
    if (!bit(ROUTES >> 32, line.pin))
        line.set = NULL;
    return line;
}

static void drive(HpetComparator *comparator, bool level)
{
    if (comparator->level == level)
        return;
    comparator->level = level;
    irq_line_set(wire_of(comparator), level);
}

static u64 span(const HpetComparator *comparator)
{
    return comparator->config & TN_32_BITS ? UINT32_MAX : UINT64_MAX;
}

/* Moves a periodic comparator to its first value that is still to come. */
static void advance(HpetComparator *comparator)
{
    u64 period = comparator->period & span(comparator), late;

    late = (counter(comparator->hpet) - comparator->value) & span(comparator);
    if (!(comparator->config & TN_PERIODIC) || !period || late > span(comparator) / 2)
        return;
    comparator->value += (late / period + 1) * period;
    comparator->value &= span(comparator);
}

/* Schedules the next match. Nothing is scheduled while no interrupt would come of it. */
static void schedule(HpetComparator *comparator)
{
    Hpet *hpet = comparator->hpet;
    u64 left;

    advance(comparator);
    left = (comparator->value - counter(hpet)) & span(comparator);
    if (left == 0)
        left = span(comparator) < UINT64_MAX ? span(comparator) + 1 : UINT64_MAX;
    if (!(hpet->config & CONFIG_ENABLE) || !(comparator->config & TN_ENABLE) || left > FAR_AWAY)
        clock_cancel(hpet->clock, &comparator->match);
    else
        clock_schedule(hpet->clock, &comparator->match,
                       clock_when(hpet->clock, clock_ticks(hpet->clock, HPET_HZ) + left, HPET_HZ));
}

static void matched(void *owner)
{
    HpetComparator *comparator = owner;

    LOG(comparator->hpet->log, LOG_TIMER, "HPET: comparator %u at %" PRIX64,
        index_of(comparator), comparator->value);
    if (comparator->config & TN_LEVEL) {
        comparator->hpet->status |= 1u << index_of(comparator);
    } else {
        /* An edge. The wire stays up so that an 8259 finds it there. */
        drive(comparator, false);
    }
    drive(comparator, true);
    schedule(comparator);
}

/* After any change of configuration: lets go of wires that are not driven any more. */
static void settle(Hpet *hpet)
{
    for (unsigned n = 0; n < HPET_COMPARATORS; n++) {
        HpetComparator *comparator = &hpet->comparators[n];
        bool wanted = (hpet->config & CONFIG_ENABLE) && (comparator->config & TN_ENABLE);

        if (comparator->config & TN_LEVEL)
            drive(comparator, wanted && bit(hpet->status, n));
        schedule(comparator);
    }
}

static void release_wires(Hpet *hpet)
{
    for (unsigned n = 0; n < HPET_COMPARATORS; n++)
        drive(&hpet->comparators[n], false);
}

/* The 8254 and the RTC come through while legacy replacement is off. */
static void drive_legacy(Hpet *hpet)
{
    if (legacy(hpet))
        return;
    irq_line_set(hpet->wires.irq0, hpet->legacy_levels[0]);
    irq_line_set(hpet->wires.irq8, hpet->legacy_levels[1]);
}

static void legacy_set(void *target, unsigned pin, bool level)
{
    Hpet *hpet = target;

    hpet->legacy_levels[pin & 1] = level;
    if (!legacy(hpet))
        irq_line_set(pin & 1 ? hpet->wires.irq8 : hpet->wires.irq0, level);
}

IrqLine hpet_legacy_line(Hpet *hpet, unsigned input)
{
    return (IrqLine){legacy_set, hpet, input & 1};
}

/* ---- registers, as 64-bit words ---- */

static void write_config(Hpet *hpet, u64 value)
{
    u64 now = counter(hpet);
    bool was_legacy = legacy(hpet);

    release_wires(hpet);
    hpet->config = value & (CONFIG_ENABLE | CONFIG_LEGACY);
    set_counter(hpet, now);
    if (legacy(hpet) && !was_legacy) {
        irq_line_set(hpet->wires.irq0, false);
        irq_line_set(hpet->wires.irq8, false);
    }
    if (was_legacy)
        drive_legacy(hpet);
    LOG(hpet->log, LOG_TIMER, "HPET: %s%s", hpet->config & CONFIG_ENABLE ? "on" : "off",
        legacy(hpet) ? ", legacy replacement" : "");
    settle(hpet);
}

static void write_comparator_config(HpetComparator *comparator, u64 value)
{
    drive(comparator, false);
    comparator->config = value & TN_WRITABLE;
    if (value & TN_32_BITS) {
        comparator->value &= UINT32_MAX;
        comparator->period &= UINT32_MAX;
    }
    settle(comparator->hpet);
}

/* A periodic comparator takes a write as its period; with TN_SET_VALUE, which holds for one write,
 * as its next match too. */
static void write_value(HpetComparator *comparator, u64 value)
{
    value &= span(comparator);
    if (!(comparator->config & TN_PERIODIC) || (comparator->config & TN_SET_VALUE))
        comparator->value = value;
    if (comparator->config & TN_PERIODIC)
        comparator->period = value;
    comparator->config &= ~(u64)TN_SET_VALUE;
    schedule(comparator);
}

static u64 read_word(const Hpet *hpet, u32 offset)
{
    unsigned n = (offset - REG_COMPARATORS) / COMPARATOR_BYTES;

    switch (offset) {
    case REG_CAPABILITIES:
        return CAPABILITIES;
    case REG_CONFIG:
        return hpet->config;
    case REG_STATUS:
        return hpet->status;
    case REG_COUNTER:
        return counter(hpet);
    }
    if (offset < REG_COMPARATORS || n >= HPET_COMPARATORS)
        return 0;
    switch (offset % COMPARATOR_BYTES) {
    case 0:
        return hpet->comparators[n].config | TN_CAPABLE | ROUTES;
    case REG_VALUE:
        return hpet->comparators[n].value;
    default:
        return 0;
    }
}

static void write_word(Hpet *hpet, u32 offset, u64 value)
{
    unsigned n = (offset - REG_COMPARATORS) / COMPARATOR_BYTES;

    switch (offset) {
    case REG_CONFIG:
        write_config(hpet, value);
        return;
    case REG_STATUS:
        hpet->status &= ~value;
        settle(hpet);
        return;
    case REG_COUNTER:
        set_counter(hpet, value);
        settle(hpet);
        return;
    }
    if (offset < REG_COMPARATORS || n >= HPET_COMPARATORS)
        return;
    if (offset % COMPARATOR_BYTES == 0)
        write_comparator_config(&hpet->comparators[n], value);
    else if (offset % COMPARATOR_BYTES == REG_VALUE)
        write_value(&hpet->comparators[n], value);
}

static u64 registers_read(void *device, u32 offset, Size size)
{
    return read_word(device, offset & ~7u) >> (8 * (offset & 7)) & size_mask(size);
}

/* What a narrower write leaves alone keeps its value; in the status register that is 0. A periodic
 * comparator's halves are those of its period. */
static void registers_write(void *device, u32 offset, Size size, u64 value)
{
    Hpet *hpet = device;
    u32 word = offset & ~7u;
    unsigned shift = 8 * (offset & 7), n = (word - REG_COMPARATORS) / COMPARATOR_BYTES;
    u64 mask = size_mask(size) << shift, old = word == REG_STATUS ? 0 : read_word(hpet, word);

    if (word >= REG_COMPARATORS && n < HPET_COMPARATORS && word % COMPARATOR_BYTES == REG_VALUE &&
        (hpet->comparators[n].config & TN_PERIODIC))
        old = hpet->comparators[n].period;
    write_word(hpet, word, (old & ~mask) | (value << shift & mask));
}

static const IoOps registers_io = {QWORD, registers_read, registers_write};

void hpet_init(Hpet *hpet, AddressSpace *memory, Clock *clock, Log *log, const HpetWires *wires)
{
    *hpet = (Hpet){.clock = clock, .log = log, .wires = *wires};
    for (unsigned n = 0; n < HPET_COMPARATORS; n++) {
        HpetComparator *comparator = &hpet->comparators[n];

        comparator->hpet = hpet;
        event_init(clock, &comparator->match, "hpet", matched, comparator);
    }
    space_add_io(memory, "hpet", BASE, 0x400, &registers_io, hpet);
    hpet_reset(hpet);
}

void hpet_reset(Hpet *hpet)
{
    write_config(hpet, 0);
    set_counter(hpet, 0);
    hpet->status = 0;
    for (unsigned n = 0; n < HPET_COMPARATORS; n++) {
        HpetComparator *comparator = &hpet->comparators[n];

        comparator->config = comparator->period = 0;
        comparator->value = UINT64_MAX;
        schedule(comparator);
    }
}
