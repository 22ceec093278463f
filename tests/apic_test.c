/* Local APICs, the I/O APIC and what they talk over. */
#include "devices/apic_bus.h"
#include "tests/chip_rig.h"

#include <criterion/criterion.h>

#define LOCAL 0xFEE00000u
#define IO    0xFEC00000u

enum { ID = 0x20, TPR = 0x80, PPR = 0xA0, EOI = 0xB0, LDR = 0xD0, DFR = 0xE0, SVR = 0xF0 };
enum { ISR = 0x100, TMR = 0x180, IRR = 0x200, ESR = 0x280, ICR = 0x300, ICR_HIGH = 0x310 };
enum { LVT_TIMER = 0x320, LVT_LINT0 = 0x350, LVT_LINT1 = 0x360, LVT_ERROR = 0x370 };
enum { INITIAL = 0x380, CURRENT = 0x390, DIVIDE = 0x3E0 };

typedef struct Core {
    bool intr;
    unsigned nmis, smis, inits, startups;
    u8 startup_vector;
} Core;

static ChipRig rig;
static ApicBus bus;
static LocalApic apics[3];
static IoApic io;
static Core cores[3];

static void core_interrupt(void *owner, bool level)
{
    ((Core *)owner)->intr = level;
}

static void core_nmi(void *owner)
{
    ((Core *)owner)->nmis++;
}

static void core_smi(void *owner)
{
    ((Core *)owner)->smis++;
}

static void core_init(void *owner)
{
    ((Core *)owner)->inits++;
}

static void core_startup(void *owner, u8 vector)
{
    ((Core *)owner)->startups++;
    ((Core *)owner)->startup_vector = vector;
}

static u8 core_external(void *owner)
{
    (void)owner;
    return 0x99;
}

static void core_send(void *owner, LocalApic *from, const ApicMessage *message)
{
    (void)owner;
    apic_bus_send_from(&bus, from, message);
}

static void core_end_of_interrupt(void *owner, u8 vector)
{
    (void)owner;
    apic_bus_end_of_interrupt(&bus, vector);
}

static void open_apics(void)
{
    rig_open(&rig);
    memset(cores, 0, sizeof cores);
    apic_bus_init(&bus, &rig.memory, NULL);
    for (unsigned n = 0; n < 3; n++) {
        LocalApicWires wires = {
            .owner = &cores[n],
            .interrupt = core_interrupt,
            .nmi = core_nmi,
            .smi = core_smi,
            .init = core_init,
            .startup = core_startup,
            .external_acknowledge = core_external,
            .send = core_send,
            .end_of_interrupt = core_end_of_interrupt,
        };
        local_apic_init(&apics[n], &rig.clock, NULL, &wires, n);
        apic_bus_add(&bus, &apics[n]);
    }
    io_apic_init(&io, &rig.memory, NULL, apic_bus_send, &bus);
    apic_bus_set_io_apic(&bus, &io);
}

static void close_apics(void)
{
    rig_close(&rig);
}

static u32 get(u32 offset)
{
    return space_read(&rig.memory, LOCAL + offset, DWORD);
}

static void set(u32 offset, u32 value)
{
    space_write(&rig.memory, LOCAL + offset, DWORD, value);
}

static u32 io_get(u8 reg)
{
    space_write(&rig.memory, IO, DWORD, reg);
    return space_read(&rig.memory, IO + 0x10, DWORD);
}

static void io_set(u8 reg, u32 value)
{
    space_write(&rig.memory, IO, DWORD, reg);
    space_write(&rig.memory, IO + 0x10, DWORD, value);
}

static void enable_all(void)
{
    for (unsigned n = 0; n < 3; n++) {
        apic_bus_select(&bus, n);
        set(SVR, 0x1FF);
    }
    apic_bus_select(&bus, 0);
}

static void pin(unsigned number, bool level)
{
    irq_line_set(io_apic_line(&io, number), level);
}

TestSuite(apic, .init = open_apics, .fini = close_apics);

Test(apic, after_power_on)
{
    cr_assert_eq(get(ID), 0);
    cr_assert_eq(get(0x30), 0x50014);
    cr_assert_eq(get(SVR), 0xFF);
    cr_assert_eq(get(DFR), 0xFFFFFFFF);
    cr_assert_eq(get(LVT_TIMER), 0x10000);
    cr_assert_eq(get(LVT_LINT1), 0x10000);
    cr_assert_eq(get(LVT_LINT0), 0x700, "virtual wire mode");
    cr_assert_eq(local_apic_get_base(&apics[0]), 0xFEE00900);
    cr_assert_eq(local_apic_get_base(&apics[1]), 0xFEE00800);
    apic_bus_select(&bus, 1);
    cr_assert_eq(get(ID), 0x01000000);
    cr_assert_eq(get(LVT_LINT0), 0x10000);
}

