/*
 * What the observer hears while the machine runs: which point it concerns, and whether that is a
 * reason to stop.
 *
 * Of an instruction at a point's address it hears before, and decides at once. The rest happens in
 * the midst of an instruction: it is noted, the processor stops behind it, and points_decide()
 * decides by the state that a condition is meant to see.
 */
#include <stdio.h>

#include "cpu/exception.h"
#include "devices/clock.h"
#include "frontend/debugger/debugger_inside.h"

/* ---- which of them is it? ---- */

static unsigned mode_of(const Cpu *cpu)
{
    enum { REAL, PROTECTED, VM86, COMPATIBILITY, LONG };

    if (cpu_real(cpu))
        return REAL;
    if (cpu_v86(cpu))
        return VM86;
    if (!cpu_long(cpu))
        return PROTECTED;
    return cpu->code_size == 8 ? LONG : COMPATIBILITY;
}

bool points_is_awake(const Debugger *debugger, const Point *point)
{
    return point->enabled &&
           (!point->spec.bound || debugger->cpu->cr3 == point->spec.address_space);
}

/* A condition that cannot be evaluated is a reason to stop: somebody should know. */
static bool condition_holds(Debugger *debugger, const PointEntry *entry)
{
    char error[128];
    u64 value;

    return !entry->condition ||
           !expression_evaluate(entry->condition, debugger->cpu, &value, error, sizeof error) ||
           value != 0;
}

/* It was met: is it to stop? */
static bool counts(Debugger *debugger, PointEntry *entry)
{
    if (!condition_holds(debugger, entry))
        return false;
    entry->point.hits++;
    if (entry->point.spec.ignore == 0)
        return true;
    entry->point.spec.ignore--;
    return false;
}

void points_note(Debugger *debugger, const Hit *hit)
{
    if (debugger->hit_count < MAX_HITS)
        debugger->hits[debugger->hit_count++] = *hit;
    cpu_stop(debugger->cpu);
}

static bool is_here(Debugger *debugger, const PointSpec *spec, u64 linear)
{
    const Cpu *cpu = debugger->cpu;
    Translation translation;

    switch (spec->address_kind) {
    case ADDRESS_PHYSICAL:
        return mmu_peek(&debugger->cpu->mmu, linear, &translation) &&
               (translation.physical | (linear & PAGE_MASK)) == spec->address;
    case ADDRESS_LOGICAL:
        if (!cpu_protected(cpu))
            return linear == (u32)((spec->selector << 4) + spec->address);
        return cpu->segments[CS].selector == spec->selector && cpu->rip == spec->address;
    default:
        return linear == spec->address;
    }
}

static bool is_back(const Debugger *debugger, const ReturnPoint *back, u64 linear)
{
    return back->set && linear == back->linear &&
           (back->room == ~(u64)0 || (debugger_stack(debugger) - back->stack <= back->room &&
                                      debugger->cpu->cpl == back->cpl));
}

static bool outer_is_here(const Debugger *debugger, u64 linear)
{
    for (unsigned i = 0; debugger->back.set && i < debugger->outer_count; i++)
        if (is_back(debugger, &debugger->outer[i], linear))
            return true;
    return false;
}

static PointEntry *execute_point(Debugger *debugger, u64 linear)
{
    PointEntry *found = NULL;

    for (unsigned i = 0; i < debugger->point_count; i++) {
        PointEntry *entry = debugger->points[i];
        const Point *point = &entry->point;

        if (point->spec.kind == POINT_EXECUTE && points_is_awake(debugger, point) &&
            is_here(debugger, &point->spec, linear)) {
            entry->point.pending = false;
            if (counts(debugger, entry) && !found)
                found = entry;
        }
    }
    return found;
}

static bool on_execute(void *owner, u64 linear)
{
    Debugger *debugger = owner;
    PointEntry *found = execute_point(debugger, linear);
    const DebuggerListener *listener = &debugger->listener;

    if (debugger->listening && linear - listener->first < listener->length)
        listener->execute(listener->owner, linear);
    if (found)
        points_note(debugger, &(Hit){.entry = found, .address = linear});
    if (is_back(debugger, &debugger->back, linear))
        debugger->back_reached = true;
    else if (outer_is_here(debugger, linear))
        debugger->outer_reached = true;
    debugger->magic_reached = debugger->magic && steps_is_magic(debugger);
    return found || debugger->back_reached || debugger->outer_reached || debugger->magic_reached;
}

static bool wants_access(const PointSpec *spec, bool write)
{
    return spec->kind == POINT_ACCESS || spec->kind == (write ? POINT_WRITE : POINT_READ);
}

static bool overlap(u64 first, u64 size, u64 other, u64 other_size)
{
    return first - other < other_size || other - first < size;
}

static bool touches(const PointSpec *spec, const ObservedAccess *access)
{
    u64 left = PAGE_SIZE - (access->linear & PAGE_MASK);
    unsigned first = access->size > left ? (unsigned)left : access->size;

    if (spec->address_kind != ADDRESS_PHYSICAL)
        return overlap(access->linear, access->size, spec->address, spec->length);
    return overlap(access->physical[0], first, spec->address, spec->length) ||
           (first < access->size &&
            overlap(access->physical[1], access->size - first, spec->address, spec->length));
}

