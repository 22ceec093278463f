/*
 * -monitor: the debugger's commands on the terminal, with line editing, history and completion by
 * libedit; or from a pipe, line by line, for scripts.
 *
 * A command that lets the machine go on (continue, step ...) is answered when the machine has
 * stopped; the next line is read then. Ctrl-C stops it. At the end of a script vitrine ends when
 * the machine stops, as nobody could let it go on.
 */
#ifndef FRONTEND_MONITOR_H
#define FRONTEND_MONITOR_H

#include "frontend/debugger/commands.h"

typedef struct Monitor Monitor;

/* On standard input and output. `shared`: a serial port has the terminal at first, Ctrl-A c gives it
 * to the monitor and back. NULL with a sentence in `error`. */
Monitor *monitor_open(Debugger *debugger, const CommandHost *host, bool shared, char *error,
                      size_t error_size);
void monitor_close(Monitor *monitor);

/* Reads what is there and obeys it; says when the machine has stopped. Call often. */
void monitor_poll(Monitor *monitor);

/* What to wait on; -1: nothing. */
int monitor_input(const Monitor *monitor);

/* NULL: there is no monitor. */
bool monitor_has_terminal(const Monitor *monitor);

/* Ctrl-A c. */
void monitor_take_terminal(Monitor *monitor);

/* A SIGINT is for the monitor: it has the terminal. It stops the machine, or drops the line. */
bool monitor_interrupt(Monitor *monitor);

#endif
