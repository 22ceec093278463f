/*
 * AES, carry-less multiplication, SHA: each executes the host's instruction.
 *
 * Manual: Intel SDM Vol. 1, "Programming with Intel AES-NI and PCLMULQDQ", "Intel SHA Extensions";
 * Vol. 2, each instruction's page.
 */
#include "cpu/avx.h"

/* The manual wants SHA's memory operands aligned; AMD's processors, one of which this follows, take
 * them anywhere. */
FORCE_INLINE Vector sha_source(Cpu *cpu, const Insn *insn)
{
    Operand operand = insn->operands[1];

    return operand.kind == OPERAND_XMM ? xmm_get(cpu, operand.number) : simd_read(cpu, insn, false);
}

// clang-format off

#define CIPHER(name, mnemonic, source)                                                          \
INTEGER_OPERATION(name, mnemonic)                                                       \
static void name##_sse(Cpu *cpu, const Insn *insn)                                      \
{                                                                                       \
    unsigned dst = insn->operands[0].number;                                            \
                                                                                        \
    xmm_begin(cpu);                                                                     \
    xmm_set(cpu, dst, host_##name(xmm_get(cpu, dst), source(cpu, insn)));               \
}                                                                                       \
static void name##_vex(Cpu *cpu, const Insn *insn) { avx_integer(cpu, insn, host_##name); } \
FORMS(name, name##_sse, name##_vex)

CIPHER(AESENC, "aesenc", xmm_source)
CIPHER(AESENCLAST, "aesenclast", xmm_source)
CIPHER(AESDEC, "aesdec", xmm_source)
CIPHER(AESDECLAST, "aesdeclast", xmm_source)
CIPHER(AESIMC, "aesimc", xmm_source)
CIPHER(SHA1NEXTE, "sha1nexte", sha_source)
CIPHER(SHA1MSG1, "sha1msg1", sha_source)
CIPHER(SHA1MSG2, "sha1msg2", sha_source)
CIPHER(SHA256MSG1, "sha256msg1", sha_source)
CIPHER(SHA256MSG2, "sha256msg2", sha_source)

// clang-format on

/* The round constant is added to the second and the last doubleword, after all else. */
FORCE_INLINE void assist(Cpu *cpu, const Insn *insn, Vector source)
{
    Vector result;

    asm("aeskeygenassist $0, %1, %0" : "=x"(result) : "x"(source));
    result ^= (Vector){insn->immediate << 32, insn->immediate << 32};
    xmm_set(cpu, insn->operands[0].number, result);
}

static void AESKEYGENASSIST_sse(Cpu *cpu, const Insn *insn)
{
    xmm_begin(cpu);
    assist(cpu, insn, xmm_source(cpu, insn));
}

static void AESKEYGENASSIST_vex(Cpu *cpu, const Insn *insn)
{
    avx_begin(cpu);
    assist(cpu, insn, avx_source(cpu, insn, 1).lane[0]);
    avx_clear_upper(cpu, insn);
}
FORMS(AESKEYGENASSIST, AESKEYGENASSIST_sse, AESKEYGENASSIST_vex)

/* Message words and constants are in XMM0. */
static void SHA256RNDS2(Cpu *cpu, const Insn *insn)
{
    unsigned dst = insn->operands[0].number;
    Vector state, source;

    xmm_begin(cpu);
    source = sha_source(cpu, insn);
    state = xmm_get(cpu, dst);
    {
        register Vector words asm("xmm0") = xmm_get(cpu, 0);

        asm("sha256rnds2 %1, %0" : "+x"(state) : "x"(source), "x"(words));
    }
    xmm_set(cpu, dst, state);
}
PLAIN(SHA256RNDS2)

static void SHA1RNDS4(Cpu *cpu, const Insn *insn)
{
    unsigned dst = insn->operands[0].number;
    Vector source;

    xmm_begin(cpu);
    source = sha_source(cpu, insn);
    xmm_set(
        cpu, dst,
        simd_immediate(simd_immediate_sha1rnds4, insn->immediate & 3)(xmm_get(cpu, dst), source));
}
PLAIN(SHA1RNDS4)

static void PCLMULQDQ_sse(Cpu *cpu, const Insn *insn)
{
    xmm_immediate(cpu, insn, simd_immediate_pclmulqdq, insn->immediate);
}

static void PCLMULQDQ_vex(Cpu *cpu, const Insn *insn)
{
    avx_integer(cpu, insn, simd_immediate(simd_immediate_pclmulqdq, insn->immediate));
}
FORMS(PCLMULQDQ, PCLMULQDQ_sse, PCLMULQDQ_vex)
