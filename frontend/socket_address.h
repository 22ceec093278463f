/*
 * Where something on this computer waits to be connected to, in QEMU's words for a character device.
 */
#ifndef FRONTEND_SOCKET_ADDRESS_H
#define FRONTEND_SOCKET_ADDRESS_H

#include "mmu/base.h"

typedef enum SocketKind { SOCKET_NOWHERE, SOCKET_TCP, SOCKET_UNIX } SocketKind;

enum { SOCKET_PATH = 108 };     /* of a Unix socket: as long as the host allows */

typedef struct SocketAddress {
    SocketKind kind;
    char host[256];         /* "": this computer only */
    u16 port;               /* 0: any that is free */
    char path[SOCKET_PATH];
} SocketAddress;

/* "tcp::1234", "tcp:HOST:PORT", "tcp:[::1]:PORT", "unix:PATH". False: a sentence is in `error`; it is
 * `usage` where nothing better is known. */
bool socket_address_parse(SocketAddress *address, const char *text, const char *usage, char *error,
                          size_t error_size);

/* What QEMU has behind an address and is always so here: server, nowait, nodelay ... */
bool socket_word_is_known(const char *word);

/* The descriptor of a listening socket, and the port that it got; or -1, with a sentence in `error`
 * that names `option`. */
int socket_listen(const SocketAddress *address, const char *option, u16 *port, char *error,
                  size_t error_size);

#endif
