/*
 * SSE and SSE2 conversions between integers and floating-point numbers.
 *
 * Those with an MMX operand execute the XMM form on a vector whose upper half is zero, which
 * signals nothing.
 *
 * Manual: Intel SDM Vol. 2, each instruction's page.
 */
#include "cpu/avx.h"

// clang-format off

/* ---- packed, between XMM registers ---- */

#define CONVERT(name, mnemonic, frame)                                                  \
FLOAT_OPERATION(name, mnemonic)                                                         \
static void name##_sse(Cpu *cpu, const Insn *insn)                                      \
{                                                                                       \
    unsigned dst = insn->operands[0].number;                                            \
                                                                                        \
    xmm_begin(cpu);                                                                     \
    xmm_set(cpu, dst, simd_compute(cpu, host_##name, xmm_get(cpu, dst), xmm_source(cpu, insn))); \
}                                                                                       \
static void name##_vex(Cpu *cpu, const Insn *insn) { frame(cpu, insn, host_##name); }   \
FORMS(name, name##_sse, name##_vex)

CONVERT(CVTDQ2PS, "cvtdq2ps", avx_float)
CONVERT(CVTPS2DQ, "cvtps2dq", avx_float)
CONVERT(CVTTPS2DQ, "cvttps2dq", avx_float)
CONVERT(CVTDQ2PD, "cvtdq2pd", avx_widen_float)
CONVERT(CVTPD2DQ, "cvtpd2dq", avx_narrow_float)
CONVERT(CVTTPD2DQ, "cvttpd2dq", avx_narrow_float)

// clang-format on

/* ---- from MMX and to it ---- */

/* A memory operand leaves the x87 alone: with CVTPI2PD the manual says so, with CVTPI2PS silicon
 * does. A register makes all of it valid even when the conversion raises an exception. */
FORCE_INLINE Vector convert_from_mmx(Cpu *cpu, const Insn *insn, Operation *operation)
{
    Vector source, result;
    bool mmx = insn->operands[1].kind == OPERAND_MMX;

    xmm_begin(cpu);
    if (mmx)
        mmx_begin(cpu);
    source = (Vector){mmx_source(cpu, insn), 0};
    if (mmx)
        mmx_enter(cpu);
    result = simd_compute(cpu, operation, source, source);
    return result;
}

static void CVTPI2PS(Cpu *cpu, const Insn *insn)
{
    u64 result = convert_from_mmx(cpu, insn, host_CVTDQ2PS)[0];

    cpu->xmm[insn->operands[0].number].qwords[0] = result;
}
PLAIN(CVTPI2PS)

static void CVTPI2PD(Cpu *cpu, const Insn *insn)
{
    Vector result = convert_from_mmx(cpu, insn, host_CVTDQ2PD);

    xmm_set(cpu, insn->operands[0].number, result);
}
PLAIN(CVTPI2PD)

FORCE_INLINE void convert_to_mmx(Cpu *cpu, const Insn *insn, Operation *operation, bool whole)
{
    Vector source;

    xmm_begin(cpu);
    mmx_begin(cpu);
    source = xmm_source(cpu, insn);
    if (!whole)
        source[1] = 0;
    mmx_enter(cpu); /* even when the conversion raises an exception */
    source = simd_compute(cpu, operation, source, source);
    mmx_set(cpu, insn->operands[0].number, source[0]);
}

#define TO_MMX(name, operation, whole)                                                             \
    static void name(Cpu *cpu, const Insn *insn)                                                   \
    {                                                                                              \
        convert_to_mmx(cpu, insn, host_##operation, whole);                                        \
    }                                                                                              \
    PLAIN(name)

TO_MMX(CVTPS2PI, CVTPS2DQ, false)
TO_MMX(CVTTPS2PI, CVTTPS2DQ, false)
TO_MMX(CVTPD2PI, CVTPD2DQ, true)
TO_MMX(CVTTPD2PI, CVTTPD2DQ, true)

/* ---- scalars, from general registers and to them ---- */

#define FROM_GENERAL_OPERATION(name, mnemonic, operand)                                            \
    static Vector host_##name(Vector a, Vector b)                                                  \
    {                                                                                              \
        asm volatile(mnemonic " %" operand "1, %0" : "+x"(a) : "r"(b[0]));                         \
        return a;                                                                                  \
    }

FORCE_INLINE void convert_from_general(Cpu *cpu, const Insn *insn, unsigned src,
                                       Operation *const from[2])
{
    bool is_long = insn->operands[src].size == QWORD;
    Vector upper = xmm_get(cpu, insn->operands[src - 1].number);
    Vector value = {operand_read_own(cpu, insn, src), 0};

    xmm_set(cpu, insn->operands[0].number, simd_compute(cpu, from[is_long], upper, value));
}

#define FROM_GENERAL(name, mnemonic)                                                               \
    FROM_GENERAL_OPERATION(name##_32, mnemonic "l", "k")                                           \
    FROM_GENERAL_OPERATION(name##_64, mnemonic "q", "q")                                           \
    FORCE_INLINE void name(Cpu *cpu, const Insn *insn, unsigned src)                               \
    {                                                                                              \
        static Operation *const from[2] = {host_##name##_32, host_##name##_64};                    \
                                                                                                   \
        convert_from_general(cpu, insn, src, from);                                                \
    }                                                                                              \
    TWO_FORMS(name, 2)

FROM_GENERAL(CVTSI2SS, "cvtsi2ss")
FROM_GENERAL(CVTSI2SD, "cvtsi2sd")

#define TO_GENERAL_OPERATION(name, mnemonic, operand)                                              \
    static Vector host_##name(Vector a, Vector b)                                                  \
    {                                                                                              \
        u64 result;                                                                                \
                                                                                                   \
        (void)a;                                                                                   \
        asm volatile(mnemonic " %1, %" operand "0" : "=r"(result) : "x"(b));                       \
        return (Vector){result, 0};                                                                \
    }

FORCE_INLINE void convert_to_general(Cpu *cpu, const Insn *insn, Operation *to_32, Operation *to_64)
{
    Operand dst = insn->operands[0];
    Vector source = xmm_source(cpu, insn);

    if (dst.size == QWORD)
        register_write(cpu, dst, QWORD, simd_compute(cpu, to_64, source, source)[0]);
    else
        register_write(cpu, dst, DWORD, simd_compute(cpu, to_32, source, source)[0]);
}

#define TO_GENERAL(name, mnemonic)                                                                 \
    TO_GENERAL_OPERATION(name##_32, mnemonic, "k")                                                 \
    TO_GENERAL_OPERATION(name##_64, mnemonic, "q")                                                 \
    FORCE_INLINE void name(Cpu *cpu, const Insn *insn)                                             \
    {                                                                                              \
        convert_to_general(cpu, insn, host_##name##_32, host_##name##_64);                         \
    }                                                                                              \
    TWO_READERS(name)

TO_GENERAL(CVTSS2SI, "cvtss2si")
TO_GENERAL(CVTTSS2SI, "cvttss2si")
TO_GENERAL(CVTSD2SI, "cvtsd2si")
TO_GENERAL(CVTTSD2SI, "cvttsd2si")
