/*
 * Fast system calls, and the bases that a kernel of 64-bit mode swaps on the way.
 * Manual: Intel SDM Vol. 2, "Fast System Call", "Return From Fast System Call", "Fast Return from
 * Fast System Call", "Swap GS Base Register", "Read FS/GS Segment Base"; Vol. 3, "Fast System Calls
 * in 64-Bit Mode".
 */
#include "cpu/debug_registers.h"
#include "cpu/exec.h"

/* The segments are flat whatever the GDT says. */
enum {
    FLAT = ACCESS_G | ACCESS_P | ACCESS_S | ACCESS_RW | ACCESS_ACCESSED,
    FLAT_DATA = FLAT | ACCESS_DB,
    FLAT_CODE = FLAT | ACCESS_CODE,
};

static void set_flat(Cpu *cpu, u16 code, u16 stack, unsigned cpl, bool is_64bit)
{
    u16 ring = (u16)(cpl << ACCESS_DPL_SHIFT);

    cpu->cpl = (u8)cpl;
    segment_replace(cpu, CS, code | (u16)cpl, 0, 0xFFFFFFFF,
                    FLAT_CODE | ring | (is_64bit ? ACCESS_L : ACCESS_DB));
    segment_replace(cpu, SS, stack | (u16)cpl, 0, 0xFFFFFFFF, FLAT_DATA | ring);
    cpu_update_mode(cpu);
}

static void SYSENTER(Cpu *cpu, const Insn *insn)
{
    u16 selector = (u16)(cpu->sysenter_cs & ~3u);

    (void)insn;
    if (cpu_real(cpu) || selector == 0)
        cpu_raise_gp0(cpu);
    cpu_set_flags(cpu, 0, FLAG_VM | FLAG_IF | FLAG_RF);
    set_flat(cpu, selector, selector + 8, 0, cpu_long(cpu));
    cpu->gpr[RSP] = cpu_system_linear(cpu, cpu->sysenter_esp);
    cpu->rip = cpu_system_linear(cpu, cpu->sysenter_eip);
}
PLAIN(SYSENTER)

/* REX.W returns to 64-bit mode, whose selectors follow those of compatibility mode. */
static void SYSEXIT(Cpu *cpu, const Insn *insn)
{
    u16 selector = (u16)(cpu->sysenter_cs & ~3u);
    bool is_64bit = insn->size == QWORD;
    u64 pointer = cpu->gpr[RCX], rip = cpu->gpr[RDX];

    if (cpu_real(cpu) || selector == 0 || cpu->cpl != 0)
        cpu_raise_gp0(cpu);
    if (is_64bit && (!is_canonical(pointer) || !is_canonical(rip)))
        cpu_raise_gp0(cpu);
    if (is_64bit)
        selector += 16;
    set_flat(cpu, selector + 16, selector + 24, 3, is_64bit);
    cpu->gpr[RSP] = is_64bit ? pointer : (u32)pointer;
    cpu->rip = is_64bit ? rip : (u32)rip;
}
PLAIN(SYSEXIT)

/* In 64-bit mode only, as on Intel's processors. */
static void check_syscall(Cpu *cpu)
{
    if (cpu->code_size != 8 || !(cpu->efer & EFER_SCE))
        cpu_raise_ud(cpu);
}

/* What counts for a single step is the TF that SYSCALL and SYSRET load, not the one before: a
 * SYSCALL that masks TF does not trap, and a SYSRET that sets it traps before the instruction
 * returned to. Not in the manual, but systems rely on the one and guard against the other. */
static void trap_by_new_flags(Cpu *cpu)
{
    if (!(cpu->rflags & FLAG_TF))
        return;
    cpu->dr6_pending |= DR6_BS;
    cpu_attend(cpu, ATTEND_TRAP);
}

static void SYSCALL(Cpu *cpu, const Insn *insn)
{
    u16 selector = (u16)(bits(cpu->star, 47, 32) & ~(u64)3);

    (void)insn;
    check_syscall(cpu);
    cpu->gpr[RCX] = cpu_next_rip(cpu);
    cpu->gpr[R11] = cpu_get_flags(cpu) & ~(u64)FLAG_RF;
    cpu_set_flags(cpu, 0, cpu->sfmask | FLAG_RF);
    set_flat(cpu, selector, selector + 8, 0, true);
    cpu->rip = cpu->lstar;
    trap_by_new_flags(cpu);
}
PLAIN(SYSCALL)

static void SYSRET(Cpu *cpu, const Insn *insn)
{
    u16 selector = (u16)(bits(cpu->star, 63, 48) & ~(u64)3);
    bool is_64bit = insn->size == QWORD;
    u64 rip = cpu->gpr[RCX];

    check_syscall(cpu);
    if (cpu->cpl != 0 || (is_64bit && !is_canonical(rip)))
        cpu_raise_gp0(cpu);
    cpu_set_flags(cpu, cpu->gpr[R11], ~(u64)(FLAG_RF | FLAG_VM));
    set_flat(cpu, is_64bit ? selector + 16 : selector, selector + 8, 3, is_64bit);
    cpu->rip = is_64bit ? rip : (u32)rip;
    trap_by_new_flags(cpu);
}
PLAIN(SYSRET)

static void SWAPGS(Cpu *cpu, const Insn *insn)
{
    u64 base = cpu->segments[GS].base;

    (void)insn;
    if (cpu->cpl != 0)
        cpu_raise_gp0(cpu);
    segment_set_base(cpu, GS, cpu->kernel_gs_base);
    cpu->kernel_gs_base = base;
}
PLAIN(SWAPGS)

/* ---- RDFSBASE and its kin: registers only, by REX.W of 32 or 64 bits ---- */

static void check_fsgsbase(Cpu *cpu)
{
    if (!(cpu->cr4 & CR4_FSGSBASE))
        cpu_raise_ud(cpu);
}

static void read_base(Cpu *cpu, const Insn *insn, SegmentRegister reg)
{
    check_fsgsbase(cpu);
    register_write(cpu, insn->operands[0], insn->operands[0].size, cpu->segments[reg].base);
}

static void write_base(Cpu *cpu, const Insn *insn, SegmentRegister reg)
{
    u64 base;

    check_fsgsbase(cpu);
    base = register_read(cpu, insn->operands[0], insn->operands[0].size);
    if (!is_canonical(base))
        cpu_raise_gp0(cpu);
    segment_set_base(cpu, reg, base);
}

static void RDFSBASE(Cpu *cpu, const Insn *insn)
{
    read_base(cpu, insn, FS);
}
PLAIN(RDFSBASE)

static void RDGSBASE(Cpu *cpu, const Insn *insn)
{
    read_base(cpu, insn, GS);
}
PLAIN(RDGSBASE)

static void WRFSBASE(Cpu *cpu, const Insn *insn)
{
    write_base(cpu, insn, FS);
}
PLAIN(WRFSBASE)

static void WRGSBASE(Cpu *cpu, const Insn *insn)
{
    write_base(cpu, insn, GS);
}
PLAIN(WRGSBASE)
