/*
 * The debugger: its state, and what it asks the machine for.
 */
#include "frontend/debugger/debugger_inside.h"
#include "frontend/debugger/registers.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Debugger *debugger_create(Machine *machine)
{
    Debugger *debugger = calloc(1, sizeof *debugger);

    if (!debugger)
        return NULL;
    debugger->symbols = symbols_create();
    if (!debugger->symbols) {
        free(debugger);
        return NULL;
    }
    debugger->machine = machine;
    debugger->cpu = machine_cpu(machine, 0);
    symbols_follow(debugger->symbols, &debugger->cpu->cr3);
    debugger->at_triple_fault = true;
    debugger->end_at = ~(u64)0;
    debugger->observer = points_observer;
    debugger->observer.owner = debugger;
    return debugger;
}

void debugger_destroy(Debugger *debugger)
{
    if (!debugger)
        return;
    cpu_observe(debugger->cpu, NULL);
    cpu_watch(debugger->cpu, NULL, 0);
    points_watch_devices(debugger, false);
    points_destroy(debugger);
    symbols_destroy(debugger->symbols);
    free(debugger);
}

Machine *debugger_machine(Debugger *debugger)
{
    return debugger->machine;
}

void debugger_use_lint(Debugger *debugger, Lint *lint)
{
    debugger->lint = lint;
}

Symbols *debugger_symbols(Debugger *debugger)
{
    return debugger->symbols;
}

void debugger_use_timeline(Debugger *debugger, struct Timeline *timeline)
{
    debugger->timeline = timeline;
}

struct Timeline *debugger_timeline(Debugger *debugger)
{
    return debugger->timeline;
}

void debugger_attach(Debugger *debugger)
{
    debugger->faces++;
}

bool debugger_is_attached(const Debugger *debugger)
{
    return debugger->faces > 0;
}

void debugger_detach(Debugger *debugger)
{
    assert(debugger->faces > 0);
    if (--debugger->faces == 0 && debugger->stop.reason != STOP_NONE)
        debugger_continue(debugger);
}

/* ---- stopping ---- */

void debugger_stop_for(Debugger *debugger, StopReason reason, const char *format, ...)
{
    va_list arguments;

    debugger->stop = (Stop){.reason = reason, .cycles = machine_cycles(debugger->machine)};
    debugger->decided_at = debugger->stop.cycles;
    debugger->end_at = ~(u64)0;
    va_start(arguments, format);
    vsnprintf(debugger->stop.text, sizeof debugger->stop.text, format, arguments);
    va_end(arguments);
    debugger->stop_count++;
    debugger->goal = GOAL_CONTINUE;
    debugger->back.set = false;
}

const Stop *debugger_stop(const Debugger *debugger)
{
    return &debugger->stop;
}

unsigned debugger_stop_count(const Debugger *debugger)
{
    return debugger->stop_count;
}

void debugger_set_magic(Debugger *debugger, bool enabled)
{
    debugger->magic = enabled;
}

void debugger_stop_at_triple_fault(Debugger *debugger, bool enabled)
{
    debugger->at_triple_fault = enabled;
}

void debugger_stop_at_reset(Debugger *debugger, bool enabled)
{
    debugger->at_reset = enabled;
}

void debugger_stop_at_exit(Debugger *debugger, bool enabled)
{
    debugger->at_exit = enabled;
}

/* In words; the faces tell the place. */
static void stop_at_end(Debugger *debugger, RunResult result)
{
    if (result == RUN_RESET)
        debugger_stop_for(debugger, STOP_RESET, "the guest resets the machine");
    else if (result == RUN_POWER_OFF)
        debugger_stop_for(debugger, STOP_POWER_OFF, "the guest has switched the machine off");
    else if (result == RUN_DEBUG_EXIT)
        debugger_stop_for(debugger, STOP_DEBUG_EXIT,
                          "the guest leaves by isa-debug-exit, with status %d",
                          machine_exit_code(debugger->machine) & 0xFF);
    debugger->end_at = machine_cycles(debugger->machine);
}

