/*
 * What SSE4.1 adds beside integer arithmetic: blends, single elements, rounding, dot products.
 *
 * Manual: Intel SDM Vol. 1, "SSE4.1 Instruction Set"; Vol. 2, each instruction's page.
 */
#include "cpu/avx.h"

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

/* XMM0's sign bits select, or with VEX those of a fourth operand. */
#define VARIABLE_BLEND(name, type)                                                                 \
    FORCE_INLINE Vector choose_##name(Vector a, Vector b, Vector mask)                             \
    {                                                                                              \
        return choose(a, b, (Vector)((type)mask < 0));                                             \
    }                                                                                              \
    static void name##_sse(Cpu *cpu, const Insn *insn)                                             \
    {                                                                                              \
        unsigned dst = insn->operands[0].number;                                                   \
        Vector source;                                                                             \
                                                                                                   \
        xmm_begin(cpu);                                                                            \
        source = xmm_source(cpu, insn);                                                            \
        xmm_set(cpu, dst, choose_##name(xmm_get(cpu, dst), source, xmm_get(cpu, 0)));              \
    }                                                                                              \
    static void name##_vex(Cpu *cpu, const Insn *insn)                                             \
    {                                                                                              \
        Wide a, b, mask;                                                                           \
                                                                                                   \
        avx_begin(cpu);                                                                            \
        a = avx_get(cpu, insn->operands[1]);                                                       \
        b = avx_source(cpu, insn, 2);                                                              \
        mask = avx_get(cpu, insn->operands[3]);                                                    \
        for (unsigned i = 0; i < 2; i++)                                                           \
            a.lane[i] = choose_##name(a.lane[i], b.lane[i], mask.lane[i]);                         \
        avx_set(cpu, insn->operands[0], a);                                                        \
    }                                                                                              \
    FORMS(name, name##_sse, name##_vex)

VARIABLE_BLEND(PBLENDVB, SignedBytes)
VARIABLE_BLEND(BLENDVPS, SignedDwords)
VARIABLE_BLEND(BLENDVPD, SignedQwords)

/* `low` and `high` are the immediates of the lanes, as the table knows them. */
#define LANES(name, table, low, high)                                                              \
    static void name##_sse(Cpu *cpu, const Insn *insn)                                             \
    {                                                                                              \
        xmm_immediate(cpu, insn, simd_immediate_##table, low);                                     \
    }                                                                                              \
    static void name##_vex(Cpu *cpu, const Insn *insn)                                             \
    {                                                                                              \
        avx_integer_lanes(cpu, insn, simd_immediate(simd_immediate_##table, low),                  \
                          simd_immediate(simd_immediate_##table, high));                           \
    }                                                                                              \
    FORMS(name, name##_sse, name##_vex)

/* Each bit of a blend's immediate is for one element: a word, two words, four. */
LANES(PBLENDW, pblendw, insn->immediate, insn->immediate)
LANES(BLENDPS, pblendw, simd_spread_bits(insn->immediate & 15, 2),
      simd_spread_bits(insn->immediate >> 4, 2))
LANES(BLENDPD, pblendw, simd_spread_bits(insn->immediate & 3, 4),
      simd_spread_bits(insn->immediate >> 2 & 3, 4))
LANES(MPSADBW, mpsadbw, insn->immediate & 7, insn->immediate >> 3 & 7)

/* ---- single elements ---- */

/* From memory there is but one element to take. */
FORCE_INLINE u64 insertion(const Insn *insn, unsigned src)
{
    return insn->operands[src].kind == OPERAND_MEMORY ? insn->immediate & 0x3F : insn->immediate;
}

static void INSERTPS_sse(Cpu *cpu, const Insn *insn)
{
    xmm_immediate(cpu, insn, simd_immediate_insertps, insertion(insn, 1));
}

static void INSERTPS_vex(Cpu *cpu, const Insn *insn)
{
    avx_integer(cpu, insn, simd_immediate(simd_immediate_insertps, insertion(insn, 2)));
}
FORMS(INSERTPS, INSERTPS_sse, INSERTPS_vex)

FORCE_INLINE void extract(Cpu *cpu, const Insn *insn, u64 value)
{
    Operand dst = insn->operands[0];

    operand_write(cpu, insn, dst, OPERAND_NONE, dst.size, value);
}

FORCE_INLINE void PEXTRB(Cpu *cpu, const Insn *insn)
{
    extract(cpu, insn, ((Bytes)xmm_get(cpu, insn->operands[1].number))[insn->immediate & 15]);
}
TWO_READERS(PEXTRB)

/* With REX.W PEXTRQ, below PINSRQ. */
FORCE_INLINE void PEXTRD(Cpu *cpu, const Insn *insn)
{
    Vector value = xmm_get(cpu, insn->operands[1].number);

    if (insn->operands[0].size == QWORD)
        extract(cpu, insn, value[insn->immediate & 1]);
    else
        extract(cpu, insn, ((Dwords)value)[insn->immediate & 3]);
}
TWO_READERS(PEXTRD)

FORCE_INLINE void EXTRACTPS(Cpu *cpu, const Insn *insn)
{
    extract(cpu, insn, ((Dwords)xmm_get(cpu, insn->operands[1].number))[insn->immediate & 3]);
}
TWO_READERS(EXTRACTPS)

FORCE_INLINE void PINSRB(Cpu *cpu, const Insn *insn, unsigned src)
{
    Bytes value = (Bytes)xmm_get(cpu, insn->operands[src - 1].number);

    value[insn->immediate & 15] = (u8)operand_read_own(cpu, insn, src);
    xmm_set(cpu, insn->operands[0].number, (Vector)value);
}
TWO_FORMS(PINSRB, 2)

FORCE_INLINE void PINSRD(Cpu *cpu, const Insn *insn, unsigned src)
{
    u64 source = operand_read_own(cpu, insn, src);
    Vector value = xmm_get(cpu, insn->operands[src - 1].number);

    if (insn->operands[src].size == QWORD) {
        value[insn->immediate & 1] = source;
    } else {
        Dwords dwords = (Dwords)value;

        dwords[insn->immediate & 3] = (u32)source;
        value = (Vector)dwords;
    }
    xmm_set(cpu, insn->operands[0].number, value);
}
TWO_FORMS(PINSRD, 2)

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

#define ROUND(name, table)                                                                         \
    static void name##_sse(Cpu *cpu, const Insn *insn)                                             \
    {                                                                                              \
        xmm_float_immediate(cpu, insn, simd_immediate_##table, insn->immediate & 15);              \
    }                                                                                              \
    static void name##_vex(Cpu *cpu, const Insn *insn)                                             \
    {                                                                                              \
        avx_float(cpu, insn, simd_immediate(simd_immediate_##table, insn->immediate & 15));        \
    }                                                                                              \
    FORMS(name, name##_sse, name##_vex)

ROUND(ROUNDPS, roundps)
ROUND(ROUNDPD, roundpd)
ROUND(ROUNDSS, roundss)
ROUND(ROUNDSD, roundsd)

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
FORCE_INLINE Wide dot_singles(Cpu *cpu, u64 immediate, Wide a, Wide b, bool wide)
{
    Vector factors = elements(immediate >> 4, 1);
    Wide odd, even, products;

    for (unsigned i = 0; i < 2; i++) {
        a.lane[i] &= factors;
        b.lane[i] &= factors;
    }
    products = avx_compute(cpu, host_mulps, a, b, wide);
    for (unsigned i = 0; i < 2; i++) {
        Dwords four = (Dwords)products.lane[i];

        even.lane[i] = (Vector)(Dwords){four[0], four[2]};
        odd.lane[i] = (Vector)(Dwords){four[1], four[3]};
    }
    a = avx_compute(cpu, host_addps, even, odd, wide);
    for (unsigned i = 0; i < 2; i++)
        b.lane[i] = (Vector){a.lane[i][0] >> 32, 0};
    a = avx_compute(cpu, host_addss, a, b, wide);
    for (unsigned i = 0; i < 2; i++) {
        u32 sum = (u32)a.lane[i][0];

        a.lane[i] = (Vector)(Dwords){sum, sum, sum, sum} & elements(immediate, 1);
    }
    return a;
}

static void DPPS_sse(Cpu *cpu, const Insn *insn)
{
    unsigned dst = insn->operands[0].number;
    Wide a, b;

    xmm_begin(cpu);
    a = (Wide){{xmm_get(cpu, dst), {0}}};
    b = (Wide){{xmm_source(cpu, insn), {0}}};
    xmm_set(cpu, dst, dot_singles(cpu, insn->immediate, a, b, false).lane[0]);
}

static void DPPS_vex(Cpu *cpu, const Insn *insn)
{
    Operand dst = insn->operands[0];
    Wide a, b;

    avx_begin(cpu);
    a = avx_get(cpu, insn->operands[1]);
    b = avx_source(cpu, insn, 2);
    avx_set(cpu, dst, dot_singles(cpu, insn->immediate, a, b, dst.size == 32));
}
FORMS(DPPS, DPPS_sse, DPPS_vex)

FORCE_INLINE Vector dot_doubles(Cpu *cpu, u64 immediate, Vector a, Vector b)
{
    Vector factors = elements(immediate >> 4, 2);
    Vector products = simd_compute(cpu, host_mulpd, a & factors, b & factors);
    Vector sum = simd_compute(cpu, host_addsd, (Vector){products[0], 0}, (Vector){products[1], 0});

    return (Vector){sum[0], sum[0]} & elements(immediate, 2);
}

static void DPPD_sse(Cpu *cpu, const Insn *insn)
{
    unsigned dst = insn->operands[0].number;
    Vector source;

    xmm_begin(cpu);
    source = xmm_source(cpu, insn);
    xmm_set(cpu, dst, dot_doubles(cpu, insn->immediate, xmm_get(cpu, dst), source));
}

static void DPPD_vex(Cpu *cpu, const Insn *insn)
{
    Vector source, first;

    avx_begin(cpu);
    source = avx_source(cpu, insn, 2).lane[0];
    first = xmm_get(cpu, insn->operands[1].number);
    xmm_set(cpu, insn->operands[0].number, dot_doubles(cpu, insn->immediate, first, source));
    avx_clear_upper(cpu, insn);
}
FORMS(DPPD, DPPD_sse, DPPD_vex)

/* ---- PTEST ---- */

/* ZF: nothing of the source is in the destination; CF: all of it is. */
FORCE_INLINE void test_bits(Cpu *cpu, Vector both, Vector rest)
{
    flags_unpack(&cpu->flags,
                 (both[0] | both[1] ? 0 : FLAG_ZF) | (rest[0] | rest[1] ? 0 : FLAG_CF));
}

static void PTEST_sse(Cpu *cpu, const Insn *insn)
{
    Vector a, b;

    xmm_begin(cpu);
    a = xmm_get(cpu, insn->operands[0].number);
    b = xmm_source(cpu, insn);
    test_bits(cpu, b & a, b & ~a);
}

FORCE_INLINE void test_wide(Cpu *cpu, const Insn *insn, Vector mask)
{
    Wide a, b;

    avx_begin(cpu);
    a = avx_get(cpu, insn->operands[0]);
    b = avx_source(cpu, insn, 1);
    test_bits(cpu, mask & ((b.lane[0] & a.lane[0]) | (b.lane[1] & a.lane[1])),
              mask & ((b.lane[0] & ~a.lane[0]) | (b.lane[1] & ~a.lane[1])));
}

static void PTEST_vex(Cpu *cpu, const Insn *insn)
{
    test_wide(cpu, insn, (Vector){~(u64)0, ~(u64)0});
}
FORMS(PTEST, PTEST_sse, PTEST_vex)

/* Of the elements only the signs. */
static void VTESTPS(Cpu *cpu, const Insn *insn)
{
    test_wide(cpu, insn, (Vector){0x8000000080000000, 0x8000000080000000});
}
PLAIN(VTESTPS)

static void VTESTPD(Cpu *cpu, const Insn *insn)
{
    test_wide(cpu, insn, (Vector){(u64)1 << 63, (u64)1 << 63});
}
PLAIN(VTESTPD)
