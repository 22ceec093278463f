/*
 * The x86-64 backend: accesses to pages with watched bytes, while there are any.
 *
 * The bits of a TLB entry's tag send them off their path. Where the tag differs by TLB_WATCHED
 * alone and the lines that they touch are not watched, they come back. The slot for their register
 * then holds not the page but the window of it around them in which nothing is watched, so that the
 * next one needs no look-up.
 */
#include "translate/emit_x64.h"

/* A window is shorter than it could be by the widest access, which so lies in it altogether. */
enum { WIDEST = 16 };

HostOperand emit_slot_room(unsigned slot)
{
    return host_memory(H_CPU, (i64)(offsetof(Cpu, native) + 8 * (NATIVE_SLOT_ROOMS + slot)));
}

/* After the comparison of a tag. */
void emit_watched(Emitter *e, const IrOp *op, Access access)
{
    u8 *jump = x64_jump_if(&e->a, 5); /* not equal */

    emit_decline_of(e, op->insn);
    e->watches[e->watch_count++] =
        (WatchStub){.op = op, .access = access, .slot = -1, .jump = jump, .back = e->a.at};
}

/* After the slot has got a page that is not watched; one that is comes back behind this. */
void emit_watched_slot(Emitter *e, unsigned slot)
{
    x64_op_immediate(&e->a, QWORD, 0xC7, 0, emit_slot_room(slot), PAGE_SIZE - WIDEST);
    e->watches[e->watch_count - 1].slot = (i16)slot;
    e->watches[e->watch_count - 1].back = e->a.at;
}

/* Sets the carry when the line of byte `offset` of the access is watched; the lines are in
 * H_SCRATCH. */
static void emit_line_test(Assembler *a, i64 offset)
{
    x64_op(a, QWORD, 0x8D, H_T1, host_memory(H_ADDRESS, offset));
    x64_op_immediate(a, QWORD, 0xC1, 5, host_register(H_T1), WATCHED_LINE_SHIFT);
    x64_op(a, QWORD, 0x0FA3, H_T1, host_register(H_SCRATCH));
}

/* The window around H_ADDRESS, whose line is not one of those in H_SCRATCH: its beginning into
 * H_SCRATCH, its room into H_T1. */
void emit_watch_window(Assembler *a)
{
    enum { SHLX = 1, SHRX = 3 };
    u8 *within;

    x64_op(a, DWORD, 0xFF, 6, host_register(H_T0)); /* push */
    x64_op(a, QWORD, 0x8B, H_T1, host_register(H_ADDRESS));
    x64_op_immediate(a, QWORD, 0xC1, 5, host_register(H_T1), WATCHED_LINE_SHIFT);
    x64_alu_immediate(a, DWORD, 4, host_register(H_T1), 63);
    /* The first watched line above, or the page's end. */
    x64_shift_x(a, QWORD, SHRX, H_T0, H_SCRATCH, H_T1);
    x64_op(a, QWORD, 0xF30FBC, H_T0, host_register(H_T0)); /* tzcnt: 64 when there is none */
    x64_op(a, DWORD, 0x03, H_T0, host_register(H_T1));
    x64_alu_immediate(a, DWORD, 7, host_register(H_T0), 64);
    within = x64_jump_if(a, 6); /* not above */
    x64_load_immediate(a, H_T0, 64);
    x64_patch(within, a->at);
    x64_op(a, DWORD, 0xFF, 6, host_register(H_T0));
    /* The first line behind the last watched one below, or the page's first. */
    x64_alu_immediate(a, DWORD, 6, host_register(H_T1), 63);
    x64_shift_x(a, QWORD, SHLX, H_T0, H_SCRATCH, H_T1);
    x64_alu_immediate(a, DWORD, 6, host_register(H_T1), 63);
    x64_op(a, QWORD, 0xF30FBD, H_T0, host_register(H_T0)); /* lzcnt */
    x64_alu_immediate(a, DWORD, 0, host_register(H_T1), 1);
    x64_op(a, DWORD, 0x2B, H_T1, host_register(H_T0));
    within = x64_jump_if(a, 9); /* not negative */
    x64_load_immediate(a, H_T1, 0);
    x64_patch(within, a->at);
    x64_op(a, DWORD, 0x8F, 0, host_register(H_T0)); /* pop */
    x64_op(a, DWORD, 0x2B, H_T0, host_register(H_T1));
    x64_op_immediate(a, DWORD, 0xC1, 4, host_register(H_T0), WATCHED_LINE_SHIFT);
    x64_alu_immediate(a, QWORD, 5, host_register(H_T0), WIDEST);
    x64_op_immediate(a, DWORD, 0xC1, 4, host_register(H_T1), WATCHED_LINE_SHIFT);
    x64_op(a, QWORD, 0x8B, H_SCRATCH, host_register(H_ADDRESS));
    x64_op_immediate(a, QWORD, 0x81, 4, host_register(H_SCRATCH), -PAGE_SIZE);
    x64_op(a, QWORD, 0x03, H_SCRATCH, host_register(H_T1));
    x64_op(a, QWORD, 0x8B, H_T1, host_register(H_T0));
    x64_op(a, DWORD, 0x8F, 0, host_register(H_T0));
    x64_bytes(a, 0xC3, 1);
}

static void emit_watch_stub(Emitter *e, const WatchStub *stub)
{
    u64 lines = offsetof(Cpu, mmu.watched_lines) + e->ir->assumptions.as * sizeof(u64[TLB_ENTRIES]);
    u64 tag = offsetof(TlbEntry, tags) + stub->access * sizeof(u64);
    Decline *decline = emit_decline_of(e, stub->op->insn);
    Assembler *a = &e->a;
    u8 *declined[3];
    unsigned count = 0;

    x64_patch(stub->jump, a->at);
    x64_op(a, QWORD, 0x33, H_SCRATCH, emit_tlb_operand(e, tag));
    x64_alu_immediate(a, QWORD, 7, host_register(H_SCRATCH), TLB_WATCHED);
    declined[count++] = x64_jump_if(a, 5); /* not equal */
    x64_op(a, DWORD, 0x8B, H_SCRATCH, host_register(H_T1));
    x64_op_immediate(a, DWORD, 0xC1, 5, host_register(H_SCRATCH),
                     __builtin_ctz(sizeof(TlbEntry) / sizeof(u64)));
    x64_op(a, QWORD, 0x8B, H_SCRATCH, host_indexed(H_CPU, H_SCRATCH, 0, (i64)lines));
    emit_line_test(a, 0);
    declined[count++] = x64_jump_if(a, 2); /* carry */
    if (stub->op->size > 1) {
        emit_line_test(a, stub->op->size - 1);
        declined[count++] = x64_jump_if(a, 2);
    }
    if (stub->slot >= 0) {
        x64_patch(x64_call(a), e->backend->watch_window);
        x64_op(a, QWORD, 0x89, H_SCRATCH, emit_slot_page((unsigned)stub->slot));
        x64_op(a, QWORD, 0x89, H_T1, emit_slot_room((unsigned)stub->slot));
    }
    emit_entry_offset(e);
    x64_patch(x64_jump(a), stub->back);
    while (count)
        x64_patch(declined[--count], a->at);
    assert(decline->count < COUNT_OF(decline->jumps));
    decline->jumps[decline->count++] = x64_jump(a);
}

void emit_watch_stubs(Emitter *e)
{
    for (unsigned i = 0; i < e->watch_count; i++)
        emit_watch_stub(e, &e->watches[i]);
}
