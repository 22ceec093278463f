/*
 * A load that only feeds the next operation becomes that one's memory operand, and so does a
 * read-modify-write: x86 has instructions for both.
 */
#include "translate/ir.h"

static bool is_alu(const IrOp *op)
{
    return (op->opcode >= IR_ADD && op->opcode <= IR_TEST);
}

static bool is_register(u8 value)
{
    return value >= VALUE_GPR && value < VALUE_T0;
}

/* op register, T0; or CMP and TEST of T0. */
static bool fuse_load(IrOp *load, IrOp *next)
{
    bool compares = next->opcode == IR_CMP || next->opcode == IR_TEST;

    if (load->opcode != IR_LOAD || load->from || load->dst != VALUE_T0 ||
        next->insn != load->insn || next->size != load->size)
        return false;
    if ((is_alu(next) || next->opcode == IR_PRODUCT) && next->src == VALUE_T0 &&
        is_register(next->dst)) {
        next->src = VALUE_MEMORY;
    } else if (compares && next->dst == VALUE_T0 &&
               (is_register(next->src) || next->src == VALUE_IMMEDIATE)) {
        next->dst = VALUE_MEMORY;
    } else {
        return false;
    }
    load->opcode = IR_LOOK_UP;
    load->dst = VALUE_NONE;
    return true;
}

static bool can_change_memory(const IrOp *op)
{
    if (op->dst != VALUE_T0)
        return false;
    switch (op->opcode) {
    case IR_ADD:
    case IR_OR:
    case IR_ADC:
    case IR_SBB:
    case IR_AND:
    case IR_SUB:
    case IR_XOR:
        return is_register(op->src) || op->src == VALUE_IMMEDIATE;
    case IR_INC:
    case IR_DEC:
    case IR_NEG:
    case IR_NOT:
    case IR_ROL:
    case IR_ROR:
    case IR_SHL:
    case IR_SHR:
    case IR_SAR:
        return true;
    default:
        return false;
    }
}

static bool fuse_change(IrOp *load, IrOp *change, IrOp *store)
{
    if (load->opcode != IR_LOAD_FOR_WRITE || store->opcode != IR_STORE_BACK ||
        store->insn != load->insn || store->src != VALUE_T0 || change->size != load->size ||
        !can_change_memory(change))
        return false;
    load->opcode = IR_LOOK_UP_FOR_WRITE;
    load->dst = VALUE_NONE;
    change->dst = VALUE_MEMORY;
    store->opcode = IR_NOTHING;
    store->src = VALUE_NONE;
    return true;
}

void ir_fuse_pass(IrBlock *ir)
{
    for (unsigned i = 0; i + 1 < ir->count; i++)
        if (!fuse_load(&ir->ops[i], &ir->ops[i + 1]) && i + 2 < ir->count)
            fuse_change(&ir->ops[i], &ir->ops[i + 1], &ir->ops[i + 2]);
}
