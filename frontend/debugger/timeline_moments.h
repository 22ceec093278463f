/*
 * The snapshots that a timeline keeps, in order, thinned to a budget: many near the present and near
 * the head, fewer the farther away.
 */
#ifndef FRONTEND_DEBUGGER_TIMELINE_MOMENTS_H
#define FRONTEND_DEBUGGER_TIMELINE_MOMENTS_H

#include "devices/machine_snapshot.h"
#include "frontend/tape.h"

/* Where the machine's bytes go: serial and parallel ports, the debug console. */
enum { TIMELINE_OUTLETS = MACHINE_SERIAL_PORTS + MACHINE_PARALLEL_PORTS + 1 };

/* Of a drive: what a BlockDevice says of its medium. */
typedef struct TapeMedium {
    u64 sectors;
    u32 changes;
    bool read_only;
} TapeMedium;

typedef struct Moment {
    u64 cycles;         /* the clock */
    u64 inputs;         /* that had come */
    u64 tape;           /* bytes of it that had been used */
    u64 work;           /* cycles that were executed, not idled away, since history began */
    TapeMedium media[TAPE_DRIVES];
    u64 sent[TIMELINE_OUTLETS]; /* bytes */
    MachineSnapshot *snapshot;
} Moment;

typedef struct Moments {
    SnapshotStore *store;
    Moment *list;       /* sorted by cycles, then inputs */
    unsigned count, room;
} Moments;

/* Takes the snapshot over; releases it where one of the same place is there, or memory is out. */
void moments_add(Moments *moments, const Moment *moment);
/* The last at or before the clock; NULL: none. */
const Moment *moments_find(const Moments *moments, u64 cycles);
/* Drops those after a place, or all. */
void moments_cut(Moments *moments, u64 cycles, u64 inputs);
void moments_clear(Moments *moments);
/* Drops some until the store fits into `budget`; `work` is the present place. */
void moments_thin(Moments *moments, u64 budget, u64 work);

#endif
