/*
 * The x86-64 backend: loads of ES, DS, FS and GS.
 *
 * In real and virtual-8086 mode only the base changes. In protected mode the descriptor is read,
 * and when it is still what it was when the interpreter last loaded it (Cpu.segment_memos), so is
 * all that follows from it. Everything else is declined.
 */
#include "translate/emit_x64.h"

#define MEMO(member) host_memory(H_T1, offsetof(SegmentMemo, member))

static HostOperand member_of(u64 segment, u64 member)
{
    return host_memory(H_CPU, (i64)(segment + member));
}

/* The selector is in H_T0. */
static void emit_real(Emitter *e, const IrOp *op, u64 segment)
{
    Assembler *a = &e->a;
    u16 v86_access = ACCESS_P | 3 << ACCESS_DPL_SHIFT | ACCESS_S | ACCESS_RW | ACCESS_ACCESSED;

    if (e->ir->assumptions.as == AS_USER) { /* virtual-8086 */
        x64_op_immediate(a, WORD, 0x81, 7, member_of(segment, offsetof(Segment, access)),
                         v86_access);
        emit_decline(e, op, 5);
    } else {
        x64_op_immediate(a, WORD, 0xF7, 0, member_of(segment, offsetof(Segment, access)), ACCESS_P);
        emit_decline(e, op, 4);
    }
    x64_op_immediate(a, DWORD, 0x81, 7, member_of(segment, offsetof(Segment, limit)), 0xFFFF);
    emit_decline(e, op, 5);
    x64_op(a, WORD, 0x89, H_T0, member_of(segment, offsetof(Segment, selector)));
    x64_op_immediate(a, DWORD, 0xC1, 4, host_register(H_T0), 4);
    x64_op(a, QWORD, 0x89, H_T0, member_of(segment, offsetof(Segment, base)));
    x64_op(a, QWORD, 0x89, H_T0, member_of(segment, offsetof(Segment, loaded_base)));
}

void emit_load_segment(Emitter *e, const IrOp *op)
{
    Assembler *a = &e->a;
    u64 segment = offsetof(Cpu, segments) + op->immediate * sizeof(Segment);

    emit_x87_end(e); /* its operand's selector is still that of before */
    emit_save_flags(e);
    e->flags = FLAGS_IN_AX;
    x64_op(a, DWORD, 0x0FB7, H_T0, emit_operand(e, op->src));
    if (!(e->ir->block->mode & MODE_PROTECTED)) {
        emit_real(e, op, segment);
        return;
    }
    x64_load_immediate(a, H_SCRATCH, segment);
    x64_load_immediate(a, H_ADDRESS, bit(e->ir->assumptions.flat, op->immediate));
    x64_patch(x64_call(a), e->backend->load_segment);
    emit_decline(e, op, 5);
}

/* The selector in H_T0, the segment's offset in Cpu in H_SCRATCH, whether it must be flat in
 * H_ADDRESS. Gives "equal" when it was loaded. */
void emit_segment_loader(Assembler *a)
{
    u8 *misses[5];

    x64_op(a, QWORD, 0x89, H_SCRATCH, CPU_FIELD(native[NATIVE_SCRATCH]));
    x64_rorx(a, DWORD, H_T1, H_T0, 3);
    x64_op_immediate(a, DWORD, 0x81, 4, host_register(H_T1), SEGMENT_MEMOS - 1);
    x64_op_immediate(a, DWORD, 0x69, H_T1, host_register(H_T1), sizeof(SegmentMemo));
    x64_op(a, QWORD, 0x8D, H_T1, host_indexed(H_CPU, H_T1, 0, (i32)offsetof(Cpu, segment_memos)));
    x64_op(a, DWORD, 0x0FB6, H_SCRATCH, CPU_FIELD(cpl));
    x64_op_immediate(a, DWORD, 0xC1, 4, host_register(H_SCRATCH), 16);
    x64_op(a, DWORD, 0x0B, H_SCRATCH, host_register(H_T0));
    x64_op_immediate(a, DWORD, 0x81, 1, host_register(H_SCRATCH), SEGMENT_MEMO_VALID);
    x64_op(a, DWORD, 0x3B, H_SCRATCH, MEMO(key));
    misses[0] = x64_jump_if(a, 5);
    x64_op(a, QWORD, 0x3B, H_ADDRESS, MEMO(flat));
    misses[1] = x64_jump_if(a, 5);
    x64_op(a, QWORD, 0x8B, H_ADDRESS, MEMO(table));
    x64_op(a, QWORD, 0x3B, H_ADDRESS, CPU_FIELD(gdtr.base));
    misses[2] = x64_jump_if(a, 5);

    x64_op(a, DWORD, 0x8B, H_SCRATCH, MEMO(tlb));
    x64_op(a, QWORD, 0x8B, H_ADDRESS, MEMO(page));
    x64_op(a, QWORD, 0x0B, H_ADDRESS, CPU_FIELD(tlb_epoch));
    x64_op(a, QWORD, 0x3B, H_ADDRESS,
           host_indexed(H_CPU, H_SCRATCH, 0, offsetof(TlbEntry, tags[ACCESS_READ])));
    misses[3] = x64_jump_if(a, 5);
    x64_op(a, QWORD, 0x8B, H_SCRATCH,
           host_indexed(H_CPU, H_SCRATCH, 0, offsetof(TlbEntry, addend)));
    x64_op(a, QWORD, 0x03, H_SCRATCH, MEMO(linear));
    x64_op(a, QWORD, 0x8B, H_ADDRESS, host_memory(H_SCRATCH, 0));
    x64_op(a, QWORD, 0x3B, H_ADDRESS, MEMO(descriptor));
    misses[4] = x64_jump_if(a, 5);

    x64_op(a, QWORD, 0x8B, H_SCRATCH, CPU_FIELD(native[NATIVE_SCRATCH]));
    for (unsigned i = 0; i < sizeof(Segment); i += QWORD) {
        x64_op(a, QWORD, 0x8B, H_ADDRESS,
               host_memory(H_T1, (i64)(offsetof(SegmentMemo, segment) + i)));
        x64_op(a, QWORD, 0x89, H_ADDRESS, host_indexed(H_CPU, H_SCRATCH, 0, (i32)i));
    }
    for (unsigned i = 0; i < COUNT_OF(misses); i++)
        x64_patch(misses[i], a->at);
    x64_bytes(a, 0xC3, 1);
}
