/*
 * Shuffles by an immediate, shifts by bytes, single words, and masks of signs.
 *
 * Manual: Intel SDM Vol. 2, each instruction's page.
 */
#include "cpu/simd.h"

typedef u32 Dwords __attribute__((vector_size(16)));
typedef u16 Words __attribute__((vector_size(16)));

FORCE_INLINE u8 order_of(const Insn *insn)
{
    return (u8)insn->immediate;
}

static void PSHUFD(Cpu *cpu, const Insn *insn)
{
    u8 order = order_of(insn);
    Dwords source, result;

    xmm_begin(cpu);
    source = (Dwords)xmm_source(cpu, insn);
    for (unsigned i = 0; i < 4; i++)
        result[i] = source[order >> 2 * i & 3];
    xmm_set(cpu, insn->operands[0].number, (Vector)result);
}
PLAIN(PSHUFD)

/* The four words of a quadword in the order given. */
FORCE_INLINE u64 shuffle_words(u64 source, u8 order)
{
    u64 result = 0;

    for (unsigned i = 0; i < 4; i++)
        result |= (source >> 16 * (order >> 2 * i & 3) & 0xFFFF) << 16 * i;
    return result;
}

static void PSHUFLW(Cpu *cpu, const Insn *insn)
{
    Vector source;

    xmm_begin(cpu);
    source = xmm_source(cpu, insn);
    source[0] = shuffle_words(source[0], order_of(insn));
    xmm_set(cpu, insn->operands[0].number, source);
}
PLAIN(PSHUFLW)

static void PSHUFHW(Cpu *cpu, const Insn *insn)
{
    Vector source;

    xmm_begin(cpu);
    source = xmm_source(cpu, insn);
    source[1] = shuffle_words(source[1], order_of(insn));
    xmm_set(cpu, insn->operands[0].number, source);
}
PLAIN(PSHUFHW)

static void PSHUFW(Cpu *cpu, const Insn *insn)
{
    u64 source;

    mmx_begin(cpu);
    source = mmx_source(cpu, insn);
    mmx_enter(cpu);
    mmx_set(cpu, insn->operands[0].number, shuffle_words(source, order_of(insn)));
}
PLAIN(PSHUFW)

/* Two of the destination's, then two of the source's. */
static void SHUFPS(Cpu *cpu, const Insn *insn)
{
    u8 order = order_of(insn);
    unsigned dst = insn->operands[0].number;
    Dwords a, b, result;

    xmm_begin(cpu);
    a = (Dwords)xmm_get(cpu, dst);
    b = (Dwords)xmm_source(cpu, insn);
    for (unsigned i = 0; i < 4; i++)
        result[i] = (i < 2 ? a : b)[order >> 2 * i & 3];
    xmm_set(cpu, dst, (Vector)result);
}
PLAIN(SHUFPS)

static void SHUFPD(Cpu *cpu, const Insn *insn)
{
    u8 order = order_of(insn);
    unsigned dst = insn->operands[0].number;
    Vector a, b;

    xmm_begin(cpu);
    a = xmm_get(cpu, dst);
    b = xmm_source(cpu, insn);
    xmm_set(cpu, dst, (Vector){a[order & 1], b[order >> 1 & 1]});
}
PLAIN(SHUFPD)

/* ---- duplicates ---- */

static void MOVDDUP(Cpu *cpu, const Insn *insn)
{
    u64 low;

    xmm_begin(cpu);
    low = xmm_source(cpu, insn)[0];
    xmm_set(cpu, insn->operands[0].number, (Vector){low, low});
}
PLAIN(MOVDDUP)

FORCE_INLINE void duplicate_dwords(Cpu *cpu, const Insn *insn, unsigned odd)
{
    Dwords source;

    xmm_begin(cpu);
    source = (Dwords)xmm_source(cpu, insn);
    source = (Dwords){source[odd], source[odd], source[odd + 2], source[odd + 2]};
    xmm_set(cpu, insn->operands[0].number, (Vector)source);
}

static void MOVSLDUP(Cpu *cpu, const Insn *insn)
{
    duplicate_dwords(cpu, insn, 0);
}
PLAIN(MOVSLDUP)

static void MOVSHDUP(Cpu *cpu, const Insn *insn)
{
    duplicate_dwords(cpu, insn, 1);
}
PLAIN(MOVSHDUP)

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
XMM_AND_MMX(PSHUFB, PSHUFB_xmm, PSHUFB_mmx)

/* ---- shifts by bytes ---- */

typedef unsigned __int128 Whole;

/* Sixteen bytes of `high` and `low` put together, from byte `shift` on. */
FORCE_INLINE Whole align_right(Whole high, Whole low, u64 shift)
{
    if (shift == 0)
        return low;
    if (shift < 16)
        return low >> 8 * shift | high << (128 - 8 * shift);
    return shift < 32 ? high >> 8 * (shift - 16) : 0;
}

