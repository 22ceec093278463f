/*
 * Many replays of recorded runs with keyboard, serial and disk input: on both engines, in slices of
 * random lengths, stepped, with breakpoints and watchpoints set, and there and back. Every hash in
 * a recording must be met, and so must the state at its end: replay-test [COUNT].
 *
 * replay-test times IMAGE [MILLIONS]: how long going back takes, after so many instructions (500).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frontend/debugger/reverse.h"
#include "tests/replay/times.h"
#include "tests/timeline_rig.h"

enum { RECORDINGS = 10, LENGTH = 30000000, BUDGET = 64 << 20 };

typedef struct Recorded {
    char path[64];
    u64 hash;
} Recorded;

static char error[512];

static void give_up(const char *what)
{
    fprintf(stderr, "replay-test: %s: %s\n", what, error);
    exit(1);
}

static void record(Recorded *recorded, unsigned number)
{
    TimelineRig *rig = rig_create(number % 2 ? ENGINE_TRANSLATOR : ENGINE_INTERPRETER, BUDGET);

    rig->seed = number;
    snprintf(recorded->path, sizeof recorded->path, BUILD "/tests/replay-%u.recording", number);
    if (!timeline_record(rig->timeline, &rig->config, recorded->path, error, sizeof error))
        give_up("cannot record");
    rig_run(rig, LENGTH);
    recorded->hash = machine_hash(rig->machine);
    rig_destroy(rig);
}

/* ---- ways to replay ---- */

static void in_slices(Timeline *timeline, u64 longest)
{
    while (!timeline_is_over(timeline) && !timeline_departed(timeline))
        timeline_run(timeline, timeline_now(timeline) + 1 + (u64)rand() % longest);
}

static void stepped(Timeline *timeline)
{
    timeline_goto(timeline, (u64)rand() % LENGTH);
    for (unsigned i = 0; i < 50000 && !timeline_is_over(timeline); i++)
        timeline_run(timeline, timeline_now(timeline) + 1);
    in_slices(timeline, LENGTH);
}

static void with_points(Timeline *timeline, Machine *machine)
{
    static const PointSpec specs[] = {{.kind = POINT_EXECUTE, .address = 0x7C4C},
                                      {.kind = POINT_ACCESS, .address = 0x8002, .length = 2},
                                      {.kind = POINT_WRITE, .address = 0x9100, .length = 4},
                                      {.kind = POINT_PORT_OUT, .address = 0x1F7, .length = 1}};
    Debugger *debugger = debugger_create(machine);

    debugger_use_timeline(debugger, timeline);
    debugger_attach(debugger);
    for (unsigned i = 0; i < COUNT_OF(specs); i++)
        if (!debugger_add_point(debugger, &specs[i], error, sizeof error))
            give_up("cannot add a point");
    while (!timeline_is_over(timeline) && !timeline_departed(timeline)) {
        if (debugger_stop(debugger)->reason != STOP_NONE)
            debugger_continue(debugger);
        debugger_run(debugger, LENGTH);
    }
    debugger_destroy(debugger);
}

static void there_and_back(Timeline *timeline)
{
    for (unsigned i = 0; i < 8; i++)
        timeline_goto(timeline, (u64)rand() % LENGTH);
    in_slices(timeline, LENGTH);
}

static const char *const ways[] = {"whole", "in slices", "stepped", "with points",
                                   "there and back"};

static bool replay(const Recorded *recorded, MachineEngine engine, unsigned way)
{
    MachineConfig config = {.engine = engine};
    Timeline *timeline = timeline_replay(&config, recorded->path, BUDGET, error, sizeof error);
    Machine *machine = timeline ? machine_create(&config, error, sizeof error) : NULL;
    bool same;

    if (!machine || !timeline_watch(timeline, machine, error, sizeof error))
        give_up(recorded->path);
    switch (way) {
    case 0:
        in_slices(timeline, LENGTH);
        break;
    case 1:
        in_slices(timeline, 20000);
        break;
    case 2:
        stepped(timeline);
        break;
    case 3:
        with_points(timeline, machine);
        break;
    default:
        there_and_back(timeline);
    }
    same = !timeline_departed(timeline) && timeline_checked(timeline) > 0 &&
           machine_hash(machine) == recorded->hash;
    if (!same)
        fprintf(stderr, "%s, %s, %s: %s\n", recorded->path,
                engine == ENGINE_TRANSLATOR ? "translator" : "interpreter", ways[way],
                timeline_departed(timeline) ? timeline_departed(timeline)
                                            : "the end is another one");
    timeline_destroy(timeline);
    machine_destroy(machine);
    return same;
}

int main(int count, char **arguments)
{
    unsigned wanted = count > 1 ? (unsigned)atoi(arguments[1]) : 1000, same = 0;
    Recorded recorded[RECORDINGS];

    srand(1);
    if (count > 2 && !strcmp(arguments[1], "times"))
        return replay_times(arguments[2], count > 3 ? (unsigned)atoi(arguments[3]) : 500);
    for (unsigned i = 0; i < RECORDINGS; i++)
        record(&recorded[i], i);
    for (unsigned i = 0; i < wanted; i++)
        same += replay(&recorded[i % RECORDINGS],
                       i / RECORDINGS % 3 ? ENGINE_TRANSLATOR : ENGINE_INTERPRETER,
                       i / RECORDINGS % COUNT_OF(ways));
    printf("%u of %u replays were the same\n", same, wanted);
    for (unsigned i = 0; i < RECORDINGS; i++)
        remove(recorded[i].path);
    return same == wanted ? 0 : 1;
}
