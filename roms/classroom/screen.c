/*
 * The text screen of the VGA: at physical B8000h lie 80 x 25 cells of two bytes, a character of
 * code page 437 and an attribute. Writing a cell is all it takes to show it.
 * Source: IBM VGA Technical Reference, "Alphanumeric modes" and "CRT Controller Registers".
 */
#include "screen.h"
#include "paging.h"
#include "processor.h"
#include "text.h"
#include "vga.h"

enum { TEXT_MEMORY = 0xb8000, CRTC_INDEX = 0x3d4, CRTC_DATA = 0x3d5 };

/* What the screen shows is also kept here: in a graphics mode the card's memory holds pixels. */
static u16 cells[SCREEN_ROWS * SCREEN_COLUMNS];
static bool graphics;
static u8 font[256 * 16];

static u16 *card_cells(void)
{
    return physical_pointer(TEXT_MEMORY);
}

static void crtc_write(u8 index, u8 value)
{
    out8(CRTC_INDEX, index);
    out8(CRTC_DATA, value);
}

void screen_put(unsigned row, unsigned column, u8 character, Attribute attribute)
{
    if (row >= SCREEN_ROWS || column >= SCREEN_COLUMNS)
        return;
    unsigned cell = row * SCREEN_COLUMNS + column;
    cells[cell] = (u16)(attribute << 8 | character);
    if (!graphics)
        card_cells()[cell] = cells[cell];
}

void screen_text(unsigned row, unsigned column, Attribute attribute, const char *text)
{
    for (; *text; text++)
        screen_put(row, column++, (u8)*text, attribute);
}

static void blank_row(unsigned row, Attribute attribute)
{
    for (unsigned column = 0; column < SCREEN_COLUMNS; column++)
        screen_put(row, column, ' ', attribute);
}

void screen_scroll(Attribute attribute)
{
    u16 *first = &cells[FIRST_ROW * SCREEN_COLUMNS];
    size_t bytes = (LAST_ROW - FIRST_ROW) * SCREEN_COLUMNS * sizeof *cells;
    memcpy(first, first + SCREEN_COLUMNS, bytes);
    if (!graphics)
        memcpy(card_cells() + FIRST_ROW * SCREEN_COLUMNS, first, bytes);
    blank_row(LAST_ROW, attribute);
}

void screen_clear(Attribute attribute)
{
    for (unsigned row = FIRST_ROW; row <= LAST_ROW; row++)
        blank_row(row, attribute);
}

void screen_cursor(unsigned row, unsigned column)
{
    unsigned cell = row * SCREEN_COLUMNS + column;
    if (graphics)
        return;
    crtc_write(0x0e, (u8)(cell >> 8));
    crtc_write(0x0f, (u8)cell);
}

/* Scan lines 13 and 14 of 16; bit 5 of the start register switches the cursor off. */
void screen_cursor_shape(bool visible)
{
    crtc_write(0x0a, visible ? 13 : 0x20);
    crtc_write(0x0b, 14);
}

void screen_leave_text(void)
{
    graphics = true;
}

void screen_return_to_text(void)
{
    vga_set_mode(&vga_text_mode);
    vga_write_font(font);
    vga_set_text_palette();
    graphics = false;
    memcpy(card_cells(), cells, sizeof cells);
    screen_cursor_shape(true);
}

const u8 *screen_glyph(u8 character)
{
    return &font[character * 16];
}

void screen_init(void)
{
    vga_read_font(font);
    vga_set_text_palette();
    for (unsigned row = 0; row < SCREEN_ROWS; row++)
        blank_row(row, 7);
    screen_cursor_shape(true);
}
