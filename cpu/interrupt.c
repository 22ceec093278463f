/*
 * Delivery of interrupts and exceptions.
 * Manual: Intel SDM Vol. 2, "Call to Interrupt Procedure"; Vol. 3, "Interrupt and Exception
 * Handling" and "8086 Emulation" (real mode, virtual-8086 mode, "Virtual-8086 Mode Extensions").
 *
 * Every check and every read is made, and every push probed, before anything changes.
 */
#include "cpu/interrupt.h"

#include "cpu/debug_registers.h"
#include "cpu/frame.h"
#include "cpu/observer.h"
#include "cpu/task.h"

/* An event on its way to its handler. */
typedef struct Delivery {
    u8 vector;
    EventKind kind;
    bool has_error_code;
    u32 error_code;
    u64 return_rip;
    u64 flags; /* to be pushed */
} Delivery;

/* The flags that a handler of virtual-8086 or real mode starts without. */
static void clear_flags(Cpu *cpu, u64 flags)
{
    cpu_set_flags(cpu, 0, flags);
}

/* ---- real mode ---- */

/* Three words and a far jump; `flags` is what is pushed. */
static void enter_8086_handler(Cpu *cpu, u32 vector_entry, u64 flags, u64 return_rip)
{
    Frame frame;

    frame_on_stack(cpu, &frame, WORD);
    frame_push(&frame, flags);
    frame_push(&frame, cpu->segments[CS].selector);
    frame_push(&frame, return_rip);
    frame_check(cpu, &frame);
    frame_commit(cpu, &frame);
    segment_set_real(cpu, CS, (u16)(vector_entry >> 16));
    cpu->rip = vector_entry & 0xFFFF;
}

static void deliver_real(Cpu *cpu, const Delivery *delivery)
{
    u32 offset = delivery->vector * 4u, entry;

    if (offset + 3 > cpu->idtr.limit)
        cpu_raise_gp0(cpu);
    entry = (u32)system_read(cpu, (u32)(cpu->idtr.base + offset), DWORD);
    enter_8086_handler(cpu, entry, delivery->flags, delivery->return_rip);
    clear_flags(cpu, FLAG_IF | FLAG_TF | FLAG_AC | FLAG_RF);
}

/* SDM Vol. 3, "Software Interrupt Handling Methods While Operating in Virtual-8086 Mode". */
bool interrupt_redirect(Cpu *cpu, u8 vector)
{
    const Segment *tss = &cpu->segments[TR];
    u64 flags = cpu_get_flags(cpu);
    u32 map, entry;

    if (!tss_is_32bit(tss->access) || tss->limit < 0x67)
        cpu_raise_gp0(cpu);
    map = (u32)system_read(cpu, (u32)(tss->base + TSS_IO_MAP_BASE), WORD);
    if (map < 32 || map - 32 + vector / 8u > tss->limit)
        cpu_raise_gp0(cpu);
    if (bit(system_read(cpu, (u32)(tss->base + map - 32 + vector / 8u), BYTE), vector % 8))
        return false;
    entry = (u32)system_read(cpu, vector * 4u, DWORD);
    if (cpu_iopl(cpu) < 3) {
        flags = (flags & ~(u64)FLAG_IF) | FLAG_IOPL;
        if (flags & FLAG_VIF)
            flags |= FLAG_IF;
    }
    enter_8086_handler(cpu, entry, flags, cpu_next_rip(cpu));
    clear_flags(cpu, FLAG_TF | FLAG_NT | FLAG_RF | (cpu_iopl(cpu) == 3 ? FLAG_IF : FLAG_VIF));
    cpu->dr6_pending &= ~(u64)DR6_BS;
    return true;
}

/* ---- protected mode ---- */

static Descriptor fetch_gate(Cpu *cpu, const Delivery *delivery)
{
    u32 offset = delivery->vector * 8u, error_code = offset + 2; /* bit 1: of the IDT */
    Descriptor gate;
    u16 access;

    if (offset + 7 > cpu->idtr.limit)
        cpu_raise(cpu, EXCEPTION_GP, error_code);
    gate = system_read(cpu, (u32)(cpu->idtr.base + offset), QWORD);
    access = descriptor_access(gate);
    switch (access & (ACCESS_S | ACCESS_TYPE)) {
    case SYSTEM_TASK_GATE:
    case SYSTEM_INTERRUPT_GATE16:
    case SYSTEM_TRAP_GATE16:
    case SYSTEM_INTERRUPT_GATE32:
    case SYSTEM_TRAP_GATE32:
        break;
    default:
        cpu_raise(cpu, EXCEPTION_GP, error_code);
    }
    if (delivery->kind == EVENT_SOFTWARE && access_dpl(access) < cpu->cpl)
        cpu_raise(cpu, EXCEPTION_GP, error_code);
    if (!(access & ACCESS_P))
        cpu_raise(cpu, EXCEPTION_NP, error_code);
    return gate;
}

