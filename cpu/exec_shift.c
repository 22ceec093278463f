/*
 * Shifts and rotates. Manual: Intel SDM Vol. 2, each instruction's page.
 *
 * OF is defined for a count of 1 only; for other counts it follows the same formula. AF, undefined,
 * is set, and OF of SHLD is carry ^ sign (for all bits, the carry), as on AMD processors.
 */
#include "cpu/alu.h"
#include "cpu/exec.h"

enum { CARRY_AF = 8 };

FORCE_INLINE unsigned shift_count(Cpu *cpu, const Insn *insn, Shape shape, unsigned operand)
{
    u64 count = operand_read(cpu, insn, insn->operands[operand], OPERAND_NONE, BYTE);

    return count & (shape.size == QWORD ? 63 : 31);
}

FORCE_INLINE bool top_bit(u64 value, Size size)
{
    return (value & size_sign(size)) != 0;
}

/* Rotates change CF and OF only, and neither when the masked count is 0; but even then a doubleword
 * register loses its upper half. */
FORCE_INLINE void ROL(Cpu *cpu, const Insn *insn, Shape shape)
{
    unsigned count = shift_count(cpu, insn, shape, 1), width = 8 * shape.size;
    unsigned turn = count % width;
    u64 value = dst_read_for_write(cpu, insn, shape);

    if (count == 0) {
        dst_write(cpu, insn, shape, value);
        return;
    }
    if (turn)
        value = (value << turn | value >> (width - turn)) & size_mask(shape.size);
    dst_write(cpu, insn, shape, value);
    flags_set_co(&cpu->flags, value & 1, (value & 1) ^ top_bit(value, shape.size));
}
SHAPED(ROL)

FORCE_INLINE void ROR(Cpu *cpu, const Insn *insn, Shape shape)
{
    unsigned count = shift_count(cpu, insn, shape, 1), width = 8 * shape.size;
    unsigned turn = count % width;
    u64 value = dst_read_for_write(cpu, insn, shape);

    if (count == 0) {
        dst_write(cpu, insn, shape, value);
        return;
    }
    if (turn)
        value = (value >> turn | value << (width - turn)) & size_mask(shape.size);
    dst_write(cpu, insn, shape, value);
    flags_set_co(&cpu->flags, top_bit(value, shape.size), top_bit(value ^ value << 1, shape.size));
}
SHAPED(ROR)

/* Through CF: a rotate of width + 1 bits. */
FORCE_INLINE void RCL(Cpu *cpu, const Insn *insn, Shape shape)
{
    unsigned count = shift_count(cpu, insn, shape, 1), width = 8 * shape.size;
    u64 value = dst_read_for_write(cpu, insn, shape);
    bool carry = flag_c(&cpu->flags);

    if (count == 0) {
        dst_write(cpu, insn, shape, value);
        return;
    }
    for (unsigned turn = count % (width + 1); turn; turn--) {
        bool out = top_bit(value, shape.size);

        value = (value << 1 | carry) & size_mask(shape.size);
        carry = out;
    }
    dst_write(cpu, insn, shape, value);
    flags_set_co(&cpu->flags, carry, carry ^ top_bit(value, shape.size));
}
SIZED(RCL)

FORCE_INLINE void RCR(Cpu *cpu, const Insn *insn, Shape shape)
{
    unsigned count = shift_count(cpu, insn, shape, 1), width = 8 * shape.size;
    u64 value = dst_read_for_write(cpu, insn, shape);
    bool carry = flag_c(&cpu->flags);

    if (count == 0) {
        dst_write(cpu, insn, shape, value);
        return;
    }
    for (unsigned turn = count % (width + 1); turn; turn--) {
        bool out = value & 1;

        value = value >> 1 | (carry ? size_sign(shape.size) : 0);
        carry = out;
    }
    dst_write(cpu, insn, shape, value);
    flags_set_co(&cpu->flags, carry, top_bit(value ^ value << 1, shape.size));
}
SIZED(RCR)

FORCE_INLINE void SHL(Cpu *cpu, const Insn *insn, Shape shape)
{
    unsigned count = shift_count(cpu, insn, shape, 1), width = 8 * shape.size;
    u64 value = dst_read_for_write(cpu, insn, shape);
    u64 result = value << count & size_mask(shape.size);
    bool carry = count <= width && count > 0 && value >> (width - count) & 1;

    dst_write(cpu, insn, shape, result);
    if (count == 0)
        return;
    flags_set(&cpu->flags, shape.size, result, CARRY_AF);
    flags_set_co(&cpu->flags, carry, carry ^ top_bit(result, shape.size));
}
SHAPED(SHL)

FORCE_INLINE void SHR(Cpu *cpu, const Insn *insn, Shape shape)
{
    unsigned count = shift_count(cpu, insn, shape, 1);
    u64 value = dst_read_for_write(cpu, insn, shape);

    if (count == 0) {
        dst_write(cpu, insn, shape, value);
        return;
    }
    u64 before_last = value >> (count - 1);
    dst_write(cpu, insn, shape, before_last >> 1);
    flags_set(&cpu->flags, shape.size, before_last >> 1, CARRY_AF);
    flags_set_co(&cpu->flags, before_last & 1, top_bit(before_last, shape.size));
}
SHAPED(SHR)

FORCE_INLINE void SAR(Cpu *cpu, const Insn *insn, Shape shape)
{
    unsigned count = shift_count(cpu, insn, shape, 1);
    u64 value = dst_read_for_write(cpu, insn, shape);

    if (count == 0) {
        dst_write(cpu, insn, shape, value);
        return;
    }
    i64 before_last = (i64)sign_extend(value, shape.size) >> (count - 1);
    u64 result = (u64)(before_last >> 1) & size_mask(shape.size);
    dst_write(cpu, insn, shape, result);
    flags_set(&cpu->flags, shape.size, result, CARRY_AF);
    flags_set_co(&cpu->flags, before_last & 1, false);
}
SHAPED(SAR)

/* A count above the width, for words only, is undefined: it moves bits of src : src, and CF is 0.
 */
FORCE_INLINE void double_shift(Cpu *cpu, const Insn *insn, Shape shape, bool left)
{
    unsigned count = shift_count(cpu, insn, shape, 2), width = 8 * shape.size;
    u64 src = src_read(cpu, insn, shape), dst = dst_read_for_write(cpu, insn, shape), result = dst;
    bool beyond = count > width, carry = false;
    unsigned turn = beyond ? count - width : count;

    if (count > 0 && !beyond)
        carry = dst >> (left ? width - count : count - 1) & 1;
    if (turn == width)
        result = src;
    else if (turn > 0 && left)
        result = ((beyond ? src : dst) << turn | src >> (width - turn)) & size_mask(shape.size);
    else if (turn > 0)
        result = ((beyond ? src : dst) >> turn | src << (width - turn)) & size_mask(shape.size);
    dst_write(cpu, insn, shape, result);
    if (count == 0)
        return;
    flags_set(&cpu->flags, shape.size, result, CARRY_AF);
    if (left)
        flags_set_co(&cpu->flags, carry,
                     count < width ? carry ^ top_bit(result, shape.size) : carry);
    else
        flags_set_co(&cpu->flags, carry, top_bit(result ^ result << 1, shape.size));
}

FORCE_INLINE void SHLD(Cpu *cpu, const Insn *insn, Shape shape)
{
    double_shift(cpu, insn, shape, true);
}
SIZED(SHLD)

FORCE_INLINE void SHRD(Cpu *cpu, const Insn *insn, Shape shape)
{
    double_shift(cpu, insn, shape, false);
}
SIZED(SHRD)
