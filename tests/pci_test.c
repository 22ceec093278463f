/* PCI bus: configuration mechanism #1, BARs, interrupt pins. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "devices/pci.h"

typedef struct Fixture {
    Log log;
    AddressSpace memory, ports;
    PciBus bus;
    PciDevice device, other;
    Region *bar0, *bar1, *rom;
    Memory bytes;
    bool pirq[4];
    u32 narrow[3]; /* offset, size and value of the last narrow write */
    unsigned narrow_writes;
} Fixture;

static Fixture *f;

static void set_pirq(void *target, unsigned pin, bool level)
{
    ((Fixture *)target)->pirq[pin] = level;
}

static u64 narrow_read(void *device, u32 offset, Size size)
{
    (void)device;
    return 0xA0 + offset + 16 * size;
}

static void narrow_write(void *device, u32 offset, Size size, u64 value)
{
    Fixture *fixture = device;

    fixture->narrow[0] = offset;
    fixture->narrow[1] = size;
    fixture->narrow[2] = (u32)value;
    fixture->narrow_writes++;
}

static const IoOps narrow_io = {WORD, narrow_read, narrow_write};

static u64 bar_read(void *device, u32 offset, Size size)
{
    (void)device;
    return 0x1100 + offset + size;
}

static void bar_write(void *device, u32 offset, Size size, u64 value)
{
    (void)device;
    (void)offset;
    (void)size;
    (void)value;
}

static const IoOps bar_io = {DWORD, bar_read, bar_write};

static void out(u16 port, Size size, u32 value)
{
    space_write(&f->ports, port, size, value);
}

static u32 in(u16 port, Size size)
{
    return (u32)space_read(&f->ports, port, size);
}

static u32 config_in(u8 devfn, u8 offset)
{
    out(0xCF8, DWORD, 0x80000000u | (u32)devfn << 8 | (offset & 0xFCu));
    return in(0xCFC, DWORD);
}

static void config_out(u8 devfn, u8 offset, u32 value)
{
    out(0xCF8, DWORD, 0x80000000u | (u32)devfn << 8 | (offset & 0xFCu));
    out(0xCFC, DWORD, value);
}

enum { DEVICE = 3 << 3, OTHER = 4 << 3 | 1 };

static void set_up(void)
{
    static const PciIdentity identity = {.vendor = 0x8086,
                                         .device = 0x1234,
                                         .revision = 5,
                                         .class_code = 0x020000,
                                         .subsystem_vendor = 0x1AF4,
                                         .subsystem = 0x1100,
                                         .interrupt_pin = 1};
    static const PciIdentity identity2 = {.vendor = 0x10EC, .device = 0x8029, .interrupt_pin = 4};

    f = calloc(1, sizeof *f);
    space_init(&f->memory, "memory", 0xFFFFFFFF, &f->log);
    space_init(&f->ports, "ports", 0xFFFF, &f->log);
    cr_assert(memory_create(&f->bytes, 0x10000));
    pci_bus_init(&f->bus, &f->memory, &f->ports, &f->log);
    for (unsigned i = 0; i < 4; i++)
        f->bus.pirq[i] = (IrqLine){set_pirq, f, i};
    pci_attach(&f->bus, &f->device, "device", 3, 0, &identity);
    pci_attach(&f->bus, &f->other, "other", 4, 1, &identity2);
    f->bar0 = space_add_io(&f->ports, "bar0", 0, 32, &bar_io, f);
    f->bar1 = space_add_memory(&f->memory, "bar1", 0, 0x1000, &f->bytes, 0, true);
    f->rom = space_add_memory(&f->memory, "rom", 0, 0x8000, &f->bytes, 0, false);
    pci_add_bar(&f->device, 0, 1, 32, &f->ports, f->bar0);
    pci_add_bar(&f->device, 1, 8, 0x1000, &f->memory, f->bar1);
    pci_add_rom(&f->device, 0x8000, f->rom);
}

static void tear_down(void)
{
    memory_destroy(&f->bytes);
    free(f);
}

TestSuite(pci, .init = set_up, .fini = tear_down);

Test(pci, identity_is_read_in_any_width)
{
    cr_assert_eq(config_in(DEVICE, 0), 0x12348086);
    cr_assert_eq(in(0xCFC, WORD), 0x8086);
    cr_assert_eq(in(0xCFE, WORD), 0x1234);
    cr_assert_eq(in(0xCFF, BYTE), 0x12);
    cr_assert_eq(config_in(DEVICE, 8), 0x02000005);
    cr_assert_eq(config_in(DEVICE, 0x2C), 0x11001AF4);
    cr_assert_eq(config_in(DEVICE, 0x3C), 0x100);
}

