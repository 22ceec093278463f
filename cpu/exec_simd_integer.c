/*
 * Integer arithmetic on packed bytes, words, doublewords and quadwords: MMX, SSSE3, and SSE2's
 * forms of MMX.
 *
 * Manual: Intel SDM Vol. 1, "MMX Instructions", "64-Bit SIMD Integer Instructions", "128-Bit SIMD
 * Integer Instructions"; Vol. 2, each instruction's page.
 */
#include "cpu/avx.h"

FORCE_INLINE void xmm_integer(Cpu *cpu, const Insn *insn, Operation *operation)
{
    unsigned dst = insn->operands[0].number;

    xmm_begin(cpu);
    xmm_set(cpu, dst, operation(xmm_get(cpu, dst), xmm_source(cpu, insn)));
}

/* What of a vector is an MMX instruction's result; and a packing one takes both operands as the
 * halves of its first. */
typedef enum MmxForm { MMX_LOW, MMX_HIGH, MMX_PACK } MmxForm;

FORCE_INLINE void mmx_integer(Cpu *cpu, const Insn *insn, Operation *operation, MmxForm form)
{
    unsigned dst = insn->operands[0].number;
    Vector a, b, result;

    mmx_begin(cpu);
    a = (Vector){mmx_get(cpu, dst), 0};
    b = (Vector){mmx_source(cpu, insn), 0};
    if (form == MMX_PACK)
        a[1] = b[0];
    result = operation(a, b);
    mmx_enter(cpu);
    mmx_set(cpu, dst, result[form == MMX_HIGH]);
}

/* The count: a register, memory or an immediate; 64 bits of it. */
FORCE_INLINE Vector shift_count(Cpu *cpu, const Insn *insn, bool mmx)
{
    if (insn->operands[1].kind == OPERAND_IMMEDIATE)
        return (Vector){insn->immediate, 0};
    return mmx ? (Vector){mmx_source(cpu, insn), 0} : xmm_source(cpu, insn);
}

FORCE_INLINE void xmm_shift(Cpu *cpu, const Insn *insn, Operation *operation)
{
    unsigned dst = insn->operands[0].number;

    xmm_begin(cpu);
    xmm_set(cpu, dst, operation(xmm_get(cpu, dst), shift_count(cpu, insn, false)));
}

FORCE_INLINE void mmx_shift(Cpu *cpu, const Insn *insn, Operation *operation)
{
    unsigned dst = insn->operands[0].number;
    Vector result;

    mmx_begin(cpu);
    result = operation((Vector){mmx_get(cpu, dst), 0}, shift_count(cpu, insn, true));
    mmx_enter(cpu);
    mmx_set(cpu, dst, result[0]);
}

// clang-format off

