/*
 * The x86-64 backend: one operation after the other.
 */
#include "translate/emit_x64.h"

static HostOperand value_operand(u8 value)
{
    return host_register(emit_value(value));
}

/* ---- moves ---- */

static void emit_move(Emitter *e, const IrOp *op)
{
    Assembler *a = &e->a;

    if (op->src == VALUE_IMMEDIATE) {
        if (op->size >= DWORD)
            x64_load_immediate(a, emit_value(op->dst), op->immediate & size_mask(op->size));
        else
            x64_op_immediate(a, op->size, op->size == BYTE ? 0xC6 : 0xC7, 0, value_operand(op->dst),
                             (i32)op->immediate);
        return;
    }
    x64_op(a, op->size, op->size == BYTE ? 0x8A : 0x8B, emit_value(op->dst),
           value_operand(op->src));
}

static void emit_extend(Emitter *e, const IrOp *op)
{
    bool sign = op->opcode == IR_SIGN_EXTEND;
    u32 opcode = op->from == BYTE ? (sign ? 0x0FBE : 0x0FB6) : (sign ? 0x0FBF : 0x0FB7);

    if (op->from == op->size) /* as MOVZX AX, word: a move */
        opcode = 0x8B;
    x64_op(&e->a, op->size, opcode, emit_value(op->dst), value_operand(op->src));
}

static void emit_address(Emitter *e, const IrOp *op)
{
    const IrAddress *address = &op->address;
    unsigned dst = emit_value(op->dst);

    /* The sum's low bits do not depend on the address size, unless it is what cuts it. */
    if (address->bits / 8 >= op->size && (address->base || address->index)) {
        unsigned base = address->base ? emit_value(address->base) : H_NONE;
        unsigned index = address->index ? emit_value(address->index) : H_NONE;

        x64_op(&e->a, op->size, 0x8D, dst,
               host_indexed(base, index, address->scale, (i32)address->displacement));
        return;
    }
    emit_offset(e, address);
    x64_op(&e->a, op->size, 0x8B, dst, host_register(H_ADDRESS));
}

/* ROL by 8 without flags: the second byte is the lowest then. */
static void emit_high_get(Emitter *e, const IrOp *op)
{
    x64_rorx(&e->a, DWORD, emit_value(op->dst), emit_value(op->src), 8);
}

static void emit_high_put(Emitter *e, const IrOp *op)
{
    Assembler *a = &e->a;
    unsigned dst = emit_value(op->dst);

    x64_rorx(a, QWORD, H_SCRATCH, dst, 8);
    if (op->src == VALUE_IMMEDIATE)
        x64_op_immediate(a, BYTE, 0xC6, 0, host_register(H_SCRATCH), (i32)op->immediate);
    else
        x64_op(a, BYTE, 0x8A, H_SCRATCH, value_operand(op->src));
    x64_rorx(a, QWORD, dst, H_SCRATCH, 56);
}

/* ---- memory ---- */

/* A narrow load keeps the rest of a guest register; a temporary has no rest. */
static void emit_load(Emitter *e, const IrOp *op, Access access)
{
    HostOperand memory = host_memory(H_ADDRESS, 0);
    unsigned dst = emit_value(op->dst);

    emit_look_up(e, op, access);
    if (op->from == 2)
        x64_op(&e->a, DWORD, op->size == BYTE ? 0x0FBE : 0x0FBF, dst, memory);
    else if (op->from == 1 || (op->dst >= VALUE_T0 && op->size < DWORD))
        x64_op(&e->a, DWORD, op->size == BYTE ? 0x0FB6 : 0x0FB7, dst, memory);
    else
        x64_op(&e->a, op->size, op->size == BYTE ? 0x8A : 0x8B, dst, memory);
}

static void emit_store_at_address(Emitter *e, const IrOp *op)
{
    HostOperand memory = host_memory(H_ADDRESS, 0);

    if (op->src == VALUE_IMMEDIATE)
        x64_op_immediate(&e->a, op->size, op->size == BYTE ? 0xC6 : 0xC7, 0, memory,
                         (i32)op->immediate);
    else
        x64_op(&e->a, op->size, op->size == BYTE ? 0x88 : 0x89, emit_value(op->src), memory);
}

/* ---- arithmetic ---- */

/* Flags that must pass through an operation, or that it reads, have to be in the host's. */
static void before_arithmetic(Emitter *e, const IrOp *op)
{
    if ((op->live & ~op->defines) || op->reads)
        emit_restore_flags(e);
}

static void emit_alu(Emitter *e, const IrOp *op)
{
    unsigned digit = op->opcode == IR_TEST ? 0 : (unsigned)(op->opcode - IR_ADD);
    HostOperand dst = value_operand(op->dst);
    u32 narrow = op->size == BYTE ? 0 : 1;

    if (op->opcode == IR_TEST && op->src == VALUE_IMMEDIATE)
        x64_op_immediate(&e->a, op->size, 0xF6 | narrow, 0, dst, (i32)op->immediate);
    else if (op->opcode == IR_TEST)
        x64_op(&e->a, op->size, 0x84 | narrow, emit_value(op->src), dst);
    else if (op->src == VALUE_IMMEDIATE)
        x64_alu_immediate(&e->a, op->size, digit, dst,
                          (i32)(i64)sign_extend(op->immediate, op->size));
    else
        x64_op(&e->a, op->size, digit << 3 | narrow, emit_value(op->src), dst);
}

