/*
 * Descriptors and page walks in words.
 */
#include "frontend/debugger/descriptor_rules.h"
#include "frontend/debugger/descriptor_words.h"
#include "frontend/debugger/page_walk.h"
#include "tests/bare_machine.h"

static void expect_descriptor(u64 descriptor, u64 upper, bool long_mode, const char *words)
{
    char text[128];

    descriptor_words(descriptor, upper, long_mode, text, sizeof text);
    cr_expect_str_eq(text, words);
}

Test(descriptor_words, descriptors)
{
    expect_descriptor(0, 0, false, "empty");
    expect_descriptor(0x00CF9A000000FFFF, 0, false,
                      "base 00000000, limit FFFFFFFF, DPL 0, 32-bit code, readable");
    expect_descriptor(0x00CFF2000000FFFF, 0, false,
                      "base 00000000, limit FFFFFFFF, DPL 3, 32-bit data, writable");
    expect_descriptor(0x00AF9A000000FFFF, 0, true,
                      "base 00000000, limit FFFFFFFF, DPL 0, 64-bit code, readable");
    expect_descriptor(0x12408B3456780067, 0, false,
                      "base 12345678, limit 00000067, DPL 0, busy 32-bit TSS");
    expect_descriptor(0x12008B3456780067, 0xFFFF8000, true,
                      "base FFFF800012345678, limit 00000067, DPL 0, busy 64-bit TSS");
    expect_descriptor(
        0x0000160000000000, 0, false,
        "base 00000000, limit 00000000, DPL 0, 16-bit data, writable, expand-down, not present");
}

Test(descriptor_words, gates)
{
    expect_descriptor(0x0010EE0000085678, 0, false, "0008:00105678, DPL 3, 32-bit interrupt gate");
    expect_descriptor(0x0010860000085678, 0, false, "0008:00005678, DPL 0, 16-bit interrupt gate");
    expect_descriptor(0x8010EF0000085678, 0xFFFFFFFF, true,
                      "0008:FFFFFFFF80105678, DPL 3, 64-bit trap gate");
    expect_descriptor(0x0000850000280000, 0, false, "TSS 0028, DPL 0, task gate");
}

Test(descriptor_words, selectors_and_vectors)
{
    char text[64];

    selector_words(0x2B, text, sizeof text);
    cr_expect_str_eq(text, "entry 5 of the GDT, RPL 3");
    selector_words(0x0C, text, sizeof text);
    cr_expect_str_eq(text, "entry 1 of the LDT, RPL 0");
    selector_words(3, text, sizeof text);
    cr_expect_str_eq(text, "null selector, RPL 3");
    cr_expect_str_eq(vector_words(14), "Page Fault");
    cr_expect_str_eq(vector_words(255), "");
}

enum { DIRECTORY = 0x20000, TABLE = 0x21000 };

static BareMachine *paged(void)
{
    BareMachine *m = bare_in_ring(0);

    bare_write(m, DIRECTORY + 4, DWORD, TABLE | PTE_PRESENT | PTE_WRITABLE | PTE_USER);
    bare_write(m, TABLE + 12, DWORD, 0x30000 | PTE_PRESENT | PTE_USER | PTE_ACCESSED);
    m->cpu.cr3 = DIRECTORY;
    m->cpu.cr0 |= CR0_PG;
    mmu_set_cr3(&m->cpu.mmu, DIRECTORY);
    mmu_set_control(&m->cpu.mmu, m->cpu.cr0, 0, 0);
    return m;
}

Test(descriptor_words, a_page_walk)
{
    BareMachine *m = paged();
    PageWalk walk;
    char text[160];

    page_walk(&m->cpu, 0x403123, &walk);
    cr_expect_eq(walk.result, PAGE_WALK_MAPPED);
    cr_expect_eq(walk.depth, 2);
    cr_expect_str_eq(walk.levels[0].name, "PDE");
    cr_expect_eq(walk.levels[1].index, 3);
    cr_expect_eq(walk.levels[1].address, TABLE + 12);
    page_entry_words(&walk, 1, text, sizeof text);
    cr_expect_str_eq(text, "read-only, user, accessed");
    page_walk_words(&walk, text, sizeof text);
    cr_expect_str_eq(text,
                     "Physical address 00030123, in a 4 KiB page: read-only, for user code too.");
    page_walk(&m->cpu, 0x404000, &walk);
    page_walk_words(&walk, text, sizeof text);
    cr_expect_str_eq(text, "Not mapped: the PTE is not present. An access is a page fault.");
    bare_destroy(m);
}

