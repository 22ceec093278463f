/*
 * String instructions that are not repeated. The repeated ones are the interpreter's: it works on
 * whole pages where it can.
 */
#include "translate/lift.h"

static IrAddress pointer(const Lifter *lifter, unsigned reg, unsigned segment)
{
    return (IrAddress){.base = (u8)(VALUE_GPR + reg),
                       .segment = (u8)segment,
                       .bits = (u8)(64 - lifter->insn->address_shift)};
}

static void advance(Lifter *lifter, unsigned reg, unsigned size)
{
    unsigned bits = 64 - lifter->insn->address_shift;
    IrOp *op = lift_op(lifter, IR_ADDRESS, bits / 8, (u8)(VALUE_GPR + reg), VALUE_NONE);

    op->address = pointer(lifter, reg, DS);
    op->address.displacement = lifter->ir->assumptions.down ? -(u64)size : size;
}

static unsigned element_size(const Lifter *lifter)
{
    const Insn *insn = lifter->insn;

    return insn->operands[0].kind == OPERAND_STRING ? insn->operands[0].size
                                                    : insn->operands[1].size;
}

static void compare(Lifter *lifter, unsigned size, u8 a, u8 b)
{
    lift_op(lifter, IR_CMP, size, a, b)->defines = FLAGS_OSZAPC;
}

bool lift_string(Lifter *lifter)
{
    const Insn *insn = lifter->insn;
    unsigned size = element_size(lifter);
    IrAddress source = pointer(lifter, RSI, insn->segment), destination = pointer(lifter, RDI, ES);

    if (insn->prefixes & (PREFIX_REP | PREFIX_REPNE))
        return false;
    switch (lifter->name) {
    case INSN_MOVS:
        lift_load(lifter, IR_LOAD, size, VALUE_T0, source);
        lift_load(lifter, IR_STORE, size, VALUE_T0, destination);
        break;
    case INSN_STOS:
        lift_load(lifter, IR_STORE, size, VALUE_GPR + RAX, destination);
        break;
    case INSN_LODS:
        lift_load(lifter, IR_LOAD, size, VALUE_GPR + RAX, source);
        break;
    case INSN_CMPS:
        lift_load(lifter, IR_LOAD, size, VALUE_T0, source);
        lift_load(lifter, IR_LOAD, size, VALUE_T1, destination);
        compare(lifter, size, VALUE_T0, VALUE_T1);
        break;
    default: /* SCAS */
        lift_load(lifter, IR_LOAD, size, VALUE_T0, destination);
        compare(lifter, size, VALUE_GPR + RAX, VALUE_T0);
        break;
    }
    if (lifter->name == INSN_MOVS || lifter->name == INSN_CMPS || lifter->name == INSN_LODS)
        advance(lifter, RSI, size);
    if (lifter->name != INSN_LODS)
        advance(lifter, RDI, size);
    return true;
}
