/*
 * gdb's `monitor`: the debugger's own commands, as at its prompt.
 * GDB manual, "General Query Packets", `qRcmd`.
 */
#include "frontend/gdb/server_inside.h"

#include "frontend/pacing.h"

#include <string.h>

/* A command that lets the machine run is answered when it has stopped, or after so long: gdb waits.
 */
enum { RUN_NS = 1000000000 };

static void tell(void *owner, const char *text, size_t length)
{
    gdb_tell(owner, text, length);
}

static void tell_text(GdbServer *server, const char *text)
{
    gdb_tell(server, text, strlen(text));
}

static void quit(void *owner)
{
    ((GdbServer *)owner)->request = DISPLAY_QUIT;
}

static void reset(void *owner)
{
    ((GdbServer *)owner)->request = DISPLAY_RESET;
}

Commands *gdb_commands(GdbServer *server)
{
    const CommandHost host = {.owner = server, .quit = quit, .reset = reset};

    return commands_create(server->debugger, &host);
}

GdbAnswer gdb_monitor(GdbServer *server, const char *arguments, size_t length)
{
    const CommandSink sink = {tell, server};
    char line[GDB_PACKET_SIZE / 2 + 1];

    if (!hex_decode(&arguments, line, length / 2) || *arguments) {
        gdb_say_error(server, GDB_BAD_ARGUMENT);
        return GDB_ANSWERED;
    }
    line[length / 2] = '\0';
    if (commands_execute(server->commands, line, &sink) == COMMAND_DONE) {
        gdb_say_ok(server);
        return GDB_ANSWERED;
    }
    server->let_run = true;
    server->command_runs = true;
    server->command_until_ns = host_now_ns() + RUN_NS;
    return GDB_LATER;
}

void gdb_tell_stop(GdbServer *server)
{
    const CommandSink sink = {tell, server};

    commands_tell_stop(server->commands, &sink);
}

void gdb_watch_command(GdbServer *server)
{
    if (!server->command_runs)
        return;
    if (debugger_stop(server->debugger)->reason != STOP_NONE)
        gdb_tell_stop(server);
    else if (host_now_ns() >= server->command_until_ns)
        tell_text(server, "The machine runs; gdb's continue waits for it to stop.\n");
    else
        return;
    /* gdb has not been told that registers have changed. */
    tell_text(server, "(gdb) maintenance flush register-cache: shows where it is now\n");
    server->command_runs = false;
    gdb_connection_send(&server->client, "OK", 2);
}
