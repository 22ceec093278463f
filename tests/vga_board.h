/*
 * A VGA on a bus of its own, and how a BIOS would drive it.
 */
#ifndef TESTS_VGA_BOARD_H
#define TESTS_VGA_BOARD_H

#include "devices/vga_draw.h"
#include "tests/vga_modes.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { BOARD_HZ = 100000000, BOARD_PIXELS = 2048 * 1536 };

typedef struct VgaBoard {
    u64 cycles, deadline;
    Clock clock;
    AddressSpace memory, ports;
    PciBus pci;
    Vga vga;
    Picture picture;
} VgaBoard;

static inline VgaBoard *board_create(const u8 *rom, u64 rom_length)
{
    VgaBoard *board = calloc(1, sizeof *board);

    clock_init(&board->clock, &board->cycles, &board->deadline, BOARD_HZ);
    space_init(&board->memory, "memory", ((u64)1 << 36) - 1, NULL);
    space_init(&board->ports, "ports", 0xFFFF, NULL);
    pci_bus_init(&board->pci, &board->memory, &board->ports, NULL);
    cr_assert(vga_init(&board->vga, &board->pci, &board->clock, rom, rom_length));
    board->picture.capacity = BOARD_PIXELS;
    board->picture.pixels = calloc(BOARD_PIXELS, sizeof(u32));
    return board;
}

static inline void board_destroy(VgaBoard *board)
{
    vga_destroy(&board->vga);
    free(board->picture.pixels);
    free(board);
}

static inline void out8(VgaBoard *board, u16 port, u8 value)
{
    space_write(&board->ports, port, BYTE, value);
}

static inline u8 in8(VgaBoard *board, u16 port)
{
    return (u8)space_read(&board->ports, port, BYTE);
}

static inline void poke(VgaBoard *board, u32 address, u8 value)
{
    space_write(&board->memory, address, BYTE, value);
}

static inline u8 peek(VgaBoard *board, u32 address)
{
    return (u8)space_read(&board->memory, address, BYTE);
}

/* An index register and its data register, of which `port` is the index. */
static inline void indexed(VgaBoard *board, u16 port, u8 index, u8 value)
{
    out8(board, port, index);
    out8(board, port + 1, value);
}

static inline void sequencer(VgaBoard *board, u8 index, u8 value)
{
    indexed(board, 0x3C4, index, value);
}

static inline void graphics(VgaBoard *board, u8 index, u8 value)
{
    indexed(board, 0x3CE, index, value);
}

static inline void crtc(VgaBoard *board, u8 index, u8 value)
{
    indexed(board, board->vga.misc_output & 1 ? 0x3D4 : 0x3B4, index, value);
}

static inline void attribute(VgaBoard *board, u8 index, u8 value)
{
    in8(board, board->vga.misc_output & 1 ? 0x3DA : 0x3BA);
    out8(board, 0x3C0, index | 0x20);
    out8(board, 0x3C0, value);
}

static inline void vbe(VgaBoard *board, u16 index, u16 value)
{
    space_write(&board->ports, 0x1CE, WORD, index);
    space_write(&board->ports, 0x1CF, WORD, value);
}

static inline u16 vbe_value(VgaBoard *board, u16 index)
{
    space_write(&board->ports, 0x1CE, WORD, index);
    return (u16)space_read(&board->ports, 0x1CF, WORD);
}

static inline void set_vbe_mode(VgaBoard *board, u16 width, u16 height, u16 bits, u16 enable)
{
    vbe(board, VBE_ENABLE, 0);
    vbe(board, VBE_X_RESOLUTION, width);
    vbe(board, VBE_Y_RESOLUTION, height);
    vbe(board, VBE_BITS_PER_PIXEL, bits);
    vbe(board, VBE_ENABLE, enable);
}

/* The DAC holds a different colour in each entry: red is the index's low six bits. */
static inline void set_mode(VgaBoard *board, VgaMode mode)
{
    const VgaModeRegisters *registers = &vga_modes[mode];

    out8(board, 0x3C2, registers->misc);
    for (u8 i = 0; i < COUNT_OF(registers->sequencer); i++)
        sequencer(board, i, registers->sequencer[i]);
    crtc(board, CRTC_V_RETRACE_END, 0);
    for (u8 i = 0; i < COUNT_OF(registers->crtc); i++)
        crtc(board, i, registers->crtc[i]);
    for (u8 i = 0; i < COUNT_OF(registers->graphics); i++)
        graphics(board, i, registers->graphics[i]);
    in8(board, registers->misc & 1 ? 0x3DA : 0x3BA);
    for (u8 i = 0; i < COUNT_OF(registers->attribute); i++) {
        out8(board, 0x3C0, i);
        out8(board, 0x3C0, registers->attribute[i]);
    }
    out8(board, 0x3C0, 0x20);
    out8(board, 0x3C8, 0);
    for (unsigned i = 0; i < 256; i++) {
        out8(board, 0x3C9, i & 0x3F);
        out8(board, 0x3C9, i >> 2);
        out8(board, 0x3C9, 0x3F - (i & 0x3F));
    }
}

/* What set_mode() loads, as the DAC puts it out. */
static inline u32 dac_color(unsigned index)
{
    u32 red = index & 0x3F, green = index >> 2, blue = 0x3F - red;

    return (red << 2 | red >> 4) << 16 | (green << 2 | green >> 4) << 8 | (blue << 2 | blue >> 4);
}

/* Bytes that look random but are the same every time. */
static inline u8 noise(u32 *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return (u8)(*seed >> 24);
}

static inline void fill_noise(VgaBoard *board, u32 address, u32 length, u32 seed)
{
    for (u32 i = 0; i < length; i++)
        poke(board, address + i, noise(&seed));
}

static inline void fill_planes(VgaBoard *board, u32 length)
{
    for (unsigned plane = 0; plane < 4; plane++) {
        sequencer(board, SEQ_MAP_MASK, 1u << plane);
        fill_noise(board, 0xA0000, length, plane + 1);
    }
    sequencer(board, SEQ_MAP_MASK, 0xF);
}

static inline void draw(VgaBoard *board)
{
    cr_assert(vga_draw(&board->vga, &board->picture));
}

static inline u32 pixel(const VgaBoard *board, unsigned x, unsigned y)
{
    return board->picture.pixels[(u64)y * board->picture.width + x];
}

/* FNV-1a over the pixels. */
static inline u64 picture_hash(const VgaBoard *board)
{
    u64 hash = 0xCBF29CE484222325;

    for (u64 i = 0; i < (u64)board->picture.width * board->picture.height; i++)
        hash = (hash ^ board->picture.pixels[i]) * 0x100000001B3;
    return hash;
}

static inline void expect_size(const VgaBoard *board, unsigned width, unsigned height)
{
    cr_assert_eq(board->picture.width, width, "width %u, not %u", board->picture.width, width);
    cr_assert_eq(board->picture.height, height, "height %u, not %u", board->picture.height, height);
}

static inline void expect_hash(const VgaBoard *board, u64 expected)
{
    u64 hash = picture_hash(board);

    cr_assert_eq(hash, expected, "%u x %u: picture is 0x%016" PRIX64, board->picture.width,
                 board->picture.height, hash);
}

#endif
