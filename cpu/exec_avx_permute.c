/*
 * AVX and AVX2: broadcasts, permutations, halves of YMM registers, variable shifts.
 *
 * Manual: Intel SDM Vol. 2, each instruction's page.
 */
#include "cpu/avx.h"

/* All elements of a YMM register. */
typedef union Elements {
    u8 bytes[32];
    u16 words[16];
    u32 dwords[8];
    u64 qwords[4];
    Wide wide;
} Elements;

static Elements elements_of(Wide wide)
{
    return (Elements){.wide = wide};
}

/* ---- broadcasts ---- */

/* The source's lowest element in all of them. */
#define BROADCAST(name, member)                                                                    \
    static void name(Cpu *cpu, const Insn *insn)                                                   \
    {                                                                                              \
        Elements source, result;                                                                   \
                                                                                                   \
        avx_begin(cpu);                                                                            \
        source = elements_of(avx_source(cpu, insn, 1));                                            \
        for (unsigned i = 0; i < COUNT_OF(result.member); i++)                                     \
            result.member[i] = source.member[0];                                                   \
        avx_set(cpu, insn->operands[0], result.wide);                                              \
    }                                                                                              \
    PLAIN(name)

BROADCAST(VPBROADCASTB, bytes)
BROADCAST(VPBROADCASTW, words)
BROADCAST(VPBROADCASTD, dwords)
BROADCAST(VPBROADCASTQ, qwords)
BROADCAST(VBROADCASTSS, dwords)
BROADCAST(VBROADCASTSD, qwords)

static void broadcast_lane(Cpu *cpu, const Insn *insn)
{
    Wide value;

    avx_begin(cpu);
    value = avx_source(cpu, insn, 1);
    value.lane[1] = value.lane[0];
    avx_set(cpu, insn->operands[0], value);
}

#define SAME(name, body) const Handlers exec_##name = {.any = {body, body, body, body}};

SAME(VBROADCASTF128, broadcast_lane)
SAME(VBROADCASTI128, broadcast_lane)

/* ---- lanes ---- */

static void insert_lane(Cpu *cpu, const Insn *insn)
{
    Wide value, source;

    avx_begin(cpu);
    source = avx_source(cpu, insn, 2);
    value = avx_get(cpu, insn->operands[1]);
    value.lane[insn->immediate & 1] = source.lane[0];
    avx_set(cpu, insn->operands[0], value);
}
SAME(VINSERTF128, insert_lane)
SAME(VINSERTI128, insert_lane)

static void extract_lane(Cpu *cpu, const Insn *insn)
{
    Operand dst = insn->operands[0];
    Wide value;

    avx_begin(cpu);
    value = avx_get(cpu, insn->operands[1]);
    value.lane[0] = value.lane[insn->immediate & 1];
    if (dst.kind == OPERAND_MEMORY)
        avx_write(cpu, insn, 16, value, false);
    else
        avx_set(cpu, dst, value);
}
SAME(VEXTRACTF128, extract_lane)
SAME(VEXTRACTI128, extract_lane)

/* Each lane is any of the four, or zero. */
static void permute_lanes(Cpu *cpu, const Insn *insn)
{
    Wide sources[2], result;

    avx_begin(cpu);
    sources[1] = avx_source(cpu, insn, 2);
    sources[0] = avx_get(cpu, insn->operands[1]);
    for (unsigned i = 0; i < 2; i++) {
        unsigned control = insn->immediate >> 4 * i & 15;

        result.lane[i] = sources[control >> 1 & 1].lane[control & 1];
        if (control & 8)
            result.lane[i] = (Vector){0};
    }
    avx_set(cpu, insn->operands[0], result);
}
SAME(VPERM2F128, permute_lanes)
SAME(VPERM2I128, permute_lanes)

/* ---- permutations ---- */