Test(pci, nobody_answers_with_all_ones)
{
    cr_assert_eq(config_in(5 << 3, 0), 0xFFFFFFFF);
    out(0xCF8, DWORD, 0x80010000 | DEVICE << 8);
    cr_assert_eq(in(0xCFC, DWORD), 0xFFFFFFFF, "bus 1 does not exist");
    out(0xCF8, DWORD, DEVICE << 8);
    cr_assert_eq(in(0xCFC, DWORD), 0xFFFFFFFF, "the enable bit is clear");
    cr_assert_eq(in(0xCFC, BYTE), 0xFF);
}

Test(pci, config_address_takes_dwords_only)
{
    out(0xCF8, DWORD, 0xFFFFFFFF);
    cr_assert_eq(in(0xCF8, DWORD), 0x80FFFFFC, "reserved bits read as zero");
    f->bus.narrow_io = &narrow_io;
    f->bus.narrow_device = f;
    out(0xCF9, BYTE, 0x06);
    cr_assert_eq(in(0xCF8, DWORD), 0x80FFFFFC, "a byte at CF9h is not CONFIG_ADDRESS");
    cr_assert_eq(f->narrow[0], 1);
    cr_assert_eq(f->narrow[1], BYTE);
    cr_assert_eq(f->narrow[2], 6);
    cr_assert_eq(in(0xCF9, BYTE), 0xA0 + 1 + 16);
    out(0xCF8, WORD, 0);
    cr_assert_eq(in(0xCF8, DWORD), 0x80FFFFFC);
    cr_assert_eq(f->narrow_writes, 2);
}

Test(pci, reset_clears_config_address)
{
    out(0xCF8, DWORD, 0x80001234);
    pci_bus_reset(&f->bus);
    cr_assert_eq(in(0xCF8, DWORD), 0);
}

Test(pci, read_only_registers_stay)
{
    config_out(DEVICE, 0, 0xFFFFFFFF);
    config_out(DEVICE, 8, 0xFFFFFFFF);
    config_out(DEVICE, 0x3C, 0xFFFFFFFF);
    cr_assert_eq(config_in(DEVICE, 0), 0x12348086);
    cr_assert_eq(config_in(DEVICE, 8), 0x02000005);
    cr_assert_eq(config_in(DEVICE, 0x3C), 0x000001FF, "only the interrupt line may be written");
}

Test(pci, bars_tell_their_size)
{
    config_out(DEVICE, 0x10, 0xFFFFFFFF);
    config_out(DEVICE, 0x14, 0xFFFFFFFF);
    config_out(DEVICE, 0x18, 0xFFFFFFFF);
    config_out(DEVICE, 0x30, 0xFFFFFFFE);
    cr_assert_eq(config_in(DEVICE, 0x10), 0xFFFFFFE1);
    cr_assert_eq(config_in(DEVICE, 0x14), 0xFFFFF008);
    cr_assert_eq(config_in(DEVICE, 0x18), 0, "there is no third BAR");
    cr_assert_eq(config_in(DEVICE, 0x30), 0xFFFF8000);
}

Test(pci, io_bar_appears_where_it_is_put)
{
    config_out(DEVICE, 0x10, 0xC041);
    cr_assert_eq(in(0xC044, BYTE), 0xFF, "I/O is not enabled yet");
    config_out(DEVICE, 0x04, PCI_COMMAND_IO);
    cr_assert_eq(in(0xC044, DWORD), 0x1108);
    config_out(DEVICE, 0x10, 0xC061);
    cr_assert_eq(in(0xC044, DWORD), 0xFFFFFFFF);
    cr_assert_eq(in(0xC064, DWORD), 0x1108);
    config_out(DEVICE, 0x10, 0xFFFFFFFF);
    cr_assert_eq(in(0xC064, DWORD), 0xFFFFFFFF, "while it is being sized it is nowhere");
    config_out(DEVICE, 0x10, 0);
    cr_assert_eq(in(0x0004, DWORD), 0xFFFFFFFF, "nor before it has an address");
}

