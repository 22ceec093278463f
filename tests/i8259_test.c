/* The 8259A pair against its data sheet. */
#include "devices/i8259.h"
#include "tests/chip_rig.h"

#include <criterion/criterion.h>

enum { NONSPECIFIC_EOI = 0x20, SPECIFIC_EOI = 0x60, ROTATE_EOI = 0xA0, SET_PRIORITY = 0xC0 };
enum { READ_IRR = 0x0A, READ_ISR = 0x0B, POLL = 0x0C, SPECIAL_MASK = 0x68, NORMAL_MASK = 0x48 };

static ChipRig rig;
static I8259Pair pics;
static RigWire intr;

static void program(u8 icw4)
{
    rig_out8(&rig, 0x20, 0x11);
    rig_out8(&rig, 0x21, 0x20);
    rig_out8(&rig, 0x21, 0x04);
    rig_out8(&rig, 0x21, icw4);
    rig_out8(&rig, 0xA0, 0x11);
    rig_out8(&rig, 0xA1, 0x28);
    rig_out8(&rig, 0xA1, 0x02);
    rig_out8(&rig, 0xA1, icw4);
}

static void open_pics(void)
{
    rig_open(&rig);
    i8259_init(&pics, &rig.ports, NULL, rig_wire(&intr));
    program(0x01);
}

static void close_pics(void)
{
    rig_close(&rig);
}

static void irq(unsigned number, bool level)
{
    irq_line_set(i8259_line(&pics, number), level);
}

static u8 master_isr(void)
{
    rig_out8(&rig, 0x20, READ_ISR);
    return rig_in8(&rig, 0x20);
}

static u8 master_irr(void)
{
    rig_out8(&rig, 0x20, READ_IRR);
    return rig_in8(&rig, 0x20);
}

TestSuite(i8259, .init = open_pics, .fini = close_pics);

Test(i8259, interrupt_sequence)
{
    irq(3, true);
    cr_assert(intr.level);
    cr_assert_eq(master_irr(), 0x08);
    cr_assert_eq(i8259_acknowledge(&pics), 0x23);
    cr_assert(!intr.level);
    cr_assert_eq(master_irr(), 0);
    cr_assert_eq(master_isr(), 0x08);
    irq(3, false);
    irq(3, true);
    cr_assert(!intr.level, "the same level waits for the end of interrupt");
    irq(4, true);
    cr_assert(!intr.level, "a lower level waits too");
    irq(1, true);
    cr_assert(intr.level, "a higher level does not");
    cr_assert_eq(i8259_acknowledge(&pics), 0x21);
    rig_out8(&rig, 0x20, NONSPECIFIC_EOI);
    cr_assert_eq(master_isr(), 0x08, "it ends the highest in service");
    rig_out8(&rig, 0x20, NONSPECIFIC_EOI);
    cr_assert_eq(i8259_acknowledge(&pics), 0x23);
}

Test(i8259, cascade)
{
    irq(12, true);
    cr_assert_eq(master_irr(), 0x04);
    cr_assert_eq(i8259_acknowledge(&pics), 0x2C);
    irq(9, true);
    cr_assert(!intr.level, "the master's level 2 is in service");
    rig_out8(&rig, 0xA0, NONSPECIFIC_EOI);
    rig_out8(&rig, 0x20, NONSPECIFIC_EOI);
    cr_assert(intr.level);
    cr_assert_eq(i8259_acknowledge(&pics), 0x29);
}

Test(i8259, bus_pin_2_is_input_9)
{
    irq(2, true);
    cr_assert_eq(i8259_acknowledge(&pics), 0x29);
}

Test(i8259, special_fully_nested_mode)
{
    rig_out8(&rig, 0x20, 0x11);
    rig_out8(&rig, 0x21, 0x20);
    rig_out8(&rig, 0x21, 0x04);
    rig_out8(&rig, 0x21, 0x11);
    irq(12, true);
    cr_assert_eq(i8259_acknowledge(&pics), 0x2C);
    irq(9, true);
    cr_assert(intr.level, "a higher one of the same slave comes through");
    irq(5, true);
    cr_assert_eq(i8259_acknowledge(&pics), 0x29);
    cr_assert(!intr.level);
}

Test(i8259, request_that_goes_away_is_spurious)
{
    irq(4, true);
    rig_out8(&rig, 0x21, 0x10);
    cr_assert(!intr.level);
    cr_assert_eq(i8259_acknowledge(&pics), 0x27);
    cr_assert_eq(master_isr(), 0);
    rig_out8(&rig, 0x21, 0x00);
    irq(4, false);
    cr_assert(!intr.level);
    irq(10, true);
    rig_out8(&rig, 0xA1, 0xFF);
    irq(10, false);
    cr_assert_eq(i8259_acknowledge(&pics), 0x27, "the slave has taken its request back");
}

Test(i8259, edge_needs_a_new_edge)
{
    irq(5, true);
    i8259_acknowledge(&pics);
    rig_out8(&rig, 0x20, SPECIFIC_EOI | 5);
    cr_assert(!intr.level);
    irq(5, true);
    cr_assert(!intr.level);
    irq(5, false);
    irq(5, true);
    cr_assert(intr.level);
}

