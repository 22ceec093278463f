#include "frontend/debugger/page_walk.h"

#include <inttypes.h>
#include <stdio.h>

static bool has_pae(const Cpu *cpu)
{
    return cpu->mmu.cr4 & CR4_PAE;
}

static const char *level_name(const Cpu *cpu, unsigned level)
{
    static const char *const four[] = {"PML4E", "PDPTE", "PDE", "PTE"};

    return four[level + (cpu_long(cpu) ? 0 : has_pae(cpu) ? 1 : 2)];
}

/* The first level of PAE paging, which is not among what a trace tells. */
static void add_cached_level(const Cpu *cpu, u64 linear, PageWalk *walk)
{
    unsigned index = (unsigned)bits(linear, 31, 30);

    walk->levels[walk->depth++] = (WalkLevel){
        .name = "PDPTE", .index = index, .cached = true, .entry = cpu->mmu.pdptes[index]};
}

void page_walk(Cpu *cpu, u64 linear, PageWalk *walk)
{
    PagingPath path;
    WalkEnd end;

    *walk = (PageWalk){.result = PAGE_WALK_OFF};
    if (!(cpu->mmu.cr0 & CR0_PG)) {
        mmu_peek(&cpu->mmu, linear, &walk->translation);
        walk->physical = linear & cpu->mmu.a20_mask;
        return;
    }
    end = paging_trace(&cpu->mmu, linear, &walk->translation, &path);
    walk->entry_size = path.entry_size;
    if (has_pae(cpu) && !cpu_long(cpu))
        add_cached_level(cpu, linear, walk);
    for (unsigned i = 0; i < path.depth; i++) {
        PhysAddr table = path.addresses[i] & ~(PhysAddr)PAGE_MASK;

        walk->levels[walk->depth] = (WalkLevel){
            .name = level_name(cpu, walk->depth),
            .index = (unsigned)((path.addresses[i] - table) / path.entry_size),
            .table = table,
            .address = path.addresses[i],
            .entry = path.entries[i],
        };
        walk->depth++;
    }
    walk->result = end == WALK_MAPPED   ? PAGE_WALK_MAPPED
                   : end == WALK_ABSENT ? PAGE_WALK_ABSENT
                                        : PAGE_WALK_RESERVED;
    walk->physical = (walk->translation.physical | (linear & PAGE_MASK)) & cpu->mmu.a20_mask;
}

void page_entry_words(const PageWalk *walk, unsigned level, char *text, size_t size)
{
    u64 entry = walk->levels[level].entry;
    bool last = level + 1 == walk->depth;
    bool page = last && walk->result == PAGE_WALK_MAPPED;
    bool large = page && walk->translation.page_size > PAGE_SIZE;

    if (!(entry & PTE_PRESENT)) {
        snprintf(text, size, "not present");
        return;
    }
    if (walk->levels[level].cached) {
        snprintf(text, size, "present");
        return;
    }
    snprintf(text, size, "%s, %s%s%s%s%s%s", entry & PTE_WRITABLE ? "writable" : "read-only",
             entry & PTE_USER ? "user" : "supervisor", entry & PTE_ACCESSED ? ", accessed" : "",
             page && (entry & PTE_DIRTY) ? ", dirty" : "", large ? ", large page" : "",
             page && (entry & PTE_GLOBAL) ? ", global" : "",
             walk->entry_size == QWORD && (entry & PTE_NX) ? ", no-execute" : "");
}

static void size_words(u64 bytes, char *text, size_t size)
{
    if (bytes >= 1 << 30)
        snprintf(text, size, "%u GiB", (unsigned)(bytes >> 30));
    else if (bytes >= 1 << 20)
        snprintf(text, size, "%u MiB", (unsigned)(bytes >> 20));
    else
        snprintf(text, size, "%u KiB", (unsigned)(bytes >> 10));
}

void page_walk_words(const PageWalk *walk, char *text, size_t size)
{
    const Translation *page = &walk->translation;
    const char *last = walk->depth ? walk->levels[walk->depth - 1].name : "";
    char pages[16];

    size_words(page->page_size, pages, sizeof pages);
    switch (walk->result) {
    case PAGE_WALK_OFF:
        snprintf(text, size, "Paging is off: the linear address is the physical address.");
        break;
    case PAGE_WALK_MAPPED:
        snprintf(text, size, "Physical address %08" PRIX64 ", in a %s page: %s, %s%s%s.",
                 walk->physical, pages, page->writable ? "writable" : "read-only",
                 page->user ? "for user code too" : "for the supervisor only",
                 page->executable ? "" : ", not executable", page->global ? ", global" : "");
        break;
    case PAGE_WALK_ABSENT:
        snprintf(text, size, "Not mapped: the %s is not present. An access is a page fault.", last);
        break;
    case PAGE_WALK_RESERVED:
        snprintf(text, size, "Not mapped: the %s has reserved bits set. An access is a page fault.",
                 last);
        break;
    }
}

const char *paging_mode_words(const Cpu *cpu)
{
    if (!(cpu->mmu.cr0 & CR0_PG))
        return "paging is off";
    if (cpu_long(cpu))
        return "4-level paging (long mode)";
    return has_pae(cpu) ? "PAE paging" : "32-bit paging";
}
