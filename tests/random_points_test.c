/*
 * The debugger against a model: points of every kind, with and without conditions, come and go at
 * random, and a guest is run, stepped and run backwards. Where it must stop follows from a trace
 * that another machine made, one instruction at a time. make points-fuzz has more seeds.
 */
#include "frontend/debugger/reverse.h"
#include "tests/debugger_rig.h"
#include "tests/points_trace.h"

#include <stdio.h>

enum {
    POINTS = 5,
    MOVES = 120,
    SEEDS = 12,
    COUNTER = 0x500,
    STACK = 0x7000,
};

/* ---- what is random ---- */

typedef struct Model {
    Rig *rig;
    u32 random;
    struct {
        unsigned number; /* 0: none */
        PointSpec spec;
        bool enabled;
        int condition; /* ax & 7 is that; -1: none */
    } points[POINTS];
    u64 head;
    char history[700]; /* of what was done, for messages */
} Model;

static u32 draw(Model *model, u32 most)
{
    model->random = model->random * 1664525 + 1013904223;
    return (model->random >> 8) % most;
}

PRINTF_LIKE(2, 3) static void tell(Model *model, const char *format, ...)
{
    size_t length = strlen(model->history);
    va_list arguments;

    if (length > sizeof model->history - 100) {
        memmove(model->history, model->history + length / 2, length - length / 2 + 1);
        length = strlen(model->history);
    }
    va_start(arguments, format);
    vsnprintf(model->history + length, sizeof model->history - length, format, arguments);
    va_end(arguments);
}

/* ---- where a point is met ---- */

static bool overlap(const PointSpec *spec, const Touch *access)
{
    u64 length = spec->length ? spec->length : 1;

    return access->address < spec->address + length &&
           spec->address < access->address + access->size;
}

static bool is_accessed(const PointSpec *spec, const TraceMoment *moment)
{
    bool ports = spec->kind >= POINT_PORT_IN;
    PointKind both = ports ? POINT_PORT : POINT_ACCESS;
    PointKind writes = ports ? POINT_PORT_OUT : POINT_WRITE;

    for (unsigned i = 0; i < moment->access_count; i++) {
        const Touch *access = &moment->accesses[i];

        if (access->port == ports &&
            (spec->kind == both || (spec->kind == writes) == access->write) &&
            overlap(spec, access))
            return true;
    }
    return false;
}

/* An instruction that an interrupt keeps from beginning does not, nor one that goes on repeating.
 */
static bool begins(u64 count)
{
    return !trace[count + 1].external && (count == 0 || trace[count - 1].pc != trace[count].pc);
}

/* `arriving`: the machine runs on to there, and no further, so that the next instruction is not
 * looked at; -1: it stands there, however it came. */
static bool is_met(const Model *model, unsigned index, u64 count, int arriving)
{
    const PointSpec *spec = &model->points[index].spec;
    const TraceMoment *moment = &trace[count];

    if (!model->points[index].number || !model->points[index].enabled ||
        (model->points[index].condition >= 0 && (moment->ax & 7) != model->points[index].condition))
        return false;
    switch (spec->kind) {
    case POINT_EXECUTE:
        return (arriving < 0 || (!arriving && begins(count))) &&
               moment->pc == spec->address + (spec->address_kind == ADDRESS_LOGICAL ? FIRMWARE : 0);
    case POINT_INTERRUPT:
        return moment->event;
    case POINT_COUNT:
        return spec->address == count;
    default:
        return is_accessed(spec, moment);
    }
}

static bool is_any_met(const Model *model, u64 count, bool arriving)
{
    for (unsigned i = 0; i < POINTS; i++)
        if (is_met(model, i, count, arriving))
            return true;
    return false;
}

static u64 next_met(const Model *model, u64 from, u64 until)
{
    for (u64 count = from + 1; count <= until; count++)
        if (is_any_met(model, count, count == until))
            return count;
    return until;
}

/* ---- points come and go ---- */

static PointSpec draw_spec(Model *model)
{
    static const PointKind kinds[] = {POINT_EXECUTE,  POINT_EXECUTE,   POINT_READ,
                                      POINT_WRITE,    POINT_ACCESS,    POINT_PORT_IN,
                                      POINT_PORT_OUT, POINT_INTERRUPT, POINT_COUNT};
    static const u16 places[] = {COUNTER, 0x510, 0x520, 0x600, 0x602, STACK - 2, STACK - 6, 0x900};
    PointSpec spec = {.kind = kinds[draw(model, COUNT_OF(kinds))], .length = 1};

    switch (spec.kind) {
    case POINT_EXECUTE:
        spec.address_kind = (AddressKind)draw(model, 3);
        spec.address = trace[20 + draw(model, 200)].pc;
        if (spec.address_kind == ADDRESS_LOGICAL) {
            spec.address -= FIRMWARE;
            spec.selector = 0xF000;
        }
        break;
    case POINT_COUNT:
        spec.address = draw(model, TRACE);
        break;
    case POINT_INTERRUPT:
        spec.address = ANY_VECTOR;
        break;
    case POINT_PORT_IN:
    case POINT_PORT_OUT:
        spec.address = 0x7F + draw(model, 3);
        break;
    default:
        spec.address = places[draw(model, COUNT_OF(places))];
        spec.address_kind = (AddressKind)draw(model, 2);
        spec.length = 1 + draw(model, 4);
        break;
    }
    return spec;
}

