/*
 * Where gdb's server listens, as -gdb says it: QEMU's words for a character device.
 */
#ifndef FRONTEND_GDB_ADDRESS_H
#define FRONTEND_GDB_ADDRESS_H

#include "frontend/socket_address.h"

/* Which registers gdb is told of. The first one chooses when gdb connects. */
typedef enum GdbRegisterSet { GDB_REGISTERS_AUTOMATIC, GDB_REGISTERS_32, GDB_REGISTERS_64 } GdbRegisterSet;

typedef struct GdbAddress {
    SocketAddress socket;
    GdbRegisterSet registers;
    bool linear_pc;         /* eip and rip as linear addresses, not as offsets in CS */
} GdbAddress;

/* What socket_address_parse() takes, or "none", each with ",arch=i386" or ",arch=x86-64", and with
 * ",pc=linear". False: a sentence is in `error`. */
bool gdb_address_parse(GdbAddress *address, const char *text, char *error, size_t error_size);

#endif