Test(apic, virtual_wire_mode)
{
    irq_line_set(local_apic_line(&apics[0], 0), true);
    cr_assert(cores[0].intr);
    cr_assert_eq(local_apic_acknowledge(&apics[0]), 0x99, "the 8259 gives the vector");
    cr_assert_eq(get(ISR + 0x40), 0);
    set(LVT_LINT0, 0x10700);
    cr_assert(!cores[0].intr);
    set(SVR, 0x1FF);
    set(LVT_LINT0, 0x700);
    cr_assert(cores[0].intr);
    irq_line_set(local_apic_line(&apics[0], 0), false);
    cr_assert(!cores[0].intr);
    set(LVT_LINT1, 0x400);
    irq_line_set(local_apic_line(&apics[0], 1), true);
    irq_line_set(local_apic_line(&apics[0], 1), true);
    cr_assert_eq(cores[0].nmis, 1);
}

Test(apic, hardware_disabled)
{
    cr_assert(apic_bus_set_base(&bus, 0, 0xFEE00100));
    cr_assert_eq(get(ID), 0xFFFFFFFF, "its registers are gone");
    irq_line_set(local_apic_line(&apics[0], 0), true);
    cr_assert(cores[0].intr, "LINT0 is INTR now");
    irq_line_set(local_apic_line(&apics[0], 1), true);
    cr_assert_eq(cores[0].nmis, 1);
    cr_assert(!apic_bus_set_base(&bus, 0, 0xFEE00D00), "no x2APIC");
    cr_assert(!apic_bus_set_base(&bus, 0, 0xFEE00801));
    cr_assert(apic_bus_set_base(&bus, 0, 0xFED80900));
    cr_assert_eq(space_read(&rig.memory, 0xFED80030, DWORD), 0x50014, "it can be moved");
}

Test(apic, priorities)
{
    ApicMessage message = {.vector = 0x41, .delivery = APIC_FIXED, .destination = 0};

    enable_all();
    apic_bus_send(&bus, &message);
    cr_assert_eq(get(IRR + 0x20), 0x00000002);
    cr_assert(cores[0].intr);
    message.vector = 0x55;
    apic_bus_send(&bus, &message);
    cr_assert_eq(local_apic_acknowledge(&apics[0]), 0x55);
    cr_assert_eq(get(PPR), 0x50);
    cr_assert(!cores[0].intr);
    message.vector = 0x5F;
    apic_bus_send(&bus, &message);
    cr_assert(!cores[0].intr, "the same class waits");
    set(EOI, 0);
    cr_assert_eq(local_apic_acknowledge(&apics[0]), 0x5F);
    set(EOI, 0);
    set(TPR, 0x45);
    cr_assert(!cores[0].intr);
    cr_assert_eq(get(PPR), 0x45);
    cr_assert_eq(local_apic_acknowledge(&apics[0]), 0xFF, "spurious");
    local_apic_set_cr8(&apics[0], 3);
    cr_assert_eq(get(TPR), 0x30);
    cr_assert(cores[0].intr);
    cr_assert_eq(local_apic_acknowledge(&apics[0]), 0x41);
    cr_assert_eq(get(ISR + 0x20), 0x00000002);
}

Test(apic, software_disabled)
{
    ApicMessage message = {.vector = 0x41, .delivery = APIC_FIXED, .destination = 0};

    apic_bus_send(&bus, &message);
    cr_assert_eq(get(IRR + 0x20), 0);
    set(LVT_TIMER, 0x40);
    cr_assert_eq(get(LVT_TIMER), 0x10040, "masks cannot be cleared");
    message.delivery = APIC_NMI;
    apic_bus_send(&bus, &message);
    cr_assert_eq(cores[0].nmis, 1);
    set(SVR, 0x1FF);
    set(LVT_TIMER, 0x40);
    set(SVR, 0xFF);
    cr_assert_eq(get(LVT_TIMER), 0x10040, "and are set");
}

Test(apic, destinations)
{
    ApicMessage message = {.vector = 0x60, .delivery = APIC_FIXED, .logical = true};

    enable_all();
    for (unsigned n = 0; n < 3; n++) {
        apic_bus_select(&bus, n);
        set(LDR, 0x01000000u << n);
    }
    message.destination = 0x06;
    apic_bus_send(&bus, &message);
    cr_assert(!cores[0].intr && cores[1].intr && cores[2].intr);
    apic_bus_select(&bus, 0);
    set(LDR, 0x21000000);
    set(DFR, 0x00000000);
    cr_assert_eq(get(DFR), 0x0FFFFFFF);
    message.destination = 0x11;
    apic_bus_send(&bus, &message);
    cr_assert(!cores[0].intr, "another cluster");
    message.destination = 0x23;
    apic_bus_send(&bus, &message);
    cr_assert(cores[0].intr);
}

