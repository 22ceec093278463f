/*
 * The last transfers of control: jumps that were taken, calls, returns, exceptions, interrupts. Nobody writes
 * them down while the machine runs; the last stretch of the timeline is run again, an instruction
 * at a time.
 */
#ifndef FRONTEND_DEBUGGER_BRANCHES_H
#define FRONTEND_DEBUGGER_BRANCHES_H

#include "frontend/debugger/debugger.h"

typedef struct Branch {
    u64 cycles;         /* the clock before it */
    u64 from, to;       /* linear */
    u64 count;          /* how often it was taken one after the other, as loops do */
} Branch;

/* The last `max` before now, the oldest first; the machine is where it was afterwards. Call while
 * stopped. Returns how many; 0 with a sentence in `error`: there is no timeline. */
unsigned branches_find(Debugger *debugger, Branch *branches, unsigned max, char *error,
                       size_t error_size);

#endif
