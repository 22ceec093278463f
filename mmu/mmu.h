/*
 * The memory management unit: linear to physical addresses, through a TLB.
 *
 * The TLB is architectural: what it holds depends only on the guest's accesses and on the
 * instructions that invalidate it. Whether an entry also carries a host pointer is a matter of
 * speed only (bit TLB_SLOW), so trackers may take it away at any time.
 *
 * Manual: Intel SDM Vol. 3, "Paging".
 */
#ifndef MMU_MMU_H
#define MMU_MMU_H

#include "mmu/bus.h"

typedef enum Access { ACCESS_READ, ACCESS_WRITE, ACCESS_EXECUTE, ACCESSES } Access;

/* Whose rights an access has; each has its own TLB. AS_SUPERVISOR_AC: an explicit access of rings
 * 0 .. 2 while EFLAGS.AC lifts SMAP. */
typedef enum Privilege { AS_SUPERVISOR, AS_USER, AS_SUPERVISOR_AC, PRIVILEGES } Privilege;

/* Bits of a page fault's error code. */
enum { PF_PRESENT = 1, PF_WRITE = 2, PF_USER = 4, PF_RESERVED = 8, PF_FETCH = 16 };

/* The mmu returns it, the CPU raises it. */
typedef struct PageFault {
    u64 linear;
    u32 error_code;
} PageFault;

enum { TLB_ENTRIES = 4096 };

/* Low bits of a tag: the epoch in which it was filled (never 0), and the speed bits. */
enum { TLB_EPOCH = 0x1FF, TLB_SLOW = 0x400 };
/* With the addend valid all the same, when TLB_SLOW is clear: the page has watched bytes, and
 * Mmu.watched_lines says where. */
enum { TLB_WATCHED = 0x200, WATCHED_LINE_SHIFT = 6 };
/* No tag has this bit, not even an empty one: an epoch that never matches. */
enum { TLB_NO_EPOCH = 0x800 };

typedef struct TlbEntry {
    u64 tags[ACCESSES]; /* by Access: linear page | epoch; 0: no such right, or empty */
    u64 addend;         /* host address = linear address + addend, unless TLB_SLOW */
} TlbEntry;

/* What a page walk found. */
typedef struct Translation {
    PhysAddr physical;      /* of the 4 KiB page that holds the address */
    u64 page_size;          /* 4 KiB, 2 MiB, 4 MiB or 1 GiB */
    bool writable, user, executable, global, dirty;     /* of all levels together */
} Translation;

/* Bytes [first, last], linear or physical, of which accesses are to go the slow way, where an observer
 * can be told of them. */
typedef struct WatchedRange {
    u64 first, last;
    bool physical;
    bool accesses[2];       /* by Access: reads, writes */
} WatchedRange;

typedef struct Mmu {
    u64 epoch;                              /* the current one; first: it is on every fast path */
    TlbEntry tlb[PRIVILEGES][TLB_ENTRIES];
    PhysAddr physical[PRIVILEGES][TLB_ENTRIES];     /* of each entry's 4 KiB page */
    u64 globals[PRIVILEGES][TLB_ENTRIES / 64];      /* which entries survive a load of CR3 */
    u64 large[PRIVILEGES][TLB_ENTRIES / 64];        /* which are parts of a large page */
    u64 large_words[PRIVILEGES];    /* bit n: large[][n] may have bits set */
    u32 code_generation;    /* another one when a page that was executable may be so no longer */
    u32 generation;         /* another one when a right to read or write is gone, or no longer fast */
    AddressSpace *memory;
    u64 cr0, cr3, cr4, efer;                /* copies of the CPU's, kept by mmu_set_control() */
    u64 pdptes[4];                          /* PAE: loaded with CR3 */
    PhysAddr a20_mask;                      /* all ones, or without bit 20 */
    unsigned physical_bits;                 /* MAXPHYADDR; entry bits above are reserved */
    bool has_1gb_pages;                     /* set by the owner after mmu_init() */
    const WatchedRange *watched;            /* mmu_watch()'s */
    unsigned watched_count;
    u64 watched_lines[PRIVILEGES][TLB_ENTRIES]; /* bit n: bytes 64n .. 64n+63 of a TLB_WATCHED entry's page */
    Log *log;
} Mmu;

