/*
 * MONITOR and MWAIT.
 *
 * MWAIT does not wait: a wait may end for any reason, and halting instead would miss the stores of
 * devices and other processors. CPUID function 5 names no C-state, so that operating systems halt.
 *
 * Manual: Intel SDM Vol. 2, "Set Up Monitor Address", "Monitor Wait".
 */
#include "cpu/exec.h"

static void require_supervisor(Cpu *cpu)
{
    if (cpu->cpl != 0)
        cpu_raise_ud(cpu);
}

/* The address is rAX of the address size, in DS unless overridden. */
static void MONITOR(Cpu *cpu, const Insn *insn)
{
    require_supervisor(cpu);
    if (cpu->gpr[RCX] & insn->address_mask)
        cpu_raise_gp0(cpu);
    memory_read(cpu, insn->segment, cpu->gpr[RAX] & insn->address_mask, BYTE);
}
PLAIN(MONITOR)

/* ECX bit 0: interrupts end the wait even while they are masked. */
static void MWAIT(Cpu *cpu, const Insn *insn)
{
    (void)insn;
    require_supervisor(cpu);
    if (cpu->gpr[RCX] & 0xFFFFFFFE)
        cpu_raise_gp0(cpu);
}
PLAIN(MWAIT)
