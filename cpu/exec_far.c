/*
 * JMP, CALL and RET to far addresses: code segments, call gates, task gates, TSSs.
 * Manual: Intel SDM Vol. 2, "Jump", "Call Procedure", "Return From Procedure"; Vol. 3,
 * "Privilege Level Checking When Transferring Program Control Between Code Segments".
 */
#include "cpu/exec.h"
#include "cpu/far.h"
#include "cpu/frame.h"
#include "cpu/task.h"

/* Where a far JMP or CALL goes, once checked. */
typedef struct Destination {
    u16 selector;
    Descriptor code;
    u64 rip;
    unsigned cpl;
} Destination;

static void read_far_pointer(Cpu *cpu, const Insn *insn, u16 *selector, u64 *rip)
{
    u64 offset;

    if (insn->operands[0].kind == OPERAND_FAR) {
        *selector = insn->selector;
        *rip = insn->immediate & size_mask(insn->size);
        return;
    }
    offset = operand_offset(cpu, insn);
    *rip = memory_read(cpu, insn->segment, offset, insn->size);
    *selector = (u16)memory_read(cpu, insn->segment, offset + insn->size, WORD);
}

static void check_present(Cpu *cpu, u16 selector, u16 access)
{
    if (!(access & ACCESS_P))
        cpu_raise(cpu, EXCEPTION_NP, selector & ~3u);
}

static void check_destination(Cpu *cpu, Destination *to)
{
    code_segment_check_rip(cpu, to->code, to->rip);
    to->code = descriptor_mark(cpu, to->selector, to->code, ACCESS_ACCESSED, 0);
}

/* A code segment named directly: the ring stays. */
static void check_direct(Cpu *cpu, Destination *to)
{
    u16 access = descriptor_access(to->code);
    unsigned dpl = access_dpl(access);
    bool allowed = access_is_conforming(access) ? dpl <= cpu->cpl
                                                : dpl == cpu->cpl && (to->selector & 3) <= cpu->cpl;

    if (!allowed)
        cpu_raise(cpu, EXCEPTION_GP, to->selector & ~3u);
    check_present(cpu, to->selector, access);
    to->cpl = cpu->cpl;
}

/* DPL of a gate or TSS against CPL and the selector's RPL. */
static void check_system(Cpu *cpu, u16 selector, u16 access)
{
    if (access_dpl(access) < cpu->cpl || access_dpl(access) < (selector & 3))
        cpu_raise(cpu, EXCEPTION_GP, selector & ~3u);
    check_present(cpu, selector, access);
}

/* The code segment behind a call gate. CALL may go to an inner ring, JMP may not. */
static void check_gate_target(Cpu *cpu, Destination *to, u16 gate_selector, Descriptor gate,
                              bool call)
{
    u16 access;
    unsigned dpl;

    to->selector = (u16)bits(gate, 31, 16);
    to->rip = bits(gate, 15, 0);
    if (access_type(descriptor_access(gate)) == SYSTEM_CALL_GATE32)
        to->rip |= bits(gate, 63, 48) << 16;
    if (cpu_long(cpu))
        to->rip |= descriptor_fetch_upper(cpu, gate_selector, EXCEPTION_GP) << 32;
    if (selector_is_null(to->selector))
        cpu_raise_gp0(cpu);
    to->code = descriptor_fetch(cpu, to->selector, EXCEPTION_GP);
    access = descriptor_access(to->code);
    dpl = access_dpl(access);
    if (!access_is_code(cpu, access) || (cpu_long(cpu) && !(access & ACCESS_L)) || dpl > cpu->cpl ||
        (!call && !access_is_conforming(access) && dpl != cpu->cpl))
        cpu_raise(cpu, EXCEPTION_GP, to->selector & ~3u);
    check_present(cpu, to->selector, access);
    to->cpl = access_is_conforming(access) ? cpu->cpl : dpl;
}

static void go(Cpu *cpu, const Destination *to)
{
    code_segment_enter(cpu, to->selector, to->code, to->cpl);
    cpu->rip = to->rip;
}

static void push_return(Cpu *cpu, Frame *frame)
{
    frame_push(frame, cpu->segments[CS].selector);
    frame_push(frame, cpu_next_rip(cpu));
    frame_check(cpu, frame);
}

/* ---- call gates ---- */

/* The caller's stack pointer and `count` parameters, copied to the inner stack. */
static void push_outer(Cpu *cpu, Frame *frame, unsigned count)
{
    frame_push(frame, cpu->segments[SS].selector);
    frame_push(frame, cpu->gpr[RSP]);
    for (unsigned i = count; i-- > 0;)
        frame_push(frame, stack_peek(cpu, i * frame->size, frame->size));
}

static void call_through_gate(Cpu *cpu, Destination *to, Descriptor gate)
{
    Size size = access_type(descriptor_access(gate)) == SYSTEM_CALL_GATE32 ? DWORD : WORD;
    bool inner = to->cpl < cpu->cpl;
    Frame frame;

    if (inner) {
        frame_on_inner_stack(cpu, &frame, size, to->cpl);
        push_outer(cpu, &frame, (unsigned)bits(gate, 36, 32));
    } else {
        frame_on_stack(cpu, &frame, size);
    }
    push_return(cpu, &frame);
    check_destination(cpu, to);
    frame_commit(cpu, &frame);
    go(cpu, to);
    if (inner)
        frame_load_inner_stack(cpu, &frame);
}

