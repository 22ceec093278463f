/* The console: one stream of text to two places, the screen and COM1. See console.h. */
#include "console.h"
#include "processor.h"
#include "serial.h"
#include "tasks.h"
#include "text.h"

typedef struct Glyph {
    u16 unicode;
    u8 code_page_437;
    char ascii;
} Glyph;

// clang-format off
static const Glyph glyphs[] = {
    {0x2500, 0xc4, '-'}, {0x2502, 0xb3, '|'}, {0x250c, 0xda, '+'}, {0x2510, 0xbf, '+'}, /* ─│┌┐ */
    {0x2514, 0xc0, '+'}, {0x2518, 0xd9, '+'}, {0x251c, 0xc3, '+'}, {0x2524, 0xb4, '+'}, /* └┘├┤ */
    {0x252c, 0xc2, '+'}, {0x2534, 0xc1, '+'}, {0x253c, 0xc5, '+'},                      /* ┬┴┼  */
    {0x2550, 0xcd, '='}, {0x2551, 0xba, '|'}, {0x2554, 0xc9, '+'}, {0x2557, 0xbb, '+'}, /* ═║╔╗ */
    {0x255a, 0xc8, '+'}, {0x255d, 0xbc, '+'}, {0x255e, 0xc6, '+'}, {0x2561, 0xb5, '+'}, /* ╚╝╞╡ */
    {0x2580, 0xdf, '"'}, {0x2584, 0xdc, '_'}, {0x2588, 0xdb, '#'}, {0x258c, 0xdd, '|'}, /* ▀▄█▌ */
    {0x2590, 0xde, '|'}, {0x2591, 0xb0, '.'}, {0x2592, 0xb1, ':'}, {0x2593, 0xb2, '%'}, /* ▐░▒▓ */
    {0x25a0, 0xfe, '*'}, {0x00b7, 0xfa, '.'}, {0x2022, 0x07, '*'}, {0x221a, 0xfb, 'v'}, /* ■·•√ */
    {0x25ba, 0x10, '>'}, {0x25c4, 0x11, '<'}, {0x2192, 0x1a, '>'}, {0x2190, 0x1b, '<'}, /* ►◄→← */
    {0x2191, 0x18, '^'}, {0x2193, 0x19, 'v'}, {0x2261, 0xf0, '='}, {0x00b5, 0xe6, 'u'}, /* ↑↓≡µ */
};
// clang-format on

static const Attribute attributes[16] = {
    [1] = 0x07, [2] = 0x08, [3] = 0x0b,  [4] = 0x0e,
    [5] = 0x0a, [6] = 0x0c, [14] = 0x09, [15] = 0x0d,
};

/* Where text goes: the cursor, the colour, and the UTF-8 character that is under way. */
typedef struct Stream {
    unsigned row, column;
    Attribute attribute;
    u16 unicode;
    u8 bytes_to_come;
    bool to_serial;
} Stream;

static Stream console;

static bool is_color(char character)
{
    return (u8)character < 16 && attributes[(u8)character];
}

Attribute console_attribute(char color)
{
    return attributes[color & 15];
}

static void put_cell(Stream *stream, u8 screen_character, char serial_character)
{
    if (stream->to_serial && stream->column == SCREEN_COLUMNS) {
        stream->column = 0;
        stream->row++;
    }
    if (stream->to_serial && stream->row > LAST_ROW) {
        screen_scroll(console_attribute(PLAIN[0]));
        stream->row = LAST_ROW;
    }
    screen_put(stream->row, stream->column++, screen_character, stream->attribute);
    if (stream->to_serial)
        serial_put(serial_character);
}

static void put_unicode(Stream *stream, u16 unicode)
{
    for (unsigned i = 0; i < LENGTH(glyphs); i++)
        if (glyphs[i].unicode == unicode) {
            put_cell(stream, glyphs[i].code_page_437, glyphs[i].ascii);
            return;
        }
    put_cell(stream, '?', '?');
}

static void put_control(Stream *stream, char character)
{
    if (is_color(character)) {
        stream->attribute = attributes[(u8)character];
        return;
    }
    if (!stream->to_serial)
        return;
    if (character == '\n') {
        stream->column = 0;
        if (stream->row++ >= LAST_ROW) {
            screen_scroll(console_attribute(PLAIN[0]));
            stream->row = LAST_ROW;
        }
        serial_put('\r');
        serial_put('\n');
    } else if (character == '\b' && stream->column) {
        stream->column--;
        serial_put('\b');
    }
}

static void put(void *context, char character)
{
    Stream *stream = context;
    u8 byte = (u8)character;
    if (byte < 0x20 || byte == 0x7f) {
        put_control(stream, character);
    } else if (byte < 0x80) {
        put_cell(stream, byte, character);
    } else if (byte >= 0xc0) { /* first byte: 110xxxxx or 1110xxxx */
        stream->bytes_to_come = byte >= 0xe0 ? 2 : 1;
        stream->unicode = byte & (byte >= 0xe0 ? 0x0f : 0x1f);
    } else if (stream->bytes_to_come) {
        stream->unicode = (u16)(stream->unicode << 6 | (byte & 0x3f));
        if (--stream->bytes_to_come == 0)
            put_unicode(stream, stream->unicode);
    }
}

void console_put(char character)
{
    put(&console, character);
    screen_cursor(console.row, console.column);
}

void print(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    preemption_disable(); /* lines of different tasks shall not mix */
    text_format(put, &console, format, arguments);
    screen_cursor(console.row, console.column);
    preemption_enable();
    va_end(arguments);
}

void screen_print(unsigned row, unsigned column, const char *format, ...)
{
    Stream stream = {.row = row, .column = column, .attribute = console_attribute(PLAIN[0]) };
    va_list arguments;
    va_start(arguments, format);
    text_format(put, &stream, format, arguments);
    va_end(arguments);
}

void print_heading(const char *title)
{
    print(FRAME "══╡ " TITLE "%s" FRAME " ╞", title);
    while (console.column < 78)
        print("═");
    print(PLAIN "\n");
}

void print_bits(u32 value, const char *const *names, unsigned count, const char *none)
{
    const char *separator = "";
    for (unsigned bit = 0; bit < count; bit++)
        if (value >> bit & 1 && names[bit]) {
            print("%s%s", separator, names[bit]);
            separator = ", ";
        }
    if (!*separator)
        print("%s", none);
}

unsigned console_row(void)
{
    return console.row;
}

void console_clear(void)
{
    screen_clear(console_attribute(PLAIN[0]));
    console.row = FIRST_ROW;
    console.column = 0;
    screen_cursor(console.row, console.column);
}

void console_init(void)
{
    console = (Stream)
    {
        .row = FIRST_ROW, .attribute = console_attribute(PLAIN[0]), .to_serial = true
    };
    console_clear();
}
