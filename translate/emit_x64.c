/*
 * The x86-64 backend: the frame of a translation, accesses to memory, flags.
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

/* ---- flags ---- */

void emit_save_flags(Emitter *e)
{
    if (e->flags != FLAGS_IN_HOST)
        return;
    x64_bytes(&e->a, 0x9F, 1);                              /* lahf */
    x64_op(&e->a, BYTE, 0x0F90, 0, host_register(H_FLAGS)); /* seto al */
    e->flags = FLAGS_IN_BOTH;
}

void emit_restore_flags(Emitter *e)
{
    if (e->flags != FLAGS_IN_AX)
        return;
    x64_bytes(&e->a, 0x813C, 2); /* cmp al, 81h: overflows when AL is 1 */
    x64_bytes(&e->a, 0x9E, 1);   /* sahf */
    e->flags = FLAGS_IN_BOTH;
}

/* ---- memory ---- */

static Decline *decline_of(Emitter *e, u8 insn)
{
    for (unsigned i = e->decline_count; i-- > 0;)
        if (e->declines[i].insn == insn)
            return &e->declines[i];
    e->declines[e->decline_count] = (Decline){.insn = insn, .x87 = e->x87};
    return &e->declines[e->decline_count++];
}

void emit_decline(Emitter *e, const IrOp *op, unsigned condition)
{
    Decline *decline = decline_of(e, op->insn);

    assert(decline->count < COUNT_OF(decline->jumps));
    decline->jumps[decline->count++] = x64_jump_if(&e->a, condition);
}

static unsigned address_register(Emitter *e, u8 value, unsigned scratch)
{
    if (emit_is_pinned(value))
        return emit_value(value);
    x64_op(&e->a, QWORD, 0x8B, scratch,
           host_memory(H_CPU, (i64)(offsetof(Cpu, gpr) + 8u * (value - VALUE_GPR))));
    return scratch;
}

HostOperand emit_address_operand(Emitter *e, const IrAddress *address)
{
    unsigned base = address->base ? address_register(e, address->base, H_ADDRESS) : H_NONE;
    unsigned index = address->index ? address_register(e, address->index, H_T1) : H_NONE;

    return host_indexed(base, index, address->scale, (i32)address->displacement);
}

void emit_offset(Emitter *e, const IrAddress *address)
{
    if (!address->base && !address->index)
        x64_load_immediate(&e->a, H_ADDRESS, address->displacement & size_mask(address->bits / 8));
    else
        x64_op(&e->a, address->bits == 64 ? QWORD : DWORD, 0x8D, H_ADDRESS,
               emit_address_operand(e, address));
    if (address->bits == 16)
        x64_op(&e->a, DWORD, 0x0FB7, H_ADDRESS, host_register(H_ADDRESS));
}

static bool is_64bit(const Emitter *e)
{
    return (e->ir->block->mode & 15) == QWORD;
}

static bool is_flat(const Emitter *e, unsigned segment)
{
    if (is_64bit(e))
        return segment <= DS;
    return segment != CS && bit(e->ir->assumptions.flat, segment);
}

/* The check of the limit, which stands for that of the rights as well, and the base. */
static void emit_segment(Emitter *e, const IrOp *op, bool write)
{
    u64 segment = offsetof(Cpu, segments) + op->address.segment * sizeof(Segment);
    u64 end = write ? offsetof(Segment, write_end) : offsetof(Segment, read_end);

    if (is_64bit(e)) {
        x64_op(&e->a, QWORD, 0x03, H_ADDRESS,
               host_memory(H_CPU, (i64)(segment + offsetof(Segment, base))));
        return;
    }
    x64_op(&e->a, QWORD, 0x8D, H_SCRATCH, host_memory(H_ADDRESS, op->size));
    x64_op(&e->a, QWORD, 0x3B, H_SCRATCH, host_memory(H_CPU, (i64)(segment + end)));
    emit_decline(e, op, 7); /* above */
    x64_op(&e->a, DWORD, 0x03, H_ADDRESS,
           host_memory(H_CPU, (i64)(segment + offsetof(Segment, base))));
}

