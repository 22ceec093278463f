#include "frontend/gdb/connection.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST_READS = 16 };

void gdb_connection_open(GdbConnection *connection, int fd)
{
    const int on = 1;

    *connection = (GdbConnection){.fd = fd};
    /* An answer is small and waited for: never hold it back. Fails for a Unix socket, harmlessly.
     */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
}

void gdb_connection_close(GdbConnection *connection)
{
    if (connection->fd >= 0)
        close(connection->fd);
    outgoing_free(&connection->output);
    *connection = (GdbConnection){.fd = -1};
}

/* ---- going out ---- */

static void send_bytes(GdbConnection *connection, const char *bytes, size_t length)
{
    if (!connection->lost && !outgoing_add(&connection->output, bytes, length, GDB_UNREAD))
        connection->lost = true;
}

void gdb_connection_send(GdbConnection *connection, const char *content, size_t length)
{
    connection->last_length = packet_encode(content, length, connection->last);
    send_bytes(connection, connection->last, connection->last_length);
}

void gdb_connection_flush(GdbConnection *connection)
{
    connection->reads = 0;
    if (!connection->lost && !outgoing_give(&connection->output, connection->fd))
        connection->lost = true;
}

/* ---- coming in ---- */

static bool read_more(GdbConnection *connection)
{
    ssize_t got;

    if (connection->reads++ >= MOST_READS)
        return false;
    got = recv(connection->fd, connection->input, GDB_INPUT, 0);
    if (got > 0) {
        connection->at = 0;
        connection->end = (unsigned)got;
        return true;
    }
    if (!got || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR))
        connection->lost = true;
    return false;
}

/* Nobody waits for '+', as gdb itself may leave it out; a '-' has the last packet come again. */
static bool is_for_the_server(GdbConnection *connection, PacketEvent event)
{
    switch (event) {
    case PACKET_READY:
    case PACKET_TOO_LONG:
        if (!connection->no_acks)
            send_bytes(connection, "+", 1);
        return true;
    case PACKET_DAMAGED:
        if (!connection->no_acks)
            send_bytes(connection, "-", 1);
        return false;
    case PACKET_NAK:
        if (!connection->no_acks)
            send_bytes(connection, connection->last, connection->last_length);
        return false;
    case PACKET_INTERRUPT:
        return true;
    case PACKET_ACK:
    case PACKET_NOTHING:
        break;
    }
    return false;
}

PacketEvent gdb_connection_next(GdbConnection *connection)
{
    while (!connection->lost) {
        if (connection->at == connection->end && !read_more(connection))
            break;
        while (connection->at < connection->end) {
            PacketEvent event =
                packet_decode(&connection->decoder, connection->input[connection->at++]);
            if (is_for_the_server(connection, event))
                return event;
        }
    }
    return PACKET_NOTHING;
}
