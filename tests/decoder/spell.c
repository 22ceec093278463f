#include "tests/decoder/spell.h"

#include <stdio.h>
#include <string.h>

#include "cpu/cpu.h"

static const char *const segment_names[8] = {"es", "cs", "ss", "ds", "fs", "gs", "s6", "s7"};

/* `offset` as in Cpu.gpr: odd ones are AH, CH, DH, BH. */
static const char *gpr_name(unsigned offset, unsigned size)
{
    static const char *const names[4][16] = {
        {"al", "cl", "dl", "bl", "spl", "bpl", "sil", "dil", "r8b", "r9b", "r10b", "r11b", "r12b",
         "r13b", "r14b", "r15b"},
        {"ax", "cx", "dx", "bx", "sp", "bp", "si", "di", "r8w", "r9w", "r10w", "r11w", "r12w",
         "r13w", "r14w", "r15w"},
        {"eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi", "r8d", "r9d", "r10d", "r11d",
         "r12d", "r13d", "r14d", "r15d"},
        {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12",
         "r13", "r14", "r15"}};
    static const char *const high[4] = {"ah", "ch", "dh", "bh"};

    if (offset & 7)
        return offset / 8 < 4 ? high[offset / 8] : "?";
    return offset / 8 < 16 ? names[__builtin_ctz(size)][offset / 8] : "?";
}

static Spelled *add(SpelledList *list, SpelledKind kind, unsigned size)
{
    Spelled *spelled = &list->operands[list->count];

    if (list->count < SPELLED_OPERANDS - 1)
        list->count++;
    *spelled = (Spelled){.kind = kind, .size = (u8)size};
    return spelled;
}

static void add_register(SpelledList *list, const char *name, unsigned size)
{
    Spelled *spelled = add(list, SPELLED_REGISTER, size);

    snprintf(spelled->text, sizeof spelled->text, "%s", name);
}

static void add_numbered(SpelledList *list, const char *format, unsigned number, unsigned size)
{
    Spelled *spelled = add(list, SPELLED_REGISTER, size);

    snprintf(spelled->text, sizeof spelled->text, format, number);
}

static void add_constant(SpelledList *list, u64 value, unsigned size)
{
    add(list, SPELLED_CONSTANT, size)->value = value;
}

/* ---- memory, for both ---- */

typedef struct Address {
    const char *segment, *base, *index; /* NULL: none */
    unsigned scale, bytes;              /* bytes: of the address */
    u64 displacement;
    unsigned size; /* of what lies there; 0: the instruction says */
} Address;

/* In 64-bit mode only FS and GS have a base. */
static void add_address(SpelledList *list, const Address *address, unsigned code_size)
{
    Spelled *spelled = add(list, SPELLED_MEMORY, address->size);
    bool flat = code_size == 8 && address->segment[0] != 'f' && address->segment[0] != 'g';
    char index[16] = "";

    if (address->index)
        snprintf(index, sizeof index, "%s*%u+", address->index, address->scale);
    snprintf(spelled->text, sizeof spelled->text, "[%s%s%s%s%s0x%llx]",
             flat ? "" : address->segment, flat ? "" : ":", address->base ? address->base : "",
             address->base ? "+" : "", index,
             (unsigned long long)(address->displacement & size_mask(address->bytes)));
}

/* ---- ours ---- */

static unsigned address_bytes(const Insn *insn)
{
    return 8 - insn->address_shift / 8u;
}

static void spell_our_memory(SpelledList *list, const Insn *insn, const Operand *operand,
                             unsigned code_size)
{
    bool is_gather = opcode_rows[insn->row].operands[operand - insn->operands] == CODE_VM;
    char vector[8];
    unsigned bytes = address_bytes(insn);
    Address address = {.segment = segment_names[insn->segment & 7],
                       .bytes = bytes,
                       .scale = 1u << insn->scale,
                       .displacement = insn->displacement,
                       .size = operand->size};

    if (insn->rip_relative)
        address.base = bytes == 8 ? "rip" : "eip";
    else if (insn->base != REG_ZERO * 8)
        address.base = gpr_name(insn->base, bytes);
    if (insn->index != REG_ZERO * 8)
        address.index = gpr_name(insn->index, bytes);
    if (is_gather) {
        snprintf(vector, sizeof vector, "v%u", operand->number);
        address.index = vector;
        address.size = 0;
    }
    add_address(list, &address, code_size);
}

static void spell_our_string(SpelledList *list, const Insn *insn, unsigned n, unsigned code_size)
{
    u8 code = opcode_rows[insn->row].operands[n];
    bool source = code == CODE_Xb || code == CODE_Xv || code == CODE_Xz;
    unsigned bytes = address_bytes(insn);
    Address address = {.segment = segment_names[source ? insn->segment & 7 : ES],
                       .base = gpr_name(source ? RSI * 8 : RDI * 8, bytes),
                       .bytes = bytes,
                       .size = insn->operands[n].size};

    add_address(list, &address, code_size);
}