void debugger_ended(Debugger *debugger, RunResult result)
{
    if (debugger->faces && debugger->stop.reason == STOP_NONE &&
        debugger->end_at != machine_cycles(debugger->machine))
        stop_at_end(debugger, result);
}

/* Once: who lets it go on wants what follows. */
static bool stops_at(const Debugger *debugger, RunResult result)
{
    bool wanted = result == RUN_RESET
                      ? debugger->at_reset
                      : (result == RUN_POWER_OFF || result == RUN_DEBUG_EXIT) && debugger->at_exit;

    return wanted && debugger->faces && debugger->end_at != machine_cycles(debugger->machine);
}

void debugger_pause(Debugger *debugger)
{
    if (debugger->stop.reason == STOP_NONE)
        debugger_stop_for(debugger, STOP_ASKED, "stopped");
}

/* ---- running ---- */

/* The instruction at hand has been seen: it is no reason to stop again. */
static void set_goal(Debugger *debugger, Goal goal)
{
    debugger->stop = (Stop){0};
    if (!debugger->scanning)
        points_sweep(debugger);
    debugger->goal = goal;
    debugger->back.set = debugger->in_line = debugger->entering = debugger->out_tried = false;
    debugger->observer.looked = machine_cycles(debugger->machine);
}

void debugger_continue(Debugger *debugger)
{
    set_goal(debugger, GOAL_CONTINUE);
}

void debugger_step(Debugger *debugger, StepKind kind, u64 count)
{
    static const struct {
        Goal goal;
        bool over;
    } goals[] = {
        [STEP_INSTRUCTION] = {GOAL_STEP, false}, [STEP_OVER] = {GOAL_STEP, true},
        [STEP_OUT] = {GOAL_OUT, true},           [STEP_LINE] = {GOAL_LINE, false},
        [STEP_OVER_LINE] = {GOAL_LINE, true},    [STEP_BLOCK] = {GOAL_BLOCK, false},
    };

    if (!count)
        return;
    set_goal(debugger, goals[kind].goal);
    debugger->over = goals[kind].over;
    debugger->steps_left = count;
}

void debugger_step_range(Debugger *debugger, u64 begin, u64 end)
{
    debugger_step(debugger, STEP_INSTRUCTION, 1);
    debugger->goal = GOAL_RANGE;
    debugger->range_begin = begin;
    debugger->range_end = end;
}

void debugger_step_into_interrupts(Debugger *debugger, bool into)
{
    debugger->into_interrupts = into;
}

void debugger_run_to(Debugger *debugger, u64 linear)
{
    set_goal(debugger, GOAL_CONTINUE);
    debugger->back = (ReturnPoint){.set = true, .linear = linear, .room = ~(u64)0};
    debugger->outer_count = 0;
}

/* Does the result of a run mean that the machine has stopped? */
static void look_at_result(Debugger *debugger, RunResult result)
{
    u64 now = machine_cycles(debugger->machine);

    if (points_decide(debugger) || debugger->stop.reason != STOP_NONE)
        return;
    if (result == RUN_TRIPLE_FAULT && debugger->faces && debugger->at_triple_fault)
        debugger_stop_for(debugger, STOP_TRIPLE_FAULT,
                          "triple fault: an exception while delivering a double fault, at "
                          "%04X:%08llX; reset the machine to go on",
                          debugger->cpu->segments[CS].selector,
                          (unsigned long long)debugger->cpu->rip);
    else if (stops_at(debugger, result))
        stop_at_end(debugger, result);
    else if (debugger->magic_reached && !debugger->scanning)
        debugger_stop_for(debugger, STOP_MAGIC, "xchg bx, bx, at %04X:%08llX",
                          debugger->cpu->segments[CS].selector,
                          (unsigned long long)debugger->cpu->rip);
    else if (debugger->outer_reached)
        debugger_stop_for(debugger, STOP_LEFT,
                          "the function was left without a return, as by longjmp; at %04X:%08llX",
                          debugger->cpu->segments[CS].selector,
                          (unsigned long long)debugger->cpu->rip);
    else if (debugger->back_reached && debugger->goal == GOAL_CONTINUE)
        debugger_stop_for(debugger, STOP_STEP, "arrived, at count %llu", (unsigned long long)now);
}

