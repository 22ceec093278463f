/*
 * Integer arithmetic, logic, shifts, bits, multiplication and division.
 */
#include "translate/lift.h"

static IrOpcode alu_opcode(InsnName name)
{
    switch (name) {
    case INSN_ADD:
        return IR_ADD;
    case INSN_OR:
        return IR_OR;
    case INSN_ADC:
        return IR_ADC;
    case INSN_SBB:
        return IR_SBB;
    case INSN_AND:
        return IR_AND;
    case INSN_SUB:
        return IR_SUB;
    case INSN_XOR:
        return IR_XOR;
    default:
        return IR_CMP;
    }
}

static void set_flags(Lifter *lifter, IrOp *op)
{
    op->reads = insn_info[lifter->name].reads;
    op->defines = insn_info[lifter->name].writes;
}

/* The operands of a two-operand operation that changes the first one (or only looks at it). */
static void lift_operands(Lifter *lifter, unsigned size, bool changes, u8 *dst, u8 *src)
{
    if (is_memory(lifter, 0)) {
        if (changes)
            *dst = lift_change(lifter, size);
        else
            *dst = lift_read(lifter, 0, size, VALUE_T0);
        *src = lift_read(lifter, 1, size, VALUE_T1);
    } else {
        *src = lift_read(lifter, 1, size, VALUE_T0);
        *dst = lift_read(lifter, 0, size, VALUE_T1);
    }
}

bool lift_alu(Lifter *lifter)
{
    unsigned size = operand_size_of(lifter, 0);
    bool changes = lifter->name != INSN_CMP;
    u8 dst, src;

    lift_operands(lifter, size, changes, &dst, &src);
    set_flags(lifter, lift_op(lifter, alu_opcode(lifter->name), size, dst, src));
    if (changes)
        lift_changed(lifter, size, dst);
    return true;
}

bool lift_test(Lifter *lifter)
{
    unsigned size = operand_size_of(lifter, 0);
    u8 dst, src;

    lift_operands(lifter, size, false, &dst, &src);
    set_flags(lifter, lift_op(lifter, IR_TEST, size, dst, src));
    return true;
}

/* INC, DEC, NEG. */
bool lift_step(Lifter *lifter)
{
    unsigned size = operand_size_of(lifter, 0);
    IrOpcode opcode = lifter->name == INSN_INC   ? IR_INC
                      : lifter->name == INSN_DEC ? IR_DEC
                                                 : IR_NEG;
    u8 value = lift_change(lifter, size);

    set_flags(lifter, lift_op(lifter, opcode, size, value, VALUE_NONE));
    lift_changed(lifter, size, value);
    return true;
}

bool lift_not(Lifter *lifter)
{
    unsigned size = operand_size_of(lifter, 0);
    u8 value = lift_change(lifter, size);

    lift_op(lifter, IR_NOT, size, value, VALUE_NONE);
    lift_changed(lifter, size, value);
    return true;
}

/* ---- shifts ---- */

/* By CL nothing is sure to be written: a count of 0 keeps all flags. */
static void set_shift_flags(Lifter *lifter, IrOp *op)
{
    if (op->src == VALUE_IMMEDIATE) {
        set_flags(lifter, op);
    } else {
        op->reads = FLAGS_OSZAPC;
        op->defines = 0;
    }
}

bool lift_shift(Lifter *lifter)
{
    unsigned size = operand_size_of(lifter, 0);
    bool by_cl = lifter->insn->operands[1].kind == OPERAND_GPR;
    IrOpcode opcode = lifter->name == INSN_ROL   ? IR_ROL
                      : lifter->name == INSN_ROR ? IR_ROR
                      : lifter->name == INSN_RCL ? IR_RCL
                      : lifter->name == INSN_RCR ? IR_RCR
                      : lifter->name == INSN_SHL ? IR_SHL
                      : lifter->name == INSN_SHR ? IR_SHR
                                                 : IR_SAR;
    u64 count = lifter->insn->immediate & (size == QWORD ? 63 : 31);
    IrOp *op;
    u8 value;

    /* Narrow operands have rules of their own for counts from their width on. */
    if (size < DWORD && (by_cl || count >= 8 * size || opcode == IR_RCL || opcode == IR_RCR))
        return false;
    if (!by_cl && count == 0)
        return false;
    if ((opcode == IR_RCL || opcode == IR_RCR) && (by_cl || count != 1))
        return false;
    value = lift_change(lifter, size);
    op = lift_op(lifter, opcode, size, value, by_cl ? VALUE_GPR + RCX : VALUE_IMMEDIATE);
    op->immediate = count;
    set_shift_flags(lifter, op);
    lift_changed(lifter, size, value);
    return true;
}

/* Of doublewords. */
bool lift_double_shift(Lifter *lifter)
{
    unsigned size = operand_size_of(lifter, 0);
    bool by_cl = lifter->insn->operands[2].kind != OPERAND_IMMEDIATE;
    u64 count = lifter->insn->immediate & 31;
    IrOp *op;
    u8 value;

    if (size != DWORD || (!by_cl && count == 0))
        return false;
    value = lift_change(lifter, size);
    op = lift_op(lifter, lifter->name == INSN_SHLD ? IR_SHLD : IR_SHRD, size, value,
                 (u8)(VALUE_GPR + lifter->insn->operands[1].number / 8));
    op->immediate = count;
    op->has_immediate = !by_cl;
    if (by_cl)
        op->reads = FLAGS_OSZAPC;
    else
        set_flags(lifter, op);
    lift_changed(lifter, size, value);
    return true;
}

