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
    if (!access_is_code(cpu, access) || rpl < cpu->cpl ||
        (access_is_conforming(access) ? dpl > rpl : dpl != rpl))
        cpu_raise(cpu, EXCEPTION_GP, selector & ~3u);
    if (!(access & ACCESS_P))
        cpu_raise(cpu, EXCEPTION_NP, selector & ~3u);
    target->cs = selector;
    target->cpl = rpl;
    target->outer = rpl > cpu->cpl;
    target->loads_stack |= target->outer;
}

/* 64-bit mode does without a stack segment, but in ring 3. */
static bool allows_null_stack(const Cpu *cpu, const FarReturn *target)
{
    return access_is_code64(cpu, descriptor_access(target->code)) && target->cpl < 3 &&
           (target->ss & 3) == target->cpl;
}

static void check_outer_stack(Cpu *cpu, FarReturn *target)
{
    u16 selector = target->ss, access;

    if (selector_is_null(selector)) {
        if (!allows_null_stack(cpu, target))
            cpu_raise_gp0(cpu);
        return;
    }
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
    if (target->loads_stack) {
        target->pointer = stack_peek(cpu, popped, size);
        target->ss = (u16)stack_peek(cpu, popped + size, size);
        check_outer_stack(cpu, target);
    }
    code_segment_check_rip(cpu, target->code, rip);
    target->code = descriptor_mark(cpu, cs, target->code, ACCESS_ACCESSED, 0);
    if (target->loads_stack && !selector_is_null(target->ss))
        target->stack = descriptor_mark(cpu, target->ss, target->stack, ACCESS_ACCESSED, 0);
}

void far_return_commit(Cpu *cpu, const FarReturn *target, u64 popped, u64 released)
{
    if (!target->loads_stack)
        stack_drop(cpu, popped);
    code_segment_enter(cpu, target->cs, target->code, target->cpl);
    cpu->rip = target->rip;
    if (!target->loads_stack)
        return;
    if (selector_is_null(target->ss))
        segment_set_null(cpu, SS, target->ss);
    else
        segment_set_descriptor(cpu, SS, target->ss, target->stack);
    stack_set_pointer(cpu, target->pointer); /* a 16-bit stack keeps the upper half of ESP */
    stack_drop(cpu, released);
    if (target->outer)
        segment_drop_privileged(cpu);
}

void far_jump_real(Cpu *cpu, u16 selector, u64 rip)
{
    cpu_check_rip(cpu, rip);
    segment_set_real(cpu, CS, selector);
    cpu->rip = rip;
}
