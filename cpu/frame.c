/*
 * Frames of far calls and interrupts. See frame.h.
 * Manual: Intel SDM Vol. 3, "Stack Switching" and "Task-State Segment (TSS)"; Vol. 2, "Call to
 * Interrupt Procedure" and "Call Procedure".
 */
#include "cpu/frame.h"

#include "cpu/task.h"

void frame_on_stack(Cpu *cpu, Frame *frame, Size size)
{
    frame->ss = cpu->segments[SS];
    frame->pointer = cpu->gpr[RSP];
    frame->mask = cpu->stack_mask;
    frame->as = cpu->as;
    frame->is_64bit = cpu->code_size == 8;
    frame->error_code = 0;
    frame->size = size;
    frame->count = 0;
}

/* SS:(E)SP of ring `cpl` from the current TSS. */
static u16 inner_stack_pointer(Cpu *cpu, unsigned cpl, u64 *pointer)
{
    const Segment *tss = &cpu->segments[TR];
    bool wide = tss_is_32bit(tss->access);
    u32 offset = wide ? cpl * 8 + 4 : cpl * 4 + 2;

    if (!(tss->access & ACCESS_P) || offset + (wide ? 5u : 3u) > tss->limit)
        cpu_raise(cpu, EXCEPTION_TS, tss->selector & ~3u);
    *pointer = system_read(cpu, cpu_system_linear(cpu, tss->base + offset), wide ? DWORD : WORD);
    return (u16)system_read(cpu, cpu_system_linear(cpu, tss->base + offset + (wide ? 4 : 2)), WORD);
}

void frame_on_inner_stack(Cpu *cpu, Frame *frame, Size size, unsigned cpl)
{
    u16 selector = inner_stack_pointer(cpu, cpl, &frame->pointer), access;
    Descriptor descriptor;

    if (selector_is_null(selector))
        cpu_raise(cpu, EXCEPTION_TS, 0);
    descriptor = descriptor_fetch(cpu, selector, EXCEPTION_TS);
    access = descriptor_access(descriptor);
    if ((selector & 3) != cpl || access_dpl(access) != cpl ||
        (access & (ACCESS_S | ACCESS_CODE | ACCESS_RW)) != (ACCESS_S | ACCESS_RW))
        cpu_raise(cpu, EXCEPTION_TS, selector & ~3u);
    if (!(access & ACCESS_P))
        cpu_raise(cpu, EXCEPTION_SS, selector & ~3u);
    descriptor = descriptor_mark(cpu, selector, descriptor, ACCESS_ACCESSED, 0);
    frame->ss = (Segment){.selector = selector,
                          .loaded_base = descriptor_base(descriptor),
                          .base = descriptor_base(descriptor),
                          .limit = descriptor_limit(descriptor),
                          .access = descriptor_access(descriptor)};
    frame->mask = access & ACCESS_DB ? 0xFFFFFFFF : 0xFFFF;
    frame->as = cpl == 3 ? AS_USER : AS_SUPERVISOR;
    frame->is_64bit = false;
    frame->error_code = selector & ~3u;
    frame->size = size;
    frame->count = 0;
}

u64 frame_long_stack_pointer(Cpu *cpu, unsigned index)
{
    const Segment *tss = &cpu->segments[TR];
    unsigned offset = 4 + 8 * index + (index > 2 ? 8 : 0);

    if (!(tss->access & ACCESS_P) || offset + 7 > tss->limit)
        cpu_raise(cpu, EXCEPTION_TS, tss->selector & ~3u);
    return system_read(cpu, tss->base + offset, QWORD);
}

void frame_on_long_stack(Cpu *cpu, Frame *frame, u64 pointer, unsigned cpl)
{
    frame->ss = cpu->segments[SS];
    frame->pointer = pointer;
    frame->mask = ~(u64)0;
    frame->as = cpl == 3 ? AS_USER : AS_SUPERVISOR;
    frame->is_64bit = true;
    frame->error_code = 0;
    frame->size = QWORD;
    frame->count = 0;
}

void frame_push(Frame *frame, u64 value)
{
    assert(frame->count < FRAME_VALUES);
    frame->values[frame->count++] = value;
}

/* The offset at which value `number` lies once pushed. */
static u64 value_offset(const Frame *frame, unsigned number)
{
    return (frame->pointer - (u64)frame->size * (number + 1)) & frame->mask;
}

static u64 value_linear(const Frame *frame, unsigned number)
{
    u64 offset = value_offset(frame, number);

    return frame->is_64bit ? offset : (u32)(frame->ss.base + offset);
}

/* A virtual-8086 interrupt comes here with VM set, but the inner stack follows protected-mode
 * rules; it is writable already, so that only the limit is left to ask for. */
void frame_check(Cpu *cpu, const Frame *frame)
{
    for (unsigned i = 0; i < frame->count; i++) {
        u64 offset = value_offset(frame, i), linear = value_linear(frame, i);

        if (frame->is_64bit)
            memory_check_canonical(cpu, SS, linear, frame->size);
        else if (!segment_allows(cpu, &frame->ss, offset, frame->size, true))
            cpu_raise(cpu, EXCEPTION_SS, frame->error_code);
        if (!mmu_fast(&cpu->mmu, cpu->tlb_epoch, linear, ACCESS_WRITE, frame->as, frame->size))
            memory_probe_write(cpu, linear, frame->size, frame->as);
    }
}

void frame_commit(Cpu *cpu, const Frame *frame)
{
    u64 pointer = (frame->pointer - (u64)frame->size * frame->count) & frame->mask;

    for (unsigned i = 0; i < frame->count; i++)
        linear_write(cpu, value_linear(frame, i), frame->size, frame->as, frame->values[i]);
    cpu->gpr[RSP] = (frame->pointer & ~frame->mask) | pointer;
}

void frame_load_inner_stack(Cpu *cpu, const Frame *frame)
{
    segment_set(cpu, SS, frame->ss.selector, frame->ss.base, frame->ss.limit, frame->ss.access);
}
