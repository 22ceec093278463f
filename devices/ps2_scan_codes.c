#include "devices/ps2_scan_codes.h"

enum { EXTENDED = 0xE0, BREAK_SET2 = 0xF0, BREAK_SET1 = 0x80 };

/* Sets 1 and 2. Codes with a prefix are E0xxh. */
static const struct {
    u32 set1, set2;
} codes[KEY_COUNT] = {
#define CODE_ROW(key, name, set1_code, set2_code) [key] = {set1_code, set2_code},
    KEYS(CODE_ROW)
#undef CODE_ROW
};

// clang-format off
/* Set 3 has one byte per key. Where it has no entry here, it is that of set 2. */
static const u8 set3_codes[KEY_COUNT] = {
    [KEY_ESC] = 0x08,           [KEY_F1] = 0x07,            [KEY_F2] = 0x0F,
    [KEY_F3] = 0x17,            [KEY_F4] = 0x1F,            [KEY_F5] = 0x27,
    [KEY_F6] = 0x2F,            [KEY_F7] = 0x37,            [KEY_F8] = 0x3F,
    [KEY_F9] = 0x47,            [KEY_F10] = 0x4F,           [KEY_F11] = 0x56,
    [KEY_F12] = 0x5E,           [KEY_PRINT] = 0x57,         [KEY_SYSRQ] = 0x57,
    [KEY_SCROLL_LOCK] = 0x5F,   [KEY_PAUSE] = 0x62,         [KEY_BACKSLASH] = 0x5C,
    [KEY_CAPS_LOCK] = 0x14,     [KEY_LESS] = 0x13,          [KEY_CTRL] = 0x11,
    [KEY_ALT] = 0x19,           [KEY_ALT_R] = 0x39,         [KEY_CTRL_R] = 0x58,
    [KEY_INSERT] = 0x67,        [KEY_DELETE] = 0x64,        [KEY_LEFT] = 0x61,
    [KEY_HOME] = 0x6E,          [KEY_END] = 0x65,           [KEY_UP] = 0x63,
    [KEY_DOWN] = 0x60,          [KEY_PAGE_UP] = 0x6F,       [KEY_PAGE_DOWN] = 0x6D,
    [KEY_RIGHT] = 0x6A,         [KEY_NUM_LOCK] = 0x76,      [KEY_KP_DIVIDE] = 0x77,
    [KEY_KP_MULTIPLY] = 0x7E,   [KEY_KP_SUBTRACT] = 0x84,   [KEY_KP_ADD] = 0x7C,
    [KEY_KP_ENTER] = 0x79,      [KEY_META_L] = 0x8B,        [KEY_META_R] = 0x8C,
    [KEY_MENU] = 0x8D,
};
// clang-format on

static u8 set3_code(Key key)
{
    return set3_codes[key] ? set3_codes[key] : codes[key].set2;
}

Key ps2_key_of_set3(u8 code)
{
    for (unsigned key = KEY_NONE + 1; key < KEY_COUNT; key++)
        if (set3_code(key) == code)
            return key;
    return KEY_NONE;
}

Ps2KeyType ps2_default_type(Key key)
{
    switch (key) {
    case KEY_CAPS_LOCK:
    case KEY_SHIFT:
    case KEY_SHIFT_R:
    case KEY_CTRL:
    case KEY_ALT:
        return PS2_MAKE_BREAK;
    case KEY_DELETE:
    case KEY_LEFT:
    case KEY_RIGHT:
    case KEY_UP:
    case KEY_DOWN:
    case KEY_KP_ADD:
    case KEY_BACKSPACE:
    case KEY_TAB:
    case KEY_ENTER:
    case KEY_SPACE:
        return PS2_TYPEMATIC;
    default:
        /* Of the rest, the keys that print; the others are those that set 3 moved or prefixed. */
        return set3_codes[key] && key != KEY_BACKSLASH && key != KEY_LESS ? PS2_MAKE_ONLY
               : key >= KEY_KP_7 && key <= KEY_KP_DECIMAL                 ? PS2_MAKE_ONLY
                                                                          : PS2_TYPEMATIC;
    }
}

static void append(Ps2Sequence *sequence, u8 byte)
{
    if (sequence->count < PS2_SEQUENCE_BYTES)
        sequence->bytes[sequence->count++] = byte;
}

/* One make or break code. `code` may carry the E0h prefix. */
static void append_code(Ps2Sequence *sequence, u8 set, u32 code, bool down)
{
    if (code >> 8 == EXTENDED)
        append(sequence, EXTENDED);
    if (set == 1) {
        append(sequence, down ? code & 0xFF : (code & 0xFF) | BREAK_SET1);
        return;
    }
    if (!down)
        append(sequence, BREAK_SET2);
    append(sequence, code & 0xFF);
}

