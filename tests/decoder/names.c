#include "tests/decoder/names.h"

#include <ctype.h>
#include <string.h>

/* Names that differ: ours, capstone's. One of ours may have several. */
static const char *const aliases[][2] = {
    {"JB", "jb"},
    {"JNB", "jae"},
    {"JZ", "je"},
    {"JNZ", "jne"},
    {"JBE", "jbe"},
    {"JNBE", "ja"},
    {"JL", "jl"},
    {"JNL", "jge"},
    {"JLE", "jle"},
    {"JNLE", "jg"},
    {"CMOVNB", "cmovae"},
    {"CMOVZ", "cmove"},
    {"CMOVNZ", "cmovne"},
    {"CMOVNBE", "cmova"},
    {"CMOVNL", "cmovge"},
    {"CMOVNLE", "cmovg"},
    {"SETNB", "setae"},
    {"SETZ", "sete"},
    {"SETNZ", "setne"},
    {"SETNBE", "seta"},
    {"SETNL", "setge"},
    {"SETNLE", "setg"},
    {"JCXZ", "jcxz"},
    {"JCXZ", "jecxz"},
    {"JCXZ", "jrcxz"},
    {"IMUL2", "imul"},
    {"IMUL3", "imul"},
    {"XLAT", "xlatb"},
    {"NOP", "pause"},
    {"NOP", "nop"},
    {"NOP", "prefetch"},
    {"NOP", "prefetchw"},
    {"NOP", "prefetchnta"},
    {"NOP", "prefetcht0"},
    {"NOP", "prefetcht1"},
    {"NOP", "prefetcht2"},
    {"NOP", "endbr32"},
    {"NOP", "endbr64"},
    {"CBW", "cwde"},
    {"CBW", "cdqe"},
    {"CWD", "cdq"},
    {"CWD", "cqo"},
    {"PUSHA", "pushal"},
    {"PUSHA", "pushaw"},
    {"POPA", "popal"},
    {"POPA", "popaw"},
    {"PUSHF", "pushfd"},
    {"PUSHF", "pushfq"},
    {"POPF", "popfd"},
    {"POPF", "popfq"},
    {"JMPF", "ljmp"},
    {"CALLF", "lcall"},
    {"RETF", "retf"},
    {"RETF", "retfq"},
    {"INT1", "int1"},
    {"IRET", "iretd"},
    {"IRET", "iretq"},
    {"MOVSEG", "mov"},
    {"MOVCR", "mov"},
    {"MOVDR", "mov"},
    {"POPSEG", "pop"},
    {"MOV", "movabs"},
    {"FWAIT", "wait"},
    {"SHL", "sal"},
    {"MOVD", "movq"},
    {"PEXTRD", "pextrq"},
    {"PINSRD", "pinsrq"},
    {"FNENI", "feni8087_nop"},
    {"FNDISI", "fdisi8087_nop"},
    {"FNSETPM", "fsetpm"},
    {"FCOMI", "fcompi"},
    {"FCOMIP", "fcompi"},
    {"FUCOMIP", "fucompi"},
    {"SYSEXIT", "sysexitq"},
    {"SYSRET", "sysretq"},
    {"FXSAVE", "fxsave64"},
    {"FXRSTOR", "fxrstor64"},
    {"XSAVE", "xsave64"},
    {"XRSTOR", "xrstor64"},
    {"XSAVEOPT", "xsaveopt64"},
    {"VMOVD", "vmovq"},
    {"VPEXTRD", "vpextrq"},
    {"VPINSRD", "vpinsrq"},
    {"VCVTPD2PS", "vcvtpd2psx"},
    {"VCVTPD2DQ", "vcvtpd2dqx"},
    {"VCVTTPD2DQ", "vcvttpd2dqx"},
};

static bool equal_but_for_case(const char *upper, const char *lower)
{
    size_t i;

    for (i = 0; upper[i]; i++)
        if (tolower((unsigned char)upper[i]) != lower[i])
            return false;
    return lower[i] == 0;
}

static bool begins_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

