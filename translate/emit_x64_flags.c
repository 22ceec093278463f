/*
 * The x86-64 backend: where the guest's flags are.
 *
 * They are the host's as long as nothing between disturbs them. A look-up does; then they are saved
 * in AX, which is also where they are between two translations. Mostly that is not needed: when
 * they are written again before anybody reads them, only a declined access would want them, and it
 * can compute them once more from registers that still have the values.
 */
#include "translate/emit_x64.h"

static void save(Assembler *a)
{
    x64_bytes(a, 0x9F, 1);                              /* lahf */
    x64_op(a, BYTE, 0x0F90, 0, host_register(H_FLAGS)); /* seto al */
}

void emit_save_flags(Emitter *e)
{
    assert(e->flags != FLAGS_AGAIN);
    if (e->flags != FLAGS_IN_HOST)
        return;
    save(&e->a);
    e->flags = FLAGS_IN_BOTH;
}

void emit_restore_flags(Emitter *e)
{
    assert(e->flags != FLAGS_AGAIN);
    if (e->flags != FLAGS_IN_AX)
        return;
    x64_bytes(&e->a, 0x813C, 2); /* cmp al, 81h: overflows when AL is 1 */
    x64_bytes(&e->a, 0x9E, 1);   /* sahf */
    e->flags = FLAGS_IN_BOTH;
}

/* ---- flags that can be computed again ---- */

static bool is_pinned_register(u8 value)
{
    return value >= VALUE_GPR && value < VALUE_GPR + PINNED_COUNT;
}

static bool is_logic(const IrOp *op)
{
    return op->opcode == IR_AND || op->opcode == IR_OR || op->opcode == IR_XOR;
}

/* Do the operands, or the result, tell the flags? Not where the old value or the carry is lost. */
static bool is_repeatable(const IrOp *op)
{
    bool simple = is_pinned_register(op->src) || op->src == VALUE_IMMEDIATE;

    if (op->defines != FLAGS_OSZAPC || op->reads || !is_pinned_register(op->dst))
        return false;
    switch (op->opcode) {
    case IR_CMP:
    case IR_TEST:
        return simple;
    case IR_ADD:
    case IR_SUB:
        return simple && op->src != op->dst;
    case IR_NEG:
        return true;
    default:
        return is_logic(op);
    }
}

bool emit_changes(const IrOp *op, u8 value)
{
    if (!is_pinned_register(value))
        return false;
    switch (op->opcode) {
    case IR_CMP:
    case IR_TEST:
        return false;
    case IR_EXCHANGE:
        return op->dst == value || op->src == value;
    case IR_MUL:
    case IR_IMUL:
    case IR_DIV:
    case IR_IDIV:
    case IR_TIME:
    case IR_X87_STATUS:
        return true;
    default:
        return op->dst == value;
    }
}

/* Are the flags of e->producer written again before anything but a declined access wants them, and
 * its operands kept until then? */
static bool is_kept(const Emitter *e, const IrOp *from)
{
    const IrOp *producer = e->producer, *end = e->ir->ops + e->ir->count;

    for (const IrOp *op = producer + 1; op < from; op++)
        if (emit_changes(op, producer->dst) || emit_changes(op, producer->src))
            return false;
    for (const IrOp *op = from; op < end; op++) {
        if (ir_calls(op) || op->opcode == IR_DIV || op->opcode == IR_IDIV ||
            op->opcode == IR_CHECK_CANONICAL || op->opcode == IR_TIME ||
            op->opcode == IR_LOAD_SEGMENT || op->reads || ir_ends(op))
            return false;
        if (op->defines)
            return op->defines == FLAGS_OSZAPC;
        if (emit_changes(op, producer->dst) || emit_changes(op, producer->src))
            return false;
    }
    return false;
}

void emit_yield_flags(Emitter *e, const IrOp *op)
{
    if (e->flags == FLAGS_AGAIN)
        return;
    if (e->flags == FLAGS_IN_HOST && e->producer && is_repeatable(e->producer) && is_kept(e, op)) {
        e->flags = FLAGS_AGAIN;
        return;
    }
    emit_save_flags(e);
    e->flags = FLAGS_IN_AX;
}