static u32 key_code(u8 set, Key key)
{
    return set == 1 ? codes[key].set1 : set == 2 ? codes[key].set2 : set3_code(key);
}

/* A Shift key with the E0h prefix that marks a lie. */
static void append_false_shift(Ps2Sequence *sequence, u8 set, Key shift, bool down)
{
    append_code(sequence, set, EXTENDED << 8 | key_code(set, shift), down);
}

static void end_false_shifts(Ps2Sequence *sequence, u8 set, u8 *false_shifts)
{
    if (*false_shifts & PS2_LEFT_UP)
        append_false_shift(sequence, set, KEY_SHIFT, true);
    if (*false_shifts & PS2_RIGHT_UP)
        append_false_shift(sequence, set, KEY_SHIFT_R, true);
    if (*false_shifts & PS2_LEFT_DOWN)
        append_false_shift(sequence, set, KEY_SHIFT, false);
    *false_shifts = 0;
}

/* What to lie about before `key` goes down. */
static u8 false_shifts_of(Key key, Ps2Modifiers modifiers)
{
    bool shift = modifiers.left_shift || modifiers.right_shift;
    u8 up = (modifiers.left_shift ? PS2_LEFT_UP : 0) | (modifiers.right_shift ? PS2_RIGHT_UP : 0);

    if (key == KEY_PRINT)
        return shift || modifiers.control ? 0 : PS2_LEFT_DOWN;
    if (key == KEY_KP_DIVIDE)
        return up;
    if (key < KEY_HOME || key > KEY_DELETE)
        return 0;
    if (modifiers.num_lock)
        return shift ? 0 : PS2_LEFT_DOWN;
    return up;
}

static void begin_false_shifts(Ps2Sequence *sequence, u8 set, u8 false_shifts)
{
    if (false_shifts & PS2_LEFT_UP)
        append_false_shift(sequence, set, KEY_SHIFT, false);
    if (false_shifts & PS2_RIGHT_UP)
        append_false_shift(sequence, set, KEY_SHIFT_R, false);
    if (false_shifts & PS2_LEFT_DOWN)
        append_false_shift(sequence, set, KEY_SHIFT, true);
}

/* Pause sends make and break together; with Ctrl it is Break. */
static void append_pause(Ps2Sequence *sequence, u8 set, bool control)
{
    static const u8 pause1[] = {0xE1, 0x1D, 0x45, 0xE1, 0x9D, 0xC5};
    static const u8 pause2[] = {0xE1, 0x14, 0x77, 0xE1, 0xF0, 0x14, 0xF0, 0x77};
    u32 break_code = set == 1 ? 0xE046 : 0xE07E;

    if (control) {
        append_code(sequence, set, break_code, true);
        append_code(sequence, set, break_code, false);
        return;
    }
    for (unsigned i = 0; i < (set == 1 ? sizeof pause1 : sizeof pause2); i++)
        append(sequence, set == 1 ? pause1[i] : pause2[i]);
}

Ps2Sequence ps2_key_sequence(u8 set, Key key, bool down, Ps2Modifiers modifiers, u8 *false_shifts)
{
    Ps2Sequence sequence = {.count = 0};

    if (set == 3) {
        append_code(&sequence, set, key_code(set, key), down);
        return sequence;
    }
    if (key == KEY_PAUSE) {
        if (down)
            append_pause(&sequence, set, modifiers.control);
        return sequence;
    }
    if (key == KEY_PRINT && modifiers.alt)
        key = KEY_SYSRQ;
    if (!down) {
        append_code(&sequence, set, key_code(set, key), false);
        if (key == KEY_SHIFT)
            *false_shifts &= ~PS2_LEFT_UP; /* it has become true */
        if (key == KEY_SHIFT_R)
            *false_shifts &= ~PS2_RIGHT_UP;
    }
    /* Whatever key comes next ends the lie. */
    end_false_shifts(&sequence, set, false_shifts);
    if (down) {
        *false_shifts = false_shifts_of(key, modifiers);
        begin_false_shifts(&sequence, set, *false_shifts);
        append_code(&sequence, set, key_code(set, key), true);
    }
    return sequence;
}

Ps2Sequence ps2_repeat_sequence(u8 set, Key key)
{
    Ps2Sequence sequence = {.count = 0};

    append_code(&sequence, set, key_code(set, key), true);
    return sequence;
}
