/*
 * How the VGA makes a scan line of dots out of video memory: the CRT controller's counters, the
 * shift registers, the character generator and the attribute controller.
 */
#ifndef DEVICES_VGA_SCAN_H
#define DEVICES_VGA_SCAN_H

#include "devices/vga.h"

/* The CRT controller's counters at the start of a scan line. */
typedef struct VgaScan {
    unsigned line;
    u32 address;       /* of the line's first character */
    unsigned row_scan; /* line within the row of characters */
    bool repeat;       /* the second of two equal lines comes next (double scan) */
    unsigned pan;      /* dots that the line is shifted to the left */
} VgaScan;

/* What stays the same for all lines of a picture. */
typedef struct VgaRaster {
    unsigned columns;        /* character clocks per line */
    unsigned character_dots; /* 8 or 9 */
    unsigned dot_width;      /* 2 with the halved dot clock, else 1 */
    unsigned width, height;  /* of the picture */
    bool text;
    bool bytes; /* pixels of 8 bits, of two dots each */
    bool cursor_on, blink_on;
    u32 colors[256]; /* 00RRGGBBh of each pixel value */
} VgaRaster;

/* Does the VGA show nothing at all now? */
bool vga_blanked(const Vga *vga);

VgaRaster vga_raster(const Vga *vga);

void vga_scan_start(const Vga *vga, VgaScan *scan);
void vga_scan_next(const Vga *vga, VgaScan *scan);

/* The doubleword of video memory that the character clock `column` of the line fetches. */
u32 vga_scan_index(const Vga *vga, const VgaScan *scan, unsigned column);

/* Does it show the same as the line before, whatever is in memory? */
bool vga_scan_same(const Vga *vga, const VgaScan *scan, const VgaScan *before);

/* Draws raster->width pixels. */
void vga_scan_draw(const Vga *vga, const VgaRaster *raster, const VgaScan *scan, u32 *pixels);

/* The same from a plain planar line of a VBE mode with 4 bits per pixel: `index` is that of its
 * first doubleword. */
void vga_scan_draw_planar(const Vga *vga, const VgaRaster *raster, u32 index, unsigned pan,
                          u32 *pixels);

/* The first doublewords of the fonts for attribute bit 3 clear and set. */
u32 vga_font_index(const Vga *vga, bool bit3);

/* 00RRGGBBh of a colour that leaves the attribute controller. */
u32 vga_dac_color(const Vga *vga, u8 index);

/* Where the cursor is, as a character address, and the lines of a row it covers; false: hidden. */
bool vga_cursor(const Vga *vga, u32 *address, unsigned *first, unsigned *last);

#endif
