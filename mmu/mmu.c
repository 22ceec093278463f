/*
 * The TLB in front of the page walk. See mmu.h.
 *
 * Flushing bumps the epoch that is part of every tag. Global entries that survive get the new
 * epoch; a bitmap says which they are, so that this costs nothing where there are none.
 *
 * Not implemented: entries kept per PCID (a load of CR3 drops them all, which the manual allows);
 * separate large-page entries (a large page fills 4 KiB entries).
 */
#include "mmu/mmu.h"

#include <string.h>

#include "mmu/paging.h"

static void clear_entries(Mmu *mmu)
{
    memset(mmu->tlb, 0, sizeof mmu->tlb);
    memset(mmu->globals, 0, sizeof mmu->globals);
    memset(mmu->large, 0, sizeof mmu->large);
    memset(mmu->large_words, 0, sizeof mmu->large_words);
    mmu->epoch = 1;
}

void mmu_init(Mmu *mmu, AddressSpace *memory, unsigned physical_bits, Log *log)
{
    memset(mmu, 0, sizeof *mmu);
    mmu->memory = memory;
    mmu->physical_bits = physical_bits;
    mmu->log = log;
    mmu->a20_mask = ~(PhysAddr)0;
    clear_entries(mmu);
}

/* Gives a global entry the current epoch. */
static void keep_entry(Mmu *mmu, unsigned as, unsigned index)
{
    TlbEntry *entry = &mmu->tlb[as][index];

    for (unsigned access = 0; access < ACCESSES; access++)
        if (entry->tags[access])
            entry->tags[access] = (entry->tags[access] & ~(u64)TLB_EPOCH) | mmu->epoch;
}

static void next_epoch(Mmu *mmu, bool keep_globals)
{
    mmu->code_generation++;
    mmu->generation++;
    if (mmu->epoch == TLB_EPOCH) { /* wrapped: old tags could look new again */
        for (unsigned as = 0; as < PRIVILEGES; as++)
            for (unsigned i = 0; i < TLB_ENTRIES; i++)
                if (!keep_globals || !bit(mmu->globals[as][i / 64], i % 64))
                    memset(mmu->tlb[as][i].tags, 0, sizeof mmu->tlb[as][i].tags);
        mmu->epoch = 0;
    }
    mmu->epoch++;
    for (unsigned as = 0; as < PRIVILEGES; as++)
        for (unsigned word = 0; word < TLB_ENTRIES / 64; word++) {
            u64 set = mmu->globals[as][word];

            mmu->large[as][word] &= keep_globals ? set : 0;

            for (; keep_globals && set; set &= set - 1)
                keep_entry(mmu, as, word * 64 + (unsigned)__builtin_ctzll(set));
            if (!keep_globals)
                mmu->globals[as][word] = 0;
        }
}

void mmu_flush_all(Mmu *mmu)
{
    next_epoch(mmu, false);
}

void mmu_set_control(Mmu *mmu, u64 cr0, u64 cr4, u64 efer)
{
    u64 cr0_changes = (mmu->cr0 ^ cr0) & (CR0_PG | CR0_WP | 1);
    u64 cr4_changes =
        (mmu->cr4 ^ cr4) & (CR4_PSE | CR4_PAE | CR4_PGE | CR4_PCIDE | CR4_SMEP | CR4_SMAP);
    u64 efer_changes = (mmu->efer ^ efer) & (EFER_LMA | EFER_NXE);

    mmu->cr0 = cr0;
    mmu->cr4 = cr4;
    mmu->efer = efer;
    if (cr0_changes || cr4_changes || efer_changes)
        mmu_flush_all(mmu);
}

void mmu_set_cr3(Mmu *mmu, u64 cr3)
{
    mmu->cr3 = cr3;
    next_epoch(mmu, true);
}

void mmu_set_a20(Mmu *mmu, bool enabled)
{
    PhysAddr mask = enabled ? ~(PhysAddr)0 : ~((PhysAddr)1 << 20);

    if (mask == mmu->a20_mask)
        return;
    mmu->a20_mask = mask;
    mmu_flush_all(mmu);
}

/* Rights that were in use are gone, or slow. */
static void note_loss(Mmu *mmu, const TlbEntry *entry, Access access)
{
    u64 tag = entry->tags[access];

    if ((tag & TLB_EPOCH) != mmu->epoch)
        return;
    if (access == ACCESS_EXECUTE)
        mmu->code_generation++;
    else if (!(tag & TLB_SLOW))
        mmu->generation++;
}

