/*
 * VGA: from video memory to the dots of a scan line.
 *
 * IBM PS/2 Hardware Interface Technical Reference, "Video Subsystem": "CRT Controller Registers"
 * (mode control, underline location, line compare, preset row scan), "Graphics Mode" (shift
 * register modes), "Character Map Select", "Attribute Controller Registers".
 *
 * Not implemented: skew of cursor and display, the 8-bit pixels' way through the palette
 * registers (each half of a byte by itself; the BIOS makes that the identity).
 *
 * Doubleword mode counts doublewords of video memory as they lie: see vga_memory.c, chain 4.
 */
#include "devices/vga_scan.h"

#include "devices/vga_timing.h"

#include <string.h>

enum {
    MAX_COLUMNS = 256,
    DOTS = (MAX_COLUMNS + 1) * 9, /* of a line, and a character more for panning */
    GLYPH_LINES = 32,
    ATTRIBUTE_BLINK = 0x80,
};

bool vga_blanked(const Vga *vga)
{
    const u8 display_has_palette = 0x20, screen_off = 0x20;

    return !(vga->attribute_index & display_has_palette) ||
           (vga->sequencer[SEQ_CLOCKING] & screen_off) || vga->crtc[CRTC_H_TOTAL] == 0;
}

/* ---- colours ---- */

u32 vga_dac_color(const Vga *vga, u8 index)
{
    const u8 *color = &vga->dac[(index & vga->dac_mask) * 3];
    u32 red = color[0], green = color[1], blue = color[2];

    if (!(vga->vbe[VBE_ENABLE] & VBE_8BIT_DAC)) {
        red = (red & 0x3F) << 2 | (red & 0x3F) >> 4;
        green = (green & 0x3F) << 2 | (green & 0x3F) >> 4;
        blue = (blue & 0x3F) << 2 | (blue & 0x3F) >> 4;
    }
    return red << 16 | green << 8 | blue;
}

/* The attribute controller's way from a 4-bit pixel to the DAC. */
static u32 palette_color(const Vga *vga, unsigned pixel)
{
    u8 mode = vga->attribute[ATTR_MODE], select = vga->attribute[ATTR_COLOR_SELECT];
    u8 color = vga->attribute[pixel & vga->attribute[ATTR_PLANE_ENABLE] & 0xF] & 0x3F;

    if (mode & 0x80)
        color = (color & 0x0F) | (select & 3) << 4;
    return vga_dac_color(vga, (u8)(color | (select & 0xC) << 4));
}

static void load_colors(const Vga *vga, VgaRaster *raster)
{
    u8 planes = vga->attribute[ATTR_PLANE_ENABLE] & 0xF;
    bool blink = vga->attribute[ATTR_MODE] & 8;

    if (raster->bytes) {
        for (unsigned i = 0; i < 256; i++)
            raster->colors[i] = vga_dac_color(vga, i & (planes | planes << 4));
        return;
    }
    for (unsigned i = 0; i < 16; i++) {
        unsigned pixel = i;

        /* In graphics modes blinking plays with the highest bit of all pixels. */
        if (blink && !raster->text)
            pixel = raster->blink_on ? i | 8 : i ^ 8;
        raster->colors[i] = palette_color(vga, pixel);
    }
}

VgaRaster vga_raster(const Vga *vga)
{
    VgaRaster raster = {.columns = vga->crtc[CRTC_H_DISPLAY_END] + 1u,
                        .character_dots = vga_character_dots(vga),
                        .dot_width = vga_dot_clock_halved(vga) ? 2 : 1,
                        .height = vga_display_lines(vga),
                        .text = !(vga->graphics[GFX_MISC] & 1)};

    raster.width = raster.columns * raster.character_dots * raster.dot_width;
    if (raster.width > VGA_MAX_WIDTH)
        raster.width = VGA_MAX_WIDTH;
    raster.bytes = !raster.text && (vga->attribute[ATTR_MODE] & 0x40);
    vga_blink_phases(vga, &raster.cursor_on, &raster.blink_on);
    load_colors(vga, &raster);
    return raster;
}

