/*
 * Steps: into, over, out of calls, to the next transfer of control, by source line.
 *
 * A step is one tick of the clock, after a look at the instruction that is about to run. What is to
 * be run to its end, a call or the handler of an interrupt that came in between, runs at full speed
 * to a return point: an address together with the stack, so that neither a recursion nor another
 * task stops there.
 *
 * Out of a function goes the same way where it is known where it returns to; else each of its own
 * instructions is looked at. A function may also be left without a return, by longjmp or the like:
 * then the step stops where one of its callers goes on. A task that ends for good is not noticed:
 * the machine runs on until somebody stops it.
 *
 * A step by source line keeps to the addresses of its line, and ends where another one begins; a
 * function without lines is run to its end.
 */
#include "cpu/decode.h"
#include "frontend/debugger/backtrace.h"
#include "frontend/debugger/debugger_inside.h"

/* A function may drop its arguments when it returns, so the stack is then a little higher. */
enum { ARGUMENTS = 1024, PIECES_AT_ONCE = 2000 };

typedef struct Upcoming {
    bool known; /* the bytes could be read */
    Insn insn;
    u64 linear, next;
    u64 stack;
} Upcoming;

static Upcoming look_ahead(Debugger *debugger)
{
    const Cpu *cpu = debugger->cpu;
    Upcoming upcoming = {.linear = debugger_linear(debugger, CS, cpu->rip),
                         .stack = debugger_stack(debugger)};
    DecodeMode mode = {.code_size = cpu->code_size, .protected_mode = cpu_protected(cpu)};
    u8 bytes[INSN_MAX_LENGTH];
    size_t count = debugger_read_memory(debugger, upcoming.linear, bytes, sizeof bytes);

    upcoming.known = decode(cpu, mode, bytes, (unsigned)count, &upcoming.insn) == DECODE_OK;
    upcoming.next = (upcoming.linear + upcoming.insn.length) & cpu->linear_mask;
    return upcoming;
}

bool steps_is_magic(Debugger *debugger)
{
    Upcoming upcoming = look_ahead(debugger);

    return upcoming.known && insn_is_magic(&upcoming.insn);
}

static bool is_return(InsnName name)
{
    return name == INSN_RET || name == INSN_RETF || name == INSN_IRET || name == INSN_SYSEXIT ||
           name == INSN_SYSRET;
}

static bool is_string(InsnName name)
{
    return name == INSN_MOVS || name == INSN_STOS || name == INSN_LODS || name == INSN_CMPS ||
           name == INSN_SCAS || name == INSN_INS || name == INSN_OUTS;
}

/* Does it come back to the next instruction, some time later? */
static bool comes_back(const Insn *insn)
{
    InsnName name = opcode_rows[insn->row].name;

    switch (name) {
    case INSN_CALL:
    case INSN_CALLF:
    case INSN_INT:
    case INSN_INT3:
    case INSN_INTO:
    case INSN_INT1:
    case INSN_SYSCALL:
    case INSN_SYSENTER:
        return true;
    default:
        return is_string(name) && (insn->prefixes & (PREFIX_REP | PREFIX_REPNE));
    }
}

static void come_back_to(Debugger *debugger, u64 linear, u64 stack, u64 room)
{
    debugger->back = (ReturnPoint){
        .set = true, .linear = linear, .stack = stack, .room = room, .cpl = debugger->cpu->cpl};
    debugger->outer_count = 0;
}

static ReturnPoint point_of_frame(Debugger *debugger, const BacktraceFrame *frame)
{
    return (ReturnPoint){.set = true,
                         .linear = frame->linear,
                         .stack = debugger_linear(debugger, SS, frame->stack),
                         .room = ARGUMENTS,
                         .cpl = debugger->cpu->cpl};
}

/* The callers from frame `first` on that are above the return point. */
static void guard_outer_frames(Debugger *debugger, const BacktraceFrame *frames, unsigned first,
                               unsigned count)
{
    for (unsigned i = first; i < count && frames[i].sure && debugger->outer_count < MAX_OUTER;
         i++) {
        ReturnPoint point = point_of_frame(debugger, &frames[i]);

        if (point.stack > debugger->back.stack && (point.linear != debugger->back.linear ||
                                                   point.stack > debugger->back.stack + ARGUMENTS))
            debugger->outer[debugger->outer_count++] = point;
    }
}

