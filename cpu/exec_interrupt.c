/*
 * INT n, INT1, INT3, INTO, IRET, BOUND, UD.
 * Manual: Intel SDM Vol. 2, "Call to Interrupt Procedure", "Interrupt Return", "Check Array Index
 * Against Bounds", "Undefined Instruction".
 */
#include "cpu/exec.h"
#include "cpu/far.h"
#include "cpu/interrupt.h"
#include "cpu/task.h"

static void INT(Cpu *cpu, const Insn *insn)
{
    u8 vector = (u8)insn->immediate;

    if (cpu_v86(cpu)) {
        if ((cpu->cr4 & CR4_VME) && interrupt_redirect(cpu, vector))
            return;
        if (cpu_iopl(cpu) < 3)
            cpu_raise_gp0(cpu);
    }
    cpu_interrupt(cpu, vector, EVENT_SOFTWARE, false, 0, cpu_next_rip(cpu));
}
PLAIN(INT)

static void INT1(Cpu *cpu, const Insn *insn)
{
    (void)insn;
    cpu_interrupt(cpu, EXCEPTION_DB, EVENT_DEBUG, false, 0, cpu_next_rip(cpu));
}
PLAIN(INT1)

static void INT3(Cpu *cpu, const Insn *insn)
{
    (void)insn;
    cpu_interrupt(cpu, EXCEPTION_BP, EVENT_SOFTWARE, false, 0, cpu_next_rip(cpu));
}
PLAIN(INT3)

static void INTO(Cpu *cpu, const Insn *insn)
{
    (void)insn;
    if (flag_o(&cpu->flags))
        cpu_interrupt(cpu, EXCEPTION_OF, EVENT_SOFTWARE, false, 0, cpu_next_rip(cpu));
}
PLAIN(INTO)

FORCE_INLINE void BOUND(Cpu *cpu, const Insn *insn, Shape shape)
{
    u64 offset = operand_offset(cpu, insn);
    i64 index = (i64)sign_extend(register_read(cpu, insn->operands[0], shape.size), shape.size);
    i64 lower = (i64)sign_extend(memory_read(cpu, insn->segment, offset, shape.size), shape.size);
    i64 upper = (i64)sign_extend(memory_read(cpu, insn->segment, offset + shape.size, shape.size),
                                 shape.size);

    if (index < lower || index > upper)
        cpu_raise(cpu, EXCEPTION_BR, 0);
}
SIZED(BOUND)

static void UD(Cpu *cpu, const Insn *insn)
{
    (void)insn;
    cpu_raise_ud(cpu);
}
PLAIN(UD)

/* ---- IRET ---- */

enum {
    FLAGS_IRET = FLAGS_ARITHMETIC | FLAG_TF | FLAG_DF | FLAG_NT, /* at any privilege */
    FLAGS_IRET32 = FLAG_RF | FLAG_AC | FLAG_ID,                  /* with 32-bit operands, too */
    FLAGS_V86 = FLAG_VM | FLAG_VIF | FLAG_VIP,
};

static u64 iret_flags(Size size)
{
    return FLAGS_IRET | (size == WORD ? 0 : FLAGS_IRET32);
}

/* Real mode, and virtual-8086 mode with IOPL 3. */
static void return_8086(Cpu *cpu, Size size, u64 mask)
{
    u64 rip = stack_peek(cpu, 0, size);
    u64 cs = stack_peek(cpu, size, size);
    u64 flags = stack_peek(cpu, 2 * size, size);

    far_jump_real(cpu, (u16)cs, rip);
    stack_drop(cpu, 3 * size);
    cpu_set_flags(cpu, flags, mask);
}

/* IOPL below 3: a 16-bit IRET with CR4.VME changes VIF instead of IF. */
static void return_v86_virtual(Cpu *cpu, Size size)
{
    u64 flags, virtual_interrupts;

    if (!(cpu->cr4 & CR4_VME) || size != WORD)
        cpu_raise_gp0(cpu);
    flags = stack_peek(cpu, 2 * size, size);
    if ((flags & FLAG_TF) || ((flags & FLAG_IF) && (cpu->rflags & FLAG_VIP)))
        cpu_raise_gp0(cpu);
    virtual_interrupts = flags & FLAG_IF ? FLAG_VIF : 0;
    return_8086(cpu, size, FLAGS_IRET);
    cpu_set_flags(cpu, virtual_interrupts, FLAG_VIF);
}

