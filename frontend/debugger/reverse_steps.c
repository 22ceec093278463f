/*
 * Steps backwards. A step undoes what a step forwards does, so what lies between two instructions
 * of one program, an interrupt's handler or a called function, is recognised by how it ended: with
 * a return to where we are. Where it began is looked for in a replay.
 */
#include "frontend/debugger/reverse.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cpu/decode.h"
#include "frontend/debugger/reverse_inside.h"

enum { DELIVERIES = 64, FARTHEST = 200000000 };

/* Where a program is: equal before an interrupt and after its handler. */
typedef struct Spot {
    u64 cycles, rip, linear, stack, cr3;
    u8 cpl;
    bool halted;
} Spot;

static Spot place_now(const Debugger *debugger)
{
    const Cpu *cpu = debugger->cpu;

    return (Spot){.cycles = machine_cycles(debugger->machine),
                  .rip = cpu->rip,
                  .linear = debugger_linear(debugger, CS, cpu->rip),
                  .stack = debugger_stack(debugger),
                  .cr3 = cpu->cr3,
                  .cpl = cpu->cpl,
                  .halted = cpu->attention & ATTEND_HALT};
}

static bool same_place(const Spot *a, const Spot *b)
{
    return a->linear == b->linear && a->stack == b->stack && a->cr3 == b->cr3 && a->cpl == b->cpl;
}

static bool decode_at(Debugger *debugger, u64 linear, Insn *insn)
{
    const Cpu *cpu = debugger->cpu;
    DecodeMode mode = {.code_size = cpu->code_size, .protected_mode = cpu_protected(cpu)};
    u8 bytes[INSN_MAX_LENGTH];
    size_t count = debugger_read_memory(debugger, linear, bytes, sizeof bytes);

    return decode(cpu, mode, bytes, (unsigned)count, insn) == DECODE_OK;
}

static void observe_at(Observer *observer, u64 linear)
{
    observer->offsets[(linear & PAGE_MASK) / 64] |= (u64)1 << linear % 64;
}

/* ---- interrupts ---- */

/* An event whose handler returns to where the program is. */
typedef struct Delivery {
    u64 cycles; /* before it */
    bool external;
} Delivery;

typedef struct DeliverySearch {
    Search search;
    Spot after;
    Delivery latest[DELIVERIES];
    unsigned count;
    bool came_back; /* the program was there before */
    Delivery found;
} DeliverySearch;

static void on_delivery(void *owner, const ObservedEvent *event)
{
    DeliverySearch *search = owner;
    const Cpu *cpu = search->search.debugger->cpu;
    u64 now = cpu->cycles + (u64)(cpu->insn - cpu->counted);

    /* The delivery itself is a cycle, unless an instruction asked for it. */
    if (event->return_rip == search->after.rip)
        search->latest[search->count++ % DELIVERIES] =
            (Delivery){event->software ? now : now - 1, event->external};
}

static bool on_arrival(void *owner, u64 linear)
{
    DeliverySearch *search = owner;
    Spot here = place_now(search->search.debugger);

    (void)linear;
    search->came_back |= same_place(&here, &search->after);
    return false;
}

/* Is this the one whose handler has returned just now, and not before? */
static bool matches(DeliverySearch *search, const Delivery *delivery)
{
    Debugger *debugger = search->search.debugger;
    Observer observer = search_observer(search);
    Spot before;

    search_goto(debugger, delivery->cycles);
    before = place_now(debugger);
    if (!delivery->external)
        before.linear = search->after.linear; /* INT lies before it */
    if (!same_place(&before, &search->after))
        return false;
    observer.execute = on_arrival;
    observer.looked = delivery->cycles;
    observe_at(&observer, search->after.linear);
    search->came_back = false;
    search_run(debugger, &observer, search->after.cycles);
    return !search->came_back;
}

static bool look_for_delivery(Search *base, u64 end)
{
    DeliverySearch *search = (DeliverySearch *)base;
    Observer observer = search_observer(search);

    observer.event = on_delivery;
    search->count = 0;
    search_run(base->debugger, &observer, end);
    for (unsigned i = 0; i < DELIVERIES && i < search->count; i++) {
        search->found = search->latest[(search->count - 1 - i) % DELIVERIES];
        if (matches(search, &search->found))
            return true;
    }
    return false;
}

/* The machine is before an instruction that leads to `after`. If that was the end of an interrupt's
 * handler: the clock at which it was delivered. */
