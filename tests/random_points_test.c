/*
 * The debugger against a model: points of every kind, with and without conditions, come and go at
 * random, and a guest is run, stepped and run backwards. Where it must stop follows from a trace
 * that another machine made, one instruction at a time. make points-fuzz has more seeds.
 */
#include "frontend/debugger/reverse.h"
#include "frontend/debugger/reverse_search.h"
#include "tests/debugger_rig.h"

#include <stdio.h>

enum {
    TRACE = 40000, /* instructions */
    TOUCHES = 4,   /* of one of them, at most */
    POINTS = 5,
    MOVES = 120,
    SEEDS = 12,
    COUNTER = 0x500,
    STACK = 0x7000,
};

/* Calls, recursion, a software interrupt, a repeated string, ports. */
FIRMWARE(wanderer, "xor ax, ax\n mov ds, ax\n mov es, ax\n mov ss, ax\n mov sp, 0x7000\n cld\n"
                   "mov word ptr [0x100], offset wanderer_handler - wanderer\n"
                   "mov word ptr [0x102], 0xF000\n"
                   "wanderer_again: inc word ptr [0x500]\n"
                   "call wanderer_work\n"
                   "out 0x80, al\n"
                   "mov di, 0x600\n mov cx, 5\n rep stosb\n"
                   "test byte ptr [0x500], 3\n jnz wanderer_skip\n int 0x40\n"
                   "wanderer_skip: add ax, [0x500]\n"
                   "in al, 0x80\n push ax\n pop bx\n"
                   "jmp wanderer_again\n"
                   "wanderer_work: add ax, 3\n mov dx, [0x500]\n and dx, 3\n"
                   "wanderer_deeper: dec dx\n js wanderer_done\n push dx\n"
                   "call wanderer_deeper\n"
                   "pop dx\n mov [0x510], dx\n"
                   "wanderer_done: ret\n"
                   "wanderer_handler: inc byte ptr [0x520]\n iret");

/* ---- the trace ---- */

typedef struct Touch {
    u64 address;
    u8 size;
    bool write, port;
} Touch;

/* At a count: what is to be done next, and what was done to come here. */
typedef struct Moment {
    u32 pc;
    u16 ax, sp;
    u8 opcode, access_count;
    bool event; /* of the software interrupt */
    Touch accesses[TOUCHES];
} Moment;

static Moment trace[TRACE + 1];
static Moment *coming;

static void note(u64 address, unsigned size, bool write, bool port)
{
    cr_assert_lt(coming->access_count, TOUCHES);
    coming->accesses[coming->access_count++] = (Touch){address, (u8)size, write, port};
}

static void on_access(void *owner, const ObservedAccess *access)
{
    note(access->linear, access->size, access->write, false);
}

static void on_port(void *owner, u16 port, Size size, bool write, u64 value)
{
    note(port, size, write, true);
}

static void on_event(void *owner, const ObservedEvent *event)
{
    coming->event = true;
}

static void make_trace(void)
{
    Rig *rig = START(ENGINE_INTERPRETER, wanderer);
    const WatchedRange all = {.last = ~(u64)0, .accesses = {true, true}};
    Observer observer = search_observer(NULL);

    observer.access = on_access;
    observer.port = on_port;
    observer.event = on_event;
    cpu_observe(rig->cpu, &observer);
    cpu_watch(rig->cpu, &all, 1);
    for (unsigned i = 0; i <= TRACE; i++) {
        Moment *moment = &trace[i];

        moment->pc = (u32)here(rig);
        moment->ax = (u16)rig->cpu->gpr[RAX];
        moment->sp = (u16)rig->cpu->gpr[RSP];
        debugger_read_memory(rig->debugger, moment->pc, &moment->opcode, 1);
        coming = moment + 1;
        if (i < TRACE)
            while (machine_run(rig->machine, i + 1) == RUN_STOPPED)
                ;
        cr_assert_eq(machine_cycles(rig->machine), i < TRACE ? i + 1 : i);
    }
    cpu_observe(rig->cpu, NULL);
    finish(rig);
}

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

static bool is_accessed(const PointSpec *spec, const Moment *moment)
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

/* `arriving`: the machine runs on to there, and no further, so that the next instruction is not
 * looked at. */
static bool is_met(const Model *model, unsigned index, u64 count, bool arriving)
{
    const PointSpec *spec = &model->points[index].spec;
    const Moment *moment = &trace[count];

    if (!model->points[index].number || !model->points[index].enabled ||
        (model->points[index].condition >= 0 && (moment->ax & 7) != model->points[index].condition))
        return false;
    switch (spec->kind) {
    case POINT_EXECUTE: /* a string instruction that goes on repeating does not begin */
        return !arriving && (count == 0 || trace[count - 1].pc != moment->pc) &&
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
    const Moment *moment = &trace[count];
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
                is_met(model, i, count, false);
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

/* Where a step that begins at `from` ends if nothing stops it; TRACE: nowhere. */
static u64 step_goal(StepKind kind, u64 from)
{
    enum { CALL = 0xE8, INT = 0xCD, RET = 0xC3, IRET = 0xCF, REP = 0xF3 };
    const Moment *moment = &trace[from];
    u32 length = moment->opcode == CALL                           ? 3
                 : moment->opcode == INT || moment->opcode == REP ? 2
                                                                  : 0;
    int depth = 0;

    if (kind == STEP_INSTRUCTION || (kind == STEP_OVER && !length))
        return from + 1;
    for (u64 count = from; count < TRACE; count++) {
        if (kind == STEP_OVER) {
            if (count > from && trace[count].pc == moment->pc + length &&
                trace[count].sp == moment->sp)
                return count;
            continue;
        }
        if (trace[count].opcode == CALL || trace[count].opcode == INT)
            depth++;
        if ((trace[count].opcode == RET || trace[count].opcode == IRET) && depth-- == 0)
            return count + 1;
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

static void go_back(Model *model)
{
    u64 now = machine_cycles(model->rig->machine), count = now;
    char error[256] = "";

    if (!now)
        return;
    if (draw(model, 2)) {
        tell(model, "reverse step; ");
        cr_assert(reverse_step(model->rig->debugger, 1, error, sizeof error), "%s", error);
        expect_at(model, now - 1, "reverse step");
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