static void change_points(Model *model)
{
    unsigned index = draw(model, POINTS);
    PointSpec spec = draw_spec(model);
    char condition[32];

    if (model->points[index].number && draw(model, 3) == 0) {
        model->points[index].enabled ^= 1;
        debugger_enable_point(model->rig->debugger, model->points[index].number,
                              model->points[index].enabled);
        tell(model, "%s %u; ", model->points[index].enabled ? "enable" : "disable",
             model->points[index].number);
        return;
    }
    if (model->points[index].number) {
        cr_assert(debugger_remove_point(model->rig->debugger, model->points[index].number));
        tell(model, "remove %u; ", model->points[index].number);
        model->points[index].number = 0;
        return;
    }
    model->points[index].condition = draw(model, 2) ? -1 : (int)draw(model, 8);
    snprintf(condition, sizeof condition, "(ax & 7) == %d", model->points[index].condition);
    spec.condition = model->points[index].condition < 0 ? NULL : condition;
    model->points[index].spec = spec;
    model->points[index].enabled = true;
    model->points[index].number = add(model->rig, spec)->number;
    tell(model, "%u: kind %d at %llX+%llu (%d) if %d; ", model->points[index].number, spec.kind,
         (unsigned long long)spec.address, (unsigned long long)spec.length, spec.address_kind,
         model->points[index].condition);
}

/* ---- moves ---- */

static void expect_at(Model *model, u64 count, const char *move)
{
    const TraceMoment *moment = &trace[count];
    const Rig *rig = model->rig;

    cr_assert_eq(machine_cycles(rig->machine), count,
                 "%s: at count %llu, which should be %llu (%s). Before: %s", move,
                 (unsigned long long)machine_cycles(rig->machine), (unsigned long long)count,
                 debugger_stop(rig->debugger)->text, model->history);
    cr_assert(here(rig) == moment->pc && (u16)rig->cpu->gpr[RAX] == moment->ax &&
                  (u16)rig->cpu->gpr[RSP] == moment->sp,
              "%s: at count %llu it is another machine. Before: %s", move,
              (unsigned long long)count, model->history);
    if (count > model->head)
        model->head = count;
}

/* It stops by itself, or is stopped. */
static void run_until(Model *model, u64 until)
{
    Rig *rig = model->rig;

    while (debugger_stop(rig->debugger)->reason == STOP_NONE &&
           machine_cycles(rig->machine) < until)
        debugger_run(rig->debugger, until);
    if (debugger_stop(rig->debugger)->reason == STOP_NONE)
        debugger_pause(rig->debugger);
}

static void expect_point(Model *model, u64 count)
{
    const Stop *stop = debugger_stop(model->rig->debugger);
    bool found = stop->reason != STOP_POINT;

    for (unsigned i = 0; i < POINTS && !found; i++)
        found = stop->point && stop->point->number == model->points[i].number &&
                is_met(model, i, count, -1);
    cr_assert(found, "stopped for a point that is not met: %s. Before: %s", stop->text,
              model->history);
}

static void go_on_for_a_while(Model *model)
{
    u64 now = machine_cycles(model->rig->machine), until = now + 1 + draw(model, 3000);
    u64 end = now < model->head && until > model->head ? model->head : until;

    tell(model, "continue to %llu; ", (unsigned long long)until);
    debugger_continue(model->rig->debugger);
    run_until(model, until);
    expect_at(model, next_met(model, now, end), "continue");
    expect_point(model, machine_cycles(model->rig->machine));
}

/* Where the instruction that an interrupt has kept from beginning begins at last. */
static u64 after_interrupts(u64 from)
{
    u64 count = from;

    while (count < TRACE && trace[count + 1].external) {
        const TraceMoment *kept = &trace[count++];

        while (count < TRACE && (trace[count].pc != kept->pc || trace[count].sp != kept->sp))
            count++;
    }
    return count;
}

/* Where a step that begins at `from` ends if nothing stops it; TRACE: nowhere. What it runs to, and
 * does not step to, is where an instruction begins. */