static void on_access(void *owner, const ObservedAccess *access)
{
    Debugger *debugger = owner;

    if (debugger->listening && debugger->lint)
        lint_access(debugger->lint, access);
    for (unsigned i = 0; i < debugger->point_count; i++) {
        PointEntry *entry = debugger->points[i];
        const Point *point = &entry->point;

        if (point_is_data(point->spec.kind) && wants_access(&point->spec, access->write) &&
            points_is_awake(debugger, point) && touches(&point->spec, access))
            points_note(debugger, &(Hit){.entry = entry,
                                         .address = access->linear,
                                         .size = access->size,
                                         .write = access->write,
                                         .old_value = access->old_value,
                                         .new_value = access->value});
    }
}

/* The clock, in the midst of a block. */
static u64 present(const Debugger *debugger)
{
    const Cpu *cpu = debugger->cpu;

    return cpu->cycles + (u64)(cpu->insn - cpu->counted);
}

static void on_port(void *owner, u16 port, Size size, bool write, u64 value)
{
    Debugger *debugger = owner;
    const DebuggerListener *listener = &debugger->listener;

    if (debugger->listening && listener->port)
        listener->port(listener->owner, present(debugger), port, size, write, value);
    if (debugger->listening && debugger->lint)
        lint_port(debugger->lint, port, write);
    for (unsigned i = 0; i < debugger->point_count; i++) {
        PointEntry *entry = debugger->points[i];
        const Point *point = &entry->point;
        PointKind kind = point->spec.kind;

        if ((kind == POINT_PORT || kind == (write ? POINT_PORT_OUT : POINT_PORT_IN)) &&
            points_is_awake(debugger, point) &&
            overlap(port, size, point->spec.address, point->spec.length))
            points_note(debugger, &(Hit){.entry = entry,
                                         .address = port,
                                         .size = size,
                                         .write = write,
                                         .new_value = value});
    }
}

static void on_event(void *owner, const ObservedEvent *event)
{
    Debugger *debugger = owner;

    if (debugger->listening && debugger->listener.event)
        debugger->listener.event(debugger->listener.owner, present(debugger), event);
    if (debugger->listening && debugger->lint)
        lint_event(debugger->lint, event);
    debugger->interrupted |= event->external;
    for (unsigned i = 0; i < debugger->point_count; i++) {
        PointEntry *entry = debugger->points[i];
        const Point *point = &entry->point;
        bool wanted =
            point->spec.kind == POINT_EXCEPTION
                ? !event->external
                : point->spec.kind == POINT_INTERRUPT && (event->external || event->software);

        if (wanted && points_is_awake(debugger, point) &&
            (point->spec.address == ANY_VECTOR || point->spec.address == event->vector))
            points_note(debugger,
                        &(Hit){.entry = entry,
                               .address = event->vector,
                               .new_value = event->has_error_code ? event->error_code : 0});
    }
}

static bool has_changed(const Debugger *debugger, PointKind kind)
{
    if (kind == POINT_MODE)
        return mode_of(debugger->cpu) != debugger->known.mode;
    if (kind == POINT_PRIVILEGE)
        return debugger->cpu->cpl != debugger->known.cpl;
    return kind == POINT_CR3 && debugger->cr3_loaded;
}

/* In the midst of an instruction that may yet fault: points_decide() looks again. */
static void on_mode(void *owner)
{
    Debugger *debugger = owner;

    for (unsigned i = 0; i < debugger->point_count; i++)
        if (debugger->points[i]->point.enabled &&
            has_changed(debugger, debugger->points[i]->point.spec.kind))
            cpu_stop(debugger->cpu);
}

static void on_cr3(void *owner)
{
    Debugger *debugger = owner;

    debugger->cr3_loaded = true;
    on_mode(owner);
}

const Observer points_observer = {
    .execute = on_execute,
    .access = on_access,
    .port = on_port,
    .event = on_event,
    .mode = on_mode,
    .cr3 = on_cr3,
    .looked = ~(u64)0,
    .repeats = ~(u64)0,
};

/* ---- after a run ---- */

u64 points_next_count(const Debugger *debugger)
{
    u64 next = EVENT_NEVER;

    for (unsigned i = 0; i < debugger->point_count; i++) {
        const Point *point = &debugger->points[i]->point;

        if (point->enabled && point->spec.kind == POINT_COUNT &&
            point->spec.address > machine_cycles(debugger->machine) && point->spec.address < next)
            next = point->spec.address;
    }
    return next;
}

void points_remember(Debugger *debugger)
{
    u64 now = machine_cycles(debugger->machine);

    /* Between two runs an idle machine's clock goes on. */
    debugger->known = (Known){.mode = mode_of(debugger->cpu),
                              .cpl = debugger->cpu->cpl,
                              .cycles = debugger->decided_at < now ? debugger->decided_at : now};
    debugger->cr3_loaded = false;
}

