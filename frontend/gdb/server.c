#include "frontend/gdb/server_inside.h"

#include "frontend/pacing.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WORD_NS = 2000000000 };

GdbServer *gdb_server_open(const GdbAddress *address, Debugger *debugger, char *error,
                           size_t error_size)
{
    GdbServer *server = calloc(1, sizeof *server);

    if (!server) {
        snprintf(error, error_size, "the host is out of memory");
        return NULL;
    }
    server->debugger = debugger;
    server->machine = debugger_machine(debugger);
    server->cpu = machine_cpu(server->machine, 0);
    server->address = *address;
    server->client.fd = -1;
    for (unsigned i = 0; i < GDB_TURNED_AWAY; i++)
        server->turned_away[i].fd = -1;
    server->listener = socket_listen(&address->socket, "-gdb", &server->port, error, error_size);
    server->commands = server->listener >= 0 ? gdb_commands(server) : NULL;
    if (server->commands)
        return server;
    if (server->listener >= 0) {
        snprintf(error, error_size, "the host is out of memory");
        close(server->listener);
    }
    free(server);
    return NULL;
}

u16 gdb_server_port(const GdbServer *server)
{
    return server->port;
}

/* ---- coming and going ---- */

static GdbArchitecture choose_architecture(const GdbServer *server)
{
    const Cpu *cpu = server->cpu;
    bool automatic = server->address.registers == GDB_REGISTERS_AUTOMATIC;

    if (server->address.registers == GDB_REGISTERS_64 || (automatic && cpu_long(cpu)) ||
        (automatic && symbols_are_64_bit(debugger_symbols(server->debugger))))
        return GDB_CODE_64;
    return cpu->code_size == 2 ? GDB_CODE_16 : GDB_CODE_32;
}

static void attach(GdbServer *server)
{
    server->attached = true;
    server->was_stopped = debugger_stop(server->debugger)->reason != STOP_NONE;
    server->let_run = server->waits = server->command_runs = false;
    server->introduced = server->knows_swbreak = server->knows_hwbreak = false;
    server->told_size = server->told_64 = false;
    debugger_attach(server->debugger);
    debugger_pause(server->debugger);
    server->stop_count = debugger_stop_count(server->debugger) - 1;
    gdb_describe(&server->description, server->cpu, choose_architecture(server),
                 server->address.linear_pc);
    gdb_report_stop(server);
}

/* `asked`: by gdb; else it was lost. */
static void leave(GdbServer *server, bool asked)
{
    bool stays = !asked && server->was_stopped && !server->let_run;

    if (!server->attached)
        return;
    gdb_remove_points(server);
    gdb_leave_the_past(server);
    server->attached = server->waits = server->command_runs = false;
    debugger_detach(server->debugger);
    if (stays)
        debugger_pause(server->debugger);
    else if (debugger_stop(server->debugger)->reason != STOP_NONE)
        debugger_continue(server->debugger);
}

static void drop_client(GdbServer *server)
{
    leave(server, false);
    gdb_connection_close(&server->client);
}

void gdb_server_close(GdbServer *server, int status)
{
    char text[8];

    if (!server)
        return;
    if (server->client.fd >= 0 && server->waits) {
        snprintf(text, sizeof text, "W%02x", status & 0xFF);
        gdb_connection_send(&server->client, text, strlen(text));
        gdb_connection_flush(&server->client);
    }
    drop_client(server);
    for (unsigned i = 0; i < GDB_TURNED_AWAY; i++)
        if (server->turned_away[i].fd >= 0)
            close(server->turned_away[i].fd);
    close(server->listener);
    commands_destroy(server->commands);
    if (server->address.socket.kind == SOCKET_UNIX)
        unlink(server->address.socket.path);
    free(server);
}

/* ---- a second gdb ---- */

static void turn_away(GdbServer *server, int fd)
{
    for (unsigned i = 0; i < GDB_TURNED_AWAY; i++) {
        if (server->turned_away[i].fd < 0) {
            server->turned_away[i] = (GdbTurnedAway){fd, host_now_ns() + WORD_NS};
            return;
        }
    }
    close(fd);
}

/* It is told in answer to its first packet: before, it would not understand, and if the connection
 * was closed at once, its next packet would be in the way of our words. */
