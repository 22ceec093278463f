/*
 * What SSE4.1 adds beside integer arithmetic: blends, single elements, rounding, dot products.
 *
 * Manual: Intel SDM Vol. 1, "SSE4.1 Instruction Set"; Vol. 2, each instruction's page.
 */
#include "cpu/simd.h"

typedef u8 Bytes __attribute__((vector_size(16)));
typedef u32 Dwords __attribute__((vector_size(16)));
typedef i8 SignedBytes __attribute__((vector_size(16)));
typedef i32 SignedDwords __attribute__((vector_size(16)));
typedef i64 SignedQwords __attribute__((vector_size(16)));

/* ---- blends ---- */

/* Where `mask` is all ones, of `b`. */
FORCE_INLINE Vector choose(Vector a, Vector b, Vector mask)
{
    return (a & ~mask) | (b & mask);
}

/* XMM0's sign bits select. */
#define VARIABLE_BLEND(name, type)                                                                 \
    static void name(Cpu *cpu, const Insn *insn)                                                   \
    {                                                                                              \
        unsigned dst = insn->operands[0].number;                                                   \
        Vector mask, source;                                                                       \
                                                                                                   \
        xmm_begin(cpu);                                                                            \
        source = xmm_source(cpu, insn);                                                            \
        mask = (Vector)((type)xmm_get(cpu, 0) < 0);                                                \
        xmm_set(cpu, dst, choose(xmm_get(cpu, dst), source, mask));                                \
    }                                                                                              \
    PLAIN(name)

VARIABLE_BLEND(PBLENDVB, SignedBytes)
VARIABLE_BLEND(BLENDVPS, SignedDwords)
VARIABLE_BLEND(BLENDVPD, SignedQwords)

/* An integer operation with an immediate. */
FORCE_INLINE void xmm_immediate(Cpu *cpu, const Insn *insn, const u8 *table, u64 immediate)
{
    unsigned dst = insn->operands[0].number;
    Vector source;

    xmm_begin(cpu);
    source = xmm_source(cpu, insn);
    xmm_set(cpu, dst, simd_immediate(table, immediate)(xmm_get(cpu, dst), source));
}

/* Each bit of a blend's immediate is for one element: PBLENDW's are words. */
static void PBLENDW(Cpu *cpu, const Insn *insn)
{
    xmm_immediate(cpu, insn, simd_immediate_pblendw, insn->immediate);
}
PLAIN(PBLENDW)

static void BLENDPS(Cpu *cpu, const Insn *insn)
{
    xmm_immediate(cpu, insn, simd_immediate_pblendw, simd_spread_bits(insn->immediate & 15, 2));
}
PLAIN(BLENDPS)

static void BLENDPD(Cpu *cpu, const Insn *insn)
{
    xmm_immediate(cpu, insn, simd_immediate_pblendw, simd_spread_bits(insn->immediate & 3, 4));
}
PLAIN(BLENDPD)

static void MPSADBW(Cpu *cpu, const Insn *insn)
{
    xmm_immediate(cpu, insn, simd_immediate_mpsadbw, insn->immediate & 7);
}
PLAIN(MPSADBW)

/* ---- single elements ---- */

/* From memory there is but one element to take. */
static void INSERTPS(Cpu *cpu, const Insn *insn)
{
    u64 order = insn->immediate;

    if (insn->operands[1].kind == OPERAND_MEMORY)
        order &= 0x3F;
    xmm_immediate(cpu, insn, simd_immediate_insertps, order);
}
PLAIN(INSERTPS)

FORCE_INLINE void extract(Cpu *cpu, const Insn *insn, u64 value)
{
    Operand dst = insn->operands[0];

    operand_write(cpu, insn, dst, OPERAND_NONE, dst.size, value);
}

static void PEXTRB(Cpu *cpu, const Insn *insn)
{
    xmm_begin(cpu);
    extract(cpu, insn, ((Bytes)xmm_get(cpu, insn->operands[1].number))[insn->immediate & 15]);
}
PLAIN(PEXTRB)

/* With REX.W PEXTRQ, below PINSRQ. */
static void PEXTRD(Cpu *cpu, const Insn *insn)
{
    Vector value;

    xmm_begin(cpu);
    value = xmm_get(cpu, insn->operands[1].number);
    if (insn->operands[0].size == QWORD)
        extract(cpu, insn, value[insn->immediate & 1]);
    else
        extract(cpu, insn, ((Dwords)value)[insn->immediate & 3]);
}
PLAIN(PEXTRD)

static void EXTRACTPS(Cpu *cpu, const Insn *insn)
{
    xmm_begin(cpu);
    extract(cpu, insn, ((Dwords)xmm_get(cpu, insn->operands[1].number))[insn->immediate & 3]);
}
PLAIN(EXTRACTPS)