static void describe(const Debugger *debugger, const Hit *hit, char *text, size_t size)
{
    static const char *const modes[] = {"real mode", "protected mode", "virtual-8086 mode",
                                        "compatibility mode", "64-bit mode"};
    const Cpu *cpu = debugger->cpu;
    unsigned long long address = hit->address, old = hit->old_value, new = hit->new_value;
    unsigned number = hit->entry->point.number;

    switch (hit->entry->point.spec.kind) {
    case POINT_EXECUTE:
        snprintf(text, size, "breakpoint %u, at %04X:%08llX", number, cpu->segments[CS].selector,
                 (unsigned long long)cpu->rip);
        break;
    case POINT_READ:
    case POINT_WRITE:
    case POINT_ACCESS:
        if (hit->device)
            snprintf(text, size,
                     "watchpoint %u: DMA (%s) wrote %u bytes at %08llX: %llX, where %llX was",
                     number, hit->device, hit->size, address, new, old);
        else if (hit->write)
            snprintf(text, size,
                     "watchpoint %u: %u bytes were written at %08llX: %llX, where %llX was", number,
                     hit->size, address, new, old);
        else
            snprintf(text, size, "watchpoint %u: %u bytes were read at %08llX: %llX", number,
                     hit->size, address, new);
        break;
    case POINT_PORT_IN:
    case POINT_PORT_OUT:
    case POINT_PORT:
        snprintf(text, size, "catchpoint %u: %llXh %s port %llXh (%u bytes)", number, new,
                 hit->write ? "was written to" : "was read from", address, hit->size);
        break;
    case POINT_EXCEPTION:
        snprintf(text, size, "catchpoint %u: exception %llXh %s, error code %llX, at its handler",
                 number, address, exception_name(address), new);
        break;
    case POINT_INTERRUPT:
        snprintf(text, size, "catchpoint %u: interrupt %llXh, at its handler", number, address);
        break;
    case POINT_MODE:
        snprintf(text, size, "catchpoint %u: from %s to %s", number, modes[debugger->known.mode],
                 modes[mode_of(cpu)]);
        break;
    case POINT_PRIVILEGE:
        snprintf(text, size, "catchpoint %u: from privilege level %u to %u", number,
                 debugger->known.cpl, cpu->cpl);
        break;
    case POINT_CR3:
        snprintf(text, size, "catchpoint %u: CR3 is %llX", number, (unsigned long long)cpu->cr3);
        break;
    case POINT_COUNT:
        snprintf(text, size, "catchpoint %u: count %llu", number,
                 (unsigned long long)machine_cycles(debugger->machine));
        break;
    }
}

static void stop_at(Debugger *debugger, const Hit *hit)
{
    char text[sizeof debugger->stop.text];

    describe(debugger, hit, text, sizeof text);
    debugger_stop_for(debugger, STOP_POINT, "%s", text);
    debugger->stop.point = &hit->entry->point;
    debugger->stop.address = hit->address;
    debugger->stop.size = hit->size;
    debugger->stop.write = hit->write;
    debugger->stop.device = hit->device;
    debugger->stop.old_value = hit->old_value;
    debugger->stop.new_value = hit->new_value;
    if (hit->entry->point.spec.one_shot && !debugger->scanning) {
        hit->entry->point.enabled = false;
        hit->entry->gone = true;
    }
}

/* Changes of the processor's state, and of the clock. */
static bool is_met(const Debugger *debugger, const Point *point)
{
    u64 now = machine_cycles(debugger->machine);

    if (!points_is_awake(debugger, point))
        return false;
    if (point->spec.kind == POINT_COUNT)
        return debugger->known.cycles < point->spec.address && point->spec.address <= now;
    return has_changed(debugger, point->spec.kind);
}

bool points_decide(Debugger *debugger)
{
    const Hit *first = NULL;
    Hit met = {0};

    for (unsigned i = 0; i < debugger->hit_count; i++) {
        Hit *hit = &debugger->hits[i];

        if ((hit->entry->point.spec.kind == POINT_EXECUTE || counts(debugger, hit->entry)) &&
            !first)
            first = hit;
    }
    debugger->decided_at = machine_cycles(debugger->machine);
    debugger->hit_count = 0;
    for (unsigned i = 0; i < debugger->point_count; i++) {
        PointEntry *entry = debugger->points[i];
        const Point *point = &entry->point;

        if (is_met(debugger, point) && counts(debugger, entry) && !first) {
            met = (Hit){.entry = entry};
            first = &met;
        }
    }
    if (first)
        stop_at(debugger, first);
    return first != NULL;
}

bool points_at(Debugger *debugger)
{
    u64 linear = debugger_linear(debugger, CS, debugger->cpu->rip);
    bool repeats = debugger->observer.repeats == machine_cycles(debugger->machine);
    PointEntry *found = repeats ? NULL : execute_point(debugger, linear);
    const DebuggerListener *listener = &debugger->listener;

    if (debugger->listening && linear - listener->first < listener->length)
        listener->execute(listener->owner, linear);
    if (found)
        stop_at(debugger, &(Hit){.entry = found, .address = linear});
    return found != NULL;
}
