/*
 * Bitwise logic. Manual: Intel SDM Vol. 2, each instruction's page.
 */
#include "cpu/alu.h"
#include "cpu/exec.h"

FORCE_INLINE void AND(Cpu *cpu, const Insn *insn, Shape shape)
{
    u64 src = src_read(cpu, insn, shape);
    u64 result = dst_read_for_write(cpu, insn, shape) & src;

    dst_write(cpu, insn, shape, result);
    alu_logic(&cpu->flags, shape.size, result);
}
SHAPED(AND)

FORCE_INLINE void OR(Cpu *cpu, const Insn *insn, Shape shape)
{
    u64 src = src_read(cpu, insn, shape);
    u64 result = dst_read_for_write(cpu, insn, shape) | src;

    dst_write(cpu, insn, shape, result);
    alu_logic(&cpu->flags, shape.size, result);
}
SHAPED(OR)

FORCE_INLINE void XOR(Cpu *cpu, const Insn *insn, Shape shape)
{
    u64 src = src_read(cpu, insn, shape);
    u64 result = dst_read_for_write(cpu, insn, shape) ^ src;

    dst_write(cpu, insn, shape, result);
    alu_logic(&cpu->flags, shape.size, result);
}
SHAPED(XOR)

FORCE_INLINE void TEST(Cpu *cpu, const Insn *insn, Shape shape)
{
    u64 src = src_read(cpu, insn, shape);

    alu_logic(&cpu->flags, shape.size, dst_read(cpu, insn, shape) & src);
}
SHAPED(TEST)

/* No flags. */
FORCE_INLINE void NOT(Cpu *cpu, const Insn *insn, Shape shape)
{
    u64 dst = dst_read_for_write(cpu, insn, shape);

    dst_write(cpu, insn, shape, ~dst & size_mask(shape.size));
}
ONE_OPERAND(NOT)
