/*
 * A machine with a firmware of a few instructions, its debugger, and a timeline if wanted.
 */
#ifndef TESTS_DEBUGGER_RIG_H
#define TESTS_DEBUGGER_RIG_H

#include "cpu/cpu.h"
#include "frontend/debugger/debugger.h"
#include "frontend/debugger/timeline.h"
#include "tests/rom_machine.h"

#include <stdlib.h>

/* Firmware in the host assembler's Intel syntax; it runs at F000:0000. */
#define FIRMWARE(name, text)                                                                       \
    __asm__(".pushsection .rodata\n.code16\n.intel_syntax noprefix\n" #name ":\n" text "\n" #name  \
            "_end:\n.att_syntax prefix\n.code64\n.popsection\n");                                  \
    extern const u8 name[] __attribute__((visibility("hidden")));                                  \
    extern const u8 name##_end[] __attribute__((visibility("hidden")))

typedef struct Rig {
    Machine *machine;
    Cpu *cpu;
    Debugger *debugger;
    Timeline *timeline; /* NULL: there is no going back */
    u8 rom[ROM_BYTES];
} Rig;

static inline Rig *start_machine(MachineEngine engine, const u8 *code, const u8 *end, bool recorded)
{
    Rig *rig = calloc(1, sizeof *rig);
    MachineConfig config = rom_machine_config(rig->rom, code, (size_t)(end - code));
    char error[256];

    config.engine = engine;
    rig->timeline = recorded ? timeline_create(&config, 64 << 20, error, sizeof error) : NULL;
    cr_assert(rig->timeline || !recorded, "%s", error);
    rig->machine = rom_machine_create(&config);
    rig->cpu = machine_cpu(rig->machine, 0);
    rig->debugger = debugger_create(rig->machine);
    cr_assert_not_null(rig->debugger);
    if (recorded) {
        debugger_use_timeline(rig->debugger, rig->timeline);
        cr_assert(timeline_watch(rig->timeline, rig->machine, error, sizeof error), "%s", error);
    }
    return rig;
}

static inline void finish(Rig *rig)
{
    debugger_destroy(rig->debugger);
    timeline_destroy(rig->timeline);
    machine_destroy(rig->machine);
    free(rig);
}

#define START(engine, name) start_machine(engine, name, name##_end, false)
#define START_RECORDED(engine, name) start_machine(engine, name, name##_end, true)
#define EACH_ENGINE(engine)                                                                        \
    for (MachineEngine engine = ENGINE_INTERPRETER; engine <= ENGINE_TRANSLATOR; engine++)

static inline const Point *add(Rig *rig, PointSpec spec)
{
    char error[256] = "";
    const Point *point = debugger_add_point(rig->debugger, &spec, error, sizeof error);

    cr_assert_not_null(point, "%s", error);
    return point;
}

/* Runs until the machine stops or halts for good. */
static inline StopReason run(Rig *rig, u64 most)
{
    u64 until = machine_cycles(rig->machine) + most;

    while (debugger_stop(rig->debugger)->reason == STOP_NONE &&
           machine_cycles(rig->machine) < until)
        if (debugger_run(rig->debugger, until) == RUN_IDLE) {
            if (machine_next_event(rig->machine) == UINT64_MAX)
                break;
            machine_skip_idle(rig->machine, until);
        }
    return debugger_stop(rig->debugger)->reason;
}

static inline StopReason go_on(Rig *rig)
{
    debugger_continue(rig->debugger);
    return run(rig, 1000000);
}

static inline StopReason step(Rig *rig, StepKind kind)
{
    debugger_step(rig->debugger, kind, 1);
    return run(rig, 1000000);
}

static inline u64 here(const Rig *rig)
{
    return rig->cpu->segments[CS].base + rig->cpu->rip;
}

#define AT(name, label) ((u64)((label) - (name)) + FIRMWARE)

#endif
