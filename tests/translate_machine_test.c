/*
 * Whole guests on both engines: the state of the two machines is the same at the same clock.
 */
#include <criterion/criterion.h>

#include "devices/machine.h"
#include "tests/guest_run.h"

enum { SLICE = 250000 };

static Guest *start(MachineEngine engine, const char *disk)
{
    char error[512];
    Guest *guest = guest_create(error, sizeof error);

    cr_assert_not_null(guest, "%s", error);
    guest->config.engine = engine;
    guest->config.mips = 10;
    cr_assert(guest_disk(guest, 0, disk) && guest_start(guest), "%s", guest->error);
    return guest;
}

static RunResult advance(Machine *machine, u64 until)
{
    RunResult result;

    do {
        result = machine_run(machine, until);
        if (result == RUN_IDLE)
            machine_skip_idle(machine, until);
    } while (result == RUN_IDLE && machine_cycles(machine) < until);
    return result;
}

/* Types a line in both machines at once. */
static void type(Guest *const guests[2], const char *line)
{
    for (; *line; line++)
        for (unsigned i = 0; i < 2; i++)
            machine_serial_input(guests[i]->machine, 0, (u8)*line);
}

static void lockstep(const char *disk, const char *const *lines, unsigned slices)
{
    Guest *const guests[2] = {start(ENGINE_INTERPRETER, disk), start(ENGINE_TRANSLATOR, disk)};

    for (unsigned i = 1; i <= slices; i++) {
        RunResult results[2];

        for (unsigned g = 0; g < 2; g++)
            results[g] = advance(guests[g]->machine, (u64)i * SLICE);
        cr_assert_eq(results[0], results[1], "%d and %d", results[0], results[1]);
        cr_assert_eq(machine_cycles(guests[0]->machine), machine_cycles(guests[1]->machine));
        cr_assert_eq(machine_hash(guests[0]->machine), machine_hash(guests[1]->machine),
                     "the machines differ within %u cycles before %llu", SLICE,
                     (unsigned long long)i * SLICE);
        if (lines && *lines && i % 40 == 0)
            type(guests, *lines++);
        if (results[0] != RUN_BUDGET && results[0] != RUN_IDLE)
            break;
    }
    guest_destroy(guests[0]);
    guest_destroy(guests[1]);
}

Test(translate_machine, classroom_guest, .timeout = 600)
{
    static const char *const lines[] = {
        "", "", "", "cpu\r", "pages null\r", "tasks\r", "", "fault\r", "syscall\r", "disk\r", NULL};

    lockstep(BUILD "/roms/classroom.img", lines, 500);
}