Test(descriptor_words, a_page_walk_of_pae)
{
    BareMachine *m = paged();
    PageWalk walk;

    m->cpu.mmu.cr4 = CR4_PAE;
    m->cpu.mmu.pdptes[0] = DIRECTORY | PTE_PRESENT;
    bare_write(m, DIRECTORY, QWORD, (u64)1 << 62 | TABLE | PTE_PRESENT);
    page_walk(&m->cpu, 0x1000, &walk);
    cr_expect_eq(walk.result, PAGE_WALK_RESERVED);
    cr_expect_eq(walk.depth, 2);
    cr_expect(walk.levels[0].cached);
    cr_expect_str_eq(walk.levels[0].name, "PDPTE");
    cr_expect_str_eq(walk.levels[1].name, "PDE");
    bare_destroy(m);
}

static void expect_reserved(u64 descriptor, u64 upper, unsigned how, const char *words)
{
    const char *reserved = descriptor_reserved(descriptor, upper, how & 1, how & 2);

    if (!words)
        cr_expect_null(reserved, "%llX: %s", (unsigned long long)descriptor, reserved);
    else
        cr_expect(reserved && strstr(reserved, words), "%llX: %s", (unsigned long long)descriptor,
                  reserved ? reserved : "nothing");
}

Test(descriptor_words, reserved_bits)
{
    enum { LEGACY, LONG, IDT };

    expect_reserved(0x00CF9A000000FFFF, 0, LEGACY, NULL);
    expect_reserved(0x00CF92000000FFFF, 0, LONG, NULL);
    expect_reserved(0x00AF9A000000FFFF, 0, LONG, NULL);
    expect_reserved(0x00AF9A000000FFFF, 0, LEGACY, "bit 53 (L)");
    expect_reserved(0x00AF92000000FFFF, 0, LONG, "bit 53 (L)");
    expect_reserved(0x00EF9A000000FFFF, 0, LONG, "bit 54 (D)");
    expect_reserved(0x00AF120000000000, 0, LEGACY, NULL); /* not present */
    expect_reserved(0x00008B0056780067, 0, LEGACY, NULL);
    expect_reserved(0x00408B0056780067, 0, LEGACY, "bit 54");
    expect_reserved(0x00008B0056780067, 0xFFFF8000, LONG, NULL);
    expect_reserved(0x00008B0056780067, 0x100FFFF8000, LONG, "where a type would be");
    expect_reserved(0x00008B0056780067, 0x100000000, LONG, "last doubleword");
    expect_reserved(0x0000820000000000, 0, LEGACY, NULL);
    expect_reserved(0x0000880000000000, 0, LEGACY, "type");
    expect_reserved(0x0000850000000000, 0, LONG, "type");
    expect_reserved(0x00008E0000081234, 0, LEGACY | IDT, NULL);
    expect_reserved(0x00008E0100081234, 0, LEGACY | IDT, "bits 32 to 39");
    expect_reserved(0x00008E0100081234, 0, LONG | IDT, NULL); /* an interrupt stack */
    expect_reserved(0x00008E0800081234, 0, LONG | IDT, "bits 35 to 39");
    expect_reserved(0x00008E0000081234, 0x100000000, LONG | IDT, "last doubleword");
    expect_reserved(0x0001860000081234, 0, LEGACY | IDT, "16-bit gate");
    expect_reserved(0x0000850000280000, 0, LEGACY | IDT, NULL);
    expect_reserved(0x0000850000280001, 0, LEGACY | IDT, "bits 0 to 15");
    expect_reserved(0x00008C0500081234, 0, LEGACY, NULL); /* five parameters */
    expect_reserved(0x00008C2000081234, 0, LEGACY, "bits 37 to 39");
    expect_reserved(0x00008C0100081234, 0, LONG, "bits 32 to 39");
}
