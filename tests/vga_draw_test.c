#include "tests/vga_board.h"

#include <inttypes.h>

/* The standard colours of the attribute controller's sixteen inputs in CGA_PALETTE16 modes. */
static u32 text_color(unsigned color)
{
    return dac_color(vga_modes[MODE_03H].attribute[color]);
}

/* A font whose glyph c has, on line y, the bits c ^ y. */
static void load_font(VgaBoard *board, u16 offset)
{
    sequencer(board, SEQ_MAP_MASK, 4);
    sequencer(board, SEQ_MEMORY_MODE, 7);
    graphics(board, GFX_MODE, 0);
    graphics(board, GFX_MISC, 4);
    for (unsigned character = 0; character < 256; character++)
        for (unsigned line = 0; line < 16; line++)
            poke(board, 0xA0000 + offset + 32 * character + line, (u8)(character ^ line));
    set_mode(board, MODE_03H);
    crtc(board, CRTC_CURSOR_START, 0x20);
}

static VgaBoard *text_board(void)
{
    VgaBoard *board = board_create(NULL, 0);

    set_mode(board, MODE_03H);
    load_font(board, 0);
    return board;
}

static void put(VgaBoard *board, unsigned cell, u8 character, u8 color)
{
    poke(board, 0xB8000 + 2 * cell, character);
    poke(board, 0xB8000 + 2 * cell + 1, color);
}

static void expect_size(const VgaBoard *board, unsigned width, unsigned height)
{
    cr_assert_eq(board->picture.width, width, "width %u, not %u", board->picture.width, width);
    cr_assert_eq(board->picture.height, height, "height %u, not %u", board->picture.height, height);
}

static void expect_hash(const VgaBoard *board, u64 expected)
{
    u64 hash = picture_hash(board);

    cr_assert_eq(hash, expected, "%u x %u: picture is 0x%016" PRIX64, board->picture.width,
                 board->picture.height, hash);
}

/* ---- text ---- */

Test(vga_text, characters_are_nine_dots_wide)
{
    VgaBoard *board = text_board();

    put(board, 81, 0x81, 0x1E);
    draw(board);
    expect_size(board, 720, 400);
    for (unsigned y = 0; y < 16; y++)
        for (unsigned x = 0; x < 9; x++) {
            bool set = x < 8 && ((0x81 ^ y) >> (7 - x) & 1);

            cr_assert_eq(pixel(board, 9 + x, 16 + y), text_color(set ? 0xE : 1), "at %u, %u", x, y);
        }
    board_destroy(board);
}

Test(vga_text, ninth_dot_repeats_the_eighth_of_line_drawing_characters)
{
    VgaBoard *board = text_board();

    put(board, 0, 0xC1, 0x0F);
    put(board, 1, 0xBF, 0x0F);
    put(board, 2, 0xDF, 0x0F);
    put(board, 3, 0xE1, 0x0F);
    draw(board);
    cr_expect_eq(pixel(board, 8, 0), text_color(15));
    cr_expect_eq(pixel(board, 17, 0), text_color(0), "BFh is not one of them");
    cr_expect_eq(pixel(board, 26, 0), text_color(15));
    cr_expect_eq(pixel(board, 35, 0), text_color(0));
    attribute(board, ATTR_MODE, 0x08);
    draw(board);
    cr_expect_eq(pixel(board, 8, 0), text_color(0), "without line graphics the gap stays");
    board_destroy(board);
}

Test(vga_text, blinking_hides_and_shows)
{
    VgaBoard *board = text_board();
    u64 frame = (u64)BOARD_HZ * 449 / (28322000 / 900) + 1;

    put(board, 0, 0xFF, 0x8F);
    draw(board);
    cr_expect_eq(pixel(board, 0, 0), text_color(15));
    cr_expect_eq(pixel(board, 8, 0), text_color(0), "bit 7 blinks, and is no colour");
    board->cycles += 16 * frame;
    draw(board);
    cr_expect_eq(pixel(board, 0, 0), text_color(0));
    board->cycles += 16 * frame;
    draw(board);
    cr_expect_eq(pixel(board, 0, 0), text_color(15));
    attribute(board, ATTR_MODE, 0x04);
    draw(board);
    cr_expect_eq(pixel(board, 8, 0), text_color(8), "without blinking it is a colour");
    board_destroy(board);
}

Test(vga_text, cursor_blinks_in_its_lines)
{
    VgaBoard *board = text_board();
    u64 frame = (u64)BOARD_HZ * 449 / (28322000 / 900) + 1;

    put(board, 80, 0, 0x07);
    crtc(board, CRTC_CURSOR_START, 13);
    crtc(board, CRTC_CURSOR_END, 14);
    crtc(board, CRTC_CURSOR_LOW, 80);
    draw(board);
    for (unsigned y = 0; y < 16; y++)
        cr_expect_eq(pixel(board, 0, 16 + y), text_color(y == 13 || y == 14 ? 7 : 0), "line %u", y);
    cr_expect_eq(pixel(board, 8, 29), text_color(7), "the ninth dot too");
    cr_expect_eq(pixel(board, 9, 29), text_color(0));
    board->cycles += 8 * frame;
    draw(board);
    cr_expect_eq(board->picture.first_line, 16 + 13, "only its own lines are drawn again");
    cr_expect_eq(board->picture.last_line, 16 + 14);
    cr_expect_eq(pixel(board, 0, 29), text_color(0));
    crtc(board, CRTC_CURSOR_END, 12);
    board->cycles += 8 * frame;
    draw(board);
    cr_expect_eq(pixel(board, 0, 29), text_color(0), "an end before the start hides it");
    board_destroy(board);
}

