/*
 * A screen of coloured characters on a terminal: what it should show, what it does show, and the
 * bytes that make the difference. Knows no machine and no file descriptor.
 *
 * ECMA-48, "Control Functions for Coded Character Sets"; XTerm Control Sequences.
 */
#ifndef FRONTEND_TERMINAL_SCREEN_H
#define FRONTEND_TERMINAL_SCREEN_H

#include "mmu/base.h"

typedef struct TerminalCell {
    u16 unicode;                /* 0: unknown, draws again */
    u32 foreground, background; /* 00RRGGBBh */
} TerminalCell;

typedef enum TerminalColors { COLORS_16, COLORS_256, COLORS_TRUE } TerminalColors;

typedef struct TerminalScreen {
    unsigned columns, rows;
    TerminalCell *wanted, *shown; /* rows * columns */
    bool cursor;                  /* wanted, at: */
    unsigned cursor_column, cursor_row;
    bool cursor_shown;
    unsigned shown_column, shown_row;
    TerminalColors colors;
    char *output; /* bytes for the terminal */
    size_t length, capacity;
} TerminalScreen;

/* A new size; everything is unknown then. False: out of memory, nothing changed. */
bool terminal_screen_resize(TerminalScreen *screen, unsigned columns, unsigned rows);
void terminal_screen_free(TerminalScreen *screen);

/* Forgets what the terminal shows. */
void terminal_screen_forget(TerminalScreen *screen);

/* Blanks what it should show. */
void terminal_screen_clear(TerminalScreen *screen);

/* Ignored outside the screen. */
void terminal_screen_put(TerminalScreen *screen, unsigned column, unsigned row, TerminalCell cell);
void terminal_screen_text(TerminalScreen *screen, unsigned column, unsigned row, const char *text,
                          u32 foreground, u32 background);

/* Leaves the bytes that bring the terminal up to date in `output`; the caller sends them and sets
 * `length` to 0. */
void terminal_screen_update(TerminalScreen *screen);

#endif
