/* The 8254 against its data sheet's timing diagrams. One cycle of this clock is one tick. */
#include "devices/i8254.h"
#include "devices/speaker.h"
#include "tests/chip_rig.h"

#include <criterion/criterion.h>

static ChipRig rig;
static I8254 pit;
static Speaker speaker;
static RigWire irq0;

static void open_pit(void)
{
    rig_open(&rig);
    rig.clock.hz = I8254_HZ;
    i8254_init(&pit, &rig.ports, &rig.clock, NULL, rig_wire(&irq0));
    speaker_init(&speaker, &rig.ports, &rig.clock, NULL, &pit);
    irq0.edges = 0;
}

static void close_pit(void)
{
    rig_close(&rig);
}

static void pass(u64 ticks)
{
    for (u64 i = 0; i < ticks; i++) {
        rig.cycles++;
        clock_fire_due(&rig.clock);
    }
}

static void control(u8 value)
{
    rig_out8(&rig, 0x43, value);
}

static void load(unsigned channel, u16 count)
{
    rig_out8(&rig, 0x40 + channel, count & 0xFF);
    rig_out8(&rig, 0x40 + channel, count >> 8);
}

static u16 latched(unsigned channel)
{
    u16 low;

    control(channel << 6);
    low = rig_in8(&rig, 0x40 + channel);
    return low | rig_in8(&rig, 0x40 + channel) << 8;
}

static u8 status(unsigned channel)
{
    control(0xE0 | 2 << channel);
    return rig_in8(&rig, 0x40 + channel);
}

/* The output of the next `ticks` ticks, the first in the highest bit. */
static u32 wave(unsigned channel, unsigned ticks)
{
    u32 bits_seen = 0;

    for (unsigned i = 0; i < ticks; i++) {
        pass(1);
        bits_seen = bits_seen << 1 | i8254_output(&pit, channel);
    }
    return bits_seen;
}

TestSuite(i8254, .init = open_pit, .fini = close_pit);

Test(i8254, mode_0_counts_once)
{
    control(0x30);
    cr_assert(!irq0.level);
    load(0, 4);
    pass(1);
    cr_assert_eq(latched(0), 4);
    cr_assert_eq(wave(0, 6), 0x07, "high N + 1 ticks after the count was written");
    cr_assert_eq(irq0.edges, 1);
    cr_assert_eq(latched(0), 0xFFFE, "and it counts on");
    pass(100000);
    cr_assert_eq(irq0.edges, 1);
    load(0, 2);
    cr_assert(!irq0.level);
    pass(3);
    cr_assert_eq(irq0.edges, 2);
}

Test(i8254, mode_0_stops_between_two_bytes)
{
    control(0x30);
    load(0, 10);
    pass(4);
    rig_out8(&rig, 0x40, 5);
    pass(50);
    cr_assert(!irq0.level);
    rig_out8(&rig, 0x40, 0);
    pass(5);
    cr_assert(!irq0.level);
    pass(1);
    cr_assert(irq0.level);
}

Test(i8254, mode_1_is_triggered_by_the_gate)
{
    control(0xB2);
    load(2, 3);
    cr_assert_eq(wave(2, 4), 0xF);
    cr_assert(status(2) & 0x40, "not loaded yet");
    i8254_set_gate(&pit, 2, true);
    cr_assert_eq(wave(2, 6), 0x07, "low for N ticks");
    cr_assert(!(status(2) & 0x40));
    i8254_set_gate(&pit, 2, false);
    i8254_set_gate(&pit, 2, true);
    pass(2);
    i8254_set_gate(&pit, 2, false);
    i8254_set_gate(&pit, 2, true);
    cr_assert_eq(wave(2, 5), 0x03, "a new trigger begins again");
}

Test(i8254, mode_2_divides)
{
    control(0x34);
    load(0, 4);
    cr_assert_eq(wave(0, 12), 0xEEE, "low for the last tick of four");
    cr_assert_eq(irq0.edges, 2);
    pass(1);
    cr_assert_eq(irq0.edges, 3);
    cr_assert_eq(latched(0), 4);
    pass(1);
    cr_assert_eq(latched(0), 3);
}

Test(i8254, mode_2_takes_a_new_count_after_the_period)
{
    control(0x34);
    load(0, 5);
    pass(2);
    load(0, 3);
    cr_assert(status(0) & 0x40);
    cr_assert_eq(wave(0, 9), 0x1B6, "5 ticks end, then 3 and 3");
    cr_assert(!(status(0) & 0x40));
}

Test(i8254, mode_3_is_a_square_wave)
{
    control(0x36);
    load(0, 6);
    cr_assert_eq(wave(0, 12), 0xE38);
    control(0x36);
    load(0, 5);
    cr_assert_eq(wave(0, 10), 0x39C, "high for one tick more when odd");
    pass(1);
    cr_assert_eq(latched(0), 4);
    pass(1);
    cr_assert_eq(latched(0), 2);
    pass(1);
    cr_assert_eq(latched(0), 0);
    pass(1);
    cr_assert_eq(latched(0), 4);
}

Test(i8254, mode_3_takes_a_new_count_after_the_half_period)
{
    control(0x36);
    load(0, 8);
    pass(2);
    load(0, 4);
    cr_assert_eq(wave(0, 9), 0x199, "high to the end of its half, then 2 and 2");
}

Test(i8254, mode_3_the_gate_reloads)
{
    i8254_set_gate(&pit, 2, true);
    control(0xB6);
    load(2, 8);
    pass(6);
    cr_assert(!i8254_output(&pit, 2));
    i8254_set_gate(&pit, 2, false);
    cr_assert(i8254_output(&pit, 2));
    pass(100);
    i8254_set_gate(&pit, 2, true);
    cr_assert_eq(wave(2, 8), 0xF0);
}