static bool was_interrupt(Debugger *debugger, const Spot *after, u64 *delivery)
{
    DeliverySearch search = {.search = {.debugger = debugger,
                                        .look = look_for_delivery,
                                        .origin = after->cycles - 1,
                                        .most = FARTHEST},
                             .after = *after};
    u64 now = machine_cycles(debugger->machine);
    Insn insn;

    if (!decode_at(debugger, debugger_linear(debugger, CS, debugger->cpu->rip), &insn) ||
        opcode_rows[insn.row].name != INSN_IRET)
        return false;
    if (search_back(&search.search) && search.found.external) {
        *delivery = search.found.cycles;
        return true;
    }
    search_goto(debugger, now);
    return false;
}

/* ---- halts ---- */

static bool halted_at(Debugger *debugger, u64 cycles, u64 linear)
{
    Spot place;

    search_goto(debugger, cycles);
    place = place_now(debugger);
    return place.halted && place.linear == linear;
}

/* The first clock of a halt that lasts at `cycles`. */
static u64 halt_began(Debugger *debugger, u64 cycles, u64 linear)
{
    u64 begin = timeline_begin(debugger->timeline), running = begin, distance = 1;

    while (cycles - begin > distance && halted_at(debugger, cycles - distance, linear)) {
        cycles -= distance;
        distance *= 2;
    }
    if (cycles - begin > distance)
        running = cycles - distance;
    while (cycles - running > 1) {
        u64 middle = running + (cycles - running) / 2;

        if (halted_at(debugger, middle, linear))
            cycles = middle;
        else
            running = middle;
    }
    return cycles;
}

/* ---- one step ---- */

/* From `*place` to the one before it; false at the beginning of history. */
static bool step_back(Debugger *debugger, Spot *place)
{
    Spot after = *place;
    u64 delivery;

    for (;;) {
        if (after.cycles <= timeline_begin(debugger->timeline))
            return false;
        search_goto(debugger, after.cycles - 1);
        *place = place_now(debugger);
        if (place->halted) {
            if (place->linear != after.linear)
                return true; /* before the interrupt that ended a halt */
            after = *place;
            after.cycles = halt_began(debugger, place->cycles, place->linear);
        } else if (!debugger->into_interrupts && was_interrupt(debugger, &after, &delivery)) {
            after.cycles = delivery;
        } else {
            search_goto(debugger, after.cycles - 1);
            return true;
        }
    }
}

bool reverse_step(Debugger *debugger, u64 count, char *error, size_t error_size)
{
    Spot place = place_now(debugger);

    if (!reverse_possible(debugger, error, error_size))
        return false;
    while (count > 0 && step_back(debugger, &place))
        count--;
    reverse_arrive(debugger, count ? timeline_begin(debugger->timeline) : place.cycles);
    return true;
}

/* ---- calls ---- */

/* The last time that one of these instructions began with this stack. */
typedef struct CallSearch {
    Search search;
    u64 calls[INSN_MAX_LENGTH];
    unsigned count;
    u64 stack;
    u8 cpl;
    bool hit;
    u64 found;
} CallSearch;

static bool on_call(void *owner, u64 linear)
{
    CallSearch *search = owner;
    Spot here = place_now(search->search.debugger);

    for (unsigned i = 0; i < search->count; i++)
        if (linear == search->calls[i] && here.stack == search->stack && here.cpl == search->cpl) {
            search->found = here.cycles;
            search->hit = true;
        }
    return false;
}

static bool look_for_call(Search *base, u64 end)
{
    CallSearch *search = (CallSearch *)base;
    Observer observer = search_observer(search);

    observer.execute = on_call;
    for (unsigned i = 0; i < search->count; i++)
        observe_at(&observer, search->calls[i]);
    search_run(base->debugger, &observer, end);
    return search->hit;
}

/* Instructions that come back to `linear`: those that end there. */
static void find_calls(Debugger *debugger, u64 linear, CallSearch *search)
{
    Insn insn;

    for (u64 length = 1; length <= INSN_MAX_LENGTH; length++)
        if (decode_at(debugger, linear - length, &insn) && insn.length == length &&
            steps_comes_back(&insn))
            search->calls[search->count++] = linear - length;
}

/* What a return dropped from the stack besides its address. */
static u64 dropped(const Insn *insn)
{
    InsnName name = opcode_rows[insn->row].name;

    return (name == INSN_RET || name == INSN_RETF) && insn->operands[0].kind == OPERAND_IMMEDIATE
               ? insn->immediate & 0xFFFF
               : 0;
}

/* From before the instruction that has led to `after` to before the call that it returned from, or
 * before the first iteration of a repeated string instruction. */
