#include "frontend/terminal_screen.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_SEQUENCE = 64, BLANK_CELL_COLOR = 0x000000 };

bool terminal_screen_resize(TerminalScreen *screen, unsigned columns, unsigned rows)
{
    size_t cells = (size_t)columns * rows;
    TerminalCell *wanted = calloc(cells ? cells : 1, sizeof *wanted);
    TerminalCell *shown = calloc(cells ? cells : 1, sizeof *shown);

    if (!wanted || !shown) {
        free(wanted);
        free(shown);
        return false;
    }
    free(screen->wanted);
    free(screen->shown);
    screen->wanted = wanted;
    screen->shown = shown;
    screen->columns = columns;
    screen->rows = rows;
    screen->cursor = false;
    terminal_screen_clear(screen);
    terminal_screen_forget(screen);
    return true;
}

void terminal_screen_free(TerminalScreen *screen)
{
    free(screen->wanted);
    free(screen->shown);
    free(screen->output);
    *screen = (TerminalScreen){0};
}

void terminal_screen_clear(TerminalScreen *screen)
{
    for (size_t i = 0; i < (size_t)screen->columns * screen->rows; i++)
        screen->wanted[i] = (TerminalCell){' ', BLANK_CELL_COLOR, BLANK_CELL_COLOR};
}

void terminal_screen_put(TerminalScreen *screen, unsigned column, unsigned row, TerminalCell cell)
{
    if (column < screen->columns && row < screen->rows)
        screen->wanted[(size_t)row * screen->columns + column] = cell;
}

void terminal_screen_text(TerminalScreen *screen, unsigned column, unsigned row, const char *text,
                          u32 foreground, u32 background)
{
    for (; *text; text++)
        terminal_screen_put(screen, column++, row,
                            (TerminalCell){(u8)*text, foreground, background});
}

/* ---- output ---- */

/* Room for one more sequence; without memory the output simply ends. */
static bool reserve(TerminalScreen *screen)
{
    size_t capacity = screen->capacity ? 2 * screen->capacity : 16384;
    char *larger;

    if (screen->length + LONGEST_SEQUENCE <= screen->capacity)
        return true;
    larger = realloc(screen->output, capacity);
    if (!larger)
        return false;
    screen->output = larger;
    screen->capacity = capacity;
    return true;
}

PRINTF_LIKE(2, 3)
static void emit(TerminalScreen *screen, const char *format, ...)
{
    va_list arguments;

    if (!reserve(screen))
        return;
    va_start(arguments, format);
    screen->length +=
        (size_t)vsnprintf(screen->output + screen->length, LONGEST_SEQUENCE, format, arguments);
    va_end(arguments);
}

void terminal_screen_forget(TerminalScreen *screen)
{
    memset(screen->shown, 0, (size_t)screen->columns * screen->rows * sizeof *screen->shown);
    /* Plain colours, cursor off, all erased. */
    emit(screen, "\033[0m\033[?25l\033[2J");
    screen->cursor_shown = false;
    screen->shown_column = screen->shown_row = UINT32_MAX;
}

static void emit_character(TerminalScreen *screen, u16 unicode)
{
    char *out;

    if (!reserve(screen))
        return;
    out = screen->output + screen->length;
    if (unicode < 0x80) {
        out[0] = (char)unicode;
        screen->length += 1;
    } else if (unicode < 0x800) {
        out[0] = (char)(0xC0 | unicode >> 6);
        out[1] = (char)(0x80 | (unicode & 0x3F));
        screen->length += 2;
    } else {
        out[0] = (char)(0xE0 | unicode >> 12);
        out[1] = (char)(0x80 | (unicode >> 6 & 0x3F));
        out[2] = (char)(0x80 | (unicode & 0x3F));
        screen->length += 3;
    }
}

static unsigned distance(u32 a, u32 b)
{
    int red = (int)(a >> 16 & 0xFF) - (int)(b >> 16 & 0xFF);
    int green = (int)(a >> 8 & 0xFF) - (int)(b >> 8 & 0xFF);
    int blue = (int)(a & 0xFF) - (int)(b & 0xFF);

    return (unsigned)(red * red + green * green + blue * blue);
}

