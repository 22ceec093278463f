/*
 * Why capstone 4.0.2 and the decoder may disagree, by kind. Each was decided by the manual and by
 * the processor under us: `make decoder-test` asks it about samples of every rule.
 */
#include <string.h>

#include "cpu/opcodes.h"
#include "tests/decoder/compare.h"
#include "tests/decoder/names.h"

static bool we_refuse(const Comparison *comparison)
{
    return comparison->disagreement == WE_REFUSE;
}

static u8 opcode(const Comparison *comparison)
{
    return comparison->bytes[comparison->opcode_at];
}

static u8 second_opcode(const Comparison *comparison)
{
    return comparison->bytes[comparison->opcode_at + 1];
}

static u8 modrm_after_0f(const Comparison *comparison)
{
    return comparison->bytes[comparison->opcode_at + 2];
}

/* ---- the rules ---- */

static bool locked(const Comparison *comparison)
{
    return we_refuse(comparison) && comparison->lock_prefix;
}

static bool lone_prefix(const Comparison *comparison)
{
    return we_refuse(comparison) && comparison->theirs->size <= comparison->opcode_at;
}

static bool without_row(const Comparison *comparison)
{
    bool renamed = comparison->disagreement == OTHER_NAME &&
                   (comparison->repeat_prefix || (comparison->rex & 8));

    return (we_refuse(comparison) || renamed) && !name_is_known(comparison->theirs);
}

static bool idle_mandatory_prefix(const Comparison *comparison)
{
    return we_refuse(comparison) && opcode(comparison) == 0x0F &&
           (comparison->operand_prefix || comparison->repeat_prefix);
}

static bool is_vex(const Comparison *comparison)
{
    return opcode(comparison) == 0xC4 || opcode(comparison) == 0xC5;
}

static bool evex(const Comparison *comparison)
{
    return we_refuse(comparison) && opcode(comparison) == 0x62;
}

/* POP has /0 only. */
static bool xop(const Comparison *comparison)
{
    return we_refuse(comparison) && opcode(comparison) == 0x8F;
}

static bool prefixed_vex(const Comparison *comparison)
{
    return we_refuse(comparison) && is_vex(comparison) &&
           (comparison->operand_prefix || comparison->repeat_prefix || comparison->rex);
}

/* Of instructions that have no second form, told by VEX.W. */
static bool vex_w_set(const Comparison *comparison)
{
    static const char *const clear[] = {
        "vtest",     "vperm",     "vbroadcast", "vinsert",     "vextract", "vmaskmov", "vblendv",
        "vpblendvb", "vcvtph2ps", "vcvtps2ph",  "vpbroadcast", "vpsravd",  "vpblendd", "vpermilps"};
    const char *theirs = comparison->theirs->mnemonic;

    if (!we_refuse(comparison) || opcode(comparison) != 0xC4 ||
        !(comparison->bytes[comparison->opcode_at + 2] & 0x80))
        return false;
    for (unsigned i = 0; i < COUNT_OF(clear); i++)
        if (!strncmp(theirs, clear[i], strlen(clear[i])))
            return true;
    return false;
}

/* A gather's ModRM byte, after C4h and two bytes, must ask for a SIB byte. */
static bool gather_without_sib(const Comparison *comparison)
{
    const char *theirs = comparison->theirs->mnemonic;

    return we_refuse(comparison) && is_vex(comparison) &&
           (!strncmp(theirs, "vgather", 7) || !strncmp(theirs, "vpgather", 8));
}

/* VEX.vvvv, inverted back, above 7: the top bit counts outside 64-bit mode too. */
static bool vvvv_not_unused(const Comparison *comparison)
{
    unsigned at = comparison->opcode_at + (opcode(comparison) == 0xC4 ? 2 : 1);

    return we_refuse(comparison) && is_vex(comparison) && comparison->code_size != 8 &&
           !(comparison->bytes[at] & 0x40);
}

