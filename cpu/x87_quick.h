/*
 * Loads and stores of floats and doubles in integer arithmetic: of normal numbers and zeros,
 * rounded to nearest. Values, exceptions and C1 are exactly the x87's, but no host status word has
 * to be read, which takes longer. (Addition and multiplication were tried: no gain.)
 *
 * Each function answers false, and has done nothing, where the operation is not of that kind.
 *
 * Manual: Intel SDM Vol. 1, "Floating-Point Formats", "Rounding".
 */
#ifndef CPU_X87_QUICK_H
#define CPU_X87_QUICK_H

#include "cpu/x87.h"

enum { X87_BIAS = 0x3FFF };

/* Of the general ways: called, they leave the quick ones without a stack frame. */
#define NEVER_INLINE __attribute__((noinline))

/* The control word asks for nothing special of a store. */
FORCE_INLINE bool x87_quick_store(const X87 *x87)
{
    return (x87->control & (0xC00 | X87_PE)) == X87_PE;
}

/* Nothing forbids the instruction, and nothing is pending. */
FORCE_INLINE bool x87_quick_begin(const Cpu *cpu)
{
    return !(cpu->cr0 & (CR0_EM | CR0_TS)) && !(cpu->x87.status & X87_ES);
}

/* Where the memory operand's bytes are on the host, if that is known at once; else NULL. */
FORCE_INLINE u8 *x87_quick_memory(Cpu *cpu, const Insn *insn, u64 offset, Size size, bool write)
{
    const Segment *segment = &cpu->segments[insn->segment];
    u64 linear = (segment->base + offset) & cpu->linear_mask;

    if (UNLIKELY(offset + size > (write ? segment->write_end : segment->read_end)))
        return NULL;
    return mmu_fast(&cpu->mmu, cpu->tlb_epoch, linear, write ? ACCESS_WRITE : ACCESS_READ,
                    cpu->as, size);
}

/* Masked exceptions and C1. */
FORCE_INLINE void x87_quick_end(X87 *x87, u16 status)
{
    x87->status = (u16)((x87->status & ~X87_C1) | status);
}

/* Converts a float or double that is normal or zero, which is exact. */
FORCE_INLINE bool x87_quick_expand(X87Register *value, Size size, u64 memory)
{
    unsigned fraction_bits = size == DWORD ? 23 : 52, top = 8 * size - 1;
    unsigned bias = size == DWORD ? 0x7F : 0x3FF;
    u64 exponent = bits(memory, top - 1, fraction_bits);
    u64 fraction = memory << (63 - fraction_bits) & ~((u64)1 << 63);

    if (UNLIKELY(exponent == 2 * bias + 1) || (exponent == 0 && fraction))
        return false;
    value->significand = exponent ? fraction | (u64)1 << 63 : 0;
    value->sign_exponent =
        (u16)((exponent ? exponent + X87_BIAS - bias : 0) | (u64)bit(memory, top) << 15);
    return true;
}

/* Reads such a memory operand. */
FORCE_INLINE bool x87_quick_read(Cpu *cpu, const Insn *insn, u64 offset, Size size,
                                 X87Register *value)
{
    const u8 *host = x87_quick_memory(cpu, insn, offset, size, false);

    return LIKELY(host) && x87_quick_expand(value, size, bytes_load(host, size));
}

/* Rounds to a float or a double that is normal or zero. */
FORCE_INLINE bool x87_quick_round_to(u64 *memory, u16 *status, Size size, const X87Register *value)
{
    unsigned fraction_bits = size == DWORD ? 23 : 52, dropped = 63 - fraction_bits;
    int bias = size == DWORD ? 0x7F : 0x3FF;
    int exponent = (value->sign_exponent & 0x7FFF) - X87_BIAS + bias;
    u64 sign = (u64)(value->sign_exponent >> 15) << (8 * size - 1);
    u64 kept = value->significand >> dropped;
    u64 rest = value->significand & (((u64)1 << dropped) - 1);
    u64 half = (u64)1 << (dropped - 1);
    bool up = rest > half || (rest == half && (kept & 1));

    if (!value->significand && !(value->sign_exponent & 0x7FFF)) {
        *memory = sign;
        *status = 0;
        return true;
    }
    if (UNLIKELY(!(value->significand >> 63) || (unsigned)exponent - 1 >= 2u * (unsigned)bias - 1))
        return false;
    /* The integer bit, and a carry out of the fraction, add to the exponent. */
    *memory = sign | (((u64)(exponent - 1) << fraction_bits) + kept + up);
    *status = (u16)((rest ? X87_PE : 0) | (up ? X87_C1 : 0));
    return true;
}

#endif
