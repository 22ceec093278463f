/*
 * Taking the terminal over (raw keys, a screen of its own) and giving it back, whatever ends the
 * program.
 */
#ifndef FRONTEND_TERMINAL_MODE_H
#define FRONTEND_TERMINAL_MODE_H

#include <stdbool.h>

/* False, with errno, when the terminal refuses. */
bool terminal_mode_enter(void);

/* Gives the terminal back as it was; may be called at any time, from a signal handler too. */
void terminal_mode_leave(void);

/* True once after the program had been stopped and goes on: the screen must be drawn anew. */
bool terminal_mode_resumed(void);

#endif
