/*
 * The timeline: what a machine has done, to go back to and do again. It is always on.
 *
 * A run is a function of the machine and its inputs, so the past is kept as inputs with the clock
 * at which they came, what the drives gave, and snapshots now and then. Any moment is the nearest
 * snapshot before it, and a replay from there.
 *
 * The machine is either at the head, where it lives and is recorded, or in the past, where it does again what
 * it did: inputs from outside are refused, and what it sends is not sent twice. When it comes
 * to the head it lives on. "The moment C" is the one at which the clock is C and all inputs that
 * came at C are in.
 */
#ifndef FRONTEND_DEBUGGER_TIMELINE_H
#define FRONTEND_DEBUGGER_TIMELINE_H

#include "devices/machine.h"

typedef struct Timeline Timeline;

#define TIMELINE_DEFAULT_BUDGET ((u64)512 << 20)

/* Before the machine is created: taps its inputs, drives, ports and log in `config`. `budget`: bytes
 * of host memory for snapshots. NULL with a sentence in `error`. */
Timeline *timeline_create(MachineConfig *config, u64 budget, char *error, size_t error_size);
/* `machine` was created from `config`, and has not run: history begins here. */
bool timeline_watch(Timeline *timeline, Machine *machine, char *error, size_t error_size);
/* Before the machine is destroyed. */
void timeline_destroy(Timeline *timeline);

/* In place of machine_run(). In the past it never comes back idle, and comes back at the head. */
RunResult timeline_run(Timeline *timeline, u64 until);

/* Goes to a moment, there or back. False: it lies outside of begin .. head, and nothing happens. */
bool timeline_goto(Timeline *timeline, u64 cycles);

/* Where history begins, where the machine is, and where history ends. */
u64 timeline_begin(const Timeline *timeline);
u64 timeline_now(const Timeline *timeline);
u64 timeline_head(const Timeline *timeline);
bool timeline_is_past(const Timeline *timeline);

/* Live from here: what came after is forgotten, and what the guest wrote to its drives since is undone.
 * False, with a sentence in `error`: a drive could not be put back. */
bool timeline_cut(Timeline *timeline, char *error, size_t error_size);

/* Somebody has changed the machine's registers or memory, at the head: replays will do it again. In the
 * past nothing may be changed. */
void timeline_edited(Timeline *timeline);

/* Writes all that happens from the beginning on to a file, until the timeline is destroyed. Between
 * timeline_watch() and the first run; `config` as the machine was created from. */
bool timeline_record(Timeline *timeline, const MachineConfig *config, const char *path, char *error,
                     size_t error_size);

/* In place of timeline_create(): the machine of a recording. Fills in what it is made of, and leaves
 * engine, log and sinks as they are. It is in the past, and stays there. */
Timeline *timeline_replay(MachineConfig *config, const char *path, u64 budget, char *error,
                          size_t error_size);
/* Has the recording been replayed to its end? Always false of a machine that lives. */
bool timeline_is_over(const Timeline *timeline);
/* In how many places the replay was compared with the recording so far. */
u64 timeline_checked(const Timeline *timeline);

/* How many inputs were refused because the machine is in the past: for a message. */
u64 timeline_refused(const Timeline *timeline);
/* A sentence if a replay did something else than what it repeats (a fault of this program), or NULL. */
const char *timeline_departed(const Timeline *timeline);

/* The kept snapshots, in order: their clocks. False past the last. */
bool timeline_snapshot(const Timeline *timeline, unsigned index, u64 *cycles);
/* Was the page of RAM at `page` written between the snapshot `index` and the next (or the head)? May be
 * true of one that was not. */
bool timeline_page_written(const Timeline *timeline, unsigned index, u64 page);
/* The inputs, in order. NULL past the last. */
const InputEvent *timeline_input(const Timeline *timeline, u64 index);
u64 timeline_bytes(const Timeline *timeline);   /* of host memory for snapshots */

#endif
