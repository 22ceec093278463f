/*
 * BMI1 and BMI2: bit fields, lowest bits, scattering and gathering bits, and arithmetic that leaves
 * the flags alone.
 *
 * SF, AF and PF are undefined after BEXTR, AF and PF after the others: here they are as on AMD
 * processors, where BEXTR sets AF and clears SF.
 *
 * Manual: Intel SDM Vol. 1, "Bit Manipulation Instructions"; Vol. 2, each instruction's page.
 */
#include "cpu/exec.h"

FORCE_INLINE u64 operand_value(Cpu *cpu, const Insn *insn, unsigned number, Shape shape)
{
    return operand_read(cpu, insn, insn->operands[number], OPERAND_NONE, shape.size);
}

/* ZF, SF and PF by the result; AF and OF become 0. */
FORCE_INLINE void write_result(Cpu *cpu, const Insn *insn, Shape shape, u64 result, bool carry)
{
    u64 value = result & size_mask(shape.size);

    dst_write(cpu, insn, shape, value);
    flags_set(&cpu->flags, shape.size, value, 0);
    flags_set_co(&cpu->flags, carry, false);
}

FORCE_INLINE void ANDN(Cpu *cpu, const Insn *insn, Shape shape)
{
    u64 value = ~operand_value(cpu, insn, 1, shape) & operand_value(cpu, insn, 2, shape);

    write_result(cpu, insn, shape, value, false);
}
SIZED(ANDN)

/* The second byte of the third operand is the length, the first where it starts. */
FORCE_INLINE void BEXTR(Cpu *cpu, const Insn *insn, Shape shape)
{
    u64 value = operand_value(cpu, insn, 1, shape), field = operand_value(cpu, insn, 2, shape);
    unsigned start = field & 0xFF, length = field >> 8 & 0xFF;

    value = start < 64 ? value >> start : 0;
    if (length < 64)
        value &= ((u64)1 << length) - 1;
    dst_write(cpu, insn, shape, value);
    flags_unpack(&cpu->flags,
                 FLAG_AF | (value ? 0 : FLAG_ZF) | (__builtin_parity(value & 0xFF) ? 0 : FLAG_PF));
}
SIZED(BEXTR)

FORCE_INLINE void BLSI(Cpu *cpu, const Insn *insn, Shape shape)
{
    u64 value = operand_value(cpu, insn, 1, shape);

    write_result(cpu, insn, shape, value & -value, value != 0);
}
SIZED(BLSI)

FORCE_INLINE void BLSMSK(Cpu *cpu, const Insn *insn, Shape shape)
{
    u64 value = operand_value(cpu, insn, 1, shape);

    write_result(cpu, insn, shape, value ^ (value - 1), value == 0);
}
SIZED(BLSMSK)

FORCE_INLINE void BLSR(Cpu *cpu, const Insn *insn, Shape shape)
{
    u64 value = operand_value(cpu, insn, 1, shape);

    write_result(cpu, insn, shape, value & (value - 1), value == 0);
}
SIZED(BLSR)

FORCE_INLINE void BZHI(Cpu *cpu, const Insn *insn, Shape shape)
{
    u64 value = operand_value(cpu, insn, 1, shape);
    unsigned number = operand_value(cpu, insn, 2, shape) & 0xFF;

    if (number < 64)
        value &= ((u64)1 << number) - 1;
    write_result(cpu, insn, shape, value, number >= 8u * shape.size);
}
SIZED(BZHI)

/* The high half is written last: it stays when both have one register. */
FORCE_INLINE void MULX(Cpu *cpu, const Insn *insn, Shape shape)
{
    u128 product = (u128)operand_value(cpu, insn, 2, shape) * gpr_read(cpu, RDX, shape.size);

    register_write(cpu, insn->operands[1], shape.size, (u64)product);
    register_write(cpu, insn->operands[0], shape.size, (u64)(product >> 8 * shape.size));
}
SIZED(MULX)

/* The low bits of the source go where the mask has ones. */
FORCE_INLINE void PDEP(Cpu *cpu, const Insn *insn, Shape shape)
{
    u64 source = operand_value(cpu, insn, 1, shape), mask = operand_value(cpu, insn, 2, shape);
    u64 result = 0;

    for (; mask; mask &= mask - 1, source >>= 1)
        if (source & 1)
            result |= mask & -mask;
    dst_write(cpu, insn, shape, result);
}
SIZED(PDEP)

/* The bits where the mask has ones become the low bits. */
FORCE_INLINE void PEXT(Cpu *cpu, const Insn *insn, Shape shape)
{
    u64 source = operand_value(cpu, insn, 1, shape), mask = operand_value(cpu, insn, 2, shape);
    u64 result = 0;

    for (unsigned i = 0; mask; mask &= mask - 1, i++)
        if (source & mask & -mask)
            result |= (u64)1 << i;
    dst_write(cpu, insn, shape, result);
}
SIZED(PEXT)

FORCE_INLINE void RORX(Cpu *cpu, const Insn *insn, Shape shape)
{
    u64 value = operand_value(cpu, insn, 1, shape);
    unsigned width = 8 * shape.size, count = insn->immediate & (width - 1);

    if (count)
        value = value >> count | value << (width - count);
    dst_write(cpu, insn, shape, value);
}
SIZED(RORX)

FORCE_INLINE unsigned shift_count(Cpu *cpu, const Insn *insn, Shape shape)
{
    return operand_value(cpu, insn, 2, shape) & (8 * shape.size - 1);
}

FORCE_INLINE void SARX(Cpu *cpu, const Insn *insn, Shape shape)
{
    i64 value = (i64)sign_extend(operand_value(cpu, insn, 1, shape), shape.size);

    dst_write(cpu, insn, shape, (u64)(value >> shift_count(cpu, insn, shape)));
}
SIZED(SARX)

FORCE_INLINE void SHLX(Cpu *cpu, const Insn *insn, Shape shape)
{
    u64 value = operand_value(cpu, insn, 1, shape);

    dst_write(cpu, insn, shape, value << shift_count(cpu, insn, shape));
}
SIZED(SHLX)

FORCE_INLINE void SHRX(Cpu *cpu, const Insn *insn, Shape shape)
{
    u64 value = operand_value(cpu, insn, 1, shape);

    dst_write(cpu, insn, shape, value >> shift_count(cpu, insn, shape));
}
SIZED(SHRX)
