/*
 * Where gdb's server listens, as -gdb says it: QEMU's words for a character device.
 */
#ifndef FRONTEND_GDB_ADDRESS_H
#define FRONTEND_GDB_ADDRESS_H

#include "mmu/base.h"

typedef enum GdbAddressKind { GDB_NOWHERE, GDB_TCP, GDB_UNIX } GdbAddressKind;

/* Which registers gdb is told of. The first one chooses when gdb connects. */
typedef enum GdbRegisterSet { GDB_REGISTERS_AUTOMATIC, GDB_REGISTERS_32, GDB_REGISTERS_64 } GdbRegisterSet;

enum { GDB_PATH = 108 };    /* of a Unix socket: as long as the host allows */

typedef struct GdbAddress {
    GdbAddressKind kind;
    char host[256];         /* "": this computer only */
    u16 port;               /* 0: any that is free */
    char path[GDB_PATH];
    GdbRegisterSet registers;
    bool linear_pc;         /* eip and rip as linear addresses, not as offsets in CS */
} GdbAddress;

/* "tcp::1234", "tcp:HOST:PORT", "tcp:[::1]:PORT", "unix:PATH", "none", each with ",arch=i386" or
 * ",arch=x86-64", and with ",pc=linear"; QEMU's ",server", ",nowait" and the like change nothing. False: a sentence is in `error`. */
bool gdb_address_parse(GdbAddress *address, const char *text, char *error, size_t error_size);

/* The descriptor of a listening socket, and the port that it got; or -1, with a sentence in `error`. */
int gdb_listen(const GdbAddress *address, u16 *port, char *error, size_t error_size);

#endif
