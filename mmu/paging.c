/*
 * The page walk for 32-bit, PAE and 4-level paging. See paging.h for the manual's sections.
 *
 * Not implemented: protection keys, 5-level paging.
 */
#include "mmu/paging.h"

#include <inttypes.h>
#include <string.h>

/* How one paging mode cuts up a linear address. */
typedef struct PagingMode {
    unsigned levels;     /* tables read from memory */
    unsigned index_bits; /* of the linear address that each level consumes */
    Size entry_size;
} PagingMode;

static const PagingMode mode_32bit = {2, 10, DWORD};
static const PagingMode mode_pae = {2, 9, QWORD}; /* below the four cached PDPTEs */
static const PagingMode mode_4level = {4, 9, QWORD};

static const PagingMode *paging_mode(const Mmu *mmu)
{
    if (!(mmu->cr4 & CR4_PAE))
        return &mode_32bit;
    return mmu->efer & EFER_LMA ? &mode_4level : &mode_pae;
}

static PhysAddr physical_mask(const Mmu *mmu)
{
    return ((PhysAddr)1 << mmu->physical_bits) - 1;
}

/* May an entry of `level` (1: lowest) map a large page, and does it? */
static bool maps_large_page(const Mmu *mmu, const PagingMode *mode, unsigned level, u64 entry)
{
    if (level == 1 || !(entry & PTE_LARGE))
        return false;
    if (mode == &mode_32bit)
        return (mmu->cr4 & CR4_PSE) != 0;
    return level == 2 || (level == 3 && mode == &mode_4level && mmu->has_1gb_pages);
}

/* Bits that must be zero in an entry. Manual: figures "Formats of CR3 and Paging-Structure
 * Entries" of each mode. */
static bool reserved_bits_set(const Mmu *mmu, const PagingMode *mode, unsigned level, bool large,
                              u64 entry)
{
    u64 reserved;

    if (mode == &mode_32bit) /* PSE-36: bits 20..13 extend the address to 40 bits at most */
        return large && (entry & (1 << 21 | (~physical_mask(mmu) >> 32 & 0xFF) << 13));
    reserved = ~physical_mask(mmu) & 0x000FFFFFFFFFF000;
    if (mode == &mode_pae)
        reserved |= 0x7FF0000000000000;
    if (!(mmu->efer & EFER_NXE))
        reserved |= PTE_NX;
    if (large)
        reserved |= level == 2 ? 0x1FE000 : 0x3FFFE000;
    else if (level > 2) /* no larger pages than the model has */
        reserved |= PTE_LARGE;
    return entry & reserved;
}

/* The physical address of the 4 KiB page within the page that `entry` maps. */
static PhysAddr page_frame(const Mmu *mmu, const PagingMode *mode, u64 page_size, u64 entry,
                           u64 linear)
{
    PhysAddr frame = entry & 0x000FFFFFFFFFF000 & physical_mask(mmu);

    if (mode == &mode_32bit) {
        frame = entry & 0xFFFFF000;
        if (page_size > PAGE_SIZE) /* PSE-36: bits 20..13 are address bits 39..32 */
            frame = (entry & 0xFFC00000) | bits(entry, 20, 13) << 32;
    }
    return ((frame & ~(page_size - 1)) | (linear & (page_size - 1))) & ~(PhysAddr)PAGE_MASK;
}

static void without_paging(u64 linear, Translation *translation)
{
    *translation = (Translation){.physical = linear & ~(u64)PAGE_MASK,
                                 .page_size = PAGE_SIZE,
                                 .writable = true,
                                 .user = true,
                                 .executable = true,
                                 .global = false,
                                 .dirty = true};
}

/* Entries are aligned, so they do not cross pages. */
static u64 entry_at(const u8 *host, const PagingMode *mode)
{
    u32 entry;
    u64 long_entry;

    if (mode->entry_size == QWORD) {
        memcpy(&long_entry, host, QWORD);
        return long_entry;
    }
    memcpy(&entry, host, DWORD);
    return entry;
}

static u64 entry_read(Mmu *mmu, const PagingMode *mode, PhysAddr address)
{
    const u8 *host = space_host(mmu->memory, address & mmu->a20_mask, false);

    if (!host)
        return space_read(mmu->memory, address & mmu->a20_mask, mode->entry_size);
    return entry_at(host, mode);
}

/* Of memory only. */
static u64 entry_peek(Mmu *mmu, const PagingMode *mode, PhysAddr address)
{
    const u8 *host = space_host(mmu->memory, address & mmu->a20_mask, false);

    return host ? entry_at(host, mode) : 0;
}

typedef u64 EntryReader(Mmu *mmu, const PagingMode *mode, PhysAddr address);

