/*
 * One of the two serial connectors of the 8042: the bytes that a keyboard or mouse has ready to
 * send, and the way to hand it a command. IBM PS/2 Hardware Interface Technical Reference,
 * "Keyboard and Auxiliary Device Controller".
 */
#ifndef DEVICES_PS2_LINK_H
#define DEVICES_PS2_LINK_H

#include "devices/irq_line.h"

enum { PS2_LINK_BYTES = 128 }; /* a power of two; a real keyboard has room for 16 */

typedef struct Ps2Link {
    u8 bytes[PS2_LINK_BYTES]; /* a ring: device to host */
    u8 head, count;
    IrqLine ready; /* set by the controller: raised when bytes are waiting */
    void (*receive)(void *device, u8 byte); /* host to device */
    void *device;
} Ps2Link;

FORCE_INLINE unsigned ps2_link_room(const Ps2Link *link)
{
    return PS2_LINK_BYTES - link->count;
}

FORCE_INLINE void ps2_link_clear(Ps2Link *link)
{
    link->head = link->count = 0;
}

/* The device has a byte to send; dropped when there is no room. */
FORCE_INLINE void ps2_link_send(Ps2Link *link, u8 byte)
{
    if (link->count >= PS2_LINK_BYTES)
        return;
    link->bytes[(link->head + link->count++) % PS2_LINK_BYTES] = byte;
    irq_line_set(link->ready, true);
}

/* The controller takes the next byte; 0 when there is none. */
FORCE_INLINE u8 ps2_link_take(Ps2Link *link)
{
    u8 byte;

    if (!link->count)
        return 0;
    byte = link->bytes[link->head % PS2_LINK_BYTES];
    link->head = (link->head + 1) % PS2_LINK_BYTES;
    link->count--;
    return byte;
}

#endif