/* A call was just begun, to be run to its end. */
static void come_back_from_call(Debugger *debugger, u64 linear, u64 stack)
{
    BacktraceFrame frames[MAX_OUTER + 2];
    unsigned count = backtrace(debugger->cpu, debugger->symbols, frames, COUNT_OF(frames));

    come_back_to(debugger, linear, stack, ARGUMENTS);
    if (count > 1 && frames[1].linear == linear)
        guard_outer_frames(debugger, frames, 2, count);
}

/* To where this function returns to. False: that is not sure. */
static bool come_back_from_here(Debugger *debugger)
{
    BacktraceFrame frames[MAX_OUTER + 2];
    unsigned count;

    if (debugger->out_tried)
        return false;
    debugger->out_tried = true;
    count = backtrace(debugger->cpu, debugger->symbols, frames, COUNT_OF(frames));
    if (count < 2 || !frames[1].sure)
        return false;
    debugger->back = point_of_frame(debugger, &frames[1]);
    debugger->outer_count = 0;
    guard_outer_frames(debugger, frames, 2, count);
    return true;
}

bool steps_is_return(const Insn *insn)
{
    return is_return(opcode_rows[insn->row].name);
}

bool steps_is_repeated(const Insn *insn)
{
    return is_string(opcode_rows[insn->row].name) && (insn->prefixes & (PREFIX_REP | PREFIX_REPNE));
}

bool steps_repeats_here(Debugger *debugger)
{
    Upcoming upcoming = look_ahead(debugger);

    return upcoming.known && steps_is_repeated(&upcoming.insn);
}

bool steps_comes_back(const Insn *insn)
{
    return comes_back(insn);
}

static bool stopped(const Debugger *debugger)
{
    return debugger->stop.reason != STOP_NONE;
}

/* ---- source lines ---- */

static bool line_at(Debugger *debugger, u64 linear, SourceLine *line)
{
    return symbols_line(debugger->symbols, linear, line);
}

/* Keeps to a line from now on. */
static void keep_to_line(Debugger *debugger, const SourceLine *line)
{
    debugger->range_begin = line->first;
    debugger->range_end = line->end;
}

/* Where there is no line, a step is one of an instruction. */
static void begin_line(Debugger *debugger)
{
    SourceLine line;

    if (debugger->in_line)
        return;
    debugger->range_begin = debugger->range_end = 0;
    if (!line_at(debugger, debugger_linear(debugger, CS, debugger->cpu->rip), &line))
        return;
    keep_to_line(debugger, &line);
    debugger->in_line = true;
    debugger->line = line.line;
    debugger->line_file = line.file;
}

/* Is this another line's beginning? In the middle of one, where a function returned to, the step
 * goes on. */
static bool is_new_line(Debugger *debugger, u64 here)
{
    SourceLine line;

    if (!debugger->in_line || !line_at(debugger, here, &line))
        return true;
    if (here == line.first && (line.line != debugger->line || line.file != debugger->line_file))
        return true;
    keep_to_line(debugger, &line);
    return false;
}

/* Into a function whose lines are known: to the first behind its prologue. */
static void enter_function(Debugger *debugger, u64 here)
{
    u64 body = symbols_after_prologue(debugger->symbols, here);

    debugger->entering = true;
    if (body == here)
        return;
    debugger->back = (ReturnPoint){.set = true, .linear = body, .room = ~(u64)0};
    debugger->outer_count = 0;
}

/* The same for a step of a line. May set a return point instead. */
static bool line_is_done(Debugger *debugger, const Upcoming *before, u64 here)
{
    bool called = before->known && comes_back(&before->insn) && here != before->next;
    SourceLine line;

    if (called && debugger->in_line) {
        if (line_at(debugger, here, &line))
            enter_function(debugger, here);
        else /* a function that nobody knows: to its end */
            come_back_from_call(debugger, before->next, before->stack);
        return debugger->entering && !debugger->back.set;
    }
    if (here >= debugger->range_begin && here < debugger->range_end)
        return false;
    return is_new_line(debugger, here);
}

