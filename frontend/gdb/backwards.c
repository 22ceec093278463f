/*
 * gdb's reverse-stepi, reverse-continue, and all that it makes of these two.
 * GDB manual, "Packets" (`bc`, `bs`), "Reverse Execution".
 */
#include "frontend/gdb/server_inside.h"

#include "frontend/debugger/reverse.h"
#include "frontend/debugger/timeline.h"

#include <stdio.h>
#include <string.h>

enum { SENTENCE = 200 };

static GdbAnswer refuse(GdbServer *server, const char *sentence)
{
    server->waits = false;
    server->stop_count = debugger_stop_count(server->debugger);
    gdb_say(server, "E.%.*s", SENTENCE, sentence);
    return GDB_ANSWERED;
}

static GdbAnswer arrived(GdbServer *server, const Stop *stop)
{
    server->waits = true;
    server->stop_count = debugger_stop_count(server->debugger);
    gdb_report(server, stop);
    return GDB_LATER;
}

GdbAnswer gdb_reverse_step(GdbServer *server, const char *arguments, size_t length)
{
    char error[SENTENCE];

    (void)arguments, (void)length;
    debugger_pause(server->debugger);
    if (!reverse_step(server->debugger, 1, error, sizeof error))
        return refuse(server, error);
    return arrived(server, debugger_stop(server->debugger));
}

static bool is_of_data(const Stop *stop)
{
    return stop->reason == STOP_POINT && stop->point && stop->point->spec.kind >= POINT_READ &&
           stop->point->spec.kind <= POINT_ACCESS;
}

static bool is_watching(const GdbServer *server)
{
    for (unsigned i = 0; i < GDB_POINTS; i++)
        if (server->points[i].number && server->points[i].type >= 2)
            return true;
    return false;
}

/* Has the instruction before this moment done what a watchpoint waits for? Undoing it is what
 * happens first on the way back, then. */
static bool was_just_now(GdbServer *server, Stop *stop)
{
    u64 now = machine_cycles(server->machine);
    char error[SENTENCE];

    return is_watching(server) && reverse_step(server->debugger, 1, error, sizeof error) &&
           debugger_scan(server->debugger, now, true, stop) && is_of_data(stop) &&
           stop->cycles == now;
}

/* To gdb, a watched write happens backwards when it is undone: before the instruction. */
GdbAnswer gdb_reverse_continue(GdbServer *server, const char *arguments, size_t length)
{
    char error[SENTENCE];
    Stop stop;

    (void)arguments, (void)length;
    debugger_pause(server->debugger);
    if (!was_just_now(server, &stop)) {
        if (!reverse_continue(server->debugger, error, sizeof error))
            return refuse(server, error);
        stop = *debugger_stop(server->debugger);
    }
    if (is_of_data(&stop) && !reverse_step(server->debugger, 1, error, sizeof error))
        return refuse(server, error);
    return arrived(server, &stop);
}

void gdb_leave_the_past(GdbServer *server)
{
    Timeline *timeline = debugger_timeline(server->debugger);
    char error[SENTENCE];

    if (timeline && timeline_is_past(timeline))
        reverse_goto(server->debugger, timeline_head(timeline), error, sizeof error);
}
