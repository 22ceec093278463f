/* The HPET against its specification. */
#include "devices/hpet.h"
#include "tests/chip_rig.h"

#include <criterion/criterion.h>

#define BASE 0xFED00000u

enum { CONFIG = 0x010, STATUS = 0x020, COUNTER = 0x0F0 };
enum { T0_CONFIG = 0x100, T0_VALUE = 0x108, T2_CONFIG = 0x140, T2_VALUE = 0x148 };
enum { LEVEL = 0x2, ENABLE = 0x4, PERIODIC = 0x8, SET_VALUE = 0x40, BITS_32 = 0x100, ROUTE = 9 };

static ChipRig rig;
static Hpet hpet;
static RigWire routes[32], irq0, irq8;

static void route_set(void *target, unsigned pin, bool level)
{
    (void)target;
    rig_wire_set(&routes[pin & 31], 0, level);
}

static void open_hpet(void)
{
    HpetWires wires = {
        .route = {route_set, NULL, 0}, .irq0 = rig_wire(&irq0), .irq8 = rig_wire(&irq8)};

    rig_open(&rig);
    memset(routes, 0, sizeof routes);
    hpet_init(&hpet, &rig.memory, &rig.clock, NULL, &wires);
}

static void close_hpet(void)
{
    rig_close(&rig);
}

static u64 get(u32 offset)
{
    return space_read(&rig.memory, BASE + offset, QWORD);
}

static void set(u32 offset, u64 value)
{
    space_write(&rig.memory, BASE + offset, QWORD, value);
}

TestSuite(hpet, .init = open_hpet, .fini = close_hpet);

Test(hpet, capabilities)
{
    cr_assert_eq(get(0) >> 32, 10000000, "femtoseconds");
    cr_assert_eq(get(0) & 0xFFFFFFFF, 0x8086A201);
    cr_assert_eq(space_read(&rig.memory, BASE + 4, DWORD), 10000000);
    cr_assert_eq(get(T0_CONFIG), (u64)0x00F00104 << 32 | 0x30);
}

Test(hpet, counter)
{
    set(COUNTER, 5);
    rig_wait(&rig, 1000);
    cr_assert_eq(get(COUNTER), 5, "halted");
    set(CONFIG, 1);
    rig_wait(&rig, 1000);
    cr_assert_eq(get(COUNTER), 105);
    set(CONFIG, 0);
    rig_wait(&rig, 1000);
    cr_assert_eq(get(COUNTER), 105);
    space_write(&rig.memory, BASE + COUNTER + 4, DWORD, 7);
    cr_assert_eq(get(COUNTER), (u64)7 << 32 | 105);
}

Test(hpet, one_shot_edge)
{
    set(CONFIG, 1);
    set(T2_VALUE, 1000);
    set(T2_CONFIG, ENABLE | 20 << ROUTE);
    rig_wait(&rig, 9900);
    cr_assert(!routes[20].level);
    rig_wait(&rig, 200);
    cr_assert_eq(routes[20].edges, 1);
    cr_assert_eq(get(STATUS), 0);
    set(T2_VALUE, 2000);
    rig_wait(&rig, 10000);
    cr_assert_eq(routes[20].edges, 2, "every match is an edge");
    rig_wait(&rig, 1000000);
    cr_assert_eq(routes[20].edges, 2);
    cr_assert_eq(rig.deadline, EVENT_NEVER);
    set(T2_CONFIG, 0);
    cr_assert(!routes[20].level);
}

Test(hpet, level)
{
    set(CONFIG, 1);
    set(T2_VALUE, 1000);
    set(T2_CONFIG, ENABLE | LEVEL | 21 << ROUTE);
    rig_wait(&rig, 10100);
    cr_assert(routes[21].level);
    cr_assert_eq(get(STATUS), 4);
    set(STATUS, 1);
    cr_assert(routes[21].level);
    set(STATUS, 4);
    cr_assert(!routes[21].level);
    cr_assert_eq(get(STATUS), 0);
}

Test(hpet, periodic)
{
    set(CONFIG, 1);
    set(T0_CONFIG, ENABLE | PERIODIC | SET_VALUE | 22 << ROUTE);
    set(T0_VALUE, 500);
    cr_assert_eq(get(T0_CONFIG) & SET_VALUE, 0);
    set(T0_VALUE, 100);
    cr_assert_eq(get(T0_VALUE), 500, "then the period alone");
    rig_wait(&rig, 4900);
    cr_assert_eq(routes[22].edges, 0);
    rig_wait(&rig, 200);
    cr_assert_eq(routes[22].edges, 1);
    rig_wait(&rig, 10000);
    cr_assert_eq(routes[22].edges, 11, "%u", routes[22].edges);
    set(T0_CONFIG, PERIODIC | 22 << ROUTE);
    rig_wait(&rig, 10000000);
    set(T0_CONFIG, ENABLE | PERIODIC | 22 << ROUTE);
    rig_wait(&rig, 1000);
    cr_assert_eq(routes[22].edges, 12, "it has kept its pace");
}

Test(hpet, wraps_at_32_bits)
{
    set(COUNTER, 0xFFFFFF00);
    set(T2_CONFIG, ENABLE | BITS_32 | 20 << ROUTE);
    set(T2_VALUE, 0x1000000010);
    cr_assert_eq(get(T2_VALUE), 0x10);
    set(CONFIG, 1);
    rig_wait(&rig, 2700);
    cr_assert_eq(routes[20].edges, 0);
    rig_wait(&rig, 100);
    cr_assert_eq(routes[20].edges, 1);
}

Test(hpet, legacy_replacement)
{
    irq_line_set(hpet_legacy_line(&hpet, 0), true);
    cr_assert(irq0.level, "the 8254 comes through");
    set(CONFIG, 3);
    cr_assert(!irq0.level);
    irq_line_set(hpet_legacy_line(&hpet, 1), true);
    cr_assert(!irq8.level);
    set(T0_CONFIG, ENABLE | PERIODIC | SET_VALUE | 22 << ROUTE);
    set(T0_VALUE, 100);
    irq0.edges = 0;
    rig_wait(&rig, 10050);
    cr_assert_eq(irq0.edges, 10, "%u", irq0.edges);
    cr_assert_eq(routes[22].edges, 0);
    set(CONFIG, 1);
    cr_assert(irq0.level && irq8.level, "and the others again");
}

Test(hpet, route_that_is_not_offered)
{
    set(CONFIG, 1);
    set(T2_VALUE, 100);
    set(T2_CONFIG, ENABLE | 5 << ROUTE);
    rig_wait(&rig, 10000);
    cr_assert_eq(routes[5].edges, 0);
}

Test(hpet, nonsense)
{
    u32 seed = 100;

    for (unsigned i = 0; i < 200000; i++) {
        u32 value = rig_random(&seed);
        u64 word = (u64)rig_random(&seed) << (value & 31) ^ rig_random(&seed);
        u32 offset = value & 0x100 ? value >> 9 & 0x1FF : (value >> 9 & 0x1F) * 8;
        Size size = 1 << (value >> 20 & 3);

        if (value & 0x40)
            space_write(&rig.memory, BASE + offset, size, word);
        else if (value & 0x80)
            space_read(&rig.memory, BASE + offset, size);
        else
            rig_wait(&rig, value >> 14 & 0xFF);
        if (!(value & 0x3F))
            irq_line_set(hpet_legacy_line(&hpet, bit(value, 7)), bit(value, 8));
    }
}
