/*
 * The x86-64 backend: x87 instructions, executed by the host's x87.
 *
 * A translation with any begins by seeing that the guest's x87 is in the host's; C code takes it
 * back from there (x87_state.c). The pointers to the last instruction and operand, which the host
 * would fill with its own addresses, are kept in Cpu; the instruction's is written once per block.
 */
#include "cpu/opcodes.h"
#include "translate/emit_x64.h"

static void want(Emitter *e, unsigned slot, u32 site)
{
    Assembler *a = &e->a;
    u8 *there;

    x64_op_immediate(a, DWORD, 0x83, 7, host_memory(H_CPU, (i64)(offsetof(Cpu, native) + 8 * slot)),
                     0);
    there = x64_jump_if(a, 5);
    x64_load_immediate(a, H_R11, site);
    x64_patch(x64_call(a), e->backend->call);
    x64_patch(there, a->at);
}

void emit_x87_begin(Emitter *e)
{
    bool x87 = false, sse = false;

    for (unsigned i = 0; i < e->ir->count; i++) {
        x87 |= ir_is_x87(&e->ir->ops[i]);
        sse |= ir_is_simd(&e->ir->ops[i]);
    }
    if (x87)
        want(e, NATIVE_X87, SITE_X87);
    if (sse)
        want(e, NATIVE_SSE, SITE_SSE);
}

void emit_x87_record(Emitter *e, const X87Record *record)
{
    Assembler *a = &e->a;

    if (!record->pending)
        return;
    x64_load_immediate(a, H_R11, record->rip);
    x64_op(a, QWORD, 0x89, H_R11, CPU_FIELD(x87.ip));
    x64_op_immediate(a, WORD, 0xC7, 0, CPU_FIELD(x87.opcode), record->opcode);
    x64_op(a, DWORD, 0x0FB7, H_R11, CPU_FIELD(segments[CS].selector));
    x64_op(a, WORD, 0x89, H_R11, CPU_FIELD(x87.cs));
    if (record->memory) {
        x64_op(
            a, DWORD, 0x0FB7, H_R11,
            host_memory(H_CPU, (i64)(offsetof(Cpu, segments) + record->segment * sizeof(Segment) +
                                     offsetof(Segment, selector))));
        x64_op(a, WORD, 0x89, H_R11, CPU_FIELD(x87.ds));
    }
}

void emit_x87_end(Emitter *e)
{
    emit_x87_record(e, &e->x87);
    e->x87 = (X87Record){0};
}

static void note(Emitter *e, const IrOp *op)
{
    const Insn *insn = &e->ir->block->insns[op->insn];
    bool memory = ir_declines(op);

    switch (opcode_rows[insn->row].name) {
    case INSN_FLDCW:
    case INSN_FNSTCW:
    case INSN_FNSTSW:
    case INSN_FNCLEX:
        return;
    default:
        break;
    }
    e->x87.pending = true;
    e->x87.rip = e->ir->rip + insn->start;
    e->x87.opcode = (u16)((op->host & 7) << 8 | (op->immediate & 0xFF));
    if (memory) {
        e->x87.memory = true;
        e->x87.segment = op->address.segment;
    }
}

/* Only a control word that masks everything may reach the host. */
static void emit_control(Emitter *e, const IrOp *op)
{
    Assembler *a = &e->a;

    emit_look_up(e, op, ACCESS_READ);
    x64_op(a, DWORD, 0x0FB7, H_T1, host_memory(H_ADDRESS, 0));
    x64_op(a, DWORD, 0xF7, 2, host_register(H_T1)); /* not */
    x64_op_immediate(a, DWORD, 0xF7, 0, host_register(H_T1), 0x3F);
    emit_decline(e, op, 5);
    x64_op(a, DWORD, 0xD9, 5, host_memory(H_ADDRESS, 0));
}

void emit_x87(Emitter *e, const IrOp *op)
{
    Assembler *a = &e->a;

    switch (op->opcode) {
    case IR_X87_CONTROL:
        emit_control(e, op);
        break;
    case IR_X87_STATUS: /* AX may hold the flags */
        x64_op(a, DWORD, 0xDD, 7, CPU_FIELD(native[NATIVE_SCRATCH]));
        x64_op(a, WORD, 0x8B, emit_value(VALUE_GPR + RAX), CPU_FIELD(native[NATIVE_SCRATCH]));
        break;
    case IR_X87:
        if (op->reads)
            emit_restore_flags(e);
        x64_bytes(a, op->host | op->immediate << 8, 2);
        if (op->defines) {
            e->flags = FLAGS_IN_HOST;
            e->producer = op;
        }
        break;
    default:
        emit_look_up(e, op, op->opcode == IR_X87_STORE ? ACCESS_WRITE : ACCESS_READ);
        x64_op(a, DWORD, op->host, op->digit, host_memory(H_ADDRESS, 0));
        break;
    }
    note(e, op);
}