static void spell_our_constant(SpelledList *list, const Insn *insn, unsigned n)
{
    u8 code = opcode_rows[insn->row].operands[n];

    if (code == CODE_Ib2)
        add_constant(list, insn->displacement, BYTE);
    else if (code == CODE_Ib || code == CODE_ONE)
        add_constant(list, insn->immediate, BYTE);
    else if (code == CODE_Iw)
        add_constant(list, insn->immediate, WORD);
    else
        add_constant(list, insn->immediate, insn->size);
}

static void spell_our_register(SpelledList *list, const Operand *operand)
{
    static const char *const formats[] = {[OPERAND_CONTROL] = "cr%u",
                                          [OPERAND_DEBUG] = "dr%u",
                                          [OPERAND_X87] = "st(%u)",
                                          [OPERAND_MMX] = "mm%u",
                                          [OPERAND_XMM] = "xmm%u"};

    if (operand->kind == OPERAND_XMM && operand->size == 32)
        add_numbered(list, "ymm%u", operand->number, operand->size);
    else if (operand->kind == OPERAND_GPR)
        add_register(list, gpr_name(operand->number, operand->size), operand->size);
    else if (operand->kind == OPERAND_SEGMENT)
        add_register(list, segment_names[operand->number & 7], WORD);
    else
        add_numbered(list, formats[operand->kind], operand->number, operand->size);
}

void spell_ours(SpelledList *list, const Insn *insn, unsigned code_size, u64 address)
{
    list->count = 0;
    for (unsigned n = 0; n < INSN_OPERANDS; n++) {
        const Operand *operand = &insn->operands[n];

        switch ((OperandKind)operand->kind) {
        case OPERAND_NONE:
            break;
        case OPERAND_MEMORY:
            spell_our_memory(list, insn, operand, code_size);
            break;
        case OPERAND_STRING:
            spell_our_string(list, insn, n, code_size);
            break;
        case OPERAND_IMMEDIATE:
            spell_our_constant(list, insn, n);
            break;
        case OPERAND_RELATIVE:
            add_constant(list, address + insn->length + insn->immediate, insn->size);
            break;
        case OPERAND_FAR:
            add_constant(list, insn->selector, WORD);
            add_constant(list, insn->immediate, insn->size);
            break;
        default:
            spell_our_register(list, operand);
            break;
        }
    }
}

/* ---- theirs ---- */

static bool is_stack_register(x86_reg reg)
{
    return reg == X86_REG_ESP || reg == X86_REG_RSP || reg == X86_REG_BP || reg == X86_REG_EBP ||
           reg == X86_REG_RBP;
}

static const char *name_or_null(csh handle, x86_reg reg)
{
    return reg == X86_REG_INVALID || reg == X86_REG_EIZ || reg == X86_REG_RIZ
               ? NULL
               : cs_reg_name(handle, reg);
}

static void spell_their_memory(SpelledList *list, csh handle, const cs_insn *insn,
                               const cs_x86_op *operand, unsigned code_size)
{
    const x86_op_mem *memory = &operand->mem;
    const char *segment = name_or_null(handle, memory->segment);
    Address address = {.segment = segment                           ? segment
                                  : is_stack_register(memory->base) ? "ss"
                                                                    : "ds",
                       .base = name_or_null(handle, memory->base),
                       .index = name_or_null(handle, memory->index),
                       .scale = (unsigned)memory->scale,
                       .bytes = insn->detail->x86.addr_size,
                       .displacement = (u64)memory->disp,
                       .size = operand->size};
    char vector[8];

    /* A gather's indexes: the register's number is enough. */
    if (address.index && (address.index[0] == 'x' || address.index[0] == 'y')) {
        snprintf(vector, sizeof vector, "v%.2s", address.index + 3);
        address.index = vector;
    }
    add_address(list, &address, code_size);
}

void spell_theirs(SpelledList *list, csh handle, const cs_insn *insn, unsigned code_size)
{
    const cs_x86 *x86 = &insn->detail->x86;

    list->count = 0;
    for (unsigned n = 0; n < x86->op_count; n++) {
        const cs_x86_op *operand = &x86->operands[n];

        if (operand->type == X86_OP_REG)
            add_register(list, cs_reg_name(handle, operand->reg), operand->size);
        else if (operand->type == X86_OP_IMM)
            add_constant(list, (u64)operand->imm, operand->size);
        else
            spell_their_memory(list, handle, insn, operand, code_size);
    }
}

void spell_line(char line[SPELLED_LINE], const char *mnemonic, const SpelledList *list)
{
    int at = snprintf(line, SPELLED_LINE, "%s", mnemonic);

    for (unsigned n = 0; n < list->count && at < SPELLED_LINE; n++) {
        const Spelled *spelled = &list->operands[n];
        const char *separator = n ? ", " : " ";
        unsigned long long value = spelled->value;

        if (spelled->kind == SPELLED_CONSTANT)
            at += snprintf(line + at, (size_t)(SPELLED_LINE - at), "%s0x%llx", separator, value);
        else if (spelled->kind == SPELLED_MEMORY && spelled->size)
            at += snprintf(line + at, (size_t)(SPELLED_LINE - at), "%s%s:%u", separator,
                           spelled->text, spelled->size);
        else
            at +=
                snprintf(line + at, (size_t)(SPELLED_LINE - at), "%s%s", separator, spelled->text);
    }
}
