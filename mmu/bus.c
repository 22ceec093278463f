/*
 * Address spaces: regions, the flattened view, and accesses through it.
 *
 * Not implemented: bus errors (a read of nothing floats high, as on ISA and PCI).
 */
#include "mmu/bus.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

void space_init(AddressSpace *space, const char *name, PhysAddr last, Log *log)
{
    *space = (AddressSpace){.name = name, .last = last, .log = log, .stale = true};
}

/* From this size on the host is asked for large pages, so that its own TLB misses less often. */
enum { LARGE_MEMORY = 16 << 20 };

bool memory_create(Memory *memory, u64 length)
{
    u64 rounded = (length + PAGE_MASK) & ~(u64)PAGE_MASK;
    /* Untouched pages of the guest's memory cost the host nothing. */
    void *bytes = mmap(NULL, rounded, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    *memory = (Memory){0};
    if (bytes == MAP_FAILED)
        return false;
    if (rounded >= LARGE_MEMORY)
        madvise(bytes, rounded, MADV_HUGEPAGE);
    memory->pages = calloc(rounded >> PAGE_SHIFT, 1);
    if (!memory->pages) {
        munmap(bytes, rounded);
        return false;
    }
    memory->bytes = bytes;
    memory->length = rounded;
    return true;
}

void memory_destroy(Memory *memory)
{
    if (memory->bytes)
        munmap(memory->bytes, memory->length);
    free(memory->pages);
    *memory = (Memory){0};
}

/* ---- regions ---- */

static void map_changed(AddressSpace *space)
{
    space->stale = true;
    if (space->changed)
        space->changed(space->owner);
}

static Region *add_region(AddressSpace *space, Region region)
{
    assert(space->region_count < SPACE_REGIONS && region.length > 0);
    Region *added = &space->regions[space->region_count++];
    *added = region;
    map_changed(space);
    return added;
}

Region *space_add_memory(AddressSpace *space, const char *name, PhysAddr base, PhysAddr length,
                         Memory *memory, u64 memory_offset, bool writable)
{
    assert(memory_offset + length <= memory->length);
    return add_region(space, (Region){.name = name,
                                      .base = base,
                                      .length = length,
                                      .enabled = true,
                                      .readable = true,
                                      .writable = writable,
                                      .memory = memory,
                                      .memory_offset = memory_offset});
}

Region *space_add_io(AddressSpace *space, const char *name, PhysAddr base, PhysAddr length,
                     const IoOps *io, void *device)
{
    return add_region(space, (Region){.name = name,
                                      .base = base,
                                      .length = length,
                                      .enabled = true,
                                      .readable = true,
                                      .writable = true,
                                      .io = io,
                                      .device = device});
}

void region_set_priority(AddressSpace *space, Region *region, int priority)
{
    region->priority = priority;
    map_changed(space);
}

void region_move(AddressSpace *space, Region *region, PhysAddr base)
{
    if (region->base == base)
        return;
    region->base = base;
    if (region->enabled)
        map_changed(space);
}

void region_enable(AddressSpace *space, Region *region, bool enabled)
{
    if (region->enabled == enabled)
        return;
    region->enabled = enabled;
    map_changed(space);
}

void region_protect(AddressSpace *space, Region *region, bool readable, bool writable)
{
    if (region->readable == readable && region->writable == writable)
        return;
    region->readable = readable;
    region->writable = writable;
    map_changed(space);
}

void space_tracking_changed(AddressSpace *space)
{
    if (space->tracking_changed)
        space->tracking_changed(space->owner);
}

/* ---- the flattened view ---- */

static PhysAddr region_last(const AddressSpace *space, const Region *region)
{
    PhysAddr last = region->base + (region->length - 1);

    return last < region->base || last > space->last ? space->last : last;
}

static bool region_visible(const AddressSpace *space, const Region *region)
{
    return region->enabled && region->base <= space->last;
}

static int compare_addresses(const void *a, const void *b)
{
    PhysAddr left = *(const PhysAddr *)a, right = *(const PhysAddr *)b;

    return left < right ? -1 : left > right;
}

/* The highest enabled region at `address` that can be read (written); later ones win ties. */
static const Region *topmost(const AddressSpace *space, PhysAddr address, bool write)
{
    const Region *top = NULL;

    for (unsigned i = 0; i < space->region_count; i++) {
        const Region *region = &space->regions[i];

        if (region_visible(space, region) && (write ? region->writable : region->readable) &&
            address >= region->base && address <= region_last(space, region) &&
            (!top || region->priority >= top->priority))
            top = region;
    }
    return top;
}

static void flatten(AddressSpace *space)
{
    PhysAddr starts[SPACE_SECTIONS];
    unsigned count = 0;

    starts[count++] = 0;
    for (unsigned i = 0; i < space->region_count; i++) {
        const Region *region = &space->regions[i];
        PhysAddr last = region_last(space, region);

        if (!region_visible(space, region))
            continue;
        starts[count++] = region->base;
        if (last < space->last)
            starts[count++] = last + 1;
    }
    qsort(starts, count, sizeof starts[0], compare_addresses);
    space->section_count = 0;
    memset(space->found, 0, sizeof space->found);
    for (unsigned i = 0; i < count; i++) {
        if (i > 0 && starts[i] == starts[i - 1])
            continue;
        if (space->section_count > 0)
            space->sections[space->section_count - 1].last = starts[i] - 1;
        space->sections[space->section_count++] =
            (Section){.first = starts[i],
                      .last = space->last,
                      .reader = topmost(space, starts[i], false),
                      .writer = topmost(space, starts[i], true)};
    }
    space->stale = false;
}

const Section *space_find(AddressSpace *space, PhysAddr address)
{
    unsigned low = 0, high;
    const Section *found;
    u16 *memo;

    if (UNLIKELY(space->stale))
        flatten(space);
    address &= space->last;
    memo = &space->found[(address ^ address >> PAGE_SHIFT) % COUNT_OF(space->found)];
    found = &space->sections[*memo];
    if (address >= found->first && address <= found->last)
        return found;
    high = space->section_count;
    while (high - low > 1) {
        unsigned middle = (low + high) / 2;

        if (space->sections[middle].first <= address)
            low = middle;
        else
            high = middle;
    }
    *memo = (u16)low;
    return &space->sections[low];
}

/* ---- accesses ---- */

static u64 load(const u8 *bytes, unsigned count)
{
    u64 value = 0;

    if (count == DWORD) /* the usual entry of a page table */
        memcpy(&value, bytes, DWORD);
    else
        memcpy(&value, bytes, count);
    return value;
}

static bool natural(unsigned count)
{
    return count == 1 || count == 2 || count == 4 || count == 8;
}

/* Up to 8 bytes that lie in one region, in pieces as wide as the device takes them. */
static u64 read_region(AddressSpace *space, const Region *region, PhysAddr address, unsigned count)
{
    u64 value = 0;

    if (!region) {
        LOG(space->log, LOG_BUS, "%s: read of %u bytes at %" PRIX64 ": nothing there", space->name,
            count, address);
        return size_mask(QWORD) >> (64 - 8 * count);
    }
    if (region->memory)
        return load(region->memory->bytes + region->memory_offset + (address - region->base),
                    count);
    for (unsigned done = 0; done < count;) {
        unsigned piece = region->io->widest;

        while (piece > count - done)
            piece /= 2;
        value |= (region->io->read(region->device, (u32)(address - region->base + done), piece) &
                  size_mask(piece))
                 << (8 * done);
        done += piece;
    }
    return value;
}

static void write_region(AddressSpace *space, const Region *region, PhysAddr address,
                         unsigned count, u64 value)
{
    if (!region) {
        LOG(space->log, LOG_BUS, "%s: write of %" PRIX64 " (%u bytes) at %" PRIX64 ": dropped",
            space->name, value, count, address);
        return;
    }
    if (region->memory) {
        u64 offset = region->memory_offset + (address - region->base);

        memcpy(region->memory->bytes + offset, &value, count);
        space_mark_written(space, region->memory, offset, count);
        return;
    }
    for (unsigned done = 0; done < count;) {
        unsigned piece = region->io->widest;

        while (piece > count - done)
            piece /= 2;
        region->io->write(region->device, (u32)(address - region->base + done), piece,
                          value >> (8 * done) & size_mask(piece));
        done += piece;
    }
}

/* How many of `count` bytes from `address` the section holds. */
static unsigned within(const Section *section, PhysAddr address, unsigned count)
{
    u64 left = section->last - address;

    return left < count - 1 ? (unsigned)left + 1 : count;
}

u64 space_read(AddressSpace *space, PhysAddr address, Size size)
{
    u64 value = 0;

    for (unsigned done = 0; done < size;) {
        PhysAddr at = (address + done) & space->last;
        const Section *section = space_find(space, at);
        unsigned count = within(section, at, size - done);

        value |= read_region(space, section->reader, at, count) << (8 * done);
        done += count;
    }
    return value;
}

void space_write(AddressSpace *space, PhysAddr address, Size size, u64 value)
{
    for (unsigned done = 0; done < size;) {
        PhysAddr at = (address + done) & space->last;
        const Section *section = space_find(space, at);
        unsigned count = within(section, at, size - done);
        u64 mask = ~(u64)0 >> (64 - 8 * count);

        write_region(space, section->writer, at, count, value >> (8 * done) & mask);
        done += count;
    }
}

/* The widest natural piece of a block transfer to or from a device at `address`. */
static unsigned block_piece(PhysAddr address, u64 length)
{
    unsigned piece = QWORD;

    while (piece > length || (address & (piece - 1)))
        piece /= 2;
    assert(natural(piece));
    return piece;
}

void space_read_bytes(AddressSpace *space, PhysAddr address, void *bytes, u64 length)
{
    u8 *out = bytes;

    while (length > 0) {
        PhysAddr at = address & space->last;
        const Section *section = space_find(space, at);
        u64 count = section->last - at;

        count = count < length - 1 ? count + 1 : length;
        if (section->reader && section->reader->memory) {
            const Region *region = section->reader;

            memcpy(out, region->memory->bytes + region->memory_offset + (at - region->base), count);
        } else {
            count = block_piece(at, count);
            u64 value = read_region(space, section->reader, at, (unsigned)count);

            memcpy(out, &value, count);
        }
        out += count;
        address += count;
        length -= count;
    }
}

void space_write_bytes(AddressSpace *space, PhysAddr address, const void *bytes, u64 length)
{
    const u8 *in = bytes;

    while (length > 0) {
        PhysAddr at = address & space->last;
        const Section *section = space_find(space, at);
        u64 count = section->last - at;

        count = count < length - 1 ? count + 1 : length;
        if (section->writer && section->writer->memory) {
            const Region *region = section->writer;
            u64 offset = region->memory_offset + (at - region->base);

            memcpy(region->memory->bytes + offset, in, count);
            space_mark_written(space, region->memory, offset, count);
        } else {
            count = block_piece(at, count);
            write_region(space, section->writer, at, (unsigned)count, load(in, (unsigned)count));
        }
        in += count;
        address += count;
        length -= count;
    }
}

void space_write_by_device(AddressSpace *space, const char *device, PhysAddr address,
                           const void *bytes, u64 length)
{
    if (UNLIKELY(space->device_writes))
        space->device_writes(space->watcher, device, address, bytes, length);
    space_write_bytes(space, address, bytes, length);
}

u8 *space_host(AddressSpace *space, PhysAddr address, bool write)
{
    const Section *section = space_find(space, address);
    const Region *region = write ? section->writer : section->reader;
    PhysAddr page = (address & space->last) & ~(PhysAddr)PAGE_MASK;

    /* Only where the whole page is one piece of memory. */
    if (!region || !region->memory || page < section->first || section->last - page < PAGE_MASK)
        return NULL;
    return region->memory->bytes + region->memory_offset + ((address & space->last) - region->base);
}

/* ---- page tracking ---- */

void space_mark_written(AddressSpace *space, Memory *memory, u64 offset, u64 length)
{
    u64 last = (offset + length - 1) >> PAGE_SHIFT;

    for (u64 page = offset >> PAGE_SHIFT; page <= last; page++) {
        if ((memory->pages[page] & PAGE_HOLDS_CODE) && space->code_written) {
            u64 start = page << PAGE_SHIFT, end = start + PAGE_SIZE;

            start = start < offset ? offset : start;
            end = end > offset + length ? offset + length : end;
            space->code_written(space->owner, memory->bytes + start, end - start);
        }
        memory->pages[page] |= PAGE_DIRTY | PAGE_DRAWN;
    }
}

bool memory_clear_flag(Memory *memory, u64 first_page, u64 pages, PageFlags flag)
{
    bool any = false;

    for (u64 page = first_page; page < first_page + pages; page++) {
        any |= (memory->pages[page] & flag) != 0;
        memory->pages[page] &= (u8)~flag;
    }
    return any;
}
