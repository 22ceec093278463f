/*
 * The PS/2 mouse: stream, remote and wrap mode, scaling, and the extensions of the IntelliMouse
 * (wheel, ID 3) and the IntelliMouse Explorer (five buttons, ID 4). IBM PS/2 Hardware Interface
 * Technical Reference, "Mouse"; Microsoft, "Wheel Mouse: Intellimouse PS/2 Protocol".
 *
 * Not implemented: resending after parity errors (the wire makes none).
 */
#ifndef DEVICES_PS2_MOUSE_H
#define DEVICES_PS2_MOUSE_H

#include "devices/clock.h"
#include "devices/ps2_link.h"
#include "mmu/field.h"
#include "mmu/log.h"

typedef struct Ps2Mouse {
    Ps2Link link;
    i32 dx, dy,
        dz; /* counted since the last report; dy > 0 is up, dz > 0: wheel towards the user */
    u8 buttons, reported_buttons; /* bit 0 left, 1 right, 2 middle, 3 and 4 the side buttons */
    u8 id;                        /* 0, 3 or 4 */
    u8 rates[3];                  /* the last sample rates set: the knock for the extensions */
    u8 sample_rate;               /* reports per second */
    u8 resolution;                /* 0-3: 1, 2, 4, 8 counts per mm */
    bool scaling_2to1, streaming, remote, wrap;
    u8 command;    /* whose parameter is awaited; 0: none */
    bool rejected; /* the last command was unknown */
    u8 packet[4];  /* the last one sent, for Resend */
    u8 packet_length;
    Event sample, self_test;
    Clock *clock;
    Log *log;
} Ps2Mouse;

extern const StateTable ps2_mouse_state;

void ps2_mouse_init(Ps2Mouse *mouse, Clock *clock, Log *log);

/* As after power-on, self-test passed and its code already fetched. */
void ps2_mouse_reset(Ps2Mouse *mouse);

/* Adds a movement (dy > 0 is up; dz > 0 is the wheel away from the user) and sets the buttons. */
void ps2_mouse_move(Ps2Mouse *mouse, int dx, int dy, int dz, unsigned buttons);

#endif