/* The 64-bit gate copies no parameters, and its stack has no segment. */
static void call_through_long_gate(Cpu *cpu, const Destination *to)
{
    bool inner = to->cpl < cpu->cpl;
    u64 pointer = inner ? frame_long_stack_pointer(cpu, to->cpl) : cpu->gpr[RSP];
    Destination checked = *to;
    Frame frame;

    frame_on_long_stack(cpu, &frame, pointer, to->cpl);
    if (inner)
        push_outer(cpu, &frame, 0);
    push_return(cpu, &frame);
    check_destination(cpu, &checked);
    frame_commit(cpu, &frame);
    go(cpu, &checked);
    if (inner)
        segment_set_null(cpu, SS, (u16)to->cpl);
}

/* ---- system descriptors ---- */

static void transfer_to_system(Cpu *cpu, u16 selector, Descriptor descriptor, bool call)
{
    TaskSwitch how = call ? TASK_CALL : TASK_JUMP;
    u16 access = descriptor_access(descriptor);
    Destination to;

    if (cpu_long(cpu) && (access & (ACCESS_S | ACCESS_TYPE)) != SYSTEM_CALL_GATE32)
        cpu_raise(cpu, EXCEPTION_GP, selector & ~3u);
    switch (access & (ACCESS_S | ACCESS_TYPE)) {
    case SYSTEM_CALL_GATE16:
    case SYSTEM_CALL_GATE32:
        check_system(cpu, selector, access);
        check_gate_target(cpu, &to, selector, descriptor, call);
        if (call && cpu_long(cpu)) {
            call_through_long_gate(cpu, &to);
        } else if (call) {
            call_through_gate(cpu, &to, descriptor);
        } else {
            check_destination(cpu, &to);
            go(cpu, &to);
        }
        break;
    case SYSTEM_TASK_GATE:
        check_system(cpu, selector, access);
        task_gate(cpu, (u16)bits(descriptor, 31, 16), how, cpu_next_rip(cpu));
        break;
    case SYSTEM_TSS16:
    case SYSTEM_TSS32:
        if (selector & 4)
            cpu_raise(cpu, EXCEPTION_GP, selector & ~3u);
        check_system(cpu, selector, access);
        task_switch(cpu, selector, descriptor, how, cpu_next_rip(cpu));
        break;
    default:
        cpu_raise(cpu, EXCEPTION_GP, selector & ~3u);
    }
}

/* Fetches the descriptor; false: it was a system descriptor and the transfer is done. */
static bool destination_is_code(Cpu *cpu, Destination *to, bool call)
{
    u16 access;

    if (selector_is_null(to->selector))
        cpu_raise_gp0(cpu);
    to->code = descriptor_fetch(cpu, to->selector, EXCEPTION_GP);
    access = descriptor_access(to->code);
    if (!(access & ACCESS_S)) {
        transfer_to_system(cpu, to->selector, to->code, call);
        return false;
    }
    if (!access_is_code(cpu, access))
        cpu_raise(cpu, EXCEPTION_GP, to->selector & ~3u);
    check_direct(cpu, to);
    return true;
}

/* ---- the instructions ---- */

static void JMPF(Cpu *cpu, const Insn *insn)
{
    Destination to;

    read_far_pointer(cpu, insn, &to.selector, &to.rip);
    if (!cpu_protected(cpu)) {
        far_jump_real(cpu, to.selector, to.rip);
    } else if (destination_is_code(cpu, &to, false)) {
        check_destination(cpu, &to);
        go(cpu, &to);
    }
}
PLAIN(JMPF)

static void CALLF(Cpu *cpu, const Insn *insn)
{
    Destination to;
    Frame frame;

    read_far_pointer(cpu, insn, &to.selector, &to.rip);
    if (cpu_protected(cpu) && !destination_is_code(cpu, &to, true))
        return;
    frame_on_stack(cpu, &frame, insn->size);
    push_return(cpu, &frame);
    if (cpu_protected(cpu)) {
        check_destination(cpu, &to);
        frame_commit(cpu, &frame);
        go(cpu, &to);
    } else {
        cpu_check_rip(cpu, to.rip);
        frame_commit(cpu, &frame);
        far_jump_real(cpu, to.selector, to.rip);
    }
}
PLAIN(CALLF)

FORCE_INLINE void RETF(Cpu *cpu, const Insn *insn, Shape shape)
{
    u64 release = insn->operands[0].kind == OPERAND_IMMEDIATE ? insn->immediate & 0xFFFF : 0;
    u64 rip = stack_peek(cpu, 0, shape.size);
    u16 cs = (u16)stack_peek(cpu, shape.size, shape.size);
    u64 popped = 2 * shape.size + release;
    FarReturn target = {.loads_stack = false};

    if (!cpu_protected(cpu)) {
        far_jump_real(cpu, cs, rip);
        stack_drop(cpu, popped);
        return;
    }
    far_return_check(cpu, &target, cs, rip, popped, shape.size);
    far_return_commit(cpu, &target, popped, release);
}
SIZED(RETF)
