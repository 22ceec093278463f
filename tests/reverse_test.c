/*
 * Backwards is forwards in reverse: what steps and stops were recorded on the way there come again,
 * in the opposite order, on the way back.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/cpu.h"
#include "frontend/debugger/reverse.h"
#include "tests/timeline_rig.h"

enum { BUDGET = 64 << 20, WARM = 40000000, COUNTER = 0x500, SECTOR = 0x8000 };
#define SECOND ((u64)10000000)

TestSuite(reverse, .timeout = 600);

typedef struct Where {
    u64 cycles, rip, stack;
} Where;

static TimelineRig *rig;
static Debugger *debugger;
static char error[256];

static void start(MachineEngine engine)
{
    rig = rig_create(engine, BUDGET);
    debugger = debugger_create(rig->machine);
    debugger_use_timeline(debugger, rig->timeline);
    debugger_attach(debugger);
    rig_run(rig, WARM);
}

static void stop(void)
{
    debugger_destroy(debugger);
    rig_destroy(rig);
}

static Where here(void)
{
    Where where = {.cycles = machine_cycles(rig->machine)};
    u64 base;

    debugger_read_register(debugger, "eip", &where.rip);
    debugger_read_register(debugger, "cs.base", &base);
    debugger_read_register(debugger, "esp", &where.stack);
    where.rip += base;
    return where;
}

/* Lets it run until it stops. */
static const Stop *run_on(void)
{
    u64 end = machine_cycles(rig->machine) + 20 * SECOND;

    while (debugger_stop(debugger)->reason == STOP_NONE && machine_cycles(rig->machine) < end)
        if (debugger_run(debugger, end) == RUN_IDLE)
            machine_skip_idle(rig->machine, end);
    cr_assert_neq(debugger_stop(debugger)->reason, STOP_NONE, "it never stopped");
    return debugger_stop(debugger);
}

static const Point *add(PointKind kind, u64 address)
{
    const PointSpec spec = {.kind = kind, .address = address, .length = 1};
    const Point *point = debugger_add_point(debugger, &spec, error, sizeof error);

    cr_assert_not_null(point, "%s", error);
    return point;
}

/* ---- steps ---- */

static void expect_back(const Where *way, unsigned count, const char *what)
{
    Where now = here();

    cr_assert_eq(now.rip, way[count].rip, "%s %u: at %llX, not %llX (count %llu, not %llu)", what,
                 count, (unsigned long long)now.rip, (unsigned long long)way[count].rip,
                 (unsigned long long)now.cycles, (unsigned long long)way[count].cycles);
    cr_assert_eq(now.stack, way[count].stack);
}

static void steps_back(MachineEngine engine, bool into)
{
    enum { STEPS = 1500 };
    static Where way[STEPS + 1];

    start(engine);
    debugger_step_into_interrupts(debugger, into);
    for (unsigned i = 0; i < STEPS; i++) {
        way[i] = here();
        debugger_step(debugger, STEP_INSTRUCTION, 1);
        cr_assert_eq(run_on()->reason, STOP_STEP);
    }
    for (unsigned i = STEPS; i-- > 0;) {
        cr_assert(reverse_step(debugger, 1, error, sizeof error), "%s", error);
        cr_assert_eq(debugger_stop(debugger)->reason, STOP_STEP);
        expect_back(way, i, "step");
    }
    cr_assert(timeline_is_past(rig->timeline));
    stop();
}

Test(reverse, steps_on_the_interpreter)
{
    steps_back(ENGINE_INTERPRETER, false);
}

Test(reverse, steps_on_the_translator)
{
    steps_back(ENGINE_TRANSLATOR, false);
}

Test(reverse, steps_into_interrupts)
{
    steps_back(ENGINE_TRANSLATOR, true);
}

/* The boot sector's loop: over the BIOS's calls, and over repeated instructions. */
Test(reverse, steps_over_calls)
{
    enum { STEPS = 60 };
    static Where way[STEPS + 1];

    start(ENGINE_TRANSLATOR);
    add(POINT_WRITE, COUNTER);
    debugger_continue(debugger);
    cr_assert_eq(run_on()->reason, STOP_POINT);
    debugger_remove_point(debugger, 1);
    for (unsigned i = 0; i < STEPS; i++) {
        way[i] = here();
        cr_assert_lt(way[i].rip, 0x8000, "it has left the sector");
        debugger_step(debugger, STEP_OVER, 1);
        cr_assert_eq(run_on()->reason, STOP_STEP);
    }
    cr_assert_gt(here().cycles - way[0].cycles, 1000, "nothing was stepped over");
    for (unsigned i = STEPS; i-- > 0;) {
        cr_assert(reverse_next(debugger, 1, error, sizeof error), "%s", error);
        expect_back(way, i, "next");
        cr_assert_eq(here().cycles, way[i].cycles);
    }
    stop();
}

