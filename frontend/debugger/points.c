/*
 * Points: the list of them, and what the processor's observer has to look at for their sake.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frontend/debugger/debugger_inside.h"

/* ---- the list ---- */

static bool is_mapped(Debugger *debugger, const PointSpec *spec)
{
    u8 byte;

    if (spec->kind > POINT_ACCESS || spec->address_kind != ADDRESS_LINEAR)
        return true;
    return debugger_read_memory(debugger, spec->address, &byte, 1) == 1;
}

static void free_entry(PointEntry *entry)
{
    expression_free(entry->condition);
    free((char *)(uintptr_t)entry->point.spec.condition);
    free(entry);
}

/* NULL: out of memory. */
static PointEntry *copy_spec(const PointSpec *spec)
{
    PointEntry *entry = calloc(1, sizeof *entry);

    if (!entry)
        return NULL;
    entry->point.spec = *spec;
    entry->point.spec.length = spec->length ? spec->length : 1;
    entry->point.spec.condition = NULL;
    if (!spec->condition || !*spec->condition)
        return entry;
    entry->point.spec.condition = strdup(spec->condition);
    if (entry->point.spec.condition)
        return entry;
    free(entry);
    return NULL;
}

static bool compile_condition(Debugger *debugger, PointEntry *entry, char *error, size_t error_size)
{
    const PointSpec *spec = &entry->point.spec;
    bool is_code = spec->kind == POINT_EXECUTE && spec->address_kind == ADDRESS_LINEAR;
    const ExpressionNames names = {
        .symbols = debugger->symbols,
        .scope = is_code ? spec->address : debugger_linear(debugger, CS, debugger->cpu->rip)};
    const u64 *cr3;

    if (!spec->condition)
        return true;
    cr3 =
        symbols_follow(debugger->symbols, spec->bound ? &spec->address_space : &debugger->cpu->cr3);
    entry->condition = expression_compile(spec->condition, &names, error, error_size);
    symbols_follow(debugger->symbols, cr3);
    return entry->condition != NULL;
}

static void swap_conditions(PointEntry *a, PointEntry *b)
{
    const PointEntry old = *a;

    a->condition = b->condition;
    a->point.spec.condition = b->point.spec.condition;
    b->condition = old.condition;
    b->point.spec.condition = old.point.spec.condition;
}

const Point *debugger_add_point(Debugger *debugger, const PointSpec *spec, char *error,
                                size_t error_size)
{
    PointEntry *entry;

    if (debugger->point_count == MAX_POINTS) {
        snprintf(error, error_size, "there are %d points already; delete some", MAX_POINTS);
        return NULL;
    }
    entry = copy_spec(spec);
    if (!entry) {
        snprintf(error, error_size, "the host is out of memory");
        return NULL;
    }
    if (!compile_condition(debugger, entry, error, error_size)) {
        free_entry(entry);
        return NULL;
    }
    entry->point.number = ++debugger->last_number;
    entry->point.enabled = true;
    entry->point.pending = !is_mapped(debugger, spec);
    debugger->points[debugger->point_count++] = entry;
    return &entry->point;
}

/* A device's write may have been noted, and not decided yet. */
static void forget_hits(Debugger *debugger, const PointEntry *entry)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < debugger->hit_count; i++)
        if (debugger->hits[i].entry != entry)
            debugger->hits[kept++] = debugger->hits[i];
    debugger->hit_count = kept;
}

static void remove_at(Debugger *debugger, unsigned index)
{
    PointEntry *entry = debugger->points[index];

    forget_hits(debugger, entry);

    debugger->point_count--;
    for (unsigned i = index; i < debugger->point_count; i++)
        debugger->points[i] = debugger->points[i + 1];
    if (debugger->stop.point == &entry->point)
        debugger->stop.point = NULL;
    free_entry(entry);
}

static int index_of(const Debugger *debugger, unsigned number)
{
    for (unsigned i = 0; i < debugger->point_count; i++)
        if (debugger->points[i]->point.number == number && !debugger->points[i]->gone)
            return (int)i;
    return -1;
}

bool debugger_remove_point(Debugger *debugger, unsigned number)
{
    int index = index_of(debugger, number);

    if (index >= 0)
        remove_at(debugger, (unsigned)index);
    return index >= 0;
}

bool debugger_enable_point(Debugger *debugger, unsigned number, bool enabled)
{
    int index = index_of(debugger, number);

    if (index >= 0)
        debugger->points[index]->point.enabled = enabled;
    return index >= 0;
}

bool debugger_set_condition(Debugger *debugger, unsigned number, const char *condition, char *error,
                            size_t error_size)
{
    int index = index_of(debugger, number);
    PointEntry *changed;
    PointSpec spec;

    if (index < 0) {
        snprintf(error, error_size, "there is no point number %u", number);
        return false;
    }
    spec = debugger->points[index]->point.spec;
    spec.condition = condition;
    changed = copy_spec(&spec);
    if (!changed || !compile_condition(debugger, changed, error, error_size)) {
        if (changed)
            free_entry(changed);
        else
            snprintf(error, error_size, "the host is out of memory");
        return false;
    }
    swap_conditions(debugger->points[index], changed);
    free_entry(changed);
    return true;
}

bool debugger_set_ignore(Debugger *debugger, unsigned number, u64 ignore)
{
    int index = index_of(debugger, number);

    if (index >= 0)
        debugger->points[index]->point.spec.ignore = ignore;
    return index >= 0;
}

const Point *debugger_points(const Debugger *debugger, unsigned index)
{
    for (unsigned i = 0; i < debugger->point_count; i++)
        if (!debugger->points[i]->gone && index-- == 0)
            return &debugger->points[i]->point;
    return NULL;
}