/* ---- the CRT controller's counters ---- */

static unsigned line_compare(const Vga *vga)
{
    unsigned line = vga->crtc[CRTC_LINE_COMPARE] | (unsigned)bit(vga->crtc[CRTC_OVERFLOW], 4) << 8 |
                    (unsigned)bit(vga->crtc[CRTC_MAX_SCAN_LINE], 6) << 9;

    return vga->crtc[CRTC_MODE] & 4 ? 2 * line + 1 : line;
}

static unsigned panning(const Vga *vga)
{
    unsigned pan = vga->attribute[ATTR_PEL_PANNING];

    if (vga->attribute[ATTR_MODE] & 0x40)
        return pan & 6;
    if (vga_character_dots(vga) == 8)
        return pan & 7;
    return pan < 8 ? pan + 1 : 0;
}

void vga_scan_start(const Vga *vga, VgaScan *scan)
{
    unsigned byte_panning = vga->crtc[CRTC_PRESET_ROW] >> 5 & 3;
    u32 start = (u32)vga->crtc[CRTC_START_HIGH] << 8 | vga->crtc[CRTC_START_LOW];

    *scan = (VgaScan){.address = start + byte_panning,
                      .row_scan = vga->crtc[CRTC_PRESET_ROW] & 0x1F,
                      .pan = panning(vga)};
}

void vga_scan_next(const Vga *vga, VgaScan *scan)
{
    u8 rows = vga->crtc[CRTC_MAX_SCAN_LINE];
    bool pan_stops_at_split = vga->attribute[ATTR_MODE] & 0x20;

    if (scan->line++ == line_compare(vga)) {
        scan->address = scan->row_scan = 0;
        scan->repeat = false;
        if (pan_stops_at_split)
            scan->pan = vga_character_dots(vga) == 8 || (vga->attribute[ATTR_MODE] & 0x40) ? 0 : 1;
        return;
    }
    if ((rows & 0x80) && !scan->repeat) {
        scan->repeat = true;
        return;
    }
    scan->repeat = false;
    if (scan->row_scan == (rows & 0x1F)) {
        scan->row_scan = 0;
        scan->address += 2u * vga->crtc[CRTC_OFFSET];
    } else {
        scan->row_scan = (scan->row_scan + 1) & 0x1F;
    }
}

/* The character address becomes a memory address: shifted in word mode, and with two bits
 * replaced by the row scan counter's, for the interleaved lines of CGA and Hercules. */
static u32 memory_index(const Vga *vga, u32 counter, unsigned row_scan)
{
    u8 mode = vga->crtc[CRTC_MODE];
    u32 index = counter & 0xFFFF;

    if (!(vga->crtc[CRTC_UNDERLINE] & 0x40) && !(mode & 0x40))
        index = index << 1 | (index >> (mode & 0x20 ? 15 : 13) & 1);
    if (!(mode & 1))
        index = (index & ~0x2000u) | (row_scan & 1) << 13;
    if (!(mode & 2))
        index = (index & ~0x4000u) | (row_scan & 2) << 13;
    return index & 0xFFFF;
}

/* The address counter may count every second or fourth character only. */
static u32 counter_at(const Vga *vga, const VgaScan *scan, unsigned column)
{
    unsigned shift = vga->crtc[CRTC_UNDERLINE] & 0x20 ? 2 : vga->crtc[CRTC_MODE] & 8 ? 1 : 0;

    return scan->address + (column >> shift);
}

u32 vga_scan_index(const Vga *vga, const VgaScan *scan, unsigned column)
{
    return memory_index(vga, counter_at(vga, scan, column), scan->row_scan);
}

