/*
 * Where the monitor is besides the terminal, in QEMU's words for -monitor.
 */
#ifndef FRONTEND_MONITOR_ADDRESS_H
#define FRONTEND_MONITOR_ADDRESS_H

#include "frontend/socket_address.h"

typedef enum MonitorPlace { MONITOR_NOWHERE, MONITOR_PTY, MONITOR_SOCKET } MonitorPlace;

typedef struct MonitorAddress {
    MonitorPlace place;
    SocketAddress socket;   /* of MONITOR_SOCKET */
    bool telnet;            /* lines end with CR LF */
    bool wait;              /* for the first client, before the machine runs */
} MonitorAddress;

/* "pty", "tcp:HOST:PORT,server,nowait", "telnet:HOST:PORT,...", "unix:PATH,...". False: a sentence is in
 * `error`. */
bool monitor_address_parse(MonitorAddress *address, const char *text, char *error,
                           size_t error_size);

#endif
