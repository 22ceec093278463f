/*
 * Which body executes a decoded instruction, and in which size.
 */
#include "cpu/decoder.h"

/* The size in which the body runs: its first operand's that is data, else the operand size. */
static unsigned body_size(const Insn *insn, const OpcodeRow *row)
{
    for (unsigned i = 0; i < INSN_OPERANDS; i++) {
        Operand operand = insn->operands[i];

        if (operand.kind == OPERAND_IMMEDIATE || operand.kind == OPERAND_RELATIVE ||
            operand.kind == OPERAND_FAR || row->operands[i] == CODE_DX)
            continue;
        if (operand.size == 10 || operand.size == 16 ||
            operand.size == 32) /* the first copy is for 80 and 128 bits */
            return BYTE;
        if (operand.size == BYTE || operand.size == WORD || operand.size == DWORD ||
            operand.size == QWORD)
            return operand.size;
        break;
    }
    return insn->size;
}

Handler choose_handler(const Insn *insn, const OpcodeRow *row)
{
    const Handlers *handlers = insn_handlers[row->name];
    unsigned size = (unsigned)__builtin_ctz(body_size(insn, row));
    u8 dst = insn->operands[0].kind, src = insn->operands[1].kind;
    Handler handler = handlers->fast[size];

    if ((row->attributes & VEX_BIT) && handlers->vex)
        return handlers->vex;

    if (handler)
        return handler;
    if (dst == OPERAND_GPR && src == OPERAND_GPR)
        handler = handlers->reg_reg[size];
    else if (dst == OPERAND_GPR && src == OPERAND_MEMORY)
        handler = handlers->reg_mem[size];
    else if (dst == OPERAND_GPR && src == OPERAND_IMMEDIATE)
        handler = handlers->reg_imm[size];
    else if (dst == OPERAND_MEMORY && src == OPERAND_GPR)
        handler = handlers->mem_reg[size];
    else if (dst == OPERAND_MEMORY && src == OPERAND_IMMEDIATE)
        handler = handlers->mem_imm[size];
    else if (dst == OPERAND_GPR && src == OPERAND_NONE)
        handler = handlers->reg[size];
    else if (dst == OPERAND_MEMORY && src == OPERAND_NONE)
        handler = handlers->mem[size];
    return handler ? handler : handlers->any[size];
}

Handler insn_general_handler(const Insn *insn)
{
    const OpcodeRow *row = &opcode_rows[insn->row];

    if ((row->attributes & VEX_BIT) && insn_handlers[row->name]->vex)
        return insn_handlers[row->name]->vex;
    return insn_handlers[row->name]->any[__builtin_ctz(body_size(insn, row))];
}

bool insn_ends_block(const Insn *insn)
{
    InsnName name = opcode_rows[insn->row].name;
    bool repeats =
        (insn->prefixes & (PREFIX_REP | PREFIX_REPNE)) &&
        (insn->operands[0].kind == OPERAND_STRING || insn->operands[1].kind == OPERAND_STRING);

    return insn_info[name].ends || repeats;
}