static void emit_unary(Emitter *e, const IrOp *op)
{
    u32 narrow = op->size == BYTE ? 0 : 1;
    HostOperand dst = value_operand(op->dst);

    switch (op->opcode) {
    case IR_INC:
        x64_op(&e->a, op->size, 0xFE | narrow, 0, dst);
        break;
    case IR_DEC:
        x64_op(&e->a, op->size, 0xFE | narrow, 1, dst);
        break;
    case IR_NEG:
        x64_op(&e->a, op->size, 0xF6 | narrow, 3, dst);
        break;
    default:
        x64_op(&e->a, op->size, 0xF6 | narrow, 2, dst);
        break;
    }
}

static void emit_shift(Emitter *e, const IrOp *op)
{
    static const u8 digits[] = {0, 1, 2, 3, 4, 5, 7};
    unsigned digit = digits[op->opcode - IR_ROL];
    u32 narrow = op->size == BYTE ? 0 : 1;
    HostOperand dst = value_operand(op->dst);

    if (op->src != VALUE_IMMEDIATE)
        x64_op(&e->a, op->size, 0xD2 | narrow, digit, dst);
    else if (op->immediate == 1)
        x64_op(&e->a, op->size, 0xD0 | narrow, digit, dst);
    else
        x64_op_immediate(&e->a, op->size, 0xC0 | narrow, digit, dst, (i32)op->immediate);
}

static void emit_bit(Emitter *e, const IrOp *op)
{
    unsigned number = (unsigned)(op->opcode - IR_BT);

    if (op->src == VALUE_IMMEDIATE)
        x64_op_immediate(&e->a, op->size, 0x0FBA, 4 + number, value_operand(op->dst),
                         (i32)op->immediate);
    else
        x64_op(&e->a, op->size, 0x0FA3 + 8 * number, emit_value(op->src), value_operand(op->dst));
}

/* EAX lives elsewhere; AX, where the flags were saved, is free by now. */
static void emit_wide_product(Emitter *e, const IrOp *op)
{
    Assembler *a = &e->a;
    u32 narrow = op->size == BYTE ? 0 : 1;

    x64_op(a, DWORD, 0x8B, H_RAX, value_operand(VALUE_GPR + RAX));
    x64_op(a, op->size, 0xF6 | narrow, op->opcode == IR_MUL ? 4 : 5, value_operand(op->src));
    x64_op(a, op->size == BYTE ? WORD : op->size, 0x8B, emit_value(VALUE_GPR + RAX),
           host_register(H_RAX));
}

/* What the host could fault on, or what needs the upper half of the dividend, is declined. */
static void emit_divide(Emitter *e, const IrOp *op)
{
    Assembler *a = &e->a;
    unsigned eax = emit_value(VALUE_GPR + RAX);
    unsigned src = emit_value(op->src);

    emit_save_flags(e);
    if (op->opcode == IR_DIV) {
        x64_op(a, DWORD, 0x3B, H_RDX, host_register(src));
        emit_decline(e, op, 3); /* not below */
    } else {
        x64_op(a, QWORD, 0x63, H_T1, host_register(eax)); /* movsxd */
        x64_op_immediate(a, QWORD, 0xC1, 5, host_register(H_T1), 32);
        x64_op(a, DWORD, 0x3B, H_T1, host_register(H_RDX));
        emit_decline(e, op, 5);
        x64_op(a, DWORD, 0x8D, H_SCRATCH, host_memory(src, 1));
        x64_alu_immediate(a, DWORD, 7, host_register(H_SCRATCH), 1); /* 0 or -1? */
        emit_decline(e, op, 6);
    }
    x64_op(a, DWORD, 0x8B, H_T1, host_register(H_FLAGS));
    x64_op(a, DWORD, 0x8B, H_RAX, host_register(eax));
    x64_op(a, DWORD, 0xF7, op->opcode == IR_DIV ? 6 : 7, host_register(src));
    x64_op(a, DWORD, 0x8B, eax, host_register(H_RAX));
    x64_op(a, DWORD, 0x8B, H_FLAGS, host_register(H_T1));
    e->flags = FLAGS_IN_AX;
}

static void emit_sign_to_dx(Emitter *e, const IrOp *op)
{
    Size wide = op->size == WORD ? DWORD : QWORD;

    x64_op(&e->a, wide, op->size == WORD ? 0x0FBF : 0x63, H_T1, value_operand(op->src));
    x64_rorx(&e->a, wide, H_T1, H_T1, 8 * op->size);
    x64_op(&e->a, op->size, 0x8B, emit_value(op->dst), host_register(H_T1));
}

/* ---- SSE ---- */

static unsigned any_register(u8 value)
{
    return value >= VALUE_XMM ? (unsigned)(value - VALUE_XMM) : emit_value(value);
}

