/*
 * What the bodies of VEX-encoded vector instructions are written with.
 *
 * A YMM register is an XMM register, its lower lane, and an upper lane. Nearly all instructions do
 * in each lane what their XMM form does: they execute the host's XMM instruction for each lane, and
 * the host need not have AVX for it. With a 128-bit vector the upper lane becomes zero.
 *
 * Memory operands need no alignment, but those of the aligned moves.
 *
 * Manual: Intel SDM Vol. 1, "Programming with Intel AVX, FMA, and Intel AVX2"; Vol. 2, "Intel AVX
 * Instruction Exception Classification".
 */
#ifndef CPU_AVX_H
#define CPU_AVX_H

#include "cpu/simd.h"

typedef struct Wide {
    Vector lane[2];
} Wide;

_Noreturn void avx_unavailable(Cpu *cpu);

/* First in every instruction with VEX and a vector register. */
FORCE_INLINE void avx_begin(Cpu *cpu)
{
    enum { NEEDED = XCR0_SSE | XCR0_AVX };

    if (UNLIKELY((cpu->cr0 & CR0_TS) || !(cpu->cr4 & CR4_OSXSAVE) ||
                 (cpu->xcr0 & NEEDED) != NEEDED))
        avx_unavailable(cpu);
}

FORCE_INLINE Vector ymm_get_high(const Cpu *cpu, unsigned number)
{
    return (Vector){cpu->ymm_high[number].qwords[0], cpu->ymm_high[number].qwords[1]};
}

FORCE_INLINE void ymm_set_high(Cpu *cpu, unsigned number, Vector value)
{
    cpu->ymm_high[number].qwords[0] = value[0];
    cpu->ymm_high[number].qwords[1] = value[1];
}

/* The upper lane of a 16-byte operand is zero, read and written. */
FORCE_INLINE Wide avx_get(const Cpu *cpu, Operand operand)
{
    Wide value = {{xmm_get(cpu, operand.number), {0}}};

    if (operand.size == 32)
        value.lane[1] = ymm_get_high(cpu, operand.number);
    return value;
}

FORCE_INLINE void avx_set(Cpu *cpu, Operand operand, Wide value)
{
    xmm_set(cpu, operand.number, value.lane[0]);
    ymm_set_high(cpu, operand.number, operand.size == 32 ? value.lane[1] : (Vector){0});
}

/* A vector register, or memory of 1 to 32 bytes, zero above. */
Wide avx_source(Cpu *cpu, const Insn *insn, unsigned number);
Wide avx_read(Cpu *cpu, const Insn *insn, unsigned size, bool aligned);
void avx_write(Cpu *cpu, const Insn *insn, unsigned size, Wide value, bool aligned);

/* Which operand is the last source of (destination, source) or (destination, first, source). */
FORCE_INLINE unsigned avx_last(const Insn *insn)
{
    u8 kind = insn->operands[2].kind;

    return kind == OPERAND_XMM || kind == OPERAND_MEMORY ? 2 : 1;
}

/* ---- whole instructions ----
 *
 * operation(first, source), or operation(source, source), in each lane. */

void avx_integer(Cpu *cpu, const Insn *insn, Operation *operation);
void avx_float(Cpu *cpu, const Insn *insn, Operation *operation);

/* The two lanes differ in their immediates. */
void avx_integer_lanes(Cpu *cpu, const Insn *insn, Operation *low, Operation *high);

/* The count, an immediate or 128 bits, is one for both. */
void avx_shift(Cpu *cpu, const Insn *insn, Operation *operation);

/* `bytes` of the source become a lane. */
void avx_widen_integer(Cpu *cpu, const Insn *insn, Operation *operation, unsigned bytes);
void avx_widen_float(Cpu *cpu, const Insn *insn, Operation *operation);

/* A lane becomes 64 bits. */
void avx_narrow_float(Cpu *cpu, const Insn *insn, Operation *operation);

/* Floating-point in both lanes, whose exceptions are reported together. */
Wide avx_compute(Cpu *cpu, Operation *operation, Wide a, Wide b, bool wide);

/* An XMM destination's upper lane becomes zero. */
FORCE_INLINE void avx_clear_upper(Cpu *cpu, const Insn *insn)
{
    if (insn->operands[0].kind == OPERAND_XMM)
        ymm_set_high(cpu, insn->operands[0].number, (Vector){0});
}

/* A body with the parameters (cpu, insn, src) for both forms: `src` is the last source's number.
 * The source before it is operand src - 1. */
#define TWO_FORMS(name, vex_src)                                                                   \
    static void name##_sse(Cpu *cpu, const Insn *insn)                                             \
    {                                                                                              \
        xmm_begin(cpu);                                                                            \
        name(cpu, insn, 1);                                                                        \
    }                                                                                              \
    static void name##_vex(Cpu *cpu, const Insn *insn)                                             \
    {                                                                                              \
        avx_begin(cpu);                                                                            \
        name(cpu, insn, vex_src);                                                                  \
        avx_clear_upper(cpu, insn);                                                                \
    }                                                                                              \
    FORMS(name, name##_sse, name##_vex)

/* For one that writes no vector register. */
#define TWO_READERS(name)                                                                          \
    static void name##_sse(Cpu *cpu, const Insn *insn)                                             \
    {                                                                                              \
        xmm_begin(cpu);                                                                            \
        name(cpu, insn);                                                                           \
    }                                                                                              \
    static void name##_vex(Cpu *cpu, const Insn *insn)                                             \
    {                                                                                              \
        avx_begin(cpu);                                                                            \
        name(cpu, insn);                                                                           \
    }                                                                                              \
    FORMS(name, name##_sse, name##_vex)

#define FORMS(name, sse, vex_form)                                                                 \
    const Handlers exec_##name = {.any = {sse, sse, sse, sse}, .vex = vex_form};

#endif
