#include "frontend/monitor_remote.h"

#include "frontend/monitor_client.h"
#include "frontend/monitor_line.h"
#include "frontend/pacing.h"
#include "frontend/pseudo_terminal.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    WAIT_NS = 1000000000, /* for a command's stop, before the next is taken */
    LINES_AT_ONCE = 16,   /* before the machine has its turn */
    CTRL_C = 'C' & 0x1F,
    CTRL_U = 'U' & 0x1F,
    BACKSPACE = '\b',
    RUBOUT = 0x7F,
};

struct MonitorRemote {
    MonitorAddress address;
    Debugger *debugger;
    Commands *commands;
    int listener;
    u16 port;
    MonitorClient client;
    MonitorLine line;
    char before;   /* the byte before, for CR LF */
    bool attached; /* somebody has given a command */
    bool waits;    /* for the machine to stop */
    u64 waits_until_ns;
    unsigned stop_count; /* of the last stop that was told */
};

/* ---- words ---- */

static void write_text(void *owner, const char *text, size_t length)
{
    monitor_client_write(&((MonitorRemote *)owner)->client, text, length);
}

static void say(MonitorRemote *monitor, const char *text)
{
    write_text(monitor, text, strlen(text));
}

static void prompt(MonitorRemote *monitor)
{
    say(monitor, "(vitrine) ");
}

/* What has been typed, where nobody else shows it. */
static void echo(MonitorRemote *monitor, const char *text)
{
    if (monitor->client.terminal)
        say(monitor, text);
}

/* ---- lines ---- */

static void obey(MonitorRemote *monitor, const char *line)
{
    const CommandSink sink = {write_text, monitor};

    if (!monitor->attached)
        debugger_attach(monitor->debugger);
    monitor->attached = true;
    if (commands_execute(monitor->commands, line, &sink) == COMMAND_RUNS) {
        monitor->waits = true;
        monitor->waits_until_ns = host_now_ns() + WAIT_NS;
        return;
    }
    monitor->stop_count = debugger_stop_count(monitor->debugger);
    prompt(monitor);
}

static void erase(MonitorRemote *monitor, unsigned count)
{
    for (; count && monitor->line.length; count--) {
        monitor->line.length--;
        echo(monitor, "\b \b");
    }
}

static void take_key(MonitorRemote *monitor, char key)
{
    char shown[2] = {key, '\0'};

    if (key == BACKSPACE || key == RUBOUT)
        erase(monitor, 1);
    else if (key == CTRL_U)
        erase(monitor, MONITOR_LINE);
    else if (isprint((u8)key) || (u8)key >= 0x80 || key == '\t') {
        monitor_line_take(&monitor->line, key);
        echo(monitor, shown);
    }
}

static void take_byte(MonitorRemote *monitor, char byte)
{
    bool second = byte == '\n' && monitor->before == '\r';

    monitor->before = byte;
    if (second || !byte) /* telnet sends CR NUL, too */
        return;
    if (byte == CTRL_C) {
        monitor->line.length = 0;
        echo(monitor, "^C\n");
        if (debugger_stop(monitor->debugger)->reason == STOP_NONE)
            debugger_pause(monitor->debugger); /* and the stop is told */
        else
            prompt(monitor);
        return;
    }
    if (byte != '\r' && byte != '\n') {
        take_key(monitor, byte);
        return;
    }
    echo(monitor, "\n");
    if (monitor_line_take(&monitor->line, byte) == LINE_TOO_LONG) {
        say(monitor, "That line is too long.\n");
        prompt(monitor);
    } else if (*monitor->line.text) {
        obey(monitor, monitor->line.text);
    } else {
        prompt(monitor);
    }
}

/* While a command waits only what stops the machine is heeded: Ctrl-C, and `stop` if it comes next.
 */
static void look_for_stop(MonitorRemote *monitor)
{
    static const char stop[] = "stop";
    const MonitorClient *client = &monitor->client;
    unsigned left = client->end - client->at, length = sizeof stop - 1;
    const char *text = (const char *)client->input + client->at;

    if (monitor_client_has(client, CTRL_C) ||
        (left > length && !memcmp(text, stop, length) && isspace((u8)text[length])))
        debugger_pause(monitor->debugger);
}

static void tell_stop(MonitorRemote *monitor)
{
    const CommandSink sink = {write_text, monitor};
    unsigned count = debugger_stop_count(monitor->debugger);
    bool stopped = debugger_stop(monitor->debugger)->reason != STOP_NONE;

    if (stopped && count != monitor->stop_count) {
        monitor->stop_count = count;
        if (!monitor->waits)
            say(monitor, "\n");
        monitor->waits = false;
        commands_tell_stop(monitor->commands, &sink);
        prompt(monitor);
    } else if (monitor->waits && host_now_ns() >= monitor->waits_until_ns) {
        monitor->waits = false;
        say(monitor, "The machine runs; stop stops it.\n");
        prompt(monitor);
    }
}

/* ---- clients ---- */

