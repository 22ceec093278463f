/*
 * Moves of MMX and XMM registers.
 *
 * Non-temporal hints mean nothing to a machine without caches: MOVNTPS and the others store.
 *
 * Manual: Intel SDM Vol. 2, each instruction's page.
 */
#include "cpu/simd.h"

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

#define MOVE_VECTOR(name, aligned)                                                                 \
    static void name(Cpu *cpu, const Insn *insn)                                                   \
    {                                                                                              \
        move_vector(cpu, insn, aligned);                                                           \
    }                                                                                              \
    PLAIN(name)

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

/* A load clears what is above; between registers that stays. */
static void MOVSS(Cpu *cpu, const Insn *insn)
{
    Operand dst = insn->operands[0], src = insn->operands[1];

    xmm_begin(cpu);
    if (dst.kind == OPERAND_MEMORY)
        simd_write_part(cpu, insn, DWORD, cpu->xmm[src.number].dwords[0]);
    else if (src.kind == OPERAND_MEMORY)
        xmm_set(cpu, dst.number, (Vector){simd_read_part(cpu, insn, DWORD), 0});
    else
        cpu->xmm[dst.number].dwords[0] = cpu->xmm[src.number].dwords[0];
}
PLAIN(MOVSS)

static void MOVSD(Cpu *cpu, const Insn *insn)
{
    Operand dst = insn->operands[0], src = insn->operands[1];

    xmm_begin(cpu);
    if (dst.kind == OPERAND_MEMORY)
        simd_write_part(cpu, insn, QWORD, cpu->xmm[src.number].qwords[0]);
    else if (src.kind == OPERAND_MEMORY)
        xmm_set(cpu, dst.number, (Vector){simd_read_part(cpu, insn, QWORD), 0});
    else
        cpu->xmm[dst.number].qwords[0] = cpu->xmm[src.number].qwords[0];
}
PLAIN(MOVSD)

/* ---- halves ---- */

FORCE_INLINE void move_half(Cpu *cpu, const Insn *insn, unsigned half)
{
    Operand dst = insn->operands[0], src = insn->operands[1];

    xmm_begin(cpu);
    if (dst.kind == OPERAND_MEMORY)
        simd_write_part(cpu, insn, QWORD, cpu->xmm[src.number].qwords[half]);
    else
        cpu->xmm[dst.number].qwords[half] = simd_read_part(cpu, insn, QWORD);
}

#define MOVE_HALF(name, half)                                                                      \
    static void name(Cpu *cpu, const Insn *insn)                                                   \
    {                                                                                              \
        move_half(cpu, insn, half);                                                                \
    }                                                                                              \
    PLAIN(name)

MOVE_HALF(MOVLPS, 0)
MOVE_HALF(MOVLPD, 0)
MOVE_HALF(MOVHPS, 1)
MOVE_HALF(MOVHPD, 1)

static void MOVHLPS(Cpu *cpu, const Insn *insn)
{
    xmm_begin(cpu);
    cpu->xmm[insn->operands[0].number].qwords[0] = cpu->xmm[insn->operands[1].number].qwords[1];
}
PLAIN(MOVHLPS)

static void MOVLHPS(Cpu *cpu, const Insn *insn)
{
    xmm_begin(cpu);
    cpu->xmm[insn->operands[0].number].qwords[1] = cpu->xmm[insn->operands[1].number].qwords[0];
}
PLAIN(MOVLHPS)

/* ---- between register files ---- */

/* A general register or memory, and an MMX or XMM register. */
static void MOVD(Cpu *cpu, const Insn *insn)
{
    Operand dst = insn->operands[0], src = insn->operands[1];

    if (dst.kind == OPERAND_XMM) {
        xmm_begin(cpu);
        xmm_set(cpu, dst.number, (Vector){operand_read_own(cpu, insn, 1), 0});
    } else if (src.kind == OPERAND_XMM) {
        xmm_begin(cpu);
        operand_write(cpu, insn, dst, OPERAND_NONE, dst.size, cpu->xmm[src.number].qwords[0]);
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
PLAIN(MOVD)

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
static void MOVQ(Cpu *cpu, const Insn *insn)
{
    Operand dst = insn->operands[0], src = insn->operands[1];

    if (dst.kind == OPERAND_MMX) {
        load_mmx(cpu, insn);
    } else if (src.kind == OPERAND_MMX) {
        store_mmx(cpu, insn);
    } else if (dst.kind == OPERAND_MEMORY) {
        xmm_begin(cpu);
        simd_write_part(cpu, insn, QWORD, cpu->xmm[src.number].qwords[0]);
    } else {
        xmm_begin(cpu);
        xmm_set(cpu, dst.number, (Vector){xmm_source(cpu, insn)[0], 0});
    }
}
PLAIN(MOVQ)

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

static void MASKMOVDQU(Cpu *cpu, const Insn *insn)
{
    xmm_begin(cpu);
    store_masked(cpu, insn, cpu->xmm[insn->operands[0].number].bytes,
                 cpu->xmm[insn->operands[1].number].bytes, 16);
}
PLAIN(MASKMOVDQU)
