/*
 * The conformance programs of tests/asm: each is a ROM in the firmware's place that tries what the
 * manual says, case by case, and reports on the debug port. A program that was wrong says so in
 * lines that begin with WRONG; these are what a failing test shows.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devices/machine.h"

enum {
    ROM_BYTES = 128 << 10,
    MOST_OUTPUT = 4 << 20,
    MOST_CYCLES = 400000000,
    MOST_SHOWN = 3000, /* bytes of wrong cases */
    EXIT_RIGHT = 0x10, /* tests/asm/machine.inc */
};

typedef struct Report {
    unsigned length;
    char text[MOST_OUTPUT + 1];
} Report;

static void collect(void *owner, u8 byte)
{
    Report *report = owner;

    if (report->length < MOST_OUTPUT)
        report->text[report->length++] = (char)byte;
}

static bool read_rom(const char *program, u8 *rom)
{
    char path[256];
    FILE *file;
    size_t length;

    snprintf(path, sizeof path, BUILD "/asm/%s.rom", program);
    file = fopen(path, "rb");
    if (!file)
        return false;
    length = fread(rom, 1, ROM_BYTES, file);
    fclose(file);
    return length == ROM_BYTES;
}

/* A shutdown resets the machine, as on a board: the programs go on from there. */
static RunResult run_to_end(Machine *machine)
{
    RunResult result = RUN_BUDGET;

    while (machine_cycles(machine) < MOST_CYCLES) {
        result = machine_run(machine, MOST_CYCLES);
        if (result == RUN_TRIPLE_FAULT)
            machine_reset(machine);
        else if (result == RUN_IDLE)
            machine_skip_idle(machine, MOST_CYCLES);
        else
            break;
    }
    return result;
}

/* The lines that begin with WRONG, or else the report's end. */
static const char *what_was_wrong(Report *report, char *shown)
{
    char *line = report->text, *rest = NULL;
    size_t length = 0;

    *shown = '\0';
    if (!strstr(line, "\nWRONG ") && strncmp(line, "WRONG ", 6) != 0)
        return line + (report->length > MOST_SHOWN ? report->length - MOST_SHOWN : 0);
    for (line = strtok_r(line, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        if (strncmp(line, "WRONG ", 6) == 0 && length + strlen(line) + 2 < MOST_SHOWN)
            length += (size_t)sprintf(shown + length, "%s\n", line);
    return shown;
}

static void run(const char *program, const char *model, MachineEngine engine)
{
    Report *report = calloc(1, sizeof *report);
    u8 *rom = malloc(ROM_BYTES);
    MachineConfig config = {.memory = 32 << 20,
                            .cpu = model,
                            .engine = engine,
                            .mips = 100,
                            .boot_order = "c",
                            .bios = rom,
                            .bios_length = ROM_BYTES,
                            .debug_console = {collect, report},
                            .debug_exit_port = 0x501,
                            .debug_exit_size = 2};
    char error[256], shown[MOST_SHOWN];
    Machine *machine;
    RunResult result;

    cr_assert(rom && report);
    if (!read_rom(program, rom))
        cr_skip_test("%s/asm/%s.rom is not there: nasm makes it (make asm-test)", BUILD, program);
    machine = machine_create(&config, error, sizeof error);
    cr_assert_not_null(machine, "%s", error);
    result = run_to_end(machine);
    cr_expect(result == RUN_DEBUG_EXIT && machine_exit_code(machine) == (EXIT_RIGHT << 1 | 1) &&
                  strstr(report->text, " cases, 0 wrong"),
              "%s on -cpu %s:\n%s", program, model, what_was_wrong(report, shown));
    machine_destroy(machine);
    free(report);
    free(rom);
}

TestSuite(asm, .timeout = 120);

#define PROGRAM(name)                                                                              \
    Test(asm, name)                                                                                \
    {                                                                                              \
        run(#name, "max", ENGINE_INTERPRETER);                                                     \
    }                                                                                              \
    Test(asm, name##_translated)                                                                   \
    {                                                                                              \
        run(#name, "max", ENGINE_TRANSLATOR);                                                      \
    }

PROGRAM(real)
PROGRAM(exceptions)
PROGRAM(interrupts)
PROGRAM(transfers)
PROGRAM(tasks)
PROGRAM(segments)
PROGRAM(paging)
PROGRAM(paging_pae)
PROGRAM(debug)
PROGRAM(vm86)
PROGRAM(system)
PROGRAM(ports)
PROGRAM(alignment)
PROGRAM(simd_control)
PROGRAM(restart)
PROGRAM(long_mode)
PROGRAM(long_paging)
PROGRAM(long_system)
PROGRAM(long_transfers)

/* Older models lack instructions, bits of CR4 and MSRs: the programs ask CPUID what must be there.
 */
#define PROGRAM_ON(name, model)                                                                    \
    Test(asm, name##_on_##model)                                                                   \
    {                                                                                              \
        run(#name, #model, ENGINE_INTERPRETER);                                                    \
    }

PROGRAM_ON(system, 486)
PROGRAM_ON(system, pentium)
PROGRAM_ON(system, pentium3)
PROGRAM_ON(system, qemu32)
PROGRAM_ON(system, qemu64)
PROGRAM_ON(ports, 486)
PROGRAM_ON(alignment, 486)
PROGRAM_ON(simd_control, 486)
PROGRAM_ON(simd_control, pentium)
PROGRAM_ON(simd_control, pentium3)
PROGRAM_ON(simd_control, qemu32)
PROGRAM_ON(debug, 486)
PROGRAM_ON(exceptions, 486)
PROGRAM_ON(interrupts, 486)
PROGRAM_ON(paging, 486)
PROGRAM_ON(real, 486)
PROGRAM_ON(restart, 486)
PROGRAM_ON(segments, 486)
PROGRAM_ON(tasks, 486)
PROGRAM_ON(transfers, 486)
PROGRAM_ON(vm86, 486)
PROGRAM_ON(paging_pae, qemu32)
PROGRAM_ON(long_mode, qemu64)
PROGRAM_ON(long_paging, qemu64)
