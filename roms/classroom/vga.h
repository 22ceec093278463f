/* The VGA's registers: modes, font, palette. */
#pragma once
#include "types.h"

typedef struct VgaMode {
    u8 miscellaneous;
    u8 sequencer[5];
    u8 crtc[25];
    u8 graphics[9];
    u8 attribute[21];
} VgaMode;

extern const VgaMode vga_text_mode;    /* 80 x 25 characters, BIOS mode 3 */
extern const VgaMode vga_picture_mode; /* 320 x 200 pixels of 256 colours, BIOS mode 13h */

void vga_set_mode(const VgaMode *mode);
void vga_read_font(u8 *font); /* 256 characters x 16 bytes */
void vga_write_font(const u8 *font);
void vga_set_color(u8 index, u8 red, u8 green, u8 blue); /* 0 to 63 each */
void vga_set_text_palette(void);
void vga_wait_for_retrace(void);