static void drop_right(Mmu *mmu, TlbEntry *entry, Access access)
{
    note_loss(mmu, entry, access);
    entry->tags[access] = 0;
}

static void slow_down(Mmu *mmu, TlbEntry *entry, Access access)
{
    note_loss(mmu, entry, access);
    if (entry->tags[access])
        entry->tags[access] |= TLB_SLOW;
}

static void drop_entry(Mmu *mmu, unsigned as, unsigned index)
{
    for (unsigned access = 0; access < ACCESSES; access++)
        drop_right(mmu, &mmu->tlb[as][index], access);
    mmu->globals[as][index / 64] &= ~((u64)1 << index % 64);
    mmu->large[as][index / 64] &= ~((u64)1 << index % 64);
}

/* A large page's entries are spread over the TLB and one INVLPG drops them all. 1 GiB covers every
 * page size; dropping more than the guest asked for is allowed. */
static void drop_large_page(Mmu *mmu, unsigned as, u64 linear)
{
    unsigned region_shift = mmu->efer & EFER_LMA ? 30 : 22;

    for (u64 words = mmu->large_words[as]; words; words &= words - 1) {
        unsigned word = (unsigned)__builtin_ctzll(words);

        if (!mmu->large[as][word])
            mmu->large_words[as] &= ~((u64)1 << word);
        for (u64 set = mmu->large[as][word]; set; set &= set - 1) {
            unsigned index = word * 64 + (unsigned)__builtin_ctzll(set);
            const u64 *tags = mmu->tlb[as][index].tags;

            if ((tags[0] | tags[1] | tags[2]) >> region_shift == linear >> region_shift)
                drop_entry(mmu, as, index);
        }
    }
}

void mmu_invalidate_page(Mmu *mmu, u64 linear)
{
    for (unsigned as = 0; as < PRIVILEGES; as++) {
        drop_entry(mmu, as, tlb_index(linear));
        drop_large_page(mmu, as, linear);
    }
}

void mmu_demote(Mmu *mmu)
{
    mmu->code_generation++;
    mmu->generation++;
    for (unsigned as = 0; as < PRIVILEGES; as++)
        for (unsigned i = 0; i < TLB_ENTRIES; i++)
            for (unsigned access = 0; access < ACCESSES; access++)
                if (mmu->tlb[as][i].tags[access])
                    mmu->tlb[as][i].tags[access] |= TLB_SLOW;
}

void mmu_demote_writes(Mmu *mmu, const u8 *host)
{
    u64 page = (u64)(uintptr_t)host & ~(u64)PAGE_MASK;

    mmu->generation++;
    for (unsigned as = 0; as < PRIVILEGES; as++)
        for (unsigned i = 0; i < TLB_ENTRIES; i++) {
            TlbEntry *entry = &mmu->tlb[as][i];
            u64 tag = entry->tags[ACCESS_WRITE];

            if (tag && !(tag & TLB_SLOW) && (tag & ~(u64)PAGE_MASK) + entry->addend == page)
                entry->tags[ACCESS_WRITE] |= TLB_SLOW;
        }
}

void mmu_demote_all_writes(Mmu *mmu)
{
    mmu->generation++;
    for (unsigned as = 0; as < PRIVILEGES; as++)
        for (unsigned i = 0; i < TLB_ENTRIES; i++)
            if (mmu->tlb[as][i].tags[ACCESS_WRITE])
                mmu->tlb[as][i].tags[ACCESS_WRITE] |= TLB_SLOW;
}

/* ---- snapshots ---- */

static void put_bit(u64 *map, unsigned index, bool value)
{
    map[index / 64] = (map[index / 64] & ~((u64)1 << index % 64)) | (u64)value << index % 64;
}

static void put_large(Mmu *mmu, unsigned as, unsigned index, bool value)
{
    put_bit(mmu->large[as], index, value);
    if (value)
        mmu->large_words[as] |= (u64)1 << index / 64;
}

/* The rights that an entry gives at present, as in a record. */
static unsigned entry_rights(const Mmu *mmu, const TlbEntry *entry)
{
    unsigned rights = 0;

    for (unsigned access = 0; access < ACCESSES; access++)
        if ((entry->tags[access] & TLB_EPOCH) == mmu->epoch)
            rights |= 1u << access;
    return rights;
}