static bool is_past(const Debugger *debugger)
{
    return debugger->timeline && timeline_is_past(debugger->timeline);
}

static RunResult run_machine(Debugger *debugger, u64 until)
{
    bool was_past = is_past(debugger);
    RunResult result;

    if (!debugger->timeline)
        return machine_run(debugger->machine, until);
    result = timeline_run(debugger->timeline, until);
    if (debugger->scanning)
        return result;
    if (timeline_departed(debugger->timeline))
        debugger_stop_for(debugger, STOP_HISTORY_END, "%s", timeline_departed(debugger->timeline));
    else if (timeline_is_over(debugger->timeline))
        debugger_stop_for(debugger, STOP_HISTORY_END, "the end of the recording");
    else if (was_past && !is_past(debugger) && debugger->goal == GOAL_CONTINUE)
        debugger_stop_for(debugger, STOP_HISTORY_END,
                          "the end of what has happened so far; from here on the machine lives");
    return result;
}

RunResult debugger_run_once(Debugger *debugger, u64 until)
{
    u64 count = points_next_count(debugger);
    RunResult result;

    points_arm(debugger);
    points_remember(debugger);
    debugger->back_reached = debugger->outer_reached = debugger->magic_reached = false;
    debugger->listening = !debugger->scanning;
    result = run_machine(debugger, count < until ? count : until);
    debugger->listening = false;
    look_at_result(debugger, result);
    if (result == RUN_BUDGET && machine_cycles(debugger->machine) < until)
        result = RUN_STOPPED; /* a POINT_COUNT's doing */
    return result;
}

RunResult debugger_run(Debugger *debugger, u64 until)
{
    RunResult result;

    assert(debugger->stop.reason == STOP_NONE);
    if (debugger->goal != GOAL_CONTINUE)
        return steps_run(debugger, until);
    do
        result = debugger_run_once(debugger, until);
    while (result == RUN_STOPPED && debugger->stop.reason == STOP_NONE);
    return result;
}

void debugger_listen(Debugger *debugger, const DebuggerListener *listener)
{
    debugger->listener = listener ? *listener : (DebuggerListener){0};
}

/* ---- looking for stops ---- */

bool debugger_scan(Debugger *debugger, u64 until, bool at_end, Stop *last)
{
    const Stop before = debugger->stop;
    const unsigned count = debugger->stop_count;
    RunResult result = RUN_BUDGET;
    bool found = false;

    points_keep_counts(debugger);
    debugger->scanning = true;
    debugger->hit_count = 0;
    debugger->decided_at = machine_cycles(debugger->machine);
    set_goal(debugger, GOAL_CONTINUE);
    /* The instruction at hand counts, unless it may just go on repeating. */
    debugger->observer.looked =
        steps_repeats_here(debugger) ? machine_cycles(debugger->machine) : ~(u64)0;
    while (machine_cycles(debugger->machine) < until &&
           (result == RUN_BUDGET || result == RUN_STOPPED)) {
        result = debugger_run(debugger, until);
        if (debugger->stop.reason == STOP_NONE)
            continue;
        if ((debugger->stop.reason == STOP_POINT || debugger->stop.reason == STOP_MAGIC) &&
            debugger->stop.cycles < until + at_end) {
            *last = debugger->stop;
            found = true;
        }
        set_goal(debugger, GOAL_CONTINUE);
    }
    debugger->scanning = false;
    points_restore_counts(debugger);
    debugger->stop = before;
    debugger->stop_count = count;
    return found;
}

/* ---- changes ---- */

const char *debugger_refuses_changes(const Debugger *debugger)
{
    return is_past(debugger)
               ? "the machine is in the past of its timeline, which cannot be changed; "
                 "go to its end, or cut the timeline here"
               : NULL;
}

static void note_change(Debugger *debugger)
{
    if (debugger->timeline)
        timeline_edited(debugger->timeline);
}