#define COPIES(name, xmm_body, mmx_body, vex_body)                                      \
static void name##_xmm(Cpu *cpu, const Insn *insn) { xmm_body; }                        \
static void name##_mmx(Cpu *cpu, const Insn *insn) { mmx_body; }                        \
static void name##_vex(Cpu *cpu, const Insn *insn) { vex_body; }                        \
XMM_AND_MMX(name, name##_xmm, name##_mmx, name##_vex)

#define PACKED(name, mnemonic)                                                          \
INTEGER_OPERATION(name, mnemonic)                                                       \
COPIES(name, xmm_integer(cpu, insn, host_##name),                                       \
       mmx_integer(cpu, insn, host_##name, MMX_LOW), avx_integer(cpu, insn, host_##name))

/* Of four bytes and four, PUNPCKLBW's XMM form makes all sixteen: the upper half is the MMX
 * PUNPCKHBW. */
#define UNPACK_HIGH(name, high, low)                                                    \
INTEGER_OPERATION(name, high)                                                           \
INTEGER_OPERATION(name##_half, low)                                                     \
COPIES(name, xmm_integer(cpu, insn, host_##name),                                       \
       mmx_integer(cpu, insn, host_##name##_half, MMX_HIGH),                            \
       avx_integer(cpu, insn, host_##name))

#define PACK(name, mnemonic)                                                            \
INTEGER_OPERATION(name, mnemonic)                                                       \
COPIES(name, xmm_integer(cpu, insn, host_##name),                                       \
       mmx_integer(cpu, insn, host_##name, MMX_PACK), avx_integer(cpu, insn, host_##name))

#define SHIFT(name, mnemonic)                                                           \
INTEGER_OPERATION(name, mnemonic)                                                       \
COPIES(name, xmm_shift(cpu, insn, host_##name), mmx_shift(cpu, insn, host_##name),      \
       avx_shift(cpu, insn, host_##name))

/* XMM only. */
#define XMM_PACKED(name, mnemonic)                                                      \
INTEGER_OPERATION(name, mnemonic)                                                       \
static void name##_sse(Cpu *cpu, const Insn *insn) { xmm_integer(cpu, insn, host_##name); } \
static void name##_vex(Cpu *cpu, const Insn *insn) { avx_integer(cpu, insn, host_##name); } \
FORMS(name, name##_sse, name##_vex)

/* The low bytes of the source become a vector; with VEX.L `bytes` of it each lane. */
#define WIDEN(name, mnemonic, bytes)                                                    \
INTEGER_OPERATION(name, mnemonic)                                                       \
static void name##_sse(Cpu *cpu, const Insn *insn) { xmm_integer(cpu, insn, host_##name); } \
static void name##_vex(Cpu *cpu, const Insn *insn)                                      \
{                                                                                       \
    avx_widen_integer(cpu, insn, host_##name, bytes);                                   \
}                                                                                       \
FORMS(name, name##_sse, name##_vex)

PACKED(PADDB, "paddb")
PACKED(PADDW, "paddw")
PACKED(PADDD, "paddd")
PACKED(PADDQ, "paddq")
PACKED(PADDSB, "paddsb")
PACKED(PADDSW, "paddsw")
PACKED(PADDUSB, "paddusb")
PACKED(PADDUSW, "paddusw")
PACKED(PSUBB, "psubb")
PACKED(PSUBW, "psubw")
PACKED(PSUBD, "psubd")
PACKED(PSUBQ, "psubq")
PACKED(PSUBSB, "psubsb")
PACKED(PSUBSW, "psubsw")
PACKED(PSUBUSB, "psubusb")
PACKED(PSUBUSW, "psubusw")
PACKED(PMULLW, "pmullw")
PACKED(PMULHW, "pmulhw")
PACKED(PMULHUW, "pmulhuw")
PACKED(PMULUDQ, "pmuludq")
PACKED(PMADDWD, "pmaddwd")
PACKED(PSADBW, "psadbw")
PACKED(PAVGB, "pavgb")
PACKED(PAVGW, "pavgw")
PACKED(PMINUB, "pminub")
PACKED(PMINSW, "pminsw")
PACKED(PMAXUB, "pmaxub")
PACKED(PMAXSW, "pmaxsw")
PACKED(PCMPEQB, "pcmpeqb")
PACKED(PCMPEQW, "pcmpeqw")
PACKED(PCMPEQD, "pcmpeqd")
PACKED(PCMPGTB, "pcmpgtb")
PACKED(PCMPGTW, "pcmpgtw")
PACKED(PCMPGTD, "pcmpgtd")
PACKED(PAND, "pand")
PACKED(PANDN, "pandn")
PACKED(POR, "por")
PACKED(PXOR, "pxor")
PACKED(PUNPCKLBW, "punpcklbw")
PACKED(PUNPCKLWD, "punpcklwd")
PACKED(PUNPCKLDQ, "punpckldq")
UNPACK_HIGH(PUNPCKHBW, "punpckhbw", "punpcklbw")
UNPACK_HIGH(PUNPCKHWD, "punpckhwd", "punpcklwd")
UNPACK_HIGH(PUNPCKHDQ, "punpckhdq", "punpckldq")
PACK(PACKSSWB, "packsswb")
PACK(PACKSSDW, "packssdw")
PACK(PACKUSWB, "packuswb")
SHIFT(PSLLW, "psllw")
SHIFT(PSLLD, "pslld")
SHIFT(PSLLQ, "psllq")
SHIFT(PSRLW, "psrlw")
SHIFT(PSRLD, "psrld")
SHIFT(PSRLQ, "psrlq")
SHIFT(PSRAW, "psraw")
SHIFT(PSRAD, "psrad")

PACKED(PMADDUBSW, "pmaddubsw")
PACKED(PMULHRSW, "pmulhrsw")
PACKED(PSIGNB, "psignb")
PACKED(PSIGNW, "psignw")
PACKED(PSIGND, "psignd")
PACKED(PABSB, "pabsb")
PACKED(PABSW, "pabsw")
PACKED(PABSD, "pabsd")
PACK(PHADDW, "phaddw")
PACK(PHADDD, "phaddd")
PACK(PHADDSW, "phaddsw")
PACK(PHSUBW, "phsubw")
PACK(PHSUBD, "phsubd")
PACK(PHSUBSW, "phsubsw")

/* Moves of halves and bitwise operations, which are integer operations whatever the manual calls
 * their operands. */
XMM_PACKED(PUNPCKLQDQ, "punpcklqdq")
XMM_PACKED(PUNPCKHQDQ, "punpckhqdq")
XMM_PACKED(PMULDQ, "pmuldq")
XMM_PACKED(PMULLD, "pmulld")
XMM_PACKED(PCMPEQQ, "pcmpeqq")
XMM_PACKED(PCMPGTQ, "pcmpgtq")
XMM_PACKED(PACKUSDW, "packusdw")
XMM_PACKED(PMINSB, "pminsb")
XMM_PACKED(PMINSD, "pminsd")
XMM_PACKED(PMINUW, "pminuw")
XMM_PACKED(PMINUD, "pminud")
XMM_PACKED(PMAXSB, "pmaxsb")
XMM_PACKED(PMAXSD, "pmaxsd")
XMM_PACKED(PMAXUW, "pmaxuw")
XMM_PACKED(PMAXUD, "pmaxud")
XMM_PACKED(PHMINPOSUW, "phminposuw")
WIDEN(PMOVSXBW, "pmovsxbw", 8)
WIDEN(PMOVSXBD, "pmovsxbd", 4)
WIDEN(PMOVSXBQ, "pmovsxbq", 2)
WIDEN(PMOVSXWD, "pmovsxwd", 8)
WIDEN(PMOVSXWQ, "pmovsxwq", 4)
WIDEN(PMOVSXDQ, "pmovsxdq", 8)
WIDEN(PMOVZXBW, "pmovzxbw", 8)
WIDEN(PMOVZXBD, "pmovzxbd", 4)
WIDEN(PMOVZXBQ, "pmovzxbq", 2)
WIDEN(PMOVZXWD, "pmovzxwd", 8)
WIDEN(PMOVZXWQ, "pmovzxwq", 4)
WIDEN(PMOVZXDQ, "pmovzxdq", 8)
XMM_PACKED(MOVDDUP, "movddup")
XMM_PACKED(MOVSLDUP, "movsldup")
XMM_PACKED(MOVSHDUP, "movshdup")
XMM_PACKED(UNPCKLPS, "unpcklps")
XMM_PACKED(UNPCKHPS, "unpckhps")
XMM_PACKED(UNPCKLPD, "unpcklpd")
XMM_PACKED(UNPCKHPD, "unpckhpd")
XMM_PACKED(ANDPS, "andps")
XMM_PACKED(ANDPD, "andpd")
XMM_PACKED(ANDNPS, "andnps")
XMM_PACKED(ANDNPD, "andnpd")
XMM_PACKED(ORPS, "orps")
XMM_PACKED(ORPD, "orpd")
XMM_PACKED(XORPS, "xorps")
XMM_PACKED(XORPD, "xorpd")