/* The x87's operand pointer is the offset: in a segment with a base, without that. */
static void emit_x87_operand(Emitter *e, const IrOp *op)
{
    InsnName name = opcode_rows[e->ir->block->insns[op->insn].row].name;

    if (name == INSN_FNSTCW || name == INSN_FNSTSW)
        return;
    x64_op(&e->a, QWORD, 0x89, H_ADDRESS, CPU_FIELD(x87.dp));
    if (is_flat(e, op->address.segment))
        return;
    x64_op(
        &e->a, DWORD, 0x8B, H_SCRATCH,
        host_memory(H_CPU, (i64)(offsetof(Cpu, segments) + op->address.segment * sizeof(Segment) +
                                 offsetof(Segment, base))));
    x64_op(&e->a, DWORD, 0x29, H_SCRATCH, CPU_FIELD(x87.dp));
}

/* A member of the TLB's entry at H_T1. */
static HostOperand tlb_operand(const Emitter *e, u64 member)
{
    u64 tlb = offsetof(Cpu, mmu.tlb) + e->ir->assumptions.as * sizeof(TlbEntry[TLB_ENTRIES]);

    return host_indexed(H_CPU, H_T1, 0, (i64)(tlb + member));
}

/* The TLB's entry for H_ADDRESS, by its offset from the first, in H_T1; declines if that is not the
 * one. */
static void emit_tlb(Emitter *e, const IrOp *op, Access access)
{
    Assembler *a = &e->a;
    Size wide = is_64bit(e) ? QWORD : DWORD;
    unsigned entry_shift = (unsigned)__builtin_ctz(sizeof(TlbEntry));

    x64_op(a, wide, 0x8B, H_T1, host_register(H_ADDRESS));
    x64_op_immediate(a, wide, 0xC1, 5, host_register(H_T1), (i32)(PAGE_SHIFT - entry_shift));
    x64_op_immediate(a, DWORD, 0x81, 4, host_register(H_T1), (TLB_ENTRIES - 1) << entry_shift);
    x64_op(a, QWORD, 0x8D, H_SCRATCH, host_memory(H_ADDRESS, op->size - 1));
    x64_op_immediate(a, QWORD, 0x81, 4, host_register(H_SCRATCH), -PAGE_SIZE);
    x64_op(a, QWORD, 0x0B, H_SCRATCH, CPU_FIELD(tlb_epoch));
    x64_op(a, QWORD, 0x3B, H_SCRATCH,
           tlb_operand(e, offsetof(TlbEntry, tags) + access * sizeof(u64)));
    emit_decline(e, op, 5); /* not equal */
}

/* Stack frames: the page is mostly that of the access before. */
static bool is_frame_access(const Emitter *e, const IrOp *op)
{
    const IrAddress *address = &op->address;

    return (address->base == VALUE_GPR + RSP || address->base == VALUE_GPR + RBP) &&
           !address->index && address->bits == 32 && !is_64bit(e) && is_flat(e, address->segment) &&
           !ir_is_x87(op) && !ir_is_simd(op);
}

static void emit_frame_look_up(Emitter *e, const IrOp *op, Access access)
{
    Assembler *a = &e->a;
    i64 frame = access == ACCESS_WRITE ? FRAME_WRITE : 0;
    ColdLookUp *cold = &e->cold[e->cold_count++];

    decline_of(e, op->insn);
    x64_op(a, QWORD, 0x8B, H_SCRATCH, host_register(H_ADDRESS));
    x64_op(a, QWORD, 0x2B, H_SCRATCH, host_memory(H_RSP, frame + FRAME_PAGE));
    x64_alu_immediate(a, QWORD, 7, host_register(H_SCRATCH), PAGE_SIZE - op->size);
    *cold = (ColdLookUp){.op = op, .access = access, .jump = x64_jump_if(a, 7)}; /* above */
    x64_op(a, QWORD, 0x03, H_ADDRESS, host_memory(H_RSP, frame + FRAME_ADDEND));
    cold->back = a->at;
}

