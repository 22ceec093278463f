/*
 * Far returns. See far.h.
 */
#include "cpu/far.h"

#include "cpu/exec.h"

static void check_code(Cpu *cpu, FarReturn *target, u16 selector)
{
    unsigned rpl = selector & 3, dpl;
    u16 access;

    if (selector_is_null(selector))
        cpu_raise_gp0(cpu);
    target->code = descriptor_fetch(cpu, selector, EXCEPTION_GP);
    access = descriptor_access(target->code);
    dpl = access_dpl(access);
    if (!(access & ACCESS_S) || !(access & ACCESS_CODE) || rpl < cpu->cpl ||
        (access_is_conforming(access) ? dpl > rpl : dpl != rpl))
        cpu_raise(cpu, EXCEPTION_GP, selector & ~3u);
    if (!(access & ACCESS_P))
        cpu_raise(cpu, EXCEPTION_NP, selector & ~3u);
    target->cs = selector;
    target->cpl = rpl;
    target->outer = rpl > cpu->cpl;
}

static void check_outer_stack(Cpu *cpu, FarReturn *target)
{
    u16 selector = target->ss, access;

    if (selector_is_null(selector))
        cpu_raise_gp0(cpu);
    target->stack = descriptor_fetch(cpu, selector, EXCEPTION_GP);
    access = descriptor_access(target->stack);
    if ((selector & 3) != target->cpl || access_dpl(access) != target->cpl ||
        (access & (ACCESS_S | ACCESS_CODE | ACCESS_RW)) != (ACCESS_S | ACCESS_RW))
        cpu_raise(cpu, EXCEPTION_GP, selector & ~3u);
    if (!(access & ACCESS_P))
        cpu_raise(cpu, EXCEPTION_SS, selector & ~3u);
}

void far_return_check(Cpu *cpu, FarReturn *target, u16 cs, u64 rip, u64 popped, Size size)
{
    target->rip = rip;
    check_code(cpu, target, cs);
    if (target->outer) {
        target->pointer = stack_peek(cpu, popped, size);
        target->ss = (u16)stack_peek(cpu, popped + size, size);
        check_outer_stack(cpu, target);
    }
    if (rip > descriptor_limit(target->code))
        cpu_raise_gp0(cpu);
    target->code = descriptor_mark(cpu, cs, target->code, ACCESS_ACCESSED, 0);
    if (target->outer)
        target->stack = descriptor_mark(cpu, target->ss, target->stack, ACCESS_ACCESSED, 0);
}

void far_return_commit(Cpu *cpu, const FarReturn *target, u64 popped, u64 released)
{
    if (!target->outer)
        stack_drop(cpu, popped);
    code_segment_enter(cpu, target->cs, target->code, target->cpl);
    cpu->rip = target->rip;
    if (!target->outer)
        return;
    segment_set_descriptor(cpu, SS, target->ss, target->stack);
    stack_set_pointer(cpu, target->pointer); /* a 16-bit stack keeps the upper half of ESP */
    stack_drop(cpu, released);
    segment_drop_privileged(cpu);
}

void far_jump_real(Cpu *cpu, u16 selector, u64 rip)
{
    cpu_check_rip(cpu, rip);
    segment_set_real(cpu, CS, selector);
    cpu->rip = rip;
}
