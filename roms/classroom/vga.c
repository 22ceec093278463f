/*
 * The VGA's registers. A video mode is nothing but some 60 register values; the BIOS has them in
 * tables like the two below, and so can we, now that the BIOS is out of reach.
 *
 * Source: IBM VGA Technical Reference, "Video Graphics Array Registers".
 */
#include "vga.h"
#include "paging.h"
#include "processor.h"
#include "text.h"

enum {
    ATTRIBUTE = 0x3c0, /* index and data by turns; reading STATUS sets the turn to "index" */
    MISCELLANEOUS = 0x3c2,
    SEQUENCER = 0x3c4, /* index; the data register follows, here and in the next two */
    DAC_WRITE_INDEX = 0x3c8,
    DAC_DATA = 0x3c9,
    GRAPHICS = 0x3ce,
    CRTC = 0x3d4,
    STATUS = 0x3da,
    VERTICAL_RETRACE = 1 << 3,
    FONT_MEMORY = 0xa0000,
    FONT_SLOT = 32, /* bytes that the card sets aside per character; we use 16 */
};

const VgaMode vga_text_mode = {
    .miscellaneous = 0x67,
    .sequencer = {0x03, 0x00, 0x03, 0x00, 0x02},
    .crtc = {0x5f, 0x4f, 0x50, 0x82, 0x55, 0x81, 0xbf, 0x1f, 0x00, 0x4f, 0x0d, 0x0e, 0x00,
             0x00, 0x00, 0x00, 0x9c, 0x8e, 0x8f, 0x28, 0x1f, 0x96, 0xb9, 0xa3, 0xff},
    .graphics = {0x00, 0x00, 0x00, 0x00, 0x00, 0x10, 0x0e, 0x00, 0xff},
    .attribute = {0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x14, 0x07, 0x38, 0x39, 0x3a,
                  0x3b, 0x3c, 0x3d, 0x3e, 0x3f, 0x0c, 0x00, 0x0f, 0x08, 0x00},
};

const VgaMode vga_picture_mode = {
    .miscellaneous = 0x63,
    .sequencer = {0x03, 0x01, 0x0f, 0x00, 0x0e},
    .crtc = {0x5f, 0x4f, 0x50, 0x82, 0x54, 0x80, 0xbf, 0x1f, 0x00, 0x41, 0x00, 0x00, 0x00,
             0x00, 0x00, 0x00, 0x9c, 0x8e, 0x8f, 0x28, 0x40, 0x96, 0xb9, 0xa3, 0xff},
    .graphics = {0x00, 0x00, 0x00, 0x00, 0x00, 0x40, 0x05, 0x0f, 0xff},
    .attribute = {0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a,
                  0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x41, 0x00, 0x0f, 0x00, 0x00},
};

static void write_indexed(u16 port, u8 index, u8 value)
{
    out8(port, index);
    out8(port + 1, value);
}

void vga_set_mode(const VgaMode *mode)
{
    out8(MISCELLANEOUS, mode->miscellaneous);
    write_indexed(SEQUENCER, 0, 0x01); /* hold the sequencer while its clock changes */
    for (u8 i = 1; i < LENGTH(mode->sequencer); i++)
        write_indexed(SEQUENCER, i, mode->sequencer[i]);
    write_indexed(SEQUENCER, 0, mode->sequencer[0]);

    write_indexed(CRTC, 0x11, mode->crtc[0x11] & 0x7f); /* bit 7 write-protects 0 to 7 */
    for (u8 i = 0; i < LENGTH(mode->crtc); i++)
        if (i != 0x11)
            write_indexed(CRTC, i, mode->crtc[i]);
    write_indexed(CRTC, 0x11, mode->crtc[0x11]);

    for (u8 i = 0; i < LENGTH(mode->graphics); i++)
        write_indexed(GRAPHICS, i, mode->graphics[i]);

    in8(STATUS);
    for (u8 i = 0; i < LENGTH(mode->attribute); i++) {
        out8(ATTRIBUTE, i);
        out8(ATTRIBUTE, mode->attribute[i]);
    }
    out8(ATTRIBUTE, 0x20); /* bit 5: the screen is on again */
}

/* The font lies in plane 2 of the card's memory, where no address leads in text mode: the even
 * addresses go to plane 0 (characters), the odd ones to plane 1 (attributes). These registers
 * turn the window at A0000h into plane 2 and nothing else. */
static void open_font_memory(void)
{
    write_indexed(SEQUENCER, 2, 0x04); /* write to plane 2 */
    write_indexed(SEQUENCER, 4, 0x06); /* no odd/even */
    write_indexed(GRAPHICS, 4, 0x02);  /* read from plane 2 */
    write_indexed(GRAPHICS, 5, 0x00);
    write_indexed(GRAPHICS, 6, 0x04); /* window A0000h to AFFFFh */
}

static void close_font_memory(void)
{
    write_indexed(SEQUENCER, 2, vga_text_mode.sequencer[2]);
    write_indexed(SEQUENCER, 4, vga_text_mode.sequencer[4]);
    write_indexed(GRAPHICS, 4, vga_text_mode.graphics[4]);
    write_indexed(GRAPHICS, 5, vga_text_mode.graphics[5]);
    write_indexed(GRAPHICS, 6, vga_text_mode.graphics[6]);
}

void vga_read_font(u8 *font)
{
    const u8 *plane = physical_pointer(FONT_MEMORY);
    open_font_memory();
    for (unsigned i = 0; i < 256; i++)
        memcpy(font + i * 16, plane + i * FONT_SLOT, 16);
    close_font_memory();
}

void vga_write_font(const u8 *font)
{
    u8 *plane = physical_pointer(FONT_MEMORY);
    open_font_memory();
    for (unsigned i = 0; i < 256; i++)
        memcpy(plane + i * FONT_SLOT, font + i * 16, 16);
    close_font_memory();
}

void vga_set_color(u8 index, u8 red, u8 green, u8 blue)
{
    out8(DAC_WRITE_INDEX, index);
    out8(DAC_DATA, red);
    out8(DAC_DATA, green);
    out8(DAC_DATA, blue);
}

/* The sixteen text colours in softer shades than IBM's. The attribute controller sends colour n
 * to DAC entry attribute[n]. Its bit "blink" goes off too: 16 backgrounds instead of 8. */
void vga_set_text_palette(void)
{
    static const u8 shades[16][3] = {
        {3, 4, 8},    {9, 17, 33},  {19, 41, 27}, {15, 42, 46}, {49, 22, 24}, {36, 27, 45},
        {51, 34, 15}, {49, 51, 55}, {23, 27, 33}, {28, 43, 63}, {33, 56, 38}, {28, 58, 61},
        {63, 31, 31}, {50, 40, 63}, {63, 54, 28}, {63, 63, 63},
    };
    for (u8 i = 0; i < 16; i++)
        vga_set_color(vga_text_mode.attribute[i], shades[i][0], shades[i][1], shades[i][2]);
    in8(STATUS);
    out8(ATTRIBUTE, 0x10 | 0x20);
    out8(ATTRIBUTE, 0x04); /* mode control: line graphics, no blinking */
}

void vga_wait_for_retrace(void)
{
    for (u32 i = 0; i < 100000 && in8(STATUS) & VERTICAL_RETRACE; i++)
        ;
    for (u32 i = 0; i < 100000 && !(in8(STATUS) & VERTICAL_RETRACE); i++)
        ;
}
