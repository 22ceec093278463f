/* 82441FX: PAM and SMRAM. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "devices/i440fx.h"

typedef struct Fixture {
    Log log;
    AddressSpace memory, ports;
    PciBus bus;
    I440fx bridge;
    Memory ram, bios;
} Fixture;

static Fixture *f;

static void set_up(void)
{
    f = calloc(1, sizeof *f);
    space_init(&f->memory, "memory", 0xFFFFFFFF, &f->log);
    space_init(&f->ports, "ports", 0xFFFF, &f->log);
    cr_assert(memory_create(&f->ram, 2 << 20));
    cr_assert(memory_create(&f->bios, 0x20000));
    memset(f->bios.bytes, 0xB5, 0x20000);
    space_add_memory(&f->memory, "bios", 0xE0000, 0x20000, &f->bios, 0, false);
    pci_bus_init(&f->bus, &f->memory, &f->ports, &f->log);
    i440fx_init(&f->bridge, &f->bus, &f->ram, 48 << 20);
}

static void tear_down(void)
{
    memory_destroy(&f->ram);
    memory_destroy(&f->bios);
    free(f);
}

TestSuite(i440fx, .init = set_up, .fini = tear_down);

static void config_out(u8 offset, u8 value)
{
    space_write(&f->ports, 0xCF8, DWORD, 0x80000000u | (offset & 0xFCu));
    space_write(&f->ports, 0xCFC + (offset & 3), BYTE, value);
}

static u8 config_in(u8 offset)
{
    space_write(&f->ports, 0xCF8, DWORD, 0x80000000u | (offset & 0xFCu));
    return (u8)space_read(&f->ports, 0xCFC + (offset & 3), BYTE);
}

Test(i440fx, identifies_itself_as_a_virtual_machines)
{
    space_write(&f->ports, 0xCF8, DWORD, 0x80000000);
    cr_assert_eq(space_read(&f->ports, 0xCFC, DWORD), 0x12378086);
    cr_assert_eq(config_in(0x0B), 6);
    space_write(&f->ports, 0xCF8, DWORD, 0x8000002C);
    cr_assert_eq(space_read(&f->ports, 0xCFC, DWORD), 0x11001AF4);
}

Test(i440fx, dram_rows_end_at_the_top_of_memory)
{
    cr_assert_eq(config_in(0x60), 6);
    cr_assert_eq(config_in(0x67), 6);
}

/* Every segment, each of the four attributes. */
Test(i440fx, pam_opens_each_segment)
{
    for (unsigned segment = 0; segment < 13; segment++) {
        bool last = segment == 12;
        u8 offset = (u8)(last ? 0x59 : 0x5A + segment / 2);
        unsigned shift = last || segment & 1 ? 4 : 0;
        u32 base = 0xC0000 + segment * 0x4000;
        u32 end = base + (last ? 0x10000 : 0x4000) - 1;
        u8 below = base >= 0xE0000 ? 0xB5 : 0xFF;

        f->ram.bytes[base] = f->ram.bytes[end] = 0x33;
        cr_assert_eq(space_read(&f->memory, base, BYTE), below);
        config_out(offset, (u8)(1 << shift));
        cr_assert_eq(space_read(&f->memory, base, BYTE), 0x33);
        cr_assert_eq(space_read(&f->memory, end, BYTE), 0x33);
        space_write(&f->memory, base, BYTE, 0x44);
        cr_assert_eq(f->ram.bytes[base], 0x33, "read only: a write goes to PCI");
        config_out(offset, (u8)(2 << shift));
        cr_assert_eq(space_read(&f->memory, base, BYTE), below, "write only: shadowing");
        space_write(&f->memory, base, BYTE, 0x44);
        cr_assert_eq(f->ram.bytes[base], 0x44);
        config_out(offset, 0xFF);
        cr_assert_eq(config_in(offset), offset == 0x59 ? 0x30 : 0x33);
        space_write(&f->memory, end, BYTE, 0x55);
        cr_assert_eq(space_read(&f->memory, end, BYTE), 0x55);
        config_out(offset, 0);
        cr_assert_eq(space_read(&f->memory, end, BYTE), below);
    }
}

Test(i440fx, smram_opens_until_it_is_locked)
{
    f->ram.bytes[0xA0000] = 0x66;
    cr_assert_eq(config_in(0x72), 0x02);
    config_out(0x72, 0x4A);
    cr_assert_eq(space_read(&f->memory, 0xA0000, BYTE), 0x66);
    config_out(0x72, 0x42);
    cr_assert_eq(space_read(&f->memory, 0xA0000, BYTE), 0xFF, "G_SMRAME is needed");
    config_out(0x72, 0x5A);
    cr_assert_eq(config_in(0x72), 0x1A, "the lock closes it");
    cr_assert_eq(space_read(&f->memory, 0xA0000, BYTE), 0xFF);
    config_out(0x72, 0x4A);
    cr_assert_eq(config_in(0x72), 0x1A);
    i440fx_reset(&f->bridge);
    config_out(0x72, 0x4A);
    cr_assert_eq(space_read(&f->memory, 0xA0000, BYTE), 0x66, "a reset unlocks it");
}

Test(i440fx, reset_closes_everything)
{
    config_out(0x59, 0x30);
    space_write(&f->ports, 0xCF8, DWORD, 0x80000040);
    i440fx_reset(&f->bridge);
    cr_assert_eq(space_read(&f->memory, 0xF0000, BYTE), 0xB5);
    config_out(0x04, 0);
    cr_assert_eq(config_in(0x04), 6, "the host bridge cannot be switched off");
}

Test(i440fx, restoring_maps_again)
{
    f->ram.bytes[0xF0000] = 0x12;
    f->bridge.pci.config[0x59] = 0x10;
    i440fx_state.restored(&f->bridge);
    cr_assert_eq(space_read(&f->memory, 0xF0000, BYTE), 0x12);
}
