/*
 * The classroom guest (roms/classroom/), from the firmware's first instruction on: every command,
 * typed on the keyboard and sent to COM1, with what it must say.
 */
#include <criterion/criterion.h>

#include "tests/guest_run.h"

/* A slow processor makes guest time cheap: `tasks` runs for three seconds of it. */
enum { MIPS = 10, MOST = 400 };

static Guest *guest;

static void stop(void)
{
    guest_destroy(guest);
}

TestSuite(classroom, .fini = stop, .timeout = 600);

#define MUST(step) cr_assert((step), "%s", guest->error)

static bool boot(const char *drive)
{
    char error[512];

    guest = guest_create(error, sizeof error);
    cr_assert_not_null(guest, "%s", error);
    guest->config.mips = MIPS;
    return (*drive == 'a' ? guest_floppy(guest, BUILD "/roms/classroom.img")
                          : guest_disk(guest, 0, BUILD "/roms/classroom.img")) &&
           guest_start(guest) && guest_serial(guest, "vitrine>", MOST);
}

/* What is typed, and what is on the screen when the prompt is there again. */
static const struct {
    const char *line, *expected[3];
} commands[] = {
    {"about", {"an educational PC in software", "boot.asm"}},
    {"help", {"pages      [ADDRESS]", "help COMMAND names the files"}},
    {"help tasks", {"tasks.c stubs.asm user/worker.c"}},
    {"cpu", {"GenuineIntel", "PG paging", "ring 0, the kernel"}},
    {"memory", {"0000000000 to 000009FBFF      639 KB", "one cell ="}},
    {"pages screen", {"B8000"}},
    {"pages null", {"not present"}},
    {"interrupts\r", {"line 0: timer, 100 times a second", "from the timer."}},
    {"tasks", {"Dorothy   quantum 4", "ABBCCCDDDDABBCCCDDDDABBCCCDDDD", "context switches"}},
    {"syscall", {"call 2 is 'ticks'", "EAX=FFFFFFFF:", "refused."}},
    {"fault", {"error code 4", "error code 7", "error code 6"}},
    {"protect", {"#PF(5)", "#PF(7)", "#GP(10A)"}},
    {"disk", {"Partition 1 (the 16 bytes at 1BE): active", "55 AA at the end"}},
    {"time", {"Together: 2023-11-14 22:13:", "ticks of 10 ms", "MHz"}},
    {"pci", {"8086:1237   0600", "1234:1111   0300"}},
    {"segments", {"00CF9B00 0000FFFF  00000000 FFFFFFFF  0", "TSS"}},
    {"crash", {"triple fault", "crash yes"}},
    {"nonsense", {"nonsense"}},
};

static bool is_on_screen(const char *const *expected, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (expected[i] && !guest_screen(guest, expected[i], 0))
            return false;
    return true;
}

static void all_commands(bool (*enter)(Guest *, const char *))
{
    for (unsigned i = 0; i < COUNT_OF(commands); i++) {
        MUST(enter(guest, commands[i].line) && enter(guest, "\r"));
        MUST(guest_serial(guest, "vitrine>", MOST) && guest_run(guest, 1));
        MUST(is_on_screen(commands[i].expected, COUNT_OF(commands[i].expected)));
    }
}

Test(classroom, every_command_by_keyboard)
{
    MUST(boot("c"));
    all_commands(guest_type);
    MUST(guest_type(guest, "off\r") && guest_end(guest, RUN_POWER_OFF, MOST));
    cr_assert(guest_serial(guest, "Goodbye.", 0));
}

Test(classroom, every_command_by_serial_port)
{
    MUST(boot("a"));
    all_commands(guest_send);
    MUST(guest_send(guest, "off\r") && guest_end(guest, RUN_POWER_OFF, MOST));
}

Test(classroom, draws_and_comes_back)
{
    MUST(boot("c") && guest_type(guest, "draw\r") && guest_graphics(guest, 640, 400, MOST));
    MUST(guest_run(guest, 20) && guest_picture(guest, BUILD "/tests/classroom-draw.png"));
    MUST(guest_type(guest, " ") && guest_screen(guest, "Back in text", MOST));
    MUST(guest_picture(guest, BUILD "/tests/classroom-text.png"));
}

Test(classroom, crash_is_a_triple_fault)
{
    MUST(boot("c") && guest_type(guest, "crash yes\r"));
    MUST(guest_end(guest, RUN_TRIPLE_FAULT, MOST));
    MUST(guest_reset(guest) && guest_serial(guest, "vitrine>", MOST));
}

Test(classroom, reboots)
{
    MUST(boot("c") && guest_type(guest, "reboot\r") && guest_end(guest, RUN_RESET, MOST));
    MUST(guest_reset(guest) && guest_serial(guest, "vitrine>", MOST));
}

/* Law 1 of the design: a run is a pure function of the machine and its inputs. */
Test(classroom, two_runs_are_one)
{
    u64 hashes[2], cycles[2];

    for (unsigned i = 0; i < 2; i++) {
        MUST(boot("c") && guest_type(guest, "protect\r") && guest_serial(guest, "vitrine>", MOST));
        MUST(guest_send(guest, "pci\r") && guest_run(guest, 30));
        hashes[i] = machine_hash(guest->machine);
        cycles[i] = machine_cycles(guest->machine);
        if (i == 0)
            guest_destroy(guest);
    }
    cr_assert_eq(cycles[0], cycles[1]);
    cr_assert_eq(hashes[0], hashes[1]);
    MUST(guest_run(guest, 1));
    cr_assert_neq(machine_hash(guest->machine), hashes[1]);
}
