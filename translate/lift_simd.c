/*
 * MMX's successors: an SSE instruction becomes the same instruction of the host, on the same
 * register. Its row in opcodes.def has all that is needed to encode it again.
 *
 * Not implemented: what has MMX registers, VEX prefixes or implicit registers, and everything that
 * obeys MXCSR while that has unusual control bits; the interpreter's bodies do those.
 */
#include "cpu/opcodes.h"
#include "translate/lift.h"

typedef enum SimdKind {
    SIMD_UNKNOWN,
    SIMD_PLAIN,     /* moves, logic, integers */
    SIMD_UNALIGNED, /* plain, and its 16 bytes lie anywhere */
    SIMD_FLOAT,     /* obeys MXCSR */
    SIMD_FLAGS,     /* ... and sets EFLAGS */
} SimdKind;

#define PLAIN_KIND(name)     [INSN_##name] = SIMD_PLAIN,
#define UNALIGNED_KIND(name) [INSN_##name] = SIMD_UNALIGNED,
#define FLOAT_KIND(name)     [INSN_##name] = SIMD_FLOAT,
#define FLAGS_KIND(name)     [INSN_##name] = SIMD_FLAGS,

// clang-format off
#define FLOATS(X) X(PS) X(PD) X(SS) X(SD)
#define ADD_KIND(type)  FLOAT_KIND(ADD##type) FLOAT_KIND(SUB##type) FLOAT_KIND(MUL##type) \
    FLOAT_KIND(DIV##type) FLOAT_KIND(MIN##type) FLOAT_KIND(MAX##type) FLOAT_KIND(SQRT##type) \
    FLOAT_KIND(CMP##type)

static const u8 kinds[INSN_COUNT] = {
    UNALIGNED_KIND(MOVUPS) UNALIGNED_KIND(MOVUPD) UNALIGNED_KIND(MOVDQU) UNALIGNED_KIND(LDDQU)
    PLAIN_KIND(MOVAPS) PLAIN_KIND(MOVAPD) PLAIN_KIND(MOVDQA) PLAIN_KIND(MOVNTPS)
    PLAIN_KIND(MOVNTPD) PLAIN_KIND(MOVNTDQ) PLAIN_KIND(MOVSS) PLAIN_KIND(MOVSD)
    PLAIN_KIND(MOVLPS) PLAIN_KIND(MOVLPD) PLAIN_KIND(MOVHPS) PLAIN_KIND(MOVHPD)
    PLAIN_KIND(MOVHLPS) PLAIN_KIND(MOVLHPS) PLAIN_KIND(MOVD) PLAIN_KIND(MOVQ)
    PLAIN_KIND(MOVMSKPS) PLAIN_KIND(MOVMSKPD) PLAIN_KIND(PMOVMSKB)
    PLAIN_KIND(MOVDDUP) PLAIN_KIND(MOVSLDUP) PLAIN_KIND(MOVSHDUP)
    PLAIN_KIND(ANDPS) PLAIN_KIND(ANDPD) PLAIN_KIND(ANDNPS) PLAIN_KIND(ANDNPD)
    PLAIN_KIND(ORPS) PLAIN_KIND(ORPD) PLAIN_KIND(XORPS) PLAIN_KIND(XORPD)
    PLAIN_KIND(SHUFPS) PLAIN_KIND(SHUFPD) PLAIN_KIND(UNPCKLPS) PLAIN_KIND(UNPCKLPD)
    PLAIN_KIND(UNPCKHPS) PLAIN_KIND(UNPCKHPD)
    PLAIN_KIND(PUNPCKLBW) PLAIN_KIND(PUNPCKLWD) PLAIN_KIND(PUNPCKLDQ) PLAIN_KIND(PUNPCKLQDQ)
    PLAIN_KIND(PUNPCKHBW) PLAIN_KIND(PUNPCKHWD) PLAIN_KIND(PUNPCKHDQ) PLAIN_KIND(PUNPCKHQDQ)
    PLAIN_KIND(PACKSSWB) PLAIN_KIND(PACKUSWB) PLAIN_KIND(PACKSSDW)
    PLAIN_KIND(PCMPGTB) PLAIN_KIND(PCMPGTW) PLAIN_KIND(PCMPGTD)
    PLAIN_KIND(PCMPEQB) PLAIN_KIND(PCMPEQW) PLAIN_KIND(PCMPEQD)
    PLAIN_KIND(PSHUFD) PLAIN_KIND(PSHUFHW) PLAIN_KIND(PSHUFLW)
    PLAIN_KIND(PSRLW) PLAIN_KIND(PSRLD) PLAIN_KIND(PSRLQ) PLAIN_KIND(PSRLDQ)
    PLAIN_KIND(PSLLW) PLAIN_KIND(PSLLD) PLAIN_KIND(PSLLQ) PLAIN_KIND(PSLLDQ)
    PLAIN_KIND(PSRAW) PLAIN_KIND(PSRAD)
    PLAIN_KIND(PADDB) PLAIN_KIND(PADDW) PLAIN_KIND(PADDD) PLAIN_KIND(PADDQ)
    PLAIN_KIND(PADDSB) PLAIN_KIND(PADDSW) PLAIN_KIND(PADDUSB) PLAIN_KIND(PADDUSW)
    PLAIN_KIND(PSUBB) PLAIN_KIND(PSUBW) PLAIN_KIND(PSUBD) PLAIN_KIND(PSUBQ)
    PLAIN_KIND(PSUBSB) PLAIN_KIND(PSUBSW) PLAIN_KIND(PSUBUSB) PLAIN_KIND(PSUBUSW)
    PLAIN_KIND(PMULLW) PLAIN_KIND(PMULHW) PLAIN_KIND(PMULHUW) PLAIN_KIND(PMULUDQ)
    PLAIN_KIND(PMADDWD) PLAIN_KIND(PSADBW) PLAIN_KIND(PAVGB) PLAIN_KIND(PAVGW)
    PLAIN_KIND(PMINUB) PLAIN_KIND(PMINSW) PLAIN_KIND(PMAXUB) PLAIN_KIND(PMAXSW)
    PLAIN_KIND(PAND) PLAIN_KIND(PANDN) PLAIN_KIND(POR) PLAIN_KIND(PXOR) PLAIN_KIND(PEXTRW)
    PLAIN_KIND(RCPPS) PLAIN_KIND(RCPSS) PLAIN_KIND(RSQRTPS) PLAIN_KIND(RSQRTSS)
    FLOATS(ADD_KIND)
    FLOAT_KIND(CVTPS2PD) FLOAT_KIND(CVTPD2PS) FLOAT_KIND(CVTSS2SD) FLOAT_KIND(CVTSD2SS)
    FLOAT_KIND(CVTDQ2PS) FLOAT_KIND(CVTPS2DQ) FLOAT_KIND(CVTTPS2DQ) FLOAT_KIND(CVTDQ2PD)
    FLOAT_KIND(CVTPD2DQ) FLOAT_KIND(CVTTPD2DQ) FLOAT_KIND(CVTSI2SS) FLOAT_KIND(CVTSI2SD)
    FLOAT_KIND(CVTSS2SI) FLOAT_KIND(CVTSD2SI) FLOAT_KIND(CVTTSS2SI) FLOAT_KIND(CVTTSD2SI)
    FLAGS_KIND(COMISS) FLAGS_KIND(COMISD) FLAGS_KIND(UCOMISS) FLAGS_KIND(UCOMISD)
};
// clang-format on

/* The instruction's opcode with its mandatory prefix in front. */
static u32 host_opcode(const OpcodeRow *row)
{
    u32 prefix = row->attributes & P66   ? 0x66
                 : row->attributes & PF3 ? 0xF3
                 : row->attributes & PF2 ? 0xF2
                                         : 0;

    return row->code | prefix << (row->code > 0xFFFF ? 24 : 16);
}

/* The value in operand `number`, VALUE_NONE for memory; false: nothing that we know. */
static bool simd_value(const Lifter *lifter, unsigned number, u8 *value)
{
    Operand operand = lifter->insn->operands[number];

    switch (operand.kind) {
    case OPERAND_XMM:
        *value = (u8)(VALUE_XMM + operand.number);
        return true;
    case OPERAND_GPR:
        if (operand.number >= R8 * 8)
            return false;
        *value = (u8)(VALUE_GPR + operand.number / 8);
        return true;
    case OPERAND_MEMORY:
        *value = VALUE_NONE;
        return true;
    default:
        return false;
    }
}

static IrOp *simd_op(Lifter *lifter, unsigned memory, u8 dst, u8 src)
{
    bool loads = memory == 1, stores = memory == 0;
    IrOp *op = lift_op(lifter,
                       loads    ? IR_SIMD_LOAD
                       : stores ? IR_SIMD_STORE
                                : IR_SIMD,
                       DWORD, dst, src);

    if (loads || stores) {
        op->size = lifter->insn->operands[memory].size;
        op->address = lift_address(lifter);
        op->aligned = op->size == 16 && kinds[lifter->name] != SIMD_UNALIGNED;
    }
    for (unsigned i = 0; i < 2; i++) {
        u8 code = opcode_rows[lifter->insn->row].operands[i];

        op->wide |= (code == CODE_Ey || code == CODE_Gy) && lifter->insn->operands[i].size == QWORD;
    }
    op->host = host_opcode(&opcode_rows[lifter->insn->row]);
    return op;
}

/* Which operand the ModRM byte's r/m field names. */
static bool rm_is_first(const OpcodeRow *row)
{
    switch (row->operands[0]) {
    case CODE_Wdq:
    case CODE_Wsd:
    case CODE_Wss:
    case CODE_Mq:
    case CODE_Ey:
    case CODE_MwRd:
        return true;
    default:
        return false;
    }
}

static bool flat_enough(const Lifter *lifter)
{
    unsigned segment = lifter->insn->segment;

    if ((lifter->ir->block->mode & 15) == QWORD)
        return segment <= DS;
    return segment != CS && bit(lifter->ir->assumptions.flat, segment);
}

bool lift_simd(Lifter *lifter)
{
    const OpcodeRow *row = &opcode_rows[lifter->insn->row];
    SimdKind kind = kinds[lifter->name];
    bool by_digit = row->operands[1] == CODE_Ib, swapped = rm_is_first(row);
    unsigned memory = is_memory(lifter, 0) ? 0 : is_memory(lifter, 1) ? 1 : 2;
    u8 first, second = VALUE_NONE;
    IrOp *op;

    if (kind == SIMD_UNKNOWN || !lifter->ir->assumptions.sse ||
        (kind >= SIMD_FLOAT && !lifter->ir->assumptions.floats) ||
        (memory < 2 && !flat_enough(lifter)))
        return false;
    if (!simd_value(lifter, 0, &first) || (!by_digit && !simd_value(lifter, 1, &second)))
        return false;
    if (by_digit)
        op = simd_op(lifter, 2, VALUE_NONE, first);
    else if (memory < 2)
        op = simd_op(lifter, memory, first, second);
    else
        op = simd_op(lifter, 2, swapped ? second : first, swapped ? first : second);
    op->digit = lifter->insn->modrm >> 3 & 7;
    op->has_immediate = by_digit || row->operands[2] == CODE_Ib;
    if (kind == SIMD_FLAGS)
        op->defines = FLAGS_OSZAPC;
    return true;
}