static u64 step_goal(StepKind kind, u64 from)
{
    enum { CALL = 0xE8, INT = 0xCD, RET = 0xC3, IRET = 0xCF, REP = 0xF3 };
    u64 begin = after_interrupts(from);
    const TraceMoment *moment = &trace[begin];
    u32 length = moment->opcode == CALL                           ? 3
                 : moment->opcode == INT || moment->opcode == REP ? 2
                                                                  : 0;
    int depth = 0;

    if (kind == STEP_INSTRUCTION || (kind == STEP_OVER && !length))
        return begin < TRACE ? begin + 1 : TRACE;
    for (u64 count = begin; count < TRACE; count++) {
        if (kind == STEP_OVER) {
            if (count > begin && trace[count].pc == moment->pc + length &&
                trace[count].sp == moment->sp)
                return count == begin + 1 ? count : after_interrupts(count);
            continue;
        }
        if (trace[count + 1].external) {
            depth++;
            continue;
        }
        if (trace[count].opcode == CALL || trace[count].opcode == INT)
            depth++;
        if ((trace[count].opcode == RET || trace[count].opcode == IRET) && depth-- == 0)
            return count == begin && trace[count].opcode == RET ? after_interrupts(count + 1)
                                                                : count + 1;
    }
    return TRACE;
}

static void step_somewhere(Model *model)
{
    static const StepKind kinds[] = {STEP_INSTRUCTION, STEP_OVER, STEP_OUT};
    StepKind kind = kinds[draw(model, COUNT_OF(kinds))];
    u64 now = machine_cycles(model->rig->machine), until = now + 1500;
    u64 goal = step_goal(kind, now), met;

    tell(model, "step %d; ", kind);
    debugger_step(model->rig->debugger, kind, 1);
    run_until(model, until);
    until = goal < until ? goal : until;
    met = next_met(model, now, until);
    expect_at(model, met, "step");
    expect_point(model, met);
}

static bool is_interrupted(u64 from, u64 to)
{
    for (u64 count = from; count <= to; count++)
        if (trace[count].external)
            return true;
    return false;
}

static void go_back(Model *model)
{
    u64 now = machine_cycles(model->rig->machine), count = now;
    char error[256] = "";

    if (!now)
        return;
    if (draw(model, 2)) {
        tell(model, "reverse step; ");
        cr_assert(reverse_step(model->rig->debugger, 1, error, sizeof error), "%s", error);
        /* An interrupt that came in between is undone with the instruction behind it. */
        count = machine_cycles(model->rig->machine);
        cr_assert_lt(count, now, "%s", model->history);
        expect_at(model, is_interrupted(count, now) ? count : now - 1, "reverse step");
        return;
    }
    tell(model, "reverse continue; ");
    cr_assert(reverse_continue(model->rig->debugger, error, sizeof error), "%s", error);
    while (count && !is_any_met(model, --count, false))
        ;
    expect_at(model, count, "reverse continue");
    expect_point(model, count);
}

static void ask_for_writer(Model *model)
{
    static const u16 places[] = {COUNTER, 0x510, 0x520, 0x601, STACK - 3};
    PointSpec spec = {
        .kind = POINT_WRITE, .address = places[draw(model, COUNT_OF(places))], .length = 1};
    u64 count = machine_cycles(model->rig->machine);
    char error[256];

    while (count && !is_accessed(&spec, &trace[count]))
        count--;
    tell(model, "who wrote %llX; ", (unsigned long long)spec.address);
    if (!count) {
        cr_assert_not(reverse_last_writer(model->rig->debugger, ADDRESS_LINEAR, spec.address, 1,
                                          error, sizeof error));
        return;
    }
    cr_assert(reverse_last_writer(model->rig->debugger, ADDRESS_LINEAR, spec.address, 1, error,
                                  sizeof error),
              "%s: %s", error, model->history);
    expect_at(model, count, "last writer");
}

static void go_somewhere(Model *model)
{
    u64 count = draw(model, (u32)model->head + 1);
    char error[256];

    tell(model, "goto %llu; ", (unsigned long long)count);
    cr_assert(reverse_goto(model->rig->debugger, count, error, sizeof error), "%s", error);
    expect_at(model, count, "goto");
}

static void wander(u32 seed, MachineEngine engine)
{
    Model *model = calloc(1, sizeof *model);

    model->random = seed * 2654435761u;
    model->rig = START_RECORDED(engine, wanderer);
    tell(model, "seed %u, engine %d: ", seed, engine);
    debugger_attach(model->rig->debugger);
    debugger_pause(model->rig->debugger);
    for (unsigned i = 0; i < MOVES && machine_cycles(model->rig->machine) < TRACE - 4000; i++) {
        if (draw(model, 2))
            change_points(model);
        switch (draw(model, 8)) {
        case 0:
        case 1:
            go_back(model);
            break;
        case 2:
            ask_for_writer(model);
            break;
        case 3:
            go_somewhere(model);
            break;
        case 4:
        case 5:
            step_somewhere(model);
            break;
        default:
            go_on_for_a_while(model);
            break;
        }
    }
    finish(model->rig);
    free(model);
}

Test(random_points, stop_where_a_trace_says, .timeout = 3600)
{
    const char *wanted = getenv("POINT_SEEDS");
    unsigned seeds = wanted ? (unsigned)atoi(wanted) : SEEDS;

    make_trace();
    for (unsigned seed = 1; seed <= seeds; seed++)
        EACH_ENGINE(engine)
        {
            wander(seed, engine);
        }
}
