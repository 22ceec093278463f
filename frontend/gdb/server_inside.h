/*
 * Between the files of gdb's server: its state, and one function per packet.
 */
#ifndef FRONTEND_GDB_SERVER_INSIDE_H
#define FRONTEND_GDB_SERVER_INSIDE_H

#include "frontend/debugger/commands.h"
#include "frontend/gdb/connection.h"
#include "frontend/gdb/description.h"
#include "frontend/gdb/server.h"

enum { GDB_POINTS = 1024, GDB_TURNED_AWAY = 4 };

/* Numbers in E packets: the host's errno, which gdb shows. */
enum { GDB_NO_SUCH = 0x01, GDB_BAD_ADDRESS = 0x0E, GDB_BAD_ARGUMENT = 0x16, GDB_NO_ROOM = 0x1C };

typedef struct GdbPoint {
    unsigned number;            /* of the debugger's point; 0: this row is free */
    unsigned type;              /* of the Z packet */
    u64 address, length;
} GdbPoint;

/* Somebody who came while another gdb was there: to be told so. */
typedef struct GdbTurnedAway {
    int fd;                     /* -1: this row is free */
    u64 until_ns;               /* it may stay until then, in host time */
} GdbTurnedAway;

struct GdbServer {
    Debugger *debugger;
    Machine *machine;
    Cpu *cpu;
    GdbAddress address;
    int listener;
    u16 port;
    GdbConnection client;
    GdbTurnedAway turned_away[GDB_TURNED_AWAY];
    Commands *commands;
    DisplayRequest request;     /* for the loop around the machine */

    /* ---- while a gdb is attached ---- */
    bool attached;              /* it has sent a packet, and is a face of the debugger */
    bool was_stopped;           /* before it came */
    bool let_run;               /* it has let the machine go on */
    bool waits;                 /* for a stop reply */
    bool introduced;            /* by qSupported: a gdb, and no grader that looks for one packet */
    bool knows_swbreak, knows_hwbreak;
    bool told_size, told_64;    /* hints, once each */
    unsigned stop_count;        /* debugger_stop_count() as it was last reported */
    bool command_runs;          /* a `monitor` command has let the machine run: it is to be answered */
    u64 command_until_ns;       /* by then, in host time */
    GdbPoint points[GDB_POINTS];
    GdbDescription description;
    char stop_reply[128];       /* the last, for `?` */

    char reply[GDB_PACKET_SIZE];/* to the packet at hand */
    size_t reply_length;
};

/* ---- replies ---- */

void gdb_say(GdbServer *server, const char *format, ...) PRINTF_LIKE(2, 3);
void gdb_say_hex(GdbServer *server, const void *bytes, size_t length);
void gdb_say_bytes(GdbServer *server, const void *bytes, size_t length);
void gdb_say_ok(GdbServer *server);
void gdb_say_error(GdbServer *server, unsigned number);

/* Has gdb show a text, now: while it waits for the machine, or for the answer of qRcmd. */
void gdb_tell(GdbServer *server, const char *text, size_t length);

/* ---- one packet ---- */

typedef enum GdbAnswer {
    GDB_ANSWERED,               /* the reply is to be sent; an empty one: we do not know this packet */
    GDB_LATER,                  /* no reply now, or none at all */
} GdbAnswer;

/* `arguments`: what follows the packet's name; ends with a '\0' that `length` does not count. */
typedef GdbAnswer GdbHandler(GdbServer *server, const char *arguments, size_t length);

GdbAnswer gdb_handle(GdbServer *server, const char *content, size_t length);

/* queries.c */
GdbHandler gdb_query_supported, gdb_query_features, gdb_query_memory_map, gdb_query_attached, gdb_query_thread,
    gdb_query_threads, gdb_query_no_more_threads, gdb_query_thread_words, gdb_query_symbol, gdb_query_crc,
    gdb_start_no_acks, gdb_set_thread, gdb_is_thread_alive;

/* state.c: registers and memory */
GdbHandler gdb_read_registers, gdb_write_registers, gdb_read_register, gdb_write_register, gdb_read_memory,
    gdb_write_memory, gdb_write_binary, gdb_search_memory;

/* resume.c */
GdbHandler gdb_continue, gdb_continue_signal, gdb_step, gdb_step_signal, gdb_vcont, gdb_vcont_words,
    gdb_why_stopped;

/* backwards.c */
GdbHandler gdb_reverse_step, gdb_reverse_continue;

/* To the present, where the machine lives on. */
void gdb_leave_the_past(GdbServer *server);

/* Reports a new stop of the machine, if there is one. */
void gdb_report_stop(GdbServer *server);
/* The same, of this stop. */
void gdb_report(GdbServer *server, const Stop *stop);

/* monitor_packet.c */
GdbHandler gdb_monitor;
Commands *gdb_commands(GdbServer *server);      /* NULL: out of memory */
/* Answers a command that has let the machine run, when that has stopped. */
void gdb_watch_command(GdbServer *server);
/* As the prompt does: where and why the machine has stopped. */
void gdb_tell_stop(GdbServer *server);

/* points.c */
GdbHandler gdb_insert_point, gdb_remove_point;
void gdb_remove_points(GdbServer *server);
const GdbPoint *gdb_point_by_number(const GdbServer *server, unsigned number);

/* server.c */
GdbHandler gdb_detach, gdb_kill, gdb_vkill, gdb_restart, gdb_extended;

#endif
