/*
 * The decoder against capstone: lengths and mnemonics of millions of random encodings.
 */
#include <capstone/capstone.h>
#include <criterion/criterion.h>
#include <ctype.h>
#include <string.h>

#include "cpu/decode.h"
#include "cpu/opcodes.h"

enum { ENCODINGS = 1000000, BYTES = 24 };

static Cpu *decoder;

static void setup(void)
{
    decoder = calloc(1, sizeof *decoder);
    decoder->features = ~(FeatureSet)0;
    opcodes_index(decoder);
}

static void teardown(void)
{
    free(decoder);
}

static u64 next_random(u64 *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Names that differ: ours, capstone's. One of ours may have several. */
static const char *const aliases[][2] = {
    {"JB", "jb"},           {"JNB", "jae"},        {"JZ", "je"},          {"JNZ", "jne"},
    {"JBE", "jbe"},         {"JNBE", "ja"},        {"JL", "jl"},          {"JNL", "jge"},
    {"JLE", "jle"},         {"JNLE", "jg"},        {"CMOVNB", "cmovae"},  {"CMOVZ", "cmove"},
    {"CMOVNZ", "cmovne"},   {"CMOVNBE", "cmova"},  {"CMOVNL", "cmovge"},  {"CMOVNLE", "cmovg"},
    {"SETNB", "setae"},     {"SETZ", "sete"},      {"SETNZ", "setne"},    {"SETNBE", "seta"},
    {"SETNL", "setge"},     {"SETNLE", "setg"},    {"JCXZ", "jcxz"},      {"JCXZ", "jecxz"},
    {"JCXZ", "jrcxz"},      {"IMUL2", "imul"},     {"IMUL3", "imul"},     {"XLAT", "xlatb"},
    {"NOP", "pause"},       {"NOP", "nop"},        {"NOP", "prefetch"},   {"NOP", "prefetchw"},
    {"NOP", "prefetchnta"}, {"NOP", "prefetcht0"}, {"NOP", "prefetcht1"}, {"NOP", "prefetcht2"},
    {"NOP", "endbr32"},     {"NOP", "endbr64"},    {"CBW", "cwde"},       {"CBW", "cdqe"},
    {"CWD", "cdq"},         {"CWD", "cqo"},        {"PUSHA", "pushal"},   {"PUSHA", "pushaw"},
    {"POPA", "popal"},      {"POPA", "popaw"},     {"PUSHF", "pushfd"},   {"PUSHF", "pushfq"},
    {"POPF", "popfd"},      {"POPF", "popfq"},     {"JMPF", "ljmp"},      {"CALLF", "lcall"},
    {"RETF", "retf"},       {"RETF", "retfq"},     {"INT1", "int1"},      {"IRET", "iretd"},
    {"IRET", "iretq"},      {"UD", "ud0"},         {"UD", "ud1"},         {"UD", "ud2"},
    {"UD", "ud2b"},         {"MOVSEG", "mov"},     {"MOVCR", "mov"},      {"MOVDR", "mov"},
    {"POPSEG", "pop"},      {"MOV", "movabs"},     {"FWAIT", "wait"},     {"SALC", "salc"},
    {"SHL", "sal"},         {"MOVD", "movq"},      {"PEXTRD", "pextrq"},  {"PINSRD", "pinsrq"},
};

static bool same_name(const char *ours, const char *theirs)
{
    size_t i;

    for (i = 0; i < COUNT_OF(aliases); i++)
        if (!strcmp(ours, aliases[i][0]) && !strcmp(theirs, aliases[i][1]))
            return true;
    for (i = 0; ours[i]; i++)
        if (tolower((unsigned char)ours[i]) != theirs[i])
            break;
    if (!ours[i] && !theirs[i])
        return true;
    /* cmpltps is a name for CMPPS with an immediate. */
    if (!strncmp(ours, "CMP", 3) && strlen(ours) == 5 && !strncmp(theirs, "cmp", 3) &&
        strlen(theirs) > 5)
        return tolower((unsigned char)ours[3]) == theirs[strlen(theirs) - 2] &&
               tolower((unsigned char)ours[4]) == theirs[strlen(theirs) - 1];
    /* MOVS for movsb, movsw, movsd, movsq; the like for the other string instructions. */
    return !ours[i] && strchr("bwdq", theirs[i]) && !theirs[i + 1] &&
           (!strcmp(ours, "MOVS") || !strcmp(ours, "CMPS") || !strcmp(ours, "STOS") ||
            !strcmp(ours, "LODS") || !strcmp(ours, "SCAS") || !strcmp(ours, "INS") ||
            !strcmp(ours, "OUTS"));
}

/* capstone gives a prefixed mnemonic: "rep movsb", "lock add", "notrack jmp", "data16 ...". */
static const char *bare_mnemonic(const char *text)
{
    const char *last = strrchr(text, ' ');

    return last ? last + 1 : text;
}

/* x87 mnemonics, many of them aliases, are compared by the x87 tests, by what they do. */
static bool is_x87(const char *ours, const char *theirs)
{
    return ours[0] == 'F' && (theirs[0] == 'f' || !strcmp(theirs, "wait"));
}

/* An MMX or SSE instruction with 66h, F2h or F3h before its opcode. capstone overlooks those that
 * choose no instruction; processors raise #UD. */
static bool is_prefixed_vector(csh handle, const cs_insn *theirs)
{
    static const unsigned groups[] = {X86_GRP_MMX,    X86_GRP_SSE1,  X86_GRP_SSE2,  X86_GRP_SSE3,
                                      X86_GRP_SSSE3,  X86_GRP_SSE41, X86_GRP_SSE42, X86_GRP_AES,
                                      X86_GRP_PCLMUL, X86_GRP_SHA};

    for (size_t i = 0; i < COUNT_OF(groups); i++)
        if (cs_insn_group(handle, theirs, groups[i]))
            for (const u8 *byte = theirs->bytes; *byte != 0x0F; byte++)
                if (*byte == 0x66 || *byte == 0xF2 || *byte == 0xF3)
                    return true;
    return false;
}

/* Where capstone 4 departs from the manual: in 64-bit mode an operand-size prefix does not shorten
 * the displacement of near jumps and calls (it does on AMD processors); in 16-bit code it mistakes
 * prefixes of vector instructions and TZCNT for BSF. */
static bool capstone_errs(csh handle, unsigned code_size, const cs_insn *theirs)
{
    if (code_size == 2 && (is_prefixed_vector(handle, theirs) || theirs->id == X86_INS_BSF ||
                           theirs->id == X86_INS_BSR))
        return true;
    if (code_size == 8 && (theirs->id == X86_INS_RET || theirs->id == X86_INS_RETF))
        return theirs->size > 4; /* a REX prefix widens its RET's immediate */
    return code_size == 8 && theirs->detail->x86.prefix[2] == 0x66 &&
           (theirs->id == X86_INS_CALL || theirs->id == X86_INS_JMP ||
            (theirs->id >= X86_INS_JAE && theirs->id <= X86_INS_JS));
}

/* Encodings that this decoder refuses though they are in capstone's integer set: what the manual
 * reserves, or what has no row yet (see decode.c's list). */
static bool rightly_refused(csh handle, const cs_insn *theirs)
{
    static const unsigned later[] = {X86_GRP_3DNOW, X86_GRP_AVX,   X86_GRP_AVX2,     X86_GRP_AVX512,
                                     X86_GRP_FMA,   X86_GRP_FMA4,  X86_GRP_FSGSBASE, X86_GRP_HLE,
                                     X86_GRP_RTM,   X86_GRP_SSE4A, X86_GRP_TBM,      X86_GRP_VM,
                                     X86_GRP_XOP,   X86_GRP_SGX};

    static const char *const later_names[] = {
        "sysret", "syscall", "getsec",  "xsave",  "xrstor",  "fxsave", "fxrstor", "clac",
        "stac",   "xcrypt",  "xstore",  "xsha",   "montmul", "xsetbv", "xgetbv",  "encl",
        "xtest",  "swapgs",  "ud",      "xabort", "xbegin",  "xend",   "vm",      "inv",
        "k",      "v",       "lwpins",  "lwpval", "llwpcb",  "slwpcb", "rdpkru",  "wrpkru",
        "clzero", "ptwrite", "sysexit", "bnd",    "femms",   "lea",    "mov"};

    for (size_t i = 0; i < COUNT_OF(later); i++)
        if (cs_insn_group(handle, theirs, later[i]))
            return true;
    for (size_t i = 0; i < COUNT_OF(later_names); i++)
        if (!strncmp(bare_mnemonic(theirs->mnemonic), later_names[i], strlen(later_names[i])))
            return true;
    if (is_prefixed_vector(handle, theirs))
        return true;
    /* capstone takes a LOCK prefix on anything, and names a lone prefix as an instruction. */
    return memchr(theirs->bytes, 0xF0, theirs->size) || theirs->size == 1;
}

static void compare(unsigned code_size, cs_mode mode)
{
    csh handle;
    cs_insn *theirs;
    u64 random = 0x123456789ABCDEF0 + code_size;
    unsigned compared = 0, differences = 0, missing = 0;

    cr_assert_eq(cs_open(CS_ARCH_X86, mode, &handle), CS_ERR_OK);
    cs_option(handle, CS_OPT_DETAIL, CS_OPT_ON);
    theirs = cs_malloc(handle);
    for (unsigned n = 0; n < ENCODINGS; n++) {
        u8 bytes[BYTES];
        Insn insn = {0};
        const u8 *code = bytes;
        size_t left = BYTES;
        u64 address = 0x1000;

        for (unsigned i = 0; i < BYTES; i += 8) {
            u64 value = next_random(&random);

            memcpy(bytes + i, &value, 8);
        }
        if (n & 1) /* half of them are 0Fxx */
            bytes[0] = 0x0F;
        DecodeStatus status =
            decode(decoder, (DecodeMode){(u8)code_size, true}, bytes, BYTES, &insn);
        bool valid = status == DECODE_OK && strcmp(insn_name(&insn), "UD") != 0;
        if (!cs_disasm_iter(handle, &code, &left, &address, theirs) ||
            capstone_errs(handle, code_size, theirs))
            continue;
        if (!valid) {
            if (!rightly_refused(handle, theirs) && missing++ < 40)
                cr_log_warn("%u-bit: no row for %02x %02x %02x %02x %02x %02x: %s %s",
                            8 * code_size, bytes[0], bytes[1], bytes[2], bytes[3], bytes[4],
                            bytes[5], theirs->mnemonic, theirs->op_str);
            continue;
        }
        compared++;
        bool equal = theirs->size == insn.length &&
                     (is_x87(insn_name(&insn), theirs->mnemonic) ||
                      same_name(insn_name(&insn), bare_mnemonic(theirs->mnemonic)));
        if (!equal && differences++ < 40)
            cr_log_warn("%u-bit: %02x %02x %02x %02x %02x %02x: %s (%u bytes), capstone %s %s (%u)",
                        8 * code_size, bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5],
                        insn_name(&insn), insn.length, theirs->mnemonic, theirs->op_str,
                        theirs->size);
    }
    cs_free(theirs, 1);
    cs_close(&handle);
    cr_expect_gt(compared, ENCODINGS / 8);
    cr_expect_eq(missing, 0, "%u have no row", missing);
    cr_expect_eq(differences, 0, "%u of %u differ", differences, compared);
}

TestSuite(decode, .init = setup, .fini = teardown);

Test(decode, lengths_and_mnemonics_16_bit)
{
    compare(2, CS_MODE_16);
}
Test(decode, lengths_and_mnemonics_32_bit)
{
    compare(4, CS_MODE_32);
}
Test(decode, lengths_and_mnemonics_64_bit)
{
    compare(8, CS_MODE_64);
}
