/* Pictures in the text modes: characters, attributes, cursor. */
#include "tests/vga_board.h"

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

/* ---- whole screens ---- */

Test(vga_text, screen_of_80_columns)
{
    VgaBoard *board = text_board();

    fill_noise(board, 0xB8000, 4000, 5);
    draw(board);
    expect_size(board, 720, 400);
    expect_hash(board, 0xA4414B1CCC972AF5);
    board_destroy(board);
}

Test(vga_text, screen_of_40_columns)
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
