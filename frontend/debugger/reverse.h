/*
 * The debugger's way backwards. Each of these takes the machine to another moment of its timeline
 * at once (at most some seconds), and stops there: debugger_stop() tells where and why. Where there
 * is nothing before, that is STOP_HISTORY_BEGIN, at the beginning.
 *
 * Call while stopped. False with a sentence in `error`: the machine has no timeline, or what was looked
 * for was not found; it stays where it was.
 */
#ifndef FRONTEND_DEBUGGER_REVERSE_H
#define FRONTEND_DEBUGGER_REVERSE_H

#include "frontend/debugger/debugger.h"

/* Undoes `count` steps of STEP_INSTRUCTION: interrupts that came in between are undone with the
 * instruction after them, unless they are stepped into. */
bool reverse_step(Debugger *debugger, u64 count, char *error, size_t error_size);

/* The same of STEP_OVER: back over calls to before the call. */
bool reverse_next(Debugger *debugger, u64 count, char *error, size_t error_size);

/* To before the call of the current function. */
bool reverse_finish(Debugger *debugger, char *error, size_t error_size);

/* To the last moment before this at which a point would have stopped the machine. Ignore counts do
 * not count, and points that go with their first stop stay. */
bool reverse_continue(Debugger *debugger, char *error, size_t error_size);

/* To a clock, there or back. */
bool reverse_goto(Debugger *debugger, u64 cycles, char *error, size_t error_size);

/* Who wrote any of these bytes last, before now? Stops after that instruction, or after the one during which
 * a device wrote them. ADDRESS_LINEAR: by the present translation. */
bool reverse_last_writer(Debugger *debugger, AddressKind kind, u64 address, u64 length,
                         char *error, size_t error_size);

#endif