/* cmpltps is a name for CMPPS with an immediate of 1; vcmpeq_oqsd one for VCMPSD. */
static bool is_comparison_alias(const char *ours, const char *theirs)
{
    bool vex = ours[0] == 'V';
    size_t length = strlen(theirs);

    ours += vex;
    if (vex && *theirs++ != 'v')
        return false;
    length -= vex;
    return !strncmp(ours, "CMP", 3) && strlen(ours) == 5 && begins_with(theirs, "cmp") &&
           length > 5 && tolower((unsigned char)ours[3]) == theirs[length - 2] &&
           tolower((unsigned char)ours[4]) == theirs[length - 1];
}

/* movsb, movsw, movsd, movsq are MOVS; the like for the other string instructions. */
static bool is_string_alias(const char *ours, const char *theirs)
{
    static const char *const names[] = {"MOVS", "CMPS", "STOS", "LODS", "SCAS", "INS", "OUTS"};
    size_t length = strlen(ours);
    char stem[8] = "";

    if (strlen(theirs) != length + 1 || length > 4 || !strchr("bwdq", theirs[length]))
        return false;
    memcpy(stem, theirs, length);
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (!strcmp(ours, names[i]))
            return equal_but_for_case(ours, stem);
    return false;
}

bool names_agree(const char *ours, const char *theirs)
{
    for (size_t i = 0; i < COUNT_OF(aliases); i++)
        if (!strcmp(ours, aliases[i][0]) && !strcmp(theirs, aliases[i][1]))
            return true;
    return equal_but_for_case(ours, theirs) || is_comparison_alias(ours, theirs) ||
           is_string_alias(ours, theirs);
}

static bool search_name(const char *theirs)
{
    for (unsigned name = 0; name < INSN_COUNT; name++)
        if (names_agree(insn_info[name].name, theirs))
            return true;
    for (unsigned row = 0; row < opcode_row_count; row++)
        if ((opcode_rows[row].attributes & VEX_V) &&
            names_agree(insn_info[opcode_rows[row].name].vex_name, theirs))
            return true;
    return false;
}

bool name_is_known(const cs_insn *theirs)
{
    static u8 answers[X86_INS_ENDING]; /* 0: not yet asked, 1: no, 2: yes */
    u8 *answer = &answers[theirs->id];

    if (!*answer)
        *answer = search_name(bare_mnemonic(theirs->mnemonic)) ? 2 : 1;
    return *answer == 2;
}

const char *bare_mnemonic(const char *text)
{
    const char *last = strrchr(text, ' ');

    return last ? last + 1 : text;
}

/* ---- operands ---- */

enum {
    TURNED = 1,      /* the two come in the other order */
    SIZE = 2,        /* the size of what lies in memory is stated otherwise */
    NO_CONSTANT = 4, /* capstone leaves out the constant */
    FIRST_ONLY = 8,  /* capstone adds operands that are not there, or leaves them out */
    WIDTH = 16,      /* a register's width, where it does not matter */
};

/* What capstone 4.0.2 says otherwise; by our names. */
static const struct {
    const char *ours;
    unsigned quirks;
} quirks[] = {
    {"XCHG", TURNED},           {"OUTS", TURNED},
    {"TEST", TURNED},           {"COMISS", SIZE}, /* m32, not m128 */
    {"COMISD", SIZE},                             /* m64 */
    {"FNSTSW", SIZE},                             /* m16, not m32 */
    {"LSL", SIZE | WIDTH},                        /* r/m16 */
    {"LAR", SIZE | WIDTH},      {"MOVSEG", SIZE | WIDTH},
    {"PUNPCKLBW", SIZE}, /* the MMX form reads 4 bytes (SDM Vol. 2), not 8 */
    {"PUNPCKLWD", SIZE},        {"PUNPCKLDQ", SIZE},
    {"NOP", SIZE | FIRST_ONLY}, /* nothing is read; 0F 19 and its like have no reg operand */
    {"AAM", NO_CONSTANT},       /* when it is 10 */
    {"AAD", NO_CONSTANT},       {"PINSRW", WIDTH}, /* REX.W changes nothing */
    {"PEXTRW", WIDTH},          {"MOVMSKPS", WIDTH},
    {"MOVMSKPD", WIDTH},        {"PMOVMSKB", WIDTH},
    {"PEXTRB", WIDTH},          {"PINSRB", WIDTH},
    {"VPINSRW", WIDTH},         {"VPINSRB", WIDTH},
    {"VPEXTRW", WIDTH},         {"VPEXTRB", WIDTH},
    {"VMOVMSKPS", WIDTH},       {"VMOVMSKPD", WIDTH},
    {"VPMOVMSKB", WIDTH},       {"VCOMISS", SIZE},
    {"VCOMISD", SIZE},
};

