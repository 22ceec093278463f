#include "frontend/overlay.h"

#include <string.h>

enum {
    GLYPH_WIDTH = 5,
    GLYPH_HEIGHT = 7,
    CELL_WIDTH = GLYPH_WIDTH + 1,
    CELL_HEIGHT = GLYPH_HEIGHT + 3,
    MARGIN = 6,
    FIRST_GLYPH = ' ',
    LAST_GLYPH = '~',
};

enum {
    PANEL_COLOR = 0x1C2430,
    BORDER_COLOR = 0x6FA8DC,
    TEXT_COLOR = 0xF4F4F0,
    DIM_COLOR = 0x9FB0C0
};

/* Seven rows of five dots from the top; bit 4 is the leftmost. */
// clang-format off
static const u8 glyphs[][GLYPH_HEIGHT] = {
    {0, 0, 0, 0, 0, 0, 0},                      {4, 4, 4, 4, 4, 0, 4},                      /*   ! */
    {10, 10, 10, 0, 0, 0, 0},                   {10, 10, 31, 10, 31, 10, 10},               /* " # */
    {4, 15, 20, 14, 5, 30, 4},                  {24, 25, 2, 4, 8, 19, 3},                   /* $ % */
    {12, 18, 20, 8, 21, 18, 13},                {4, 4, 8, 0, 0, 0, 0},                      /* & ' */
    {2, 4, 8, 8, 8, 4, 2},                      {8, 4, 2, 2, 2, 4, 8},                      /* ( ) */
    {0, 4, 21, 14, 21, 4, 0},                   {0, 4, 4, 31, 4, 4, 0},                     /* * + */
    {0, 0, 0, 0, 12, 4, 8},                     {0, 0, 0, 31, 0, 0, 0},                     /* , - */
    {0, 0, 0, 0, 0, 12, 12},                    {0, 1, 2, 4, 8, 16, 0},                     /* . / */
    {14, 17, 19, 21, 25, 17, 14},               {4, 12, 4, 4, 4, 4, 14},                    /* 0 1 */
    {14, 17, 1, 2, 4, 8, 31},                   {31, 2, 4, 2, 1, 17, 14},                   /* 2 3 */
    {2, 6, 10, 18, 31, 2, 2},                   {31, 16, 30, 1, 1, 17, 14},                 /* 4 5 */
    {6, 8, 16, 30, 17, 17, 14},                 {31, 1, 2, 4, 8, 8, 8},                     /* 6 7 */
    {14, 17, 17, 14, 17, 17, 14},               {14, 17, 17, 15, 1, 2, 12},                 /* 8 9 */
    {0, 12, 12, 0, 12, 12, 0},                  {0, 12, 12, 0, 12, 4, 8},                   /* : ; */
    {2, 4, 8, 16, 8, 4, 2},                     {0, 0, 31, 0, 31, 0, 0},                    /* < = */
    {8, 4, 2, 1, 2, 4, 8},                      {14, 17, 1, 2, 4, 0, 4},                    /* > ? */
    {14, 17, 1, 13, 21, 21, 14},                {14, 17, 17, 17, 31, 17, 17},               /* @ A */
    {30, 17, 17, 30, 17, 17, 30},               {14, 17, 16, 16, 16, 17, 14},               /* B C */
    {28, 18, 17, 17, 17, 18, 28},               {31, 16, 16, 30, 16, 16, 31},               /* D E */
    {31, 16, 16, 30, 16, 16, 16},               {14, 17, 16, 23, 17, 17, 15},               /* F G */
    {17, 17, 17, 31, 17, 17, 17},               {14, 4, 4, 4, 4, 4, 14},                    /* H I */
    {7, 2, 2, 2, 2, 18, 12},                    {17, 18, 20, 24, 20, 18, 17},               /* J K */
    {16, 16, 16, 16, 16, 16, 31},               {17, 27, 21, 21, 17, 17, 17},               /* L M */
    {17, 17, 25, 21, 19, 17, 17},               {14, 17, 17, 17, 17, 17, 14},               /* N O */
    {30, 17, 17, 30, 16, 16, 16},               {14, 17, 17, 17, 21, 18, 13},               /* P Q */
    {30, 17, 17, 30, 20, 18, 17},               {15, 16, 16, 14, 1, 1, 30},                 /* R S */
    {31, 4, 4, 4, 4, 4, 4},                     {17, 17, 17, 17, 17, 17, 14},               /* T U */
    {17, 17, 17, 17, 17, 10, 4},                {17, 17, 17, 21, 21, 21, 10},               /* V W */
    {17, 17, 10, 4, 10, 17, 17},                {17, 17, 17, 10, 4, 4, 4},                  /* X Y */
    {31, 1, 2, 4, 8, 16, 31},                   {14, 8, 8, 8, 8, 8, 14},                    /* Z [ */
    {0, 16, 8, 4, 2, 1, 0},                     {14, 2, 2, 2, 2, 2, 14},                    /* \ ] */
    {4, 10, 17, 0, 0, 0, 0},                    {0, 0, 0, 0, 0, 0, 31},                     /* ^ _ */
    {8, 4, 2, 0, 0, 0, 0},                      {0, 0, 14, 1, 15, 17, 15},                  /* ` a */
    {16, 16, 22, 25, 17, 17, 30},               {0, 0, 14, 16, 16, 17, 14},                 /* b c */
    {1, 1, 13, 19, 17, 17, 15},                 {0, 0, 14, 17, 31, 16, 14},                 /* d e */
    {6, 9, 8, 28, 8, 8, 8},                     {0, 0, 15, 17, 15, 1, 14},                  /* f g */
    {16, 16, 22, 25, 17, 17, 17},               {4, 0, 12, 4, 4, 4, 14},                    /* h i */
    {2, 0, 6, 2, 2, 18, 12},                    {16, 16, 18, 20, 24, 20, 18},               /* j k */
    {12, 4, 4, 4, 4, 4, 14},                    {0, 0, 26, 21, 21, 17, 17},                 /* l m */
    {0, 0, 22, 25, 17, 17, 17},                 {0, 0, 14, 17, 17, 17, 14},                 /* n o */
    {0, 0, 30, 17, 30, 16, 16},                 {0, 0, 13, 19, 15, 1, 1},                   /* p q */
    {0, 0, 22, 25, 16, 16, 16},                 {0, 0, 15, 16, 14, 1, 30},                  /* r s */
    {8, 8, 28, 8, 8, 9, 6},                     {0, 0, 17, 17, 17, 19, 13},                 /* t u */
    {0, 0, 17, 17, 17, 10, 4},                  {0, 0, 17, 17, 21, 21, 10},                 /* v w */
    {0, 0, 17, 10, 4, 10, 17},                  {0, 0, 17, 17, 15, 1, 14},                  /* x y */
    {0, 0, 31, 2, 4, 8, 31},                    {2, 4, 4, 8, 4, 4, 2},                      /* z { */
    {4, 4, 4, 4, 4, 4, 4},                      {8, 4, 4, 2, 4, 4, 8},                      /* | } */
    {0, 0, 8, 21, 2, 0, 0},                                                                 /* ~   */
};
// clang-format on

