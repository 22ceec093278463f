/*
 * The x87 as a whole: availability, pending exceptions, FERR# and IGNNE#.
 *
 * While CR0.NE is 0, a pending exception is reported as on the first PCs: the next waiting
 * instruction raises FERR# and the processor stops before it until an interrupt comes (the board
 * turns FERR# into IRQ 13). While the board answers with IGNNE#, waiting instructions execute.
 * FERR# falls, and IGNNE# with it, when no unmasked exception is left.
 *
 * Manual: Intel SDM Vol. 1, "Guidelines for Writing x87 FPU Exception Handlers", "MS-DOS
 * Compatibility Sub-mode".
 */
#include "cpu/x87.h"

void x87_unavailable(Cpu *cpu)
{
    cpu_raise(cpu, EXCEPTION_NM, 0);
}

static void set_ferr(Cpu *cpu, bool level)
{
    if (cpu->x87.ferr == level)
        return;
    cpu->x87.ferr = level;
    if (!level)
        cpu->x87.ignne = false;
    if (cpu->board.ferr) {
        cpu_sync_cycles(cpu);
        cpu_leave_block(cpu);
        cpu->board.ferr(cpu->board.board, level);
    }
}

void cpu_set_ignne(Cpu *cpu, bool level)
{
    cpu->x87.ignne = level && cpu->x87.ferr;
}

void x87_wait(Cpu *cpu)
{
    if (cpu->cr0 & CR0_NE)
        cpu_raise(cpu, EXCEPTION_MF, 0);
    if (cpu->x87.ignne)
        return;
    set_ferr(cpu, true);
    cpu_halt_before(cpu);
}

void x87_update_summary(Cpu *cpu)
{
    X87 *x87 = &cpu->x87;

    x87->status &= (u16) ~(X87_ES | X87_BUSY);
    if (x87_unmasked(x87, x87->status, X87_EXCEPTIONS))
        x87->status |= X87_ES | X87_BUSY;
    else
        set_ferr(cpu, false);
}

void x87_init(Cpu *cpu)
{
    X87 *x87 = &cpu->x87;

    x87->control = X87_CONTROL_INIT;
    x87->status = 0;
    x87->top = 0;
    x87->empty = 0xFF;
    x87->opcode = 0;
    x87->ip = x87->dp = 0;
    x87->cs = x87->ds = 0;
    x87_update_summary(cpu);
}

static void probe_store(Cpu *cpu, const Insn *insn, unsigned offset, unsigned size)
{
    u64 linear =
        memory_linear(cpu, insn->segment, operand_offset(cpu, insn) + offset, size, true);

    if (!mmu_fast(&cpu->mmu, cpu->tlb_epoch, linear, ACCESS_WRITE, cpu->as, size))
        memory_probe_write(cpu, linear, size, cpu->as);
}

void x87_probe_store(Cpu *cpu, const Insn *insn, unsigned size, unsigned alignment)
{
    for (unsigned done = 0; done < size; done += alignment)
        probe_store(cpu, insn, done, size - done < alignment ? size - done : alignment);
}

void x87_probe_image(Cpu *cpu, const Insn *insn, unsigned size, unsigned field, bool write)
{
    if (write) {
        probe_store(cpu, insn, 0, field);
        probe_store(cpu, insn, size - 1, BYTE);
        x87_probe_store(cpu, insn, size, field);
    } else {
        x87_read_memory(cpu, insn, 0, field);
        x87_read_memory(cpu, insn, size - 1, BYTE);
    }
}

/* Manual: "Wait". TS matters to it only together with MP. */
static void FWAIT(Cpu *cpu, const Insn *insn)
{
    (void)insn;
    if ((cpu->cr0 & (CR0_MP | CR0_TS)) == (CR0_MP | CR0_TS))
        x87_unavailable(cpu);
    if (cpu->x87.status & X87_ES)
        x87_wait(cpu);
}
PLAIN(FWAIT)