bool vga_scan_same(const Vga *vga, const VgaScan *scan, const VgaScan *before)
{
    bool text = !(vga->graphics[GFX_MISC] & 1);

    return !text && scan->address == before->address && scan->pan == before->pan &&
           vga_scan_index(vga, scan, 0) == vga_scan_index(vga, before, 0);
}

static u32 fetch(const Vga *vga, u32 index)
{
    u32 planes;

    memcpy(&planes, vga->memory.bytes + 4 * (u64)(index & (VGA_MEMORY / 4 - 1)), sizeof planes);
    return planes;
}

/* ---- shift registers ---- */

/* Bit 7 of `bits8` to the first byte of the result, bit 0 to the last. */
static u64 spread(u8 bits8)
{
    u64 one_each = (u64)bits8 * 0x0101010101010101 & 0x0102040810204080;

    return (one_each + 0x7F7F7F7F7F7F7F7F) >> 7 & 0x0101010101010101;
}

static u64 planar_dots(u32 planes)
{
    return spread((u8)planes) | spread((u8)(planes >> 8)) << 1 | spread((u8)(planes >> 16)) << 2 |
           spread((u8)(planes >> 24)) << 3;
}

/* Two bits of planes 0 and 2 make a pixel, four pixels long; then those of 1 and 3. */
static u64 interleaved_dots(u32 planes)
{
    u64 dots = 0;

    for (unsigned i = 0; i < 8; i++) {
        unsigned plane = i / 4, shift = 6 - 2 * (i % 4);
        u64 low = planes >> (8 * plane + shift) & 3, high = planes >> (16 + 8 * plane + shift) & 3;

        dots |= (low | high << 2) << (8 * i);
    }
    return dots;
}

/* Four bits at a time, from plane 0 to 3. */
static u64 packed_dots(u32 planes)
{
    u64 dots = 0;

    for (unsigned i = 0; i < 4; i++) {
        u64 byte = planes >> (8 * i) & 0xFF;

        dots |= (byte >> 4 | (byte & 0xF) << 8) << (16 * i);
    }
    return dots;
}

/* Two dots of four bits become one value of eight, two dots wide. */
static u64 paired_dots(u64 dots)
{
    u64 value = (dots & 0x000F000F000F000F) << 4 | (dots >> 8 & 0x000F000F000F000F);

    return value | value << 8;
}

static void graphics_dots(const Vga *vga, const VgaRaster *raster, u32 planes, u8 *dots)
{
    u8 mode = vga->graphics[GFX_MODE];
    u64 eight = mode & 0x40   ? packed_dots(planes)
                : mode & 0x20 ? interleaved_dots(planes)
                              : planar_dots(planes);

    if (raster->bytes)
        eight = paired_dots(eight);
    memcpy(dots, &eight, 8);
    dots[8] = 0; /* with nine dots to a character; else the next one overwrites it */
}

/* ---- character generator ---- */

u32 vga_font_index(const Vga *vga, bool bit3)
{
    u8 select = vga->sequencer[SEQ_FONT];
    unsigned map = bit3 ? (select >> 2 & 3) | (select >> 3 & 4) : (select & 3) | (select >> 2 & 4);

    /* Maps 0-3 are 16 KiB apart, 4-7 lie between them. */
    return (map & 3) * 0x4000 + (map >> 2) * 0x2000;
}

bool vga_cursor(const Vga *vga, u32 *address, unsigned *first, unsigned *last)
{
    u8 start = vga->crtc[CRTC_CURSOR_START];

    *address = (u32)vga->crtc[CRTC_CURSOR_HIGH] << 8 | vga->crtc[CRTC_CURSOR_LOW];
    *first = start & 0x1F;
    *last = vga->crtc[CRTC_CURSOR_END] & 0x1F;
    return !(start & 0x20) && *first <= *last;
}

typedef struct Cell {
    u8 glyph; /* this line's eight dots */
    bool ninth;
    u8 foreground, background;
} Cell;