/* ---- a step ---- */

/* Has the step that began at `before` reached its goal? */
static bool is_done(Debugger *debugger, const Upcoming *before)
{
    InsnName name = opcode_rows[before->insn.row].name;
    u64 here = debugger_linear(debugger, CS, debugger->cpu->rip);

    switch (debugger->goal) {
    case GOAL_OUT:
        return before->known && is_return(name);
    case GOAL_BLOCK:
        return here != before->next;
    case GOAL_RANGE:
        return here < debugger->range_begin || here >= debugger->range_end;
    case GOAL_LINE:
        return line_is_done(debugger, before, here);
    default:
        return true;
    }
}

static void finish_one(Debugger *debugger)
{
    debugger->in_line = debugger->entering = debugger->out_tried = false;
    if (points_at(debugger))
        return;
    debugger->observer.looked = machine_cycles(debugger->machine);
    if (--debugger->steps_left == 0)
        debugger_stop_for(debugger, STOP_STEP, "at %04X:%08llX",
                          debugger->cpu->segments[CS].selector,
                          (unsigned long long)debugger->cpu->rip);
}

/* One instruction, or a call to its end: then a return point is set. */
static RunResult step_once(Debugger *debugger)
{
    u64 now = machine_cycles(debugger->machine);
    Upcoming before = look_ahead(debugger);
    bool over = debugger->over && before.known && comes_back(&before.insn);
    RunResult result;

    if (debugger->goal == GOAL_LINE)
        begin_line(debugger);
    debugger->interrupted = false;
    result = debugger_run_once(debugger, now + 1);
    if (stopped(debugger) || (result != RUN_BUDGET && result != RUN_STOPPED) ||
        machine_cycles(debugger->machine) == now)
        return result;
    if (debugger->interrupted && !debugger->into_interrupts)
        come_back_to(debugger, before.linear, before.stack, 0);
    else if (over && debugger_linear(debugger, CS, debugger->cpu->rip) != before.next)
        come_back_from_call(debugger, before.next, before.stack);
    else if (is_done(debugger, &before))
        finish_one(debugger);
    return result;
}

/* At the return point: the call, or the interrupt's handler, is over. */
static void come_back(Debugger *debugger)
{
    bool was_interrupt = debugger->back.room == 0;
    u64 here = debugger->back.linear;
    bool is_out = debugger->goal == GOAL_OUT && debugger->back_is_out;

    debugger->back.set = debugger->back_is_out = false;
    if (was_interrupt)
        return;
    if (is_out || debugger->goal == GOAL_STEP || debugger->entering ||
        (debugger->goal == GOAL_LINE &&
         (here < debugger->range_begin || here >= debugger->range_end) &&
         is_new_line(debugger, here)))
        finish_one(debugger);
}

RunResult steps_run(Debugger *debugger, u64 until)
{
    RunResult result = RUN_BUDGET;
    unsigned pieces = 0;

    /* `until` may be seconds away at this speed: somebody may want to stop it before. */
    while (!stopped(debugger) && machine_cycles(debugger->machine) < until &&
           pieces++ < PIECES_AT_ONCE) {
        u64 before = machine_cycles(debugger->machine);

        if (!debugger->back.set && debugger->goal == GOAL_OUT)
            debugger->back_is_out = come_back_from_here(debugger);
        if (debugger->back.set) {
            result = debugger_run_once(debugger, until);
            if (debugger->back_reached && !stopped(debugger))
                come_back(debugger);
        } else {
            result = step_once(debugger);
        }
        if (result != RUN_BUDGET && result != RUN_STOPPED)
            break;
        if (result == RUN_BUDGET && machine_cycles(debugger->machine) == before)
            break;
    }
    return result == RUN_STOPPED && !stopped(debugger) ? RUN_BUDGET : result;
}
