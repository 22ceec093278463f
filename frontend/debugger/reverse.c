/*
 * Backwards: to a clock, to the last hit of a point, to the last writer of a byte. Steps are in
 * reverse_steps.c.
 */
#include "frontend/debugger/reverse.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frontend/debugger/reverse_inside.h"

bool reverse_possible(const Debugger *debugger, char *error, size_t error_size)
{
    if (debugger->timeline)
        return true;
    snprintf(error, error_size,
             "the machine has no timeline to go back in: it was started with -timeline off or "
             "-engine lockstep");
    return false;
}

void reverse_arrive(Debugger *debugger, u64 cycles)
{
    Timeline *timeline = debugger->timeline;

    search_goto(debugger, cycles);
    if (cycles <= timeline_begin(timeline))
        debugger_stop_for(debugger, STOP_HISTORY_BEGIN, "the beginning of history, count %" PRIu64,
                          cycles);
    else
        debugger_stop_for(debugger, STOP_STEP, "at %04X:%08" PRIX64 ", count %" PRIu64,
                          debugger->cpu->segments[CS].selector, debugger->cpu->rip, cycles);
}

bool reverse_goto(Debugger *debugger, u64 cycles, char *error, size_t error_size)
{
    Timeline *timeline = debugger->timeline;

    if (!reverse_possible(debugger, error, error_size))
        return false;
    if (cycles < timeline_begin(timeline) || cycles > timeline_head(timeline)) {
        snprintf(error, error_size,
                 "history goes from count %" PRIu64 " to %" PRIu64 "; to see what comes later, let "
                 "the machine run",
                 timeline_begin(timeline), timeline_head(timeline));
        return false;
    }
    reverse_arrive(debugger, cycles);
    return true;
}

/* ---- points ---- */

/* Goes to where a point stopped the search, and stops there for the same reason. */
static void arrive_at_stop(Debugger *debugger, const Stop *stop)
{
    search_goto(debugger, stop->cycles);
    debugger_stop_for(debugger, stop->reason, "%s", stop->text);
    debugger->stop.point = stop->point;
    debugger->stop.address = stop->address;
    debugger->stop.size = stop->size;
    debugger->stop.write = stop->write;
    debugger->stop.device = stop->device;
    debugger->stop.old_value = stop->old_value;
    debugger->stop.new_value = stop->new_value;
}

bool reverse_continue(Debugger *debugger, char *error, size_t error_size)
{
    Search search = {.debugger = debugger, .look = search_for_points};

    if (!reverse_possible(debugger, error, error_size))
        return false;
    search.origin = machine_cycles(debugger->machine);
    if ((debugger->point_count > 0 || debugger->magic) && search_back(&search))
        arrive_at_stop(debugger, &search.stop);
    else
        reverse_arrive(debugger, timeline_begin(debugger->timeline));
    return true;
}

/* ---- the last writer ---- */

typedef struct WriterSearch {
    Search search;
    u64 physical, length;
    u8 bytes[8]; /* as they are at the end of the piece that is looked at */
    bool by_device;
    u64 device_to;
} WriterSearch;

/* Only where one of its pages was written. */
static bool untouched(const Search *search, unsigned index)
{
    const WriterSearch *writer = (const WriterSearch *)search;
    u64 last = writer->physical + writer->length - 1;

    for (u64 page = writer->physical >> PAGE_SHIFT; page <= last >> PAGE_SHIFT; page++)
        if (timeline_page_written(search->debugger->timeline, index, page << PAGE_SHIFT))
            return false;
    return true;
}

static bool same_bytes(const WriterSearch *writer)
{
    u8 bytes[sizeof writer->bytes];
    size_t length = writer->length < sizeof bytes ? writer->length : sizeof bytes;

    return debugger_read_physical(writer->search.debugger, writer->physical, bytes, length) !=
               length ||
           memcmp(bytes, writer->bytes, length) == 0;
}

/* No instruction wrote them in this piece, yet they were others before it: a device did, during the
 * last cycle before which they were. */
