#include "cpu/opcodes.h"

#include <string.h>

const InsnInfo insn_info[INSN_COUNT] = {
#define INSN(name, reads, writes, undefined, ends, title)                                          \
    [INSN_##                                                                                       \
        name] = {#name, FLAGS_##reads, FLAGS_##writes, FLAGS_##undefined, ends, title, "V" #name},
#include "cpu/instructions.def"
#undef INSN
};

const Handlers *const insn_handlers[INSN_COUNT] = {
#define INSN(name, reads, writes, undefined, ends, title) [INSN_##name] = &exec_##name,
#include "cpu/instructions.def"
#undef INSN
};

const OpcodeRow opcode_rows[] = {
#define OPCODE(code, digit, name, a, b, c, attributes)                                             \
    {code, digit, INSN_##name, {CODE_##a, CODE_##b, CODE_##c}, attributes},
#include "cpu/opcodes.def"
#undef OPCODE
#define VEX(code, digit, name, a, b, c, d, attributes)                                             \
    {code,                                                                                         \
     digit,                                                                                        \
     INSN_##name,                                                                                  \
     {CODE_##a, CODE_##b, CODE_##c, CODE_##d},                                                     \
     (attributes) | VEX_BIT | VEX_V},
#define VEX_ONLY(code, digit, name, a, b, c, d, attributes)                                        \
    {code, digit, INSN_##name, {CODE_##a, CODE_##b, CODE_##c, CODE_##d}, (attributes) | VEX_BIT},
#include "cpu/opcodes_vex.def"
#undef VEX
#undef VEX_ONLY
};
const unsigned opcode_row_count = COUNT_OF(opcode_rows);

static unsigned row_slot(const OpcodeRow *row)
{
    OpcodeMap map = row->code < 0x100          ? MAP_ONE_BYTE
                    : row->code < 0x10000      ? MAP_0F
                    : row->code >> 8 == 0x0F38 ? MAP_0F38
                                               : MAP_0F3A;

    if (row->attributes & VEX_BIT)
        map += MAP_VEX_0F - MAP_0F;
    return opcode_slot(map, row->code & 0xFF);
}

static unsigned row_codes(const OpcodeRow *row)
{
    return row->attributes & PLUS_R ? 8 : 1;
}

/* Sorted by counting: how many rows each code has says where the next code's begin. */
void opcodes_index(Cpu *cpu)
{
    u16 placed[MAP_COUNT * 256] = {0};

    memset(cpu->opcode_index, 0, sizeof cpu->opcode_index);
    for (unsigned i = 0; i < opcode_row_count; i++)
        for (unsigned code = 0; code < row_codes(&opcode_rows[i]); code++)
            cpu->opcode_index[row_slot(&opcode_rows[i]) + code + 1]++;
    for (unsigned slot = 0; slot < MAP_COUNT * 256; slot++)
        cpu->opcode_index[slot + 1] += cpu->opcode_index[slot];
    assert(cpu->opcode_index[MAP_COUNT * 256] <= COUNT_OF(cpu->opcode_order));
    for (unsigned i = 0; i < opcode_row_count; i++)
        for (unsigned code = 0; code < row_codes(&opcode_rows[i]); code++) {
            unsigned slot = row_slot(&opcode_rows[i]) + code;

            cpu->opcode_order[cpu->opcode_index[slot] + placed[slot]++] = (u16)i;
        }
}