Test(apic, lowest_priority)
{
    ApicMessage message = {.vector = 0x60, .delivery = APIC_LOWEST_PRIORITY, .destination = 0xFF};

    enable_all();
    set(TPR, 0x20);
    apic_bus_select(&bus, 1);
    set(TPR, 0x10);
    apic_bus_select(&bus, 2);
    set(TPR, 0x20);
    apic_bus_send(&bus, &message);
    cr_assert(!cores[0].intr && cores[1].intr && !cores[2].intr);
    apic_bus_select(&bus, 1);
    set(TPR, 0x20);
    apic_bus_send(&bus, &message);
    cr_assert(!cores[0].intr && cores[2].intr, "equals take turns");
}

Test(apic, starting_processors)
{
    set(ICR_HIGH, 0x01000000);
    set(ICR, 0x4500);
    cr_assert_eq(cores[1].inits, 1);
    set(ICR, 0x8500);
    cr_assert_eq(cores[1].inits, 1, "the de-assertion does nothing");
    set(ICR, 0x0608);
    cr_assert_eq(cores[1].startups, 1);
    cr_assert_eq(cores[1].startup_vector, 8);
    set(ICR, 0x0608);
    cr_assert_eq(cores[1].startups, 1, "it runs already");
    set(ICR, 0xC4500);
    cr_assert_eq(cores[0].inits, 0);
    cr_assert_eq(cores[2].inits, 1, "all but self");
    cr_assert_eq(get(ICR), 0xC4500, "never busy");
}

Test(apic, self_and_all)
{
    enable_all();
    set(ICR, 0x40050);
    cr_assert(cores[0].intr && !cores[1].intr);
    set(ICR, 0x80051);
    cr_assert(cores[1].intr && cores[2].intr);
    cr_assert_eq(local_apic_acknowledge(&apics[0]), 0x51);
    set(ICR, 0xC0400);
    cr_assert_eq(cores[0].nmis, 0);
    cr_assert_eq(cores[2].nmis, 1);
    set(ICR, 0x40200);
    cr_assert_eq(cores[0].smis, 1);
}

Test(apic, errors)
{
    enable_all();
    set(LVT_ERROR, 0x45);
    set(ICR, 0x40005);
    cr_assert_eq(get(ESR), 0, "latched by a write");
    set(ESR, 0);
    cr_assert_eq(get(ESR), 0x20, "send illegal vector");
    cr_assert_eq(local_apic_acknowledge(&apics[0]), 0x45);
    set(EOI, 0);
    set(ESR, 0);
    cr_assert_eq(get(ESR), 0);
    get(0x3F0);
    set(ESR, 0);
    cr_assert_eq(get(ESR), 0x80, "illegal register");
}

Test(apic, timer_one_shot)
{
    enable_all();
    set(DIVIDE, 0x3); /* by 16 */
    set(LVT_TIMER, 0x40);
    set(INITIAL, 1000);
    rig.cycles += 1600;
    cr_assert_eq(get(CURRENT), 900);
    rig_wait(&rig, 143900);
    cr_assert(!cores[0].intr);
    rig_wait(&rig, 200);
    cr_assert(cores[0].intr);
    cr_assert_eq(get(CURRENT), 0);
    cr_assert_eq(local_apic_acknowledge(&apics[0]), 0x40);
    set(EOI, 0);
    rig_wait(&rig, 10000000);
    cr_assert(!cores[0].intr);
    set(LVT_TIMER, 0x20040);
    rig_wait(&rig, 10000000);
    cr_assert(!cores[0].intr, "a change of mode starts nothing");
}

Test(apic, timer_periodic)
{
    unsigned count = 0;

    enable_all();
    set(DIVIDE, 0xB); /* by 1 */
    set(LVT_TIMER, 0x20040);
    set(INITIAL, 100000);
    for (unsigned i = 0; i < 1000; i++) {
        rig_wait(&rig, 100000);
        if (cores[0].intr) {
            count++;
            local_apic_acknowledge(&apics[0]);
            set(EOI, 0);
        }
    }
    cr_assert_eq(count, 100);
    rig.cycles += 25000;
    cr_assert_eq(get(CURRENT), 75000);
    set(DIVIDE, 0x0);
    cr_assert_eq(get(CURRENT), 75000);
    rig.cycles += 2000;
    cr_assert_eq(get(CURRENT), 74000, "at half the pace");
    set(LVT_TIMER, 0x30040);
    cr_assert_eq(rig.deadline, EVENT_NEVER, "masked, it costs nothing");
    set(INITIAL, 0);
    cr_assert_eq(get(CURRENT), 0);
}