/* ---- memory ---- */

u64 debugger_linear(const Debugger *debugger, SegmentRegister reg, u64 offset)
{
    const Cpu *cpu = debugger->cpu;

    return (cpu->segments[reg].base + offset) & cpu->linear_mask;
}

u64 debugger_stack(const Debugger *debugger)
{
    return debugger_linear(debugger, SS, debugger->cpu->gpr[RSP] & debugger->cpu->stack_mask);
}

/* Copies up to the end of the page; false where there is no memory. */
static bool copy_piece(Debugger *debugger, u64 physical, void *bytes, size_t length, bool write)
{
    AddressSpace *memory = machine_memory(debugger->machine);
    const u8 *host = space_host(memory, physical, write);

    if (!host)
        return false;
    if (write)
        space_write_bytes(memory, physical, bytes, length);
    else
        memcpy(bytes, host, length);
    return true;
}

static size_t copy_memory(Debugger *debugger, u64 address, u8 *bytes, size_t length, int how)
{
    enum { WRITE = 1, PHYSICAL = 2 };
    size_t done = 0;

    while (done < length) {
        u64 at = address + done, physical = at;
        size_t left = PAGE_SIZE - (at & PAGE_MASK), piece = length - done;
        Translation translation;

        if (!(how & PHYSICAL)) {
            if (!mmu_peek(&debugger->cpu->mmu, at, &translation))
                break;
            physical = translation.physical | (at & PAGE_MASK);
        }
        if (piece > left)
            piece = left;
        if (!copy_piece(debugger, physical, bytes + done, piece, how & WRITE))
            break;
        done += piece;
    }
    return done;
}

static size_t change_memory(Debugger *debugger, u64 address, const void *bytes, size_t length,
                            int how)
{
    if (is_past(debugger))
        return 0;
    note_change(debugger);
    return copy_memory(debugger, address, (u8 *)(uintptr_t)bytes, length, how);
}

size_t debugger_read_memory(Debugger *debugger, u64 linear, void *bytes, size_t length)
{
    return copy_memory(debugger, linear, bytes, length, 0);
}

size_t debugger_write_memory(Debugger *debugger, u64 linear, const void *bytes, size_t length)
{
    return change_memory(debugger, linear, bytes, length, 1);
}

size_t debugger_read_physical(Debugger *debugger, u64 physical, void *bytes, size_t length)
{
    return copy_memory(debugger, physical, bytes, length, 2);
}

size_t debugger_write_physical(Debugger *debugger, u64 physical, const void *bytes, size_t length)
{
    return change_memory(debugger, physical, bytes, length, 3);
}

/* ---- registers ---- */

bool debugger_read_register(Debugger *debugger, const char *name, u64 *value)
{
    const Register *reg = register_find(name, strlen(name));

    if (reg)
        *value = register_read(reg, debugger->cpu);
    return reg != NULL;
}

bool debugger_write_register(Debugger *debugger, const char *name, u64 value)
{
    const Register *reg = register_find(name, strlen(name));
    char error[128];

    if (!reg || is_past(debugger))
        return false;
    note_change(debugger);
    return register_write(reg, debugger->cpu, value, error, sizeof error);
}

/* ---- ports ---- */

u64 debugger_read_port(Debugger *debugger, u16 port, Size size)
{
    if (is_past(debugger))
        return size_mask(size);
    note_change(debugger);
    return space_read(machine_ports(debugger->machine), port, size);
}

void debugger_write_port(Debugger *debugger, u16 port, Size size, u64 value)
{
    if (is_past(debugger))
        return;
    note_change(debugger);
    space_write(machine_ports(debugger->machine), port, size, value);
}

/* ---- drives ---- */

void debugger_note_drives(Debugger *debugger, const DriveNote *drives, unsigned count)
{
    debugger->drives = drives;
    debugger->drive_count = count;
}

const DriveNote *debugger_drive(const Debugger *debugger, unsigned index)
{
    return index < debugger->drive_count ? &debugger->drives[index] : NULL;
}
