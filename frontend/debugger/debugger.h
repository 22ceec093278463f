/*
 * The debugger: stops a machine, looks at it, changes it, and moves it forwards and backwards.
 * There is no user interface in here: the window's panels, the prompt and gdb's server are faces
 * over it (frontend/debugger/commands.h is the table of commands that they share).
 *
 * All calls come from the thread that runs the machine, between two calls of debugger_run().
 */
#ifndef FRONTEND_DEBUGGER_DEBUGGER_H
#define FRONTEND_DEBUGGER_DEBUGGER_H

#include "devices/machine.h"
#include "frontend/debugger/symbols.h"

typedef struct Debugger Debugger;
struct ObservedEvent;
typedef struct Point Point;

/* `address` of POINT_EXCEPTION and POINT_INTERRUPT: whichever comes. */
#define ANY_VECTOR (~(u64)0)

typedef enum PointKind {
    POINT_EXECUTE,      /* before the instruction at the address */
    POINT_READ, POINT_WRITE, POINT_ACCESS,      /* after the instruction that did it, or a device's DMA that
                                                 * wrote; the bits that a page walk sets are not seen */
    POINT_PORT_IN, POINT_PORT_OUT, POINT_PORT,  /* after the instruction; length: ports from `address` */
    POINT_EXCEPTION,    /* before the first instruction of its handler; address: the vector, or ANY_VECTOR */
    POINT_INTERRUPT,    /* the same, of an external interrupt */
    POINT_MODE,         /* real/protected/vm86/long/compatibility changed */
    POINT_PRIVILEGE,    /* CPL changed */
    POINT_CR3,          /* CR3 was written (or by a task switch) */
    POINT_COUNT,        /* the clock reaches `address` */
} PointKind;

typedef enum AddressKind { ADDRESS_LINEAR, ADDRESS_PHYSICAL, ADDRESS_LOGICAL } AddressKind;

typedef struct PointSpec {
    PointKind kind;
    AddressKind address_kind;
    u16 selector;               /* of ADDRESS_LOGICAL: CS must hold it (real mode: linear address counts) */
    u64 address, length;        /* length: bytes; 0 means 1 */
    bool bound;                 /* only while CR3 is `address_space` */
    u64 address_space;
    const char *condition;      /* an expression, or NULL; copied */
    u64 ignore;                 /* hits to let pass */
    bool one_shot;              /* goes with its first stop */
} PointSpec;

struct Point {
    unsigned number;            /* from 1, never used twice */
    PointSpec spec;
    bool enabled, pending;      /* pending: its page is not mapped now; set all the same */
    u64 hits;
};

typedef enum StopReason {
    STOP_NONE,                  /* it runs */
    STOP_ASKED,                 /* debugger_pause(), or started with -S */
    STOP_POINT, STOP_STEP,      /* STOP_STEP: the goal of step, next, finish, until was reached */
    STOP_MAGIC,                 /* xchg bx,bx */
    STOP_TRIPLE_FAULT, STOP_RESET, STOP_POWER_OFF, STOP_DEBUG_EXIT,
    STOP_HISTORY_BEGIN, STOP_HISTORY_END,   /* the ends of the timeline */
    STOP_LEFT,                  /* a step's function was left without a return, as by longjmp */
} StopReason;

typedef struct Stop {
    StopReason reason;
    const Point *point;         /* of STOP_POINT; valid until points change */
    u64 cycles;                 /* the clock */
    u64 address;                /* of a data access (linear), a port, a vector */
    unsigned size;
    bool write;
    const char *device;         /* that wrote it by DMA; NULL: an instruction */
    u64 old_value, new_value;   /* of a watched write; new_value: of a read or a port */
    char text[256];             /* the same in one English sentence */
} Stop;

Debugger *debugger_create(Machine *machine);    /* NULL: out of memory. Running. */
void debugger_destroy(Debugger *debugger);
Machine *debugger_machine(Debugger *debugger);
/* It runs the machine by its timeline from now on, and stops where that ends. */
struct Timeline;
void debugger_use_timeline(Debugger *debugger, struct Timeline *timeline);
struct Timeline *debugger_timeline(Debugger *debugger);     /* NULL: there is none */
/* Its own, empty at first: files are loaded into it. Conditions and steps by line know what it knows. */
Symbols *debugger_symbols(Debugger *debugger);

/* A face (prompt, window, gdb) that can let a stopped machine go on is there, or has gone. While there is
 * none, a triple fault does not stop the machine; when the last has gone, a stopped one goes on. */
void debugger_attach(Debugger *debugger);
void debugger_detach(Debugger *debugger);
bool debugger_is_attached(const Debugger *debugger);

/* ---- points ---- */
/* NULL with a sentence in `error` (a bad condition, no room). */
const Point *debugger_add_point(Debugger *debugger, const PointSpec *spec, char *error, size_t error_size);
bool debugger_remove_point(Debugger *debugger, unsigned number);
bool debugger_enable_point(Debugger *debugger, unsigned number, bool enabled);
/* NULL or "": no condition. False with a sentence in `error`, and the old one stays. */
bool debugger_set_condition(Debugger *debugger, unsigned number, const char *condition, char *error,
                            size_t error_size);
