#include "tests/vga_board.h"

Test(vga_state, a_restored_vga_shows_the_same)
{
    VgaBoard *board = board_create(NULL, 0), *other = board_create(NULL, 0);

    set_mode(board, MODE_13H);
    fill_noise(board, 0xA0000, 64000, 3);
    draw(board);
    draw(other);
    memcpy(other->vga.memory.bytes, board->vga.memory.bytes, VGA_MEMORY);
    for (unsigned i = 0; i < vga_state.count; i++) {
        const Field *field = &vga_state.fields[i];

        memcpy((u8 *)&other->vga + field->offset, (const u8 *)&board->vga + field->offset,
               (size_t)field->width * field->count);
    }
    vga_state.restored(&other->vga);
    draw(other);
    cr_expect_eq(picture_hash(other), picture_hash(board));
    cr_expect_not_null(space_host(&other->memory, 0xA0000, true));
    vga_reset(&board->vga);
    draw(board);
    cr_expect_neq(picture_hash(other), picture_hash(board));
    board_destroy(board);
    board_destroy(other);
}

/* ---- anything at all ---- */

/* Some of the writes aim at ports that lead somewhere; the rest at any. */
static u16 fuzz_port(u32 *seed)
{
    static const u16 ports[] = {0x3C0, 0x3C2, 0x3C4, 0x3C5, 0x3C8, 0x3C9, 0x3CE, 0x3CF,
                                0x3D4, 0x3D5, 0x3DA, 0x1CE, 0x1CF, 0x1D0, 0xCF8, 0xCFC};
    u8 choice = noise(seed);

    return choice & 0x80 ? (u16)(0x3B0 + (choice & 0x3F)) : ports[choice % COUNT_OF(ports)];
}

static void fuzz_step(VgaBoard *board, u32 *seed)
{
    static const Size sizes[] = {BYTE, WORD, DWORD, QWORD};
    u64 value = 0;
    u32 address = 0xA0000 + ((u32)noise(seed) << 9 | noise(seed));
    Size size = sizes[noise(seed) % 4];

    for (unsigned i = 0; i < 8; i++)
        value = value << 8 | noise(seed);
    switch (noise(seed) % 8) {
    case 0:
        space_read(&board->memory, address, size);
        break;
    case 1:
        space_write(&board->memory, address, size, value);
        break;
    case 2:
        space_read(&board->ports, fuzz_port(seed), size == QWORD ? BYTE : size);
        break;
    case 3:
        vbe(board, noise(seed) % 16, (u16)value);
        break;
    case 4:
        board->cycles += value & 0xFFFFFF;
        break;
    default:
        space_write(&board->ports, fuzz_port(seed), size == QWORD ? WORD : size, value);
        break;
    }
}

/* Draws whatever the registers say now, if it is of a bearable size. */
static void fuzz_draw(VgaBoard *board, TextScreen *text)
{
    unsigned width, height;

    vga_picture_size(&board->vga, &width, &height);
    cr_assert(width >= 1 && width <= VGA_MAX_WIDTH && height >= 1 && height <= VGA_MAX_HEIGHT);
    vga_draw(&board->vga, &board->picture);
    vga_text(&board->vga, text);
    cr_assert(text->rows <= TEXT_MAX_ROWS && text->columns <= TEXT_MAX_COLUMNS);
}

Test(vga_fuzz, random_accesses)
{
    VgaBoard *board = board_create(NULL, 0);
    TextScreen *text = calloc(1, sizeof *text);
    u32 seed = 2026;

    for (unsigned round = 0; round < 60; round++) {
        if (round % 3 == 0)
            vga_reset(&board->vga);
        if (round % 2 == 0)
            set_mode(board, noise(&seed) % VGA_MODES);
        for (unsigned i = 0; i < 600; i++)
            fuzz_step(board, &seed);
        fuzz_draw(board, text);
    }
    board_destroy(board);
    free(text);
}

/* Every register holds anything, as after a snapshot that somebody has tampered with. */
Test(vga_fuzz, random_state)
{
    VgaBoard *board = board_create(NULL, 0);
    TextScreen *text = calloc(1, sizeof *text);
    u32 seed = 12;

    for (unsigned round = 0; round < 60; round++) {
        for (unsigned i = 0; i < vga_state.count; i++) {
            const Field *field = &vga_state.fields[i];
            u8 *bytes = (u8 *)&board->vga + field->offset;

            for (size_t byte = 0; byte < (size_t)field->width * field->count; byte++)
                bytes[byte] = noise(&seed);
        }
        /* A snapshot's reader makes booleans of bytes. */
        *(u8 *)&board->vga.attribute_data &= 1;
        *(u8 *)&board->vga.dac_reading &= 1;
        board->vga.attribute_index |= 0x20;
        board->vga.sequencer[SEQ_CLOCKING] &= 0xDF;
        if (round % 3)
            board->vga.vbe[VBE_ENABLE] &= ~(unsigned)VBE_ENABLED;
        vga_state.restored(&board->vga);
        fuzz_draw(board, text);
        for (unsigned i = 0; i < 100; i++)
            fuzz_step(board, &seed);
    }
    board_destroy(board);
    free(text);
}
