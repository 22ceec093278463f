/*
 * The scan codes of the 101/102-key keyboard in sets 1, 2 and 3. IBM PS/2 Hardware Interface
 * Technical Reference, "Keyboard (101/102-Key)", "Scan Code Tables".
 */
#ifndef DEVICES_PS2_SCAN_CODES_H
#define DEVICES_PS2_SCAN_CODES_H

#include "devices/keys.h"
#include "mmu/base.h"

/* What a key does in set 3, where a program can choose. In the other sets all do both. */
typedef enum Ps2KeyType {
    PS2_MAKE_ONLY = 0,
    PS2_TYPEMATIC = 1,
    PS2_MAKE_BREAK = 2,
    PS2_TYPEMATIC_MAKE_BREAK = 3,
} Ps2KeyType;

/* The grey cursor keys lie about Shift, so that programs for the 84-key keyboard, which take them
 * for keys of the keypad, see the codes that they expect. What has been lied about: */
typedef enum Ps2FalseShift {
    PS2_LEFT_UP = 1,  /* the left Shift key was said to be released */
    PS2_RIGHT_UP = 2, /* the right one */
    PS2_LEFT_DOWN = 4 /* the left one was said to be pressed, because Num Lock is on */
} Ps2FalseShift;

typedef struct Ps2Modifiers {
    bool left_shift, right_shift, control, alt, num_lock;
} Ps2Modifiers;

enum { PS2_SEQUENCE_BYTES = 16 };

/* A few bytes to send. */
typedef struct Ps2Sequence {
    u8 bytes[PS2_SEQUENCE_BYTES];
    u8 count;
} Ps2Sequence;

/* What `key` sends when it goes down or up. `*false_shifts` is updated. */
Ps2Sequence ps2_key_sequence(u8 set, Key key, bool down, Ps2Modifiers modifiers, u8 *false_shifts);

/* What it sends when it repeats. */
Ps2Sequence ps2_repeat_sequence(u8 set, Key key);

/* Set 3: a key's default type; the key that has a code, or KEY_NONE. */
Ps2KeyType ps2_default_type(Key key);
Key ps2_key_of_set3(u8 code);

#endif
