/*
 * The stack.
 */
#include "translate/lift.h"

bool lift_push(Lifter *lifter)
{
    unsigned size = lifter->insn->size;
    u8 value;

    if (lifter->insn->operands[0].kind == OPERAND_SEGMENT)
        value = lift_selector(lifter, 0);
    else
        value = lift_read(lifter, 0, size, VALUE_T0);
    lift_load(lifter, IR_STORE, size, value, lift_stack_address(lifter, -(i64)size));
    lift_move_stack(lifter, -(i64)size);
    return true;
}

bool lift_pop(Lifter *lifter)
{
    unsigned size = lifter->insn->size;
    IrAddress address;

    lift_load(lifter, IR_LOAD, size, VALUE_T0, lift_stack_address(lifter, 0));
    if (is_memory(lifter, 0)) { /* addressed with the stack pointer as it is afterwards */
        address = lift_address(lifter);
        if (address.base == VALUE_GPR + RSP)
            address.displacement += size;
        lift_load(lifter, IR_STORE, size, VALUE_T0, address);
        lift_move_stack(lifter, size);
    } else {
        lift_move_stack(lifter, size);
        lift_write(lifter, size, VALUE_T0);
    }
    return true;
}

bool lift_popseg(Lifter *lifter)
{
    unsigned size = lifter->insn->size;

    lift_load(lifter, IR_LOAD, size, VALUE_T0, lift_stack_address(lifter, 0));
    if (!lift_load_segment(lifter, VALUE_T0))
        return false;
    lift_move_stack(lifter, size);
    return true;
}

bool lift_leave(Lifter *lifter)
{
    unsigned size = lifter->insn->size;
    IrAddress address = lift_stack_address(lifter, 0);
    IrOp *op;

    address.base = VALUE_GPR + RBP;
    lift_load(lifter, IR_LOAD, size, VALUE_T0, address);
    lift_move_stack(lifter, 0);
    op = &lifter->ir->ops[lifter->ir->count - 1];
    op->address.base = VALUE_GPR + RBP;
    op->address.displacement = size;
    lift_op(lifter, IR_MOVE, size, VALUE_GPR + RBP, VALUE_T0);
    return true;
}
