/*
 * What gdb wants to know when it connects, and now and then.
 * GDB manual, "General Query Packets", "Target Descriptions", "Memory Map Format".
 */
#include "frontend/gdb/server_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- abilities ---- */

static bool is_in_list(const char *list, const char *word)
{
    size_t length = strlen(word);

    for (; *list; list += strcspn(list, ";"), list += *list == ';')
        if (!strncmp(list, word, length) && (!list[length] || list[length] == ';'))
            return true;
    return false;
}

GdbAnswer gdb_query_supported(GdbServer *server, const char *arguments, size_t length)
{
    (void)length;
    if (*arguments == ':')
        arguments++;
    server->introduced = true;
    server->knows_swbreak = is_in_list(arguments, "swbreak+");
    server->knows_hwbreak = is_in_list(arguments, "hwbreak+");
    gdb_say(server,
            "PacketSize=%x;QStartNoAckMode+;qXfer:features:read+;qXfer:memory-map:read+;"
            "swbreak+;hwbreak+;vContSupported+%s",
            GDB_PACKET_SIZE,
            debugger_timeline(server->debugger) ? ";ReverseStep+;ReverseContinue+" : "");
    return GDB_ANSWERED;
}

GdbAnswer gdb_start_no_acks(GdbServer *server, const char *arguments, size_t length)
{
    (void)arguments, (void)length;
    server->client.no_acks = true;
    gdb_say_ok(server);
    return GDB_ANSWERED;
}

/* ---- documents ---- */

/* "OFFSET,LENGTH" of a document: 'm' and the piece, or 'l' and the last one. */
static GdbAnswer say_piece(GdbServer *server, const char *range, const char *text, size_t length)
{
    /* Even if every byte needs an escape, a whole packet must hold it. */
    const u64 most = GDB_PACKET_SIZE / 2 - 1;
    u64 offset, wanted;

    if (!hex_number(&range, &offset) || *range++ != ',' || !hex_number(&range, &wanted) || *range ||
        offset > length) {
        gdb_say_error(server, 0);
        return GDB_ANSWERED;
    }
    wanted = wanted < most ? wanted : most;
    if (wanted >= length - offset) {
        wanted = length - offset;
        gdb_say(server, "l");
    } else {
        gdb_say(server, "m");
    }
    gdb_say_bytes(server, text + offset, wanted);
    return GDB_ANSWERED;
}

GdbAnswer gdb_query_features(GdbServer *server, const char *arguments, size_t length)
{
    (void)length;
    return say_piece(server, arguments, server->description.xml, server->description.xml_length);
}

/* gdb reads this once and asks for linear addresses, behind which anything can lie, and something
 * else when the page tables have changed: nothing may be left out, and nothing said to be ROM. */
GdbAnswer gdb_query_memory_map(GdbServer *server, const char *arguments, size_t length)
{
    static const char map_32[] =
        "<?xml version=\"1.0\"?><memory-map>"
        "<memory type=\"ram\" start=\"0x0\" length=\"0x100000000\"/></memory-map>";
    static const char map_64[] =
        "<?xml version=\"1.0\"?><memory-map>"
        "<memory type=\"ram\" start=\"0x0\" length=\"0x8000000000000000\"/>"
        "<memory type=\"ram\" start=\"0x8000000000000000\" length=\"0x8000000000000000\"/>"
        "</memory-map>";
    const char *map = server->description.architecture == GDB_CODE_64 ? map_64 : map_32;

    (void)length;
    return say_piece(server, arguments, map, strlen(map));
}

/* ---- threads: the processors ---- */

/* The machine was there before gdb: `quit` detaches from it, and does not end it. */
GdbAnswer gdb_query_attached(GdbServer *server, const char *arguments, size_t length)
{
    (void)arguments, (void)length;
    gdb_say(server, "1");
    return GDB_ANSWERED;
}

GdbAnswer gdb_query_thread(GdbServer *server, const char *arguments, size_t length)
{
    (void)arguments, (void)length;
    gdb_say(server, "QC1");
    return GDB_ANSWERED;
}

