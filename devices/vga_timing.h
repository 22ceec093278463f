/*
 * Where the monitor's beam is, computed from the CRT controller's registers and the clock when
 * somebody asks.
 */
#ifndef DEVICES_VGA_TIMING_H
#define DEVICES_VGA_TIMING_H

#include "devices/vga.h"

/* A frame, in dots of the dot clock and in scan lines. */
typedef struct VgaTiming {
    u32 dot_hz;
    u32 line_dots, display_dots; /* with and without horizontal blanking */
    u32 lines, display_lines;
    u32 retrace_start, retrace_end; /* of the vertical one, in lines; end excluded */
} VgaTiming;

VgaTiming vga_timing(const Vga *vga);

/* Scan lines that the CRT controller displays, from its registers alone. */
unsigned vga_display_lines(const Vga *vga);

bool vga_dot_clock_halved(const Vga *vga);
unsigned vga_character_dots(const Vga *vga); /* 8 or 9 */

/* Bits 0 (not displaying) and 3 (vertical retrace) of input status register 1. */
u8 vga_beam_status(const Vga *vga);

/* Are the cursor, and blinking characters, in their visible phase? */
void vga_blink_phases(const Vga *vga, bool *cursor_on, bool *characters_on);

#endif