static void emit_cold_look_ups(Emitter *e)
{
    Assembler *a = &e->a;

    for (unsigned i = 0; i < e->cold_count; i++) {
        const ColdLookUp *cold = &e->cold[i];
        i64 frame = cold->access == ACCESS_WRITE ? FRAME_WRITE : 0;

        x64_patch(cold->jump, a->at);
        emit_tlb(e, cold->op, cold->access);
        x64_op(a, QWORD, 0x8B, H_SCRATCH, host_register(H_ADDRESS));
        x64_op_immediate(a, QWORD, 0x81, 4, host_register(H_SCRATCH), -PAGE_SIZE);
        x64_op(a, QWORD, 0x89, H_SCRATCH, host_memory(H_RSP, frame + FRAME_PAGE));
        x64_op(a, QWORD, 0x8B, H_SCRATCH, tlb_operand(e, offsetof(TlbEntry, addend)));
        x64_op(a, QWORD, 0x89, H_SCRATCH, host_memory(H_RSP, frame + FRAME_ADDEND));
        x64_op(a, QWORD, 0x03, H_ADDRESS, host_register(H_SCRATCH));
        x64_patch(x64_jump(a), cold->back);
    }
}

void emit_look_up(Emitter *e, const IrOp *op, Access access)
{
    Assembler *a = &e->a;

    emit_save_flags(e);
    e->flags = FLAGS_IN_AX;
    emit_offset(e, &op->address);
    if (op->aligned) { /* a flat segment's offsets are linear addresses */
        x64_op_immediate(a, BYTE, 0xF6, 0, host_register(H_ADDRESS), op->size - 1);
        emit_decline(e, op, 5);
    }
    if (is_frame_access(e, op)) {
        emit_frame_look_up(e, op, access);
        return;
    }
    if (!is_flat(e, op->address.segment))
        emit_segment(e, op, access == ACCESS_WRITE);
    emit_tlb(e, op, access);
    if (op->opcode == IR_X87_LOAD || op->opcode == IR_X87_STORE)
        emit_x87_operand(e, op);
    x64_op(a, QWORD, 0x03, H_ADDRESS, tlb_operand(e, offsetof(TlbEntry, addend)));
}

/* ---- calls of the interpreter ---- */

static void emit_call_site(Emitter *e, u8 insn)
{
    x64_load_immediate(&e->a, H_R11, e->number << SITE_SHIFT | insn);
    x64_patch(x64_call(&e->a), e->backend->call);
}

static void emit_call(Emitter *e, const IrOp *op)
{
    emit_save_flags(e);
    emit_x87_end(e);
    emit_call_site(e, op->insn);
    e->flags = FLAGS_IN_AX;
}

static void emit_declined(Emitter *e)
{
    for (unsigned i = 0; i < e->decline_count; i++) {
        const Decline *decline = &e->declines[i];

        for (unsigned j = 0; j < decline->count; j++)
            x64_patch(decline->jumps[j], e->a.at);
        emit_x87_record(e, &decline->x87);
        emit_call_site(e, decline->insn);
        if (decline->resume) {
            e->flags = FLAGS_IN_AX;
            if (decline->flags != FLAGS_IN_AX)
                emit_restore_flags(e);
            x64_patch(x64_jump(&e->a), decline->resume);
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
    decline->flags = e->flags;
}

static void emit_entry(Emitter *e)
{
    e->flags = FLAGS_IN_AX;
    x64_alu_immediate(&e->a, QWORD, 5, host_register(H_BUDGET), e->ir->block->count);
    e->budget_jump = x64_jump_if(&e->a, 8); /* negative */
    emit_x87_begin(e);
}

static void emit_body(Emitter *e)
{
    const IrBlock *ir = e->ir;
    bool ended = false;

    for (unsigned i = 0; i < ir->count; i++) {
        const IrOp *op = &ir->ops[i];

        e->code->op_offsets[i] = (u32)(e->a.at - e->code->start);
        if (op->opcode == IR_CALL)
            emit_call(e, op);
        else if (ir_ends(op)) {
            emit_x87_end(e);
            emit_jump(e, op);
        } else
            emit_op(e, op);
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
    emit_entry(&e);
    emit_body(&e);
    emit_cold_look_ups(&e);
    emit_declined(&e);
    emit_exit_stubs(&e);
    if (e.a.full)
        return false;
    code->length = (u64)(e.a.at - start);
    memory->used += (code->length + 15) & ~(u64)15;
    return true;
}
