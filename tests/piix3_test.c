/* PIIX3: the interrupt router and reset control. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "devices/piix3.h"

typedef struct Fixture {
    Log log;
    AddressSpace memory, ports;
    PciBus bus;
    Piix3 bridge;
    bool irq[16];
    unsigned resets;
} Fixture;

static Fixture *f;

static void set_irq(void *target, unsigned pin, bool level)
{
    ((Fixture *)target)->irq[pin] = level;
}

static void set_reset(void *target, unsigned pin, bool level)
{
    ((Fixture *)target)->resets += level && pin == 0;
}

static void set_up(void)
{
    IrqLine lines[16];

    f = calloc(1, sizeof *f);
    space_init(&f->memory, "memory", 0xFFFFFFFF, &f->log);
    space_init(&f->ports, "ports", 0xFFFF, &f->log);
    pci_bus_init(&f->bus, &f->memory, &f->ports, &f->log);
    for (unsigned i = 0; i < 16; i++)
        lines[i] = (IrqLine){set_irq, f, i};
    piix3_init(&f->bridge, &f->bus, lines, (IrqLine){set_reset, f, 0});
}

static void tear_down(void)
{
    free(f);
}

TestSuite(piix3, .init = set_up, .fini = tear_down);

static void config_out(u8 offset, u8 value)
{
    space_write(&f->ports, 0xCF8, DWORD, 0x80000800u | (offset & 0xFCu));
    space_write(&f->ports, 0xCFC + (offset & 3), BYTE, value);
}

static u8 config_in(u8 offset)
{
    space_write(&f->ports, 0xCF8, DWORD, 0x80000800u | (offset & 0xFCu));
    return (u8)space_read(&f->ports, 0xCFC + (offset & 3), BYTE);
}

static u16 levels(void)
{
    u16 all = 0;

    for (unsigned i = 0; i < 16; i++)
        all |= (u16)(f->irq[i] << i);
    return all;
}

Test(piix3, routes_each_pirq)
{
    for (unsigned i = 0; i < 4; i++) {
        irq_line_set(f->bus.pirq[i], true);
        cr_assert_eq(levels(), 0, "disconnected after reset");
        config_out((u8)(0x60 + i), 10);
        cr_assert_eq(levels(), 1 << 10, "routing connects a pin that is high already");
        config_out((u8)(0x60 + i), 11);
        cr_assert_eq(levels(), 1 << 11, "and moves it");
        config_out((u8)(0x60 + i), 0x8B);
        cr_assert_eq(levels(), 0);
        config_out((u8)(0x60 + i), 5);
        irq_line_set(f->bus.pirq[i], false);
        cr_assert_eq(levels(), 0);
    }
}

Test(piix3, pirqs_share_an_interrupt)
{
    config_out(0x60, 11);
    config_out(0x62, 11);
    irq_line_set(f->bus.pirq[0], true);
    irq_line_set(f->bus.pirq[2], true);
    irq_line_set(f->bus.pirq[0], false);
    cr_assert_eq(levels(), 1 << 11);
    irq_line_set(f->bus.pirq[2], false);
    cr_assert_eq(levels(), 0);
}

Test(piix3, reserved_routes_go_nowhere)
{
    irq_line_set(f->bus.pirq[1], true);
    for (unsigned irq = 0; irq < 16; irq++) {
        bool reserved = irq < 3 || irq == 8 || irq == 13;

        config_out(0x61, (u8)irq);
        cr_assert_eq(levels(), reserved ? 0 : 1 << irq);
    }
    config_out(0x61, 0xFF);
    cr_assert_eq(config_in(0x61), 0x8F, "reserved bits stay clear");
}

Test(piix3, cf9_resets_on_the_rising_edge)
{
    space_write(&f->ports, 0xCF9, BYTE, 0x02);
    cr_assert_eq(f->resets, 0);
    space_write(&f->ports, 0xCF9, BYTE, 0x06);
    cr_assert_eq(f->resets, 1);
    cr_assert_eq(space_read(&f->ports, 0xCF9, BYTE), 0x06);
    space_write(&f->ports, 0xCF9, BYTE, 0x06);
    cr_assert_eq(f->resets, 1, "no edge, no reset");
    piix3_reset(&f->bridge);
    cr_assert_eq(space_read(&f->ports, 0xCF9, BYTE), 0);
    space_write(&f->ports, 0xCF8, DWORD, 0x80000600);
    cr_assert_eq(f->resets, 1, "a dword write to CF8h is not CF9h");
}

Test(piix3, reset_disconnects)
{
    config_out(0x60, 10);
    irq_line_set(f->bus.pirq[0], true);
    piix3_reset(&f->bridge);
    cr_assert_eq(levels(), 0);
    cr_assert_eq(config_in(0x60), 0x80);
    cr_assert_eq(config_in(0x0A), 1, "an ISA bridge");
}
