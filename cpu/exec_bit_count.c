/*
 * Counts of bits, and the CRC that came with them.
 *
 * Processors without LZCNT and TZCNT ignore their F3h: BSR and BSF.
 *
 * Manual: Intel SDM Vol. 2, each instruction's page.
 */
#include "cpu/exec.h"

/* All flags but ZF become 0. */
FORCE_INLINE void POPCNT(Cpu *cpu, const Insn *insn, Shape shape)
{
    u64 src = src_read(cpu, insn, shape);

    dst_write(cpu, insn, shape, (u64)__builtin_popcountll(src));
    flags_unpack(&cpu->flags, src ? 0 : FLAG_ZF);
}
SIZED(POPCNT)

/* CF tells that the source is 0, ZF that the count is. Of the others, undefined, OF stays and the
 * rest become 0, as on AMD processors. */
FORCE_INLINE void write_count(Cpu *cpu, const Insn *insn, Shape shape, u64 count)
{
    u32 overflow = flags_pack(&cpu->flags) & FLAG_OF;

    dst_write(cpu, insn, shape, count);
    flags_unpack(&cpu->flags,
                 overflow | (count == 8 * shape.size ? FLAG_CF : 0) | (count == 0 ? FLAG_ZF : 0));
}

FORCE_INLINE void LZCNT(Cpu *cpu, const Insn *insn, Shape shape)
{
    u64 src = src_read(cpu, insn, shape);
    unsigned unused = 64 - 8 * shape.size;

    write_count(cpu, insn, shape, src ? (unsigned)__builtin_clzll(src) - unused : 8 * shape.size);
}
SIZED(LZCNT)

FORCE_INLINE void TZCNT(Cpu *cpu, const Insn *insn, Shape shape)
{
    u64 src = src_read(cpu, insn, shape);

    write_count(cpu, insn, shape, src ? (unsigned)__builtin_ctzll(src) : 8 * shape.size);
}
SIZED(TZCNT)

/* The polynomial 11EDC6F41h, bits reflected. The destination's upper half becomes 0. */
static void CRC32(Cpu *cpu, const Insn *insn)
{
    Operand dst = insn->operands[0];
    u64 source = operand_read_own(cpu, insn, 1);
    u64 crc = register_read(cpu, dst, DWORD);

    crc ^= source;
    for (unsigned i = 0; i < 8u * insn->operands[1].size; i++)
        crc = crc >> 1 ^ (crc & 1 ? 0x82F63B78 : 0);
    register_write(cpu, dst, QWORD, crc);
}
PLAIN(CRC32)
