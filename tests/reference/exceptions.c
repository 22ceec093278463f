/*
 * Exceptions by the attributes of an instruction's rows; what no attribute tells is in tables here.
 * Manual: Intel SDM Vol. 2, the pages' sections on exceptions; Vol. 3, "Interrupt and Exception
 * Handling".
 */
#include <string.h>

#include "frontend/conform/row_words.h"
#include "tests/reference/reference.h"

/* What is true of all rows, or of some. */
typedef struct Traits {
    u32 any, all; /* attributes */
    bool memory, only_memory, wide_memory, vex, mmx, xmm, x87;
} Traits;

static bool is_memory_letter(const char *operand)
{
    return strchr("EMQWXYO", operand[0]) && strcmp(operand, "ES") != 0;
}

static void add_row(Traits *traits, const OpcodeRow *row)
{
    char operands[64], feature[32];
    bool register_only = row->digit & REG, has_memory = false;

    traits->any |= row->attributes;
    traits->all &= row->attributes;
    row_operands(row, operands, sizeof operands);
    for (char *word = strtok(operands, ", "); word; word = strtok(NULL, ", ")) {
        has_memory |= is_memory_letter(word) && !register_only;
        traits->mmx |= word[0] == 'P' || strcmp(word, "Qq") == 0 || strcmp(word, "Qd") == 0;
        traits->xmm |= strchr("VWHL", word[0]) != NULL;
        traits->wide_memory |= strcmp(word, "Wdq") == 0 && !register_only;
    }
    traits->memory |= has_memory;
    traits->vex |= (row->attributes & VEX_BIT) != 0;
    row_feature_name(row, feature, sizeof feature);
    traits->x87 |= (row->code & 0xFFFFF8) == 0xD8 || row->code == 0x9B;
}

static bool is_one_of(const char *name, const char *const *names)
{
    for (; *names; names++) {
        size_t length = strlen(*names);

        if ((*names)[length - 1] == '*' ? strncmp(name, *names, length - 1) == 0
                                        : strcmp(name, *names) == 0)
            return true;
    }
    return false;
}

/* Floating-point arithmetic in XMM registers. */
static bool computes_floats(const char *name, const char *title)
{
    static const char *const names[] = {"ADDS*", "ADDP*",  "SUBS*", "SUBP*",  "MULS*",  "MULP*",
                                        "DIVS*", "DIVP*",  "SQRT*", "MINS*",  "MINP*",  "MAXS*",
                                        "MAXP*", "CMPP*",  "CMPSS", "CMPSD",  "COMIS*", "UCOMIS*",
                                        "CVT*",  "ROUND*", "DPP*",  "HADDP*", "HSUBP*", "ADDSUB*",
                                        "VFM*",  "VFN*",   "VCVT*", NULL};

    return is_one_of(name, names) && strcmp(title, "Add Packed Integers") != 0;
}

/* Not aligned, though 16 bytes wide. */
static bool tolerates_misalignment(const char *name)
{
    static const char *const names[] = {"MOVUP*",    "MOVDQU",    "LDDQU",     "MASKMOV*",
                                        "PCMP?STR*", "PCMPESTR*", "PCMPISTR*", "CVTPS2PI",
                                        "CVTTPS2PI", NULL};

    return is_one_of(name, names);
}

