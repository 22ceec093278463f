/*
 * The page walk. Manual: Intel SDM Vol. 3, "Paging": "32-Bit Paging", "PAE Paging",
 * "4-Level Paging", "Access Rights", "Page-Fault Exceptions", "Accessed and Dirty Flags".
 */
#ifndef MMU_PAGING_H
#define MMU_PAGING_H

#include "mmu/mmu.h"

enum { CR0_WP = 1 << 16, CR0_PG = 1u << 31 };
enum { CR4_PSE = 1 << 4, CR4_PAE = 1 << 5, CR4_PGE = 1 << 7, CR4_PCIDE = 1 << 17,
       CR4_SMEP = 1 << 20, CR4_SMAP = 1 << 21 };
enum { EFER_LMA = 1 << 10, EFER_NXE = 1 << 11 };

/* Bits of a page-table entry. */
enum { PTE_PRESENT = 1, PTE_WRITABLE = 2, PTE_USER = 4, PTE_ACCESSED = 0x20, PTE_DIRTY = 0x40,
       PTE_LARGE = 0x80, PTE_GLOBAL = 0x100 };
#define PTE_NX ((u64)1 << 63)

/* Walks the tables for one access and sets accessed and dirty bits. Without paging the result is
 * the linear address itself, with all rights. */
bool paging_walk(Mmu *mmu, u64 linear, Access access, Privilege as, Translation *translation,
                 PageFault *fault);

/* What was found: does it allow such an access? */
bool paging_allows(const Mmu *mmu, const Translation *translation, Access access, Privilege as);

/* How a walk ended: at a page, an entry that is not present, or one with reserved bits set. */
typedef enum WalkEnd { WALK_MAPPED, WALK_ABSENT, WALK_RESERVED } WalkEnd;

/* The entries met on the way down, the one where it ended included. PAE's first level is not in
 * memory but in Mmu.pdptes: it is not among them. */
typedef struct PagingPath {
    PhysAddr addresses[4];
    u64 entries[4];
    unsigned depth;
    Size entry_size;
} PagingPath;

/* With CR0.PG set: a walk for debuggers, without setting bits and without regard to rights. Where no
 * memory lies, an entry is 0: a device is not asked. */
WalkEnd paging_trace(Mmu *mmu, u64 linear, Translation *translation, PagingPath *path);

/* The same, without the way; false: not mapped. */
bool paging_peek(Mmu *mmu, u64 linear, Translation *translation);

#endif