void mmu_init(Mmu *mmu, AddressSpace *memory, unsigned physical_bits, Log *log);

/* New values of the control registers. Flushes what the manual says they flush. */
void mmu_set_control(Mmu *mmu, u64 cr0, u64 cr4, u64 efer);

/* MOV to CR3, or a task switch: flushes all but global pages. */
void mmu_set_cr3(Mmu *mmu, u64 cr3);

/* Reads the four PAE page-directory-pointer entries at `cr3`; false (and nothing changed) when
 * one has reserved bits set: the CPU then raises #GP(0). */
bool mmu_load_pdptes(Mmu *mmu, u64 cr3);

void mmu_set_a20(Mmu *mmu, bool enabled);

void mmu_flush_all(Mmu *mmu);                       /* global pages too */
void mmu_invalidate_page(Mmu *mmu, u64 linear);     /* INVLPG */

/* Watches these ranges in the place of all others; they stay the caller's. */
void mmu_watch(Mmu *mmu, const WatchedRange *ranges, unsigned count);

/* Takes the host pointers away but keeps the translations. */
void mmu_demote(Mmu *mmu);
/* ... only from writes to the page at `host`, which now holds code. */
void mmu_demote_writes(Mmu *mmu, const u8 *host);

/* ... only from writes, so that the trackers of dirty pages hear of the next one to each page. */
void mmu_demote_all_writes(Mmu *mmu);

/* A TLB entry for a snapshot: the linear page, with its rights and kind in the low bits. */
enum { TLB_RECORD_RIGHTS = 7 /* bit n: Access n */, TLB_RECORD_AS_SHIFT = 3,
       TLB_RECORD_GLOBAL = 1 << 5, TLB_RECORD_LARGE = 1 << 6,
       TLB_RECORDS_MOST = PRIVILEGES * TLB_ENTRIES };
typedef struct TlbRecord {
    u64 linear;
    PhysAddr physical;
} TlbRecord;

/* What the TLB holds; returns how many records that took, at most TLB_RECORDS_MOST. */
unsigned mmu_save_tlb(const Mmu *mmu, TlbRecord *records);
/* Makes the TLB hold this and nothing else. */
void mmu_restore_tlb(Mmu *mmu, const TlbRecord *records, unsigned count);

/* Translates for an access of at most the rest of the page; sets accessed and dirty bits. */
bool mmu_translate(Mmu *mmu, u64 linear, Access access, Privilege as, PhysAddr *physical,
                   PageFault *fault);

/* The same, and a host address where memory can be accessed directly, else NULL. */
bool mmu_access(Mmu *mmu, u64 linear, Access access, Privilege as, PhysAddr *physical, u8 **host,
                PageFault *fault);

/* For debuggers: a walk without side effects and without the TLB; false: not mapped. */
bool mmu_peek(Mmu *mmu, u64 linear, Translation *translation);

/* Pages that follow each other never share an entry, which the page-crossing test relies on. */
FORCE_INLINE unsigned tlb_index(u64 linear)
{
    return (unsigned)(linear >> PAGE_SHIFT) % TLB_ENTRIES;
}

/* Finds `size` bytes at `linear` in `tlb`, one of Mmu.tlb, when `epoch` is current, the entry grants
 * `access` and they do not cross a page. */
FORCE_INLINE bool tlb_find(const TlbEntry *tlb, u64 epoch, u64 linear, Access access,
                           unsigned size, u8 **host)
{
    const TlbEntry *entry = &tlb[tlb_index(linear)];
    u64 last_page = (linear + size - 1) & ~(u64)PAGE_MASK;

    *host = (u8 *)(uintptr_t)(linear + entry->addend);
    return LIKELY(entry->tags[access] == (last_page | epoch));
}

/* The same as a pointer, NULL when there is none. */
FORCE_INLINE u8 *mmu_fast(const Mmu *mmu, u64 epoch, u64 linear, Access access, Privilege as,
                          unsigned size)
{
    u8 *host;

    return tlb_find(mmu->tlb[as], epoch, linear, access, size, &host) ? host : NULL;
}

#endif