static void over_call(Debugger *debugger, const Spot *after, Spot *place)
{
    CallSearch search = {.search = {.debugger = debugger,
                                    .look = look_for_call,
                                    .origin = place->cycles,
                                    .most = FARTHEST},
                         .stack = after->stack,
                         .cpl = after->cpl};
    Insn insn;

    if (!decode_at(debugger, place->linear, &insn))
        return;
    if (steps_is_return(&insn)) {
        search.stack -= dropped(&insn);
        search_goto(debugger, after->cycles);
        find_calls(debugger, after->linear, &search);
    } else if (steps_is_repeated(&insn)) {
        search.search.origin = after->cycles;
        search.calls[search.count++] = place->linear;
    }
    if (search.count && search_back(&search.search)) {
        search_goto(debugger, search.found);
        *place = place_now(debugger);
    }
}

bool reverse_next(Debugger *debugger, u64 count, char *error, size_t error_size)
{
    Spot place = place_now(debugger);

    if (!reverse_possible(debugger, error, error_size))
        return false;
    for (; count > 0; count--) {
        Spot after = place;

        if (!step_back(debugger, &place))
            break;
        over_call(debugger, &after, &place);
    }
    reverse_arrive(debugger, count ? timeline_begin(debugger->timeline) : place.cycles);
    return true;
}

/* ---- the function's call ---- */

enum { STACK_WORDS = 256, CANDIDATES = 64, CALL_LONGEST = 8, ARGUMENTS = 1024 };

/* A word on the stack that may be the return address of a call. */
typedef struct Candidate {
    u64 above; /* the stack pointer before it */
    u64 call, back;
    u64 called; /* the clock of the call that is not over; 0: there is none */
} Candidate;

typedef struct CallerSearch {
    Debugger *debugger;
    Candidate candidates[CANDIDATES];
    unsigned count;
} CallerSearch;

/* Code of 16 bits may push addresses of 32. */
static void add_candidates(CallerSearch *search, u64 slot, u64 value)
{
    Debugger *debugger = search->debugger;
    Insn insn;

    for (u64 size = WORD; size <= QWORD; size *= 2) {
        u64 back = debugger_linear(debugger, CS, value & size_mask((Size)size));

        for (u64 length = 2; length <= CALL_LONGEST && search->count < CANDIDATES; length++)
            if (decode_at(debugger, back - length, &insn) && insn.length == length &&
                insn.size == size &&
                (opcode_rows[insn.row].name == INSN_CALL ||
                 opcode_rows[insn.row].name == INSN_CALLF))
                search->candidates[search->count++] =
                    (Candidate){.above = slot + size, .call = back - length, .back = back};
    }
}

static void scan_stack(CallerSearch *search)
{
    Debugger *debugger = search->debugger;
    u64 stack = debugger_stack(debugger);

    for (unsigned i = 0; i < STACK_WORDS; i++) {
        u64 slot = stack + i * debugger->cpu->code_size, value = 0;

        if (!debugger_read_memory(debugger, slot, &value, sizeof value))
            break;
        add_candidates(search, slot, value);
    }
}

static bool on_call_or_return(void *owner, u64 linear)
{
    CallerSearch *search = owner;
    Spot here = place_now(search->debugger);

    for (unsigned i = 0; i < search->count; i++) {
        Candidate *candidate = &search->candidates[i];
        if (linear == candidate->call && here.stack == candidate->above)
            candidate->called = here.cycles;
        else if (linear == candidate->back && here.stack >= candidate->above &&
                 here.stack <= candidate->above + ARGUMENTS)
            candidate->called = 0;
    }
    return false;
}

/* The innermost call in the last `distance` cycles that is not over at `origin`; 0: there is none.
 */
static u64 call_within(CallerSearch *search, u64 origin, u64 distance)
{
    Observer observer = search_observer(search);
    u64 begin = timeline_begin(search->debugger->timeline);

    observer.execute = on_call_or_return;
    for (unsigned i = 0; i < search->count; i++) {
        search->candidates[i].called = 0;
        observe_at(&observer, search->candidates[i].call);
        observe_at(&observer, search->candidates[i].back);
    }
    search_goto(search->debugger, origin - begin > distance ? origin - distance : begin);
    search_run(search->debugger, &observer, origin);
    for (unsigned i = 0; i < search->count; i++)
        if (search->candidates[i].called)
            return search->candidates[i].called;
    return 0;
}

bool reverse_finish(Debugger *debugger, char *error, size_t error_size)
{
    CallerSearch search = {.debugger = debugger};
    u64 now = machine_cycles(debugger->machine), call = 0;

    if (!reverse_possible(debugger, error, error_size))
        return false;
    scan_stack(&search);
    for (u64 distance = 20000; search.count && !call && distance <= FARTHEST; distance *= 100)
        call = call_within(&search, now, distance);
    if (!call) {
        search_goto(debugger, now);
        snprintf(error, error_size, "no call is found on the stack that has not returned yet");
        return false;
    }
    reverse_arrive(debugger, call);
    return true;
}
