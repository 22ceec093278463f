/*
 * The 101/102-key PS/2 keyboard (IBM "MF2"): scan code sets 1, 2 and 3, typematic repeat, LEDs.
 * IBM PS/2 Hardware Interface Technical Reference, "Keyboard (101/102-Key)": "Commands from the
 * System", "Commands to the System", "Scan Codes".
 *
 * Not implemented: resending after parity errors (the wire makes none).
 */
#ifndef DEVICES_PS2_KEYBOARD_H
#define DEVICES_PS2_KEYBOARD_H

#include "devices/clock.h"
#include "devices/keys.h"
#include "devices/ps2_link.h"
#include "mmu/field.h"
#include "mmu/log.h"

typedef struct Ps2Keyboard {
    Ps2Link link;
    bool down[KEY_COUNT];
    u8 key_type[KEY_COUNT]; /* set 3: Ps2KeyType */
    u8 false_shifts;        /* Ps2FalseShift codes that are in force */
    bool scanning;
    u8 set;       /* 1, 2 or 3 */
    u8 leds;      /* bit 0 Scroll Lock, 1 Num Lock, 2 Caps Lock */
    u8 typematic; /* as in command F3h: bits 0-4 rate, 5-6 delay */
    u8 command;   /* whose parameter is awaited; 0: none */
    u8 repeating; /* the key that repeats; KEY_NONE */
    Event repeat, self_test;
    Clock *clock;
    Log *log;
} Ps2Keyboard;

extern const StateTable ps2_keyboard_state;

void ps2_keyboard_init(Ps2Keyboard *keyboard, Clock *clock, Log *log);

/* As after power-on, self-test passed and its code already fetched. */
void ps2_keyboard_reset(Ps2Keyboard *keyboard);

/* A key goes down or up. Repeats of the host's keyboard are ignored: it makes its own. */
void ps2_keyboard_key(Ps2Keyboard *keyboard, Key key, bool down);

/* True when a few keystrokes still find room in the buffer. */
bool ps2_keyboard_has_room(const Ps2Keyboard *keyboard);

#endif
