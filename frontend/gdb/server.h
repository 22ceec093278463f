/*
 * The server that a gdb connects to: `target remote :1234`. It is a face over the debugger, served
 * by the loop that runs the machine, without threads.
 *
 * The machine runs on while somebody has merely connected; with the first whole packet it stops, as
 * gdb expects. When gdb detaches, or its connection is lost, its points go and the machine runs on;
 * only a machine that was stopped before, and that this gdb has never let run, stays stopped when
 * the connection is lost.
 *
 * GDB manual, "GDB Remote Serial Protocol".
 */
#ifndef FRONTEND_GDB_SERVER_H
#define FRONTEND_GDB_SERVER_H

#include "frontend/debugger/debugger.h"
#include "frontend/display.h"
#include "frontend/gdb/address.h"

#include <poll.h>

typedef struct GdbServer GdbServer;

enum { GDB_POLLED = 6 };

/* NULL: a sentence is in `error`. */
GdbServer *gdb_server_open(const GdbAddress *address, Debugger *debugger, char *error,
                           size_t error_size);

/* Tells a waiting gdb that the machine has ended, with the program's exit status. */
void gdb_server_close(GdbServer *server, int status);

/* The port it listens at; 0: at none. */
u16 gdb_server_port(const GdbServer *server);

/* Serves who waits, and reports stops. Often: each time that debugger_run() came back stopped, and
 * every few milliseconds. gdb's `kill` asks to quit. */
DisplayRequest gdb_server_poll(GdbServer *server);

/* What to wait for before the next gdb_server_poll(): fills at most GDB_POLLED rows. */
nfds_t gdb_server_wait(GdbServer *server, struct pollfd *polled);

#endif
