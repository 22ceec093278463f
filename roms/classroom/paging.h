/*
 * Paging: linear addresses to physical ones.
 *
 *   00400000 to BFFFFFFF   the running program's, different in each address space
 *   C0000000 on            all physical memory, one to one, for the kernel only
 *   FF800000 on            a window onto physical memory that lies further up
 */
#pragma once
#include "types.h"

enum {
    PAGE_BYTES = 4096,
    ENTRIES = 1024,

    PAGE_PRESENT = 1 << 0,
    PAGE_WRITABLE = 1 << 1,
    PAGE_USER = 1 << 2,
    PAGE_ACCESSED = 1 << 5,
    PAGE_DIRTY = 1 << 6,
    PAGE_OWNED = 1 << 9, /* bits 9 to 11 are for the system: freed with the address space */
    PAGE_FLAGS = 0xfff,
};

#define KERNEL_BASE 0xc0000000u
#define USER_BASE   0x00400000u

/* Entries of a directory or of a table: a physical address with the flags in its low 12 bits. */
typedef u32 PageEntry;

extern PageEntry kernel_directory[ENTRIES]; /* entry.asm */

static inline void *physical_pointer(u32 physical)
{
    return (void *)(physical + KERNEL_BASE);
}

static inline u32 linear_to_physical(const void *linear)
{
    return (u32)linear - KERNEL_BASE;
}

static inline u32 directory_index(u32 linear)
{
    return linear >> 22;
}

static inline u32 table_index(u32 linear)
{
    return linear >> 12 & (ENTRIES - 1);
}

void paging_init(void);

/* An address space is its directory's physical address: what CR3 holds. 0: out of memory. */
u32 address_space_create(void);
void address_space_destroy(u32 space);

/* False: no memory for a page table. Maps one page. */
bool page_map(u32 space, u32 linear, u32 physical, u32 flags);

/* The entry that maps `linear`, NULL when there is no page table for it. */
PageEntry *page_entry(u32 space, u32 linear);

/* May ring 3 read (or write) all of this? What the kernel must ask before it trusts a pointer. */
bool user_may_access(u32 space, u32 linear, u32 bytes, bool write);

/* Physical memory anywhere, at most 1 MB of it, valid until the next call. */
void *physical_window(u32 physical, u32 bytes);