Test(i8254, mode_0_the_gate_pauses)
{
    i8254_set_gate(&pit, 2, true);
    control(0xB0);
    load(2, 10);
    pass(5);
    i8254_set_gate(&pit, 2, false);
    cr_assert_eq(latched(2), 6);
    pass(100);
    cr_assert_eq(latched(2), 6);
    i8254_set_gate(&pit, 2, true);
    cr_assert_eq(wave(2, 7), 0x03);
}

Test(i8254, mode_4_strobes_once)
{
    control(0x38);
    load(0, 3);
    cr_assert_eq(wave(0, 8), 0xEF);
    pass(100000);
    cr_assert_eq(irq0.edges, 1);
}

Test(i8254, mode_5_strobes_after_a_trigger)
{
    control(0xBA);
    load(2, 2);
    cr_assert_eq(wave(2, 3), 0x7);
    i8254_set_gate(&pit, 2, true);
    cr_assert_eq(wave(2, 6), 0x37);
}

Test(i8254, zero_is_the_largest_count)
{
    control(0x34);
    load(0, 0);
    pass(65536);
    cr_assert_eq(irq0.edges, 0);
    cr_assert_eq(latched(0), 1);
    pass(1);
    cr_assert_eq(irq0.edges, 1);
    cr_assert_eq(latched(0), 0);
}

Test(i8254, bcd)
{
    control(0x31);
    load(0, 0x1000);
    pass(2);
    cr_assert_eq(latched(0), 0x0999);
    control(0x35);
    load(0, 0);
    pass(2);
    cr_assert_eq(latched(0), 0x9999);
}

Test(i8254, latches_hold_until_read)
{
    control(0x34);
    load(0, 1000);
    pass(11);
    control(0x00);
    pass(100);
    control(0x00);
    cr_assert_eq(rig_in8(&rig, 0x40), 990 & 0xFF);
    pass(3);
    cr_assert_eq(rig_in8(&rig, 0x40), 990 >> 8);
    cr_assert_eq(rig_in8(&rig, 0x40), (990 - 103) & 0xFF, "then the count itself");
}

Test(i8254, read_back)
{
    control(0x34);
    cr_assert_eq(status(0), 0xF4, "output high, no count yet");
    load(0, 1000);
    pass(2);
    control(0xC2);
    cr_assert_eq(rig_in8(&rig, 0x40), 0xB4, "status first");
    cr_assert_eq(rig_in8(&rig, 0x40), 999 & 0xFF);
    cr_assert_eq(rig_in8(&rig, 0x40), 999 >> 8);
    control(0x14);
    rig_out8(&rig, 0x40, 200);
    pass(11);
    cr_assert_eq(rig_in8(&rig, 0x40), 190);
    cr_assert_eq(rig_in8(&rig, 0x40), 190, "one byte only");
}

/* As Linux reads it to calibrate the TSC, with instructions that take no time. */
Test(i8254, shows_a_new_count_at_once)
{
    i8254_set_gate(&pit, 2, true);
    control(0xB0);
    load(2, 0xFFFF);
    rig_in8(&rig, 0x42);
    cr_assert_eq(rig_in8(&rig, 0x42), 0xFF);
}

Test(i8254, costs_nothing_without_an_interrupt_to_come)
{
    control(0x30);
    load(0, 5);
    pass(10);
    cr_assert_eq(rig.deadline, EVENT_NEVER);
}

/* A machine of 1 MHz: a cycle is longer than a tick, and no edge may get lost. */
Test(i8254, slow_machine)
{
    rig.clock.hz = 1000000;
    control(0x34);
    load(0, 1193);
    rig_wait(&rig, 1000000000);
    cr_assert(irq0.edges >= 999 && irq0.edges <= 1001, "%u edges", irq0.edges);
}

Test(i8254, port_61)
{
    unsigned hz = 0, toggles = 0;
    u8 last = rig_in8(&rig, 0x61);

    control(0xB6);
    load(2, 1193);
    cr_assert(!speaker_tone(&speaker, &hz));
    rig_out8(&rig, 0x61, 0x03);
    cr_assert(speaker_tone(&speaker, &hz));
    cr_assert_eq(hz, 1000);
    cr_assert_eq(rig_in8(&rig, 0x61) & 0x2F, 0x23);
    pass(1000);
    cr_assert_eq(rig_in8(&rig, 0x61) & 0x2F, 0x03);
    rig_out8(&rig, 0x61, 0x02);
    cr_assert(!speaker_tone(&speaker, &hz));
    for (unsigned i = 0; i < 1800; i++) {
        u8 now = rig_in8(&rig, 0x61);

        toggles += (now ^ last) >> 4 & 1;
        last = now;
        pass(1);
    }
    cr_assert(toggles >= 99 && toggles <= 101, "the refresh toggle: every 15 microseconds");
}

Test(i8254, nonsense)
{
    u32 seed = 8254;

    rig.clock.hz = 700001;
    for (unsigned i = 0; i < 200000; i++) {
        u32 value = rig_random(&seed);

        if (value & 0x100)
            rig_out8(&rig, value & 0x200 ? 0x61 : 0x40 + (value & 3), value >> 16);
        else
            rig_in8(&rig, value & 0x200 ? 0x61 : 0x40 + (value & 3));
        if (!(value & 0xC00))
            rig_wait(&rig, (u64)(value >> 12) << (value & 15));
    }
}
