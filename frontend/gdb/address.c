#include "frontend/gdb/address.h"

#include <stdio.h>
#include <string.h>

static const char usage[] = "write tcp::PORT, tcp:HOST:PORT, unix:PATH or none";

static bool parse_word(GdbAddress *address, const char *word, char *error, size_t error_size)
{
    if (socket_word_is_known(word))
        return true;
    if (!strcmp(word, "pc=linear")) {
        address->linear_pc = true;
        return true;
    }
    if (!strcmp(word, "arch=i386")) {
        address->registers = GDB_REGISTERS_32;
        return true;
    }
    if (!strcmp(word, "arch=x86-64")) {
        address->registers = GDB_REGISTERS_64;
        return true;
    }
    snprintf(error, error_size,
             "'%.64s' is not known here; behind the address, arch=i386 or arch=x86-64 says which "
             "registers gdb gets, and pc=linear that it sees the code segment's base in eip",
             word);
    return false;
}

bool gdb_address_parse(GdbAddress *address, const char *text, char *error, size_t error_size)
{
    char copy[512], *rest = copy, *place, *word;

    *address = (GdbAddress){0};
    if (strlen(text) >= sizeof copy) {
        snprintf(error, error_size, "%s", usage);
        return false;
    }
    snprintf(copy, sizeof copy, "%s", text);
    place = strsep(&rest, ",");
    while ((word = strsep(&rest, ",")))
        if (!parse_word(address, word, error, error_size))
            return false;
    if (!strcmp(place, "none"))
        return true;
    return socket_address_parse(&address->socket, place, usage, error, error_size);
}