static bool later_vex(const Comparison *comparison)
{
    InsnName name = opcode_rows[comparison->ours.row].name;

    return comparison->disagreement == THEY_REFUSE && is_vex(comparison) &&
           (name == INSN_AESENC || name == INSN_AESENCLAST || name == INSN_AESDEC ||
            name == INSN_AESDECLAST || name == INSN_PCLMULQDQ || name == INSN_VBROADCASTI128 ||
            name == INSN_VPERMQ || name == INSN_VPERMPD);
}

static bool vex_w_elsewhere(const Comparison *comparison)
{
    unsigned id = comparison->theirs->id;
    bool refused = we_refuse(comparison) && (id == X86_INS_VPEXTRQ || id == X86_INS_VPINSRQ);

    return comparison->code_size != 8 && opcode(comparison) == 0xC4 &&
           (comparison->bytes[comparison->opcode_at + 2] & 0x80) &&
           (refused || comparison->disagreement == OTHER_OPERANDS);
}

static bool fourth_register(const Comparison *comparison)
{
    return comparison->code_size != 8 && comparison->disagreement == OTHER_OPERANDS &&
           comparison->ours.operands[3].kind == OPERAND_XMM;
}

static bool operand_and_repeat_prefix(const Comparison *comparison)
{
    return comparison->operand_prefix && comparison->repeat_prefix;
}

static bool is_near_branch(const Comparison *comparison)
{
    u8 first = opcode(comparison), second = second_opcode(comparison);

    return first == 0xE8 || first == 0xE9 || first == 0xC2 || first == 0xC3 ||
           (first == 0x0F && (second & 0xF0) == 0x80);
}

/* movsxd without REX.W and 90h with it. */
static bool widened(const Comparison *comparison)
{
    u8 first = opcode(comparison);

    return comparison->code_size == 8 && comparison->we_know && comparison->they_know &&
           (first == 0x63 || first == 0x90);
}

static bool swapgs_elsewhere(const Comparison *comparison)
{
    return we_refuse(comparison) && comparison->code_size != 8 &&
           comparison->theirs->id == X86_INS_SWAPGS;
}

static bool rdpid(const Comparison *comparison)
{
    return comparison->disagreement == OTHER_NAME && opcode(comparison) == 0x0F &&
           second_opcode(comparison) == 0xC7 && comparison->theirs->id == X86_INS_RDSEED;
}

static bool near_branch_with_66(const Comparison *comparison)
{
    return comparison->code_size == 8 && comparison->operand_prefix && is_near_branch(comparison);
}

static bool near_branch_target(const Comparison *comparison)
{
    return comparison->code_size != 8 && comparison->disagreement == OTHER_OPERANDS &&
           is_near_branch(comparison);
}

static bool return_with_rex(const Comparison *comparison)
{
    return comparison->code_size == 8 && (opcode(comparison) == 0xC2 || opcode(comparison) == 0xCA);
}

static bool string_with_rex_w(const Comparison *comparison)
{
    return (comparison->rex & 8) && comparison->operand_prefix;
}

static bool address_prefix_with_rex_w(const Comparison *comparison)
{
    return (comparison->rex & 8) && comparison->address_prefix;
}

static bool movq_with_rex_w(const Comparison *comparison)
{
    return (comparison->rex & 8) && comparison->repeat_prefix && opcode(comparison) == 0x0F &&
           second_opcode(comparison) == 0x7E;
}

static bool port_with_rex_w(const Comparison *comparison)
{
    return (comparison->rex & 8) && (opcode(comparison) & 0xF4) == 0xE4;
}

static bool segment_register(const Comparison *comparison)
{
    return opcode(comparison) == 0x8C || opcode(comparison) == 0x8E;
}

static bool reserved_hint(const Comparison *comparison)
{
    u8 second = second_opcode(comparison);

    return comparison->disagreement == THEY_REFUSE && opcode(comparison) == 0x0F &&
           (second == 0x0D || (second >= 0x18 && second <= 0x1F));
}

