#include "tests/vga_board.h"

Test(vga_ports, indexed_registers_keep_the_bits_that_exist)
{
    VgaBoard *board = board_create(NULL, 0);
    static const struct {
        u16 port;
        u8 index, bits;
    } rows[] = {{0x3C4, 1, 0x3D}, {0x3C4, 2, 0x0F}, {0x3C4, 4, 0x0E},
                {0x3CE, 0, 0x0F}, {0x3CE, 3, 0x1F}, {0x3CE, 5, 0x7B},
                {0x3CE, 8, 0xFF}, {0x3C4, 7, 0x00}, {0x3CE, 15, 0x00}};

    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        indexed(board, rows[i].port, rows[i].index, 0xFF);
        cr_expect_eq(in8(board, rows[i].port), rows[i].index);
        cr_expect_eq(in8(board, rows[i].port + 1), rows[i].bits, "%X.%u", rows[i].port,
                     rows[i].index);
    }
    board_destroy(board);
}

Test(vga_ports, a_word_writes_index_and_data)
{
    VgaBoard *board = board_create(NULL, 0);

    space_write(&board->ports, 0x3C4, WORD, 0x0A02);
    cr_expect_eq(board->vga.sequencer[SEQ_MAP_MASK], 0x0A);
    board_destroy(board);
}

Test(vga_ports, attribute_flip_flop)
{
    VgaBoard *board = board_create(NULL, 0);

    out8(board, 0x3C2, 1);
    in8(board, 0x3DA);
    out8(board, 0x3C0, 3);
    out8(board, 0x3C0, 0x15);
    out8(board, 0x3C0, 4);
    in8(board, 0x3DA);
    out8(board, 0x3C0, 3);
    cr_expect_eq(in8(board, 0x3C0), 3);
    cr_expect_eq(in8(board, 0x3C1), 0x15);
    in8(board, 0x3DA);
    out8(board, 0x3C0, 0x23);
    out8(board, 0x3C0, 0x2A);
    cr_expect_eq(in8(board, 0x3C1), 0x15, "while the display has the palette it is protected");
    out8(board, 0x3C0, 0x33);
    out8(board, 0x3C0, 0x07);
    cr_expect_eq(board->vga.attribute[ATTR_PEL_PANNING], 7, "only the palette is");
    board_destroy(board);
}

Test(vga_ports, crtc_moves_with_misc_output)
{
    VgaBoard *board = board_create(NULL, 0);

    out8(board, 0x3C2, 0x01);
    indexed(board, 0x3D4, 12, 0x5A);
    indexed(board, 0x3B4, 12, 0xA5);
    cr_expect_eq(in8(board, 0x3D5), 0x5A);
    cr_expect_eq(in8(board, 0x3B5), 0xFF);
    out8(board, 0x3C2, 0x00);
    cr_expect_eq(in8(board, 0x3CC), 0x00);
    cr_expect_eq(in8(board, 0x3B5), 0x5A);
    cr_expect_eq(in8(board, 0x3D5), 0xFF);
    cr_expect_eq(in8(board, 0x3BC), 0xFF, "that is the parallel port's");
    board_destroy(board);
}

Test(vga_ports, crtc_protection)
{
    VgaBoard *board = board_create(NULL, 0);

    out8(board, 0x3C2, 0x01);
    indexed(board, 0x3D4, CRTC_V_RETRACE_END, 0x80);
    indexed(board, 0x3D4, CRTC_H_TOTAL, 0x5F);
    indexed(board, 0x3D4, CRTC_OVERFLOW, 0xFF);
    indexed(board, 0x3D4, CRTC_PRESET_ROW, 0x11);
    cr_expect_eq(board->vga.crtc[CRTC_H_TOTAL], 0);
    cr_expect_eq(board->vga.crtc[CRTC_OVERFLOW], 0x10, "line compare bit 8 is never protected");
    cr_expect_eq(board->vga.crtc[CRTC_PRESET_ROW], 0x11);
    indexed(board, 0x3D4, CRTC_V_RETRACE_END, 0x00);
    indexed(board, 0x3D4, CRTC_H_TOTAL, 0x5F);
    cr_expect_eq(board->vga.crtc[CRTC_H_TOTAL], 0x5F);
    board_destroy(board);
}

Test(vga_ports, dac_counts_by_itself)
{
    VgaBoard *board = board_create(NULL, 0);

    out8(board, 0x3C8, 254);
    for (u8 i = 1; i <= 9; i++)
        out8(board, 0x3C9, 0xC0 | i);
    cr_expect_eq(in8(board, 0x3C8), 1, "it wraps");
    cr_expect_eq(in8(board, 0x3C7), 0, "state: writing");
    out8(board, 0x3C7, 255);
    cr_expect_eq(in8(board, 0x3C7), 3, "state: reading");
    for (u8 i = 4; i <= 9; i++)
        cr_expect_eq(in8(board, 0x3C9), i, "six bits each");
    cr_expect_eq(in8(board, 0x3C8), 2, "one further than the next to be read");
    out8(board, 0x3C8, 0);
    out8(board, 0x3C9, 0x3F);
    out8(board, 0x3C9, 0x3F);
    cr_expect_eq(board->vga.dac[0], 7, "a colour takes effect with its blue");
    out8(board, 0x3C9, 0x3F);
    cr_expect_eq(board->vga.dac[0], 0x3F);
    board_destroy(board);
}

Test(vga_ports, subsystem_enable_switches_it_off)
{
    VgaBoard *board = board_create(NULL, 0);

    set_mode(board, MODE_13H);
    poke(board, 0xA0000, 0x12);
    out8(board, 0x3C3, 0);
    cr_expect_eq(in8(board, 0x3CC), 0xFF);
    cr_expect_eq(peek(board, 0xA0000), 0xFF);
    out8(board, 0x3C3, 1);
    cr_expect_eq(in8(board, 0x3CC), 0x63);
    cr_expect_eq(peek(board, 0xA0000), 0x12);
    board_destroy(board);
}
