/*
 * What reverse.c and reverse_steps.c share.
 */
#ifndef FRONTEND_DEBUGGER_REVERSE_INSIDE_H
#define FRONTEND_DEBUGGER_REVERSE_INSIDE_H

#include "frontend/debugger/reverse_search.h"

/* False with a sentence: there is no timeline. */
bool reverse_possible(const Debugger *debugger, char *error, size_t error_size);

/* Goes to a clock and stops there. */
void reverse_arrive(Debugger *debugger, u64 cycles);

#endif