GdbAnswer gdb_query_threads(GdbServer *server, const char *arguments, size_t length)
{
    (void)arguments, (void)length;
    gdb_say(server, "m1");
    return GDB_ANSWERED;
}

GdbAnswer gdb_query_no_more_threads(GdbServer *server, const char *arguments, size_t length)
{
    (void)arguments, (void)length;
    gdb_say(server, "l");
    return GDB_ANSWERED;
}

static bool is_ours(const char *thread)
{
    return !strcmp(thread, "0") || !strcmp(thread, "1") || !strcmp(thread, "01") ||
           !strcmp(thread, "-1");
}

static const char *mode_words(const Cpu *cpu)
{
    if (cpu_real(cpu))
        return "real mode";
    if (cpu_v86(cpu))
        return "virtual-8086 mode";
    if (cpu_long(cpu))
        return cpu->code_size == 8 ? "64-bit mode" : "compatibility mode";
    return cpu->code_size == 2 ? "16-bit protected mode" : "protected mode";
}

GdbAnswer gdb_query_thread_words(GdbServer *server, const char *arguments, size_t length)
{
    char words[64];

    (void)length;
    if (!is_ours(arguments)) {
        gdb_say_error(server, GDB_NO_SUCH);
        return GDB_ANSWERED;
    }
    snprintf(words, sizeof words, "CPU 0, %s%s", mode_words(server->cpu),
             server->cpu->attention & ATTEND_HALT ? ", halted" : "");
    gdb_say_hex(server, words, strlen(words));
    return GDB_ANSWERED;
}

/* Hc or Hg and a thread. */
GdbAnswer gdb_set_thread(GdbServer *server, const char *arguments, size_t length)
{
    (void)length;
    if ((*arguments == 'c' || *arguments == 'g') && is_ours(arguments + 1))
        gdb_say_ok(server);
    else
        gdb_say_error(server, GDB_NO_SUCH);
    return GDB_ANSWERED;
}

GdbAnswer gdb_is_thread_alive(GdbServer *server, const char *arguments, size_t length)
{
    (void)length;
    if (is_ours(arguments))
        gdb_say_ok(server);
    else
        gdb_say_error(server, GDB_NO_SUCH);
    return GDB_ANSWERED;
}

/* ---- others ---- */

/* gdb offers to look symbols up for us: none is wanted. */
GdbAnswer gdb_query_symbol(GdbServer *server, const char *arguments, size_t length)
{
    (void)arguments, (void)length;
    gdb_say_ok(server);
    return GDB_ANSWERED;
}

/* "ADDRESS,LENGTH", for `compare-sections`. gdb's checksum: polynomial 04C11DB7h, the highest bit
 * first, begun with all ones and not inverted. */
GdbAnswer gdb_query_crc(GdbServer *server, const char *arguments, size_t length)
{
    const u64 most = (u64)64 << 20;
    u64 address, left;
    u32 crc = 0xFFFFFFFF;
    u8 bytes[PAGE_SIZE];

    (void)length;
    if (!hex_number(&arguments, &address) || *arguments++ != ',' ||
        !hex_number(&arguments, &left) || *arguments || left > most) {
        gdb_say_error(server, GDB_BAD_ARGUMENT);
        return GDB_ANSWERED;
    }
    while (left) {
        size_t got = debugger_read_memory(server->debugger, address, bytes,
                                          left < sizeof bytes ? left : sizeof bytes);
        if (!got) {
            gdb_say_error(server, GDB_BAD_ADDRESS);
            return GDB_ANSWERED;
        }
        for (size_t i = 0; i < got; i++) {
            crc ^= (u32)bytes[i] << 24;
            for (unsigned k = 0; k < 8; k++)
                crc = crc << 1 ^ (crc >> 31 ? 0x04C11DB7 : 0);
        }
        address += got;
        left -= got;
    }
    gdb_say(server, "C%08x", crc);
    return GDB_ANSWERED;
}