static void PINSRB(Cpu *cpu, const Insn *insn)
{
    unsigned dst = insn->operands[0].number;
    Bytes value;

    xmm_begin(cpu);
    value = (Bytes)xmm_get(cpu, dst);
    value[insn->immediate & 15] = (u8)operand_read_own(cpu, insn, 1);
    xmm_set(cpu, dst, (Vector)value);
}
PLAIN(PINSRB)

static void PINSRD(Cpu *cpu, const Insn *insn)
{
    unsigned dst = insn->operands[0].number;
    u64 source;
    Vector value;

    xmm_begin(cpu);
    value = xmm_get(cpu, dst);
    source = operand_read_own(cpu, insn, 1);
    if (insn->operands[1].size == QWORD) {
        value[insn->immediate & 1] = source;
    } else {
        Dwords dwords = (Dwords)value;

        dwords[insn->immediate & 3] = (u32)source;
        value = (Vector)dwords;
    }
    xmm_set(cpu, dst, value);
}
PLAIN(PINSRD)

/* ---- rounding ---- */

FORCE_INLINE void xmm_float_immediate(Cpu *cpu, const Insn *insn, const u8 *table, u64 immediate)
{
    unsigned dst = insn->operands[0].number;
    Vector source;

    xmm_begin(cpu);
    source = xmm_source(cpu, insn);
    source = simd_compute(cpu, simd_immediate(table, immediate), xmm_get(cpu, dst), source);
    xmm_set(cpu, dst, source);
}

#define FLOAT_IMMEDIATE(name, table, mask)                                                         \
    static void name(Cpu *cpu, const Insn *insn)                                                   \
    {                                                                                              \
        xmm_float_immediate(cpu, insn, simd_immediate_##table, insn->immediate &(mask));           \
    }                                                                                              \
    PLAIN(name)

FLOAT_IMMEDIATE(ROUNDPS, roundps, 15)
FLOAT_IMMEDIATE(ROUNDPD, roundpd, 15)
FLOAT_IMMEDIATE(ROUNDSS, roundss, 15)
FLOAT_IMMEDIATE(ROUNDSD, roundsd, 15)

/* ---- dot products ---- */

FLOAT_OPERATION(mulps, "mulps")
FLOAT_OPERATION(mulpd, "mulpd")
FLOAT_OPERATION(addps, "addps")
FLOAT_OPERATION(addss, "addss")
FLOAT_OPERATION(addsd, "addsd")

/* Ones in the elements, of `dwords` doublewords each, that the bits select. */
FORCE_INLINE Vector elements(u64 selected, unsigned dwords)
{
    Dwords ones;

    for (unsigned i = 0; i < 4; i++)
        ones[i] = bit(selected, i / dwords) ? ~0u : 0;
    return (Vector)ones;
}

/* Each step may raise what its unmasked exceptions ask for. */
static void DPPS(Cpu *cpu, const Insn *insn)
{
    unsigned dst = insn->operands[0].number;
    Vector factors = elements(insn->immediate >> 4, 1), sum;
    Dwords products, sums;

    xmm_begin(cpu);
    sum = xmm_source(cpu, insn) & factors;
    products = (Dwords)simd_compute(cpu, host_mulps, xmm_get(cpu, dst) & factors, sum);
    sum = simd_compute(cpu, host_addps, (Vector)(Dwords){products[0], products[2]},
                       (Vector)(Dwords){products[1], products[3]});
    sum = simd_compute(cpu, host_addss, sum, (Vector){sum[0] >> 32, 0});
    sums = (Dwords)sum;
    sums = (Dwords){sums[0], sums[0], sums[0], sums[0]};
    xmm_set(cpu, dst, (Vector)sums & elements(insn->immediate, 1));
}
PLAIN(DPPS)

static void DPPD(Cpu *cpu, const Insn *insn)
{
    unsigned dst = insn->operands[0].number;
    Vector factors = elements(insn->immediate >> 4, 2), sum;

    xmm_begin(cpu);
    sum = xmm_source(cpu, insn) & factors;
    sum = simd_compute(cpu, host_mulpd, xmm_get(cpu, dst) & factors, sum);
    sum = simd_compute(cpu, host_addsd, (Vector){sum[0], 0}, (Vector){sum[1], 0});
    xmm_set(cpu, dst, (Vector){sum[0], sum[0]} & elements(insn->immediate, 2));
}
PLAIN(DPPD)

/* ---- PTEST ---- */

/* ZF: nothing of the source is in the destination; CF: all of it is. */
static void PTEST(Cpu *cpu, const Insn *insn)
{
    Vector a, b, both, rest;

    xmm_begin(cpu);
    a = xmm_get(cpu, insn->operands[0].number);
    b = xmm_source(cpu, insn);
    both = b & a;
    rest = b & ~a;
    flags_unpack(&cpu->flags,
                 (both[0] | both[1] ? 0 : FLAG_ZF) | (rest[0] | rest[1] ? 0 : FLAG_CF));
}
PLAIN(PTEST)
