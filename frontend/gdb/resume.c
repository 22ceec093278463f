/*
 * Letting the machine go on, and telling gdb why it has stopped.
 * GDB manual, "Packets" (`c`, `s`, `vCont`), "Stop Reply Packets".
 *
 * Not implemented: signals (they are ignored; a processor has none), non-stop mode.
 */
#include "frontend/gdb/server_inside.h"

#include <stdio.h>
#include <string.h>

/* gdb's own numbers of signals: all that it knows of reasons. */
enum { SIGNAL_INTERRUPT = 2, SIGNAL_TRAP = 5, SIGNAL_SEGMENT = 11, SIGNAL_POWER = 32 };

/* ---- going on ---- */

static void let_run(GdbServer *server)
{
    server->let_run = true;
    server->waits = true;
}

/* An address to go on at may follow. */
static bool jump(GdbServer *server, const char *text)
{
    u8 bytes[GDB_REGISTER_BYTES] = {0};
    u64 address;

    if (!*text)
        return true;
    if (!hex_number(&text, &address) || *text)
        return false;
    memcpy(bytes, &address, sizeof address);
    return gdb_register_write(server->description.pc, server->debugger, bytes);
}

static GdbAnswer go_on(GdbServer *server, const char *address, bool one)
{
    if (!jump(server, address)) {
        gdb_say_error(server, GDB_BAD_ARGUMENT);
        return GDB_ANSWERED;
    }
    if (one)
        debugger_step(server->debugger, STEP_INSTRUCTION, 1);
    else
        debugger_continue(server->debugger);
    let_run(server);
    return GDB_LATER;
}

/* Behind a signal's number and a ';'. */
static const char *after_signal(const char *text)
{
    return strchr(text, ';') ? strchr(text, ';') + 1 : "";
}

GdbAnswer gdb_continue(GdbServer *server, const char *arguments, size_t length)
{
    (void)length;
    return go_on(server, arguments, false);
}

GdbAnswer gdb_continue_signal(GdbServer *server, const char *arguments, size_t length)
{
    (void)length;
    return go_on(server, after_signal(arguments), false);
}

GdbAnswer gdb_step(GdbServer *server, const char *arguments, size_t length)
{
    (void)length;
    return go_on(server, arguments, true);
}

GdbAnswer gdb_step_signal(GdbServer *server, const char *arguments, size_t length)
{
    (void)length;
    return go_on(server, after_signal(arguments), true);
}

/* ---- vCont ---- */

GdbAnswer gdb_vcont_words(GdbServer *server, const char *arguments, size_t length)
{
    (void)arguments, (void)length;
    gdb_say(server, "vCont;c;C;s;S;r");
    return GDB_ANSWERED;
}

/* Of one thread, "1", or of all, "-1" or "0". */
static bool concerns_us(const char *thread, size_t length)
{
    return (length == 1 && (*thread == '1' || *thread == '0')) ||
           (length == 2 && !memcmp(thread, "-1", 2));
}

/* "BEGIN,END", as the program counter is: of offsets or of linear addresses. */
static GdbAnswer step_in_range(GdbServer *server, const char *text)
{
    u64 base = server->description.pc->linear ? 0 : server->cpu->segments[CS].base, begin, end;

    if (!hex_number(&text, &begin) || *text++ != ',' || !hex_number(&text, &end)) {
        gdb_say_error(server, GDB_BAD_ARGUMENT);
        return GDB_ANSWERED;
    }
    debugger_step_range(server->debugger, begin + base, end + base);
    let_run(server);
    return GDB_LATER;
}

/* ";ACTION[:THREAD]", several times: the first that concerns the processor counts. */
GdbAnswer gdb_vcont(GdbServer *server, const char *arguments, size_t length)
{
    const char *action = arguments, *end, *colon;

    (void)length;
    for (; *action == ';'; action = end) {
        action++;
        end = strchrnul(action, ';');
        colon = memchr(action, ':', (size_t)(end - action));
        if (colon && !concerns_us(colon + 1, (size_t)(end - colon - 1)))
            continue;
        switch (*action) {
        case 'c':
        case 'C':
            return go_on(server, "", false);
        case 's':
        case 'S':
            return go_on(server, "", true);
        case 'r':
            return step_in_range(server, action + 1);
        default:
            break;
        }
        break;
    }
    gdb_say_error(server, GDB_BAD_ARGUMENT);
    return GDB_ANSWERED;
}

/* ---- why it has stopped ---- */

GdbAnswer gdb_why_stopped(GdbServer *server, const char *arguments, size_t length)
{
    (void)arguments, (void)length;
    gdb_say(server, "%s", server->stop_reply);
    return GDB_ANSWERED;
}

