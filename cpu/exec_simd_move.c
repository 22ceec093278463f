/*
 * Moves of MMX and XMM registers.
 *
 * Non-temporal hints mean nothing to a machine without caches: MOVNTPS and the others store.
 *
 * Manual: Intel SDM Vol. 2, each instruction's page.
 */
#include "cpu/avx.h"

/* ---- sixteen bytes ---- */

FORCE_INLINE void move_vector(Cpu *cpu, const Insn *insn, bool aligned)
{
    Operand dst = insn->operands[0], src = insn->operands[1];

    xmm_begin(cpu);
    if (dst.kind == OPERAND_MEMORY)
        simd_write(cpu, insn, xmm_get(cpu, src.number), aligned);
    else if (src.kind == OPERAND_MEMORY)
        xmm_set(cpu, dst.number, simd_read(cpu, insn, aligned));
    else
        xmm_set(cpu, dst.number, xmm_get(cpu, src.number));
}

static void move_wide(Cpu *cpu, const Insn *insn, bool aligned)
{
    Operand dst = insn->operands[0], src = insn->operands[1];

    avx_begin(cpu);
    if (dst.kind == OPERAND_MEMORY)
        avx_write(cpu, insn, dst.size, avx_get(cpu, src), aligned);
    else if (src.kind == OPERAND_MEMORY)
        avx_set(cpu, dst, avx_read(cpu, insn, src.size, aligned));
    else
        avx_set(cpu, dst, avx_get(cpu, src));
}

