/*
 * The console: everything printed appears on the screen and on COM1.
 *
 * Text is UTF-8 in the source. The screen shows it in code page 437, the serial line as plain
 * ASCII ('═' becomes '=', '█' becomes '#'). Colours are control characters that only the screen
 * obeys, written as words between the strings: print("CR0 = " VALUE "%08x" PLAIN "\n", cr0).
 */
#pragma once
#include "screen.h"
#include "types.h"

#define PLAIN  "\x01"
#define FAINT  "\x02"
#define TITLE  "\x03"
#define VALUE  "\x04"
#define GOOD   "\x05"
#define BAD    "\x06"
#define FRAME  "\x0e"
#define VIOLET "\x0f"

Attribute console_attribute(char color);

void console_init(void);
void console_clear(void);
void console_put(char character);
void print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Prints a heading for a lesson: a line with the title in it. */
void print_heading(const char *title);

/* "name, name, name" of the bits that are set, or `none`. Names of unused bits are NULL. */
void print_bits(u32 value, const char *const *names, unsigned count, const char *none);

/* Where the next character goes, for lessons that come back to draw over a line. */
unsigned console_row(void);

/* On the screen only, nothing on COM1. */
void screen_print(unsigned row, unsigned column, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
