/*
 * One of the two serial connectors of the 8042: the bytes that a keyboard or mouse has ready to
 * send, and the way to hand it a command. IBM PS/2 Hardware Interface Technical Reference,
 * "Keyboard and Auxiliary Device Controller".
 */
#ifndef DEVICES_PS2_LINK_H
#define DEVICES_PS2_LINK_H

#include "devices/irq_line.h"
#include "mmu/field.h"

/* A real keyboard has room for 16 bytes; more room loses fewer keys when a text is pasted. */
enum { PS2_LINK_BYTES = 128, PS2_LINK_REPLIES = 16 };

typedef struct Ps2Link {
    u8 bytes[PS2_LINK_BYTES]; /* a ring, from `head` on: what happens on the keys or the mouse */
    u8 head, count;
    u8 replies[PS2_LINK_REPLIES]; /* likewise: answers to commands, which overtake the others */
    u8 reply_head, reply_count;
    u8 last;       /* the byte that was sent last, for the Resend command */
    IrqLine ready; /* set by the controller: raised when a byte is waiting */
    void (*receive)(void *device, u8 byte); /* host to device */
    void *device;
} Ps2Link;

/* For the state tables of those that contain a link. */
#define PS2_LINK_FIELDS(Chip)                                                                      \
    FIELD_ARRAY(Chip, link.bytes), FIELD(Chip, link.head), FIELD(Chip, link.count),                \
        FIELD_ARRAY(Chip, link.replies), FIELD(Chip, link.reply_head),                             \
        FIELD(Chip, link.reply_count), FIELD(Chip, link.last)
enum { PS2_LINK_FIELD_COUNT = 7 };

FORCE_INLINE bool ps2_link_waiting(const Ps2Link *link)
{
    return link->count || link->reply_count;
}

FORCE_INLINE unsigned ps2_link_room(const Ps2Link *link)
{
    return link->count < PS2_LINK_BYTES ? PS2_LINK_BYTES - link->count : 0;
}

FORCE_INLINE void ps2_link_clear(Ps2Link *link)
{
    link->head = link->count = 0;
}

/* The device has something to tell; dropped when there is no room. */
FORCE_INLINE void ps2_link_send(Ps2Link *link, u8 byte)
{
    if (link->count >= PS2_LINK_BYTES)
        return;
    link->bytes[(link->head + link->count++) % PS2_LINK_BYTES] = byte;
    irq_line_set(link->ready, true);
}

/* The device answers a command. A new command drops what was still to be said about the old. */
FORCE_INLINE void ps2_link_reply(Ps2Link *link, u8 byte)
{
    if (link->reply_count >= PS2_LINK_REPLIES)
        return;
    link->replies[(link->reply_head + link->reply_count++) % PS2_LINK_REPLIES] = byte;
    irq_line_set(link->ready, true);
}

FORCE_INLINE void ps2_link_clear_replies(Ps2Link *link)
{
    link->reply_head = link->reply_count = 0;
}

/* The controller takes the next byte; there must be one waiting. */
FORCE_INLINE u8 ps2_link_take(Ps2Link *link)
{
    if (link->reply_count) {
        link->last = link->replies[link->reply_head % PS2_LINK_REPLIES];
        link->reply_head = (link->reply_head + 1) % PS2_LINK_REPLIES;
        link->reply_count--;
    } else if (link->count) {
        link->last = link->bytes[link->head % PS2_LINK_BYTES];
        link->head = (link->head + 1) % PS2_LINK_BYTES;
        link->count--;
    }
    return link->last;
}

#endif