static void deliver_to_task(Cpu *cpu, const Delivery *delivery, u16 selector)
{
    if (delivery->flags & FLAG_RF)
        cpu->rflags |= FLAG_RF;
    task_gate(cpu, selector, TASK_CALL, delivery->return_rip);
    if (delivery->has_error_code)
        stack_push(cpu, delivery->error_code,
                   tss_is_32bit(cpu->segments[TR].access) ? DWORD : WORD);
}

/* The handler's code segment, checked; *cpl: the ring it will run in. */
static Descriptor fetch_handler(Cpu *cpu, u16 selector, unsigned *cpl)
{
    Descriptor code;
    u16 access;

    if (selector_is_null(selector))
        cpu_raise_gp0(cpu);
    code = descriptor_fetch(cpu, selector, EXCEPTION_GP);
    access = descriptor_access(code);
    if (!access_is_code(cpu, access) || (cpu_long(cpu) && !(access & ACCESS_L)) ||
        access_dpl(access) > cpu->cpl)
        cpu_raise(cpu, EXCEPTION_GP, selector & ~3u);
    if (!(access & ACCESS_P))
        cpu_raise(cpu, EXCEPTION_NP, selector & ~3u);
    *cpl = access_is_conforming(access) ? cpu->cpl : access_dpl(access);
    if (cpu_v86(cpu) && *cpl != 0)
        cpu_raise(cpu, EXCEPTION_GP, selector & ~3u);
    return descriptor_mark(cpu, selector, code, ACCESS_ACCESSED, 0);
}

/* What the handler's IRET will pop, after the outer stack's part. */
static void push_return(const Cpu *cpu, Frame *frame, const Delivery *delivery)
{
    frame_push(frame, delivery->flags);
    frame_push(frame, cpu->segments[CS].selector);
    frame_push(frame, delivery->return_rip);
    if (delivery->has_error_code)
        frame_push(frame, delivery->error_code);
}

static void push_outer(const Cpu *cpu, Frame *frame)
{
    if (cpu_v86(cpu)) {
        frame_push(frame, cpu->segments[GS].selector);
        frame_push(frame, cpu->segments[FS].selector);
        frame_push(frame, cpu->segments[DS].selector);
        frame_push(frame, cpu->segments[ES].selector);
    }
    frame_push(frame, cpu->segments[SS].selector);
    frame_push(frame, cpu->gpr[RSP]);
}

static void drop_v86_segments(Cpu *cpu)
{
    segment_set_null(cpu, ES, 0);
    segment_set_null(cpu, DS, 0);
    segment_set_null(cpu, FS, 0);
    segment_set_null(cpu, GS, 0);
}

static void deliver_through_gate(Cpu *cpu, const Delivery *delivery, Descriptor gate)
{
    u16 selector = (u16)bits(gate, 31, 16), type = access_type(descriptor_access(gate));
    Size size = type & 8 ? DWORD : WORD;
    u64 rip = size == DWORD ? bits(gate, 15, 0) | bits(gate, 63, 48) << 16 : bits(gate, 15, 0);
    bool from_v86 = cpu_v86(cpu), inner;
    unsigned cpl;
    Descriptor code = fetch_handler(cpu, selector, &cpl);
    Frame frame;

    inner = cpl < cpu->cpl;
    if (inner) {
        frame_on_inner_stack(cpu, &frame, size, cpl);
        push_outer(cpu, &frame);
    } else {
        frame_on_stack(cpu, &frame, size);
    }
    push_return(cpu, &frame, delivery);
    frame_check(cpu, &frame);
    code_segment_check_rip(cpu, code, rip);

    frame_commit(cpu, &frame);
    clear_flags(cpu, FLAG_TF | FLAG_NT | FLAG_VM | FLAG_RF | (type & 1 ? 0 : FLAG_IF));
    code_segment_enter(cpu, selector, code, cpl);
    if (inner)
        frame_load_inner_stack(cpu, &frame);
    if (from_v86)
        drop_v86_segments(cpu);
    cpu->rip = rip;
}

static void deliver_protected(Cpu *cpu, const Delivery *delivery)
{
    Descriptor gate = fetch_gate(cpu, delivery);

    if (access_type(descriptor_access(gate)) == SYSTEM_TASK_GATE)
        deliver_to_task(cpu, delivery, (u16)bits(gate, 31, 16));
    else
        deliver_through_gate(cpu, delivery, gate);
}

/* ---- long mode ---- */

/* SDM Vol. 3, "64-Bit Mode IDT". */
static Descriptor fetch_long_gate(Cpu *cpu, const Delivery *delivery, u64 *rip)
{
    u32 offset = delivery->vector * 16u, error_code = delivery->vector * 8u + 2;
    u64 linear = cpu->idtr.base + offset;
    Descriptor gate;
    u16 access;

    if (offset + 15 > cpu->idtr.limit)
        cpu_raise(cpu, EXCEPTION_GP, error_code);
    gate = system_read(cpu, linear, QWORD);
    *rip = system_read(cpu, linear + 8, QWORD) << 32 | bits(gate, 63, 48) << 16 | bits(gate, 15, 0);
    access = descriptor_access(gate);
    if ((access & (ACCESS_S | ACCESS_TYPE)) != SYSTEM_INTERRUPT_GATE32 &&
        (access & (ACCESS_S | ACCESS_TYPE)) != SYSTEM_TRAP_GATE32)
        cpu_raise(cpu, EXCEPTION_GP, error_code);
    if (delivery->kind == EVENT_SOFTWARE && access_dpl(access) < cpu->cpl)
        cpu_raise(cpu, EXCEPTION_GP, error_code);
    if (!(access & ACCESS_P))
        cpu_raise(cpu, EXCEPTION_NP, error_code);
    return gate;
}