static void find_device(WriterSearch *writer, u64 from, u64 end)
{
    while (end - from > 1) {
        u64 middle = from + (end - from) / 2;

        search_goto(writer->search.debugger, middle);
        if (same_bytes(writer))
            end = middle;
        else
            from = middle;
    }
    writer->by_device = true;
    writer->device_to = end;
}

static void keep_bytes(WriterSearch *writer)
{
    debugger_read_physical(writer->search.debugger, writer->physical, writer->bytes,
                           writer->length < sizeof writer->bytes ? writer->length
                                                                 : sizeof writer->bytes);
}

/* Looks for an instruction, and then whether a device came after it. */
static bool look_for_writer(Search *search, u64 end)
{
    WriterSearch *writer = (WriterSearch *)search;
    u64 from = machine_cycles(search->debugger->machine);
    bool found = search_for_points(search, end), same;

    search_goto(search->debugger, end);
    keep_bytes(writer);
    if (found)
        from = search->stop.cycles;
    search_goto(search->debugger, from);
    same = same_bytes(writer);
    if (!same)
        find_device(writer, from, end);
    return found || !same;
}

/* With this point and no other. */
static bool search_writer(WriterSearch *writer, char *error, size_t error_size)
{
    Debugger *debugger = writer->search.debugger;
    const PointSpec spec = {.kind = POINT_WRITE,
                            .address_kind = ADDRESS_PHYSICAL,
                            .address = writer->physical,
                            .length = writer->length};
    bool enabled[MAX_POINTS] = {false}, magic = debugger->magic, found;
    const Point *point;

    debugger->magic = false;
    for (unsigned i = 0; i < debugger->point_count; i++) {
        enabled[i] = debugger->points[i]->point.enabled;
        debugger->points[i]->point.enabled = false;
    }
    point = debugger_add_point(debugger, &spec, error, error_size);
    found = point && search_back(&writer->search);
    if (point) {
        debugger_remove_point(debugger, point->number);
        debugger->last_number--;
    }
    for (unsigned i = 0; i < debugger->point_count; i++)
        debugger->points[i]->point.enabled = enabled[i];
    debugger->magic = magic;
    if (point && !found)
        snprintf(error, error_size, "nothing has written there since history begins");
    return found;
}

bool reverse_last_writer(Debugger *debugger, AddressKind kind, u64 address, u64 length, char *error,
                         size_t error_size)
{
    WriterSearch writer = {.search = {.debugger = debugger,
                                      .look = look_for_writer,
                                      .inclusive = true,
                                      .rules_out = untouched},
                           .physical = address,
                           .length = length ? length : 1};
    Translation translation;
    Stop *stop = &writer.search.stop;
    u64 now = machine_cycles(debugger->machine);

    if (!reverse_possible(debugger, error, error_size))
        return false;
    if (kind != ADDRESS_PHYSICAL) {
        if (!mmu_peek(&debugger->cpu->mmu, address, &translation)) {
            snprintf(error, error_size, "%08" PRIX64 " is not mapped now", address);
            return false;
        }
        writer.physical = translation.physical | (address & PAGE_MASK);
    }
    writer.search.origin = now;
    if (!search_writer(&writer, error, error_size)) {
        search_goto(debugger, now);
        return false;
    }
    if (writer.by_device) {
        reverse_arrive(debugger, writer.device_to);
        snprintf(debugger->stop.text, sizeof debugger->stop.text,
                 "a device wrote at physical %08" PRIX64 " at count %" PRIu64, writer.physical,
                 writer.device_to);
        return true;
    }
    stop->point = NULL;
    stop->reason = STOP_STEP;
    snprintf(stop->text, sizeof stop->text,
             "the last write%s%s%s: %u bytes at %08" PRIX64 ": %" PRIX64 ", where %" PRIX64
             " was; count %" PRIu64,
             stop->device ? ", by DMA (" : "", stop->device ? stop->device : "",
             stop->device ? ")" : "", stop->size, stop->address, stop->new_value, stop->old_value,
             stop->cycles);
    arrive_at_stop(debugger, stop);
    return true;
}
