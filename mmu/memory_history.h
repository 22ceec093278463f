/*
 * States that a Memory had, kept so that it can have them again. States share the pages in which
 * they agree: taking one copies what was written since the last, going back writes what differs.
 *
 * Which pages were written is known by PAGE_DIRTY, which these functions clear. So whoever holds
 * host pointers for writing must give them up first: mmu_demote_all_writes().
 */
#ifndef MMU_MEMORY_HISTORY_H
#define MMU_MEMORY_HISTORY_H

#include "mmu/bus.h"

typedef struct PagePool PagePool;       /* room for copies of pages; several histories may share it */
typedef struct MemoryState MemoryState;

typedef struct MemoryHistory {
    PagePool *pool;
    AddressSpace *space;    /* hears of code that is overwritten; NULL: there is none */
    Memory *memory;
    MemoryState *base;      /* what `memory` holds in the pages that are not dirty */
} MemoryHistory;

PagePool *page_pool_create(void);       /* NULL: out of memory */
void page_pool_destroy(PagePool *pool); /* after all states in it were released */
u64 page_pool_bytes(const PagePool *pool);  /* of the host's memory that states occupy */

/* `memory` must be as memory_create() made it but for what its dirty pages say. False: out of memory. */
bool memory_history_init(MemoryHistory *history, PagePool *pool, AddressSpace *space,
                         Memory *memory);
void memory_history_destroy(MemoryHistory *history);

/* The present state; NULL: out of memory, and nothing has changed. */
MemoryState *memory_history_take(MemoryHistory *history);
void memory_history_restore(MemoryHistory *history, MemoryState *state);
void memory_state_release(PagePool *pool, MemoryState *state);

/* A page's 4,096 bytes in a state; NULL: all zero. */
const u8 *memory_state_page(const MemoryState *state, u64 page);
/* Was the page written between two states, each taken or restored after the one before? May say so
 * of a page that was not, never the other way round. */
bool memory_state_page_differs(const MemoryState *a, const MemoryState *b, u64 page);
/* Of the bytes; costs little where most pages were hashed before. */
u64 memory_state_hash(MemoryState *state);

/* Builds a state from outside: begins with zeros. False: out of memory. */
MemoryState *memory_state_create(PagePool *pool, u64 pages);
/* Another one that is the same so far; NULL: out of memory. */
MemoryState *memory_state_copy(PagePool *pool, const MemoryState *state);
bool memory_state_set_page(PagePool *pool, MemoryState *state, u64 page, const u8 *bytes);

#endif
