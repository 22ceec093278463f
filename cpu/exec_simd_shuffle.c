/*
 * Shuffles, shifts by bytes, single words, and masks of signs.
 *
 * Manual: Intel SDM Vol. 2, each instruction's page.
 */
#include "cpu/avx.h"

typedef u16 Words __attribute__((vector_size(16)));

/* ---- by an immediate, the same in both lanes ---- */

FORCE_INLINE u64 at_most(u64 value, u64 limit)
{
    return value < limit ? value : limit;
}

#define SHUFFLE(name, table, immediate)                                                            \
    static void name##_sse(Cpu *cpu, const Insn *insn)                                             \
    {                                                                                              \
        xmm_immediate(cpu, insn, simd_immediate_##table, immediate);                               \
    }                                                                                              \
    static void name##_vex(Cpu *cpu, const Insn *insn)                                             \
    {                                                                                              \
        avx_integer(cpu, insn, simd_immediate(simd_immediate_##table, immediate));                 \
    }

SHUFFLE(PSHUFD, pshufd, insn->immediate)
FORMS(PSHUFD, PSHUFD_sse, PSHUFD_vex)
SHUFFLE(PSHUFLW, pshuflw, insn->immediate)
FORMS(PSHUFLW, PSHUFLW_sse, PSHUFLW_vex)
SHUFFLE(PSHUFHW, pshufhw, insn->immediate)
FORMS(PSHUFHW, PSHUFHW_sse, PSHUFHW_vex)
SHUFFLE(SHUFPS, shufps, insn->immediate)
FORMS(SHUFPS, SHUFPS_sse, SHUFPS_vex)
SHUFFLE(PALIGNR, palignr, at_most(insn->immediate, 32))

/* The four words of a quadword in the order given. */
static void PSHUFW(Cpu *cpu, const Insn *insn)
{
    u64 source, result = 0;

    mmx_begin(cpu);
    source = mmx_source(cpu, insn);
    for (unsigned i = 0; i < 4; i++)
        result |= (source >> 16 * (insn->immediate >> 2 * i & 3) & 0xFFFF) << 16 * i;
    mmx_enter(cpu);
    mmx_set(cpu, insn->operands[0].number, result);
}
PLAIN(PSHUFW)

/* Two bits for each lane. */
static void SHUFPD_sse(Cpu *cpu, const Insn *insn)
{
    xmm_immediate(cpu, insn, simd_immediate_shufpd, insn->immediate & 3);
}

static void SHUFPD_vex(Cpu *cpu, const Insn *insn)
{
    avx_integer_lanes(cpu, insn, simd_immediate(simd_immediate_shufpd, insn->immediate & 3),
                      simd_immediate(simd_immediate_shufpd, insn->immediate >> 2 & 3));
}
FORMS(SHUFPD, SHUFPD_sse, SHUFPD_vex)

/* Eight bytes of the destination and eight of the source, from a byte on. */
static void PALIGNR_mmx(Cpu *cpu, const Insn *insn)
{
    unsigned dst = insn->operands[0].number;
    u128 both;

    mmx_begin(cpu);
    both = mmx_source(cpu, insn);
    mmx_enter(cpu);
    both |= (u128)mmx_get(cpu, dst) << 64;
    mmx_set(cpu, dst, insn->immediate < 16 ? (u64)(both >> 8 * insn->immediate) : 0);
}
XMM_AND_MMX(PALIGNR, PALIGNR_sse, PALIGNR_mmx, PALIGNR_vex)

/* ---- shifts by bytes: of the first operand, or with VEX of the second ---- */

#define SHIFT_BYTES(name, table)                                                                   \
    static void name##_sse(Cpu *cpu, const Insn *insn)                                             \
    {                                                                                              \
        unsigned dst = insn->operands[0].number;                                                   \
        Vector value;                                                                              \
                                                                                                   \
        xmm_begin(cpu);                                                                            \
        value = xmm_get(cpu, dst);                                                                 \
        value =                                                                                    \
            simd_immediate(simd_immediate_##table, at_most(insn->immediate, 16))(value, value);    \
        xmm_set(cpu, dst, value);                                                                  \
    }                                                                                              \
    static void name##_vex(Cpu *cpu, const Insn *insn)                                             \
    {                                                                                              \
        avx_integer(cpu, insn,                                                                     \
                    simd_immediate(simd_immediate_##table, at_most(insn->immediate, 16)));         \
    }                                                                                              \
    FORMS(name, name##_sse, name##_vex)

SHIFT_BYTES(PSLLDQ, pslldq)
SHIFT_BYTES(PSRLDQ, psrldq)

/* ---- bytes in any order ---- */

INTEGER_OPERATION(PSHUFB, "pshufb")

static void PSHUFB_xmm(Cpu *cpu, const Insn *insn)
{
    unsigned dst = insn->operands[0].number;

    xmm_begin(cpu);
    xmm_set(cpu, dst, host_PSHUFB(xmm_get(cpu, dst), xmm_source(cpu, insn)));
}

/* Of an index three bits count, not four. */
static void PSHUFB_mmx(Cpu *cpu, const Insn *insn)
{
    unsigned dst = insn->operands[0].number;
    Vector order;

    mmx_begin(cpu);
    order = (Vector){mmx_source(cpu, insn) & 0x8787878787878787, 0};
    mmx_enter(cpu);
    mmx_set(cpu, dst, host_PSHUFB((Vector){mmx_get(cpu, dst), 0}, order)[0]);
}

static void PSHUFB_vex(Cpu *cpu, const Insn *insn)
{
    avx_integer(cpu, insn, host_PSHUFB);
}
XMM_AND_MMX(PSHUFB, PSHUFB_xmm, PSHUFB_mmx, PSHUFB_vex)

/* ---- single words ---- */

FORCE_INLINE void extract_word(Cpu *cpu, const Insn *insn)
{
    Operand dst = insn->operands[0];
    Words words = (Words)xmm_get(cpu, insn->operands[1].number);

    operand_write(cpu, insn, dst, OPERAND_NONE, dst.size, words[insn->immediate & 7]);
}

static void PEXTRW_any(Cpu *cpu, const Insn *insn)
{
    Operand src = insn->operands[1];
    u64 value;

    if (src.kind == OPERAND_XMM) {
        xmm_begin(cpu);
        extract_word(cpu, insn);
        return;
    }
    mmx_begin(cpu);
    mmx_enter(cpu);
    value = mmx_get(cpu, src.number) >> 16 * (insn->immediate & 3) & 0xFFFF;
    register_write(cpu, insn->operands[0], DWORD, value);
}

static void PEXTRW_vex(Cpu *cpu, const Insn *insn)
{
    avx_begin(cpu);
    extract_word(cpu, insn);
}
FORMS(PEXTRW, PEXTRW_any, PEXTRW_vex)

FORCE_INLINE u16 word_source(Cpu *cpu, const Insn *insn, unsigned src)
{
    return (u16)operand_read(cpu, insn, insn->operands[src], OPERAND_NONE, WORD);
}

FORCE_INLINE void insert_word(Cpu *cpu, const Insn *insn, unsigned src)
{
    Words value = (Words)xmm_get(cpu, insn->operands[src - 1].number);

    value[insn->immediate & 7] = word_source(cpu, insn, src);
    xmm_set(cpu, insn->operands[0].number, (Vector)value);
}

static void PINSRW_xmm(Cpu *cpu, const Insn *insn)
{
    xmm_begin(cpu);
    insert_word(cpu, insn, 1);
}

static void PINSRW_mmx(Cpu *cpu, const Insn *insn)
{
    unsigned dst = insn->operands[0].number, at = 16 * (insn->immediate & 3);
    u64 word;

    mmx_begin(cpu);
    word = word_source(cpu, insn, 1);
    mmx_enter(cpu);
    mmx_set(cpu, dst, (mmx_get(cpu, dst) & ~((u64)0xFFFF << at)) | word << at);
}

static void PINSRW_vex(Cpu *cpu, const Insn *insn)
{
    avx_begin(cpu);
    insert_word(cpu, insn, 2);
    avx_clear_upper(cpu, insn);
}
XMM_AND_MMX(PINSRW, PINSRW_xmm, PINSRW_mmx, PINSRW_vex)

/* ---- masks of signs ---- */

#define SIGNS(name, mnemonic)                                                                      \
    FORCE_INLINE u64 host_##name(Vector value)                                                     \
    {                                                                                              \
        u64 signs;                                                                                 \
                                                                                                   \
        asm(mnemonic " %1, %k0" : "=r"(signs) : "x"(value));                                       \
        return signs;                                                                              \
    }

SIGNS(PMOVMSKB, "pmovmskb")
SIGNS(MOVMSKPS, "movmskps")
SIGNS(MOVMSKPD, "movmskpd")

static void PMOVMSKB_any(Cpu *cpu, const Insn *insn)
{
    Operand src = insn->operands[1];
    Vector value;

    if (src.kind == OPERAND_XMM) {
        xmm_begin(cpu);
        value = xmm_get(cpu, src.number);
    } else {
        mmx_begin(cpu);
        mmx_enter(cpu);
        value = (Vector){mmx_get(cpu, src.number), 0};
    }
    register_write(cpu, insn->operands[0], DWORD, host_PMOVMSKB(value));
}

/* The upper lane's signs are above the lower one's. */
#define SIGNS_VEX(name, elements)                                                                  \
    static void name##_vex(Cpu *cpu, const Insn *insn)                                             \
    {                                                                                              \
        Wide value;                                                                                \
                                                                                                   \
        avx_begin(cpu);                                                                            \
        value = avx_get(cpu, insn->operands[1]);                                                   \
        register_write(cpu, insn->operands[0], DWORD,                                              \
                       host_##name(value.lane[0]) | host_##name(value.lane[1]) << (elements));     \
    }

#define SIGNS_SSE(name)                                                                            \
    static void name##_sse(Cpu *cpu, const Insn *insn)                                             \
    {                                                                                              \
        xmm_begin(cpu);                                                                            \
        register_write(cpu, insn->operands[0], DWORD,                                              \
                       host_##name(xmm_get(cpu, insn->operands[1].number)));                       \
    }

SIGNS_VEX(PMOVMSKB, 16)
FORMS(PMOVMSKB, PMOVMSKB_any, PMOVMSKB_vex)
SIGNS_SSE(MOVMSKPS)
SIGNS_VEX(MOVMSKPS, 4)
FORMS(MOVMSKPS, MOVMSKPS_sse, MOVMSKPS_vex)
SIGNS_SSE(MOVMSKPD)
SIGNS_VEX(MOVMSKPD, 2)
FORMS(MOVMSKPD, MOVMSKPD_sse, MOVMSKPD_vex)
