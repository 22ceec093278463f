/*
 * Whoever uses the monitor from elsewhere: bytes to and from a socket or a pseudo-terminal.
 */
#ifndef FRONTEND_MONITOR_CLIENT_H
#define FRONTEND_MONITOR_CLIENT_H

#include "frontend/outgoing.h"
#include "mmu/base.h"

#include <poll.h>
#include <stddef.h>

enum {
    CLIENT_INPUT = 4096,
    CLIENT_UNREAD = 1 << 20,    /* bytes of answers: beyond, no further command is taken */
    CLIENT_MOST = 64 << 20,     /* beyond, what is written is lost */
};

typedef struct MonitorClient {
    int fd;                     /* -1: nobody is there */
    bool terminal;              /* a pseudo-terminal: it is echoed to, and never goes away */
    bool telnet;                /* RFC 854: lines end with CR LF, and bytes from IAC on are no text */
    bool over;                  /* nothing more will come */
    bool lost;                  /* and nothing can be sent */
    u8 input[CLIENT_INPUT];
    unsigned at, end;
    unsigned option;            /* bytes of telnet's command that have come */
    bool subnegotiation;
    Outgoing output;
} MonitorClient;

/* `fd` must not block; it is the client's from here on. */
void monitor_client_open(MonitorClient *client, int fd, bool terminal, bool telnet);
void monitor_client_close(MonitorClient *client);

/* Reads what there is room for. */
void monitor_client_read(MonitorClient *client);
/* The next byte of text that was read. */
bool monitor_client_next(MonitorClient *client, char *byte);
/* Is there a byte such as Ctrl-C among what was read? */
bool monitor_client_has(const MonitorClient *client, char byte);

void monitor_client_write(MonitorClient *client, const char *text, size_t length);
/* Lets the host take what it can take now. */
void monitor_client_flush(MonitorClient *client);
/* Everything was sent, or never will be. */
bool monitor_client_is_sent(const MonitorClient *client);

#endif
