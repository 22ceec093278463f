/*
 * Looking for the last moment at which something was so: the past is replayed from snapshot to
 * snapshot, the latest first.
 */
#ifndef FRONTEND_DEBUGGER_REVERSE_SEARCH_H
#define FRONTEND_DEBUGGER_REVERSE_SEARCH_H

#include "frontend/debugger/debugger_inside.h"

typedef struct Search Search;
struct Search {
    Debugger *debugger;
    u64 origin;     /* what is looked for lies before this clock */
    bool inclusive; /* or at it */
    u64 most;       /* ... and not farther before it; 0: anywhere */
    /* The machine is at the beginning of [now, end): replays that, and says if it was found. */
    bool (*look)(Search *search, u64 end);
    /* Can it not have been between the snapshot `index` and the next? NULL: it may always. */
    bool (*rules_out)(const Search *search, unsigned index);
    Stop stop;      /* of search_for_points() */
    bool open_end;  /* it has yet to look at the instruction that begins at the end of the piece */
};

/* Leaves the machine anywhere in the past. */
bool search_back(Search *search);

/* A look(): the last stop of the debugger's points, in search->stop. */
bool search_for_points(Search *search, u64 end);

/* Nobody observes the processor from now on, so that replays are undisturbed. */
void search_disarm(Debugger *debugger);
/* Goes to a clock, undisturbed. */
void search_goto(Debugger *debugger, u64 cycles);
/* One that does nothing, to add to. */
Observer search_observer(void *owner);
/* Runs on to a clock, observed by `observer`. */
void search_run(Debugger *debugger, Observer *observer, u64 until);

#endif
