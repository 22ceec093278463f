#include "tests/vga_board.h"

static u32 planes_at(const VgaBoard *board, u32 index)
{
    u32 planes;

    memcpy(&planes, board->vga.memory.bytes + 4 * (u64)index, sizeof planes);
    return planes;
}

Test(vga_window, memory_map_select)
{
    VgaBoard *board = board_create(NULL, 0);
    static const struct {
        u8 map;
        u32 inside, outside;
    } rows[] = {{0x05, 0xAFFFF, 0xB0000},
                {0x09, 0xB7FFF, 0xAFFFF},
                {0x09, 0xB0000, 0xB8000},
                {0x0D, 0xBFFFF, 0xB7FFF},
                {0x0D, 0xB8000, 0xA8000}};

    set_mode(board, MODE_12H);
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        graphics(board, GFX_MISC, rows[i].map);
        poke(board, rows[i].inside, 0x5A);
        poke(board, rows[i].outside, 0x77);
        cr_expect_eq(peek(board, rows[i].inside), 0x5A, "row %u", i);
        cr_expect_eq(peek(board, rows[i].outside), 0xFF, "row %u", i);
    }
    out8(board, 0x3C2, 0xE1);
    cr_expect_eq(peek(board, 0xB8000), 0xFF, "memory switched off");
    board_destroy(board);
}

Test(vga_window, write_mode_0_set_reset_function_and_bit_mask)
{
    VgaBoard *board = board_create(NULL, 0);

    set_mode(board, MODE_12H);
    graphics(board, GFX_ENABLE_SET_RESET, 0x3);
    graphics(board, GFX_SET_RESET, 0x1);
    graphics(board, GFX_ROTATE, 1);
    poke(board, 0xA0010, 0x81);
    cr_expect_eq(planes_at(board, 0x10), 0xC0C000FF, "planes 0 and 1 from set/reset, rotated data");
    graphics(board, GFX_ENABLE_SET_RESET, 0);
    graphics(board, GFX_ROTATE, 0x18);
    graphics(board, GFX_BIT_MASK, 0x0F);
    peek(board, 0xA0010);
    poke(board, 0xA0011, 0xFF);
    cr_expect_eq(planes_at(board, 0x11), 0xCFCF0FF0, "XOR with the latches, low bits only");
    graphics(board, GFX_ROTATE, 0x08);
    sequencer(board, SEQ_MAP_MASK, 0x5);
    poke(board, 0xA0012, 0x05);
    cr_expect_eq(planes_at(board, 0x12), 0x00C000F5, "AND, planes 0 and 2");
    graphics(board, GFX_ROTATE, 0x10);
    sequencer(board, SEQ_MAP_MASK, 0xA);
    poke(board, 0xA0013, 0x05);
    cr_expect_eq(planes_at(board, 0x13), 0xC5000500, "OR, planes 1 and 3");
    board_destroy(board);
}

Test(vga_window, write_modes_1_2_and_3)
{
    VgaBoard *board = board_create(NULL, 0);

    set_mode(board, MODE_12H);
    for (unsigned i = 0; i < 4; i++) {
        sequencer(board, SEQ_MAP_MASK, 1u << i);
        poke(board, 0xA0000, (u8)(0x11 * (i + 1)));
    }
    sequencer(board, SEQ_MAP_MASK, 0xF);
    graphics(board, GFX_MODE, 1);
    peek(board, 0xA0000);
    poke(board, 0xA0020, 0);
    cr_expect_eq(planes_at(board, 0x20), 0x44332211, "mode 1 copies the latches");
    graphics(board, GFX_MODE, 2);
    graphics(board, GFX_BIT_MASK, 0xF0);
    poke(board, 0xA0021, 0x9);
    cr_expect_eq(planes_at(board, 0x21), 0xF40302F1, "mode 2: a colour");
    graphics(board, GFX_MODE, 3);
    graphics(board, GFX_BIT_MASK, 0xFC);
    graphics(board, GFX_SET_RESET, 0x6);
    poke(board, 0xA0022, 0x0F);
    cr_expect_eq(planes_at(board, 0x22), 0x403F2E11, "mode 3: data is a mask");
    board_destroy(board);
}

Test(vga_window, read_modes)
{
    VgaBoard *board = board_create(NULL, 0);

    set_mode(board, MODE_12H);
    for (unsigned i = 0; i < 4; i++) {
        sequencer(board, SEQ_MAP_MASK, 1u << i);
        poke(board, 0xA0005, (u8)(0xF0 >> i));
    }
    for (u8 i = 0; i < 4; i++) {
        graphics(board, GFX_READ_MAP, i);
        cr_expect_eq(peek(board, 0xA0005), 0xF0 >> i);
    }
    graphics(board, GFX_MODE, 8);
    graphics(board, GFX_COLOR_COMPARE, 0x7);
    graphics(board, GFX_COLOR_DONT_CARE, 0xF);
    cr_expect_eq(peek(board, 0xA0005), 0x20, "pixels of colour 7");
    graphics(board, GFX_COLOR_DONT_CARE, 0x7);
    cr_expect_eq(peek(board, 0xA0005), 0x30, "of 7 or 15");
    graphics(board, GFX_COLOR_DONT_CARE, 0);
    cr_expect_eq(peek(board, 0xA0005), 0xFF, "of any colour");
    board_destroy(board);
}

Test(vga_window, odd_even_is_how_text_lies_in_the_planes)
{
    VgaBoard *board = board_create(NULL, 0);

    set_mode(board, MODE_03H);
    poke(board, 0xB8002, 'A');
    poke(board, 0xB8003, 0x1F);
    cr_expect_eq(planes_at(board, 2), 0x00001F00 | 'A');
    cr_expect_eq(peek(board, 0xB8002), 'A');
    cr_expect_eq(peek(board, 0xB8003), 0x1F);
    space_write(&board->memory, 0xB8004, DWORD, 0x07420741);
    cr_expect_eq(space_read(&board->memory, 0xB8002, QWORD) & 0xFFFFFFFFFFFF, 0x074207411F41);
    board_destroy(board);
}

Test(vga_window, chain_4_is_plain_memory_while_nothing_interferes)
{
    VgaBoard *board = board_create(NULL, 0);

    set_mode(board, MODE_13H);
    cr_expect_not_null(space_host(&board->memory, 0xA0000, true));
    space_write(&board->memory, 0xA0000, DWORD, 0x44332211);
    cr_expect_eq(planes_at(board, 0), 0x44332211);
    sequencer(board, SEQ_MAP_MASK, 0x2);
    cr_expect_null(space_host(&board->memory, 0xA0000, true));
    space_write(&board->memory, 0xA0000, DWORD, 0xFFFFFFFF);
    cr_expect_eq(planes_at(board, 0), 0x4433FF11, "the map mask counts in chain 4 as well");
    cr_expect_eq(peek(board, 0xA0001), 0xFF);
    sequencer(board, SEQ_MAP_MASK, 0xF);
    graphics(board, GFX_BIT_MASK, 0x0F);
    peek(board, 0xA0000);
    poke(board, 0xA0000, 0);
    cr_expect_eq(planes_at(board, 0), 0x4433FF10, "and so does the bit mask");
    graphics(board, GFX_BIT_MASK, 0xFF);
    cr_expect_not_null(space_host(&board->memory, 0xA0000, true));
    set_mode(board, MODE_12H);
    cr_expect_null(space_host(&board->memory, 0xA0000, true));
    board_destroy(board);
}
