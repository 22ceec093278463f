/*
 * The undefined column of instructions.def, and rules for what it cannot say.
 * Manual: Intel SDM Vol. 2, "Flags Affected" and "Operation" of each instruction's page.
 */
#include "frontend/conform/compare_rules.h"

#include "cpu/cpu.h"

/* The operand size of the case's instruction in bits, by its prefixes. */
static unsigned operand_bits(const Case *c, bool bytes)
{
    bool word = c->mode == CASE_16, prefixed = false, wide = false;

    if (bytes)
        return 8;
    for (unsigned i = 0; i < c->length; i++) {
        u8 byte = c->code[i];

        if (c->mode == CASE_64 && (byte & 0xF0) == 0x40) {
            wide = byte & 8;
            continue;
        }
        if (byte == 0x66)
            prefixed = true;
        else if ((byte & 0xE7) != 0x26 && (byte < 0x64 || byte > 0x67) && byte != 0xF0 &&
                 byte != 0xF2 && byte != 0xF3)
            break;
        wide = false;
    }
    if (wide)
        return 64;
    return word != prefixed ? 16 : 32;
}

static bool has_byte_operands(const OpcodeRow *row)
{
    return row->operands[0] == CODE_Eb;
}

/* The count of a shift, as the processor masks it. */
static unsigned shift_count(const Case *c, const OpcodeRow *row, unsigned bits)
{
    u8 code = row->operands[row->operands[2] != CODE__ ? 2 : 1];
    unsigned count = 1;

    if (code == CODE_CL)
        count = c->before.gpr[RCX] & 0xFF;
    else if (code == CODE_Ib)
        count = c->code[c->length - 1];
    return count & (bits == 64 ? 63 : 31);
}

typedef Undefined Rule(const Case *c, const OpcodeRow *row, Undefined usual, u64 ended_with);

/* A count of 0 changes no flags; OF is defined for a count of 1 only; CF is not when all bits are
 * shifted out. */
static Undefined shift(const Case *c, const OpcodeRow *row, Undefined usual, u64 ended_with)
{
    unsigned bits = operand_bits(c, has_byte_operands(row)), count = shift_count(c, row, bits);

    (void)ended_with;
    if (count == 0)
        return (Undefined){0};
    if (count != 1)
        usual.flags |= FLAG_OF;
    if (count >= bits && (row->name == INSN_SHL || row->name == INSN_SHR))
        usual.flags |= FLAG_CF;
    return usual;
}

/* Beyond the operand's size nothing is defined. */
static Undefined double_shift(const Case *c, const OpcodeRow *row, Undefined usual, u64 ended_with)
{
    unsigned bits = operand_bits(c, false), count = shift_count(c, row, bits);

    (void)ended_with;
    if (count == 0)
        return (Undefined){0};
    if (count > bits)
        return (Undefined){.flags = FLAGS_ARITHMETIC, .destination = true};
    usual.flags &= ~(u32)FLAG_OF;
    if (count != 1)
        usual.flags |= FLAG_OF;
    return usual;
}

/* With a source of 0 the destination is undefined. */
static Undefined scan(const Case *c, const OpcodeRow *row, Undefined usual, u64 ended_with)
{
    (void)c;
    (void)row;
    usual.destination = ended_with & FLAG_ZF;
    return usual;
}

/* Sixteen bits cannot be swapped. */
static Undefined swap(const Case *c, const OpcodeRow *row, Undefined usual, u64 ended_with)
{
    (void)row;
    (void)ended_with;
    usual.destination = operand_bits(c, false) == 16;
    return usual;
}

static Rule *const rules[INSN_COUNT] = {
    [INSN_ROL] = shift,         [INSN_ROR] = shift, [INSN_RCL] = shift, [INSN_RCR] = shift,
    [INSN_SHL] = shift,         [INSN_SHR] = shift, [INSN_SAR] = shift, [INSN_SHLD] = double_shift,
    [INSN_SHRD] = double_shift, [INSN_BSF] = scan,  [INSN_BSR] = scan,  [INSN_BSWAP] = swap,
};

Undefined undefined_after(const Case *c, u64 ended_with)
{
    const OpcodeRow *row;
    Undefined usual = {0};

    if (c->row >= opcode_row_count)
        return usual;
    row = &opcode_rows[c->row];
    usual.flags = insn_info[row->name].undefined;
    return rules[row->name] ? rules[row->name](c, row, usual, ended_with) : usual;
}
