/*
 * -engine lockstep: the translator's machine, and beside it the interpreter's, given the same
 * inputs. After each slice their states are compared. When they differ, the first moment at which
 * they do is searched for, and told: the block, and what differs.
 *
 * The search runs in forked processes, which stop now and then as copies of both machines and wait
 * to be asked (a snapshot that costs the host a fork). What the drives gave is on a tape that they
 * share.
 */
#ifndef FRONTEND_LOCKSTEP_H
#define FRONTEND_LOCKSTEP_H

#include "frontend/tape.h"

#include <stdio.h>

typedef struct Lockstep Lockstep;

/* Before the machine is created: taps its inputs and drives in `config`. NULL with a sentence in
 * `error`. */
Lockstep *lockstep_create(MachineConfig *config, char *error, size_t error_size);
void lockstep_destroy(Lockstep *lockstep);

/* `machine` was created from `config`: creates the other beside it. */
bool lockstep_watch(Lockstep *lockstep, Machine *machine, char *error, size_t error_size);

/* After each machine_run() of it, which gave `result`: brings the other to the same clock and compares.
 * False: they differ, and `report` has been told how. */
bool lockstep_follow(Lockstep *lockstep, RunResult result, FILE *report);

#endif