Test(reverse, to_the_beginning)
{
    start(ENGINE_TRANSLATOR);
    cr_assert(reverse_goto(debugger, 3, error, sizeof error), "%s", error);
    cr_assert(reverse_step(debugger, 10, error, sizeof error), "%s", error);
    cr_assert_eq(debugger_stop(debugger)->reason, STOP_HISTORY_BEGIN);
    cr_assert_eq(machine_cycles(rig->machine), 0);
    cr_assert(reverse_continue(debugger, error, sizeof error));
    cr_assert_eq(debugger_stop(debugger)->reason, STOP_HISTORY_BEGIN);
    cr_assert_not(reverse_goto(debugger, WARM + 1, error, sizeof error));
    cr_assert(strstr(error, "history goes from"));
    debugger_continue(debugger);
    cr_assert_eq(run_on()->reason, STOP_HISTORY_END);
    cr_assert_eq(machine_cycles(rig->machine), WARM);
    stop();
}

/* ---- points ---- */

static void stops_back(unsigned stops)
{
    Where *way = calloc(stops, sizeof *way);
    u64 *addresses = calloc(stops, sizeof *addresses);

    for (unsigned i = 0; i < stops; i++) {
        debugger_continue(debugger);
        cr_assert_eq(run_on()->reason, STOP_POINT);
        way[i] = here();
        addresses[i] = debugger_stop(debugger)->address;
    }
    for (unsigned i = stops - 1; i-- > 0;) {
        const Stop *found = debugger_stop(debugger);

        cr_assert(reverse_continue(debugger, error, sizeof error), "%s", error);
        cr_assert_eq(found->reason, STOP_POINT, "stop %u: %s", i, found->text);
        cr_assert_eq(here().cycles, way[i].cycles, "stop %u: %s", i, found->text);
        cr_assert_eq(found->address, addresses[i]);
        expect_back(way, i, "stop");
    }
    free(addresses);
    free(way);
}

Test(reverse, breakpoints)
{
    start(ENGINE_TRANSLATOR);
    add(POINT_EXECUTE, 0x7C00 + 0x4C);
    add(POINT_WRITE, COUNTER);
    stops_back(60);
    stop();
}

Test(reverse, watchpoints_and_ports)
{
    start(ENGINE_TRANSLATOR);
    add(POINT_ACCESS, SECTOR + 2);
    add(POINT_PORT_OUT, 0x1F7);
    stops_back(60);
    stop();
}

Test(reverse, interrupts_on_the_interpreter)
{
    start(ENGINE_INTERPRETER);
    add(POINT_INTERRUPT, 8);
    add(POINT_COUNT, WARM + 1234567);
    stops_back(12);
    stop();
}

/* Going back must not use up ignore counts, or points that go with their first stop. */
Test(reverse, points_stay_what_they_are)
{
    const Point *point;
    u64 hits, ignore;

    start(ENGINE_TRANSLATOR);
    add(POINT_WRITE, COUNTER);
    stops_back(5);
    point = debugger_points(debugger, 0);
    hits = point->hits;
    ignore = point->spec.ignore;
    cr_assert(reverse_continue(debugger, error, sizeof error));
    cr_assert_eq(point->hits, hits);
    cr_assert_eq(point->spec.ignore, ignore);
    cr_assert(point->enabled);
    stop();
}

/* ---- writers ---- */

Test(reverse, the_last_writer_of_a_byte)
{
    u64 cycles[2];
    u8 byte, now;

    start(ENGINE_TRANSLATOR);
    debugger_pause(debugger);
    debugger_read_physical(debugger, COUNTER, &byte, 1);
    for (unsigned i = 0; i < 2; i++) {
        cr_assert(reverse_last_writer(debugger, i ? ADDRESS_LINEAR : ADDRESS_PHYSICAL, COUNTER, 1,
                                      error, sizeof error),
                  "%s", error);
        cycles[i] = machine_cycles(rig->machine);
        debugger_read_physical(debugger, COUNTER, &now, 1);
        cr_assert_eq((u8)(byte - i), now, "%s", debugger_stop(debugger)->text);
        cr_assert(strstr(debugger_stop(debugger)->text, "the last write"));
        cr_assert(reverse_step(debugger, 1, error, sizeof error));
        debugger_read_physical(debugger, COUNTER, &now, 1);
        cr_assert_eq((u8)(byte - i - 1), now, "the instruction before it");
    }
    cr_assert_lt(cycles[1], cycles[0]);
    cr_assert_not(
        reverse_last_writer(debugger, ADDRESS_PHYSICAL, RIG_MEMORY - 1, 1, error, sizeof error));
    cr_assert(strstr(error, "nothing has written there"));
    stop();
}

Test(reverse, to_before_the_call)
{
    u64 rip;

    start(ENGINE_TRANSLATOR);
    /* Deep in SeaBIOS's 32-bit disk code; its callers are found one after the other. */
    add(POINT_PORT_OUT, 0x1F7);
    debugger_continue(debugger);
    cr_assert_eq(run_on()->reason, STOP_POINT);
    debugger_read_register(debugger, "eip", &rip);
    for (unsigned i = 0; i < 3; i++) {
        Where before = here();

        cr_assert(reverse_finish(debugger, error, sizeof error), "%u: %s", i, error);
        cr_assert_lt(here().cycles, before.cycles);
        cr_assert_gt(here().stack, before.stack);
        debugger_step(debugger, STEP_INSTRUCTION, 1);
        run_on();
        cr_assert_lt(here().stack, before.stack + 4096, "it was a call");
        cr_assert(reverse_step(debugger, 1, error, sizeof error));
    }
    stop();
}
