/*
 * Watchpoints and DMA: a device's transfer writes to memory past the processor, between two
 * instructions or during one that started it.
 *
 * Not implemented: a range of linear addresses is looked up in the page tables at hand, so a point
 * of another address space is not met, and only its first 4 MiB are.
 */
#include "frontend/debugger/debugger_inside.h"

#include <string.h>

enum { PAGES_LOOKED_UP = 1024 };

typedef struct Transfer {
    const char *device;
    u64 address, length;
    const u8 *bytes;
} Transfer;

/* What [first, first + length), physical, has in common with the transfer is a hit at `linear`. */
static bool note_overlap(Debugger *debugger, PointEntry *entry, const Transfer *transfer, u64 first,
                         u64 length, u64 linear)
{
    u64 begin = first > transfer->address ? first : transfer->address;
    u64 end = first + length < transfer->address + transfer->length
                  ? first + length
                  : transfer->address + transfer->length;
    unsigned shown;
    Hit hit = {.entry = entry, .write = true, .device = transfer->device};

    if (begin >= end)
        return false;
    shown = end - begin < QWORD ? (unsigned)(end - begin) : QWORD;
    hit.address = linear + (begin - first);
    hit.size = (unsigned)(end - begin);
    debugger_read_physical(debugger, begin, &hit.old_value, shown);
    memcpy(&hit.new_value, transfer->bytes + (begin - transfer->address), shown);
    points_note(debugger, &hit);
    return true;
}

/* Page by page, as they are mapped. */
static void look_up(Debugger *debugger, PointEntry *entry, const Transfer *transfer)
{
    const PointSpec *spec = &entry->point.spec;
    u64 linear = spec->address, left = spec->length;
    Translation translation;

    for (unsigned i = 0; i < PAGES_LOOKED_UP && left; i++) {
        u64 piece = PAGE_SIZE - (linear & PAGE_MASK);

        piece = piece < left ? piece : left;
        if (mmu_peek(&debugger->cpu->mmu, linear, &translation) &&
            note_overlap(debugger, entry, transfer, translation.physical | (linear & PAGE_MASK),
                         piece, linear))
            return;
        linear += piece;
        left -= piece;
    }
}

static void on_device_write(void *owner, const char *device, PhysAddr address, const u8 *bytes,
                            u64 length)
{
    const Transfer transfer = {device, address, length, bytes};
    Debugger *debugger = owner;

    /* While somebody else goes through the past nobody is to be stopped. */
    if (debugger->cpu->observer != &debugger->observer)
        return;
    if (debugger->lint)
        lint_device_write(debugger->lint, address, length);
    for (unsigned i = 0; i < debugger->point_count; i++) {
        PointEntry *entry = debugger->points[i];
        const PointSpec *spec = &entry->point.spec;

        if ((spec->kind != POINT_WRITE && spec->kind != POINT_ACCESS) ||
            !points_is_awake(debugger, &entry->point))
            continue;
        if (spec->address_kind == ADDRESS_PHYSICAL)
            note_overlap(debugger, entry, &transfer, spec->address, spec->length, spec->address);
        else
            look_up(debugger, entry, &transfer);
    }
}

void points_watch_devices(Debugger *debugger, bool wanted)
{
    AddressSpace *memory = machine_memory(debugger->machine);

    memory->device_writes = wanted ? on_device_write : NULL;
    memory->watcher = debugger;
}
