/* Pictures in the graphics modes: of VGA, and of Bochs VBE. */
#include "tests/vga_board.h"

/* ---- every family of graphics modes ----
 *
 * The checksums are those of the pictures that QEMU 7.2 shows, dot by dot,
 * after the same writes. */

Test(vga_modes, cga_four_colours)
{
    VgaBoard *board = board_create(NULL, 0);

    set_mode(board, MODE_04H);
    fill_noise(board, 0xB8000, 0x4000, 8);
    poke(board, 0xB8000, 0x1B);
    poke(board, 0xBA000, 0xE4);
    draw(board);
    expect_size(board, 640, 400);
    for (unsigned x = 0; x < 4; x++) {
        u8 odd = vga_modes[MODE_04H].attribute[3 - x], even = vga_modes[MODE_04H].attribute[x];

        cr_expect_eq(pixel(board, 2 * x, 0), dac_color(even));
        cr_expect_eq(pixel(board, 2 * x + 1, 1), dac_color(even), "two dots, two lines");
        cr_expect_eq(pixel(board, 2 * x, 2), dac_color(odd), "odd lines lie 8 KiB on");
    }
    expect_hash(board, 0x21B1DDC64A75ADC9);
    board_destroy(board);
}

Test(vga_modes, cga_two_colours)
{
    VgaBoard *board = board_create(NULL, 0);

    set_mode(board, MODE_06H);
    fill_noise(board, 0xB8000, 0x4000, 9);
    draw(board);
    expect_size(board, 640, 400);
    expect_hash(board, 0x4B2421C6B1C08C55);
    board_destroy(board);
}

static void planar_mode(VgaMode mode, u32 length, unsigned height, u64 hash)
{
    VgaBoard *board = board_create(NULL, 0);

    set_mode(board, mode);
    fill_planes(board, length);
    draw(board);
    expect_size(board, 640, height);
    expect_hash(board, hash);
    board_destroy(board);
}

Test(vga_modes, planar_0dh)
{
    planar_mode(MODE_0DH, 8000, 400, 0x02E8163EE6DAA725);
}
Test(vga_modes, planar_0eh)
{
    planar_mode(MODE_0EH, 16000, 400, 0x4B1675F97AB93D8D);
}
Test(vga_modes, planar_10h)
{
    planar_mode(MODE_10H, 28000, 350, 0xB370C5B2B2598F99);
}
Test(vga_modes, planar_12h)
{
    planar_mode(MODE_12H, 38400, 480, 0x6CE24B2470E0563F);
}
Test(vga_modes, mode_x)
{
    planar_mode(MODE_X, 19200, 480, 0x7858871BA095F775);
}

Test(vga_modes, mode_13h)
{
    VgaBoard *board = board_create(NULL, 0);

    set_mode(board, MODE_13H);
    fill_noise(board, 0xA0000, 64000, 30);
    poke(board, 0xA0000 + 320 + 1, 0xC5);
    draw(board);
    expect_size(board, 640, 400);
    for (unsigned i = 0; i < 4; i++)
        cr_expect_eq(pixel(board, 2 + i % 2, 2 + i / 2), dac_color(0xC5));
    expect_hash(board, 0x30C01C1BF4F77425);
    board_destroy(board);
}

/* ---- scrolling ---- */

Test(vga_scroll, line_compare_splits_the_screen)
{
    VgaBoard *board = board_create(NULL, 0);

    set_mode(board, MODE_12H);
    poke(board, 0xA0000, 0xFF);
    poke(board, 0xA0000 + 800, 0x80);
    crtc(board, CRTC_START_HIGH, 800 >> 8);
    crtc(board, CRTC_START_LOW, 800 & 0xFF);
    crtc(board, CRTC_LINE_COMPARE, 99);
    crtc(board, CRTC_OVERFLOW, 0x2E);
    crtc(board, CRTC_MAX_SCAN_LINE, 0);
    attribute(board, ATTR_PEL_PANNING, 1);
    attribute(board, ATTR_MODE, 0x21);
    draw(board);
    cr_expect_eq(pixel(board, 0, 0), dac_color(0), "shifted by a dot");
    cr_expect_eq(pixel(board, 7, 99), dac_color(0));
    cr_expect_eq(pixel(board, 0, 100), dac_color(0x3F), "address 0, and no panning");
    cr_expect_eq(pixel(board, 7, 100), dac_color(0x3F));
    cr_expect_eq(pixel(board, 8, 100), dac_color(0));
    attribute(board, ATTR_MODE, 0x01);
    draw(board);
    cr_expect_eq(pixel(board, 7, 100), dac_color(0), "panning of the lower half as well");
    board_destroy(board);
}

