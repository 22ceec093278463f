/*
 * The x86-64 backend: one operation after the other.
 */
#include "translate/emit_x64.h"

/* The value in a register: its own, or `scratch`. */
static unsigned in_register(Emitter *e, u8 value, unsigned scratch)
{
    if (emit_is_pinned(value))
        return emit_value(value);
    x64_op(&e->a, QWORD, 0x8B, scratch, emit_operand(e, value));
    return scratch;
}

/* A register to compute a destination in, with the old value if that matters; then its way home. */
static unsigned begin_dst(Emitter *e, const IrOp *op, bool reads)
{
    if (reads || op->size < DWORD)
        return in_register(e, op->dst, H_SCRATCH);
    return emit_is_pinned(op->dst) ? emit_value(op->dst) : (unsigned)H_SCRATCH;
}

static void end_dst(Emitter *e, const IrOp *op)
{
    if (op->dst != VALUE_MEMORY && !emit_is_pinned(op->dst))
        x64_op(&e->a, QWORD, 0x89, H_SCRATCH, emit_operand(e, op->dst));
}

/* A destination that may be memory. */
static HostOperand begin_any_dst(Emitter *e, const IrOp *op)
{
    if (op->dst == VALUE_MEMORY)
        return emit_operand(e, op->dst);
    return host_register(begin_dst(e, op, true));
}

/* ---- moves ---- */

static void emit_move(Emitter *e, const IrOp *op)
{
    Assembler *a = &e->a;
    unsigned dst = begin_dst(e, op, false);

    if (op->src != VALUE_IMMEDIATE)
        x64_op(a, op->size, op->size == BYTE ? 0x8A : 0x8B, dst, emit_operand(e, op->src));
    else if (op->size >= DWORD)
        x64_load_immediate(a, dst, op->immediate & size_mask(op->size));
    else
        x64_op_immediate(a, op->size, op->size == BYTE ? 0xC6 : 0xC7, 0, host_register(dst),
                         (i32)op->immediate);
    end_dst(e, op);
}

static void emit_extend(Emitter *e, const IrOp *op)
{
    bool sign = op->opcode == IR_SIGN_EXTEND;
    u32 opcode = op->from == BYTE ? (sign ? 0x0FBE : 0x0FB6) : (sign ? 0x0FBF : 0x0FB7);
    unsigned dst = begin_dst(e, op, false);

    if (op->from == op->size) /* as MOVZX AX, word: a move */
        opcode = 0x8B;
    else if (op->from == DWORD)
        opcode = 0x63;
    x64_op(&e->a, op->size, opcode, dst, emit_operand(e, op->src));
    end_dst(e, op);
}

static void emit_address(Emitter *e, const IrOp *op)
{
    const IrAddress *address = &op->address;
    unsigned dst;

    /* The sum's low bits do not depend on the address size, unless it is what cuts it. */
    if (address->bits / 8 >= op->size && (address->base || address->index)) {
        HostOperand operand = emit_address_operand(e, address);

        dst = begin_dst(e, op, false);
        x64_op(&e->a, op->size, 0x8D, dst, operand);
    } else {
        emit_offset(e, address);
        dst = begin_dst(e, op, false);
        x64_op(&e->a, op->size, 0x8B, dst, host_register(H_ADDRESS));
    }
    end_dst(e, op);
}

static void emit_exchange(Emitter *e, const IrOp *op)
{
    Assembler *a = &e->a;

    if (emit_is_pinned(op->dst) && emit_is_pinned(op->src)) {
        x64_op(a, op->size, op->size == BYTE ? 0x86 : 0x87, emit_value(op->src),
               emit_operand(e, op->dst));
        return;
    }
    x64_op(a, op->size, 0x8B, H_SCRATCH, emit_operand(e, op->src));
    x64_op(a, op->size, 0x8B, H_T1, emit_operand(e, op->dst));
    x64_op(a, QWORD, 0x89, H_SCRATCH, emit_operand(e, op->dst));
    x64_op(a, QWORD, 0x89, H_T1, emit_operand(e, op->src));
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
        x64_op(a, BYTE, 0x8A, H_SCRATCH, emit_operand(e, op->src));
    x64_rorx(a, QWORD, dst, H_SCRATCH, 56);
}

/* ---- memory ---- */

