/*
 * SSE4.2's comparisons of text: which characters of one operand are in the other, equal to it, or
 * in its ranges.
 *
 * Memory operands need not be aligned.
 *
 * Manual: Intel SDM Vol. 2, "Imm8 Control Byte Operation for PCMPESTRI / PCMPESTRM / PCMPISTRI /
 * PCMPISTRM", and these instructions' pages.
 */
#include "cpu/avx.h"

typedef struct TextResult {
    Vector mask;
    u64 index;
    u32 flags;
} TextResult;

/* Calls one of the host's instructions in simd_immediate.S. Lengths are ignored by those that end
 * at a zero. The red zone must stay. */
static TextResult compare_text(Vector a, Vector b, u64 length_a, u64 length_b, const u8 *table,
                               u64 control)
{
    register Vector mask asm("xmm0") = {0};
    register Vector operand_a asm("xmm1") = a;
    register Vector operand_b asm("xmm2") = b;
    const u8 *function = table + 16 * control;
    u64 index = 0;
    bool carry, zero, sign, overflow;

    asm("leaq -128(%%rsp), %%rsp\n\t call *%[function]\n\t leaq 128(%%rsp), %%rsp"
        : "+x"(mask), "+c"(index), "=@ccc"(carry), "=@ccz"(zero), "=@ccs"(sign), "=@cco"(overflow)
        : "x"(operand_a), "x"(operand_b), "a"(length_a), "d"(length_b), [function] "r"(function));
    return (TextResult){mask, index,
                        (carry ? FLAG_CF : 0) | (zero ? FLAG_ZF : 0) | (sign ? FLAG_SF : 0) |
                            (overflow ? FLAG_OF : 0)};
}

FORCE_INLINE TextResult text(Cpu *cpu, const Insn *insn, const u8 *table)
{
    Size size = insn->size == QWORD ? QWORD : DWORD;
    u64 length_a = sign_extend(cpu->gpr[RAX], size), length_b = sign_extend(cpu->gpr[RDX], size);
    Operand src = insn->operands[1];
    Vector a, b;

    a = xmm_get(cpu, insn->operands[0].number);
    b = src.kind == OPERAND_XMM ? xmm_get(cpu, src.number) : simd_read(cpu, insn, false);
    return compare_text(a, b, length_a, length_b, table, insn->immediate & 127);
}

#define TEXT_MASK(name, table)                                                                     \
    FORCE_INLINE void name(Cpu *cpu, const Insn *insn)                                             \
    {                                                                                              \
        TextResult result = text(cpu, insn, simd_immediate_##table);                               \
                                                                                                   \
        xmm_set(cpu, 0, result.mask);                                                              \
        if (opcode_rows[insn->row].attributes & VEX_BIT)                                           \
            ymm_set_high(cpu, 0, (Vector){0});                                                     \
        flags_unpack(&cpu->flags, result.flags);                                                   \
    }                                                                                              \
    TWO_READERS(name)

#define TEXT_INDEX(name, table)                                                                    \
    FORCE_INLINE void name(Cpu *cpu, const Insn *insn)                                             \
    {                                                                                              \
        TextResult result = text(cpu, insn, simd_immediate_##table);                               \
                                                                                                   \
        cpu->gpr[RCX] = result.index;                                                              \
        flags_unpack(&cpu->flags, result.flags);                                                   \
    }                                                                                              \
    TWO_READERS(name)

TEXT_MASK(PCMPESTRM, pcmpestrm)
TEXT_MASK(PCMPISTRM, pcmpistrm)
TEXT_INDEX(PCMPESTRI, pcmpestri)
TEXT_INDEX(PCMPISTRI, pcmpistri)
