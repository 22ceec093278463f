/*
 * What lifters are written with: from a decoded instruction to operations of the IR.
 *
 * A lifter returns false for a form that it does not know; what it appended is dropped then, and
 * the interpreter's body is called for the instruction.
 */
#ifndef TRANSLATE_LIFT_H
#define TRANSLATE_LIFT_H

#include "cpu/exec.h"
#include "translate/ir.h"

typedef struct Lifter {
    IrBlock *ir;
    const Insn *insn;
    u8 index;           /* of the instruction */
    InsnName name;
    u64 next_rip;
} Lifter;

typedef bool LiftFunction(Lifter *lifter);

/* Appends an operation, which can still be completed through the result. */
IrOp *lift_op(Lifter *lifter, IrOpcode opcode, unsigned size, u8 dst, u8 src);

IrAddress lift_address(const Lifter *lifter);   /* of the memory operand */
IrAddress lift_stack_address(const Lifter *lifter, i64 offset);
IrOp *lift_load(Lifter *lifter, IrOpcode opcode, unsigned size, u8 value, IrAddress address);
void lift_move_stack(Lifter *lifter, i64 bytes);

/* Reads operand `number`: gives the value that holds it, `temporary` if it must be fetched. */
u8 lift_read(Lifter *lifter, unsigned number, unsigned size, u8 temporary);
/* Operand 0 to be changed: lift_change() gives the value, lift_changed() puts it back. */
u8 lift_change(Lifter *lifter, unsigned size);
void lift_changed(Lifter *lifter, unsigned size, u8 value);
/* Writes operand 0, without reading it. */
void lift_write(Lifter *lifter, unsigned size, u8 value);

FORCE_INLINE bool is_memory(const Lifter *lifter, unsigned number)
{
    return lifter->insn->operands[number].kind == OPERAND_MEMORY;
}

/* AH .. BH? */
FORCE_INLINE bool is_high(const Lifter *lifter, unsigned number)
{
    Operand operand = lifter->insn->operands[number];

    return operand.kind == OPERAND_GPR && (operand.number & 7) != 0;
}

FORCE_INLINE unsigned operand_size_of(const Lifter *lifter, unsigned number)
{
    return lifter->insn->operands[number].size;
}

/* The segment register that is operand 0, with the selector in `selector`. */
bool lift_load_segment(Lifter *lifter, u8 selector);
/* The selector of operand `number`, in T0. */
u8 lift_selector(Lifter *lifter, unsigned number);

LiftFunction lift_mov, lift_movseg, lift_extend, lift_lea, lift_xchg, lift_cbw, lift_cwd, lift_setcc, lift_cmov,
    lift_bswap, lift_nop;
LiftFunction lift_alu, lift_test, lift_step, lift_not, lift_shift, lift_double_shift, lift_bit,
    lift_bit_scan, lift_cmpxchg, lift_xadd, lift_product, lift_product3, lift_wide_product, lift_divide;
LiftFunction lift_push, lift_pop, lift_popseg, lift_leave;
LiftFunction lift_pushf, lift_flags_ah, lift_carry, lift_cli, lift_direction;
LiftFunction lift_xlat, lift_rdtsc, lift_string, lift_simd, lift_x87;
LiftFunction lift_jcc, lift_jcxz, lift_loop, lift_jmp, lift_call, lift_ret;

#endif
