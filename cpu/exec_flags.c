/*
 * Single flags. Manual: Intel SDM Vol. 2, each instruction's page.
 */
#include "cpu/exec.h"

static void CLC(Cpu *cpu, const Insn *insn)
{
    (void)insn;
    flags_set_co(&cpu->flags, false, flag_o(&cpu->flags));
}
PLAIN(CLC)

static void STC(Cpu *cpu, const Insn *insn)
{
    (void)insn;
    flags_set_co(&cpu->flags, true, flag_o(&cpu->flags));
}
PLAIN(STC)

static void CMC(Cpu *cpu, const Insn *insn)
{
    (void)insn;
    flags_set_co(&cpu->flags, !flag_c(&cpu->flags), flag_o(&cpu->flags));
}
PLAIN(CMC)

static void CLD(Cpu *cpu, const Insn *insn)
{
    (void)insn;
    cpu->rflags &= ~(u64)FLAG_DF;
}
PLAIN(CLD)

static void STD(Cpu *cpu, const Insn *insn)
{
    (void)insn;
    cpu->rflags |= FLAG_DF;
}
PLAIN(STD)

/* Which flag CLI and STI act on: IF with enough privilege; VIF in VM86 mode with CR4.VME and in
 * ring 3 with CR4.PVI; otherwise #GP(0). Manual: SDM Vol. 2, tables "Decision Table for CLI
 * Results" and "... STI Results". */
static u64 interrupt_flag(Cpu *cpu)
{
    if (cpu_real(cpu) || cpu_iopl(cpu) >= cpu->cpl)
        return FLAG_IF;
    if (cpu_v86(cpu) ? cpu->cr4 & CR4_VME : cpu->cpl == 3 && (cpu->cr4 & CR4_PVI))
        return FLAG_VIF;
    cpu_raise_gp0(cpu);
}

static void CLI(Cpu *cpu, const Insn *insn)
{
    (void)insn;
    cpu_set_flags(cpu, 0, interrupt_flag(cpu));
}
PLAIN(CLI)

/* The instruction after an STI that sets IF still runs without interrupts. */
static void STI(Cpu *cpu, const Insn *insn)
{
    u64 flag = interrupt_flag(cpu);

    (void)insn;
    if (flag == FLAG_VIF && (cpu->rflags & FLAG_VIP))
        cpu_raise_gp0(cpu);
    if (flag == FLAG_IF && !(cpu->rflags & FLAG_IF))
        cpu_attend(cpu, ATTEND_SHADOW);
    cpu_set_flags(cpu, flag, flag);
}
PLAIN(STI)

enum { AH_FLAGS = FLAGS_ARITHMETIC & ~FLAG_OF };

static void LAHF(Cpu *cpu, const Insn *insn)
{
    u64 ah = (cpu_get_flags(cpu) & AH_FLAGS) | FLAGS_ALWAYS;

    (void)insn;
    cpu->gpr[RAX] = (cpu->gpr[RAX] & ~(u64)0xFF00) | ah << 8;
}
PLAIN(LAHF)

static void SAHF(Cpu *cpu, const Insn *insn)
{
    (void)insn;
    cpu_set_flags(cpu, cpu->gpr[RAX] >> 8, AH_FLAGS);
}
PLAIN(SAHF)
