/*
 * gdb's server on a machine of a few instructions, and clients that connect to it; both ends run in
 * turn.
 */
#ifndef TESTS_GDB_RIG_H
#define TESTS_GDB_RIG_H

#include "frontend/gdb/server.h"

#include "frontend/gdb/packet.h"
#include "tests/debugger_rig.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { PATIENCE = 2000, SLICE = 20000 };

/* The other end of a connection. */
typedef struct Client {
    int fd;
    bool closed; /* by the server */
    unsigned acks;
    PacketDecoder decoder;
    char reply[GDB_PACKET_SIZE + 1]; /* the last packet that came */
    char told[8192];                 /* what O packets said since the last other packet */
} Client;

static Rig *rig;
static GdbServer *server;
static DisplayRequest request;

FIRMWARE(spinning, "mov cx, 5\n"
                   "spinning_loop: inc ax\n"
                   "mov [0x500], ax\n"
                   "spinning_after: loop spinning_loop\n"
                   "spinning_end_of_loop: mov bx, 0x1234\n"
                   "spinning_for_ever: jmp spinning_for_ever");
extern const u8 spinning_loop[], spinning_after[], spinning_for_ever[];

/* ---- both ends ---- */

static inline void listen_at(const char *where)
{
    GdbAddress address;
    char error[256] = "";

    cr_assert(gdb_address_parse(&address, where, error, sizeof error), "%s", error);
    server = gdb_server_open(&address, rig->debugger, error, sizeof error);
    cr_assert_not_null(server, "%s", error);
}

static inline void open_rig(void)
{
    rig = START_RECORDED(ENGINE_INTERPRETER, spinning);
    listen_at("tcp:127.0.0.1:0");
}

static inline void close_rig(void)
{
    gdb_server_close(server, 0);
    finish(rig);
}

/* What the loop around the machine does. */
static inline void turn(void)
{
    DisplayRequest wish = gdb_server_poll(server);

    if (wish != DISPLAY_NOTHING)
        request = wish;
    if (debugger_stop(rig->debugger)->reason == STOP_NONE)
        debugger_run(rig->debugger, machine_cycles(rig->machine) + SLICE);
}

static inline void turns(unsigned count)
{
    while (count--)
        turn();
}

static inline void connect_client(Client *client)
{
    const int on = 1;
    struct sockaddr_in where = {.sin_family = AF_INET, .sin_port = htons(gdb_server_port(server))};

    *client = (Client){.fd = socket(AF_INET, SOCK_STREAM, 0)};
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    cr_assert(!connect(client->fd, (struct sockaddr *)&where, sizeof where));
    setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    fcntl(client->fd, F_SETFL, O_NONBLOCK);
}

static inline void send_bytes(Client *client, const char *bytes, size_t length)
{
    for (unsigned i = 0; length && i < PATIENCE; i++) {
        ssize_t sent = send(client->fd, bytes, length, MSG_NOSIGNAL);
        if (sent > 0) {
            bytes += sent;
            length -= (size_t)sent;
        }
        turn();
    }
    cr_assert_eq(length, 0u, "the server takes nothing");
}

static inline void send_text(Client *client, const char *text)
{
    send_bytes(client, text, strlen(text));
}

static inline void send_packet(Client *client, const char *content, size_t length)
{
    static char framed[GDB_FRAMED];

    send_bytes(client, framed, packet_encode(content, length, framed));
}

static inline void keep_told(Client *client)
{
    const char *text = client->decoder.content + 1;
    size_t length = strlen(client->told), more = strlen(text) / 2;

    if (length + more >= sizeof client->told)
        return;
    hex_decode(&text, client->told + length, more);
    client->told[length + more] = '\0';
}

/* A whole packet but those that only have a text shown? */
static inline bool take_byte(Client *client, u8 byte)
{
    switch (packet_decode(&client->decoder, byte)) {
    case PACKET_ACK:
        client->acks++;
        return false;
    case PACKET_READY:
        if (client->decoder.content[0] == 'O' && client->decoder.content[1] != 'K') {
            keep_told(client);
            return false;
        }
        memcpy(client->reply, client->decoder.content, client->decoder.length + 1);
        return true;
    default:
        return false;
    }
}

/* Waits for a packet, as long as the machine's patience lasts; false if none comes. */
static inline bool receive(Client *client, unsigned patience)
{
    u8 byte;

    for (unsigned i = 0; i < patience; i++) {
        ssize_t got;

        while ((got = recv(client->fd, &byte, 1, 0)) == 1)
            if (take_byte(client, byte))
                return true;
        client->closed = client->closed || !got || (got < 0 && errno != EAGAIN);
        if (client->closed)
            return false;
        turn();
    }
    return false;
}

static inline const char *ask(Client *client, const char *content)
{
    *client->told = '\0';
    send_packet(client, content, strlen(content));
    cr_assert(receive(client, PATIENCE), "no answer to %s", content);
    return client->reply;
}

static inline const char *ask_format(Client *client, const char *format, ...)
{
    char content[256];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(content, sizeof content, format, arguments);
    va_end(arguments);
    return ask(client, content);
}

#define EXPECT(client, content, wanted)                                                            \
    cr_assert_str_eq(ask(client, content), wanted, "%s: %s", content, (client)->reply)

static inline bool is_running(void)
{
    u64 cycles = machine_cycles(rig->machine);

    turns(3);
    return machine_cycles(rig->machine) > cycles;
}

/* The value of register `number` in 32-bit mode's order: eax is 0, eip 8. */
static inline u32 read_number(Client *client, unsigned number)
{
    u8 bytes[4];
    const char *text = ask_format(client, "p%x", number);

    cr_assert(hex_decode(&text, bytes, 4), "p%x: %s", number, text);
    return (u32)bytes[0] | (u32)bytes[1] << 8 | (u32)bytes[2] << 16 | (u32)bytes[3] << 24;
}

enum { EAX, EIP = 8 };

#define OFFSET(label) ((u32)((label)-spinning))

#endif
