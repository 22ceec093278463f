/*
 * gdb reads and writes registers and memory. Its addresses are linear ones: in real mode code lies
 * at $cs_base + $eip.
 * GDB manual, "Packets".
 */
#include "frontend/gdb/server_inside.h"

#include <stdlib.h>
#include <string.h>

/* Bytes of memory that a reply has room for, in hexadecimal. */
enum { MOST_READ = GDB_PACKET_SIZE / 2 - 8, SEARCH_PIECE = 4096 };

static GdbAnswer ok_if(GdbServer *server, bool fine, unsigned error)
{
    if (fine)
        gdb_say_ok(server);
    else
        gdb_say_error(server, error);
    return GDB_ANSWERED;
}

/* ---- registers ---- */

GdbAnswer gdb_read_registers(GdbServer *server, const char *arguments, size_t length)
{
    u8 bytes[GDB_REGISTER_BYTES];

    (void)arguments, (void)length;
    for (unsigned i = 0; i < server->description.count; i++) {
        unsigned size = gdb_register_read(&server->description.registers[i], server->cpu, bytes);
        gdb_say_hex(server, bytes, size);
    }
    return GDB_ANSWERED;
}

GdbAnswer gdb_write_registers(GdbServer *server, const char *arguments, size_t length)
{
    u8 bytes[GDB_REGISTER_BYTES];
    bool fine = true;

    (void)length;
    for (unsigned i = 0; i < server->description.count; i++) {
        const GdbRegister *reg = &server->description.registers[i];

        /* gdb may leave out the last ones. */
        if (!hex_decode(&arguments, bytes, reg->bits / 8))
            break;
        fine = gdb_register_write(reg, server->debugger, bytes) && fine;
    }
    return ok_if(server, fine && !*arguments, GDB_BAD_ARGUMENT);
}

static const GdbRegister *register_number(GdbServer *server, const char **text)
{
    u64 number;

    if (!hex_number(text, &number) || number >= server->description.count)
        return NULL;
    return &server->description.registers[number];
}

GdbAnswer gdb_read_register(GdbServer *server, const char *arguments, size_t length)
{
    const GdbRegister *reg = register_number(server, &arguments);
    u8 bytes[GDB_REGISTER_BYTES];

    (void)length;
    if (!reg || *arguments)
        return ok_if(server, false, GDB_NO_SUCH);
    gdb_say_hex(server, bytes, gdb_register_read(reg, server->cpu, bytes));
    return GDB_ANSWERED;
}

GdbAnswer gdb_write_register(GdbServer *server, const char *arguments, size_t length)
{
    const GdbRegister *reg = register_number(server, &arguments);
    u8 bytes[GDB_REGISTER_BYTES];

    (void)length;
    return ok_if(server,
                 reg && *arguments++ == '=' && hex_decode(&arguments, bytes, reg->bits / 8) &&
                     !*arguments && gdb_register_write(reg, server->debugger, bytes),
                 GDB_BAD_ARGUMENT);
}

/* ---- memory ---- */

/* ADDRESS,LENGTH */
static bool parse_range(const char **text, u64 *address, u64 *length)
{
    return hex_number(text, address) && *(*text)++ == ',' && hex_number(text, length);
}

GdbAnswer gdb_read_memory(GdbServer *server, const char *arguments, size_t length)
{
    u8 bytes[MOST_READ];
    u64 address, wanted;
    size_t got;

    (void)length;
    if (!parse_range(&arguments, &address, &wanted) || *arguments)
        return ok_if(server, false, GDB_BAD_ARGUMENT);
    got = debugger_read_memory(server->debugger, address, bytes,
                               wanted < MOST_READ ? wanted : MOST_READ);
    if (wanted && !got)
        return ok_if(server, false, GDB_BAD_ADDRESS);
    gdb_say_hex(server, bytes, got);
    return GDB_ANSWERED;
}

static GdbAnswer write_bytes(GdbServer *server, u64 address, const void *bytes, size_t length)
{
    return ok_if(server, debugger_write_memory(server->debugger, address, bytes, length) == length,
                 GDB_BAD_ADDRESS);
}

GdbAnswer gdb_write_memory(GdbServer *server, const char *arguments, size_t length)
{
    u8 bytes[GDB_PACKET_SIZE / 2];
    u64 address, wanted;

    (void)length;
    if (!parse_range(&arguments, &address, &wanted) || wanted > sizeof bytes ||
        *arguments++ != ':' || !hex_decode(&arguments, bytes, wanted) || *arguments)
        return ok_if(server, false, GDB_BAD_ARGUMENT);
    return write_bytes(server, address, bytes, wanted);
}

GdbAnswer gdb_write_binary(GdbServer *server, const char *arguments, size_t length)
{
    const char *end = arguments + length;
    u64 address, wanted;

    if (!parse_range(&arguments, &address, &wanted) || *arguments++ != ':' ||
        wanted != (u64)(end - arguments))
        return ok_if(server, false, GDB_BAD_ARGUMENT);
    return write_bytes(server, address, arguments, wanted);
}

/* ---- search ---- */

/* ADDRESS;LENGTH;PATTERN, the pattern in binary. Stops at the first byte that is not there. */
GdbAnswer gdb_search_memory(GdbServer *server, const char *arguments, size_t length)
{
    const char *end = arguments + length, *found;
    u8 bytes[SEARCH_PIECE + GDB_PACKET_SIZE];
    u64 address, left;
    size_t pattern, got;

    if (!hex_number(&arguments, &address) || *arguments++ != ';' ||
        !hex_number(&arguments, &left) || *arguments++ != ';' || arguments >= end)
        return ok_if(server, false, GDB_BAD_ARGUMENT);
    pattern = (size_t)(end - arguments);
    /* As much as this computer reads in a moment. */
    left = left < (u64)64 << 20 ? left : (u64)64 << 20;
    while (left >= pattern) {
        got = debugger_read_memory(server->debugger, address, bytes,
                                   left < sizeof bytes ? left : sizeof bytes);
        if (got < pattern)
            break;
        found = memmem(bytes, got, arguments, pattern);
        if (found) {
            address += (u64)(found - (const char *)bytes);
            gdb_say(server, "1,%llx", (unsigned long long)address);
            return GDB_ANSWERED;
        }
        address += got - pattern + 1;
        left -= got - pattern + 1;
    }
    gdb_say(server, "0");
    return GDB_ANSWERED;
}
