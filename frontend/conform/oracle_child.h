/*
 * The oracle's child: runs batches until its parent is gone.
 */
#ifndef FRONTEND_CONFORM_ORACLE_CHILD_H
#define FRONTEND_CONFORM_ORACLE_CHILD_H

#include "frontend/conform/oracle.h"

enum { ORACLE_SLOTS = ORACLE_BATCH + 1 }; /* the last is oracle_run_one()'s */

/* What parent and child share. */
typedef struct OracleShared {
    u32 current;            /* the case being run */
    u32 setup_failed;       /* which step of the child's preparations failed, and errno */
    i32 setup_errno;
    u8 skip[ORACLE_SLOTS];  /* not 0: not to be run */
    Case cases[ORACLE_SLOTS];
    Outcome outcomes[ORACLE_SLOTS];
} OracleShared;

/* Sentences for setup_failed: "map memory at a fixed address", ...; NULL: none failed. */
const char *oracle_child_step(u32 step);

/* Reads "first, count" from `commands`, runs those cases, answers with a byte on `answers`. */
_Noreturn void oracle_child(OracleShared *shared, int commands, int answers);

typedef struct OracleCommand {
    u32 first, count;
} OracleCommand;

#endif
