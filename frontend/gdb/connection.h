/*
 * The connection to one gdb: bytes in, packets out, nothing that waits.
 * GDB manual, "Overview" (of the remote protocol), "Packet Acknowledgment".
 */
#ifndef FRONTEND_GDB_CONNECTION_H
#define FRONTEND_GDB_CONNECTION_H

#include "frontend/gdb/packet.h"
#include "frontend/outgoing.h"

/* Who lets so many bytes lie unread does not listen. */
enum { GDB_UNREAD = 1 << 20, GDB_INPUT = 4096 };

typedef struct GdbConnection {
    int fd;                     /* -1: nobody is there */
    bool lost;                  /* the other end has gone, or does not listen */
    bool no_acks;               /* QStartNoAckMode */
    PacketDecoder decoder;
    u8 input[GDB_INPUT];        /* read and not yet decoded */
    unsigned at, end;
    unsigned reads;             /* since the last flush: whoever floods us must wait */
    Outgoing output;
    char last[GDB_FRAMED];      /* the last packet sent, for a '-' */
    size_t last_length;
} GdbConnection;

/* `fd` is the connection's from here on; it must not block. */
void gdb_connection_open(GdbConnection *connection, int fd);
void gdb_connection_close(GdbConnection *connection);

/* The next of PACKET_READY and PACKET_INTERRUPT, in decoder.content; PACKET_TOO_LONG too. PACKET_NOTHING:
 * wait for more. Acknowledges, and sends again, by itself. */
PacketEvent gdb_connection_next(GdbConnection *connection);

/* Sends a packet. At most GDB_PACKET_SIZE bytes. */
void gdb_connection_send(GdbConnection *connection, const char *content, size_t length);

/* Lets the host take what it can take now. */
void gdb_connection_flush(GdbConnection *connection);

#endif