Test(i8259, level_triggered)
{
    rig_out8(&rig, 0x4D0, 0xFF);
    cr_assert_eq(rig_in8(&rig, 0x4D0), 0xF8, "0, 1 and 2 stay edge-triggered");
    rig_out8(&rig, 0x4D1, 0xFF);
    cr_assert_eq(rig_in8(&rig, 0x4D1), 0xDE, "8 and 13 too");
    irq(11, true);
    cr_assert_eq(i8259_acknowledge(&pics), 0x2B);
    rig_out8(&rig, 0xA0, NONSPECIFIC_EOI);
    rig_out8(&rig, 0x20, NONSPECIFIC_EOI);
    cr_assert(intr.level, "the line is still up");
    irq(11, false);
    cr_assert(!intr.level);
}

Test(i8259, initialization_resets_the_edge_sense)
{
    irq(6, true);
    program(0x01);
    cr_assert(!intr.level);
    cr_assert_eq(rig_in8(&rig, 0x21), 0);
    irq(6, false);
    irq(6, true);
    cr_assert(intr.level);
}

Test(i8259, silent_during_initialization)
{
    rig_out8(&rig, 0x20, 0x11);
    irq(1, true);
    cr_assert(!intr.level);
    rig_out8(&rig, 0x21, 0x40);
    rig_out8(&rig, 0x21, 0x04);
    rig_out8(&rig, 0x21, 0x01);
    cr_assert(intr.level);
    cr_assert_eq(i8259_acknowledge(&pics), 0x41);
}

Test(i8259, automatic_end_of_interrupt)
{
    program(0x03);
    irq(3, true);
    irq(7, true);
    cr_assert_eq(i8259_acknowledge(&pics), 0x23);
    cr_assert_eq(master_isr(), 0);
    cr_assert_eq(i8259_acknowledge(&pics), 0x27);
    irq(8, true);
    irq(9, true);
    cr_assert_eq(i8259_acknowledge(&pics), 0x28);
    cr_assert(intr.level, "the slave's second request is a new edge");
    cr_assert_eq(i8259_acknowledge(&pics), 0x29);
}

Test(i8259, rotation)
{
    irq(3, true);
    i8259_acknowledge(&pics);
    rig_out8(&rig, 0x20, ROTATE_EOI);
    irq(2 + 1, false);
    irq(3, true);
    irq(4, true);
    cr_assert_eq(i8259_acknowledge(&pics), 0x24, "3 is the lowest now, 4 the highest");
    rig_out8(&rig, 0x20, SPECIFIC_EOI | 4);
    irq(3, false);
    rig_out8(&rig, 0x20, SET_PRIORITY | 6);
    irq(0, true);
    irq(7, true);
    cr_assert_eq(i8259_acknowledge(&pics), 0x27);
}

Test(i8259, special_mask_mode)
{
    irq(3, true);
    i8259_acknowledge(&pics);
    irq(6, true);
    cr_assert(!intr.level);
    rig_out8(&rig, 0x21, 0x08);
    rig_out8(&rig, 0x20, SPECIAL_MASK);
    cr_assert(intr.level, "the masked level in service blocks nobody");
    rig_out8(&rig, 0x20, NORMAL_MASK);
    cr_assert(!intr.level);
    rig_out8(&rig, 0x20, SPECIAL_MASK);
    rig_out8(&rig, 0x20, NONSPECIFIC_EOI);
    cr_assert_eq(master_isr(), 0x08, "nor is it ended");
}

Test(i8259, poll_command)
{
    rig_out8(&rig, 0x20, POLL);
    cr_assert_eq(rig_in8(&rig, 0x20), 0);
    irq(5, true);
    rig_out8(&rig, 0x20, POLL);
    cr_assert_eq(rig_in8(&rig, 0x20), 0x85);
    cr_assert_eq(master_isr(), 0x20);
    cr_assert(!intr.level);
}

Test(i8259, masks)
{
    rig_out8(&rig, 0x21, 0xFE);
    irq(1, true);
    cr_assert(!intr.level);
    cr_assert_eq(master_irr(), 0x02);
    rig_out8(&rig, 0x21, 0xFC);
    cr_assert(intr.level);
    cr_assert_eq(rig_in8(&rig, 0x21), 0xFC);
}

Test(i8259, nonsense)
{
    u32 seed = 8259;

    for (unsigned i = 0; i < 200000; i++) {
        static const u16 ports[] = {0x20, 0x21, 0xA0, 0xA1, 0x4D0, 0x4D1};
        u32 value = rig_random(&seed);
        u16 port = ports[value % COUNT_OF(ports)];

        if (value & 0x100)
            rig_out8(&rig, port, value >> 16);
        else if (value & 0x200)
            rig_in8(&rig, port);
        else if (value & 0x400)
            irq(value >> 12 & 15, bit(value, 11));
        else
            i8259_acknowledge(&pics);
    }
}