static Cell text_cell(const Vga *vga, const VgaRaster *raster, u32 planes, unsigned row_scan)
{
    u8 character = (u8)planes, attribute = (u8)(planes >> 8), mode = vga->attribute[ATTR_MODE];
    u32 glyphs = vga_font_index(vga, attribute & 8);
    Cell cell = {.foreground = attribute & 0xF, .background = attribute >> 4};

    cell.glyph = (u8)(fetch(vga, glyphs + character * GLYPH_LINES + row_scan) >> 16);
    if (mode & 8) {
        cell.background &= 7;
        if ((attribute & ATTRIBUTE_BLINK) && !raster->blink_on)
            cell.foreground = cell.background;
    }
    if ((attribute & 7) == 1 && row_scan == (vga->crtc[CRTC_UNDERLINE] & 0x1Fu)) {
        cell.glyph = 0xFF;
        cell.ninth = true;
    }
    /* Line drawing characters reach into the gap between the characters. */
    if ((mode & 4) && character >= 0xC0 && character <= 0xDF)
        cell.ninth = cell.glyph & 1;
    return cell;
}

static void text_dots(Cell cell, u8 *dots)
{
    const u64 every = 0x0101010101010101;
    u64 mask = spread(cell.glyph) * 0xFF;
    u64 eight = (every * cell.foreground & mask) | (every * cell.background & ~mask);

    memcpy(dots, &eight, 8);
    dots[8] = cell.ninth ? cell.foreground : cell.background;
}

static void text_line(const Vga *vga, const VgaRaster *raster, const VgaScan *scan, u8 *dots)
{
    u32 cursor;
    unsigned first, last;
    bool cursor_here = vga_cursor(vga, &cursor, &first, &last) && raster->cursor_on &&
                       scan->row_scan >= first && scan->row_scan <= last;

    for (unsigned i = 0; i <= raster->columns; i++) {
        u32 counter = counter_at(vga, scan, i);
        Cell cell = text_cell(vga, raster, fetch(vga, memory_index(vga, counter, scan->row_scan)),
                              scan->row_scan);

        if (cursor_here && (counter & 0xFFFF) == cursor) {
            cell.glyph = 0xFF;
            cell.ninth = true;
        }
        text_dots(cell, dots + i * raster->character_dots);
    }
}

/* ---- lines ---- */

static void to_pixels(const VgaRaster *raster, const u8 *dots, u32 *pixels)
{
    if (raster->dot_width == 1)
        for (unsigned x = 0; x < raster->width; x++)
            pixels[x] = raster->colors[dots[x]];
    else
        for (unsigned x = 0; x < raster->width; x++)
            pixels[x] = raster->colors[dots[x / 2]];
}

void vga_scan_draw(const Vga *vga, const VgaRaster *raster, const VgaScan *scan, u32 *pixels)
{
    u8 dots[DOTS + 16];

    if (raster->text)
        text_line(vga, raster, scan, dots);
    else
        for (unsigned i = 0; i <= raster->columns; i++)
            graphics_dots(vga, raster, fetch(vga, vga_scan_index(vga, scan, i)),
                          dots + i * raster->character_dots);
    to_pixels(raster, dots + scan->pan, pixels);
}

void vga_scan_draw_planar(const Vga *vga, const VgaRaster *raster, u32 index, unsigned pan,
                          u32 *pixels)
{
    for (unsigned x = 0; x < raster->width; x += 8) {
        u64 here = planar_dots(fetch(vga, index + x / 8));
        u64 next = planar_dots(fetch(vga, index + x / 8 + 1));
        u8 dots[16];

        memcpy(dots, &here, 8);
        memcpy(dots + 8, &next, 8);
        for (unsigned i = 0; i < 8 && x + i < raster->width; i++)
            pixels[x + i] = raster->colors[dots[i + pan] & 0xF];
    }
}