static void greet(MonitorRemote *monitor)
{
    say(monitor, "vitrine's debugger: help lists the commands.\n");
    prompt(monitor);
    monitor->line = (MonitorLine){.length = 0};
    monitor->before = '\0';
    monitor->stop_count = debugger_stop_count(monitor->debugger);
}

static void accept_client(MonitorRemote *monitor)
{
    int fd;

    if (monitor->client.fd >= 0 || monitor->listener < 0)
        return;
    fd = accept4(monitor->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0)
        return;
    monitor_client_open(&monitor->client, fd, false, monitor->address.telnet);
    greet(monitor);
}

/* Has the client gone, and all that it asked for been done? */
static bool is_finished(const MonitorRemote *monitor)
{
    const MonitorClient *client = &monitor->client;

    return client->lost || (client->over && client->at == client->end && !monitor->waits &&
                            monitor_client_is_sent(client));
}

static void drop_client(MonitorRemote *monitor)
{
    monitor->waits = false;
    monitor_client_close(&monitor->client);
}

void monitor_remote_poll(MonitorRemote *monitor)
{
    MonitorClient *client = &monitor->client;
    unsigned lines = 0;
    char byte;

    accept_client(monitor);
    if (client->fd < 0)
        return;
    monitor_client_read(client);
    if (monitor->waits)
        look_for_stop(monitor);
    tell_stop(monitor);
    while (!monitor->waits && client->output.length < CLIENT_UNREAD && lines < LINES_AT_ONCE &&
           monitor_client_next(client, &byte)) {
        take_byte(monitor, byte);
        lines += byte == '\n' || byte == '\r';
    }
    if (client->over && client->at == client->end && monitor->line.length && !monitor->waits)
        take_byte(monitor, '\n'); /* a last line without an end */
    monitor_client_flush(client);
    if (is_finished(monitor))
        drop_client(monitor);
}

nfds_t monitor_remote_wait(const MonitorRemote *monitor, struct pollfd *polled)
{
    const MonitorClient *client = &monitor->client;
    bool unread = client->at < client->end;

    if (client->fd < 0 && monitor->listener < 0)
        return 0;
    *polled = (struct pollfd){.fd = client->fd < 0 ? monitor->listener : client->fd};
    if (client->fd < 0 || (!unread && !client->over))
        polled->events |= POLLIN;
    if (client->output.length || (unread && !monitor->waits))
        polled->events |= POLLOUT;
    return polled->events ? 1 : 0;
}

/* ---- all of it ---- */

static bool open_place(MonitorRemote *monitor, char *error, size_t error_size)
{
    const MonitorAddress *address = &monitor->address;
    int fd;

    if (address->place == MONITOR_PTY) {
        fd = pseudo_terminal_open("the monitor", error, error_size);
        if (fd < 0)
            return false;
        monitor_client_open(&monitor->client, fd, true, false);
        greet(monitor);
        return true;
    }
    monitor->listener =
        socket_listen(&address->socket, "-monitor", &monitor->port, error, error_size);
    return monitor->listener >= 0;
}

static void wait_for_client(MonitorRemote *monitor)
{
    struct pollfd polled = {.fd = monitor->listener, .events = POLLIN};

    fprintf(stderr, "vitrine: the machine waits until somebody connects to the monitor; "
                    "-monitor ...,server,nowait does not wait\n");
    if (poll(&polled, 1, -1) > 0)
        accept_client(monitor);
}

MonitorRemote *monitor_remote_open(const MonitorAddress *address, Debugger *debugger,
                                   const CommandHost *host, char *error, size_t error_size)
{
    MonitorRemote *monitor = calloc(1, sizeof *monitor);

    if (monitor) {
        monitor->address = *address;
        monitor->debugger = debugger;
        monitor->listener = monitor->client.fd = -1;
        monitor->commands = commands_create(debugger, host);
    }
    if (!monitor || !monitor->commands) {
        snprintf(error, error_size, "the monitor cannot be opened: out of memory");
        free(monitor);
        return NULL;
    }
    if (!open_place(monitor, error, error_size)) {
        monitor_remote_close(monitor);
        return NULL;
    }
    if (address->place == MONITOR_SOCKET && address->socket.kind == SOCKET_TCP &&
        !address->socket.port)
        fprintf(stderr, "vitrine: the monitor is at port %u\n", monitor->port);
    if (address->wait)
        wait_for_client(monitor);
    return monitor;
}

void monitor_remote_close(MonitorRemote *monitor)
{
    if (!monitor)
        return;
    if (monitor->client.fd >= 0)
        tell_stop(monitor);
    monitor_client_flush(&monitor->client);
    monitor_client_close(&monitor->client);
    if (monitor->listener >= 0) {
        close(monitor->listener);
        if (monitor->address.socket.kind == SOCKET_UNIX)
            unlink(monitor->address.socket.path);
    }
    commands_destroy(monitor->commands);
    free(monitor);
}

u16 monitor_remote_port(const MonitorRemote *monitor)
{
    return monitor->port;
}