static void PALIGNR_xmm(Cpu *cpu, const Insn *insn)
{
    unsigned dst = insn->operands[0].number;
    Whole source;

    xmm_begin(cpu);
    source = (Whole)xmm_source(cpu, insn);
    source = align_right((Whole)xmm_get(cpu, dst), source, insn->immediate);
    xmm_set(cpu, dst, (Vector)source);
}

static void PALIGNR_mmx(Cpu *cpu, const Insn *insn)
{
    unsigned dst = insn->operands[0].number;
    Whole both;

    mmx_begin(cpu);
    both = mmx_source(cpu, insn);
    mmx_enter(cpu);
    both |= (Whole)mmx_get(cpu, dst) << 64;
    mmx_set(cpu, dst, (u64)align_right(0, both, insn->immediate));
}
XMM_AND_MMX(PALIGNR, PALIGNR_xmm, PALIGNR_mmx)

static void PSLLDQ(Cpu *cpu, const Insn *insn)
{
    unsigned dst = insn->operands[0].number;
    Whole value;

    xmm_begin(cpu);
    value = (Whole)xmm_get(cpu, dst);
    xmm_set(cpu, dst, (Vector)(insn->immediate < 16 ? value << 8 * insn->immediate : 0));
}
PLAIN(PSLLDQ)

static void PSRLDQ(Cpu *cpu, const Insn *insn)
{
    unsigned dst = insn->operands[0].number;
    Whole value;

    xmm_begin(cpu);
    value = (Whole)xmm_get(cpu, dst);
    xmm_set(cpu, dst, (Vector)(insn->immediate < 16 ? value >> 8 * insn->immediate : 0));
}
PLAIN(PSRLDQ)

/* ---- single words ---- */

static void PEXTRW(Cpu *cpu, const Insn *insn)
{
    Operand src = insn->operands[1];
    u64 value;

    if (src.kind == OPERAND_XMM) {
        xmm_begin(cpu);
        value = ((Words)xmm_get(cpu, src.number))[insn->immediate & 7];
    } else {
        mmx_begin(cpu);
        mmx_enter(cpu);
        value = mmx_get(cpu, src.number) >> 16 * (insn->immediate & 3) & 0xFFFF;
    }
    operand_write(cpu, insn, insn->operands[0], OPERAND_NONE, insn->operands[0].size, value);
}
PLAIN(PEXTRW)

static u16 word_source(Cpu *cpu, const Insn *insn)
{
    return (u16)operand_read(cpu, insn, insn->operands[1], OPERAND_NONE, WORD);
}

static void PINSRW_xmm(Cpu *cpu, const Insn *insn)
{
    unsigned dst = insn->operands[0].number;
    Words value;

    xmm_begin(cpu);
    value = (Words)xmm_get(cpu, dst);
    value[insn->immediate & 7] = word_source(cpu, insn);
    xmm_set(cpu, dst, (Vector)value);
}

static void PINSRW_mmx(Cpu *cpu, const Insn *insn)
{
    unsigned dst = insn->operands[0].number, at = 16 * (insn->immediate & 3);
    u64 word;

    mmx_begin(cpu);
    word = word_source(cpu, insn);
    mmx_enter(cpu);
    mmx_set(cpu, dst, (mmx_get(cpu, dst) & ~((u64)0xFFFF << at)) | word << at);
}
XMM_AND_MMX(PINSRW, PINSRW_xmm, PINSRW_mmx)

/* ---- masks of signs ---- */

static unsigned byte_signs(Vector value)
{
    unsigned signs;

    asm("pmovmskb %1, %0" : "=r"(signs) : "x"(value));
    return signs;
}

static void PMOVMSKB(Cpu *cpu, const Insn *insn)
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
    register_write(cpu, insn->operands[0], DWORD, byte_signs(value));
}
PLAIN(PMOVMSKB)

static void MOVMSKPS(Cpu *cpu, const Insn *insn)
{
    Dwords value;
    unsigned signs = 0;

    xmm_begin(cpu);
    value = (Dwords)xmm_get(cpu, insn->operands[1].number);
    for (unsigned i = 0; i < 4; i++)
        signs |= value[i] >> 31 << i;
    register_write(cpu, insn->operands[0], DWORD, signs);
}
PLAIN(MOVMSKPS)

static void MOVMSKPD(Cpu *cpu, const Insn *insn)
{
    Vector value;

    xmm_begin(cpu);
    value = xmm_get(cpu, insn->operands[1].number);
    register_write(cpu, insn->operands[0], DWORD, value[0] >> 63 | value[1] >> 63 << 1);
}
PLAIN(MOVMSKPD)