/* Within lanes, by an immediate or a vector. */
static void VPERMILPS(Cpu *cpu, const Insn *insn)
{
    bool variable = insn->operands[2].kind != OPERAND_IMMEDIATE;
    Elements source, control = {{0}}, result;

    avx_begin(cpu);
    source = elements_of(avx_source(cpu, insn, 1));
    if (variable) {
        control = elements_of(avx_source(cpu, insn, 2));
        source = elements_of(avx_get(cpu, insn->operands[1]));
    }
    for (unsigned i = 0; i < 8; i++) {
        u32 from = variable ? control.dwords[i] & 3 : insn->immediate >> 2 * (i & 3) & 3;

        result.dwords[i] = source.dwords[(i & 4) + from];
    }
    avx_set(cpu, insn->operands[0], result.wide);
}
PLAIN(VPERMILPS)

static void VPERMILPD(Cpu *cpu, const Insn *insn)
{
    bool variable = insn->operands[2].kind != OPERAND_IMMEDIATE;
    Elements source, control = {{0}}, result;

    avx_begin(cpu);
    source = elements_of(avx_source(cpu, insn, 1));
    if (variable) {
        control = elements_of(avx_source(cpu, insn, 2));
        source = elements_of(avx_get(cpu, insn->operands[1]));
    }
    for (unsigned i = 0; i < 4; i++) {
        u64 from = variable ? control.qwords[i] >> 1 & 1 : insn->immediate >> i & 1;

        result.qwords[i] = source.qwords[(i & 2) + from];
    }
    avx_set(cpu, insn->operands[0], result.wide);
}
PLAIN(VPERMILPD)

/* Across lanes. */
static void permute_dwords(Cpu *cpu, const Insn *insn)
{
    Elements source, order, result;

    avx_begin(cpu);
    source = elements_of(avx_source(cpu, insn, 2));
    order = elements_of(avx_get(cpu, insn->operands[1]));
    for (unsigned i = 0; i < 8; i++)
        result.dwords[i] = source.dwords[order.dwords[i] & 7];
    avx_set(cpu, insn->operands[0], result.wide);
}
SAME(VPERMD, permute_dwords)
SAME(VPERMPS, permute_dwords)

static void permute_qwords(Cpu *cpu, const Insn *insn)
{
    Elements source, result;

    avx_begin(cpu);
    source = elements_of(avx_source(cpu, insn, 1));
    for (unsigned i = 0; i < 4; i++)
        result.qwords[i] = source.qwords[insn->immediate >> 2 * i & 3];
    avx_set(cpu, insn->operands[0], result.wide);
}
SAME(VPERMQ, permute_qwords)
SAME(VPERMPD, permute_qwords)

static void VPBLENDD(Cpu *cpu, const Insn *insn)
{
    Elements a, b;

    avx_begin(cpu);
    b = elements_of(avx_source(cpu, insn, 2));
    a = elements_of(avx_get(cpu, insn->operands[1]));
    for (unsigned i = 0; i < 8; i++)
        if (bit(insn->immediate, i))
            a.dwords[i] = b.dwords[i];
    avx_set(cpu, insn->operands[0], a.wide);
}
PLAIN(VPBLENDD)

/* ---- shifts, each element by its own count ---- */

#define VARIABLE_SHIFT(name, member, expression)                                                   \
    static void name(Cpu *cpu, const Insn *insn)                                                   \
    {                                                                                              \
        Elements value, counts;                                                                    \
                                                                                                   \
        avx_begin(cpu);                                                                            \
        counts = elements_of(avx_source(cpu, insn, 2));                                            \
        value = elements_of(avx_get(cpu, insn->operands[1]));                                      \
        for (unsigned i = 0; i < COUNT_OF(value.member); i++) {                                    \
            u64 element = value.member[i], count = counts.member[i];                               \
                                                                                                   \
            value.member[i] = (expression);                                                        \
        }                                                                                          \
        avx_set(cpu, insn->operands[0], value.wide);                                               \
    }                                                                                              \
    PLAIN(name)

VARIABLE_SHIFT(VPSLLVD, dwords, count < 32 ? (u32)(element << count) : 0)
VARIABLE_SHIFT(VPSLLVQ, qwords, count < 64 ? element << count : 0)
VARIABLE_SHIFT(VPSRLVD, dwords, count < 32 ? (u32)(element >> count) : 0)
VARIABLE_SHIFT(VPSRLVQ, qwords, count < 64 ? element >> count : 0)
VARIABLE_SHIFT(VPSRAVD, dwords, (u32)((i32)element >> (count < 32 ? count : 31)))