static void return_v86(Cpu *cpu, Size size)
{
    if (cpu_iopl(cpu) == 3)
        return_8086(cpu, size, iret_flags(size) | FLAG_IF);
    else
        return_v86_virtual(cpu, size);
}

/* From ring 0 to a virtual-8086 program: nine doublewords. */
static void return_to_v86(Cpu *cpu, u64 rip, u16 cs, u64 flags)
{
    u64 pointer = stack_peek(cpu, 12, DWORD);
    u16 ss = (u16)stack_peek(cpu, 16, DWORD);
    u16 selectors[SEGMENT_COUNT] = {[CS] = cs, [SS] = ss};

    selectors[ES] = (u16)stack_peek(cpu, 20, DWORD);
    selectors[DS] = (u16)stack_peek(cpu, 24, DWORD);
    selectors[FS] = (u16)stack_peek(cpu, 28, DWORD);
    selectors[GS] = (u16)stack_peek(cpu, 32, DWORD);
    if (rip > 0xFFFF)
        cpu_raise_gp0(cpu);
    cpu_set_flags(cpu, flags, ~(u64)0);
    cpu->cpl = 3;
    for (unsigned reg = ES; reg <= GS; reg++)
        segment_set_real(cpu, reg, selectors[reg]);
    cpu->gpr[RSP] = pointer;
    cpu->rip = rip;
    cpu_update_mode(cpu);
}

/* SDM: the link is that of a busy TSS in the GDT. */
static void return_to_task(Cpu *cpu)
{
    u16 selector = (u16)system_read(cpu, (u32)cpu->segments[TR].base, WORD), access;
    Descriptor tss;

    if (selector & 4)
        cpu_raise(cpu, EXCEPTION_TS, selector & ~3u);
    tss = descriptor_fetch(cpu, selector, EXCEPTION_TS);
    access = descriptor_access(tss);
    if (!access_is_tss(access, true))
        cpu_raise(cpu, EXCEPTION_TS, selector & ~3u);
    if (!(access & ACCESS_P))
        cpu_raise(cpu, EXCEPTION_NP, selector & ~3u);
    task_switch(cpu, selector, tss, TASK_RETURN, cpu_next_rip(cpu));
}

static void return_protected(Cpu *cpu, Size size)
{
    u64 rip = stack_peek(cpu, 0, size), flags, mask = iret_flags(size);
    u16 cs = (u16)stack_peek(cpu, size, size);
    FarReturn target = {.loads_stack = cpu->code_size == 8};

    flags = stack_peek(cpu, 2 * size, size);
    if (size == DWORD && !cpu_long(cpu) && (flags & FLAG_VM) && cpu->cpl == 0) {
        return_to_v86(cpu, rip, cs, flags);
        return;
    }
    far_return_check(cpu, &target, cs, rip, 3 * size, size);
    if (cpu->cpl <= cpu_iopl(cpu))
        mask |= FLAG_IF;
    if (cpu->cpl == 0)
        mask |= FLAG_IOPL | (size == WORD ? 0 : FLAG_VIF | FLAG_VIP);
    far_return_commit(cpu, &target, 3 * size, 0);
    cpu_set_flags(cpu, flags, mask);
}

FORCE_INLINE void IRET(Cpu *cpu, const Insn *insn, Shape shape)
{
    (void)insn;
    cpu->nmi_blocked = false; /* even when IRET faults */
    if (cpu_real(cpu))
        return_8086(cpu, shape.size, iret_flags(shape.size) | FLAG_IF | FLAG_IOPL);
    else if (cpu_v86(cpu))
        return_v86(cpu, shape.size);
    else if ((cpu->rflags & FLAG_NT) && cpu_long(cpu))
        cpu_raise_gp0(cpu);
    else if (cpu->rflags & FLAG_NT)
        return_to_task(cpu);
    else
        return_protected(cpu, shape.size);
}
SIZED(IRET)