Test(vga_text, attribute_1_underlines)
{
    VgaBoard *board = board_create(NULL, 0);

    set_mode(board, MODE_03H);
    load_font(board, 0);
    set_mode(board, MODE_07H);
    crtc(board, CRTC_CURSOR_START, 0x20);
    poke(board, 0xB0000, 0);
    poke(board, 0xB0001, 1);
    draw(board);
    expect_size(board, 720, 350);
    cr_expect_eq(pixel(board, 8, 13), dac_color(8), "all nine dots of line 13");
    cr_expect_eq(pixel(board, 0, 12), dac_color(0));
    board_destroy(board);
}

Test(vga_text, bit_3_selects_the_second_font)
{
    VgaBoard *board = text_board();

    load_font(board, 0x4000);
    sequencer(board, SEQ_MAP_MASK, 4);
    sequencer(board, SEQ_MEMORY_MODE, 7);
    graphics(board, GFX_MODE, 0);
    graphics(board, GFX_MISC, 4);
    poke(board, 0xA0000 + 0x4000, 0xFF);
    set_mode(board, MODE_03H);
    put(board, 0, 0, 0x08);
    put(board, 1, 0, 0x07);
    sequencer(board, SEQ_FONT, 4);
    draw(board);
    cr_expect_eq(pixel(board, 0, 0), text_color(8));
    cr_expect_eq(pixel(board, 9, 0), text_color(0));
    sequencer(board, SEQ_FONT, 1);
    draw(board);
    cr_expect_eq(pixel(board, 0, 0), text_color(0));
    cr_expect_eq(pixel(board, 9, 0), text_color(7));
    board_destroy(board);
}

Test(vga_text, panning_and_preset_row_shift_the_picture)
{
    VgaBoard *board = text_board();

    put(board, 0, 0xFF, 0x07);
    put(board, 1, 0x0F, 0x07);
    put(board, 80, 0x33, 0x07);
    attribute(board, ATTR_PEL_PANNING, 3);
    crtc(board, CRTC_PRESET_ROW, 5);
    draw(board);
    /* 3 means four dots with nine-dot characters; the first line shown is line 5 of the glyphs. */
    cr_expect_eq(pixel(board, 0, 0), text_color((0xFF ^ 5) >> 3 & 1 ? 7 : 0));
    cr_expect_eq(pixel(board, 1, 0), text_color((0xFF ^ 5) >> 2 & 1 ? 7 : 0));
    cr_expect_eq(pixel(board, 5, 0), text_color((0x0F ^ 5) >> 7 & 1 ? 7 : 0));
    cr_expect_eq(pixel(board, 12, 0), text_color((0x0F ^ 5) & 1 ? 7 : 0));
    cr_expect_eq(pixel(board, 3, 11), text_color(0x33 & 1 ? 7 : 0), "the second row comes early");
    board_destroy(board);
}

Test(vga_text, cells_for_terminals)
{
    VgaBoard *board = text_board();
    TextScreen *text = calloc(1, sizeof *text);

    put(board, 80 + 2, 'x', 0x4F);
    crtc(board, CRTC_CURSOR_START, 13);
    crtc(board, CRTC_CURSOR_LOW, 83);
    cr_assert(vga_is_text(&board->vga));
    cr_assert(vga_text(&board->vga, text));
    cr_expect_eq(text->columns, 80);
    cr_expect_eq(text->rows, 25);
    cr_expect_eq(text->cells[82].character, 'x');
    cr_expect_eq(text->cells[82].attribute, 0x4F);
    cr_expect(text->cursor && text->cursor_column == 3 && text->cursor_row == 1);
    cr_expect(text->blink);
    cr_expect_eq(text->colors[12], text_color(12));
    cr_expect_not(vga_text(&board->vga, text), "nothing has changed");
    put(board, 5, 'y', 7);
    cr_expect(vga_text(&board->vga, text));
    cr_expect_eq(text->cells[5].character, 'y');
    set_mode(board, MODE_12H);
    cr_expect_not(vga_is_text(&board->vga));
    board_destroy(board);
    free(text);
}

/* ---- every family of modes ----
 *
 * The checksums of the graphics modes are those of the pictures that QEMU 7.2 shows, dot by dot,
 * after the same writes. */

Test(vga_modes, text_80_columns)
{
    VgaBoard *board = text_board();

    fill_noise(board, 0xB8000, 4000, 5);
    draw(board);
    expect_size(board, 720, 400);
    expect_hash(board, 0xA4414B1CCC972AF5);
    board_destroy(board);
}

Test(vga_modes, text_40_columns)
{
    VgaBoard *board = text_board();

    set_mode(board, MODE_01H);
    crtc(board, CRTC_CURSOR_START, 0x20);
    fill_noise(board, 0xB8000, 2000, 5);
    draw(board);
    expect_size(board, 720, 400);
    expect_hash(board, 0x6574BFCC04C69615);
    board_destroy(board);
}

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
