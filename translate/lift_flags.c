/*
 * EFLAGS as a register.
 */
#include "translate/lift.h"

static bool is_protected(const Lifter *lifter)
{
    return lifter->ir->block->mode & MODE_PROTECTED;
}

/* In virtual-8086 mode it depends on IOPL. */
bool lift_pushf(Lifter *lifter)
{
    unsigned size = lifter->insn->size;

    if (!is_protected(lifter))
        return false;
    lift_op(lifter, IR_FLAGS, size, VALUE_T0, VALUE_NONE)->reads = FLAGS_OSZAPC;
    lift_load(lifter, IR_STORE, size, VALUE_T0, lift_stack_address(lifter, -(i64)size));
    lift_move_stack(lifter, -(i64)size);
    return true;
}

/* LAHF, SAHF. */
bool lift_flags_ah(Lifter *lifter)
{
    bool load = lifter->name == INSN_LAHF;
    IrOp *op = lift_op(lifter, load ? IR_FLAGS_TO_AH : IR_FLAGS_FROM_AH, BYTE,
                       load ? VALUE_GPR + RAX : VALUE_NONE, VALUE_GPR + RAX);

    op->reads = FLAGS_OSZAPC;
    op->defines = insn_info[lifter->name].writes;
    return true;
}

/* CLC, STC, CMC. */
bool lift_carry(Lifter *lifter)
{
    IrOp *op = lift_op(lifter, IR_CARRY, DWORD, VALUE_NONE, VALUE_NONE);

    op->host = lifter->name == INSN_CLC ? 4 : lifter->name == INSN_STC ? 1 : 6;
    op->reads = lifter->name == INSN_CMC ? FLAGS_OSZAPC : FLAGS_OSZAPC & ~FLAGS_C;
    op->defines = FLAGS_C;
    return true;
}

/* In ring 0, which no IOPL keeps from it. */
bool lift_cli(Lifter *lifter)
{
    if (!is_protected(lifter) || lifter->ir->assumptions.as == AS_USER)
        return false;
    lift_op(lifter, IR_DISABLE_INTERRUPTS, DWORD, VALUE_NONE, VALUE_NONE);
    return true;
}

/* CLD, STD: where DF is so already, which a translation takes for granted. */
bool lift_direction(Lifter *lifter)
{
    return (lifter->name == INSN_STD) == lifter->ir->assumptions.down;
}