static unsigned quirks_of(const char *ours)
{
    for (size_t i = 0; i < COUNT_OF(quirks); i++)
        if (!strcmp(ours, quirks[i].ours))
            return quirks[i].quirks;
    return 0;
}

/* The register without its width: "eax" and "ax" are 0, "r8d" and "r8" are 8; -1: none of these. */
static int register_number(const char *name)
{
    static const char *const stems[8] = {"ax", "cx", "dx", "bx", "sp", "bp", "si", "di"};
    size_t length = strlen(name);

    if (name[0] == 'r' && isdigit((unsigned char)name[1]))
        return name[1] == '1' && isdigit((unsigned char)name[2]) ? 10 + name[2] - '0'
                                                                 : name[1] - '0';
    for (int i = 0; i < 8; i++)
        if (length >= 2 && !strcmp(name + length - 2, stems[i]))
            return i;
    return -1;
}

/* Both constants are right in as many bytes as the narrower side vouches for. */
static bool constants_agree(const Spelled *ours, const Spelled *theirs)
{
    u8 bytes = theirs->size && theirs->size < ours->size ? theirs->size : ours->size;

    return ((ours->value ^ theirs->value) & size_mask(bytes)) == 0;
}

static bool operand_agrees(const Spelled *ours, const Spelled *theirs, unsigned quirk)
{
    if (ours->kind != theirs->kind)
        return false;
    if (ours->kind == SPELLED_CONSTANT)
        return constants_agree(ours, theirs);
    if (!strcmp(ours->text, theirs->text))
        return ours->kind == SPELLED_REGISTER || (quirk & SIZE) || !ours->size ||
               ours->size == theirs->size;
    return ours->kind == SPELLED_REGISTER && (quirk & WIDTH) && register_number(ours->text) >= 0 &&
           register_number(ours->text) == register_number(theirs->text);
}

static bool all_agree(const SpelledList *ours, const SpelledList *theirs, unsigned quirk)
{
    if (ours->count != theirs->count)
        return false;
    for (unsigned i = 0; i < ours->count; i++)
        if (!operand_agrees(&ours->operands[i], &theirs->operands[i], quirk))
            return false;
    return true;
}

/* Of two x87 registers one is ST(0), which capstone leaves out, or, for the undocumented FSTPs,
 * writes before and behind. */
static void drop_stack_top(const char *ours, SpelledList *our_list, SpelledList *their_list)
{
    if (begins_with(ours, "FSTP") && their_list->count == 3) {
        their_list->operands[0] = their_list->operands[1];
        their_list->count = 1;
    }
    if (our_list->count == 2 && their_list->count == 1 &&
        our_list->operands[0].kind == SPELLED_REGISTER) {
        if (!strcmp(our_list->operands[0].text, "st(0)"))
            our_list->operands[0] = our_list->operands[1];
        our_list->count = 1;
    }
    if (their_list->count == 0 && !strcmp(ours + strlen(ours) - 2, "PP"))
        our_list->count = 0;
}

bool operands_agree(const char *ours, const char *theirs, SpelledList *our_list,
                    SpelledList *their_list)
{
    unsigned quirk = quirks_of(ours);

    if (ours[0] == 'F')
        drop_stack_top(ours, our_list, their_list);
    if (quirk & FIRST_ONLY)
        our_list->count = their_list->count = our_list->count && their_list->count;
    if ((quirk & NO_CONSTANT) || is_comparison_alias(ours, theirs))
        if (our_list->count == their_list->count + 1)
            our_list->count--;
    if (all_agree(our_list, their_list, quirk))
        return true;
    if (!(quirk & TURNED) || our_list->count != 2)
        return false;
    Spelled first = our_list->operands[0];
    our_list->operands[0] = our_list->operands[1];
    our_list->operands[1] = first;
    return all_agree(our_list, their_list, quirk);
}
