/*
 * -monitor pty, tcp:, telnet: or unix: the debugger's commands for whoever connects, line by line.
 *
 * One client at a time; the next waits until it has gone. Connecting alone has no effect on the
 * machine, and going away has none either: it runs on, or is stopped still, and breakpoints stay, for
 * the next client, as in QEMU. A command that lets the machine go on is answered when it has stopped; after a second the
 * prompt comes again, and the stop is told whenever it comes. `stop` and Ctrl-C are heeded at once.
 *
 * Not implemented: line editing and completion, which the terminal's monitor has; connecting to a
 * server that waits elsewhere.
 */
#ifndef FRONTEND_MONITOR_REMOTE_H
#define FRONTEND_MONITOR_REMOTE_H

#include "frontend/debugger/commands.h"
#include "frontend/monitor_address.h"

#include <poll.h>

typedef struct MonitorRemote MonitorRemote;

/* NULL: a sentence is in `error`. Where the address says so, comes back when somebody has connected, or
 * with a signal. */
MonitorRemote *monitor_remote_open(const MonitorAddress *address, Debugger *debugger,
                                   const CommandHost *host, char *error, size_t error_size);
void monitor_remote_close(MonitorRemote *monitor);

/* The TCP port it listens at; 0: at none. */
u16 monitor_remote_port(const MonitorRemote *monitor);

/* Takes what has come and obeys it, sends answers, tells of stops. Call often. */
void monitor_remote_poll(MonitorRemote *monitor);

/* What to wait for before the next monitor_remote_poll(): fills at most one row. */
nfds_t monitor_remote_wait(const MonitorRemote *monitor, struct pollfd *polled);

#endif