unsigned mmu_save_tlb(const Mmu *mmu, TlbRecord *records)
{
    unsigned count = 0;

    for (unsigned as = 0; as < PRIVILEGES; as++)
        for (unsigned i = 0; i < TLB_ENTRIES; i++) {
            const TlbEntry *entry = &mmu->tlb[as][i];
            unsigned rights = entry_rights(mmu, entry);

            if (!rights)
                continue;
            u64 page = entry->tags[__builtin_ctz(rights)] & ~(u64)PAGE_MASK;
            u64 kind = (bit(mmu->globals[as][i / 64], i % 64) ? TLB_RECORD_GLOBAL : 0) |
                       (bit(mmu->large[as][i / 64], i % 64) ? TLB_RECORD_LARGE : 0);

            records[count++] = (TlbRecord){page | rights | (u64)as << TLB_RECORD_AS_SHIFT | kind,
                                           mmu->physical[as][i]};
        }
    return count;
}

void mmu_restore_tlb(Mmu *mmu, const TlbRecord *records, unsigned count)
{
    clear_entries(mmu);
    mmu->code_generation++;
    mmu->generation++;
    for (unsigned n = 0; n < count; n++) {
        u64 linear = records[n].linear;
        unsigned as = linear >> TLB_RECORD_AS_SHIFT & 3, index = tlb_index(linear);

        if (as >= PRIVILEGES)
            continue;
        for (unsigned access = 0; access < ACCESSES; access++)
            if (linear >> access & 1)
                mmu->tlb[as][index].tags[access] =
                    (linear & ~(u64)PAGE_MASK) | mmu->epoch | TLB_SLOW;
        mmu->physical[as][index] = records[n].physical & ~(u64)PAGE_MASK;
        put_bit(mmu->globals[as], index, linear & TLB_RECORD_GLOBAL);
        put_large(mmu, as, index, linear & TLB_RECORD_LARGE);
    }
}

/* ---- filling ---- */

void mmu_watch(Mmu *mmu, const WatchedRange *ranges, unsigned count)
{
    mmu->watched = ranges;
    mmu->watched_count = count;
    mmu_demote(mmu);
}

/* The lines of a page that a range touches. */
static u64 lines_of(const WatchedRange *range, u64 page)
{
    u64 end = page | PAGE_MASK, first = range->first, last = range->last;

    if (page > last || first > end)
        return 0;
    first = first < page ? 0 : (first & PAGE_MASK) >> WATCHED_LINE_SHIFT;
    last = last > end ? 63 : (last & PAGE_MASK) >> WATCHED_LINE_SHIFT;
    return ~(u64)0 >> (63 - (last - first)) << first;
}

/* Gives an entry the lines that are watched in its page, and says whether such accesses are
 * watched. */
static bool find_watched(Mmu *mmu, Access access, Privilege as, u64 linear, PhysAddr physical)
{
    bool watched = false;
    u64 lines = 0;

    if (mmu->watched_count == 0 || access == ACCESS_EXECUTE)
        return false;
    for (unsigned i = 0; i < mmu->watched_count; i++) {
        const WatchedRange *range = &mmu->watched[i];
        u64 found = lines_of(range, range->physical ? physical : linear);

        lines |= found;
        /* What an instruction changes it has read, by the rights of a write. */
        watched |= found && (range->accesses[access] ||
                             (access == ACCESS_WRITE && range->accesses[ACCESS_READ]));
    }
    mmu->watched_lines[as][tlb_index(linear)] = lines;
    return watched;
}

/* The host's bytes of a page, if such accesses may bypass the bus. Writes not while it holds code,
 * nor before it is known to be written: the trackers of dirty and drawn pages want to hear of the
 * first write, which `writes_now` says that this is. */
static u8 *direct_host(Mmu *mmu, PhysAddr physical, Access access, bool writes_now)
{
    enum { TRACKED = PAGE_DIRTY | PAGE_DRAWN };
    u8 *host = space_host(mmu->memory, physical, access == ACCESS_WRITE);
    const Region *region;
    u8 *flags;

    if (!host || access != ACCESS_WRITE)
        return host;
    region = space_find(mmu->memory, physical)->writer;
    flags = &region->memory->pages[(u64)(host - region->memory->bytes) >> PAGE_SHIFT];
    if ((*flags & PAGE_HOLDS_CODE) || (!writes_now && (*flags & TRACKED) != TRACKED))
        return NULL;
    *flags |= TRACKED;
    return host;
}

