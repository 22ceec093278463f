/*
 * The x87: while its exceptions are masked the guest's instructions are the host's, on a host x87
 * that holds the guest's registers.
 *
 * Not implemented: whole states and environments, FNINIT, and all of it while an exception is
 * unmasked; the interpreter's bodies do those.
 */
#include "cpu/opcodes.h"
#include "translate/lift.h"

static bool is_called(InsnName name)
{
    switch (name) {
    case INSN_FLDENV:
    case INSN_FNSTENV:
    case INSN_FRSTOR:
    case INSN_FNSAVE:
    case INSN_FNINIT:
    case INSN_FNENI:
    case INSN_FNDISI:
    case INSN_FNSETPM:
        return true;
    default:
        return false;
    }
}

static bool stores(InsnName name)
{
    switch (name) {
    case INSN_FST:
    case INSN_FSTP:
    case INSN_FIST:
    case INSN_FISTP:
    case INSN_FISTTP:
    case INSN_FBSTP:
    case INSN_FNSTCW:
    case INSN_FNSTSW:
        return true;
    default:
        return false;
    }
}

static bool sets_flags(InsnName name)
{
    return name == INSN_FCOMI || name == INSN_FCOMIP || name == INSN_FUCOMI || name == INSN_FUCOMIP;
}

static IrOpcode x87_opcode(const Lifter *lifter)
{
    if (lifter->name == INSN_FLDCW)
        return IR_X87_CONTROL;
    if (is_memory(lifter, 0))
        return stores(lifter->name) ? IR_X87_STORE : IR_X87_LOAD;
    return lifter->name == INSN_FNSTSW ? IR_X87_STATUS : IR_X87;
}

bool lift_x87(Lifter *lifter)
{
    const OpcodeRow *row = &opcode_rows[lifter->insn->row];
    IrOp *op;

    if (!lifter->ir->assumptions.x87 || is_called(lifter->name))
        return false;
    if (lifter->name == INSN_FWAIT)
        return true;
    op = lift_op(lifter, x87_opcode(lifter), DWORD, VALUE_NONE, VALUE_NONE);
    op->host = row->code;
    op->digit = lifter->insn->modrm >> 3 & 7;
    op->immediate = lifter->insn->modrm;
    op->reads = insn_info[lifter->name].reads;
    if (is_memory(lifter, 0)) {
        op->size = lifter->insn->operands[0].size;
        op->address = lift_address(lifter);
    }
    if (sets_flags(lifter->name))
        op->defines = FLAGS_OSZAPC;
    return true;
}
