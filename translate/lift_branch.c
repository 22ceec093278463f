/*
 * Near jumps, calls and returns.
 *
 * A block is translated only where CS's limit cannot be exceeded by an offset of the code's own
 * size; transfers with a wider operand size are the interpreter's.
 */
#include "translate/lift.h"

static bool is_64bit(const Lifter *lifter)
{
    return (lifter->ir->block->mode & 15) == QWORD;
}

static bool narrow_enough(const Lifter *lifter)
{
    bool relative = lifter->insn->operands[0].kind == OPERAND_RELATIVE;

    if (is_64bit(lifter) && relative && !is_canonical(lifter->next_rip + lifter->insn->immediate))
        return false;
    return lifter->insn->size <= (lifter->ir->block->mode & 15);
}

static u64 relative_target(const Lifter *lifter)
{
    return (lifter->next_rip + lifter->insn->immediate) & size_mask(lifter->insn->size);
}

bool lift_jcc(Lifter *lifter)
{
    IrOp *op;

    if (!narrow_enough(lifter))
        return false;
    op = lift_op(lifter, IR_JUMP_IF, DWORD, VALUE_NONE, VALUE_NONE);
    op->condition = (u8)(lifter->name - INSN_JO);
    op->reads = insn_info[lifter->name].reads;
    op->target = relative_target(lifter);
    return true;
}

bool lift_jcxz(Lifter *lifter)
{
    IrOp *op;

    if (!narrow_enough(lifter))
        return false;
    op = lift_op(lifter, IR_JUMP_IF_ZERO, (64 - lifter->insn->address_shift) / 8, VALUE_GPR + RCX,
                 VALUE_NONE);
    op->condition = 4;
    op->target = relative_target(lifter);
    return true;
}

bool lift_loop(Lifter *lifter)
{
    unsigned bits = 64 - lifter->insn->address_shift;
    IrOp *op;

    if (!narrow_enough(lifter))
        return false;
    op = lift_op(lifter, IR_ADDRESS, bits / 8, VALUE_GPR + RCX, VALUE_NONE);
    op->address = (IrAddress){
        .base = VALUE_GPR + RCX, .segment = DS, .bits = (u8)bits, .displacement = ~(u64)0};
    op = lift_op(lifter, IR_JUMP_IF_ZERO, bits / 8, VALUE_GPR + RCX, VALUE_NONE);
    op->condition = 5;
    op->target = relative_target(lifter);
    return true;
}

/* The target of a jump through a register or memory, in T0. */
static void lift_indirect_target(Lifter *lifter)
{
    unsigned size = lifter->insn->size;
    u8 value = lift_read(lifter, 0, size, VALUE_T0);

    if (value != VALUE_T0)
        lift_op(lifter, IR_MOVE, is_64bit(lifter) ? QWORD : DWORD, VALUE_T0, value);
    if (is_64bit(lifter))
        lift_op(lifter, IR_CHECK_CANONICAL, QWORD, VALUE_NONE, VALUE_T0);
    if (size == WORD)
        lift_op(lifter, IR_ZERO_EXTEND, DWORD, VALUE_T0, VALUE_T0)->from = WORD;
}

static void lift_transfer(Lifter *lifter, bool relative)
{
    if (relative)
        lift_op(lifter, IR_JUMP, DWORD, VALUE_NONE, VALUE_NONE)->target = relative_target(lifter);
    else
        lift_op(lifter, IR_JUMP_INDIRECT, DWORD, VALUE_NONE, VALUE_T0);
}

bool lift_jmp(Lifter *lifter)
{
    bool relative = lifter->insn->operands[0].kind == OPERAND_RELATIVE;

    if (!narrow_enough(lifter))
        return false;
    if (!relative)
        lift_indirect_target(lifter);
    lift_transfer(lifter, relative);
    return true;
}

bool lift_call(Lifter *lifter)
{
    bool relative = lifter->insn->operands[0].kind == OPERAND_RELATIVE;
    unsigned size = lifter->insn->size;
    IrOp *store;

    if (!narrow_enough(lifter))
        return false;
    if (!relative)
        lift_indirect_target(lifter);
    store =
        lift_load(lifter, IR_STORE, size, VALUE_IMMEDIATE, lift_stack_address(lifter, -(i64)size));
    store->immediate = lifter->next_rip & size_mask(lifter->ir->block->mode & 15);
    lift_move_stack(lifter, -(i64)size);
    lift_transfer(lifter, relative);
    return true;
}

bool lift_ret(Lifter *lifter)
{
    unsigned size = lifter->insn->size;

    if (!narrow_enough(lifter))
        return false;
    lift_load(lifter, IR_LOAD, size, VALUE_T0, lift_stack_address(lifter, 0));
    if (is_64bit(lifter))
        lift_op(lifter, IR_CHECK_CANONICAL, QWORD, VALUE_NONE, VALUE_T0);
    if (size == WORD)
        lift_op(lifter, IR_ZERO_EXTEND, DWORD, VALUE_T0, VALUE_T0)->from = WORD;
    lift_move_stack(lifter, (i64)(size + lifter->insn->immediate));
    lift_transfer(lifter, false);
    return true;
}