static bool fence(const Comparison *comparison)
{
    return comparison->disagreement == THEY_REFUSE && opcode(comparison) == 0x0F &&
           second_opcode(comparison) == 0xAE && modrm_after_0f(comparison) > 0xE8;
}

const Rule decoder_rules[] = {
    {"LOCK on what cannot be locked",
     "capstone takes a LOCK prefix on any instruction; the manual says #UD", locked},
    {"a prefix and nothing else",
     "capstone calls a prefix that no instruction follows an instruction of its own", lone_prefix},
    {"no row",
     "instruction sets that instructions.def does not have: 3DNow!, XOP, VMX, SVM, SGX ...",
     without_row},
    {"a mandatory prefix that chooses nothing",
     "capstone overlooks 66h, F2h, F3h where they choose no instruction; processors raise #UD",
     idle_mandatory_prefix},
    {"EVEX", "the forms that AVX-512 gives to instructions that there are: it is not there", evex},
    {"XOP", "AMD's BEXTR with an immediate: gone from its processors, never in Intel's", xop},
    {"a prefix before VEX",
     "66h, F2h, F3h, LOCK and REX before a VEX prefix are #UD (SDM Vol. 2, \"AVX\")", prefixed_vex},
    {"VEX.W where it must be clear", "#UD (each page's exceptions); capstone overlooks it",
     vex_w_set},
    {"a gather without SIB", "#UD (SDM Vol. 2, \"VSIB\"), and with 16-bit addresses",
     gather_without_sib},
    {"VEX.vvvv that is not unused",
     "must be 1111b when it names no register; capstone overlooks its top bit in 32-bit mode",
     vvvv_not_unused},
    {"later VEX instructions",
     "capstone does not know VAES, VPCLMULQDQ and VBROADCASTI128 with 256 bits, nor that "
     "processors take VPERMQ and VPERMPD with VEX.W clear",
     later_vex},
    {"VEX.W outside 64-bit mode", "general registers have no 64 bits; capstone gives them",
     vex_w_elsewhere},
    {"a register in the immediate", "there are eight outside 64-bit mode", fourth_register},
    {"66h beside F2h or F3h", "capstone forgets the operand size when a repeat prefix follows it",
     operand_and_repeat_prefix},
    {"66h on a near branch in 64-bit mode",
     "Intel ignores it (SDM Vol. 2, JMP), AMD and capstone truncate RIP; this CPU follows Intel",
     near_branch_with_66},
    {"a near branch's target", "capstone forgets to wrap it, or wraps it by the address size",
     near_branch_target},
    {"REX on a return", "capstone takes the immediate to be wider than two bytes", return_with_rex},
    {"REX.W with 66h",
     "REX.W has precedence (SDM Vol. 2, \"Instruction Format\"), capstone lets 66h win",
     string_with_rex_w},
    {"REX.W with 67h", "capstone takes 67h for 66h when REX.W follows", address_prefix_with_rex_w},
    {"REX.W with F3 0F 7E",
     "capstone forgets the F3h: MOVQ between a general and an MMX register; it stays MOVQ xmm",
     movq_with_rex_w},
    {"REX.W on IN and OUT", "moves no more than EAX", port_with_rex_w},
    {"MOVSXD and NOP widened",
     "capstone takes 63h to have 64 bits without REX.W too, and 90h with REX.W to be XCHG",
     widened},
    {"RDPID", "capstone overlooks its F3h and calls it RDSEED", rdpid},
    {"SWAPGS outside 64-bit mode", "#UD (SDM Vol. 2, SWAPGS)", swapgs_elsewhere},
    {"segment registers that are none",
     "MOV to CS and of registers 6 and 7 raises #UD; REX.R does not count", segment_register},
    {"reserved hints",
     "0F 0D and 0F 18 to 0F 1F do nothing in any form; capstone knows some forms only",
     reserved_hint},
    {"fences with other r/m bits", "LFENCE, MFENCE and SFENCE ignore r/m, capstone wants 0", fence},
};
const unsigned decoder_rule_count = COUNT_OF(decoder_rules);