void points_sweep(Debugger *debugger)
{
    for (unsigned i = debugger->point_count; i-- > 0;)
        if (debugger->points[i]->gone)
            remove_at(debugger, i);
}

void points_destroy(Debugger *debugger)
{
    while (debugger->point_count)
        remove_at(debugger, debugger->point_count - 1);
}

void points_keep_counts(Debugger *debugger)
{
    for (unsigned i = 0; i < debugger->point_count; i++) {
        debugger->points[i]->kept_hits = debugger->points[i]->point.hits;
        debugger->points[i]->kept_ignore = debugger->points[i]->point.spec.ignore;
        debugger->points[i]->point.spec.ignore = 0;
    }
}

void points_restore_counts(Debugger *debugger)
{
    for (unsigned i = 0; i < debugger->point_count; i++) {
        debugger->points[i]->point.hits = debugger->points[i]->kept_hits;
        debugger->points[i]->point.spec.ignore = debugger->points[i]->kept_ignore;
    }
}

/* ---- arming ---- */

static void want_offset(u64 *offsets, u64 address)
{
    offsets[(address & PAGE_MASK) / 64] |= (u64)1 << address % 64;
}

/* A segment's base is not known before it is loaded: as in real mode, flat, or as it is now. */
static void want_logical(const Debugger *debugger, u64 *offsets, const PointSpec *spec)
{
    const Segment *code = &debugger->cpu->segments[CS];

    want_offset(offsets, ((u64)spec->selector << 4) + spec->address);
    want_offset(offsets, spec->address);
    if (code->selector == spec->selector)
        want_offset(offsets, code->base + spec->address);
}

static void arm_code(Debugger *debugger)
{
    u64 wanted[PAGE_SIZE / 64] = {0};

    for (unsigned i = 0; i < debugger->point_count; i++) {
        const Point *point = &debugger->points[i]->point;

        if (!point->enabled || point->spec.kind != POINT_EXECUTE)
            continue;
        if (point->spec.address_kind == ADDRESS_LOGICAL)
            want_logical(debugger, wanted, &point->spec);
        else
            want_offset(wanted, point->spec.address);
    }
    if (debugger->back.set)
        want_offset(wanted, debugger->back.linear);
    for (unsigned i = 0; debugger->back.set && i < debugger->outer_count; i++)
        want_offset(wanted, debugger->outer[i].linear);
    for (u64 i = 0; i < debugger->listener.length && i < PAGE_SIZE; i++)
        want_offset(wanted, debugger->listener.first + i);
    for (unsigned word = 0; word < COUNT_OF(wanted); word++) {
        u64 changed = wanted[word] ^ debugger->observer.offsets[word];

        for (; changed; changed &= changed - 1) {
            unsigned i = (unsigned)__builtin_ctzll(changed);
            cpu_observe_offset(debugger->cpu, word * 64 + i, bit(wanted[word], i));
        }
    }
}

/* Segment bases are applied to data before it is watched, so a logical address is a linear one. */
static WatchedRange watched_range(const PointSpec *spec)
{
    u64 last = spec->address + spec->length - 1;

    return (WatchedRange){.first = spec->address,
                          .last = last < spec->address ? ~(u64)0 : last,
                          .physical = spec->address_kind == ADDRESS_PHYSICAL,
                          .accesses = {spec->kind != POINT_WRITE, spec->kind != POINT_READ}};
}

static bool same_ranges(const WatchedRange *a, const WatchedRange *b, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (a[i].first != b[i].first || a[i].last != b[i].last || a[i].physical != b[i].physical ||
            a[i].accesses[0] != b[i].accesses[0] || a[i].accesses[1] != b[i].accesses[1])
            return false;
    return true;
}

static void arm_data(Debugger *debugger)
{
    WatchedRange ranges[MAX_POINTS];
    bool watches_all = debugger->lint && lint_wants_memory(debugger->lint);
    unsigned count = 0;
    bool writes = false;

    for (unsigned i = 0; i < debugger->point_count; i++) {
        const Point *point = &debugger->points[i]->point;

        if (!point->enabled || !point_is_data(point->spec.kind))
            continue;
        writes |= point->spec.kind != POINT_READ;
        if (!watches_all)
            ranges[count++] = watched_range(&point->spec);
    }
    points_watch_devices(debugger, writes || watches_all);
    if (watches_all)
        ranges[count++] = (WatchedRange){.last = ~(u64)0, .accesses = {true, true}};
    if (count == debugger->cpu->mmu.watched_count && same_ranges(ranges, debugger->watched, count))
        return;
    memcpy(debugger->watched, ranges, count * sizeof *ranges);
    cpu_watch(debugger->cpu, debugger->watched, count);
}

static bool needs_observer(const Debugger *debugger)
{
    const DebuggerListener *listener = &debugger->listener;

    if (debugger->magic || debugger->back.set || debugger->goal != GOAL_CONTINUE ||
        listener->port || listener->event || listener->length || debugger->lint)
        return true;
    for (unsigned i = 0; i < debugger->point_count; i++)
        if (debugger->points[i]->point.enabled &&
            debugger->points[i]->point.spec.kind != POINT_COUNT)
            return true;
    return false;
}

void points_arm(Debugger *debugger)
{
    bool needed = needs_observer(debugger);

    if (!needed && !debugger->cpu->observer)
        return;
    cpu_observe(debugger->cpu, &debugger->observer);
    cpu_observe_magic(debugger->cpu, debugger->magic);
    arm_code(debugger);
    arm_data(debugger);
    if (!needed)
        cpu_observe(debugger->cpu, NULL);
}