Test(apic, io_registers)
{
    cr_assert_eq(io_get(1), 0x170020);
    io_set(0, 0x0F000000);
    cr_assert_eq(io_get(0), 0x0F000000);
    cr_assert_eq(io_get(0x10), 0x10000);
    io_set(0x3E, 0xFFFFFFFF);
    io_set(0x3F, 0xFFFFFFFF);
    cr_assert_eq(io_get(0x3E), 0x1AFFF);
    cr_assert_eq(io_get(0x3F), 0xFF000000);
    cr_assert_eq(io_get(0x40), 0);
}

Test(apic, io_edge)
{
    enable_all();
    pin(4, true);
    io_set(0x18, 0x0034);
    cr_assert(!cores[0].intr, "an edge while masked is lost");
    pin(4, false);
    pin(4, true);
    cr_assert_eq(local_apic_acknowledge(&apics[0]), 0x34);
    cr_assert_eq(get(TMR + 0x10), 0);
    set(EOI, 0);
    cr_assert(!cores[0].intr);
}

Test(apic, io_level)
{
    enable_all();
    io_set(0x25, 0x01000000);
    io_set(0x24, 0xA045);
    pin(10, true);
    cr_assert(cores[1].intr);
    cr_assert_eq(io_get(0x24), 0xE045, "remote IRR");
    apic_bus_select(&bus, 1);
    cr_assert_eq(local_apic_acknowledge(&apics[1]), 0x45);
    cr_assert_eq(get(TMR + 0x20), 0x20);
    set(EOI, 0);
    cr_assert(cores[1].intr, "still asserted: again");
    cr_assert_eq(local_apic_acknowledge(&apics[1]), 0x45);
    pin(10, false);
    set(EOI, 0);
    cr_assert(!cores[1].intr);
    cr_assert_eq(io_get(0x24), 0xA045);
    io_set(0x24, 0x1A045);
    pin(10, true);
    cr_assert(!cores[1].intr);
    io_set(0x24, 0xA045);
    cr_assert(cores[1].intr, "unmasked while asserted");
    space_write(&rig.memory, IO + 0x40, DWORD, 0x45);
    cr_assert_eq(io_get(0x24), 0xE045, "the EOI register");
    io_set(0x24, 0x2045);
    cr_assert_eq(io_get(0x24), 0x2045, "edge mode clears remote IRR");
}

Test(apic, io_external_interrupt)
{
    enable_all();
    set(LVT_LINT0, 0x10000);
    io_set(0x10, 0x0700);
    pin(0, true);
    cr_assert(cores[0].intr);
    cr_assert_eq(local_apic_acknowledge(&apics[0]), 0x99);
    cr_assert(!cores[0].intr);
}

Test(apic, message_signalled)
{
    enable_all();
    apic_bus_message(&bus, 0xFEE02000, 0x0044);
    cr_assert(cores[2].intr);
    cr_assert_eq(local_apic_acknowledge(&apics[2]), 0x44);
}

Test(apic, nonsense)
{
    u32 seed = 82093;

    for (unsigned i = 0; i < 200000; i++) {
        u32 value = rig_random(&seed), word = rig_random(&seed) ^ value << 12;
        Size size = 1 << (value >> 20 & 3);
        u32 offset = value >> 4 & 0xFFF;

        if (value & 0x80000)
            offset &= ~0xFu;
        switch (value & 15) {
        case 0:
            apic_bus_select(&bus, word % 3);
            break;
        case 1:
            pin(word % IO_APIC_PINS, bit(word, 8));
            break;
        case 2:
            local_apic_acknowledge(&apics[word % 3]);
            break;
        case 3:
            irq_line_set(local_apic_line(&apics[word % 3], bit(word, 4)), bit(word, 5));
            break;
        case 4:
            io_set(word, word >> 6);
            break;
        case 5:
            space_read(&rig.memory, IO + offset, size);
            break;
        case 6:
            space_write(&rig.memory, IO + offset, size, word);
            break;
        case 7:
            if (!(word & 15))
                apic_bus_set_base(&bus, bus.current, word & 0x100 ? word : 0xFEE00800);
            break;
        case 8:
            rig_wait(&rig, 1 + (word & 0xFFF));
            break;
        case 9:
            apic_bus_message(&bus, word, word >> 7);
            break;
        case 10:
        case 11:
            space_read(&rig.memory, LOCAL + offset, size);
            break;
        default:
            if ((offset & ~0xFu) == SVR)
                word |= 0x100;
            space_write(&rig.memory, LOCAL + offset, size, word);
        }
    }
}