/* `digit`: of ADD or SUB. The old value goes to H_SCRATCH, by the opposite operation. */
static void repeat(Assembler *a, const IrOp *op, unsigned digit)
{
    HostOperand scratch = host_register(H_SCRATCH);
    unsigned opposite = digit ? 0 : 5;
    u32 narrow = op->size == BYTE ? 0 : 1;
    i32 immediate = (i32)(i64)sign_extend(op->immediate, op->size);

    x64_op(a, QWORD, 0x8B, H_SCRATCH, host_register(emit_value(op->dst)));
    if (op->src == VALUE_IMMEDIATE) {
        x64_alu_immediate(a, QWORD, opposite, scratch, immediate);
        x64_alu_immediate(a, op->size, digit, scratch, immediate);
    } else {
        x64_op(a, QWORD, opposite << 3 | 3, H_SCRATCH, host_register(emit_value(op->src)));
        x64_op(a, op->size, digit << 3 | 2 | narrow, H_SCRATCH, host_register(emit_value(op->src)));
    }
}

void emit_flags_again(Emitter *e, const IrOp *op)
{
    Assembler *a = &e->a;
    unsigned dst = emit_value(op->dst);
    u32 narrow = op->size == BYTE ? 0 : 1;

    switch (op->opcode) {
    case IR_CMP:
    case IR_TEST:
        emit_op(e, op);
        break;
    case IR_ADD:
        repeat(a, op, 0);
        break;
    case IR_SUB:
        repeat(a, op, 5);
        break;
    case IR_NEG:
        x64_op(a, QWORD, 0x8B, H_SCRATCH, host_register(dst));
        x64_op(a, QWORD, 0xF7, 3, host_register(H_SCRATCH));
        x64_op(a, op->size, 0xF6 | narrow, 3, host_register(H_SCRATCH));
        break;
    default:
        x64_op(a, op->size, 0x84 | narrow, dst, host_register(dst));
        break;
    }
    save(a);
}

/* CLC, STC, CMC: AND, OR or XOR of the saved flag. */
void emit_carry(Emitter *e, const IrOp *op)
{
    unsigned digit = op->host;

    emit_save_flags(e);
    x64_alu_immediate(&e->a, DWORD, digit, host_register(H_FLAGS),
                      digit == 4 ? ~(FLAG_CF << 8) : FLAG_CF << 8);
    e->flags = FLAGS_IN_AX;
}

/* ---- EFLAGS as a register ---- */

/* PUSHF: VM and RF show as 0. */
static void emit_flags(Emitter *e)
{
    Assembler *a = &e->a;

    x64_rorx(a, DWORD, H_T1, H_FLAGS, 32 - 11);
    x64_rorx(a, DWORD, H_T0, H_FLAGS, 8);
    x64_op_immediate(a, DWORD, 0x81, 4, host_register(H_T1), FLAG_OF);
    x64_op(a, DWORD, 0x0FB6, H_T0, host_register(H_T0));
    x64_op(a, DWORD, 0x0B, H_T0, host_register(H_T1));
    x64_op(a, DWORD, 0x0B, H_T0, CPU_FIELD(rflags));
    x64_alu_immediate(a, DWORD, 1, host_register(H_T0), FLAGS_ALWAYS);
    x64_op_immediate(a, DWORD, 0x81, 4, host_register(H_T0), ~(FLAG_VM | FLAG_RF));
}

/* `to`'s second byte becomes `from`'s, as flags. */
static void move_flags_byte(Assembler *a, unsigned to, unsigned from)
{
    x64_rorx(a, DWORD, H_T1, from, 8);
    x64_alu_immediate(a, DWORD, 4, host_register(H_T1), FLAGS_SZAPC);
    x64_alu_immediate(a, DWORD, 1, host_register(H_T1), FLAGS_ALWAYS);
    x64_rorx(a, QWORD, H_SCRATCH, to, 8);
    x64_op(a, BYTE, 0x8A, H_SCRATCH, host_register(H_T1));
    x64_rorx(a, QWORD, to, H_SCRATCH, 56);
}

void emit_flags_register(Emitter *e, const IrOp *op)
{
    Assembler *a = &e->a;
    unsigned eax = emit_value(VALUE_GPR + RAX);

    if (op->opcode == IR_DISABLE_INTERRUPTS) {
        emit_yield_flags(e, op);
        x64_op_immediate(a, BYTE, 0x80, 7, CPU_FIELD(cpl), 0);
        emit_decline(e, op, 5);
        x64_op_immediate(a, DWORD, 0x81, 4, CPU_FIELD(rflags), ~FLAG_IF);
        x64_op_immediate(a, BYTE, 0x80, 4, CPU_FIELD(attention), ~ATTEND_INTR);
        return;
    }
    emit_save_flags(e);
    e->flags = FLAGS_IN_AX;
    if (op->opcode == IR_FLAGS)
        emit_flags(e);
    else if (op->opcode == IR_FLAGS_TO_AH)
        move_flags_byte(a, eax, H_FLAGS);
    else
        move_flags_byte(a, H_FLAGS, eax);
}
