/*
 * VGA: the picture. Which lines have changed is known from the pages of video memory that were
 * written; a picture that has not changed costs a look at their flags.
 *
 * Not implemented: see vga.c.
 */
#include "devices/vga_draw.h"

#include "devices/bochs_vbe.h"
#include "devices/vga_scan.h"

#include <string.h>

enum {
    PLANAR_INDEXES = 0x10000, /* doublewords that the VGA's own modes can reach */
    PLANAR_PAGES = PLANAR_INDEXES * 4 / PAGE_SIZE,
    BLANK_WIDTH = 640, /* while the CRT controller is not programmed */
    BLANK_HEIGHT = 400,
    FONT_BYTES = 0x2000 * 4, /* of video memory that a font lies in */
};

/* Moves PAGE_DRAWN into stamps, so that there may be more than one viewer. */
static void collect(Vga *vga, u32 pages)
{
    bool any = false;

    for (u32 page = 0; page < pages; page++)
        if (vga->memory.pages[page] & PAGE_DRAWN) {
            any |= memory_clear_flag(&vga->memory, page, 1, PAGE_DRAWN);
            vga->page_changed[page] = vga->stamp;
        }
    if (any)
        space_tracking_changed(vga->space);
}

static bool bytes_changed(const Vga *vga, const VgaView *view, u64 first, u64 last)
{
    for (u64 page = first / PAGE_SIZE; page <= last / PAGE_SIZE && page < VGA_PAGES; page++)
        if (vga->page_changed[page] > view->stamp)
            return true;
    return false;
}

/* Lines that a drawing has changed. */
static void mark_line(Picture *picture, unsigned line)
{
    if (picture->first_line > picture->last_line)
        picture->first_line = line;
    picture->last_line = line;
}

/* ---- VBE modes ---- */

static void draw_bytes(const u8 *from, unsigned width, const u32 *colors, u32 *pixels)
{
    for (unsigned x = 0; x < width; x++)
        pixels[x] = colors[from[x]];
}

static u16 load16(const u8 *from)
{
    u16 value;

    memcpy(&value, from, sizeof value);
    return value;
}

static void draw_555(const u8 *from, unsigned width, u32 *pixels)
{
    for (unsigned x = 0; x < width; x++) {
        u32 value = load16(from + 2 * x);
        u32 red = value >> 10 & 0x1F, green = value >> 5 & 0x1F, blue = value & 0x1F;

        pixels[x] =
            (red << 3 | red >> 2) << 16 | (green << 3 | green >> 2) << 8 | (blue << 3 | blue >> 2);
    }
}

static void draw_565(const u8 *from, unsigned width, u32 *pixels)
{
    for (unsigned x = 0; x < width; x++) {
        u32 value = load16(from + 2 * x);
        u32 red = value >> 11 & 0x1F, green = value >> 5 & 0x3F, blue = value & 0x1F;

        pixels[x] =
            (red << 3 | red >> 2) << 16 | (green << 2 | green >> 4) << 8 | (blue << 3 | blue >> 2);
    }
}

static void draw_888(const u8 *from, unsigned width, u32 *pixels)
{
    for (unsigned x = 0; x < width; x++, from += 3)
        pixels[x] = from[0] | (u32)from[1] << 8 | (u32)from[2] << 16;
}

static void draw_8888(const u8 *from, unsigned width, u32 *pixels)
{
    memcpy(pixels, from, width * sizeof *pixels);
    for (unsigned x = 0; x < width; x++)
        pixels[x] &= 0xFFFFFF;
}

static void draw_vbe_line(const Vga *vga, const VbeMode *mode, const VgaRaster *raster, u32 offset,
                          u32 *pixels)
{
    const u8 *from = vga->memory.bytes + offset;

    switch (mode->bits_per_pixel) {
    case 4:
        vga_scan_draw_planar(vga, raster, offset, mode->pan, pixels);
        break;
    case 8:
        draw_bytes(from, mode->width, raster->colors, pixels);
        break;
    case 15:
        draw_555(from, mode->width, pixels);
        break;
    case 16:
        draw_565(from, mode->width, pixels);
        break;
    case 24:
        draw_888(from, mode->width, pixels);
        break;
    default:
        draw_8888(from, mode->width, pixels);
        break;
    }
}

