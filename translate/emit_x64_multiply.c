/*
 * The x86-64 backend: wide products, quotients, and the sign that goes before them.
 */
#include "translate/emit_x64.h"

/* EAX lives elsewhere; AX, where the flags were saved, is free by now. */
void emit_wide_product(Emitter *e, const IrOp *op)
{
    Assembler *a = &e->a;
    u32 narrow = op->size == BYTE ? 0 : 1;

    x64_op(a, QWORD, 0x8B, H_RAX, emit_operand(e, VALUE_GPR + RAX));
    x64_op(a, op->size, 0xF6 | narrow, op->opcode == IR_MUL ? 4 : 5, emit_operand(e, op->src));
    x64_op(a, op->size == BYTE ? WORD : op->size, 0x8B, emit_value(VALUE_GPR + RAX),
           host_register(H_RAX));
}

/* Declines if the quotient could not fit: unsigned, if the dividend's upper half is not below the
 * divisor. */
static void check_unsigned(Emitter *e, const IrOp *op, unsigned eax, unsigned src)
{
    Assembler *a = &e->a;
    unsigned upper = H_RDX;

    if (op->size == BYTE) { /* AH */
        x64_rorx(a, DWORD, H_T1, eax, 8);
        upper = H_T1;
    }
    x64_op(a, op->size, op->size == BYTE ? 0x3A : 0x3B, upper, host_register(src));
    emit_decline(e, op, 3); /* not below */
}

/* Signed, if the upper half is more than the lower's sign, or the divisor 0 or -1. */
static void check_signed(Emitter *e, const IrOp *op, unsigned eax, unsigned src)
{
    Assembler *a = &e->a;

    if (op->size == BYTE) {
        x64_op(a, DWORD, 0x0FBE, H_T1, host_register(eax)); /* movsx */
        x64_op(a, WORD, 0x3B, H_T1, host_register(eax));
    } else {
        x64_op(a, op->size, 0x8B, H_T1, host_register(eax));
        x64_op_immediate(a, op->size, 0xC1, 7, host_register(H_T1), 8 * (i32)op->size - 1);
        x64_op(a, op->size, 0x3B, H_T1, host_register(H_RDX));
    }
    emit_decline(e, op, 5);
    x64_op(a, QWORD, 0x8D, H_SCRATCH, host_memory(src, 1));
    x64_alu_immediate(a, op->size, 7, host_register(H_SCRATCH), 1);
    emit_decline(e, op, 6); /* not above */
}

/* What the host could fault on, or what needs the upper half of the dividend, is declined. */
void emit_divide(Emitter *e, const IrOp *op)
{
    Assembler *a = &e->a;
    unsigned eax = emit_value(VALUE_GPR + RAX);
    unsigned src = emit_value(op->src);
    u32 narrow = op->size == BYTE ? 0 : 1;

    emit_save_flags(e);
    if (op->opcode == IR_DIV)
        check_unsigned(e, op, eax, src);
    else
        check_signed(e, op, eax, src);
    x64_op(a, DWORD, 0x8B, H_T1, host_register(H_FLAGS));
    x64_op(a, QWORD, 0x8B, H_RAX, host_register(eax));
    x64_op(a, op->size, 0xF6 | narrow, op->opcode == IR_DIV ? 6 : 7, host_register(src));
    x64_op(a, op->size == BYTE ? WORD : op->size, 0x8B, eax, host_register(H_RAX));
    /* The flags, undefined: CF and OF stay, AF is set, the others are cleared. */
    x64_op(a, DWORD, 0x8B, H_FLAGS, host_register(H_T1));
    x64_alu_immediate(a, DWORD, 4, host_register(H_FLAGS), FLAG_CF << 8 | 0xFF);
    x64_alu_immediate(a, DWORD, 1, host_register(H_FLAGS), FLAG_AF << 8);
    e->flags = FLAGS_IN_AX;
}

void emit_sign_to_dx(Emitter *e, const IrOp *op)
{
    Size wide = op->size == WORD ? DWORD : QWORD;

    x64_op(&e->a, wide, op->size == WORD ? 0x0FBF : 0x63, H_T1, emit_operand(e, op->src));
    x64_rorx(&e->a, wide, H_T1, H_T1, 8 * op->size);
    x64_op(&e->a, op->size, 0x8B, emit_value(op->dst), host_register(H_T1));
}
