/*
 * Address spaces: priorities, PAM-like splits, access splitting, tracking of written pages.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "mmu/bus.h"

static AddressSpace *space;
static Memory ram;

/* A device that remembers its last access. */
typedef struct Probe {
    u32 offset;
    Size size;
    u64 value;
    unsigned accesses;
} Probe;

static u64 probe_read(void *device, u32 offset, Size size)
{
    Probe *probe = device;

    probe->accesses++;
    probe->offset = offset;
    probe->size = size;
    return 0x1122334455667788 + offset;
}

static void probe_write(void *device, u32 offset, Size size, u64 value)
{
    *(Probe *)device = (Probe){offset, size, value, ((Probe *)device)->accesses + 1};
}

static const IoOps byte_ops = {BYTE, probe_read, probe_write};
static const IoOps dword_ops = {DWORD, probe_read, probe_write};

static void setup(void)
{
    space = calloc(1, sizeof *space);
    space_init(space, "memory", 0xFFFFFFFF, NULL);
    cr_assert(memory_create(&ram, 0x100000));
    space_add_memory(space, "ram", 0, 0x100000, &ram, 0, true);
}

static void teardown(void)
{
    memory_destroy(&ram);
    free(space);
}

TestSuite(bus, .init = setup, .fini = teardown);

Test(bus, memory_keeps_what_is_written_at_any_alignment)
{
    space_write(space, 0xFFD, QWORD, 0x8877665544332211);
    cr_expect_eq(space_read(space, 0xFFD, QWORD), 0x8877665544332211);
    cr_expect_eq(space_read(space, 0xFFF, WORD), 0x4433);
    cr_expect_eq(ram.bytes[0x1000], 0x44);
}

Test(bus, nothing_reads_as_ones_and_takes_writes)
{
    cr_expect_eq(space_read(space, 0x200000, BYTE), 0xFF);
    cr_expect_eq(space_read(space, 0x200000, QWORD), ~(u64)0);
    space_write(space, 0x200000, DWORD, 1);
    /* Half memory, half nothing. */
    space_write(space, 0xFFFFE, DWORD, 0x12345678);
    cr_expect_eq(space_read(space, 0xFFFFE, DWORD), 0xFFFF5678);
}

Test(bus, a_device_gets_pieces_no_wider_than_it_takes)
{
    Probe probe = {0};

    space_add_io(space, "probe", 0x300000, 16, &byte_ops, &probe);
    space_write(space, 0x300004, DWORD, 0xAABBCCDD);
    cr_expect_eq(probe.accesses, 4);
    cr_expect_eq(probe.offset, 7);
    cr_expect_eq(probe.value, 0xAA);
    cr_expect_eq(space_read(space, 0x300000, DWORD), 0x8B8A8988);
}

Test(bus, an_access_beyond_a_device_is_split)
{
    Probe probe = {0};

    space_add_io(space, "probe", 0x300000, 6, &dword_ops, &probe);
    space_write(space, 0x300004, DWORD, 0xAABBCCDD);
    cr_expect_eq(probe.accesses, 1);
    cr_expect_eq(probe.size, WORD);
    cr_expect_eq(probe.value, 0xCCDD);
}

Test(bus, the_higher_priority_answers_and_can_be_disabled)
{
    Probe probe = {0};
    Region *region = space_add_io(space, "window", 0xA0000, 0x20000, &dword_ops, &probe);

    region_set_priority(space, region, 1);
    cr_expect_eq(space_read(space, 0xA0004, DWORD), 0x5566778C);
    region_enable(space, region, false);
    cr_expect_eq(space_read(space, 0xA0004, DWORD), 0);
    region_enable(space, region, true);
    region_move(space, region, 0xB0000);
    cr_expect_eq(space_read(space, 0xA0004, DWORD), 0);
    cr_expect_eq(space_read(space, 0xB0000, DWORD), 0x55667788);
}

Test(bus, reads_can_come_from_rom_while_writes_go_to_ram)
{
    Memory rom;

    cr_assert(memory_create(&rom, 0x1000));
    memset(rom.bytes, 0xEE, 0x1000);
    Region *region = space_add_memory(space, "rom", 0xF0000, 0x1000, &rom, 0, false);
    region_set_priority(space, region, 1);
    space_write(space, 0xF0010, BYTE, 0x42);
    cr_expect_eq(space_read(space, 0xF0010, BYTE), 0xEE);
    region_protect(space, region, false, false);
    cr_expect_eq(space_read(space, 0xF0010, BYTE), 0x42);
    memory_destroy(&rom);
}

Test(bus, block_transfers_cross_regions)
{
    u8 bytes[64], back[64];
    Probe probe = {0};

    for (unsigned i = 0; i < 64; i++)
        bytes[i] = (u8)i;
    space_add_io(space, "probe", 0x100000, 32, &byte_ops, &probe);
    space_write_bytes(space, 0xFFFF0, bytes, 64);
    cr_expect_eq(probe.accesses, 32);
    cr_expect_arr_eq(ram.bytes + 0xFFFF0, bytes, 16);
    space_read_bytes(space, 0xFFFF0, back, 64);
    cr_expect_arr_eq(back, bytes, 16);
    cr_expect_eq(back[63], 0xFF, "nothing lies behind the device");
}

static u8 *reported;
static u64 reported_length;

static void on_code_written(void *owner, u8 *host, u64 length)
{
    (void)owner;
    reported = host;
    reported_length = length;
}

Test(bus, writes_mark_pages_and_report_code)
{
    space->code_written = on_code_written;
    reported = NULL;
    space_write(space, 0x2000, DWORD, 1);
    cr_expect_eq(ram.pages[2], PAGE_DIRTY | PAGE_DRAWN);
    cr_expect_null(reported);
    ram.pages[3] |= PAGE_HOLDS_CODE;
    space_write_bytes(space, 0x2FF0, "abcdefghijklmnopqrstuvwxyz", 26);
    cr_expect_eq(reported, ram.bytes + 0x3000);
    cr_expect_eq(reported_length, 10);
    cr_expect(memory_clear_flag(&ram, 0, 16, PAGE_DRAWN));
    cr_expect_not(memory_clear_flag(&ram, 0, 16, PAGE_DRAWN));
    cr_expect_eq(ram.pages[2], PAGE_DIRTY);
}