static void draw_vbe(const Vga *vga, Picture *picture, bool everything)
{
    VbeMode mode = bochs_vbe_mode(vga);
    VgaRaster raster = vga_raster(vga);
    /* With four bits per pixel, offsets are those of a plane, and four planes make the bytes. */
    unsigned planes = mode.bits_per_pixel == 4 ? 4 : 1;
    u32 length = mode.bits_per_pixel == 4 ? mode.width / 8 + 1
                                          : mode.width * ((mode.bits_per_pixel + 1) / 8);

    raster.width = mode.width;
    if (mode.bits_per_pixel == 8)
        for (unsigned i = 0; i < 256; i++)
            raster.colors[i] = vga_dac_color(vga, (u8)i);
    for (unsigned y = 0; y < mode.height; y++) {
        u32 offset = mode.start + y * mode.stride;
        u64 first = (u64)offset * planes;

        if (!everything &&
            !bytes_changed(vga, &picture->view, first, first + (u64)length * planes - 1))
            continue;
        draw_vbe_line(vga, &mode, &raster, offset, picture->pixels + (u64)y * picture->width);
        mark_line(picture, y);
    }
}

/* ---- the VGA's own modes ---- */

static bool line_changed(const Vga *vga, const VgaView *view, const VgaRaster *raster,
                         const VgaScan *scan)
{
    u64 first = 4 * (u64)vga_scan_index(vga, scan, 0);
    u64 last = 4 * (u64)vga_scan_index(vga, scan, raster->columns) + 3;

    if (first <= last)
        return bytes_changed(vga, view, first, last);
    return bytes_changed(vga, view, first, 4 * PLANAR_INDEXES - 1) ||
           bytes_changed(vga, view, 0, last);
}

static bool font_changed(const Vga *vga, const VgaView *view)
{
    for (unsigned bit3 = 0; bit3 < 2; bit3++) {
        u64 first = 4 * (u64)vga_font_index(vga, bit3);

        if (bytes_changed(vga, view, first, first + FONT_BYTES - 1))
            return true;
    }
    return false;
}

/* Is there a character that a change of the blinking phase would show? */
static bool anything_blinks(const Vga *vga, const VgaRaster *raster)
{
    VgaScan scan;

    if (!(vga->attribute[ATTR_MODE] & 8))
        return false;
    if (!raster->text)
        return true;
    vga_scan_start(vga, &scan);
    for (unsigned y = 0; y < raster->height; y++, vga_scan_next(vga, &scan)) {
        if (y > 0 && scan.row_scan != 0)
            continue;
        for (unsigned x = 0; x <= raster->columns; x++)
            if (vga->memory.bytes[4 * (u64)vga_scan_index(vga, &scan, x) + 1] & 0x80)
                return true;
    }
    return false;
}

static bool cursor_in_line(const Vga *vga, const VgaRaster *raster, const VgaScan *scan)
{
    u32 cursor;
    unsigned first, last;
    /* Panning shows a part of one more. */
    unsigned columns = raster->columns + (scan->pan ? 1 : 0);

    return raster->text && vga_cursor(vga, &cursor, &first, &last) && scan->row_scan >= first &&
           scan->row_scan <= last && ((cursor - scan->address) & 0xFFFF) < columns;
}

static void draw_vga(const Vga *vga, Picture *picture, bool everything)
{
    VgaRaster raster = vga_raster(vga);
    bool cursor_changed = raster.cursor_on != picture->view.cursor_on;
    VgaScan scan, before = {.address = UINT32_MAX};

    if (raster.blink_on != picture->view.blink_on)
        everything |= anything_blinks(vga, &raster);
    if (raster.text)
        everything |= font_changed(vga, &picture->view);
    picture->view.cursor_on = raster.cursor_on;
    picture->view.blink_on = raster.blink_on;
    vga_scan_start(vga, &scan);
    for (unsigned y = 0; y < raster.height; y++, vga_scan_next(vga, &scan)) {
        u32 *pixels = picture->pixels + (u64)y * picture->width;
        bool draw = everything || line_changed(vga, &picture->view, &raster, &scan) ||
                    (cursor_changed && cursor_in_line(vga, &raster, &scan));

        if (draw && y > 0 && vga_scan_same(vga, &scan, &before))
            memcpy(pixels, pixels - picture->width, picture->width * sizeof *pixels);
        else if (draw)
            vga_scan_draw(vga, &raster, &scan, pixels);
        if (draw)
            mark_line(picture, y);
        before = scan;
    }
}

