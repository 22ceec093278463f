/*
 * The x86-64 backend: SSE instructions, each as itself.
 */
#include "translate/emit_x64.h"

static unsigned any_register(u8 value)
{
    return value >= VALUE_XMM ? (unsigned)(value - VALUE_XMM) : emit_value(value);
}

void emit_simd(Emitter *e, const IrOp *op)
{
    HostOperand operand;
    unsigned reg = op->digit;

    if (op->opcode == IR_SIMD)
        operand = host_register(any_register(op->src));
    else {
        emit_look_up(e, op, op->opcode == IR_SIMD_STORE ? ACCESS_WRITE : ACCESS_READ);
        operand = e->memory;
    }
    if (op->opcode == IR_SIMD_STORE)
        reg = any_register(op->src);
    else if (op->dst)
        reg = any_register(op->dst);
    Size size = op->wide ? QWORD : DWORD;

    if (op->has_immediate)
        x64_op_immediate(&e->a, size, op->host, reg, operand, (i32)op->immediate);
    else
        x64_op(&e->a, size, op->host, reg, operand);
    if (op->defines) {
        e->flags = FLAGS_IN_HOST;
        e->producer = op;
    }
}
