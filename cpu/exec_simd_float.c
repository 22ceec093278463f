/*
 * SSE, SSE2 and SSE3 arithmetic and comparison on single and double precision numbers.
 *
 * RCPPS, RCPSS, RSQRTPS and RSQRTSS give what the host's give: the manual bounds their error and
 * leaves the value to the processor.
 *
 * Manual: Intel SDM Vol. 1, "Programming with SSE", "SSE, SSE2, and SSE3 Exceptions"; Vol. 2, each
 * instruction's page.
 */
#include "cpu/avx.h"

FORCE_INLINE void xmm_float(Cpu *cpu, const Insn *insn, Operation *operation)
{
    unsigned dst = insn->operands[0].number;

    xmm_begin(cpu);
    xmm_set(cpu, dst, simd_compute(cpu, operation, xmm_get(cpu, dst), xmm_source(cpu, insn)));
}

/* Approximations signal nothing and do not obey MXCSR. */
FORCE_INLINE void xmm_approximate(Cpu *cpu, const Insn *insn, Operation *operation)
{
    unsigned dst = insn->operands[0].number;

    xmm_begin(cpu);
    xmm_set(cpu, dst, operation(xmm_get(cpu, dst), xmm_source(cpu, insn)));
}

// clang-format off

#define ARITHMETIC(name, mnemonic)                                                      \
FLOAT_OPERATION(name, mnemonic)                                                         \
static void name##_sse(Cpu *cpu, const Insn *insn) { xmm_float(cpu, insn, host_##name); } \
static void name##_vex(Cpu *cpu, const Insn *insn) { avx_float(cpu, insn, host_##name); } \
FORMS(name, name##_sse, name##_vex)

/* Conversions whose results are longer, or shorter, than their operands. */
#define RESIZE(name, mnemonic, frame)                                                   \
FLOAT_OPERATION(name, mnemonic)                                                         \
static void name##_sse(Cpu *cpu, const Insn *insn) { xmm_float(cpu, insn, host_##name); } \
static void name##_vex(Cpu *cpu, const Insn *insn) { frame(cpu, insn, host_##name); }   \
FORMS(name, name##_sse, name##_vex)

#define APPROXIMATION(name, mnemonic)                                                   \
INTEGER_OPERATION(name, mnemonic)                                                       \
static void name##_sse(Cpu *cpu, const Insn *insn) { xmm_approximate(cpu, insn, host_##name); } \
static void name##_vex(Cpu *cpu, const Insn *insn) { avx_integer(cpu, insn, host_##name); } \
FORMS(name, name##_sse, name##_vex)

ARITHMETIC(ADDPS, "addps")
ARITHMETIC(ADDPD, "addpd")
ARITHMETIC(ADDSS, "addss")
ARITHMETIC(ADDSD, "addsd")
ARITHMETIC(SUBPS, "subps")
ARITHMETIC(SUBPD, "subpd")
ARITHMETIC(SUBSS, "subss")
ARITHMETIC(SUBSD, "subsd")
ARITHMETIC(MULPS, "mulps")
ARITHMETIC(MULPD, "mulpd")
ARITHMETIC(MULSS, "mulss")
ARITHMETIC(MULSD, "mulsd")
ARITHMETIC(DIVPS, "divps")
ARITHMETIC(DIVPD, "divpd")
ARITHMETIC(DIVSS, "divss")
ARITHMETIC(DIVSD, "divsd")
ARITHMETIC(MINPS, "minps")
ARITHMETIC(MINPD, "minpd")
ARITHMETIC(MINSS, "minss")
ARITHMETIC(MINSD, "minsd")
ARITHMETIC(MAXPS, "maxps")
ARITHMETIC(MAXPD, "maxpd")
ARITHMETIC(MAXSS, "maxss")
ARITHMETIC(MAXSD, "maxsd")
ARITHMETIC(ADDSUBPS, "addsubps")
ARITHMETIC(ADDSUBPD, "addsubpd")
ARITHMETIC(HADDPS, "haddps")
ARITHMETIC(HADDPD, "haddpd")
ARITHMETIC(HSUBPS, "hsubps")
ARITHMETIC(HSUBPD, "hsubpd")
ARITHMETIC(SQRTPS, "sqrtps")
ARITHMETIC(SQRTPD, "sqrtpd")
ARITHMETIC(SQRTSS, "sqrtss")
ARITHMETIC(SQRTSD, "sqrtsd")
APPROXIMATION(RCPPS, "rcpps")
APPROXIMATION(RCPSS, "rcpss")
APPROXIMATION(RSQRTPS, "rsqrtps")
APPROXIMATION(RSQRTSS, "rsqrtss")

/* Conversions between the two precisions. */
RESIZE(CVTPS2PD, "cvtps2pd", avx_widen_float)
RESIZE(CVTPD2PS, "cvtpd2ps", avx_narrow_float)
ARITHMETIC(CVTSS2SD, "cvtss2sd")
ARITHMETIC(CVTSD2SS, "cvtsd2ss")

/* The predicate is part of the host's instruction; its low three bits count, five with VEX. */
#define COMPARE(name, type)                                                             \
FLOAT_OPERATION(name##_eq, "cmpeq" #type)                                                \
FLOAT_OPERATION(name##_lt, "cmplt" #type)                                                \
FLOAT_OPERATION(name##_le, "cmple" #type)                                                \
FLOAT_OPERATION(name##_unord, "cmpunord" #type)                                          \
FLOAT_OPERATION(name##_neq, "cmpneq" #type)                                              \
FLOAT_OPERATION(name##_nlt, "cmpnlt" #type)                                              \
FLOAT_OPERATION(name##_nle, "cmpnle" #type)                                              \
FLOAT_OPERATION(name##_ord, "cmpord" #type)                                              \
static void name##_sse(Cpu *cpu, const Insn *insn)                                      \
{                                                                                       \
    static Operation *const operations[8] = {                                           \
        host_##name##_eq, host_##name##_lt, host_##name##_le, host_##name##_unord,      \
        host_##name##_neq, host_##name##_nlt, host_##name##_nle, host_##name##_ord};    \
                                                                                        \
    xmm_float(cpu, insn, operations[insn->immediate & 7]);                              \
}                                                                                       \
static void name##_vex(Cpu *cpu, const Insn *insn)                                      \
{                                                                                       \
    avx_float(cpu, insn, simd_immediate(simd_immediate_vcmp##type, insn->immediate & 31)); \
}                                                                                       \
FORMS(name, name##_sse, name##_vex)

COMPARE(CMPPS, ps)
COMPARE(CMPPD, pd)
COMPARE(CMPSS, ss)
COMPARE(CMPSD, sd)

// clang-format on

/* ---- comparisons that set EFLAGS ---- */

#define FLAGS_OPERATION(name, mnemonic)                                                            \
    static Vector host_##name(Vector a, Vector b)                                                  \
    {                                                                                              \
        bool zero, parity, carry;                                                                  \
                                                                                                   \
        asm volatile(mnemonic " %4, %3"                                                            \
                     : "=@ccz"(zero), "=@ccp"(parity), "=@ccc"(carry)                              \
                     : "x"(a), "x"(b));                                                            \
        return (Vector){(zero ? FLAG_ZF : 0) | (parity ? FLAG_PF : 0) | (carry ? FLAG_CF : 0), 0}; \
    }

/* An exception raises before the flags change. */
#define COMPARE_FLAGS(name, mnemonic)                                                              \
    FLAGS_OPERATION(name, mnemonic)                                                                \
    FORCE_INLINE void name(Cpu *cpu, const Insn *insn)                                             \
    {                                                                                              \
        Vector a = xmm_get(cpu, insn->operands[0].number), b = xmm_source(cpu, insn);              \
                                                                                                   \
        flags_unpack(&cpu->flags, simd_compute(cpu, host_##name, a, b)[0]);                        \
    }                                                                                              \
    TWO_READERS(name)

COMPARE_FLAGS(COMISS, "comiss")
COMPARE_FLAGS(COMISD, "comisd")
COMPARE_FLAGS(UCOMISS, "ucomiss")
COMPARE_FLAGS(UCOMISD, "ucomisd")
