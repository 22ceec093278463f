#include "frontend/terminal_keys.h"

#include <string.h>

enum { CTRL_A = 1, BACKSPACE = 8, TAB = 9, LINE_FEED = 10, ENTER = 13, ESCAPE = 27, DELETE = 127 };

/* Unshifted and shifted characters of the keys that have any, on a US keyboard. */
static const struct {
    Key key;
    u8 plain, shifted;
} characters[] = {
    {KEY_1, '1', '!'},
    {KEY_2, '2', '@'},
    {KEY_3, '3', '#'},
    {KEY_4, '4', '$'},
    {KEY_5, '5', '%'},
    {KEY_6, '6', '^'},
    {KEY_7, '7', '&'},
    {KEY_8, '8', '*'},
    {KEY_9, '9', '('},
    {KEY_0, '0', ')'},
    {KEY_MINUS, '-', '_'},
    {KEY_EQUAL, '=', '+'},
    {KEY_BRACKET_LEFT, '[', '{'},
    {KEY_BRACKET_RIGHT, ']', '}'},
    {KEY_SEMICOLON, ';', ':'},
    {KEY_APOSTROPHE, '\'', '"'},
    {KEY_GRAVE, '`', '~'},
    {KEY_BACKSLASH, '\\', '|'},
    {KEY_COMMA, ',', '<'},
    {KEY_DOT, '.', '>'},
    {KEY_SLASH, '/', '?'},
    {KEY_SPACE, ' ', ' '},
    {KEY_A, 'a', 'A'},
    {KEY_B, 'b', 'B'},
    {KEY_C, 'c', 'C'},
    {KEY_D, 'd', 'D'},
    {KEY_E, 'e', 'E'},
    {KEY_F, 'f', 'F'},
    {KEY_G, 'g', 'G'},
    {KEY_H, 'h', 'H'},
    {KEY_I, 'i', 'I'},
    {KEY_J, 'j', 'J'},
    {KEY_K, 'k', 'K'},
    {KEY_L, 'l', 'L'},
    {KEY_M, 'm', 'M'},
    {KEY_N, 'n', 'N'},
    {KEY_O, 'o', 'O'},
    {KEY_P, 'p', 'P'},
    {KEY_Q, 'q', 'Q'},
    {KEY_R, 'r', 'R'},
    {KEY_S, 's', 'S'},
    {KEY_T, 't', 'T'},
    {KEY_U, 'u', 'U'},
    {KEY_V, 'v', 'V'},
    {KEY_W, 'w', 'W'},
    {KEY_X, 'x', 'X'},
    {KEY_Y, 'y', 'Y'},
    {KEY_Z, 'z', 'Z'},
};

/* Keys whose sequence ends with `letter` (after CSI or SS3), or is CSI `number` ~. */
static const struct {
    Key key;
    char letter;
    u8 number;
} sequences[] = {
    {KEY_UP, 'A', 0},      {KEY_DOWN, 'B', 0},      {KEY_RIGHT, 'C', 0},  {KEY_LEFT, 'D', 0},
    {KEY_HOME, 'H', 0},    {KEY_END, 'F', 0},       {KEY_KP_5, 'E', 0},   {KEY_F1, 'P', 0},
    {KEY_F2, 'Q', 0},      {KEY_F3, 'R', 0},        {KEY_F4, 'S', 0},     {KEY_KP_ENTER, 'M', 0},
    {KEY_HOME, '~', 1},    {KEY_INSERT, '~', 2},    {KEY_DELETE, '~', 3}, {KEY_END, '~', 4},
    {KEY_PAGE_UP, '~', 5}, {KEY_PAGE_DOWN, '~', 6}, {KEY_HOME, '~', 7},   {KEY_END, '~', 8},
    {KEY_F1, '~', 11},     {KEY_F2, '~', 12},       {KEY_F3, '~', 13},    {KEY_F4, '~', 14},
    {KEY_F5, '~', 15},     {KEY_F6, '~', 17},       {KEY_F7, '~', 18},    {KEY_F8, '~', 19},
    {KEY_F9, '~', 20},     {KEY_F10, '~', 21},      {KEY_F11, '~', 23},   {KEY_F12, '~', 24},
};

unsigned terminal_keys_room(const TerminalKeys *keys)
{
    return sizeof keys->bytes - keys->count;
}

void terminal_keys_feed(TerminalKeys *keys, const u8 *bytes, unsigned count)
{
    if (count > terminal_keys_room(keys))
        count = terminal_keys_room(keys);
    memcpy(keys->bytes + keys->count, bytes, count);
    keys->count += count;
}

static void consume(TerminalKeys *keys, unsigned count)
{
    keys->count -= count;
    memmove(keys->bytes, keys->bytes + count, keys->count);
}