/* ---- with memory at once ---- */

/* In 64-bit code a doubleword that is equal leaves the upper half of RAX alone, which a conditional
 * move does not. */
bool lift_cmpxchg(Lifter *lifter)
{
    unsigned size = operand_size_of(lifter, 0);
    bool is_64bit = (lifter->ir->block->mode & 15) == QWORD;
    u8 src;
    IrOp *op;

    if (!is_memory(lifter, 0) || size < DWORD || (is_64bit && size == DWORD))
        return false;
    src = (u8)(VALUE_GPR + lifter->insn->operands[1].number / 8);
    lift_change(lifter, size);
    lift_op(lifter, IR_MOVE, size, VALUE_T1, VALUE_T0);
    set_flags(lifter, lift_op(lifter, IR_CMP, size, VALUE_GPR + RAX, VALUE_T0));
    op = lift_op(lifter, IR_MOVE_IF, size, VALUE_T1, src);
    op->condition = 4; /* equal */
    op->reads = FLAGS_Z;
    lift_op(lifter, IR_STORE_BACK, size, VALUE_NONE, VALUE_T1);
    op = lift_op(lifter, IR_MOVE_IF, size, VALUE_GPR + RAX, VALUE_T0);
    op->condition = 5;
    op->reads = FLAGS_Z;
    return true;
}

bool lift_xadd(Lifter *lifter)
{
    unsigned size = operand_size_of(lifter, 0);
    u8 src;

    if (!is_memory(lifter, 0) || size < DWORD)
        return false;
    src = (u8)(VALUE_GPR + lifter->insn->operands[1].number / 8);
    lift_change(lifter, size);
    lift_op(lifter, IR_MOVE, size, VALUE_T1, VALUE_T0);
    set_flags(lifter, lift_op(lifter, IR_ADD, size, VALUE_T0, src));
    lift_op(lifter, IR_STORE_BACK, size, VALUE_NONE, VALUE_T0);
    lift_op(lifter, IR_MOVE, size, src, VALUE_T1);
    return true;
}

/* ---- bits ---- */

bool lift_bit(Lifter *lifter)
{
    unsigned size = operand_size_of(lifter, 0);
    bool changes = lifter->name != INSN_BT;
    IrOpcode opcode = lifter->name == INSN_BT    ? IR_BT
                      : lifter->name == INSN_BTS ? IR_BTS
                      : lifter->name == INSN_BTR ? IR_BTR
                                                 : IR_BTC;
    u8 dst, src;
    IrOp *op;

    if (is_memory(lifter, 0) && lifter->insn->operands[1].kind == OPERAND_GPR)
        return false; /* the index reaches beyond the operand */
    lift_operands(lifter, size, changes, &dst, &src);
    op = lift_op(lifter, opcode, size, dst, src);
    op->defines = FLAGS_C; /* the others, undefined, stay */
    op->immediate &= 8 * size - 1;
    if (changes)
        lift_changed(lifter, size, dst);
    return true;
}

bool lift_bit_scan(Lifter *lifter)
{
    unsigned size = operand_size_of(lifter, 0);
    u8 src = lift_read(lifter, 1, size, VALUE_T0);
    IrOp *op = lift_op(lifter, lifter->name == INSN_BSF ? IR_BSF : IR_BSR, size,
                       (u8)(VALUE_GPR + lifter->insn->operands[0].number / 8), src);

    op->defines = FLAGS_Z;
    return true;
}

/* ---- products and quotients ---- */

bool lift_product(Lifter *lifter)
{
    unsigned size = operand_size_of(lifter, 0);
    u8 src = lift_read(lifter, 1, size, VALUE_T0);
    IrOp *op = lift_op(lifter, IR_PRODUCT, size,
                       (u8)(VALUE_GPR + lifter->insn->operands[0].number / 8), src);

    op->defines = FLAGS_OC; /* the others, undefined, stay */
    return true;
}

bool lift_product3(Lifter *lifter)
{
    unsigned size = operand_size_of(lifter, 0);
    u8 src = lift_read(lifter, 1, size, VALUE_T0);
    IrOp *op = lift_op(lifter, IR_PRODUCT3, size,
                       (u8)(VALUE_GPR + lifter->insn->operands[0].number / 8), src);

    op->defines = FLAGS_OC;
    return true;
}

bool lift_wide_product(Lifter *lifter)
{
    unsigned size = operand_size_of(lifter, 0);
    u8 src = lift_read(lifter, 0, size, VALUE_T0);

    lift_op(lifter, lifter->name == INSN_MUL ? IR_MUL : IR_IMUL, size, VALUE_NONE, src)->defines =
        FLAGS_OC;
    return true;
}

/* Declines what raises #DE, and some that does not. */
bool lift_divide(Lifter *lifter)
{
    unsigned size = operand_size_of(lifter, 0);
    u8 src;

    if (lifter->insn->operands[0].number >= R8 * 8)
        return false;
    src = lift_read(lifter, 0, size, VALUE_T0);
    lift_op(lifter, lifter->name == INSN_DIV ? IR_DIV : IR_IDIV, size, VALUE_NONE, src);
    return true;
}
