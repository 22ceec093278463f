/*
 * VGA: the timing of the CRT controller.
 *
 * IBM PS/2 Hardware Interface Technical Reference, "Video Subsystem": "CRT Controller Registers",
 * "Input Status Register 1"; vertical registers are 10 bits wide, gathered from three registers.
 *
 * Not implemented: blanking that differs from not displaying, skew, interlace; the external clocks
 * (taken as 25 MHz). A Bochs VBE mode has no timing of its own and gets 60 frames a second.
 */
#include "devices/vga_timing.h"

#include "devices/bochs_vbe.h"

enum { DOT_CLOCK_25 = 25175000, DOT_CLOCK_28 = 28322000 };

enum {
    CURSOR_PHASE_FRAMES = 8, /* on for eight frames, off for eight */
    CHARACTER_PHASE_FRAMES = 16,
};

/* Bits 8 and 9 of a vertical register lie in the overflow register. */
static u32 vertical(const Vga *vga, unsigned index, unsigned bit8, unsigned bit9)
{
    u8 overflow = vga->crtc[CRTC_OVERFLOW];

    return vga->crtc[index] | (u32)bit(overflow, bit8) << 8 | (u32)bit(overflow, bit9) << 9;
}

/* The vertical counter may be clocked by every other line. */
static unsigned lines_per_count(const Vga *vga)
{
    return vga->crtc[CRTC_MODE] & 4 ? 2 : 1;
}

unsigned vga_display_lines(const Vga *vga)
{
    return (vertical(vga, CRTC_V_DISPLAY_END, 1, 6) + 1) * lines_per_count(vga);
}

bool vga_dot_clock_halved(const Vga *vga)
{
    return vga->sequencer[SEQ_CLOCKING] & 8;
}

unsigned vga_character_dots(const Vga *vga)
{
    return vga->sequencer[SEQ_CLOCKING] & 1 ? 8 : 9;
}

static VgaTiming vbe_timing(const Vga *vga)
{
    VbeMode mode = bochs_vbe_mode(vga);
    VgaTiming timing = {.display_dots = mode.width,
                        .display_lines = mode.height,
                        .line_dots = mode.width + mode.width / 4,
                        .lines = mode.height + mode.height / 16 + 4};

    timing.dot_hz = 60 * timing.line_dots * timing.lines;
    timing.retrace_start = mode.height + 1;
    timing.retrace_end = timing.retrace_start + 2;
    return timing;
}

VgaTiming vga_timing(const Vga *vga)
{
    unsigned dots, retrace;
    VgaTiming timing;

    if (bochs_vbe_enabled(vga))
        return vbe_timing(vga);
    dots = vga_character_dots(vga) * (vga_dot_clock_halved(vga) ? 2 : 1);
    timing.dot_hz = (vga->misc_output >> 2 & 3) == 1 ? DOT_CLOCK_28 : DOT_CLOCK_25;
    timing.line_dots = (vga->crtc[CRTC_H_TOTAL] + 5u) * dots;
    timing.display_dots = (vga->crtc[CRTC_H_DISPLAY_END] + 1u) * dots;
    timing.lines = (vertical(vga, CRTC_V_TOTAL, 0, 5) + 2) * lines_per_count(vga);
    timing.display_lines = vga_display_lines(vga);
    /* A retrace that lies beyond the frame would never come and hang whoever waits for it. */
    retrace = vertical(vga, CRTC_V_RETRACE_START, 2, 7) * lines_per_count(vga);
    if (retrace >= timing.lines)
        retrace = timing.lines - 1;
    timing.retrace_start = retrace;
    /* The end register holds the low four bits of the line at which it ends. */
    timing.retrace_end =
        retrace +
        (((vga->crtc[CRTC_V_RETRACE_END] - vga->crtc[CRTC_V_RETRACE_START] - 1u) & 0xF) + 1) *
            lines_per_count(vga);
    return timing;
}

u8 vga_beam_status(const Vga *vga)
{
    VgaTiming timing = vga_timing(vga);
    u64 dot = clock_ticks(vga->clock, timing.dot_hz) % ((u64)timing.line_dots * timing.lines);
    u32 line = (u32)(dot / timing.line_dots), column = (u32)(dot % timing.line_dots);
    u8 status = 0;

    if (line >= timing.display_lines || column >= timing.display_dots)
        status |= 0x01;
    if (line >= timing.retrace_start && line < timing.retrace_end)
        status |= 0x08 | 0x01;
    return status;
}

void vga_blink_phases(const Vga *vga, bool *cursor_on, bool *characters_on)
{
    VgaTiming timing = vga_timing(vga);
    u64 frame = clock_ticks(vga->clock, timing.dot_hz) / ((u64)timing.line_dots * timing.lines);

    *cursor_on = !(frame / CURSOR_PHASE_FRAMES & 1);
    *characters_on = !(frame / CHARACTER_PHASE_FRAMES & 1);
}