/* ---- pictures ---- */

void vga_picture_size(const Vga *vga, unsigned *width, unsigned *height)
{
    if (bochs_vbe_enabled(vga)) {
        VbeMode mode = bochs_vbe_mode(vga);

        *width = mode.width;
        *height = mode.height;
    } else if (vga->crtc[CRTC_H_TOTAL] == 0) {
        *width = BLANK_WIDTH;
        *height = BLANK_HEIGHT;
    } else {
        VgaRaster raster = vga_raster(vga);

        *width = raster.width;
        *height = raster.height;
    }
}

static void draw_blank(Picture *picture, bool everything)
{
    if (!everything)
        return;
    memset(picture->pixels, 0, (u64)picture->width * picture->height * sizeof *picture->pixels);
    picture->first_line = 0;
    picture->last_line = picture->height - 1;
}

bool vga_draw(Vga *vga, Picture *picture)
{
    unsigned width, height;
    bool everything;

    vga_picture_size(vga, &width, &height);
    if ((u64)width * height > picture->capacity)
        return false;
    everything = width != picture->width || height != picture->height || !picture->view.stamp ||
                 vga->registers_changed > picture->view.stamp;
    picture->width = width;
    picture->height = height;
    picture->first_line = 1;
    picture->last_line = 0;
    collect(vga, bochs_vbe_enabled(vga) ? VGA_PAGES : PLANAR_PAGES);
    if (bochs_vbe_enabled(vga))
        draw_vbe(vga, picture, everything);
    else if (vga_blanked(vga))
        draw_blank(picture, everything);
    else
        draw_vga(vga, picture, everything);
    picture->view.stamp = vga->stamp++;
    return picture->first_line <= picture->last_line;
}

/* ---- text ---- */

bool vga_is_text(const Vga *vga)
{
    return !bochs_vbe_enabled(vga) && !(vga->graphics[GFX_MISC] & 1);
}

static void text_row(const Vga *vga, const VgaScan *scan, TextScreen *screen, unsigned row)
{
    u32 cursor;
    unsigned first, last;
    bool shown = vga_cursor(vga, &cursor, &first, &last);

    for (unsigned column = 0; column < screen->columns; column++) {
        const u8 *planes = vga->memory.bytes + 4 * (u64)vga_scan_index(vga, scan, column);

        screen->cells[row * screen->columns + column] = (TextCell){planes[0], planes[1]};
        if (shown && ((scan->address + column) & 0xFFFF) == cursor) {
            screen->cursor = true;
            screen->cursor_column = column;
            screen->cursor_row = row;
        }
    }
}

bool vga_text(Vga *vga, TextScreen *screen)
{
    VgaRaster raster = vga_raster(vga);
    VgaScan scan;

    collect(vga, PLANAR_PAGES);
    if (screen->view.stamp && vga->registers_changed <= screen->view.stamp &&
        !bytes_changed(vga, &screen->view, 0, 4 * PLANAR_INDEXES - 1)) {
        screen->view.stamp = vga->stamp++;
        return false;
    }
    screen->view.stamp = vga->stamp++;
    screen->columns = raster.columns;
    screen->rows = 0;
    screen->cursor = false;
    screen->blink = vga->attribute[ATTR_MODE] & 8;
    memcpy(screen->colors, raster.colors, sizeof screen->colors);
    if (vga_blanked(vga)) {
        screen->columns = 80;
        screen->rows = 25;
        memset(screen->cells, 0, 80 * 25 * sizeof screen->cells[0]);
        return true;
    }
    vga_scan_start(vga, &scan);
    for (unsigned y = 0; y < raster.height && screen->rows < TEXT_MAX_ROWS; y++) {
        if (y == 0 || (scan.row_scan == 0 && !scan.repeat))
            text_row(vga, &scan, screen, screen->rows++);
        vga_scan_next(vga, &scan);
    }
    return true;
}
