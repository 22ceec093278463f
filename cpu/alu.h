/*
 * Addition and subtraction with their carries, the one formula behind all arithmetic flags.
 * Operands have no bits above `size`; results are truncated to it. See flags.h.
 */
#ifndef CPU_ALU_H
#define CPU_ALU_H

#include "cpu/flags.h"

FORCE_INLINE u64 alu_add(Flags *flags, Size size, u64 a, u64 b, bool carry)
{
    u64 sum = a + b + carry;

    flags_set(flags, size, sum, (a & b) | ((a | b) & ~sum));
    return sum & size_mask(size);
}

FORCE_INLINE u64 alu_subtract(Flags *flags, Size size, u64 a, u64 b, bool borrow)
{
    u64 difference = (a - b - borrow) & size_mask(size);

    flags_set(flags, size, difference, (~a & b) | ((~a | b) & difference));
    return difference;
}

/* AND, OR, XOR, TEST: CF and OF are cleared; AF, undefined, is too. */
FORCE_INLINE u64 alu_logic(Flags *flags, Size size, u64 result)
{
    flags_set(flags, size, result, 0);
    return result & size_mask(size);
}

#endif
