#include "tests/vga_board.h"

#include "devices/bochs_vbe.h"

Test(vga_vbe, identification_and_limits)
{
    VgaBoard *board = board_create(NULL, 0);

    cr_expect_eq(vbe_value(board, VBE_ID), 0xB0C5);
    vbe(board, VBE_ID, 0xB0C0);
    cr_expect_eq(vbe_value(board, VBE_ID), 0xB0C0);
    vbe(board, VBE_ID, 0x1234);
    cr_expect_eq(vbe_value(board, VBE_ID), 0xB0C0);
    cr_expect_eq(vbe_value(board, VBE_MEMORY_64K), 256);
    vbe(board, VBE_ENABLE, VBE_GET_CAPS);
    cr_expect_eq(vbe_value(board, VBE_X_RESOLUTION), VGA_MAX_WIDTH);
    cr_expect_eq(vbe_value(board, VBE_Y_RESOLUTION), VGA_MAX_HEIGHT);
    cr_expect_eq(vbe_value(board, VBE_BITS_PER_PIXEL), 32);
    cr_expect_eq(vbe_value(board, 99), 0);
    board_destroy(board);
}

Test(vga_vbe, enabling_clears_unless_told_not_to)
{
    VgaBoard *board = board_create(NULL, 0);

    memset(board->vga.memory.bytes, 0x55, VGA_MEMORY);
    set_vbe_mode(board, 640, 480, 16, VBE_ENABLED | VBE_KEEP_MEMORY);
    cr_expect_eq(board->vga.memory.bytes[0], 0x55);
    set_vbe_mode(board, 640, 480, 16, VBE_ENABLED);
    cr_expect_eq(board->vga.memory.bytes[640 * 480 * 2 - 1], 0);
    cr_expect_eq(board->vga.memory.bytes[640 * 480 * 2], 0x55);
    cr_expect_eq(vbe_value(board, VBE_VIRTUAL_WIDTH), 640);
    cr_expect_eq(vbe_value(board, VBE_VIRTUAL_HEIGHT), VGA_MEMORY / 1280);
    board_destroy(board);
}

Test(vga_vbe, nonsense_gives_a_mode_that_fits)
{
    VgaBoard *board = board_create(NULL, 0);
    VbeMode mode;

    set_vbe_mode(board, 4096, 4096, 32, VBE_ENABLED);
    vbe(board, VBE_X_OFFSET, 0xFFFF);
    vbe(board, VBE_Y_OFFSET, 0xFFFF);
    mode = bochs_vbe_mode(&board->vga);
    cr_expect_eq(mode.start, 0);
    cr_expect((u64)mode.stride * mode.height <= VGA_MEMORY);
    vbe(board, VBE_BITS_PER_PIXEL, 17);
    vbe(board, VBE_X_RESOLUTION, 60000);
    cr_expect_eq(vbe_value(board, VBE_BITS_PER_PIXEL), 32);
    cr_expect_eq(vbe_value(board, VBE_X_RESOLUTION), 4096);
    board_destroy(board);
}

/* ---- the PCI function ---- */

static void config_write(VgaBoard *board, u8 offset, u32 value)
{
    space_write(&board->ports, 0xCF8, DWORD, 0x80000000 | 2 << 11 | offset);
    space_write(&board->ports, 0xCFC, DWORD, value);
}

static u32 config_read(VgaBoard *board, u8 offset)
{
    space_write(&board->ports, 0xCF8, DWORD, 0x80000000 | 2 << 11 | offset);
    return (u32)space_read(&board->ports, 0xCFC, DWORD);
}

Test(vga_pci, framebuffer_registers_and_rom)
{
    u8 rom[5000] = {0x55, 0xAA};
    VgaBoard *board = board_create(rom, sizeof rom);

    cr_expect_eq(config_read(board, PCI_VENDOR), 0x11111234);
    cr_expect_eq(config_read(board, PCI_REVISION) >> 8, 0x030000);
    config_write(board, 0x10, 0xFFFFFFFF);
    cr_expect_eq(config_read(board, 0x10), 0xFF000008, "16 MiB, prefetchable");
    config_write(board, 0x18, 0xFFFFFFFF);
    cr_expect_eq(config_read(board, 0x18), 0xFFFFF000);
    config_write(board, PCI_ROM, 0xFFFFFFFE);
    cr_expect_eq(config_read(board, PCI_ROM), 0xFFFFE000, "a power of two");
    config_write(board, 0x10, 0xE0000000);
    config_write(board, 0x18, 0xF0000000);
    config_write(board, PCI_ROM, 0xF0010001);
    config_write(board, PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_IO);
    poke(board, 0xE0000000 + VGA_MEMORY - 1, 0x77);
    cr_expect_eq(board->vga.memory.bytes[VGA_MEMORY - 1], 0x77);
    cr_expect_eq(space_read(&board->memory, 0xF0010000, WORD), 0xAA55);
    /* Registers in memory: miscellaneous output, then the display interface. */
    poke(board, 0xF0000402, 0x63);
    cr_expect_eq(in8(board, 0x3CC), 0x63);
    cr_expect_eq(peek(board, 0xF000040C), 0x63);
    space_write(&board->memory, 0xF0000502, WORD, 1024);
    cr_expect_eq(vbe_value(board, VBE_X_RESOLUTION), 1024);
    cr_expect_eq(space_read(&board->memory, 0xF0000500, DWORD), 1024 << 16 | 0xB0C5);
    poke(board, 0xF0000505, 0x03);
    cr_expect_eq(vbe_value(board, VBE_Y_RESOLUTION), 0x300);
    cr_expect_eq(space_read(&board->memory, 0xF0000600, DWORD), 8);
    cr_expect_eq(space_read(&board->memory, 0xF0000604, DWORD), 0x1E1E1E1E);
    cr_expect_eq(space_read(&board->memory, 0xF0000000, QWORD), 0, "no EDID");
    board_destroy(board);
}
