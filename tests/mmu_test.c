/*
 * Page walks of the three paging modes, and the TLB's rules.
 * Manual: Intel SDM Vol. 3, "Paging".
 */
#include "mmu/paging.h"
#include "tests/mmu_rig.h"

enum { DIRECTORY = 0x10000, TABLE = 0x11000, PDPT = 0x12000, PML4 = 0x13000 };
enum { ALL = PTE_PRESENT | PTE_WRITABLE | PTE_USER };

static PageFault fault;
static PhysAddr physical;

TestSuite(mmu, .init = mmu_rig_open, .fini = mmu_rig_close);

static void entry(PhysAddr table, unsigned index, Size size, u64 value)
{
    space_write(space, table + index * size, size, value);
}

/* 32-bit paging: linear 00400000h + n pages -> 200000h + n pages. */
static void enable_32bit(u64 cr4)
{
    entry(DIRECTORY, 1, DWORD, TABLE | ALL);
    for (unsigned i = 0; i < 1024; i++)
        entry(TABLE, i, DWORD, (0x200000 + i * PAGE_SIZE) | ALL);
    mmu_set_cr3(mmu, DIRECTORY);
    mmu_set_control(mmu, CR0_PG | CR0_WP | 1, cr4, 0);
}

static bool read_ok(u64 linear, bool user)
{
    return mmu_translate(mmu, linear, ACCESS_READ, user, &physical, &fault);
}

static bool write_ok(u64 linear, bool user)
{
    return mmu_translate(mmu, linear, ACCESS_WRITE, user, &physical, &fault);
}

static bool fetch_ok(u64 linear, bool user)
{
    return mmu_translate(mmu, linear, ACCESS_EXECUTE, user, &physical, &fault);
}

Test(mmu, without_paging_linear_is_physical)
{
    cr_expect(read_ok(0x12345, true));
    cr_expect_eq(physical, 0x12345);
}

Test(mmu, a20_gate_clears_bit_20)
{
    mmu_set_a20(mmu, false);
    cr_expect(read_ok(0x112345, false));
    cr_expect_eq(physical, 0x12345);
    mmu_set_a20(mmu, true);
    cr_expect(read_ok(0x112345, false));
    cr_expect_eq(physical, 0x112345);
}

Test(mmu, two_levels_set_accessed_and_dirty)
{
    enable_32bit(0);
    cr_expect(read_ok(0x403123, true));
    cr_expect_eq(physical, 0x203123);
    cr_expect_eq(space_read(space, DIRECTORY + 4, DWORD) & 0xFF, ALL | PTE_ACCESSED);
    cr_expect_eq(space_read(space, TABLE + 12, DWORD) & 0xFF, ALL | PTE_ACCESSED);
    cr_expect(write_ok(0x403123, true));
    cr_expect_eq(space_read(space, TABLE + 12, DWORD) & 0xFF, ALL | PTE_ACCESSED | PTE_DIRTY);
}

Test(mmu, error_codes)
{
    enable_32bit(0);
    cr_expect_not(read_ok(0x800000, false));
    cr_expect_eq(fault.error_code, 0);
    cr_expect_eq(fault.linear, 0x800000);
    cr_expect_not(write_ok(0x800000, true));
    cr_expect_eq(fault.error_code, PF_WRITE | PF_USER);
    entry(TABLE, 5, DWORD, 0x205000 | PTE_PRESENT | PTE_USER);
    cr_expect(read_ok(0x405000, true));
    cr_expect_not(write_ok(0x405000, true));
    cr_expect_eq(fault.error_code, PF_PRESENT | PF_WRITE | PF_USER);
    cr_expect_not(write_ok(0x405000, false), "CR0.WP protects from ring 0, too");
    cr_expect_eq(fault.error_code, PF_PRESENT | PF_WRITE);
    entry(TABLE, 6, DWORD, 0x206000 | PTE_PRESENT | PTE_WRITABLE);
    cr_expect_not(read_ok(0x406000, true));
    cr_expect_eq(fault.error_code, PF_PRESENT | PF_USER);
    cr_expect_not(fetch_ok(0x406000, true));
    cr_expect_eq(fault.error_code, PF_PRESENT | PF_USER, "no I/D bit without NX or SMEP");
    cr_expect(read_ok(0x406000, false));
}