bool debugger_set_ignore(Debugger *debugger, unsigned number, u64 ignore);
const Point *debugger_points(const Debugger *debugger, unsigned index);     /* NULL past the last */
void debugger_set_magic(Debugger *debugger, bool enabled);
void debugger_stop_at_triple_fault(Debugger *debugger, bool enabled);       /* default: true, where a face is attached */
/* When the guest resets the machine; when it switches it off, or leaves by isa-debug-exit. Off at first. What
 * debugger_run() returned then it returns again when it is called after the stop. */
void debugger_stop_at_reset(Debugger *debugger, bool enabled);
void debugger_stop_at_exit(Debugger *debugger, bool enabled);

/* ---- running ---- */
typedef enum StepKind {
    STEP_INSTRUCTION,           /* into calls; over interrupts, unless they are stepped into */
    STEP_OVER,                  /* calls, REP strings, software interrupts run to their end */
    STEP_OUT,                   /* until the current function has returned */
    STEP_LINE, STEP_OVER_LINE,  /* of source */
    STEP_BLOCK,                 /* to the next transfer of control */
} StepKind;
void debugger_step_into_interrupts(Debugger *debugger, bool into);

/* Set a goal; the machine moves when debugger_run() is called. */
void debugger_continue(Debugger *debugger);
void debugger_step(Debugger *debugger, StepKind kind, u64 count);
/* Instructions, over interrupts, until one lies outside of the linear addresses from `begin` to before
 * `end`; at least one. */
void debugger_step_range(Debugger *debugger, u64 begin, u64 end);
void debugger_run_to(Debugger *debugger, u64 linear);   /* to the cursor */
void debugger_pause(Debugger *debugger);                /* stops with STOP_ASKED */

/* A run that ended so is the last: it has stopped for good, and faces may say why. */
void debugger_ended(Debugger *debugger, RunResult result);

/* Like machine_run(), towards the goal: comes back at `until`, when the machine idles, or when it has
 * stopped; debugger_stop() tells. A step may come back sooner, with RUN_BUDGET. Must not be called while stopped. */
RunResult debugger_run(Debugger *debugger, u64 until);
/* For going back, while stopped: runs on to `until` whatever points are met on the way, and says what
 * the last stop before it (or at it, if `at_end`) would have been. False: none. Hits to ignore are not
 * ignored; they, the hits and the stop stay as they are. */
bool debugger_scan(Debugger *debugger, u64 until, bool at_end, Stop *last);
const Stop *debugger_stop(const Debugger *debugger);    /* reason STOP_NONE while running */
unsigned debugger_stop_count(const Debugger *debugger); /* for faces: another number after each stop */

/* ---- listening ---- */

/* Somebody who hears of what happens without stopping it. Any function may be NULL; they are called
 * in the midst of an instruction, at the clock `cycles`, and change nothing. What is replayed to go to
 * another moment is not told; what is run again from there is. */
typedef struct DebuggerListener {
    void *owner;
    void (*port)(void *owner, u64 cycles, u16 port, Size size, bool write, u64 value);
    void (*event)(void *owner, u64 cycles, const struct ObservedEvent *event);
    /* Each instruction in [first, first + length), linear; 0: none. Code there runs slowly. */
    void (*execute)(void *owner, u64 linear);
    u64 first, length;
} DebuggerListener;

/* From the next debugger_run() on; copied. NULL: nobody. */
void debugger_listen(Debugger *debugger, const DebuggerListener *listener);

/* From the next debugger_run() on every access to memory and ports is looked at. NULL: off. */
struct Lint;
void debugger_use_lint(Debugger *debugger, struct Lint *lint);

/* ---- looking and changing (while stopped) ---- */
/* Why nothing can be changed now: a sentence, because the machine is in the past of its timeline; or NULL. */
const char *debugger_refuses_changes(const Debugger *debugger);
/* Memory by linear address through the guest's page tables, without side effects (no accessed bits,
 * no TLB, no device reads: device memory reads as unavailable). Returns how many bytes could be had. */
size_t debugger_read_memory(Debugger *debugger, u64 linear, void *bytes, size_t length);
size_t debugger_write_memory(Debugger *debugger, u64 linear, const void *bytes, size_t length);
size_t debugger_read_physical(Debugger *debugger, u64 physical, void *bytes, size_t length);
size_t debugger_write_physical(Debugger *debugger, u64 physical, const void *bytes, size_t length);
/* By the manual's name, in lower case: "eax", "rip", "cs", "eflags", "cr3", "gdtr.base", "xmm0" (low
 * 64 bits), "st0" (its significand)... */
bool debugger_read_register(Debugger *debugger, const char *name, u64 *value);
bool debugger_write_register(Debugger *debugger, const char *name, u64 value);

/* An access as an instruction would make it: it is an event in the machine, and nothing happens in the past. A
 * size of 1, 2 or 4 bytes. */
u64 debugger_read_port(Debugger *debugger, u16 port, Size size);
void debugger_write_port(Debugger *debugger, u16 port, Size size, u64 value);

/* ---- drives ---- */
/* What somebody who opened them says of them. */
typedef struct DriveNote {
    const char *name;           /* QEMU's: "ide0-hd0" */
    const char *file;           /* NULL: no medium in the drive */
    bool removable, read_only;
    bool temporary;             /* snapshot=on */
} DriveNote;
void debugger_note_drives(Debugger *debugger, const DriveNote *drives, unsigned count);    /* `drives` stays there */
const DriveNote *debugger_drive(const Debugger *debugger, unsigned index);                  /* NULL past the last */

#endif