/* Gives an entry one right more to the page that it is for; `host`: of the page's first byte, or
 * NULL. */
static void give_right(Mmu *mmu, u64 page, Access access, Privilege as, u8 *host)
{
    unsigned index = tlb_index(page);
    TlbEntry *entry = &mmu->tlb[as][index];
    u64 addend = (u64)(uintptr_t)host - page;
    bool watched = find_watched(mmu, access, as, page, mmu->physical[as][index]);

    /* Reads and writes may go to different memory (PAM): one addend cannot serve both. */
    if (host && entry->addend != addend) {
        for (unsigned other = 0; other < ACCESSES; other++)
            slow_down(mmu, entry, other);
        entry->addend = addend;
    }
    entry->tags[access] = page | mmu->epoch | (host ? 0 : TLB_SLOW) | (watched ? TLB_WATCHED : 0);
}

/* Makes an entry that of `page`; rights that it has to that at the same place it keeps. */
static void claim_entry(Mmu *mmu, u64 page, Privilege as, const Translation *translation)
{
    PhysAddr physical = translation->physical & mmu->a20_mask;
    unsigned index = tlb_index(page);
    TlbEntry *entry = &mmu->tlb[as][index];

    for (unsigned access = 0; access < ACCESSES; access++)
        if ((entry->tags[access] & ~(u64)(TLB_SLOW | TLB_WATCHED)) != (page | mmu->epoch) ||
            mmu->physical[as][index] != physical)
            drop_right(mmu, entry, access);
    mmu->physical[as][index] = physical;
    put_bit(mmu->globals[as], index, translation->global);
    put_large(mmu, as, index, translation->page_size > PAGE_SIZE);
}

static bool has_right(const Mmu *mmu, u64 page, Access access, Privilege as)
{
    return (mmu->tlb[as][tlb_index(page)].tags[access] & ~(u64)(TLB_SLOW | TLB_WATCHED)) ==
           (page | mmu->epoch);
}

/* What was found for a write is good for reads, and the other way round if the page is dirty. */
static void give_other_right(Mmu *mmu, u64 page, Access access, Privilege as,
                             const Translation *translation)
{
    PhysAddr physical = mmu->physical[as][tlb_index(page)];
    Access other = access == ACCESS_READ ? ACCESS_WRITE : ACCESS_READ;

    if (access == ACCESS_EXECUTE || has_right(mmu, page, other, as))
        return;
    if (other == ACCESS_READ ||
        (translation->dirty && paging_allows(mmu, translation, ACCESS_WRITE, as)))
        give_right(mmu, page, other, as, direct_host(mmu, physical, other, false));
}

bool mmu_access(Mmu *mmu, u64 linear, Access access, Privilege as, PhysAddr *physical, u8 **host,
                PageFault *fault)
{
    unsigned index = tlb_index(linear);
    const TlbEntry *entry = &mmu->tlb[as][index];
    u64 offset = linear & PAGE_MASK, page = linear - offset;
    bool known = has_right(mmu, page, access, as);
    Translation translation;

    if (known && !(entry->tags[access] & TLB_SLOW)) {
        *physical = mmu->physical[as][index] | offset;
        *host = (u8 *)(uintptr_t)(linear + entry->addend);
        return true;
    }
    if (!known) {
        if (!paging_walk(mmu, linear, access, as, &translation, fault))
            return false;
        claim_entry(mmu, page, as, &translation);
    }
    *physical = mmu->physical[as][index] | offset;
    *host = direct_host(mmu, *physical - offset, access, true);
    give_right(mmu, page, access, as, *host);
    if (!known)
        give_other_right(mmu, page, access, as, &translation);
    if (*host)
        *host += offset;
    return true;
}

bool mmu_translate(Mmu *mmu, u64 linear, Access access, Privilege as, PhysAddr *physical,
                   PageFault *fault)
{
    u8 *host;

    return mmu_access(mmu, linear, access, as, physical, &host, fault);
}

bool mmu_peek(Mmu *mmu, u64 linear, Translation *translation)
{
    bool mapped = paging_peek(mmu, linear, translation);

    translation->physical &= mmu->a20_mask;
    return mapped;
}
