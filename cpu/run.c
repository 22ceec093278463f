/*
 * The interpreter's loop: find the block at rip, call the body of each of its instructions, and
 * between blocks attend to interrupts, traps and the board.
 *
 * An exception abandons its instruction by a longjmp() to cpu_run(). Its delivery counts as one
 * cycle, so that a guest that does nothing but fault cannot stop the clock.
 */
#include "cpu/code_cache.h"
#include "cpu/debug_registers.h"
#include "cpu/exec.h"

/* Stands for "between two instructions". */
static const Insn no_insn;

static void leave_instruction(Cpu *cpu)
{
    cpu->insn = cpu->counted = &no_insn;
    cpu->block_rip = cpu->rip;
}

/* ---- events ---- */

/* The instruction raised an exception: it did not happen. */
static void deliver_raised(Cpu *cpu)
{
    cpu_sync_cycles(cpu);
    cpu->rip = cpu_rip(cpu);
    cpu->cycles++;
    leave_instruction(cpu);
    cpu_deliver_raised(cpu);
}

static void deliver_interrupt(Cpu *cpu)
{
    u8 vector = cpu->board.acknowledge ? cpu->board.acknowledge(cpu->board.board) : 0xFF;

    cpu->attention &= (u8)~ATTEND_HALT;
    cpu->cycles++;
    cpu_interrupt(cpu, vector, EVENT_EXTERNAL, false, 0, cpu->rip);
}

static void deliver_nmi(Cpu *cpu)
{
    cpu->attention &= (u8)~(ATTEND_HALT | ATTEND_NMI);
    cpu->nmi_blocked = true;
    cpu->cycles++;
    cpu_interrupt(cpu, EXCEPTION_NMI, EVENT_EXTERNAL, false, 0, cpu->rip);
}

/* A pending debug trap, or an instruction breakpoint at rip. */
static bool debug_event(Cpu *cpu)
{
    u64 linear = cpu->segments[CS].base + cpu->rip;

    if ((cpu->attention & ATTEND_BREAKPOINTS) && !(cpu->rflags & FLAG_RF) &&
        debug_instruction_match(cpu, linear))
        return true;
    return cpu->dr6_pending != 0;
}

/* What the next instruction needs, after the most urgent event was delivered. */
typedef enum Next { NEXT_RUN, NEXT_STEP, NEXT_RETURN } Next;

/* Manual: SDM Vol. 3, "Priority Among Simultaneous Exceptions and Interrupts". */
static Next attend(Cpu *cpu)
{
    bool shadow = cpu->attention & ATTEND_SHADOW;

    if (cpu->attention & (ATTEND_STOP | ATTEND_SHUTDOWN))
        return NEXT_RETURN;
    if (!shadow && debug_event(cpu)) {
        cpu->attention &= (u8)~ATTEND_HALT;
        cpu->cycles++;
        debug_trap_deliver(cpu);
    } else if (!shadow && (cpu->attention & ATTEND_NMI) && !cpu->nmi_blocked) {
        deliver_nmi(cpu);
    } else if (!shadow && (cpu->attention & ATTEND_INTR) && (cpu->rflags & FLAG_IF)) {
        deliver_interrupt(cpu);
    }
    if (cpu->attention & (ATTEND_STOP | ATTEND_SHUTDOWN | ATTEND_HALT))
        return NEXT_RETURN;
    return cpu->attention & (ATTEND_TRAP | ATTEND_SHADOW | ATTEND_BREAKPOINTS) ? NEXT_STEP
                                                                              : NEXT_RUN;
}

/* ---- instructions ---- */

/* Executes at most `budget` (> 0) instructions of a block. */
static void execute(Cpu *cpu, const Block *block, u64 budget)
{
    const Insn *insn = block->insns;
    const Insn *end = insn + (budget < block->count ? budget : block->count);
    u64 rip = cpu->rip;

    cpu->counted = insn;
    cpu->block_rip = rip;
    cpu->block_end = end;
    /* A body that transfers control overwrites this; it is always the block's last. */
    rip += end[-1].start + end[-1].length;
    cpu->rip = cpu->code_size == 8 ? rip : (u32)rip;
    do {
        cpu->insn = insn;
        insn->exec(cpu, insn);
        insn++;
    } while (LIKELY(insn < cpu->block_end));
    if (UNLIKELY(insn != end)) {    /* left early */
        rip = cpu->block_rip + insn->start;
        cpu->rip = cpu->code_size == 8 ? rip : (u32)rip;
    }
    cpu->cycles += (u64)(insn - cpu->counted);
    cpu->insn = cpu->counted = insn;
}

static bool is_software_interrupt(const Insn *insn)
{
    InsnName name = opcode_rows[insn->row].name;

    return name == INSN_INT || name == INSN_INT3 || name == INSN_INTO || name == INSN_INT1;
}

/* One instruction, with what TF, RF and an interrupt shadow ask for around it. */
static void step(Cpu *cpu)
{
    bool trap = cpu->rflags & FLAG_TF, resume = cpu->rflags & FLAG_RF;
    const Insn *insn;

    cpu->attention &= (u8)~ATTEND_SHADOW;
    leave_instruction(cpu);
    insn = code_cache_find(cpu)->insns;
    execute(cpu, code_cache_find(cpu), 1);
    leave_instruction(cpu);
    if (is_software_interrupt(insn))    /* its gate has cleared TF, and the trap with it */
        return;
    if (trap)
        cpu->dr6_pending |= DR6_BS;
    if (resume && opcode_rows[insn->row].name != INSN_IRET)
        cpu_set_flags(cpu, 0, FLAG_RF);
    if (cpu->dr6_pending)
        cpu->attention |= ATTEND_TRAP;
}

static void run_blocks(Cpu *cpu)
{
    Block *block;

    leave_instruction(cpu);
    block = code_cache_find(cpu);
    for (;;) {
        execute(cpu, block, cpu->deadline - cpu->cycles);
        if (UNLIKELY(cpu->attention) || cpu->cycles >= cpu->deadline)
            return;
        leave_instruction(cpu);
        /* Links hold within one mode, CS and CPL; whoever changes these leaves the block. */
        block = LIKELY(cpu->block_end) ? code_cache_next(cpu, block) : code_cache_find(cpu);
    }
}

void cpu_run(Cpu *cpu)
{
    if (_setjmp(cpu->unwind))
        deliver_raised(cpu);
    while (cpu->cycles < cpu->deadline) {
        Next next = NEXT_RUN;

        leave_instruction(cpu);
        if (cpu->attention)
            next = attend(cpu);
        if (next == NEXT_RETURN || cpu->cycles >= cpu->deadline)
            break;
        if (next == NEXT_STEP)
            step(cpu);
        else
            run_blocks(cpu);
    }
    leave_instruction(cpu);
}

void cpu_step(Cpu *cpu)
{
    u64 deadline = cpu->deadline;

    cpu->deadline = cpu->cycles + 1;
    cpu_run(cpu);
    cpu->deadline = deadline;
}
