/*
 * Variants: under which assumptions a block is translated, as one number, which is computed each
 * time that generated code is entered.
 */
#ifndef TRANSLATE_VARIANT_H
#define TRANSLATE_VARIANT_H

#include "cpu/simd.h"
#include "translate/ir.h"

/* Bits 0 .. 5: flat segments by SegmentRegister; bits 16 .. 23: the code's mode. */
enum {
    VARIANT_AS_SHIFT = 8,           /* Privilege of data accesses */
    VARIANT_SMALL_STACK = 1 << 10,
    VARIANT_SSE = 1 << 11,
    VARIANT_FLOATS = 1 << 12,
    VARIANT_X87 = 1 << 13,
    VARIANT_DOWN = 1 << 14,
    VARIANT_LIMIT_4G = 1 << 15,     /* of CS */
    VARIANT_MODE_SHIFT = 16,
    VARIANT_LIMITED = 1 << 24,      /* CS's limit allows no translation: there is none of this variant */
};

/* Base 0, 4 GiB, to be read and written. */
FORCE_INLINE u32 variant_flat(const Cpu *cpu, unsigned reg)
{
    const Segment *segment = &cpu->segments[reg];
    u64 all = (u64)1 << 32;

    return (u32)((segment->base | (segment->read_end ^ all) | (segment->write_end ^ all)) == 0) << reg;
}

FORCE_INLINE bool variant_x87_usable(const Cpu *cpu)
{
    return !(cpu->cr0 & (CR0_EM | CR0_TS)) && !(cpu->x87.status & X87_ES) &&
           (cpu->x87.control & X87_EXCEPTIONS) == X87_EXCEPTIONS;
}

FORCE_INLINE bool variant_floats_usual(const Cpu *cpu)
{
    return (cpu->mxcsr & ~(u32)MXCSR_FLAGS) == MXCSR_INIT;
}

/* Near jumps are not checked against CS's limit, so all they can reach must be within: that is 4 GiB,
 * or for 16-bit code 64 KiB, and nothing else. */
FORCE_INLINE bool variant_limit_allows(const Cpu *cpu)
{
    u32 limit = cpu->segments[CS].limit;

    return cpu->code_size == 8 || limit == 0xFFFFFFFF || (cpu->code_size == 2 && limit == 0xFFFF);
}

/* CS is never written through; its bit says that linear addresses are offsets. */
FORCE_INLINE u32 variant_now(const Cpu *cpu)
{
    u32 variant = variant_flat(cpu, ES) | variant_flat(cpu, SS) | variant_flat(cpu, DS) |
                  variant_flat(cpu, FS) | variant_flat(cpu, GS) |
                  (u32)(cpu->segments[CS].base == 0) << CS | (u32)cpu->as << VARIANT_AS_SHIFT |
                  (u32)block_mode(cpu) << VARIANT_MODE_SHIFT;

    if (cpu->stack_mask == 0xFFFF)
        variant |= VARIANT_SMALL_STACK;
    if (!(cpu->cr0 & (CR0_EM | CR0_TS)) && (cpu->cr4 & CR4_OSFXSR))
        variant |= variant_floats_usual(cpu) ? VARIANT_SSE | VARIANT_FLOATS : VARIANT_SSE;
    if (variant_x87_usable(cpu))
        variant |= VARIANT_X87;
    if (cpu->rflags & FLAG_DF)
        variant |= VARIANT_DOWN;
    if (cpu->segments[CS].limit == 0xFFFFFFFF)
        variant |= VARIANT_LIMIT_4G;
    if (!variant_limit_allows(cpu))
        variant |= VARIANT_LIMITED;
    return variant;
}

FORCE_INLINE Assumptions variant_assumptions(u32 variant)
{
    return (Assumptions){.flat = variant & 0x3F,
                         .as = variant >> VARIANT_AS_SHIFT & 3,
                         .small_stack = (variant & VARIANT_SMALL_STACK) != 0,
                         .down = (variant & VARIANT_DOWN) != 0,
                         .x87 = (variant & VARIANT_X87) != 0,
                         .sse = (variant & VARIANT_SSE) != 0,
                         .floats = (variant & VARIANT_FLOATS) != 0};
}

/* Do the assumptions still hold that an instruction can change without ending its block? */
FORCE_INLINE bool variant_fits(const Cpu *cpu, u32 variant)
{
    return !((variant & VARIANT_X87) && !variant_x87_usable(cpu)) &&
           !((variant & VARIANT_FLOATS) && !variant_floats_usual(cpu)) &&
           ((variant & VARIANT_DOWN) != 0) == ((cpu->rflags & FLAG_DF) != 0);
}

#endif
