#include "cpu/opcodes.h"

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

void opcodes_index(Cpu *cpu)
{
    unsigned filled = 0;

    for (unsigned slot = 0; slot < MAP_COUNT * 256; slot++) {
        cpu->opcode_index[slot] = (u16)filled;
        for (unsigned i = 0; i < opcode_row_count; i++) {
            unsigned first = row_slot(&opcode_rows[i]);
            unsigned codes = opcode_rows[i].attributes & PLUS_R ? 8 : 1;

            if (slot >= first && slot < first + codes) {
                assert(filled < COUNT_OF(cpu->opcode_order));
                cpu->opcode_order[filled++] = (u16)i;
            }
        }
    }
    cpu->opcode_index[MAP_COUNT * 256] = (u16)filled;
}