static void emit_simd(Emitter *e, const IrOp *op)
{
    HostOperand operand = host_memory(H_ADDRESS, 0);
    unsigned reg = op->digit;

    if (op->opcode == IR_SIMD)
        operand = host_register(any_register(op->src));
    else
        emit_look_up(e, op, op->opcode == IR_SIMD_STORE ? ACCESS_WRITE : ACCESS_READ);
    if (op->opcode == IR_SIMD_STORE)
        reg = any_register(op->src);
    else if (op->dst)
        reg = any_register(op->dst);
    if (op->has_immediate)
        x64_op_immediate(&e->a, DWORD, op->host, reg, operand, (i32)op->immediate);
    else
        x64_op(&e->a, DWORD, op->host, reg, operand);
    if (op->defines)
        e->flags = FLAGS_IN_HOST;
}

static bool emit_without_flags(Emitter *e, const IrOp *op)
{
    switch (op->opcode) {
    case IR_MOVE:
        emit_move(e, op);
        return true;
    case IR_ZERO_EXTEND:
    case IR_SIGN_EXTEND:
        emit_extend(e, op);
        return true;
    case IR_ADDRESS:
        emit_address(e, op);
        return true;
    case IR_EXCHANGE:
        x64_op(&e->a, op->size, op->size == BYTE ? 0x86 : 0x87, emit_value(op->src),
               value_operand(op->dst));
        /* XCHG of doublewords clears the upper halves, like the guest's. */
        return true;
    case IR_SWAP_BYTES:
        x64_swap_bytes(&e->a, emit_value(op->dst));
        return true;
    case IR_HIGH_GET:
        emit_high_get(e, op);
        return true;
    case IR_HIGH_PUT:
        emit_high_put(e, op);
        return true;
    case IR_LOAD:
        emit_load(e, op, ACCESS_READ);
        return true;
    case IR_LOAD_FOR_WRITE:
        emit_load(e, op, ACCESS_WRITE);
        return true;
    case IR_STORE:
        emit_look_up(e, op, ACCESS_WRITE);
        emit_store_at_address(e, op);
        return true;
    case IR_STORE_BACK:
        emit_store_at_address(e, op);
        return true;
    case IR_NOT:
        emit_unary(e, op);
        return true;
    case IR_DIV:
    case IR_IDIV:
        emit_divide(e, op);
        return true;
    case IR_X87:
    case IR_X87_LOAD:
    case IR_X87_STORE:
    case IR_X87_STATUS:
    case IR_X87_CONTROL:
        emit_x87(e, op);
        return true;
    case IR_SIMD:
    case IR_SIMD_LOAD:
    case IR_SIMD_STORE:
        emit_simd(e, op);
        return true;
    case IR_SIGN_TO_DX:
        emit_sign_to_dx(e, op);
        return true;
    default:
        return false;
    }
}

static void emit_by_condition(Emitter *e, const IrOp *op)
{
    emit_restore_flags(e);
    if (op->opcode == IR_SET)
        x64_op(&e->a, BYTE, 0x0F90 | op->condition, 0, value_operand(op->dst));
    else
        x64_op(&e->a, op->size, 0x0F40u | op->condition, emit_value(op->dst),
               value_operand(op->src));
}

static void emit_arithmetic(Emitter *e, const IrOp *op)
{
    switch (op->opcode) {
    case IR_INC:
    case IR_DEC:
    case IR_NEG:
        emit_unary(e, op);
        break;
    case IR_SHLD:
        x64_op_immediate(&e->a, op->size, 0x0FA4, emit_value(op->src), value_operand(op->dst),
                         (i32)op->immediate);
        break;
    case IR_SHRD:
        x64_op_immediate(&e->a, op->size, 0x0FAC, emit_value(op->src), value_operand(op->dst),
                         (i32)op->immediate);
        break;
    case IR_BT:
    case IR_BTS:
    case IR_BTR:
    case IR_BTC:
        emit_bit(e, op);
        break;
    case IR_BSF:
    case IR_BSR:
        x64_op(&e->a, op->size, op->opcode == IR_BSF ? 0x0FBC : 0x0FBD, emit_value(op->dst),
               value_operand(op->src));
        break;
    case IR_PRODUCT:
        x64_op(&e->a, op->size, 0x0FAF, emit_value(op->dst), value_operand(op->src));
        break;
    case IR_PRODUCT3:
        x64_op_immediate(&e->a, op->size, 0x69, emit_value(op->dst), value_operand(op->src),
                         (i32)op->immediate);
        break;
    case IR_MUL:
    case IR_IMUL:
        emit_wide_product(e, op);
        break;
    default:
        if (op->opcode >= IR_ROL && op->opcode <= IR_SAR)
            emit_shift(e, op);
        else
            emit_alu(e, op);
        break;
    }
}

void emit_op(Emitter *e, const IrOp *op)
{
    if (emit_without_flags(e, op))
        return;
    if (op->opcode == IR_SET || op->opcode == IR_MOVE_IF) {
        emit_by_condition(e, op);
        return;
    }
    before_arithmetic(e, op);
    emit_arithmetic(e, op);
    e->flags = FLAGS_IN_HOST;
}
