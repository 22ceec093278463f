/*
 * The table of packets, and what their replies are made with.
 * GDB manual, "Packets", "General Query Packets".
 */
#include "frontend/gdb/server_inside.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

typedef struct PacketRow {
    const char *name;
    bool whole; /* nothing may follow the name */
    GdbHandler *handle;
} PacketRow;

/* The first that a packet begins with is its row. */
// clang-format off
static const PacketRow rows[] = {
    {"?", true, gdb_why_stopped},
    {"!", true, gdb_extended},
    {"g", true, gdb_read_registers},
    {"G", false, gdb_write_registers},
    {"p", false, gdb_read_register},
    {"P", false, gdb_write_register},
    {"m", false, gdb_read_memory},
    {"M", false, gdb_write_memory},
    {"X", false, gdb_write_binary},
    {"c", false, gdb_continue},
    {"C", false, gdb_continue_signal},
    {"s", false, gdb_step},
    {"S", false, gdb_step_signal},
    {"bs", true, gdb_reverse_step},
    {"bc", true, gdb_reverse_continue},
    {"Z", false, gdb_insert_point},
    {"z", false, gdb_remove_point},
    {"H", false, gdb_set_thread},
    {"T", false, gdb_is_thread_alive},
    {"D", false, gdb_detach},
    {"k", false, gdb_kill},
    {"R", false, gdb_restart},
    {"vCont?", true, gdb_vcont_words},
    {"vCont", false, gdb_vcont},
    {"vKill;", false, gdb_vkill},
    {"qSupported", false, gdb_query_supported},
    {"qXfer:features:read:target.xml:", false, gdb_query_features},
    {"qXfer:memory-map:read::", false, gdb_query_memory_map},
    {"qAttached", false, gdb_query_attached},
    {"qCRC:", false, gdb_query_crc},
    {"qC", true, gdb_query_thread},
    {"qfThreadInfo", true, gdb_query_threads},
    {"qsThreadInfo", true, gdb_query_no_more_threads},
    {"qThreadExtraInfo,", false, gdb_query_thread_words},
    {"qRcmd,", false, gdb_monitor},
    {"qSymbol:", false, gdb_query_symbol},
    {"qSearch:memory:", false, gdb_search_memory},
    {"QStartNoAckMode", true, gdb_start_no_acks},
};
// clang-format on

GdbAnswer gdb_handle(GdbServer *server, const char *content, size_t length)
{
    server->reply_length = 0;
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        size_t name = strlen(rows[i].name);

        if (length >= name && !memcmp(content, rows[i].name, name) &&
            (!rows[i].whole || length == name))
            return rows[i].handle(server, content + name, length - name);
    }
    return GDB_ANSWERED;
}

/* ---- replies ---- */

void gdb_say_bytes(GdbServer *server, const void *bytes, size_t length)
{
    assert(length <= sizeof server->reply - server->reply_length);
    memcpy(server->reply + server->reply_length, bytes, length);
    server->reply_length += length;
}

void gdb_say(GdbServer *server, const char *format, ...)
{
    char text[512];
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    assert(length >= 0 && (size_t)length < sizeof text);
    gdb_say_bytes(server, text, (size_t)length);
}

void gdb_say_hex(GdbServer *server, const void *bytes, size_t length)
{
    char text[3];

    for (size_t i = 0; i < length; i++) {
        hex_encode((const u8 *)bytes + i, 1, text);
        gdb_say_bytes(server, text, 2);
    }
}

void gdb_say_ok(GdbServer *server)
{
    gdb_say(server, "OK");
}

void gdb_say_error(GdbServer *server, unsigned number)
{
    gdb_say(server, "E%02x", number);
}

void gdb_tell(GdbServer *server, const char *text, size_t length)
{
    char packet[1 + 2 * 512 + 1];

    for (size_t piece; length; text += piece, length -= piece) {
        piece = length < 512 ? length : 512;
        *packet = 'O';
        hex_encode(text, piece, packet + 1);
        gdb_connection_send(&server->client, packet, 1 + 2 * piece);
    }
}