Test(mmu, without_wp_ring_0_writes_read_only_pages)
{
    enable_32bit(0);
    entry(TABLE, 5, DWORD, 0x205000 | PTE_PRESENT);
    mmu_set_control(mmu, CR0_PG | 1, 0, 0);
    cr_expect(write_ok(0x405000, false));
    cr_expect_not(write_ok(0x405000, true));
}

Test(mmu, large_pages_of_4_mib)
{
    enable_32bit(CR4_PSE);
    entry(DIRECTORY, 2, DWORD, 0x400000 | ALL | PTE_LARGE);
    cr_expect(write_ok(0x812345, true));
    cr_expect_eq(physical, 0x412345);
    cr_expect_eq(space_read(space, DIRECTORY + 8, DWORD) & PTE_DIRTY, PTE_DIRTY);
    entry(DIRECTORY, 3, DWORD, 0x400000 | ALL | PTE_LARGE | 1 << 21);
    cr_expect_not(read_ok(0xC00000, false));
    cr_expect_eq(fault.error_code, PF_PRESENT | PF_RESERVED);
    entry(DIRECTORY, 4, DWORD, 0x400000 | ALL | PTE_LARGE | 1 << 13);
    cr_expect(read_ok(0x1000000, false));
    cr_expect_eq(physical, 0x100400000, "PSE-36: bit 13 is address bit 32");
}

Test(mmu, the_tlb_keeps_a_translation_until_told)
{
    enable_32bit(0);
    cr_expect(read_ok(0x403000, false));
    entry(TABLE, 3, DWORD, 0x300000 | ALL);
    cr_expect(read_ok(0x403000, false));
    cr_expect_eq(physical, 0x203000, "stale, as on hardware");
    mmu_invalidate_page(mmu, 0x403000);
    cr_expect(read_ok(0x403000, false));
    cr_expect_eq(physical, 0x300000);
    entry(TABLE, 3, DWORD, 0x310000 | ALL);
    mmu_set_cr3(mmu, DIRECTORY);
    cr_expect(read_ok(0x403000, false));
    cr_expect_eq(physical, 0x310000);
}

Test(mmu, a_write_s_translation_serves_reads)
{
    enable_32bit(0);
    cr_expect(write_ok(0x403000, false));
    entry(TABLE, 3, DWORD, 0);
    cr_expect(read_ok(0x403000, false), "no walk");
    cr_expect_not(fetch_ok(0x403000, false), "but not fetches");
}

Test(mmu, a_read_s_translation_serves_writes_only_to_dirty_pages)
{
    enable_32bit(0);
    entry(TABLE, 4, DWORD, 0x204000 | ALL | PTE_DIRTY);
    entry(TABLE, 5, DWORD, 0x205000 | PTE_PRESENT | PTE_USER | PTE_DIRTY);
    cr_expect(read_ok(0x403000, false));
    cr_expect(read_ok(0x404000, false));
    cr_expect(read_ok(0x405000, false));
    cr_expect(write_ok(0x403000, false));
    cr_expect_eq(space_read(space, TABLE + 12, DWORD) & PTE_DIRTY, PTE_DIRTY, "by a walk");
    cr_expect_not(write_ok(0x405000, false), "read only");
    entry(TABLE, 4, DWORD, 0);
    cr_expect(write_ok(0x404000, false), "no walk");
}