/* SDM Vol. 3, "64-Bit Mode Stack Frame", "Stack Switching in IA-32e Mode", "Interrupt Stack
 * Table". */
static void deliver_long(Cpu *cpu, const Delivery *delivery)
{
    u64 rip, pointer = cpu->gpr[RSP];
    Descriptor gate = fetch_long_gate(cpu, delivery, &rip), code;
    u16 selector = (u16)bits(gate, 31, 16), type = access_type(descriptor_access(gate));
    unsigned stack = (unsigned)bits(gate, 34, 32), cpl;
    bool inner;
    Frame frame;

    code = fetch_handler(cpu, selector, &cpl);
    inner = cpl < cpu->cpl;
    if (stack)
        pointer = frame_long_stack_pointer(cpu, stack + 2);
    else if (inner)
        pointer = frame_long_stack_pointer(cpu, cpl);
    frame_on_long_stack(cpu, &frame, pointer & ~(u64)15, cpl);
    push_outer(cpu, &frame);
    push_return(cpu, &frame, delivery);
    frame_check(cpu, &frame);
    code_segment_check_rip(cpu, code, rip);

    frame_commit(cpu, &frame);
    clear_flags(cpu, FLAG_TF | FLAG_NT | FLAG_RF | (type & 1 ? 0 : FLAG_IF));
    code_segment_enter(cpu, selector, code, cpl);
    if (inner)
        segment_set_null(cpu, SS, (u16)cpl);
    cpu->rip = rip;
}

/* A fault's handler returns to the faulting instruction, which must not hit its own instruction
 * breakpoint again: the pushed RF is set. The processor's traps push it as it is. */
static u64 pushed_flags(const Cpu *cpu, u8 vector, EventKind kind)
{
    u64 flags = cpu_get_flags(cpu);

    if (kind == EVENT_EXCEPTION && vector != EXCEPTION_DF && vector != EXCEPTION_MC)
        return flags | FLAG_RF;
    return kind == EVENT_SOFTWARE ? flags & ~(u64)FLAG_RF : flags;
}

static void log_event(Cpu *cpu, const Delivery *delivery)
{
    static const char *const kinds[] = {
        [EVENT_EXTERNAL] = "interrupt",
        [EVENT_EXCEPTION] = "exception",
        [EVENT_SOFTWARE] = "INT",
        [EVENT_DEBUG] = "debug trap",
    };
    bool is_exception = delivery->kind == EVENT_EXCEPTION || delivery->kind == EVENT_DEBUG;

    LOG(cpu->log, LOG_INT, "%s %02Xh %s error code %04X, from %04X:%08llX, CPL %u, CR2 %08llX",
        kinds[delivery->kind], delivery->vector,
        is_exception ? exception_name(delivery->vector) : "", delivery->error_code,
        cpu->segments[CS].selector, (unsigned long long)delivery->return_rip, cpu->cpl,
        (unsigned long long)cpu->cr2);
}

static void tell_observer(Cpu *cpu, const Delivery *delivery)
{
    const ObservedEvent event = {.vector = delivery->vector,
                                 .external = delivery->kind == EVENT_EXTERNAL,
                                 .software = delivery->kind == EVENT_SOFTWARE,
                                 .has_error_code = delivery->has_error_code,
                                 .error_code = delivery->error_code,
                                 .return_rip = delivery->return_rip};

    cpu->observer->event(cpu->observer->owner, &event);
}

void cpu_interrupt(Cpu *cpu, u8 vector, EventKind kind, bool has_error_code, u32 error_code,
                   u64 return_rip)
{
    const Delivery delivery = {.vector = vector,
                               .kind = kind,
                               .has_error_code = has_error_code,
                               .error_code = error_code,
                               .return_rip = return_rip,
                               .flags = pushed_flags(cpu, vector, kind)};

    log_event(cpu, &delivery);
    cpu->delivering = vector;
    if (kind == EVENT_SOFTWARE)
        cpu->delivering |= DELIVERING_SOFTWARE;
    else if (kind != EVENT_EXCEPTION)
        cpu->delivering |= DELIVERING_INTERRUPT;
    if (cpu_real(cpu))
        deliver_real(cpu, &delivery);
    else if (cpu_long(cpu))
        deliver_long(cpu, &delivery);
    else
        deliver_protected(cpu, &delivery);
    cpu->delivering = -1;
    cpu->attention &= (u8)~ATTEND_HALT;
    cpu->dr6_pending &= ~(u64)DR6_BS; /* TF was saved and cleared */
    cpu_leave_block(cpu);
    if (UNLIKELY(cpu->observer))
        tell_observer(cpu, &delivery);
}