#define MOVE_VECTOR(name, aligned)                                                                 \
    static void name##_sse(Cpu *cpu, const Insn *insn)                                             \
    {                                                                                              \
        move_vector(cpu, insn, aligned);                                                           \
    }                                                                                              \
    static void name##_vex(Cpu *cpu, const Insn *insn)                                             \
    {                                                                                              \
        move_wide(cpu, insn, aligned);                                                             \
    }                                                                                              \
    FORMS(name, name##_sse, name##_vex)

MOVE_VECTOR(MOVAPS, true)
MOVE_VECTOR(MOVAPD, true)
MOVE_VECTOR(MOVDQA, true)
MOVE_VECTOR(MOVNTPS, true)
MOVE_VECTOR(MOVNTPD, true)
MOVE_VECTOR(MOVNTDQ, true)
MOVE_VECTOR(MOVNTDQA, true)
MOVE_VECTOR(MOVUPS, false)
MOVE_VECTOR(MOVUPD, false)
MOVE_VECTOR(MOVDQU, false)
MOVE_VECTOR(LDDQU, false)

/* ---- scalars ---- */

/* A load clears what is above. Between registers what is above stays, or with VEX comes from the
 * first source. */
FORCE_INLINE void move_scalar(Cpu *cpu, const Insn *insn, Size size, bool vex)
{
    Operand dst = insn->operands[0], src = insn->operands[1];
    u64 mask = size_mask(size);
    Vector value;

    if (dst.kind == OPERAND_MEMORY) {
        simd_write_part(cpu, insn, size, cpu->xmm[src.number].qwords[0]);
    } else if (src.kind == OPERAND_MEMORY) {
        xmm_set(cpu, dst.number, (Vector){simd_read_part(cpu, insn, size), 0});
    } else {
        u64 low = cpu->xmm[insn->operands[vex ? 2 : 1].number].qwords[0];

        value = xmm_get(cpu, vex ? src.number : dst.number);
        value[0] = (value[0] & ~mask) | (low & mask);
        xmm_set(cpu, dst.number, value);
    }
}

/* One of a vector's quadwords to memory, or from memory into the first source. */
FORCE_INLINE void move_half(Cpu *cpu, const Insn *insn, unsigned half, bool vex)
{
    Operand dst = insn->operands[0], src = insn->operands[1];
    Vector value;

    if (dst.kind == OPERAND_MEMORY) {
        simd_write_part(cpu, insn, QWORD, cpu->xmm[src.number].qwords[half]);
    } else {
        value = xmm_get(cpu, vex ? src.number : dst.number);
        value[half] = simd_read_part(cpu, insn, QWORD);
        xmm_set(cpu, dst.number, value);
    }
}

#define MOVE_PART(name, frame, part)                                                               \
    static void name##_sse(Cpu *cpu, const Insn *insn)                                             \
    {                                                                                              \
        xmm_begin(cpu);                                                                            \
        frame(cpu, insn, part, false);                                                             \
    }                                                                                              \
    static void name##_vex(Cpu *cpu, const Insn *insn)                                             \
    {                                                                                              \
        avx_begin(cpu);                                                                            \
        frame(cpu, insn, part, true);                                                              \
        avx_clear_upper(cpu, insn);                                                                \
    }                                                                                              \
    FORMS(name, name##_sse, name##_vex)

MOVE_PART(MOVSS, move_scalar, DWORD)
MOVE_PART(MOVSD, move_scalar, QWORD)
MOVE_PART(MOVLPS, move_half, 0)
MOVE_PART(MOVLPD, move_half, 0)
MOVE_PART(MOVHPS, move_half, 1)
MOVE_PART(MOVHPD, move_half, 1)

FORCE_INLINE void MOVHLPS(Cpu *cpu, const Insn *insn, unsigned src)
{
    Vector value = xmm_get(cpu, insn->operands[src - 1].number);

    value[0] = cpu->xmm[insn->operands[src].number].qwords[1];
    xmm_set(cpu, insn->operands[0].number, value);
}
TWO_FORMS(MOVHLPS, 2)

FORCE_INLINE void MOVLHPS(Cpu *cpu, const Insn *insn, unsigned src)
{
    Vector value = xmm_get(cpu, insn->operands[src - 1].number);

    value[1] = cpu->xmm[insn->operands[src].number].qwords[0];
    xmm_set(cpu, insn->operands[0].number, value);
}
TWO_FORMS(MOVLHPS, 2)

/* ---- between register files ---- */

FORCE_INLINE void move_general(Cpu *cpu, const Insn *insn)
{
    Operand dst = insn->operands[0], src = insn->operands[1];

    if (dst.kind == OPERAND_XMM)
        xmm_set(cpu, dst.number, (Vector){operand_read_own(cpu, insn, 1), 0});
    else
        operand_write(cpu, insn, dst, OPERAND_NONE, dst.size, cpu->xmm[src.number].qwords[0]);
}

/* A general register or memory, and an MMX or XMM register. */
static void MOVD_any(Cpu *cpu, const Insn *insn)
{
    Operand dst = insn->operands[0], src = insn->operands[1];

    if (dst.kind == OPERAND_XMM || src.kind == OPERAND_XMM) {
        xmm_begin(cpu);
        move_general(cpu, insn);
    } else if (dst.kind == OPERAND_MMX) {
        u64 value;

        mmx_begin(cpu);
        value = operand_read_own(cpu, insn, 1);
        mmx_enter(cpu);
        mmx_set(cpu, dst.number, value);
    } else {
        mmx_begin(cpu);
        operand_write(cpu, insn, dst, OPERAND_NONE, dst.size, mmx_get(cpu, src.number));
        mmx_enter(cpu);
    }
}

static void MOVD_vex(Cpu *cpu, const Insn *insn)
{
    avx_begin(cpu);
    move_general(cpu, insn);
    avx_clear_upper(cpu, insn);
}
FORMS(MOVD, MOVD_any, MOVD_vex)

static void store_mmx(Cpu *cpu, const Insn *insn)
{
    mmx_begin(cpu);
    simd_write_part(cpu, insn, QWORD, mmx_get(cpu, insn->operands[1].number));
    mmx_enter(cpu);
}

static void load_mmx(Cpu *cpu, const Insn *insn)
{
    u64 value;

    mmx_begin(cpu);
    value = mmx_source(cpu, insn);
    mmx_enter(cpu);
    mmx_set(cpu, insn->operands[0].number, value);
}

/* An XMM destination is cleared above. */
FORCE_INLINE void move_low(Cpu *cpu, const Insn *insn)
{
    Operand dst = insn->operands[0], src = insn->operands[1];

    if (dst.kind == OPERAND_MEMORY)
        simd_write_part(cpu, insn, QWORD, cpu->xmm[src.number].qwords[0]);
    else
        xmm_set(cpu, dst.number, (Vector){xmm_source(cpu, insn)[0], 0});
}

static void MOVQ_any(Cpu *cpu, const Insn *insn)
{
    if (insn->operands[0].kind == OPERAND_MMX) {
        load_mmx(cpu, insn);
    } else if (insn->operands[1].kind == OPERAND_MMX) {
        store_mmx(cpu, insn);
    } else {
        xmm_begin(cpu);
        move_low(cpu, insn);
    }
}

static void MOVQ_vex(Cpu *cpu, const Insn *insn)
{
    avx_begin(cpu);
    move_low(cpu, insn);
    avx_clear_upper(cpu, insn);
}
FORMS(MOVQ, MOVQ_any, MOVQ_vex)

static void MOVNTQ(Cpu *cpu, const Insn *insn)
{
    store_mmx(cpu, insn);
}
PLAIN(MOVNTQ)

static void MOVDQ2Q(Cpu *cpu, const Insn *insn)
{
    xmm_begin(cpu);
    mmx_begin(cpu);
    mmx_enter(cpu);
    mmx_set(cpu, insn->operands[0].number, cpu->xmm[insn->operands[1].number].qwords[0]);
}
PLAIN(MOVDQ2Q)

static void MOVQ2DQ(Cpu *cpu, const Insn *insn)
{
    xmm_begin(cpu);
    mmx_begin(cpu);
    mmx_enter(cpu);
    xmm_set(cpu, insn->operands[0].number, (Vector){mmx_get(cpu, insn->operands[1].number), 0});
}
PLAIN(MOVQ2DQ)

static void MOVNTI(Cpu *cpu, const Insn *insn)
{
    Operand src = insn->operands[1];

    simd_write_part(cpu, insn, src.size, register_read(cpu, src, src.size));
}
PLAIN(MOVNTI)

/* ---- byte masks ---- */

/* Stores the bytes of `value` whose mask byte is negative at DS:(E)DI. The manual leaves it to the
 * processor whether bytes that are not selected fault; silicon checks all of them. */
static void store_masked(Cpu *cpu, const Insn *insn, const u8 *value, const u8 *mask,
                         unsigned count)
{
    u64 offset = cpu->gpr[RDI] & insn->address_mask;

    for (unsigned i = 0; i < count; i += QWORD)
        memory_probe_write(cpu, memory_linear(cpu, insn->segment, offset + i, QWORD, true), QWORD,
                           cpu->as);
    for (unsigned i = 0; i < count; i++)
        if (mask[i] & 0x80)
            memory_write(cpu, insn->segment, offset + i, BYTE, value[i]);
}

static void MASKMOVQ(Cpu *cpu, const Insn *insn)
{
    u64 value, mask;

    mmx_begin(cpu);
    value = mmx_get(cpu, insn->operands[0].number);
    mask = mmx_get(cpu, insn->operands[1].number);
    mmx_enter(cpu); /* even when the store faults */
    store_masked(cpu, insn, (const u8 *)&value, (const u8 *)&mask, 8);
}
PLAIN(MASKMOVQ)

FORCE_INLINE void MASKMOVDQU(Cpu *cpu, const Insn *insn)
{
    store_masked(cpu, insn, cpu->xmm[insn->operands[0].number].bytes,
                 cpu->xmm[insn->operands[1].number].bytes, 16);
}
TWO_READERS(MASKMOVDQU)
