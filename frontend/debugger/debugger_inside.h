/*
 * The debugger from inside, for the files that make it up: debugger.c, points.c, point_hits.c, steps.c.
 */
#ifndef FRONTEND_DEBUGGER_DEBUGGER_INSIDE_H
#define FRONTEND_DEBUGGER_DEBUGGER_INSIDE_H

#include "cpu/cpu.h"
#include "cpu/observer.h"
#include "frontend/debugger/debugger.h"
#include "frontend/debugger/lint.h"
#include "frontend/debugger/expression.h"
#include "frontend/debugger/timeline.h"

enum { MAX_POINTS = 1024, MAX_HITS = 32, MAX_OUTER = 8 };

/* A point as it is kept. */
typedef struct PointEntry {
    Point point;
    Expression *condition;      /* NULL: none */
    bool gone;                  /* it was for one stop: to be removed when that is over */
    u64 kept_hits, kept_ignore; /* while only looking for stops */
} PointEntry;

/* The debugger's own point, for its steps: goes with its first stop. */
typedef struct ReturnPoint {
    bool set;
    u64 linear;
    u64 stack;          /* linear: only when the stack pointer is within [stack, stack + room] */
    u64 room;
    u8 cpl;
} ReturnPoint;

/* Something that a point may be interested in, as it was met within an instruction. */
typedef struct Hit {
    PointEntry *entry;
    u64 address;
    unsigned size;
    bool write;
    const char *device;
    u64 old_value, new_value;
} Hit;

typedef enum Goal { GOAL_CONTINUE, GOAL_STEP, GOAL_OUT, GOAL_BLOCK, GOAL_LINE, GOAL_RANGE } Goal;

/* What was so before the instructions that run now, for points that wait for a change. */
typedef struct Known {
    unsigned mode;
    u8 cpl;
    u64 cycles;
} Known;

struct Debugger {
    Machine *machine;
    Cpu *cpu;
    Symbols *symbols;
    Timeline *timeline;         /* NULL: the machine just runs */
    Lint *lint;                 /* NULL: off */
    unsigned faces;             /* how many are attached */
    const DriveNote *drives;
    unsigned drive_count;
    bool magic, at_triple_fault, at_reset, at_exit, into_interrupts;
    u64 end_at;                 /* the clock at which an end of the run has stopped it */

    PointEntry *points[MAX_POINTS];
    unsigned point_count, last_number;
    WatchedRange watched[MAX_POINTS];
    Observer observer;
    bool observing;
    u64 decided_at;             /* the clock up to which points have been thought of */
    Hit hits[MAX_HITS];         /* of the instruction that runs */
    unsigned hit_count;
    Known known;
    bool cr3_loaded;

    Goal goal;
    bool over;                  /* the step runs calls to their end */
    u64 steps_left;
    u64 range_begin, range_end; /* of GOAL_RANGE, GOAL_LINE */
    bool in_line;               /* of GOAL_LINE: the step began in this line */
    unsigned line;
    const char *line_file;
    bool entering;              /* ... and goes to a function's first line */
    ReturnPoint back;           /* a call, or an interrupt's handler, runs until here */
    ReturnPoint outer[MAX_OUTER];       /* where its callers' callers go on: it was left without a return */
    unsigned outer_count;
    bool back_is_out;           /* of GOAL_OUT: `back` is its goal, not a call on the way */
    bool out_tried;             /* of GOAL_OUT: whether a return point can be had was looked at */
    bool back_reached, outer_reached, magic_reached;
    bool interrupted;           /* an external interrupt was delivered, */
    u64 interrupted_at;         /* at this linear address, */
    u64 interrupted_stack;      /* with this stack */

    Stop stop;
    unsigned stop_count;
    bool scanning;              /* stops are only noted */
    DebuggerListener listener;
    bool listening;             /* the listener is to hear of what runs now */
};

/* ---- debugger.c ---- */
u64 debugger_linear(const Debugger *debugger, SegmentRegister reg, u64 offset);
u64 debugger_stack(const Debugger *debugger);       /* the linear address of the top of the stack */
void debugger_stop_for(Debugger *debugger, StopReason reason, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* ---- points.c ---- */
FORCE_INLINE bool point_is_data(PointKind kind)
{
    return kind == POINT_READ || kind == POINT_WRITE || kind == POINT_ACCESS;
}
/* Who is observed follows from the points; after these, the goal or the return point changed. */
void points_arm(Debugger *debugger);
/* A stop is over: points that were for it go. */
void points_sweep(Debugger *debugger);
/* Hits, and counts to ignore. */
void points_keep_counts(Debugger *debugger);
void points_restore_counts(Debugger *debugger);
void points_destroy(Debugger *debugger);

/* ---- point_hits.c ---- */
bool points_is_awake(const Debugger *debugger, const Point *point);
void points_note(Debugger *debugger, const Hit *hit);
extern const Observer points_observer;
/* The clock at which the next POINT_COUNT is due, or EVENT_NEVER. */
u64 points_next_count(const Debugger *debugger);
/* After a run: has a point that was hit a reason to stop? Then it has stopped. */
bool points_decide(Debugger *debugger);
/* An instruction at which the debugger has just arrived by steps. */
bool points_at(Debugger *debugger);
void points_remember(Debugger *debugger);

/* ---- point_devices.c ---- */
/* Whether devices' writes to memory are to be heard of. */
void points_watch_devices(Debugger *debugger, bool wanted);

/* ---- steps.c ---- */
/* Runs towards the goal of a step; what machine_run() said last. */
RunResult steps_run(Debugger *debugger, u64 until);
/* What an instruction is for steps: it returns; it is repeated; it comes back to the next one some time
 * later (calls, software interrupts, repeated strings). */
bool steps_is_return(const Insn *insn);
bool steps_is_repeated(const Insn *insn);
bool steps_comes_back(const Insn *insn);
/* Is a repeated string instruction the next one, or the one at work? */
bool steps_repeats_here(Debugger *debugger);
/* Is XCHG BX, BX the next instruction? */
bool steps_is_magic(Debugger *debugger);
/* One call of machine_run(), and what the points say to it. */
RunResult debugger_run_once(Debugger *debugger, u64 until);

#endif
