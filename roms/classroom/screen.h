/* The text screen: 25 rows of 80 cells. */
#pragma once
#include "types.h"

enum {
    SCREEN_ROWS = 25,
    SCREEN_COLUMNS = 80,
    FIRST_ROW = 1, /* row 0 is the title, row 24 the status line; text scrolls in between */
    LAST_ROW = 23,
};

/* An attribute is 16 * background + foreground, in the usual order of PC colours. */
typedef u8 Attribute;

void screen_init(void);
void screen_put(unsigned row, unsigned column, u8 character, Attribute attribute);
void screen_text(unsigned row, unsigned column, Attribute attribute, const char *text);
void screen_scroll(Attribute attribute);
void screen_clear(Attribute attribute);
void screen_cursor(unsigned row, unsigned column);
void screen_cursor_shape(bool visible);

/* Between these two the card is in a graphics mode: text is kept, but not shown. */
void screen_leave_text(void);
void screen_return_to_text(void);

/* The 8 x 16 pixels of a character, as the card's font has them. */
const u8 *screen_glyph(u8 character);