Test(pci, memory_bar_and_rom_appear)
{
    f->bytes.bytes[2] = 0x77;
    config_out(DEVICE, 0x14, 0xE0001000);
    config_out(DEVICE, 0x30, 0xE0010001);
    config_out(DEVICE, 0x04, PCI_COMMAND_MEMORY);
    cr_assert_eq(space_read(&f->memory, 0xE0001002, BYTE), 0x77);
    cr_assert_eq(space_read(&f->memory, 0xE0010002, BYTE), 0x77);
    space_write(&f->memory, 0xE0001002, BYTE, 0x78);
    space_write(&f->memory, 0xE0010002, BYTE, 0x79);
    cr_assert_eq(f->bytes.bytes[2], 0x78, "the BAR is writable, the ROM is not");
    config_out(DEVICE, 0x30, 0xE0010000);
    cr_assert_eq(space_read(&f->memory, 0xE0010002, BYTE), 0xFF, "the ROM was disabled");
    config_out(DEVICE, 0x04, 0);
    cr_assert_eq(space_read(&f->memory, 0xE0001002, BYTE), 0xFF);
}

Test(pci, ram_wins_over_a_bar)
{
    Memory ram;

    cr_assert(memory_create(&ram, 0x10000));
    space_add_memory(&f->memory, "ram", 0x10000, 0x10000, &ram, 0, true);
    ram.bytes[0] = 0x11;
    f->bytes.bytes[0] = 0x22;
    config_out(DEVICE, 0x14, 0x10000);
    config_out(DEVICE, 0x04, PCI_COMMAND_MEMORY);
    cr_assert_eq(space_read(&f->memory, 0x10000, BYTE), 0x11);
    memory_destroy(&ram);
}

Test(pci, header_says_multifunction)
{
    static const PciIdentity identity = {.vendor = 1, .device = 2};
    PciDevice third;

    cr_assert_eq(config_in(DEVICE, 0x0C) >> 16 & 0xFF, 0);
    pci_attach(&f->bus, &third, "third", 3, 7, &identity);
    cr_assert_eq(config_in(DEVICE, 0x0C) >> 16 & 0xFF, 0x80);
}

Test(pci, pins_share_pirqs)
{
    /* Slot 3 INTA: (3 - 1 + 0) mod 4; slot 4 INTD: (4 - 1 + 3) mod 4. Both are PIRQC. */
    pci_set_irq(&f->device, true);
    cr_assert(f->pirq[2]);
    pci_set_irq(&f->device, true);
    pci_set_irq(&f->other, true);
    pci_set_irq(&f->device, false);
    cr_assert(f->pirq[2], "the other function still asserts it");
    pci_set_irq(&f->other, false);
    cr_assert_not(f->pirq[2]);
    cr_assert_not(f->pirq[0] | f->pirq[1] | f->pirq[3]);
}

Test(pci, intx_disable_mutes_the_pin)
{
    pci_set_irq(&f->device, true);
    config_out(DEVICE, 0x04, 0x0400);
    cr_assert_not(f->pirq[2]);
    config_out(DEVICE, 0x04, 0);
    cr_assert(f->pirq[2]);
    pci_device_reset(&f->device);
    cr_assert_not(f->pirq[2]);
    cr_assert_eq(f->bus.pin_levels[2], 0);
}

Test(pci, reset_forgets_what_was_programmed)
{
    config_out(DEVICE, 0x10, 0xC041);
    config_out(DEVICE, 0x3C, 11);
    config_out(DEVICE, 0x04, PCI_COMMAND_IO);
    pci_device_reset(&f->device);
    cr_assert_eq(config_in(DEVICE, 0x10), 1);
    cr_assert_eq(config_in(DEVICE, 0x3C), 0x100);
    cr_assert_eq(config_in(DEVICE, 0x04), 0);
    cr_assert_eq(in(0xC044, BYTE), 0xFF);
}

Test(pci, restoring_puts_bars_back)
{
    pci_config_set(&f->device, 0x10, DWORD, 0xC041);
    pci_config_set(&f->device, 0x04, WORD, PCI_COMMAND_IO);
    pci_device_state.restored(&f->device);
    cr_assert_eq(in(0xC044, DWORD), 0x1108);
}

Test(pci, survives_nonsense)
{
    u64 seed = 1;

    for (unsigned i = 0; i < 200000; i++) {
        static const Size sizes[] = {BYTE, WORD, DWORD, QWORD};
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        Size size = sizes[seed >> 60 & 3];
        u16 port = (u16)(0xCF0 + (seed >> 40 & 31));

        if (seed >> 63)
            space_read(&f->ports, port, size);
        else if (seed >> 62 & 1)
            out(0xCF8, DWORD, 0x80000000u | (u32)(seed >> 20 & 0x3FFF));
        else
            out(port, size, (u32)(seed >> 24));
    }
    cr_assert_eq(f->device.config[0], 0x86);
}