/* Whoever keeps host addresses asks for these numbers. */
Test(mmu, generations_tell_what_was_lost)
{
    enum { CONFLICT = 0x403000 + TLB_ENTRIES * PAGE_SIZE };
    u32 generation, code;

    enable_32bit(0);
    entry(DIRECTORY, CONFLICT >> 22, DWORD, TABLE | ALL);
    generation = mmu->generation, code = mmu->code_generation;
    cr_expect(write_ok(0x403000, false));
    cr_expect(write_ok(0x404000, false));
    cr_expect(fetch_ok(0x404000, false));
    cr_expect_eq(mmu->generation, generation, "filling what was empty loses nothing");
    cr_expect_eq(mmu->code_generation, code);
    mmu_invalidate_page(mmu, 0x403000);
    cr_expect_neq(mmu->generation, generation);
    cr_expect_eq(mmu->code_generation, code, "it was no code");
    mmu_invalidate_page(mmu, 0x404000);
    cr_expect_neq(mmu->code_generation, code);

    cr_expect(write_ok(0x403000, false));
    generation = mmu->generation;
    cr_expect(read_ok(CONFLICT, false));
    cr_expect_neq(mmu->generation, generation, "it took the other's entry");
}

Test(mmu, global_pages_survive_cr3_but_not_invlpg_or_pge)
{
    enable_32bit(CR4_PGE);
    entry(TABLE, 3, DWORD, 0x203000 | ALL | PTE_GLOBAL);
    cr_expect(read_ok(0x403000, false));
    entry(TABLE, 3, DWORD, 0x300000 | ALL | PTE_GLOBAL);
    for (unsigned i = 0; i < 3000; i++) /* the epoch wraps */
        mmu_set_cr3(mmu, DIRECTORY);
    cr_expect(read_ok(0x403000, false));
    cr_expect_eq(physical, 0x203000);
    mmu_invalidate_page(mmu, 0x403000);
    cr_expect(read_ok(0x403000, false));
    cr_expect_eq(physical, 0x300000);
    entry(TABLE, 3, DWORD, 0x310000 | ALL | PTE_GLOBAL);
    mmu_set_control(mmu, CR0_PG | CR0_WP | 1, 0, 0);
    cr_expect(read_ok(0x403000, false));
    cr_expect_eq(physical, 0x310000);
}

Test(mmu, invlpg_drops_a_whole_large_page)
{
    enable_32bit(CR4_PSE);
    entry(DIRECTORY, 2, DWORD, 0x400000 | ALL | PTE_LARGE);
    cr_expect(read_ok(0x800000, false));
    cr_expect(read_ok(0x9FF000, false));
    entry(DIRECTORY, 2, DWORD, TABLE | ALL);
    mmu_invalidate_page(mmu, 0x812000);
    cr_expect(read_ok(0x800000, false));
    cr_expect_eq(physical, 0x200000);
    cr_expect(read_ok(0x9FF000, false));
    cr_expect_eq(physical, 0x3FF000);
}

Test(mmu, pae_with_nx_and_reserved_bits)
{
    entry(PDPT, 0, QWORD, DIRECTORY | PTE_PRESENT);
    entry(DIRECTORY, 1, QWORD, TABLE | ALL);
    entry(TABLE, 3, QWORD, 0x203000 | ALL | PTE_NX);
    entry(TABLE, 4, QWORD, 0x204000 | ALL | (u64)1 << 52);
    entry(DIRECTORY, 2, QWORD, 0x400000 | ALL | PTE_LARGE);
    mmu_set_control(mmu, 1, CR4_PAE, EFER_NXE);
    cr_assert(mmu_load_pdptes(mmu, PDPT));
    mmu_set_cr3(mmu, PDPT);
    mmu_set_control(mmu, CR0_PG | CR0_WP | 1, CR4_PAE, EFER_NXE);
    cr_expect(read_ok(0x203456, true));
    cr_expect_eq(physical, 0x203456);
    cr_expect_not(fetch_ok(0x203456, true));
    cr_expect_eq(fault.error_code, PF_PRESENT | PF_USER | PF_FETCH);
    cr_expect_not(read_ok(0x204000, false));
    cr_expect_eq(fault.error_code, PF_PRESENT | PF_RESERVED);
    cr_expect(write_ok(0x512345, true));
    cr_expect_eq(physical, 0x512345);
    cr_expect_not(read_ok(0x40000000, false), "its PDPTE is not present");
    entry(PDPT, 1, QWORD, DIRECTORY | PTE_PRESENT | 2);
    cr_expect_not(mmu_load_pdptes(mmu, PDPT), "a reserved bit is set");
}