/* Reads the entries, combines their rights, changes nothing. */
FORCE_INLINE WalkEnd descend(Mmu *mmu, u64 linear, Translation *translation, PagingPath *path,
                             EntryReader *read)
{
    const PagingMode *mode = paging_mode(mmu);
    PhysAddr table = mmu->cr3 & (mode == &mode_32bit ? 0xFFFFF000 : 0x000FFFFFFFFFF000);
    unsigned level = mode->levels;

    *translation = (Translation){.writable = true, .user = true, .executable = true};
    path->depth = 0;
    path->entry_size = mode->entry_size;
    if (mode == &mode_pae) {
        u64 pdpte = mmu->pdptes[bits(linear, 31, 30)];

        if (!(pdpte & PTE_PRESENT))
            return WALK_ABSENT;
        table = pdpte & 0x000FFFFFFFFFF000;
    }
    for (;; level--) {
        unsigned shift = PAGE_SHIFT + (level - 1) * mode->index_bits;
        u64 index = linear >> shift & ((1u << mode->index_bits) - 1);
        PhysAddr address = table + index * mode->entry_size;
        u64 entry = read(mmu, mode, address);
        bool large = maps_large_page(mmu, mode, level, entry);

        path->addresses[path->depth] = address;
        path->entries[path->depth++] = entry;
        if (!(entry & PTE_PRESENT))
            return WALK_ABSENT;
        if (reserved_bits_set(mmu, mode, level, large, entry))
            return WALK_RESERVED;
        translation->writable &= (entry & PTE_WRITABLE) != 0;
        translation->user &= (entry & PTE_USER) != 0;
        translation->executable &= !(entry & PTE_NX) || !(mmu->efer & EFER_NXE);
        if (level == 1 || large) {
            translation->page_size = (u64)1 << shift;
            translation->physical = page_frame(mmu, mode, translation->page_size, entry, linear);
            translation->global = (entry & PTE_GLOBAL) && (mmu->cr4 & CR4_PGE);
            translation->dirty = (entry & PTE_DIRTY) != 0;
            return WALK_MAPPED;
        }
        table = entry & (mode == &mode_32bit ? 0xFFFFF000 : 0x000FFFFFFFFFF000);
    }
}

/* SDM Vol. 3, "Access Rights". */
bool paging_allows(const Mmu *mmu, const Translation *translation, Access access, Privilege as)
{
    bool user = as == AS_USER;

    if (user && !translation->user)
        return false;
    if (as == AS_SUPERVISOR && translation->user && access != ACCESS_EXECUTE &&
        (mmu->cr4 & CR4_SMAP))
        return false;
    if (access == ACCESS_WRITE)
        return translation->writable || (!user && !(mmu->cr0 & CR0_WP));
    if (access == ACCESS_EXECUTE)
        return translation->executable && !(!user && translation->user && (mmu->cr4 & CR4_SMEP));
    return true;
}

static u32 error_code(const Mmu *mmu, Access access, Privilege as, u32 cause)
{
    bool fetches_told = (mmu->cr4 & CR4_SMEP) || ((mmu->cr4 & CR4_PAE) && (mmu->efer & EFER_NXE));

    return cause | (access == ACCESS_WRITE ? PF_WRITE : 0) | (as == AS_USER ? PF_USER : 0) |
           (access == ACCESS_EXECUTE && fetches_told ? PF_FETCH : 0);
}

static void set_accessed_dirty(Mmu *mmu, const PagingPath *path, Access access)
{
    const PagingMode *mode = paging_mode(mmu);

    for (unsigned i = 0; i < path->depth; i++) {
        bool leaf = i == path->depth - 1;
        u64 wanted = PTE_ACCESSED | (leaf && access == ACCESS_WRITE ? PTE_DIRTY : 0);

        if ((path->entries[i] & wanted) != wanted)
            space_write(mmu->memory, path->addresses[i] & mmu->a20_mask, mode->entry_size,
                        path->entries[i] | wanted);
    }
}

bool paging_walk(Mmu *mmu, u64 linear, Access access, Privilege as, Translation *translation,
                 PageFault *fault)
{
    PagingPath path;
    u32 cause = 0;

    if (!(mmu->cr0 & CR0_PG)) {
        without_paging(linear, translation);
        return true;
    }
    switch (descend(mmu, linear, translation, &path, entry_read)) {
    case WALK_MAPPED:
        if (paging_allows(mmu, translation, access, as)) {
            set_accessed_dirty(mmu, &path, access);
            translation->dirty |= access == ACCESS_WRITE;
            return true;
        }
        cause = PF_PRESENT;
        break;
    case WALK_RESERVED:
        cause = PF_PRESENT | PF_RESERVED;
        break;
    case WALK_ABSENT:
        break;
    }
    *fault = (PageFault){linear, error_code(mmu, access, as, cause)};
    LOG(mmu->log, LOG_MMU, "page fault at %" PRIX64 ", error code %X", linear, fault->error_code);
    return false;
}

WalkEnd paging_trace(Mmu *mmu, u64 linear, Translation *translation, PagingPath *path)
{
    return descend(mmu, linear, translation, path, entry_peek);
}

bool paging_peek(Mmu *mmu, u64 linear, Translation *translation)
{
    PagingPath path;

    if (!(mmu->cr0 & CR0_PG)) {
        without_paging(linear, translation);
        return true;
    }
    return paging_trace(mmu, linear, translation, &path) == WALK_MAPPED;
}

bool mmu_load_pdptes(Mmu *mmu, u64 cr3)
{
    u64 reserved = (~physical_mask(mmu) & ~(u64)0xFFF) | 0x1E6;
    u64 loaded[4];

    for (unsigned i = 0; i < 4; i++) {
        loaded[i] = space_read(mmu->memory, ((cr3 & 0xFFFFFFE0) + 8 * i) & mmu->a20_mask, QWORD);
        if ((loaded[i] & PTE_PRESENT) && (loaded[i] & reserved))
            return false;
    }
    for (unsigned i = 0; i < 4; i++)
        mmu->pdptes[i] = loaded[i];
    return true;
}