static void fill(const Canvas *canvas, unsigned x, unsigned y, unsigned width, unsigned height,
                 u32 color)
{
    for (unsigned row = y; row < y + height && row < canvas->height; row++)
        for (unsigned column = x; column < x + width && column < canvas->width; column++)
            canvas->pixels[(u64)row * canvas->stride + column] = color;
}

static void draw_glyph(const Canvas *canvas, char character, unsigned x, unsigned y, unsigned scale,
                       u32 color)
{
    const u8 *rows;

    if (character < FIRST_GLYPH || character > LAST_GLYPH)
        character = '?';
    rows = glyphs[character - FIRST_GLYPH];
    for (unsigned row = 0; row < GLYPH_HEIGHT; row++)
        for (unsigned column = 0; column < GLYPH_WIDTH; column++)
            if (rows[row] >> (GLYPH_WIDTH - 1 - column) & 1)
                fill(canvas, x + column * scale, y + row * scale, scale, scale, color);
}

/* Characters of the longest line, and the number of lines. */
static void measure(const char *text, unsigned *columns, unsigned *lines)
{
    unsigned column = 0;

    *columns = 0;
    *lines = 1;
    for (; *text; text++) {
        if (*text == '\n' && text[1])
            ++*lines;
        if (*text == '\n')
            column = 0;
        else if (*text != '\t' && ++column > *columns)
            *columns = column;
    }
}

static void draw_text(const Canvas *canvas, const char *text, unsigned left, unsigned top,
                      unsigned scale)
{
    unsigned x = left, y = top;
    u32 color = TEXT_COLOR;

    for (; *text; text++) {
        if (*text == '\n') {
            x = left;
            y += CELL_HEIGHT * scale;
            color = TEXT_COLOR;
        } else if (*text == '\t') {
            color = DIM_COLOR;
        } else {
            draw_glyph(canvas, *text, x, y, scale, color);
            x += CELL_WIDTH * scale;
        }
    }
}

void overlay_draw(const Canvas *canvas, const char *text, OverlayPlace place, unsigned *start,
                  unsigned *end)
{
    unsigned columns, lines, scale = 2, width, height, x, y;

    measure(text, &columns, &lines);
    width = columns * CELL_WIDTH + 2 * MARGIN;
    height = lines * CELL_HEIGHT + 2 * MARGIN;
    /* Larger where there is plenty of room, smaller where there is little. */
    while (scale < 4 && width * (scale + 1) < canvas->width / 2 &&
           height * (scale + 1) < canvas->height / 2)
        scale++;
    if (width * scale > canvas->width || height * scale > canvas->height)
        scale = 1;
    width *= scale;
    height *= scale;
    x = width < canvas->width ? (canvas->width - width) / 2 : 0;
    y = height >= canvas->height      ? 0
        : place == OVERLAY_CENTRE     ? (canvas->height - height) / 2
        : canvas->height > 2 * height ? canvas->height - height - height / 4
                                      : canvas->height - height;
    fill(canvas, x, y, width, height, BORDER_COLOR);
    fill(canvas, x + scale, y + scale, width - 2 * scale, height - 2 * scale, PANEL_COLOR);
    draw_text(canvas, text, x + MARGIN * scale, y + MARGIN * scale, scale);
    *start = y < canvas->height ? y : canvas->height;
    *end = y + height < canvas->height ? y + height : canvas->height;
}