Test(vga_scroll, panning_in_256_colours_counts_pixels)
{
    VgaBoard *board = board_create(NULL, 0);

    set_mode(board, MODE_X);
    for (unsigned i = 0; i < 4; i++) {
        sequencer(board, SEQ_MAP_MASK, 1u << i);
        poke(board, 0xA0000, (u8)(10 + i));
        poke(board, 0xA0001, (u8)(14 + i));
    }
    for (unsigned pan = 0; pan < 4; pan++) {
        attribute(board, ATTR_PEL_PANNING, (u8)(2 * pan));
        draw(board);
        for (unsigned x = 0; x < 4; x++)
            cr_expect_eq(pixel(board, 2 * x, 0), dac_color(10 + pan + x));
    }
    board_destroy(board);
}

/* ---- colours ---- */

Test(vga_color, the_palette_the_color_select_and_the_mask)
{
    VgaBoard *board = board_create(NULL, 0);

    set_mode(board, MODE_12H);
    sequencer(board, SEQ_MAP_MASK, 5);
    poke(board, 0xA0000, 0x80);
    draw(board);
    cr_expect_eq(pixel(board, 0, 0), dac_color(5));
    attribute(board, ATTR_COLOR_SELECT, 0x0E);
    draw(board);
    cr_expect_eq(pixel(board, 0, 0), dac_color(0xC5));
    attribute(board, ATTR_MODE, 0x81);
    draw(board);
    cr_expect_eq(pixel(board, 0, 0), dac_color(0xE5));
    attribute(board, ATTR_PLANE_ENABLE, 0x0E);
    draw(board);
    cr_expect_eq(pixel(board, 0, 0), dac_color(0xE4));
    out8(board, 0x3C6, 0x0F);
    draw(board);
    cr_expect_eq(pixel(board, 0, 0), dac_color(0x04));
    board_destroy(board);
}

Test(vga_color, a_blanked_screen_is_black)
{
    VgaBoard *board = board_create(NULL, 0);

    set_mode(board, MODE_13H);
    fill_noise(board, 0xA0000, 64000, 1);
    draw(board);
    cr_expect_neq(pixel(board, 0, 0), 0);
    sequencer(board, SEQ_CLOCKING, 0x21);
    draw(board);
    cr_expect_eq(pixel(board, 0, 0), 0);
    sequencer(board, SEQ_CLOCKING, 0x01);
    draw(board);
    cr_expect_neq(pixel(board, 0, 0), 0);
    in8(board, 0x3DA);
    out8(board, 0x3C0, 0);
    draw(board);
    cr_expect_eq(pixel(board, 0, 0), 0, "the processor has the palette");
    board_destroy(board);
}

/* ---- only what changed ---- */

Test(vga_changes, nothing_is_drawn_twice)
{
    VgaBoard *board = board_create(NULL, 0);
    Picture second = {.capacity = BOARD_PIXELS, .pixels = calloc(BOARD_PIXELS, sizeof(u32))};

    set_mode(board, MODE_13H);
    draw(board);
    cr_expect_not(vga_draw(&board->vga, &board->picture));
    poke(board, 0xA0000 + 100 * 320, 1);
    cr_expect(vga_draw(&board->vga, &board->picture));
    cr_expect(board->picture.first_line <= 200 && board->picture.first_line > 160);
    cr_expect(board->picture.last_line >= 201 && board->picture.last_line < 240);
    cr_expect_not(vga_draw(&board->vga, &board->picture));
    cr_expect(vga_draw(&board->vga, &second), "another viewer has not seen it");
    cr_expect_eq(second.pixels[200 * 640], dac_color(1));
    cr_expect_not(vga_draw(&board->vga, &second));
    out8(board, 0x3C8, 1);
    for (unsigned i = 0; i < 3; i++)
        out8(board, 0x3C9, 0x3F);
    cr_expect(vga_draw(&board->vga, &board->picture), "a colour has changed");
    cr_expect_eq(pixel(board, 0, 200), 0xFFFFFF);
    sequencer(board, SEQ_MAP_MASK, 3);
    graphics(board, GFX_BIT_MASK, 0x55);
    cr_expect_not(vga_draw(&board->vga, &board->picture), "these are not the display's business");
    free(second.pixels);
    board_destroy(board);
}

