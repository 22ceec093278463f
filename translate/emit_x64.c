/*
 * The x86-64 backend: the frame of a translation, calls of the interpreter.
 *
 * A guest register is a host register (emit_x64.h), so most operations of the IR are one host
 * instruction. The guest's flags are the host's as long as nothing between disturbs them; before
 * something does they are saved in AX, which is also where they are between two translations.
 *
 * Manual: Intel SDM Vol. 2, each instruction's page.
 */
#include "cpu/opcodes.h"
#include "translate/emit_x64.h"

static const u8 pinned[PINNED_COUNT] = PINNED;

unsigned emit_value(u8 value)
{
    if (value == VALUE_T0)
        return H_T0;
    if (value == VALUE_T1)
        return H_T1;
    assert(value >= VALUE_GPR && value < VALUE_GPR + PINNED_COUNT);
    return pinned[value - VALUE_GPR];
}

HostOperand emit_operand(const Emitter *e, u8 value)
{
    if (value == VALUE_MEMORY)
        return e->memory;
    if (emit_is_pinned(value))
        return host_register(emit_value(value));
    return host_memory(H_CPU, (i64)(offsetof(Cpu, gpr) + 8u * (value - VALUE_GPR)));
}

/* ---- calls of the interpreter ---- */

static void emit_call_site(Emitter *e, u8 insn, const u8 *call)
{
    x64_load_immediate(&e->a, H_R11, e->backend->first_site + insn);
    x64_patch(x64_call(&e->a), call);
}

static void emit_call(Emitter *e, const IrOp *op)
{
    emit_save_flags(e);
    emit_x87_end(e);
    emit_call_site(e, op->insn, op->opcode == IR_CALL ? e->backend->call : e->backend->call_simple);
    e->flags = FLAGS_IN_AX;
}

/* Leaves the translation behind an instruction, which has been executed. */
static void emit_leave_behind(Emitter *e, u8 insn)
{
    const Block *block = e->ir->block;
    u64 rip = (u32)(e->ir->rip + block->insns[insn + 1].start);

    x64_alu_immediate(&e->a, QWORD, 0, host_register(H_BUDGET), block->count - insn - 1);
    x64_load_immediate(&e->a, H_T0, rip);
    x64_op(&e->a, QWORD, 0x89, H_T0, CPU_FIELD(rip));
    emit_stub(e, EXIT_INDIRECT);
}

static void emit_declined(Emitter *e)
{
    for (unsigned i = 0; i < e->decline_count; i++) {
        const Decline *decline = &e->declines[i];

        for (unsigned j = 0; j < decline->count; j++)
            x64_patch(decline->jumps[j], e->a.at);
        if (decline->again)
            emit_flags_again(e, decline->again);
        emit_x87_record(e, &decline->x87);
        emit_call_site(e, decline->insn, e->backend->call);
        if (decline->leaves) {
            emit_leave_behind(e, decline->insn);
        } else if (decline->resume) {
            e->flags = FLAGS_IN_AX;
            if (decline->flags == FLAGS_IN_HOST || decline->flags == FLAGS_IN_BOTH)
                emit_restore_flags(e);
            x64_patch(x64_jump(&e->a), decline->resume);
        } else { /* a transfer of control, to what happens to be the next instruction */
            emit_stub(e, EXIT_INDIRECT);
        }
    }
}

/* ---- a translation ---- */

/* The last operation of an instruction is behind us: declined accesses come back here. */
static void end_instruction(Emitter *e, u8 insn)
{
    Decline *decline;

    if (e->decline_count == 0 || e->declines[e->decline_count - 1].insn != insn)
        return;
    decline = &e->declines[e->decline_count - 1];
    decline->resume = e->a.at;
    decline->leaves = e->spanned[insn];
    decline->flags = e->flags;
}

static void emit_entry(Emitter *e)
{
    e->flags = FLAGS_IN_AX;
    x64_alu_immediate(&e->a, QWORD, 5, host_register(H_BUDGET), e->ir->block->count);
    e->budget_jump = x64_jump_if(&e->a, 8); /* negative */
    emit_x87_begin(e);
}

/* Flags would be elsewhere than in the host's. */
static void put_flags_away(Emitter *e)
{
    if (e->flags == FLAGS_AGAIN)
        return;
    emit_save_flags(e);
    e->flags = FLAGS_IN_AX;
}

static void emit_body(Emitter *e)
{
    const IrBlock *ir = e->ir;
    bool ended = false;

    for (unsigned i = 0; i < ir->count; i++) {
        const IrOp *op = &ir->ops[i];

        e->code->op_offsets[i] = (u32)(e->a.at - e->code->start);
        if (ir_calls(op))
            emit_call(e, op);
        else if (ir_ends(op)) {
            emit_x87_end(e);
            emit_jump(e, op);
        } else
            emit_op(e, op);
        if ((e->backend->without & WITHOUT_HOST_FLAGS) && !ir_ends(op))
            put_flags_away(e);
        ended = ir_ends(op);
        if (!ended && (i + 1 == ir->count || ir->ops[i + 1].insn != op->insn))
            end_instruction(e, op->insn);
    }
    e->code->op_offsets[ir->count] = (u32)(e->a.at - e->code->start);
    if (!ended) {
        emit_x87_end(e);
        emit_fall_through(e);
    }
}

bool backend_emit(Backend *backend, const IrBlock *ir, u32 number, u32 variant, HostCode *code)
{
    CodeMemory *memory = &backend->memory;
    u8 *start = memory->writable + memory->used;
    Emitter e = {.a = {start, memory->writable + memory->size, false},
                 .backend = backend,
                 .ir = ir,
                 .number = number,
                 .variant = variant,
                 .code = code};

    code->start = start;
    code->exits[0] = code->exits[1] = (HostExit){0};
    emit_find_groups(&e);
    emit_entry(&e);
    emit_body(&e);
    emit_cold_look_ups(&e);
    emit_watch_stubs(&e);
    emit_declined(&e);
    emit_exit_stubs(&e);
    if (e.a.full)
        return false;
    code->length = (u64)(e.a.at - start);
    memory->used += (code->length + 15) & ~(u64)15;
    return true;
}
