/*
 * Manual: IEEE 1003.1, "Sockets"; RFC 854, "Telnet Protocol Specification". Of telnet only as much
 * as keeps its commands out of the text: nothing is negotiated.
 */
#include "frontend/monitor_client.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { TELNET_SE = 240, TELNET_SB = 250, TELNET_DONT = 254, TELNET_IAC = 255 };

void monitor_client_open(MonitorClient *client, int fd, bool terminal, bool telnet)
{
    *client = (MonitorClient){.fd = fd, .terminal = terminal, .telnet = telnet};
}

void monitor_client_close(MonitorClient *client)
{
    if (client->fd >= 0)
        close(client->fd);
    outgoing_free(&client->output);
    *client = (MonitorClient){.fd = -1};
}

/* ---- coming in ---- */

void monitor_client_read(MonitorClient *client)
{
    ssize_t got;

    if (client->fd < 0 || client->over || client->at < client->end)
        return;
    got = read(client->fd, client->input, CLIENT_INPUT);
    client->at = 0;
    client->end = got > 0 ? (unsigned)got : 0;
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return;
    if (got <= 0 && !client->terminal)
        client->over = true;
}

/* IAC and a command; behind WILL, WONT, DO and DONT one more byte; from SB to IAC SE all. True: the
 * byte was one of these. */
static bool is_telnet(MonitorClient *client, u8 byte)
{
    if (!client->option) {
        client->option = byte == TELNET_IAC;
        return client->option || client->subnegotiation;
    }
    if (client->option == 1) {
        if (byte == TELNET_SB)
            client->subnegotiation = true;
        if (byte == TELNET_SE)
            client->subnegotiation = false;
        client->option = byte > TELNET_SB && byte <= TELNET_DONT ? 2 : 0;
    } else {
        client->option = 0;
    }
    return true;
}

bool monitor_client_next(MonitorClient *client, char *byte)
{
    while (client->at < client->end) {
        u8 next = client->input[client->at++];

        if (client->telnet && is_telnet(client, next))
            continue;
        *byte = (char)next;
        return true;
    }
    return false;
}

bool monitor_client_has(const MonitorClient *client, char byte)
{
    return memchr(client->input + client->at, byte, client->end - client->at) != NULL;
}

/* ---- going out ---- */

static void add(MonitorClient *client, const char *text, size_t length)
{
    if (client->fd >= 0 && !client->lost)
        outgoing_add(&client->output, text, length, CLIENT_MOST);
}

/* A terminal wants each line to begin on the left. */
void monitor_client_write(MonitorClient *client, const char *text, size_t length)
{
    bool carriage_return = client->terminal || client->telnet;
    const char *end;

    while (carriage_return && (end = memchr(text, '\n', length))) {
        size_t line = (size_t)(end - text);

        add(client, text, line);
        add(client, "\r\n", 2);
        text += line + 1;
        length -= line + 1;
    }
    add(client, text, length);
}

void monitor_client_flush(MonitorClient *client)
{
    if (client->fd >= 0 && !client->lost && !outgoing_give(&client->output, client->fd))
        client->lost = true;
}

bool monitor_client_is_sent(const MonitorClient *client)
{
    return client->lost || !client->output.length;
}
