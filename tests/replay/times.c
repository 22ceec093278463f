#include "tests/replay/times.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "devices/clock.h"
#include "frontend/debugger/reverse.h"
#include "frontend/debugger/timeline.h"
#include "frontend/disk_image.h"
#include "frontend/firmware.h"

enum { ROUNDS = 100, MEMORY = 128 << 20, SLICE = 1000000 };

static char error[512];

typedef struct Setup {
    Firmware firmware;
    DiskImage disk;
    Machine *machine;
    Timeline *timeline;
    Debugger *debugger;
} Setup;

static double now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static bool set_up(Setup *setup, const char *image, bool timeline)
{
    const Options options = {.firmware_folder = "/usr/share/seabios"};
    const DiskImageOptions how = {.kind = IMAGE_DISK, .snapshot = true};
    MachineConfig config;

    if (!firmware_load(&setup->firmware, &options, error, sizeof error) ||
        !disk_image_open(&setup->disk, image, &how, error, sizeof error))
        return false;
    config = (MachineConfig){.memory = MEMORY,
                             .cpu = "qemu32",
                             .mips = 100,
                             .engine = ENGINE_TRANSLATOR,
                             .start_time = 1700000000,
                             .bios = setup->firmware.bios,
                             .bios_length = setup->firmware.bios_length,
                             .vga_bios = setup->firmware.vga_bios,
                             .vga_bios_length = setup->firmware.vga_bios_length,
                             .boot_order = "c",
                             .drives[0] = {DRIVE_DISK, &setup->disk.device},
                             .serial_present[0] = true};
    if (timeline)
        setup->timeline = timeline_create(&config, TIMELINE_DEFAULT_BUDGET, error, sizeof error);
    if (timeline && !setup->timeline)
        return false;
    setup->machine = machine_create(&config, error, sizeof error);
    if (!setup->machine ||
        (timeline && !timeline_watch(setup->timeline, setup->machine, error, sizeof error)))
        return false;
    setup->debugger = debugger_create(setup->machine);
    debugger_use_timeline(setup->debugger, setup->timeline);
    debugger_attach(setup->debugger);
    return true;
}

static void take_down(Setup *setup)
{
    debugger_destroy(setup->debugger);
    timeline_destroy(setup->timeline);
    machine_destroy(setup->machine);
    disk_image_close(&setup->disk);
    firmware_free(&setup->firmware);
}

/* Idle time is skipped and does not count. Gives the time it took. */
static double run(Setup *setup, u64 instructions)
{
    Machine *machine = setup->machine;
    double begin = now_ms();
    u64 done = 0;

    while (done < instructions) {
        u64 before = machine_cycles(machine);
        RunResult result = debugger_run(setup->debugger, before + SLICE);

        done += machine_cycles(machine) - before;
        if (result == RUN_IDLE)
            machine_skip_idle(machine, machine_next_event(machine));
        else if (result != RUN_BUDGET)
            break;
    }
    return now_ms() - begin;
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;

    return left < right ? -1 : left > right;
}

static void print(const char *what, double *times)
{
    qsort(times, ROUNDS, sizeof *times, compare);
    printf("%-36s median %.2f ms, 95th percentile %.2f ms, most %.2f ms\n", what, times[ROUNDS / 2],
           times[ROUNDS * 95 / 100], times[ROUNDS - 1]);
}

static void set_breakpoints(Debugger *debugger)
{
    static const u64 addresses[] = {0x7C00, 0x100000, 0x12345678};

    for (unsigned i = 0; i < COUNT_OF(addresses); i++)
        debugger_add_point(debugger, &(PointSpec){.kind = POINT_EXECUTE, .address = addresses[i]},
                           error, sizeof error);
}

static void time_steps(Setup *setup)
{
    u64 head = timeline_head(setup->timeline), begin = timeline_begin(setup->timeline);
    double in_a_row[ROUNDS], gotos[ROUNDS], anywhere[ROUNDS], before;

    for (unsigned i = 0; i < ROUNDS; i++) {
        before = now_ms();
        reverse_step(setup->debugger, 1, error, sizeof error);
        in_a_row[i] = now_ms() - before;
    }
    printf("%-36s %.2f ms\n", "the first reverse-step", in_a_row[0]);
    for (unsigned i = 0; i < ROUNDS; i++) {
        u64 to = begin + (u64)((double)rand() / RAND_MAX * (double)(head - begin));

        before = now_ms();
        reverse_goto(setup->debugger, to, error, sizeof error);
        gotos[i] = now_ms() - before;
        before = now_ms();
        reverse_step(setup->debugger, 1, error, sizeof error);
        anywhere[i] = now_ms() - before;
    }
    print("reverse-step, one after the other", in_a_row);
    print("goto, anywhere", gotos);
    print("reverse-step there", anywhere);
}

static void time_writers(Setup *setup)
{
    static const u64 addresses[] = {0x46C, 0x500, 0x7C10, 0x100010, 0x101000, 0x400000};
    u64 head = timeline_head(setup->timeline);

    for (unsigned i = 0; i < COUNT_OF(addresses); i++) {
        double before;
        bool found;

        reverse_goto(setup->debugger, head, error, sizeof error);
        before = now_ms();
        found = reverse_last_writer(setup->debugger, ADDRESS_PHYSICAL, addresses[i], 1, error,
                                    sizeof error);
        printf("last writer of %08llX %14.2f ms: %s\n", (unsigned long long)addresses[i],
               now_ms() - before, found ? debugger_stop(setup->debugger)->text : error);
    }
}

int replay_times(const char *image, unsigned millions)
{
    double without = 0, with = 0;
    Setup setup;

    for (unsigned i = 0; i < 3; i++) {
        memset(&setup, 0, sizeof setup);
        if (!set_up(&setup, image, false))
            break;
        without += run(&setup, (u64)millions * 1000000);
        take_down(&setup);
        memset(&setup, 0, sizeof setup);
        if (!set_up(&setup, image, true))
            break;
        with += run(&setup, (u64)millions * 1000000);
        if (i < 2)
            take_down(&setup);
    }
    if (!setup.debugger) {
        fprintf(stderr, "replay-test: %s\n", error);
        return 1;
    }
    printf("%u million instructions: %.0f ms, recorded %.0f ms (%+.1f %%), %llu KB of snapshots\n",
           millions, without / 3, with / 3, (with / without - 1) * 100,
           (unsigned long long)timeline_bytes(setup.timeline) >> 10);
    set_breakpoints(setup.debugger);
    debugger_pause(setup.debugger);
    time_steps(&setup);
    time_writers(&setup);
    take_down(&setup);
    return 0;
}
