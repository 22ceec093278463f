/*
 * The loop around a machine: lets it run in slices, paces it, brings it the host's input, and
 * decides when it is over.
 */
#ifndef FRONTEND_RUN_LOOP_H
#define FRONTEND_RUN_LOOP_H

#include "frontend/session.h"

/* Signals end the loop from now on, as if the user had left. Call before the display opens. */
void run_loop_catch_signals(void);

/* Until the machine is turned off or the user leaves: the program's exit status. 0: power off, or
 * left; isa-debug-exit's own; 1: an error, of which a message was written; 128 + n: signal n. */
int run_loop(Session *session);

#endif