/* ---- Bochs VBE ---- */

static void expect_vbe_pixel(u16 bits, const u8 *bytes, unsigned count, u32 expected)
{
    VgaBoard *board = board_create(NULL, 0);

    set_vbe_mode(board, 800, 600, bits, VBE_ENABLED | VBE_LINEAR);
    memcpy(board->vga.memory.bytes + (u64)(3 * 800 + 2) * count, bytes, count);
    space_mark_written(&board->memory, &board->vga.memory, (u64)(3 * 800 + 2) * count, count);
    draw(board);
    expect_size(board, 800, 600);
    cr_expect_eq(pixel(board, 2, 3), expected, "%u bits: %06X", bits, pixel(board, 2, 3));
    cr_expect_eq(pixel(board, 1, 3), 0);
    cr_expect_eq(pixel(board, 3, 3), 0);
    board_destroy(board);
}

Test(vga_vbe_picture, true_colour_depths)
{
    expect_vbe_pixel(15, (const u8[]){0x1F, 0x7C}, 2, 0xFF00FF);
    expect_vbe_pixel(15, (const u8[]){0xE0, 0x03}, 2, 0x00FF00);
    expect_vbe_pixel(16, (const u8[]){0xE0, 0x07}, 2, 0x00FF00);
    expect_vbe_pixel(16, (const u8[]){0x00, 0x80}, 2, 0x840000);
    expect_vbe_pixel(24, (const u8[]){0x11, 0x22, 0x33}, 3, 0x332211);
    expect_vbe_pixel(32, (const u8[]){0x11, 0x22, 0x33, 0x44}, 4, 0x332211);
}

Test(vga_vbe_picture, virtual_screen_and_offsets)
{
    VgaBoard *board = board_create(NULL, 0);

    set_vbe_mode(board, 640, 480, 8, VBE_ENABLED | VBE_8BIT_DAC);
    out8(board, 0x3C8, 7);
    for (u8 i = 1; i < 4; i++)
        out8(board, 0x3C9, 0x55 * i);
    vbe(board, VBE_VIRTUAL_WIDTH, 1024);
    vbe(board, VBE_X_OFFSET, 33);
    vbe(board, VBE_Y_OFFSET, 100);
    poke(board, 0xA0000, 9);
    vbe(board, VBE_BANK, 1);
    poke(board, 0xA0000 + (102 * 1024 + 33 - 0x10000), 7);
    draw(board);
    cr_expect_eq(board->vga.memory.bytes[102 * 1024 + 33], 7);
    cr_expect_eq(pixel(board, 0, 2), 0x55AAFF);
    cr_expect_eq(pixel(board, 1, 2), 0);
    board_destroy(board);
}

Test(vga_vbe_picture, four_bits_are_planes)
{
    VgaBoard *board = board_create(NULL, 0);

    set_mode(board, MODE_12H);
    set_vbe_mode(board, 800, 600, 4, VBE_ENABLED);
    sequencer(board, SEQ_MAP_MASK, 9);
    poke(board, 0xA0000 + 100, 0x81);
    vbe(board, VBE_X_OFFSET, 3);
    draw(board);
    expect_size(board, 800, 600);
    cr_expect_eq(pixel(board, 4, 1), dac_color(0x39));
    cr_expect_eq(pixel(board, 5, 1), dac_color(0));
    cr_expect_eq(pixel(board, 797, 0), dac_color(0x39), "the next line's first pixels come in");
    board_destroy(board);
}