static Chord character_chord(u8 byte)
{
    switch (byte) {
    case 0:
        return (Chord){.key = KEY_SPACE, .ctrl = true};
    case TAB:
        return (Chord){.key = KEY_TAB};
    case LINE_FEED:
    case ENTER:
        return (Chord){.key = KEY_ENTER};
    case ESCAPE:
        return (Chord){.key = KEY_ESC};
    case BACKSPACE:
    case DELETE:
        return (Chord){.key = KEY_BACKSPACE};
    }
    for (unsigned i = 0; i < COUNT_OF(characters); i++) {
        /* Ctrl takes bits 5 and 6 off the key's upper half: letters, and [ \ ] ^ _ */
        if (byte < ' ' && byte + '@' == characters[i].shifted)
            return (Chord){.key = characters[i].key, .ctrl = true};
        if (byte < ' ' && byte + '@' == characters[i].plain)
            return (Chord){.key = characters[i].key, .ctrl = true};
        if (byte == characters[i].plain)
            return (Chord){.key = characters[i].key};
        if (byte == characters[i].shifted)
            return (Chord){.key = characters[i].key, .shift = true};
    }
    return (Chord){.key = KEY_NONE};
}

static Key sequence_key(char letter, unsigned number)
{
    for (unsigned i = 0; i < COUNT_OF(sequences); i++)
        if (sequences[i].letter == letter && (letter != '~' || sequences[i].number == number))
            return sequences[i].key;
    return KEY_NONE;
}

/* The second parameter of a sequence: 1 + Shift 1, Alt 2, Ctrl 4. */
static Chord with_modifiers(Key key, unsigned parameter)
{
    unsigned modifiers = parameter > 0 ? parameter - 1 : 0;

    return (Chord){.key = key, .shift = modifiers & 1, .alt = modifiers & 2, .ctrl = modifiers & 4};
}

/* ESC [ parameters letter. Returns its length; 0: it is not complete. */
static unsigned csi_sequence(const TerminalKeys *keys, unsigned at, Chord *chord)
{
    unsigned parameters[2] = {0, 0}, parameter = 0, i = at;

    /* The Linux console sends ESC [ [ A to E for F1 to F5. */
    if (i < keys->count && keys->bytes[i] == '[') {
        if (i + 1 >= keys->count)
            return 0;
        if (keys->bytes[i + 1] >= 'A' && keys->bytes[i + 1] <= 'E')
            *chord = (Chord){.key = KEY_F1 + (keys->bytes[i + 1] - 'A')};
        return i + 2;
    }
    for (; i < keys->count && keys->bytes[i] < '@'; i++) {
        u8 byte = keys->bytes[i];

        if (byte == ';' && parameter < 1)
            parameter++;
        else if (byte >= '0' && byte <= '9' && parameters[parameter] < 1000)
            parameters[parameter] = 10 * parameters[parameter] + (byte - '0');
    }
    if (i >= keys->count)
        return 0;
    if (keys->bytes[i] == 'Z')
        *chord = (Chord){.key = KEY_TAB, .shift = true};
    else
        *chord = with_modifiers(sequence_key((char)keys->bytes[i], parameters[0]), parameters[1]);
    return i + 1;
}

/* What starts with ESC. Returns its length; 0: it is not complete. */
static unsigned escape_sequence(const TerminalKeys *keys, Chord *chord)
{
    u8 byte;

    if (keys->count < 2)
        return 0;
    byte = keys->bytes[1];
    if (byte == '[')
        return csi_sequence(keys, 2, chord);
    if (byte == 'O') {
        if (keys->count < 3)
            return 0;
        *chord = (Chord){.key = sequence_key((char)keys->bytes[2], 0)};
        return 3;
    }
    if (byte == ESCAPE) {
        *chord = (Chord){.key = KEY_ESC};
        return 1;
    }
    *chord = character_chord(byte);
    chord->alt = true;
    return 2;
}

static bool next_prefixed(TerminalKeys *keys, TerminalInput *input)
{
    u8 byte = keys->bytes[0];

    keys->prefixed = false;
    consume(keys, 1);
    if (byte == CTRL_A || byte == 'a')
        input->chord = (Chord){.key = KEY_A, .ctrl = true};
    else
        *input = (TerminalInput){.is_command = true, .command = (char)byte};
    return true;
}

/* Bytes of a character beyond ASCII: no key has it. */
static unsigned utf8_length(u8 byte)
{
    return byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
}

bool terminal_keys_next(TerminalKeys *keys, bool late, TerminalInput *input)
{
    while (keys->count > 0) {
        u8 byte = keys->bytes[0];
        unsigned length = 1;

        *input = (TerminalInput){0};
        if (keys->prefixed)
            return next_prefixed(keys, input);
        if (byte == CTRL_A) {
            keys->prefixed = true;
            consume(keys, 1);
            continue;
        }
        if (byte == ESCAPE) {
            length = escape_sequence(keys, &input->chord);
            if (length == 0 && !late && keys->count < sizeof keys->bytes)
                return false;
            if (length == 0) {
                length = 1;
                input->chord = (Chord){.key = KEY_ESC};
            }
        } else if (byte < 0x80) {
            input->chord = character_chord(byte);
        } else {
            length = utf8_length(byte);
        }
        consume(keys, length < keys->count ? length : keys->count);
        if (input->chord.key != KEY_NONE)
            return true;
    }
    return false;
}
