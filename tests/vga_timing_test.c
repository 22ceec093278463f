#include "tests/vga_board.h"

#include "devices/vga_timing.h"

/* Cycles from the next start of `bit` in status register 1 to the one after it. */
static u64 period(VgaBoard *board, u8 mask, u64 step)
{
    u64 starts[2];

    for (unsigned i = 0; i < 2; i++) {
        while (in8(board, 0x3DA) & mask)
            board->cycles += step;
        while (!(in8(board, 0x3DA) & mask))
            board->cycles += step;
        starts[i] = board->cycles;
    }
    return starts[1] - starts[0];
}

Test(vga_timing, frames_and_lines_take_their_time)
{
    VgaBoard *board = board_create(NULL, 0);

    set_mode(board, MODE_03H);
    cr_expect_float_eq((double)BOARD_HZ / (double)period(board, 8, 50), 70.087, 0.05);
    cr_expect_float_eq((double)BOARD_HZ / (double)period(board, 1, 3), 31469, 70);
    set_mode(board, MODE_12H);
    cr_expect_float_eq((double)BOARD_HZ / (double)period(board, 8, 50), 59.94, 0.05);
    set_vbe_mode(board, 1024, 768, 32, VBE_ENABLED);
    cr_expect_float_eq((double)BOARD_HZ / (double)period(board, 8, 50), 60, 0.05);
    board_destroy(board);
}

Test(vga_timing, retrace_follows_the_registers)
{
    VgaBoard *board = board_create(NULL, 0);
    VgaTiming timing;

    set_mode(board, MODE_03H);
    timing = vga_timing(&board->vga);
    cr_expect_eq(timing.dot_hz, 28322000);
    cr_expect_eq(timing.line_dots, 900);
    cr_expect_eq(timing.display_dots, 720);
    cr_expect_eq(timing.lines, 449);
    cr_expect_eq(timing.display_lines, 400);
    cr_expect_eq(timing.retrace_start, 412);
    cr_expect_eq(timing.retrace_end, 414);
    crtc(board, CRTC_V_RETRACE_END, 0);
    crtc(board, CRTC_OVERFLOW, 0xFF);
    timing = vga_timing(&board->vga);
    cr_expect(timing.retrace_start < timing.lines, "it always comes, or a guest waits for ever");
    board_destroy(board);
}