/* What only the instruction's own meaning tells. */
static const struct {
    const char *names[10];
    const char *text;
} own[] = {
    {{"DIV", "IDIV", "AAM"}, "#DE: the divisor is 0, or the quotient too long"},
    {{"BOUND"}, "#BR: the index is out of bounds"},
    {{"INTO"}, "#OF: OF is set"},
    {{"INT3"}, "#BP: always"},
    {{"INT1"}, "#DB: always"},
    {{"UD"}, "#UD: always"},
    {{"INT", "INT3", "INTO", "IRET", "CALLF", "JMPF", "RETF"},
     "#GP(selector), #NP(selector), #SS(selector), #TS(selector): the gate, segment, stack or task "
     "is not fit"},
    {{"IN", "OUT", "INS", "OUTS"},
     "#GP(0): CPL > IOPL (or virtual-8086 mode), and the TSS does not permit the port"},
    {{"CLI", "STI"}, "#GP(0): CPL > IOPL"},
    {{"PUSHF", "POPF", "IRET", "INT"}, "#GP(0): in virtual-8086 mode with IOPL below 3"},
    {{"MOVSEG", "POPSEG", "LDS", "LES", "LFS", "LGS", "LSS"},
     "#GP(selector), #NP(selector), #SS(selector): the segment to be loaded is not fit"},
    {{"LLDT", "LTR"}, "#GP(selector), #NP(selector): the descriptor is not fit"},
    {{"PUSH", "POP", "PUSHA", "POPA", "PUSHF", "POPF", "CALL", "RET", "ENTER", "LEAVE"},
     "#SS(0), #PF(code), #AC(0): the stack"},
    {{"POPSEG", "CALLF", "RETF", "INT", "IRET"}, "#SS(0), #PF(code), #AC(0): the stack"},
    {{"JMP", "CALL", "RET", "JMPF", "CALLF", "RETF"},
     "#GP(0): the target is beyond the limit of CS, or not canonical"},
    {{"J*", "LOOP*"}, "#GP(0): the target is beyond the limit of CS, or not canonical"},
    {{"RDTSC", "RDTSCP"}, "#GP(0): CR4.TSD is set and CPL > 0"},
    {{"RDPMC"}, "#GP(0): CR4.PCE is clear and CPL > 0, or there is no such counter"},
    {{"RDMSR", "WRMSR"}, "#GP(0): there is no such register, or it cannot hold the value"},
    {{"MOVCR"},
     "#GP(0): the value has reserved bits or forbidden combinations; #UD: no such register"},
    {{"MOVDR"}, "#DB: DR7.GD is set; #UD: DR4 and DR5 with CR4.DE set"},
    {{"SGDT", "SIDT", "SLDT", "SMSW", "STR"}, "#GP(0): CR4.UMIP is set and CPL > 0"},
    {{"CMPXCHG16B"}, "#GP(0): the operand is not aligned to 16 bytes"},
    {{"FXSAVE", "FXRSTOR"}, "#GP(0): the operand is not aligned to 16 bytes"},
    {{"XSAVE*", "XRSTOR*"},
     "#UD: CR4.OSXSAVE is clear; #GP(0): the operand is not aligned to 64 bytes"},
    {{"XSETBV"}, "#GP(0): CPL > 0, or a value that XCR0 cannot hold; #UD: CR4.OSXSAVE is clear"},
    {{"XGETBV"}, "#UD: CR4.OSXSAVE is clear; #GP(0): there is no such register"},
    {{"RSM"}, "#UD: not in system-management mode"},
    {{"LDMXCSR"}, "#GP(0): the value has reserved bits"},
};

static void write_own(FILE *file, const char *name)
{
    static const char *const no_jumps[] = {"JMP", "JMPF", NULL};

    for (size_t i = 0; i < COUNT_OF(own); i++) {
        if (strcmp(own[i].names[0], "J*") == 0 && is_one_of(name, no_jumps))
            continue;
        if (is_one_of(name, own[i].names))
            fprintf(file, "- %s\n", own[i].text);
    }
}

static void write_units(FILE *file, const Traits *traits, InsnName name)
{
    const InsnInfo *info = &insn_info[name];

    if (traits->x87)
        fputs("- #NM: CR0.EM or CR0.TS is set; #MF: an unmasked x87 exception is pending\n", file);
    if (traits->mmx)
        fputs("- MMX registers: #UD: CR0.EM is set; #NM: CR0.TS is set; #MF: an unmasked x87 "
              "exception is pending\n",
              file);
    if (traits->xmm)
        fputs("- XMM registers: #UD: CR0.EM is set or CR4.OSFXSR clear; #NM: CR0.TS is set\n",
              file);
    if (traits->vex)
        fputs("- with VEX: #UD: real or virtual-8086 mode, CR4.OSXSAVE clear or XCR0 without the "
              "state (vector forms), or 66h, F2h, F3h, REX or LOCK before VEX\n",
              file);
    if (computes_floats(info->name, info->title))
        fputs("- #XM: an unmasked floating-point exception (#UD when CR4.OSXMMEXCPT is clear)\n",
              file);
    if (traits->wide_memory && !tolerates_misalignment(info->name))
        fputs("- #GP(0): a memory operand of 16 bytes that is not aligned (without VEX)\n", file);
}

void reference_exceptions(FILE *file, InsnName name)
{
    Traits traits = {.all = ~(u32)0};

    for (unsigned i = 0; i < opcode_row_count; i++)
        if (opcode_rows[i].name == name)
            add_row(&traits, &opcode_rows[i]);
    write_own(file, insn_info[name].name);
    if (traits.any & CPL0)
        fputs("- #GP(0): CPL > 0\n", file);
    write_units(file, &traits, name);
    if (traits.memory)
        fputs("- a memory operand: #GP(0), or #SS(0) with SS: beyond the limit, not writable, not "
              "canonical; #PF(code); #AC(0)\n",
              file);
    if (traits.any & PM)
        fputs("- #UD: real or virtual-8086 mode\n", file);
    if (traits.any & LOCK)
        fputs("- #UD: LOCK, unless the destination is in memory\n", file);
    else
        fputs("- #UD: LOCK\n", file);
}
