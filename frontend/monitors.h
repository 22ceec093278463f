/*
 * The debugger's prompts of one run: on the terminal, and elsewhere.
 */
#ifndef FRONTEND_MONITORS_H
#define FRONTEND_MONITORS_H

#include "frontend/monitor.h"
#include "frontend/monitor_remote.h"
#include "frontend/session.h"

enum { MONITORS_POLLED = 2 };

typedef struct Monitors {
    Monitor *terminal;          /* either may be NULL */
    MonitorRemote *remote;
} Monitors;

/* Those that the options ask for. False: a sentence is in `error`. monitors_close() is due whatever the
 * result. */
bool monitors_open(Monitors *monitors, Session *session, const CommandHost *host, char *error,
                   size_t error_size);
void monitors_close(Monitors *monitors);

void monitors_poll(Monitors *monitors);
/* Fills at most MONITORS_POLLED rows. */
nfds_t monitors_wait(const Monitors *monitors, struct pollfd *polled);

#endif
