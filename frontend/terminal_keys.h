/*
 * From the bytes that a terminal sends to keys of the guest's keyboard. A terminal sends no
 * releases, so each key comes as a chord: modifiers down, key down, and all up again.
 *
 * ECMA-48, "Control Functions for Coded Character Sets"; XTerm Control Sequences, "PC-Style
 * Function Keys". Characters are those of a US keyboard.
 */
#ifndef FRONTEND_TERMINAL_KEYS_H
#define FRONTEND_TERMINAL_KEYS_H

#include "devices/keys.h"
#include "mmu/base.h"

typedef struct Chord {
    Key key;
    bool shift, ctrl, alt;
} Chord;

typedef struct TerminalKeys {
    u8 bytes[1024]; /* not yet understood */
    unsigned count;
    bool prefixed; /* Ctrl-A was the last */
} TerminalKeys;

/* What one step of reading gives: a chord, or the character that followed Ctrl-A. */
typedef struct TerminalInput {
    bool is_command;
    char command;
    Chord chord;
} TerminalInput;

/* Bytes that do not fit are dropped; says how many it takes. */
unsigned terminal_keys_room(const TerminalKeys *keys);
void terminal_keys_feed(TerminalKeys *keys, const u8 *bytes, unsigned count);

/* False: nothing (complete) is there. With `late`, an escape sequence that has not been completed
 * for a while is taken for the Escape key. */
bool terminal_keys_next(TerminalKeys *keys, bool late, TerminalInput *input);

#endif
