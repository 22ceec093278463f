/*
 * Packets of gdb's remote protocol: `$content#checksum`, with escapes and run lengths.
 * GDB manual, "GDB Remote Serial Protocol", "Overview" and "Binary Data".
 */
#ifndef FRONTEND_GDB_PACKET_H
#define FRONTEND_GDB_PACKET_H

#include "mmu/base.h"

/* The longest content that is taken, as announced to gdb. A packet on its way out is at most
 * GDB_FRAMED bytes long: everything escaped. */
enum { GDB_PACKET_SIZE = 16384, GDB_FRAMED = 2 * GDB_PACKET_SIZE + 4 };

typedef enum PacketEvent {
    PACKET_NOTHING,     /* more bytes are needed */
    PACKET_READY,
    PACKET_DAMAGED,     /* its checksum is wrong */
    PACKET_TOO_LONG,    /* it is whole, but was not kept */
    PACKET_ACK, PACKET_NAK,
    PACKET_INTERRUPT,   /* Ctrl-C between packets */
} PacketEvent;

typedef enum PacketState { PACKET_BETWEEN, PACKET_CONTENT, PACKET_ESCAPE, PACKET_REPEAT, PACKET_CHECK_HIGH,
                           PACKET_CHECK_LOW } PacketState;

typedef struct PacketDecoder {
    PacketState state;
    u8 sum;                 /* of the bytes since the '$' */
    u8 check;               /* the checksum's first digit, or 0x80 if that was none */
    bool too_long;
    unsigned length;
    char content[GDB_PACKET_SIZE + 1];  /* of PACKET_READY; ends with a '\0' that `length` does not count */
} PacketDecoder;

/* Takes one byte from the other end. Any bytes may come. */
PacketEvent packet_decode(PacketDecoder *decoder, u8 byte);

/* Frames `length` bytes, at most GDB_PACKET_SIZE, into `framed`; returns how many those are. */
size_t packet_encode(const char *content, size_t length, char framed[GDB_FRAMED]);

/* ---- numbers and bytes in hexadecimal ---- */

/* The value of a digit, or -1. */
int hex_digit(char digit);

/* Takes a number of 1 to 16 digits off *text; false, with *text as it was, if there is none. */
bool hex_number(const char **text, u64 *number);

/* 2 * length digits, and a '\0'. */
void hex_encode(const void *bytes, size_t length, char *text);

/* Takes 2 * length digits off *text; false if there are fewer. */
bool hex_decode(const char **text, void *bytes, size_t length);

#endif