/* A narrow load keeps the rest of a guest register; a temporary has no rest. */
static void emit_load(Emitter *e, const IrOp *op, Access access)
{
    HostOperand memory;
    unsigned dst;

    emit_look_up(e, op, access);
    memory = e->memory;
    dst = begin_dst(e, op, false);
    if (op->from == 2)
        x64_op(&e->a, op->extended,
               op->size == BYTE   ? 0x0FBE
               : op->size == WORD ? 0x0FBF
                                  : 0x63,
               dst, memory);
    else if (op->from == 1 || (op->dst >= VALUE_T0 && op->size < DWORD))
        x64_op(&e->a, DWORD, op->size == BYTE ? 0x0FB6 : 0x0FB7, dst, memory);
    else
        x64_op(&e->a, op->size, op->size == BYTE ? 0x8A : 0x8B, dst, memory);
    end_dst(e, op);
}

static void emit_store_at_address(Emitter *e, const IrOp *op)
{
    HostOperand memory = e->memory;

    if (op->src == VALUE_IMMEDIATE && op->size == QWORD &&
        op->immediate != (u64)(i32)op->immediate) {
        x64_load_immediate(&e->a, H_SCRATCH, op->immediate);
        x64_op(&e->a, QWORD, 0x89, H_SCRATCH, memory);
    } else if (op->src == VALUE_IMMEDIATE)
        x64_op_immediate(&e->a, op->size, op->size == BYTE ? 0xC6 : 0xC7, 0, memory,
                         (i32)op->immediate);
    else
        x64_op(&e->a, op->size, op->size == BYTE ? 0x88 : 0x89, in_register(e, op->src, H_SCRATCH),
               memory);
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
    bool test = op->opcode == IR_TEST;
    unsigned digit = test ? 0 : (unsigned)(op->opcode - IR_ADD);
    HostOperand dst = begin_any_dst(e, op);
    u32 narrow = op->size == BYTE ? 0 : 1;

    if (test && op->src == VALUE_IMMEDIATE)
        x64_op_immediate(&e->a, op->size, 0xF6 | narrow, 0, dst, (i32)op->immediate);
    else if (op->src == VALUE_IMMEDIATE)
        x64_alu_immediate(&e->a, op->size, digit, dst,
                          (i32)(i64)sign_extend(op->immediate, op->size));
    else if (dst.memory)
        x64_op(&e->a, op->size, test ? 0x84 | narrow : digit << 3 | narrow,
               in_register(e, op->src, H_SCRATCH), dst);
    else
        x64_op(&e->a, op->size, test ? 0x84 | narrow : digit << 3 | 2 | narrow, dst.reg,
               emit_operand(e, op->src));
    if (!test && op->opcode != IR_CMP)
        end_dst(e, op);
}

static void emit_unary(Emitter *e, const IrOp *op)
{
    u32 narrow = op->size == BYTE ? 0 : 1;
    HostOperand dst = begin_any_dst(e, op);

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
    end_dst(e, op);
}

static void emit_shift(Emitter *e, const IrOp *op)
{
    static const u8 digits[] = {0, 1, 2, 3, 4, 5, 7};
    unsigned digit = digits[op->opcode - IR_ROL];
    u32 narrow = op->size == BYTE ? 0 : 1;
    HostOperand dst = begin_any_dst(e, op);

    if (op->src != VALUE_IMMEDIATE)
        x64_op(&e->a, op->size, 0xD2 | narrow, digit, dst);
    else if (op->immediate == 1)
        x64_op(&e->a, op->size, 0xD0 | narrow, digit, dst);
    else
        x64_op_immediate(&e->a, op->size, 0xC0 | narrow, digit, dst, (i32)op->immediate);
    end_dst(e, op);
}

static void emit_double_shift(Emitter *e, const IrOp *op)
{
    unsigned src = in_register(e, op->src, H_T1);
    HostOperand dst = host_register(begin_dst(e, op, true));

    u32 opcode = op->opcode == IR_SHLD ? 0x0FA4 : 0x0FAC;

    if (op->has_immediate)
        x64_op_immediate(&e->a, op->size, opcode, src, dst, (i32)op->immediate);
    else
        x64_op(&e->a, op->size, opcode + 1, src, dst);
    end_dst(e, op);
}

static void emit_bit(Emitter *e, const IrOp *op)
{
    unsigned number = (unsigned)(op->opcode - IR_BT);
    HostOperand dst = host_register(begin_dst(e, op, true));

    if (op->src == VALUE_IMMEDIATE)
        x64_op_immediate(&e->a, op->size, 0x0FBA, 4 + number, dst, (i32)op->immediate);
    else
        x64_op(&e->a, op->size, 0x0FA3 + 8 * number, in_register(e, op->src, H_T1), dst);
    if (op->opcode != IR_BT)
        end_dst(e, op);
}

