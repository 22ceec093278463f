/*
 * What the VGA puts on the screen: a picture for windows, cells for terminals. Drawing changes
 * nothing that the guest can see.
 *
 * Any number of viewers may look. Each change of a register or of a page of video memory gets a
 * rising stamp; a viewer remembers the stamp it has seen, so that an unchanged screen costs it a
 * few comparisons.
 */
#ifndef DEVICES_VGA_DRAW_H
#define DEVICES_VGA_DRAW_H

#include "devices/vga.h"

/* What a viewer has seen; all zero at first, or to see everything anew. */
typedef struct VgaView {
    u32 stamp;
    bool cursor_on, blink_on; /* the phases of blinking things */
} VgaView;

/* A picture of the screen, kept between two drawings. One pixel is one dot of the monitor, a line
 * one scan line: mode 13h gives 640 x 400. */
typedef struct Picture {
    u32 *pixels;                    /* 00RRGGBBh, line after line without gaps; the caller's */
    u64 capacity;                   /* pixels that fit */
    unsigned width, height;         /* of the last drawing */
    unsigned first_line, last_line; /* which lines it changed */
    VgaView view;
} Picture;

/* The size that vga_draw() needs now: 1 .. VGA_MAX_WIDTH by 1 .. VGA_MAX_HEIGHT pixels. */
void vga_picture_size(const Vga *vga, unsigned *width, unsigned *height);

/* Draws what changed since this picture's last drawing. False: nothing did (or the picture has no
 * room; ask vga_picture_size() first). */
bool vga_draw(Vga *vga, Picture *picture);

enum { TEXT_MAX_COLUMNS = 256, TEXT_MAX_ROWS = 128 };

typedef struct TextCell {
    u8 character, attribute;
} TextCell;

typedef struct TextScreen {
    unsigned columns, rows;
    bool cursor; /* there is one, at: */
    unsigned cursor_column, cursor_row;
    bool blink;     /* bit 7 of an attribute blinks, else it is a bright background */
    u32 colors[16]; /* 00RRGGBBh of the 16 attribute colours */
    TextCell cells[TEXT_MAX_ROWS * TEXT_MAX_COLUMNS]; /* row * columns + column */
    VgaView view;
} TextScreen;

bool vga_is_text(const Vga *vga);

/* In a text mode: fetches the screen; false when nothing changed since the last time. */
bool vga_text(Vga *vga, TextScreen *screen);

#endif
