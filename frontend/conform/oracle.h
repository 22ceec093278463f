/*
 * The oracle: cases executed for real by the processor under us.
 *
 * An isolated child process, which can make no system calls but a few, maps the surroundings of
 * case.h and runs cases in batches. Nothing a case does can reach this process; when it kills or
 * hangs the child, that case's outcome is OUTCOME_DIED, and a new child goes on behind it.
 */
#ifndef FRONTEND_CONFORM_ORACLE_H
#define FRONTEND_CONFORM_ORACLE_H

#include "frontend/conform/case.h"

enum { ORACLE_BATCH = 512 };

typedef struct Oracle Oracle;

/* NULL with a sentence in `error` where there is no such processor, or the kernel refuses. */
Oracle *oracle_open(char *error, size_t error_size);
void oracle_close(Oracle *oracle);

/* Room for ORACLE_BATCH cases, and their outcomes after oracle_run(). Shared with the child: what
 * is in there stays valid until the next run. */
Case *oracle_cases(Oracle *oracle);
const Outcome *oracle_outcomes(const Oracle *oracle);

/* Runs the first `count` of oracle_cases(). Those that native_refusal() objects to are not run.
 * False with a sentence in `error` when no child can be started any more. */
bool oracle_run(Oracle *oracle, unsigned count, char *error, size_t error_size);

/* The same for one case that lies anywhere; a batch under way is left alone. */
bool oracle_run_one(Oracle *oracle, const Case *c, Outcome *outcome, char *error,
                    size_t error_size);

#endif
