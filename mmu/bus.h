/*
 * An address space: which memory or device answers at which address. The machine has two of
 * this one type, the physical address space and the 64 KiB port space.
 *
 * Regions overlap by priority. A region that cannot be read (or written) lets the one below it
 * answer, which is how the chipset's PAM registers show ROM to reads and RAM to writes.
 * Memory is looked up in a flattened, sorted view that is rebuilt when a region changes.
 */
#ifndef MMU_BUS_H
#define MMU_BUS_H

#include "mmu/base.h"
#include "mmu/log.h"

/* A device's access functions. The bus splits wider accesses; `offset` is from the region's base. */
typedef struct IoOps {
    Size widest;
    u64 (*read)(void *device, u32 offset, Size size);
    void (*write)(void *device, u32 offset, Size size, u64 value);
} IoOps;

/* What is known about a 4 KiB page of memory. */
typedef enum PageFlags {
    PAGE_HOLDS_CODE = 1,    /* writes must be reported: decoded or translated code lies here */
    PAGE_DIRTY      = 2,    /* written since the last snapshot */
    PAGE_DRAWN      = 4,    /* written since the display last looked (video memory) */
} PageFlags;

/* Bytes that can be mapped at several places: RAM, a ROM, video memory. */
typedef struct Memory {
    u8 *bytes;
    u64 length;     /* bytes, a multiple of the page size */
    u8 *pages;      /* PageFlags of each 4 KiB page */
} Memory;

typedef struct Region {
    const char *name;
    PhysAddr base, length;
    int priority;               /* the highest that is enabled and readable/writable answers */
    bool enabled, readable, writable;
    Memory *memory;             /* either this, from byte `memory_offset` of it */
    u64 memory_offset;
    const IoOps *io;            /* or this */
    void *device;
} Region;

enum { SPACE_REGIONS = 160, SPACE_SECTIONS = 2 * SPACE_REGIONS + 1 };

/* A piece of the flattened view: [first, last] is answered by these; NULL: nobody. */
typedef struct Section {
    PhysAddr first, last;
    const Region *reader, *writer;
} Section;

typedef struct AddressSpace {
    const char *name;
    PhysAddr last;                          /* the highest address: 0xFFFF, or 2^40 - 1, ... */
    Log *log;
    Region regions[SPACE_REGIONS];
    unsigned region_count;
    Section sections[SPACE_SECTIONS];
    unsigned section_count;
    u16 found[64];                          /* the sections that were found last, by a hash */
    bool stale;                             /* a region changed: flatten before the next look-up */
    void (*changed)(void *owner);           /* the map changed: drop host pointers */
    void (*tracking_changed)(void *owner);  /* pages' flags were cleared: drop those for writing */
    void (*code_written)(void *owner, u8 *host, u64 length);    /* into PAGE_HOLDS_CODE pages */
    void *owner;
    /* Before a device's transfer writes to memory: who watches it. NULL: nobody. */
    void (*device_writes)(void *watcher, const char *device, PhysAddr address, const u8 *bytes,
                          u64 length);
    void *watcher;
} AddressSpace;

void space_init(AddressSpace *space, const char *name, PhysAddr last, Log *log);

/* Zeroed memory of `length` bytes (rounded up to whole pages); false when the host has none. */
bool memory_create(Memory *memory, u64 length);
void memory_destroy(Memory *memory);

/* Adds an enabled region. The result stays valid; pass it to the functions below. Priority of
 * both: 0. Memory starts readable and, if `writable`, writable; I/O is both. */
Region *space_add_memory(AddressSpace *space, const char *name, PhysAddr base, PhysAddr length,
                         Memory *memory, u64 memory_offset, bool writable);
Region *space_add_io(AddressSpace *space, const char *name, PhysAddr base, PhysAddr length,
                     const IoOps *io, void *device);
void region_set_priority(AddressSpace *space, Region *region, int priority);
void region_move(AddressSpace *space, Region *region, PhysAddr base);
void region_enable(AddressSpace *space, Region *region, bool enabled);
void region_protect(AddressSpace *space, Region *region, bool readable, bool writable);

/* The section that holds `address`; never NULL. */
const Section *space_find(AddressSpace *space, PhysAddr address);

/* One access of 1, 2, 4 or 8 bytes, at any alignment. Reads of nothing give all ones; writes to
 * nothing or to ROM are dropped. */
u64 space_read(AddressSpace *space, PhysAddr address, Size size);
void space_write(AddressSpace *space, PhysAddr address, Size size, u64 value);

/* Block transfers, as DMA makes them. */
void space_read_bytes(AddressSpace *space, PhysAddr address, void *bytes, u64 length);
void space_write_bytes(AddressSpace *space, PhysAddr address, const void *bytes, u64 length);

/* The same by a device, which has a name for those who ask who it was. */
void space_write_by_device(AddressSpace *space, const char *device, PhysAddr address,
                           const void *bytes, u64 length);

/* Host bytes behind `address` for reading or writing up to the end of its page, or NULL where a
 * device (or nothing) answers. Does not mark anything. */
u8 *space_host(AddressSpace *space, PhysAddr address, bool write);

/* Says that [host, host + length) of `memory` was written: sets PAGE_DIRTY and PAGE_DRAWN, and
 * reports code. */
void space_mark_written(AddressSpace *space, Memory *memory, u64 offset, u64 length);

/* Tests and clears `flag` in a range of pages; true if any page had it. The caller then calls
 * space_tracking_changed() once, so that the next write is seen again. */
bool memory_clear_flag(Memory *memory, u64 first_page, u64 pages, PageFlags flag);
void space_tracking_changed(AddressSpace *space);

#endif