/* dst = dst op src, or dst = op src, with a register as dst. */
static void emit_into_register(Emitter *e, const IrOp *op, u32 opcode)
{
    unsigned dst = begin_dst(e, op, op->opcode != IR_PRODUCT3);

    if (op->opcode == IR_PRODUCT3)
        x64_op_immediate(&e->a, op->size, opcode, dst, emit_operand(e, op->src),
                         (i32)op->immediate);
    else
        x64_op(&e->a, op->size, opcode, dst, emit_operand(e, op->src));
    end_dst(e, op);
}

/* Cycles so far are what the budget has lost, less the rest of this block. */
static void emit_time(Emitter *e, const IrOp *op)
{
    Assembler *a = &e->a;

    emit_save_flags(e);
    e->flags = FLAGS_IN_AX;
    x64_op_immediate(a, DWORD, 0xF7, 0, CPU_FIELD(cr4), CR4_TSD);
    emit_decline(e, op, 5);
    x64_op(a, QWORD, 0x8B, H_T1, CPU_FIELD(native[NATIVE_END]));
    x64_op(a, QWORD, 0x2B, H_T1, host_register(H_BUDGET));
    x64_alu_immediate(a, QWORD, 5, host_register(H_T1), e->ir->block->count - op->insn);
    x64_op(a, QWORD, 0x03, H_T1, CPU_FIELD(tsc_offset));
    x64_op(a, DWORD, 0x8B, emit_value(VALUE_GPR + RAX), host_register(H_T1));
    x64_op_immediate(a, QWORD, 0xC1, 5, host_register(H_T1), 32);
    x64_op(a, DWORD, 0x8B, emit_value(VALUE_GPR + RDX), host_register(H_T1));
}

/* A jump to an address that is not canonical faults where it is. */
static void emit_check_canonical(Emitter *e, const IrOp *op)
{
    emit_save_flags(e);
    x64_op(&e->a, QWORD, 0x8B, H_SCRATCH, emit_operand(e, op->src));
    x64_op_immediate(&e->a, QWORD, 0xC1, 7, host_register(H_SCRATCH), 47);
    x64_alu_immediate(&e->a, QWORD, 0, host_register(H_SCRATCH), 1);
    x64_alu_immediate(&e->a, QWORD, 7, host_register(H_SCRATCH), 1);
    emit_decline(e, op, 7);
    e->flags = FLAGS_IN_AX;
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
        emit_exchange(e, op);
        return true;
    case IR_SWAP_BYTES:
        x64_swap_bytes(&e->a, op->size, begin_dst(e, op, true));
        end_dst(e, op);
        return true;
    case IR_TIME:
        emit_time(e, op);
        return true;
    case IR_CHECK_CANONICAL:
        emit_check_canonical(e, op);
        return true;
    case IR_FLAGS:
    case IR_FLAGS_TO_AH:
    case IR_FLAGS_FROM_AH:
    case IR_DISABLE_INTERRUPTS:
        emit_flags_register(e, op);
        return true;
    case IR_CARRY:
        emit_carry(e, op);
        return true;
    case IR_SELECTOR:
        x64_op(&e->a, DWORD, 0x0FB7, emit_value(op->dst),
               host_memory(H_CPU, (i64)(offsetof(Cpu, segments) + op->immediate * sizeof(Segment) +
                                        offsetof(Segment, selector))));
        return true;
    case IR_LOAD_SEGMENT:
        emit_load_segment(e, op);
        return true;
    case IR_HIGH_GET:
        emit_high_get(e, op);
        return true;
    case IR_HIGH_PUT:
        emit_high_put(e, op);
        return true;
    case IR_NOTHING:
        return true;
    case IR_LOOK_UP:
        emit_look_up(e, op, ACCESS_READ);
        return true;
    case IR_LOOK_UP_FOR_WRITE:
        emit_look_up(e, op, ACCESS_WRITE);
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
    if (op->opcode == IR_SET) {
        x64_op(&e->a, BYTE, 0x0F90 | op->condition, 0, host_register(begin_dst(e, op, true)));
        end_dst(e, op);
    } else {
        emit_into_register(e, op, 0x0F40u | op->condition);
    }
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
    case IR_SHRD:
        emit_double_shift(e, op);
        break;
    case IR_BT:
    case IR_BTS:
    case IR_BTR:
    case IR_BTC:
        emit_bit(e, op);
        break;
    case IR_BSF:
        emit_into_register(e, op, 0x0FBC);
        break;
    case IR_BSR:
        emit_into_register(e, op, 0x0FBD);
        break;
    case IR_PRODUCT:
        emit_into_register(e, op, 0x0FAF);
        break;
    case IR_PRODUCT3:
        emit_into_register(e, op, 0x69);
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
    e->producer = op;
}