/* The nearest of the sixteen colours, in the terminal's order: bit 0 red, 1 green, 2 blue. */
static unsigned nearest_of_16(u32 color)
{
    static const u32 standard[16] = {0x000000, 0xAA0000, 0x00AA00, 0xAA5500, 0x0000AA, 0xAA00AA,
                                     0x00AAAA, 0xAAAAAA, 0x555555, 0xFF5555, 0x55FF55, 0xFFFF55,
                                     0x5555FF, 0xFF55FF, 0x55FFFF, 0xFFFFFF};
    unsigned best = 0;

    for (unsigned i = 1; i < 16; i++)
        if (distance(color, standard[i]) < distance(color, standard[best]))
            best = i;
    return best;
}

/* The nearest of the 6 x 6 x 6 cube, whose steps are 0, 95, 135, 175, 215, 255. */
static unsigned cube_step(unsigned component)
{
    return component < 48 ? 0 : component < 115 ? 1 : (component - 35) / 40;
}

static unsigned nearest_of_256(u32 color)
{
    return 16 + 36 * cube_step(color >> 16 & 0xFF) + 6 * cube_step(color >> 8 & 0xFF) +
           cube_step(color & 0xFF);
}

static void emit_color(TerminalScreen *screen, u32 color, bool background)
{
    unsigned base = background ? 40 : 30, number;

    switch (screen->colors) {
    case COLORS_TRUE:
        emit(screen, "\033[%u;2;%u;%u;%um", base + 8, color >> 16 & 0xFF, color >> 8 & 0xFF,
             color & 0xFF);
        break;
    case COLORS_256:
        emit(screen, "\033[%u;5;%um", base + 8, nearest_of_256(color));
        break;
    case COLORS_16:
        number = nearest_of_16(color);
        emit(screen, "\033[%um", number < 8 ? base + number : base + 60 + number - 8);
        break;
    }
}

static bool same_cell(const TerminalCell *a, const TerminalCell *b)
{
    return a->unicode == b->unicode && a->foreground == b->foreground &&
           a->background == b->background;
}

static void update_cells(TerminalScreen *screen)
{
    TerminalCell pen = {0};
    bool pen_known = false;
    size_t next = SIZE_MAX; /* the cell after the last one written */

    for (size_t i = 0; i < (size_t)screen->columns * screen->rows; i++) {
        const TerminalCell *cell = &screen->wanted[i];

        if (same_cell(cell, &screen->shown[i]))
            continue;
        if (screen->cursor_shown)
            emit(screen, "\033[?25l");
        screen->cursor_shown = false;
        if (i != next || i % screen->columns == 0)
            emit(screen, "\033[%u;%uH", (unsigned)(i / screen->columns) + 1,
                 (unsigned)(i % screen->columns) + 1);
        if (!pen_known || pen.foreground != cell->foreground)
            emit_color(screen, cell->foreground, false);
        if (!pen_known || pen.background != cell->background)
            emit_color(screen, cell->background, true);
        emit_character(screen, cell->unicode);
        pen = *cell;
        pen_known = true;
        next = i + 1;
        screen->shown[i] = *cell;
    }
    if (pen_known)
        screen->shown_column = UINT32_MAX;
}

void terminal_screen_update(TerminalScreen *screen)
{
    bool cursor = screen->cursor && screen->cursor_column < screen->columns &&
                  screen->cursor_row < screen->rows;

    update_cells(screen);
    if (cursor && (screen->shown_column != screen->cursor_column ||
                   screen->shown_row != screen->cursor_row)) {
        emit(screen, "\033[%u;%uH", screen->cursor_row + 1, screen->cursor_column + 1);
        screen->shown_column = screen->cursor_column;
        screen->shown_row = screen->cursor_row;
    }
    if (cursor != screen->cursor_shown)
        emit(screen, cursor ? "\033[?25h" : "\033[?25l");
    screen->cursor_shown = cursor;
}