static void look_after(GdbTurnedAway *other)
{
    static const char sentence[] = "E.another gdb is connected to this machine";
    char framed[GDB_FRAMED + 1] = "+", words[1024];
    ssize_t got = recv(other->fd, words, sizeof words, 0);

    if (got > 0 && memchr(words, '#', (size_t)got)) {
        send(other->fd, framed, 1 + packet_encode(sentence, strlen(sentence), framed + 1),
             MSG_NOSIGNAL);
        shutdown(other->fd, SHUT_WR);
    }
    if ((got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR))) &&
        host_now_ns() < other->until_ns)
        return;
    close(other->fd);
    other->fd = -1;
}

static void accept_clients(GdbServer *server)
{
    int fd;

    for (unsigned i = 0; i < GDB_TURNED_AWAY; i++)
        if (server->turned_away[i].fd >= 0)
            look_after(&server->turned_away[i]);
    for (unsigned i = 0; i < GDB_TURNED_AWAY; i++) {
        fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0)
            return;
        if (server->attached) {
            turn_away(server, fd);
            continue;
        }
        /* Who was here and has not said a word is no gdb. */
        drop_client(server);
        gdb_connection_open(&server->client, fd);
    }
}

/* ---- packets about the connection, and about the whole machine ---- */

GdbAnswer gdb_detach(GdbServer *server, const char *arguments, size_t length)
{
    (void)arguments, (void)length;
    leave(server, true);
    gdb_say_ok(server);
    return GDB_ANSWERED;
}

GdbAnswer gdb_kill(GdbServer *server, const char *arguments, size_t length)
{
    (void)arguments, (void)length;
    server->request = DISPLAY_QUIT;
    return GDB_LATER;
}

GdbAnswer gdb_vkill(GdbServer *server, const char *arguments, size_t length)
{
    (void)arguments, (void)length;
    server->request = DISPLAY_QUIT;
    gdb_say_ok(server);
    return GDB_ANSWERED;
}

GdbAnswer gdb_restart(GdbServer *server, const char *arguments, size_t length)
{
    (void)arguments, (void)length;
    server->request = DISPLAY_RESET;
    return GDB_LATER;
}

GdbAnswer gdb_extended(GdbServer *server, const char *arguments, size_t length)
{
    (void)arguments, (void)length;
    gdb_say_ok(server);
    return GDB_ANSWERED;
}

/* ---- serving ---- */

static void obey(GdbServer *server, PacketEvent event)
{
    const PacketDecoder *decoder = &server->client.decoder;

    if (event == PACKET_INTERRUPT) {
        if (server->attached) {
            debugger_pause(server->debugger);
            gdb_report_stop(server);
        }
        return;
    }
    if (event == PACKET_TOO_LONG) {
        server->reply_length = 0;
        gdb_say_error(server, GDB_NO_ROOM);
    } else {
        if (!server->attached)
            attach(server);
        if (gdb_handle(server, decoder->content, decoder->length) == GDB_LATER)
            return;
    }
    gdb_connection_send(&server->client, server->reply, server->reply_length);
}

DisplayRequest gdb_server_poll(GdbServer *server)
{
    PacketEvent event;

    server->request = DISPLAY_NOTHING;
    gdb_report_stop(server);
    gdb_watch_command(server);
    accept_clients(server);
    if (server->client.fd < 0)
        return DISPLAY_NOTHING;
    while ((event = gdb_connection_next(&server->client)) != PACKET_NOTHING)
        obey(server, event);
    gdb_connection_flush(&server->client);
    if (server->client.lost)
        drop_client(server);
    return server->request;
}

nfds_t gdb_server_wait(GdbServer *server, struct pollfd *polled)
{
    nfds_t count = 0;

    polled[count++] = (struct pollfd){.fd = server->listener, .events = POLLIN};
    if (server->client.fd >= 0)
        polled[count++] = (struct pollfd){
            .fd = server->client.fd,
            .events = (short)(POLLIN | (server->client.output.length ? POLLOUT : 0))};
    for (unsigned i = 0; i < GDB_TURNED_AWAY; i++)
        if (server->turned_away[i].fd >= 0)
            polled[count++] = (struct pollfd){.fd = server->turned_away[i].fd, .events = POLLIN};
    return count;
}
