/*
 * The walk of a linear address through the guest's page tables, level by level, with nothing
 * changed: for panels and commands.
 * Manual: Intel SDM Vol. 3, "Paging".
 */
#ifndef FRONTEND_DEBUGGER_PAGE_WALK_H
#define FRONTEND_DEBUGGER_PAGE_WALK_H

#include "cpu/cpu.h"
#include "mmu/paging.h"

typedef struct WalkLevel {
    const char *name;       /* of the entry: "PML4E", "PDPTE", "PDE", "PTE" */
    unsigned index;         /* in its table */
    bool cached;            /* a PAE PDPTE: it was loaded with CR3, and is not read from memory */
    PhysAddr table, address;/* of the table and of the entry; not of a cached one */
    u64 entry;
} WalkLevel;

typedef enum WalkResult { PAGE_WALK_OFF, PAGE_WALK_MAPPED, PAGE_WALK_ABSENT,
                          PAGE_WALK_RESERVED } WalkResult;

typedef struct PageWalk {
    WalkResult result;      /* PAGE_WALK_OFF: paging is off, linear is physical */
    WalkLevel levels[4];    /* the last is where it ended */
    unsigned depth;
    Size entry_size;        /* bytes */
    Translation translation;/* of PAGE_WALK_MAPPED and PAGE_WALK_OFF */
    PhysAddr physical;      /* likewise, of the address itself */
} PageWalk;

void page_walk(Cpu *cpu, u64 linear, PageWalk *walk);

/* What an entry allows, "writable, user, accessed, dirty". */
void page_entry_words(const PageWalk *walk, unsigned level, char *text, size_t size);

/* How it ended, in a sentence: the page and its rights, or why there is none. */
void page_walk_words(const PageWalk *walk, char *text, size_t size);

/* "32-bit paging", "4-level paging (long mode)" ... */
const char *paging_mode_words(const Cpu *cpu);

#endif