static unsigned signal_of(const Stop *stop)
{
    switch (stop->reason) {
    case STOP_ASKED:
        return SIGNAL_INTERRUPT;
    case STOP_TRIPLE_FAULT:
        return SIGNAL_SEGMENT;
    case STOP_POWER_OFF:
        return SIGNAL_POWER;
    default:
        return SIGNAL_TRAP;
    }
}

/* What gdb looks for is an address that it has asked to watch; an access may begin before that. */
static u64 watched_address(const GdbPoint *point, const Stop *stop)
{
    return stop->address - point->address < point->length ? stop->address : point->address;
}

/* A breakpoint that does not lie at the program counter, because of the code segment's base, gdb
 * would take for one that has been removed, and go on for ever. */
static bool is_where_gdb_looks(const GdbServer *server, const GdbPoint *point)
{
    return (point->type ? server->knows_hwbreak : server->knows_swbreak) &&
           gdb_register_value(server->description.pc, server->cpu) == point->address;
}

static void add_reason(GdbServer *server, const Stop *stop, char *text, size_t size)
{
    static const char *const watches[] = {"watch", "rwatch", "awatch"};
    const GdbPoint *point = stop->reason == STOP_POINT && stop->point
                                ? gdb_point_by_number(server, stop->point->number)
                                : NULL;

    if (stop->reason == STOP_HISTORY_BEGIN || stop->reason == STOP_HISTORY_END)
        snprintf(text, size, "replaylog:%s;", stop->reason == STOP_HISTORY_BEGIN ? "begin" : "end");
    else if (!point)
        *text = '\0';
    else if (point->type >= 2)
        snprintf(text, size, "%s:%llx;", watches[point->type - 2],
                 (unsigned long long)watched_address(point, stop));
    else if (is_where_gdb_looks(server, point))
        snprintf(text, size, "%s", point->type ? "hwbreak:;" : "swbreak:;");
    else
        *text = '\0';
}

static void describe_stop(GdbServer *server, const Stop *stop)
{
    char reason[64];

    add_reason(server, stop, reason, sizeof reason);
    snprintf(server->stop_reply, sizeof server->stop_reply, "T%02xthread:1;%s", signal_of(stop),
             reason);
}

/* What gdb cannot say itself, as it knows nothing of the reason. */
static bool needs_words(const GdbServer *server, const Stop *stop)
{
    if (stop->reason == STOP_POINT)
        return !stop->point || !gdb_point_by_number(server, stop->point->number);
    return stop->reason != STOP_ASKED && stop->reason != STOP_STEP;
}

static void tell_line(GdbServer *server, const char *line)
{
    char text[512];
    int length = snprintf(text, sizeof text, "vitrine: %s\n", line);

    gdb_tell(server, text, (size_t)length);
}

/* gdb has chosen how to take code apart, and what registers there are, when it connected. */
static void tell_of_mode(GdbServer *server)
{
    GdbArchitecture known = server->description.architecture;

    if (cpu_long(server->cpu) && known != GDB_CODE_64) {
        if (!server->told_64)
            tell_line(server, "the processor is in long mode now, and this gdb was told of 32-bit "
                              "registers; connect again to see all: `disconnect`, and then `target "
                              "remote` as before");
        server->told_64 = true;
        return;
    }
    if (known == GDB_CODE_64 || server->told_size ||
        (server->cpu->code_size == 2) == (known == GDB_CODE_16))
        return;
    tell_line(server, server->cpu->code_size == 2
                          ? "16-bit code from here on; if gdb shows other instructions: set "
                            "architecture i8086"
                          : "32-bit code from here on; if gdb shows other instructions: set "
                            "architecture i386");
    server->told_size = true;
}

static void tell_what_gdb_cannot(GdbServer *server, const Stop *stop)
{
    if (stop->reason == STOP_TRIPLE_FAULT)
        gdb_tell_stop(server);
    else if (needs_words(server, stop))
        tell_line(server, stop->text);
    tell_of_mode(server);
}

void gdb_report(GdbServer *server, const Stop *stop)
{
    describe_stop(server, stop);
    if (!server->waits)
        return;
    if (server->introduced)
        tell_what_gdb_cannot(server, stop);
    server->waits = false;
    gdb_connection_send(&server->client, server->stop_reply, strlen(server->stop_reply));
}

void gdb_report_stop(GdbServer *server)
{
    const Stop *stop = debugger_stop(server->debugger);

    if (!server->attached || stop->reason == STOP_NONE ||
        debugger_stop_count(server->debugger) == server->stop_count)
        return;
    server->stop_count = debugger_stop_count(server->debugger);
    gdb_report(server, stop);
}
