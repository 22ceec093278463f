/*
 * The debugger on whole guests: steps by source line through the classroom guest's kernel, and the
 * same machine, bit for bit, whether it is watched and stopped or not.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "cpu/cpu.h"
#include "frontend/debugger/debugger.h"
#include "tests/guest_run.h"

static Guest *start(MachineEngine engine)
{
    char error[512];
    Guest *guest = guest_create(error, sizeof error);

    cr_assert_not_null(guest, "%s", error);
    guest->config.engine = engine;
    cr_assert(guest_disk(guest, 0, BUILD "/roms/classroom.img") && guest_start(guest), "%s",
              guest->error);
    return guest;
}

static Debugger *debug(Guest *guest)
{
    Debugger *debugger = debugger_create(guest->machine);

    cr_assert_not_null(debugger);
    return debugger;
}

/* Until it stops, or to a clock. */
static StopReason run(Debugger *debugger, u64 until)
{
    Machine *machine = debugger_machine(debugger);

    while (debugger_stop(debugger)->reason == STOP_NONE && machine_cycles(machine) < until)
        if (debugger_run(debugger, until) == RUN_IDLE)
            machine_skip_idle(machine, until);
    return debugger_stop(debugger)->reason;
}

static void add(Debugger *debugger, PointSpec spec)
{
    char error[256];

    cr_assert_not_null(debugger_add_point(debugger, &spec, error, sizeof error), "%s", error);
}

static u64 address_of(Debugger *debugger, const char *name)
{
    const Symbol *symbol = symbols_find(debugger_symbols(debugger), name, strlen(name));

    cr_assert_not_null(symbol, "%s", name);
    return symbol->address;
}

static u64 here(Debugger *debugger)
{
    u64 rip;

    cr_assert(debugger_read_register(debugger, "rip", &rip));
    return rip;
}

/* The line at hand, which a stop must be at the beginning of. */
static unsigned line_of(Debugger *debugger)
{
    SourceLine line;

    cr_assert(symbols_line(debugger_symbols(debugger), here(debugger), &line));
    return line.line;
}

static bool is_in(Debugger *debugger, const char *function)
{
    u64 offset;
    const Symbol *symbol = symbols_at(debugger_symbols(debugger), here(debugger), &offset);

    return symbol && strcmp(symbol->name, function) == 0;
}

static StopReason step(Debugger *debugger, StepKind kind)
{
    debugger_step(debugger, kind, 1);
    return run(debugger, machine_cycles(debugger_machine(debugger)) + 400000000);
}

Test(debugger_guest, steps_by_line_through_a_kernel)
{
    Guest *guest = start(ENGINE_TRANSLATOR);
    Debugger *debugger = debug(guest);
    char error[256];
    unsigned last;

    cr_assert(
        symbols_load(debugger_symbols(debugger), BUILD "/roms/classroom.elf", error, sizeof error),
        "%s", error);
    add(debugger, (PointSpec){.kind = POINT_EXECUTE,
                              .address = symbols_after_prologue(
                                  debugger_symbols(debugger), address_of(debugger, "kernel_main")),
                              .one_shot = true});
    cr_assert_eq(run(debugger, 2000000000), STOP_POINT);
    cr_assert(is_in(debugger, "kernel_main"));
    last = line_of(debugger);
    for (unsigned i = 0; i < 8; i++) { /* each line is a call; paging and interrupts begin here */
        cr_assert_eq(step(debugger, STEP_OVER_LINE), STOP_STEP);
        cr_assert(is_in(debugger, "kernel_main"), "at %llX", (unsigned long long)here(debugger));
        cr_assert_eq(line_of(debugger), last + 1, "line %u after %u, at %llX", line_of(debugger),
                     last, (unsigned long long)here(debugger));
        last++;
    }
    cr_assert_eq(step(debugger, STEP_LINE), STOP_STEP);
    cr_assert(is_in(debugger, "interrupts_init"), "at %llX", (unsigned long long)here(debugger));
    cr_assert_eq(step(debugger, STEP_OUT), STOP_STEP);
    cr_assert(is_in(debugger, "kernel_main"));
    cr_assert_eq(line_of(debugger), last + 1); /* the call was all of its line */
    cr_assert_eq(step(debugger, STEP_OVER_LINE), STOP_STEP);
    cr_assert_eq(line_of(debugger), last + 2);
    debugger_destroy(debugger);
    guest_destroy(guest);
}

/* Points in firmware and kernel, some hit often, and steps at each stop. */
static void disturb(Debugger *debugger, u64 until)
{
    unsigned stops = 0;

    add(debugger, (PointSpec){.kind = POINT_WRITE, .address = 0x46C, .length = 4});
    add(debugger, (PointSpec){.kind = POINT_ACCESS,
                              .address_kind = ADDRESS_PHYSICAL,
                              .address = 0xB8000,
                              .length = 2});
    add(debugger, (PointSpec){.kind = POINT_PORT_OUT, .address = 0x20, .length = 2});
    add(debugger, (PointSpec){.kind = POINT_INTERRUPT, .address = ANY_VECTOR, .ignore = 5});
    add(debugger, (PointSpec){.kind = POINT_CR3});
    add(debugger, (PointSpec){.kind = POINT_MODE});
    add(debugger, (PointSpec){.kind = POINT_EXECUTE, .address = 0x7C00});
    add(debugger,
        (PointSpec){.kind = POINT_EXECUTE, .address = 0x100000, .condition = "eax == 12345"});
    add(debugger,
        (PointSpec){.kind = POINT_READ, .address = 0x100000, .length = 1 << 20, .condition = "0"});
    while (machine_cycles(debugger_machine(debugger)) < until) {
        if (run(debugger, until) == STOP_NONE)
            continue;
        stops++;
        debugger_continue(debugger);
        if (stops % 3 == 0 && machine_cycles(debugger_machine(debugger)) + 5000 < until)
            debugger_step(debugger, (StepKind)(stops / 3 % 3), 1 + stops % 4);
    }
    cr_assert_gt(stops, 20);
}

Test(debugger_guest, watching_changes_nothing)
{
    for (MachineEngine engine = ENGINE_INTERPRETER; engine <= ENGINE_TRANSLATOR; engine++) {
        Guest *alone = start(engine), *watched = start(engine);
        Debugger *without = debug(alone), *with = debug(watched);
        const u64 until = engine == ENGINE_INTERPRETER ? 25000000 : 50000000;

        run(without, until);
        disturb(with, until);
        cr_assert_eq(machine_cycles(alone->machine), until);
        cr_assert_eq(machine_cycles(watched->machine), until);
        cr_assert_eq(machine_hash(alone->machine), machine_hash(watched->machine));
        debugger_destroy(without);
        debugger_destroy(with);
        guest_destroy(alone);
        guest_destroy(watched);
    }
}
