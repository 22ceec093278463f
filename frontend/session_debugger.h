/*
 * What a session opens around its machine so that it can be looked into: timeline, debugger, symbols,
 * lint, gdb's server. False: session->error says why.
 */
#ifndef FRONTEND_SESSION_DEBUGGER_H
#define FRONTEND_SESSION_DEBUGGER_H

#include "frontend/session.h"

/* Before the machine is made, as it takes what the clock and the drives are told. */
bool session_open_timeline(Session *session, MachineConfig *config);

/* Of the machine. */
bool session_open_debugger(Session *session);

/* What -record and -loadvm ask for, once the machine is there. */
bool session_begin_timeline(Session *session, const MachineConfig *config);

#endif