Test(mmu, four_levels)
{
    entry(PML4, 511, QWORD, PDPT | ALL);
    entry(PDPT, 510, QWORD, DIRECTORY | ALL);
    entry(PDPT, 511, QWORD, ALL | PTE_LARGE);
    entry(DIRECTORY, 0, QWORD, TABLE | ALL);
    entry(TABLE, 7, QWORD, 0x207000 | PTE_PRESENT | PTE_WRITABLE);
    mmu->has_1gb_pages = true;
    mmu_set_cr3(mmu, PML4);
    mmu_set_control(mmu, CR0_PG | CR0_WP | 1, CR4_PAE, EFER_LMA | EFER_NXE);
    cr_expect(write_ok(0xFFFFFFFF80007ABC, false));
    cr_expect_eq(physical, 0x207ABC);
    cr_expect_not(read_ok(0xFFFFFFFF80007ABC, true));
    cr_expect_eq(fault.error_code, PF_PRESENT | PF_USER);
    cr_expect(read_ok(0xFFFFFFFFC0123456, true), "a 1 GiB page");
    cr_expect_eq(physical, 0x123456);
}

Test(mmu, a_page_that_holds_code_has_no_host_address_for_writes)
{
    u8 *host;

    cr_expect(mmu_access(mmu, 0x5000, ACCESS_WRITE, false, &physical, &host, &fault));
    cr_expect_eq(host, ram.bytes + 0x5000);
    cr_expect_not_null(mmu_fast(mmu, mmu->epoch, 0x5004, ACCESS_WRITE, false, DWORD));
    cr_expect_null(mmu_fast(mmu, mmu->epoch, 0x5FFD, ACCESS_WRITE, false, DWORD), "crosses");
    ram.pages[5] |= PAGE_HOLDS_CODE;
    mmu_demote_writes(mmu, ram.bytes + 0x5000);
    cr_expect_null(mmu_fast(mmu, mmu->epoch, 0x5004, ACCESS_WRITE, false, DWORD));
    cr_expect(mmu_access(mmu, 0x5000, ACCESS_WRITE, false, &physical, &host, &fault));
    cr_expect_null(host);
    cr_expect(mmu_access(mmu, 0x5000, ACCESS_READ, false, &physical, &host, &fault));
    cr_expect_eq(host, ram.bytes + 0x5000);
}

static u64 count_read(void *device, u32 offset, Size size)
{
    ++*(unsigned *)device;
    return TABLE | ALL | PTE_ACCESSED;
}

static void ignore_write(void *device, u32 offset, Size size, u64 value) {}

Test(mmu, a_trace_tells_the_way_and_asks_no_device)
{
    static const IoOps io = {DWORD, count_read, ignore_write};
    Translation translation;
    PagingPath path;
    unsigned reads = 0;

    space_add_io(space, "device", 1 << 24, PAGE_SIZE, &io, &reads);
    enable_32bit(0);
    cr_expect_eq(paging_trace(mmu, 0x00403123, &translation, &path), WALK_MAPPED);
    cr_expect_eq(path.depth, 2);
    cr_expect_eq(path.addresses[0], DIRECTORY + 4);
    cr_expect_eq(path.entries[0], TABLE | ALL);
    cr_expect_eq(path.addresses[1], TABLE + 3 * 4);
    cr_expect_eq(translation.physical, 0x203000);
    cr_expect_eq(paging_trace(mmu, 0x00803123, &translation, &path), WALK_ABSENT);
    cr_expect_eq(path.depth, 1);
    cr_expect_eq(path.addresses[0], DIRECTORY + 8);

    mmu_set_cr3(mmu, 1 << 24);
    cr_expect_eq(paging_trace(mmu, 0x00403123, &translation, &path), WALK_ABSENT);
    cr_expect_eq(reads, 0);
    cr_expect(read_ok(0x00403123, true));
    cr_expect_eq(reads, 1);
}
