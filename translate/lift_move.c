/*
 * Moves, exchanges and conversions.
 */
#include "translate/lift.h"

bool lift_mov(Lifter *lifter)
{
    unsigned size = operand_size_of(lifter, 0);
    u8 value;

    if (lifter->insn->operands[0].kind == OPERAND_GPR && !is_high(lifter, 0) &&
        is_memory(lifter, 1)) {
        lift_load(lifter, IR_LOAD, size, (u8)(VALUE_GPR + lifter->insn->operands[0].number / 8),
                  lift_address(lifter));
        return true;
    }
    /* A store looks up before it takes the value: T0 outlives that. */
    value = lift_read(lifter, 1, size, VALUE_T0);
    lift_write(lifter, size, value);
    return true;
}

u8 lift_selector(Lifter *lifter, unsigned number)
{
    lift_op(lifter, IR_SELECTOR, DWORD, VALUE_T0, VALUE_NONE)->immediate =
        lifter->insn->operands[number].number;
    return VALUE_T0;
}

bool lift_load_segment(Lifter *lifter, u8 selector)
{
    const IrBlock *ir = lifter->ir;
    unsigned reg = lifter->insn->operands[0].number;
    bool is_64bit = (ir->block->mode & 15) == QWORD;

    if (reg == CS || reg == SS || reg > GS || is_64bit)
        return false;
    if (!(ir->block->mode & MODE_PROTECTED) && bit(ir->assumptions.flat, reg))
        return false;
    lift_op(lifter, IR_LOAD_SEGMENT, WORD, VALUE_NONE, selector)->immediate = reg;
    return true;
}

bool lift_movseg(Lifter *lifter)
{
    if (lifter->insn->operands[0].kind == OPERAND_SEGMENT)
        return lift_load_segment(lifter, lift_read(lifter, 1, WORD, VALUE_T0));
    if (lifter->insn->operands[1].kind != OPERAND_SEGMENT || lifter->insn->operands[1].number > GS)
        return false;
    lift_write(lifter, operand_size_of(lifter, 0), lift_selector(lifter, 1));
    return true;
}

/* MOVZX, MOVSX, MOVSXD. */
bool lift_extend(Lifter *lifter)
{
    unsigned from = lifter->name == INSN_MOVSXD          ? DWORD
                    : operand_size_of(lifter, 1) == BYTE ? BYTE
                                                         : WORD;
    unsigned size = operand_size_of(lifter, 0);
    u8 dst = (u8)(VALUE_GPR + lifter->insn->operands[0].number / 8);
    u8 src = lift_read(lifter, 1, from, VALUE_T0);
    IrOpcode opcode = lifter->name == INSN_MOVZX ? IR_ZERO_EXTEND : IR_SIGN_EXTEND;

    if (size < from || (from == DWORD && size != QWORD))
        return false;
    if (src == VALUE_T0 && is_memory(lifter, 1) && size != WORD) { /* one operation */
        IrOp *load = &lifter->ir->ops[lifter->ir->count - 1];

        load->dst = dst;
        load->size = (u8)from;
        load->from = lifter->name == INSN_MOVZX ? 1 : 2;
        load->extended = (u8)size;
        return true;
    }
    lift_op(lifter, opcode, size, dst, src)->from = (u8)from;
    return true;
}

bool lift_lea(Lifter *lifter)
{
    unsigned size = operand_size_of(lifter, 0);
    IrOp *op = lift_op(lifter, IR_ADDRESS, size,
                       (u8)(VALUE_GPR + lifter->insn->operands[0].number / 8), VALUE_NONE);

    op->address = lift_address(lifter);
    return true;
}

bool lift_xchg(Lifter *lifter)
{
    unsigned size = operand_size_of(lifter, 0);
    u8 dst, src;

    bool extended =
        lifter->insn->operands[0].number >= R8 * 8 || lifter->insn->operands[1].number >= R8 * 8;

    if (is_high(lifter, 0) || is_high(lifter, 1) || (extended && size < DWORD))
        return false;
    dst = lift_change(lifter, size);
    src = lift_read(lifter, 1, size, VALUE_T1);
    if (is_memory(lifter, 0)) {
        lift_op(lifter, IR_STORE_BACK, size, VALUE_NONE, src);
        lift_op(lifter, IR_MOVE, size, src, dst);
    } else {
        lift_op(lifter, IR_EXCHANGE, size, dst, src);
    }
    return true;
}

/* CBW, CWDE. */
bool lift_cbw(Lifter *lifter)
{
    unsigned size = lifter->insn->size;
    IrOp *op = lift_op(lifter, IR_SIGN_EXTEND, size, VALUE_GPR + RAX, VALUE_GPR + RAX);

    op->from = (u8)(size / 2);
    return true;
}

/* CWD, CDQ. */
bool lift_cwd(Lifter *lifter)
{
    if (lifter->insn->size == QWORD)
        return false;
    lift_op(lifter, IR_SIGN_TO_DX, lifter->insn->size, VALUE_GPR + RDX, VALUE_GPR + RAX);
    return true;
}

bool lift_bswap(Lifter *lifter)
{
    if (operand_size_of(lifter, 0) < DWORD)
        return false;
    lift_op(lifter, IR_SWAP_BYTES, operand_size_of(lifter, 0),
            (u8)(VALUE_GPR + lifter->insn->operands[0].number / 8), VALUE_NONE);
    return true;
}

bool lift_nop(Lifter *lifter)
{
    (void)lifter;
    return true;
}

/* ---- by condition ---- */

static u16 condition_reads(InsnName name)
{
    return insn_info[name].reads;
}

bool lift_setcc(Lifter *lifter)
{
    bool direct = !is_memory(lifter, 0) && !is_high(lifter, 0);
    u8 value = direct ? (u8)(VALUE_GPR + lifter->insn->operands[0].number / 8) : VALUE_T0;
    IrOp *op = lift_op(lifter, IR_SET, BYTE, value, VALUE_NONE);

    op->condition = (u8)(lifter->name - INSN_SETO);
    op->reads = condition_reads(lifter->name);
    if (!direct)
        lift_write(lifter, BYTE, value);
    return true;
}

bool lift_cmov(Lifter *lifter)
{
    unsigned size = operand_size_of(lifter, 0);
    u8 src = lift_read(lifter, 1, size, VALUE_T0);
    IrOp *op = lift_op(lifter, IR_MOVE_IF, size,
                       (u8)(VALUE_GPR + lifter->insn->operands[0].number / 8), src);

    op->condition = (u8)(lifter->name - INSN_CMOVO);
    op->reads = condition_reads(lifter->name);
    return true;
}

/* The clock is known in generated code: RDTSC needs no call. */
bool lift_rdtsc(Lifter *lifter)
{
    lift_op(lifter, IR_TIME, DWORD, VALUE_NONE, VALUE_NONE);
    return true;
}

bool lift_xlat(Lifter *lifter)
{
    IrAddress address = {.base = VALUE_GPR + RBX,
                         .index = VALUE_T0,
                         .segment = lifter->insn->segment,
                         .bits = (u8)(64 - lifter->insn->address_shift)};

    lift_op(lifter, IR_ZERO_EXTEND, DWORD, VALUE_T0, VALUE_GPR + RAX)->from = BYTE;
    lift_load(lifter, IR_LOAD, BYTE, VALUE_GPR + RAX, address);
    return true;
}
