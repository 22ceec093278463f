#include "frontend/terminal_keys.h"

#include <criterion/criterion.h>
#include <string.h>

static void expect_chord(const char *bytes, unsigned length, Chord expected)
{
    TerminalKeys keys = {0};
    TerminalInput input;

    terminal_keys_feed(&keys, (const u8 *)bytes, length);
    cr_assert(terminal_keys_next(&keys, true, &input), "%s", bytes + 1);
    cr_expect_not(input.is_command);
    cr_expect_eq(input.chord.key, expected.key, "%s: key %u", bytes + 1, input.chord.key);
    cr_expect_eq(input.chord.shift, expected.shift, "%s: shift", bytes + 1);
    cr_expect_eq(input.chord.ctrl, expected.ctrl, "%s: ctrl", bytes + 1);
    cr_expect_eq(input.chord.alt, expected.alt, "%s: alt", bytes + 1);
    cr_expect_not(terminal_keys_next(&keys, true, &input), "%s: and no more", bytes + 1);
}

#define CHORD(bytes, ...) expect_chord(bytes, sizeof bytes - 1, (Chord){__VA_ARGS__})

Test(terminal_keys, characters)
{
    CHORD("a", .key = KEY_A);
    CHORD("A", .key = KEY_A, .shift = true);
    CHORD("1", .key = KEY_1);
    CHORD("!", .key = KEY_1, .shift = true);
    CHORD(" ", .key = KEY_SPACE);
    CHORD("~", .key = KEY_GRAVE, .shift = true);
    CHORD("\r", .key = KEY_ENTER);
    CHORD("\n", .key = KEY_ENTER);
    CHORD("\t", .key = KEY_TAB);
    CHORD("\177", .key = KEY_BACKSPACE);
    CHORD("\b", .key = KEY_BACKSPACE);
    CHORD("\003", .key = KEY_C, .ctrl = true);
    CHORD("\032", .key = KEY_Z, .ctrl = true);
    CHORD("\034", .key = KEY_BACKSLASH, .ctrl = true);
    CHORD("\0", .key = KEY_SPACE, .ctrl = true);
    CHORD("\033", .key = KEY_ESC);
    CHORD("\033x", .key = KEY_X, .alt = true);
    CHORD("\033X", .key = KEY_X, .alt = true, .shift = true);
}

Test(terminal_keys, every_printable_character_has_a_key)
{
    for (unsigned character = ' '; character <= '~'; character++) {
        TerminalKeys keys = {0};
        TerminalInput input;
        u8 byte = (u8)character;

        terminal_keys_feed(&keys, &byte, 1);
        cr_expect(terminal_keys_next(&keys, true, &input), "%c", byte);
    }
}

Test(terminal_keys, sequences)
{
    CHORD("\033[A", .key = KEY_UP);
    CHORD("\033OA", .key = KEY_UP);
    CHORD("\033[1;5C", .key = KEY_RIGHT, .ctrl = true);
    CHORD("\033[1;2D", .key = KEY_LEFT, .shift = true);
    CHORD("\033[1;3B", .key = KEY_DOWN, .alt = true);
    CHORD("\033[1;8H", .key = KEY_HOME, .shift = true, .alt = true, .ctrl = true);
    CHORD("\033[3~", .key = KEY_DELETE);
    CHORD("\033[3;5~", .key = KEY_DELETE, .ctrl = true);
    CHORD("\033[5~", .key = KEY_PAGE_UP);
    CHORD("\033[Z", .key = KEY_TAB, .shift = true);
    CHORD("\033OP", .key = KEY_F1);
    CHORD("\033[[A", .key = KEY_F1);
    CHORD("\033[[E", .key = KEY_F5);
    CHORD("\033[15~", .key = KEY_F5);
    CHORD("\033[24~", .key = KEY_F12);
    CHORD("\033[1;5P", .key = KEY_F1, .ctrl = true);
}

Test(terminal_keys, a_sequence_may_come_in_pieces)
{
    TerminalKeys keys = {0};
    TerminalInput input;

    terminal_keys_feed(&keys, (const u8 *)"\033[1", 3);
    cr_expect_not(terminal_keys_next(&keys, false, &input));
    terminal_keys_feed(&keys, (const u8 *)"5~q", 3);
    cr_assert(terminal_keys_next(&keys, false, &input));
    cr_expect_eq(input.chord.key, KEY_F5);
    cr_assert(terminal_keys_next(&keys, false, &input));
    cr_expect_eq(input.chord.key, KEY_Q);
    terminal_keys_feed(&keys, (const u8 *)"\033", 1);
    cr_expect_not(terminal_keys_next(&keys, false, &input));
    cr_assert(terminal_keys_next(&keys, true, &input));
    cr_expect_eq(input.chord.key, KEY_ESC);
}

Test(terminal_keys, ctrl_a_is_the_prefix)
{
    TerminalKeys keys = {0};
    TerminalInput input;

    terminal_keys_feed(&keys, (const u8 *)"\001x\001a\001\001", 6);
    cr_assert(terminal_keys_next(&keys, false, &input));
    cr_expect(input.is_command && input.command == 'x');
    for (unsigned i = 0; i < 2; i++) {
        cr_assert(terminal_keys_next(&keys, false, &input));
        cr_expect(!input.is_command && input.chord.key == KEY_A && input.chord.ctrl);
    }
    cr_expect_not(terminal_keys_next(&keys, false, &input));
}

Test(terminal_keys, what_has_no_key_is_skipped)
{
    TerminalKeys keys = {0};
    TerminalInput input;

    terminal_keys_feed(&keys, (const u8 *)"\303\274\033[99~\033[?25hz", 14);
    cr_assert(terminal_keys_next(&keys, false, &input));
    cr_expect_eq(input.chord.key, KEY_Z);
}

Test(terminal_keys, any_bytes_end)
{
    TerminalKeys keys = {0};
    TerminalInput input;
    u32 seed = 1;

    for (unsigned round = 0; round < 3000; round++) {
        u8 bytes[64];

        for (unsigned i = 0; i < sizeof bytes; i++) {
            seed = seed * 1664525 + 1013904223;
            bytes[i] = seed & 0x100 ? (u8) "\033[O;1A~"[seed >> 24 & 7] : (u8)(seed >> 24);
        }
        terminal_keys_feed(&keys, bytes, sizeof bytes);
        while (terminal_keys_next(&keys, round % 2, &input))
            cr_assert(input.chord.key < KEY_COUNT);
    }
}
