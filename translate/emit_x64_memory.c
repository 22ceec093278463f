/*
 * The x86-64 backend: accesses to memory.
 *
 * Tier 1 of the design: a look-up in the very TLB that the interpreter uses. Before it comes a
 * shorter question: is the page that which the last access by this register found?
 *
 * Not implemented: tier 2, guest memory through the host's mmu. Here mapping a page costs the host
 * 9 to 18 us and unmapping it 8 to 11, a fault 6: more than look-ups cost until the page has been
 * used some ten thousand times.
 */
#include "cpu/opcodes.h"
#include "translate/emit_x64.h"

Decline *emit_decline_of(Emitter *e, u8 insn)
{
    for (unsigned i = e->decline_count; i-- > 0;)
        if (e->declines[i].insn == insn)
            return &e->declines[i];
    e->declines[e->decline_count] = (Decline){
        .insn = insn, .x87 = e->x87, .again = e->flags == FLAGS_AGAIN ? e->producer : NULL};
    return &e->declines[e->decline_count++];
}

void emit_decline(Emitter *e, const IrOp *op, unsigned condition)
{
    Decline *decline = emit_decline_of(e, op->insn);

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
HostOperand emit_tlb_operand(const Emitter *e, u64 member)
{
    u64 tlb = offsetof(Cpu, mmu.tlb) + e->ir->assumptions.as * sizeof(TlbEntry[TLB_ENTRIES]);

    return host_indexed(H_CPU, H_T1, 0, (i64)(tlb + member));
}

/* Where the TLB's entry for H_ADDRESS is, from the first, into H_T1. */
void emit_entry_offset(Emitter *e)
{
    Assembler *a = &e->a;
    Size wide = is_64bit(e) ? QWORD : DWORD;
    unsigned entry_shift = (unsigned)__builtin_ctz(sizeof(TlbEntry));

    x64_op(a, wide, 0x8B, H_T1, host_register(H_ADDRESS));
    x64_op_immediate(a, wide, 0xC1, 5, host_register(H_T1), (i32)(PAGE_SHIFT - entry_shift));
    x64_op_immediate(a, DWORD, 0x81, 4, host_register(H_T1), (TLB_ENTRIES - 1) << entry_shift);
}

HostOperand emit_slot_page(unsigned slot)
{
    return CPU_FIELD(native[NATIVE_SLOT_PAGES + slot]);
}

static HostOperand slot_addend(unsigned slot)
{
    return CPU_FIELD(native[NATIVE_SLOT_ADDENDS + slot]);
}

/* The TLB's entry for H_ADDRESS, by its offset from the first, in H_T1; declines if that is not the
 * one. */
static void emit_tlb(Emitter *e, const IrOp *op, unsigned size, Access access)
{
    Assembler *a = &e->a;

    emit_entry_offset(e);
    x64_op(a, QWORD, 0x8D, H_SCRATCH, host_memory(H_ADDRESS, (i64)size - 1));
    x64_op_immediate(a, QWORD, 0x81, 4, host_register(H_SCRATCH), -PAGE_SIZE);
    x64_op(a, QWORD, 0x0B, H_SCRATCH, CPU_FIELD(tlb_epoch));
    x64_op(a, QWORD, 0x3B, H_SCRATCH,
           emit_tlb_operand(e, offsetof(TlbEntry, tags) + access * sizeof(u64)));
    if (e->backend->watching)
        emit_watched(e, op, access);
    else
        emit_decline(e, op, 5); /* not equal */
}

/* ---- slots ---- */

/* A slot knows offsets, which must be linear addresses. */
bool emit_has_slot(const Emitter *e, const IrOp *op)
{
    const IrAddress *address = &op->address;

    if (e->backend->without & WITHOUT_SLOTS)
        return false;
    return address->bits == 32 && !is_64bit(e) && is_flat(e, address->segment) &&
           !(op->aligned && e->backend->watching);
}

/* By base register; what has an index, or is far from where that points, goes another way through
 * memory. */
u8 emit_slot_of(const Emitter *e, const IrAddress *address, Access access)
{
    unsigned base = address->base ? address->base - VALUE_GPR : 0;
    unsigned index = address->index ? address->index - VALUE_GPR : 0;
    unsigned far = ((u32)address->displacement + PAGE_SIZE / 2) >> PAGE_SHIFT;
    unsigned slot = base;

    if (address->index || far)
        slot = 8 + ((base ^ 3 * index ^ far ^ far >> 3 ^ far >> 6) & 7);
    if (access == ACCESS_WRITE)
        slot += SLOTS_OF_PRIVILEGE / 2;
    return (u8)(slot + e->ir->assumptions.as * SLOTS_OF_PRIVILEGE);
}

bool emit_is_direct(const IrOp *op)
{
    return op->address.base && !op->address.index && op->opcode != IR_LOAD_FOR_WRITE &&
           !ir_is_x87(op);
}

/* From here on H_ADDRESS is the host address, or, directly, what makes one with the operand. */
static void emit_slot_hit(Emitter *e, const ColdLookUp *cold)
{
    if (cold->direct) {
        x64_op(&e->a, QWORD, 0x8B, H_ADDRESS, slot_addend(cold->slot));
        e->memory = host_indexed(H_ADDRESS, emit_value(cold->op->address.base), 0,
                                 (i32)cold->op->address.displacement);
        return;
    }
    if (cold->op->opcode == IR_X87_LOAD || cold->op->opcode == IR_X87_STORE)
        emit_x87_operand(e, cold->op);
    x64_op(&e->a, QWORD, 0x03, H_ADDRESS, slot_addend(cold->slot));
}

/* Another access has asked already. */
static void emit_member(Emitter *e, const IrOp *op)
{
    Access access =
        op->opcode == IR_STORE || op->opcode == IR_LOOK_UP_FOR_WRITE || op->opcode == IR_SIMD_STORE
            ? ACCESS_WRITE
            : ACCESS_READ;

    x64_op(&e->a, QWORD, 0x8B, H_ADDRESS, slot_addend(emit_slot_of(e, &op->address, access)));
    e->memory =
        host_indexed(H_ADDRESS, emit_value(op->address.base), 0, (i32)op->address.displacement);
}

static void emit_slot_look_up(Emitter *e, const IrOp *op, Access access)
{
    Assembler *a = &e->a;
    ColdLookUp *cold = &e->cold[e->cold_count++];
    const AccessGroup *group = emit_group_of(e, op);
    i32 room;

    *cold = (ColdLookUp){.op = op,
                         .address = op->address,
                         .size = op->size,
                         .access = access,
                         .direct = emit_is_direct(op),
                         .slot = emit_slot_of(e, &op->address, access)};
    if (group) {
        cold->address.displacement = (u64)(i64)group->low;
        cold->size = (unsigned)(group->high - group->low);
    }
    room = PAGE_SIZE - (i32)cold->size;
    emit_decline_of(e, op->insn);
    if (cold->direct) {
        /* 64 bits wide, so that what wraps at 4 GiB is in no page. */
        x64_op(a, QWORD, 0x8D, H_SCRATCH, emit_address_operand(e, &cold->address));
    } else {
        emit_offset(e, &op->address);
        x64_op(a, QWORD, 0x8B, H_SCRATCH, host_register(H_ADDRESS));
    }
    x64_op(a, QWORD, 0x2B, H_SCRATCH, emit_slot_page(cold->slot));
    if (op->aligned) { /* low bits that are set become high ones */
        unsigned shift = (unsigned)__builtin_ctz(op->size);

        x64_rorx(a, QWORD, H_SCRATCH, H_SCRATCH, shift);
        room >>= shift;
    }
    if (e->backend->watching)
        x64_op(a, QWORD, 0x3B, H_SCRATCH, emit_slot_room(cold->slot));
    else
        x64_alu_immediate(a, QWORD, 7, host_register(H_SCRATCH), room);
    cold->jump = x64_jump_if(a, 7); /* above */
    if (cold->direct) {
        emit_slot_hit(e, cold);
        cold->back = a->at;
    } else {
        cold->back = a->at;
        emit_slot_hit(e, cold);
    }
}

static void emit_alignment(Emitter *e, const IrOp *op)
{
    if (!op->aligned)
        return;
    x64_op_immediate(&e->a, BYTE, 0xF6, 0, host_register(H_ADDRESS), op->size - 1);
    emit_decline(e, op, 5);
}

static void emit_cold_look_up(Emitter *e, const ColdLookUp *cold)
{
    Assembler *a = &e->a;

    x64_patch(cold->jump, a->at);
    if (cold->direct)
        emit_offset(e, &cold->address);
    emit_alignment(e, cold->op);
    emit_tlb(e, cold->op, cold->size, cold->access);
    x64_op(a, QWORD, 0x8B, H_SCRATCH, host_register(H_ADDRESS));
    x64_op_immediate(a, QWORD, 0x81, 4, host_register(H_SCRATCH), -PAGE_SIZE);
    x64_op(a, QWORD, 0x89, H_SCRATCH, emit_slot_page(cold->slot));
    if (e->backend->watching)
        emit_watched_slot(e, cold->slot);
    x64_op(a, QWORD, 0x8B, H_SCRATCH, emit_tlb_operand(e, offsetof(TlbEntry, addend)));
    x64_op(a, QWORD, 0x89, H_SCRATCH, slot_addend(cold->slot));
    if (cold->direct) { /* host address less what the operand adds, which may wrap */
        x64_op(a, QWORD, 0x03, H_ADDRESS, host_register(H_SCRATCH));
        x64_op(a, QWORD, 0x8D, H_SCRATCH, emit_address_operand(e, &cold->address));
        x64_op(a, QWORD, 0x2B, H_ADDRESS, host_register(H_SCRATCH));
    }
    x64_patch(x64_jump(a), cold->back);
}

void emit_cold_look_ups(Emitter *e)
{
    for (unsigned i = 0; i < e->cold_count; i++)
        emit_cold_look_up(e, &e->cold[i]);
}

void emit_look_up(Emitter *e, const IrOp *op, Access access)
{
    const AccessGroup *group = emit_group_of(e, op);

    if (group && op != &e->ir->ops[group->first]) {
        emit_member(e, op);
        return;
    }
    emit_yield_flags(e, op);
    e->memory = host_memory(H_ADDRESS, 0);
    if (emit_has_slot(e, op)) {
        emit_slot_look_up(e, op, access);
        return;
    }
    emit_offset(e, &op->address);
    emit_alignment(e, op); /* a flat segment's offsets are linear addresses */
    if (!is_flat(e, op->address.segment))
        emit_segment(e, op, access == ACCESS_WRITE);
    emit_tlb(e, op, op->size, access);
    if (op->opcode == IR_X87_LOAD || op->opcode == IR_X87_STORE)
        emit_x87_operand(e, op);
    x64_op(&e->a, QWORD, 0x03, H_ADDRESS, emit_tlb_operand(e, offsetof(TlbEntry, addend)));
}
