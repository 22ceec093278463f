/*
 * The interpreter's loop: find the block at rip, call the body of each of its instructions, and
 * between blocks attend to interrupts, traps and the board.
 *
 * Where a run ends by the clock or is stopped, the next one goes on as if it had not ended: what
 * the TLB is asked for must not depend on how execution is cut into runs.
 *
 * An exception abandons its instruction by a longjmp() to cpu_run(), and so does a fast body that
 * leaves an access to the general one. An exception's delivery counts as one
 * cycle, so that a guest that does nothing but fault cannot stop the clock.
 */
#include "cpu/code_cache.h"
#include "cpu/debug_registers.h"
#include "cpu/engine.h"
#include "cpu/exec.h"
#include "cpu/observer.h"

const Insn no_insn;

_Noreturn void cpu_redo(Cpu *cpu)
{
    longjmp(cpu->unwind, UNWIND_REDO);
}

/* ---- events ---- */

/* The current instruction did not happen. */
static void undo_instruction(Cpu *cpu)
{
    cpu_sync_cycles(cpu);
    cpu->rip = cpu_rip(cpu);
    cpu_between_instructions(cpu);
}

static void deliver_raised(Cpu *cpu)
{
    undo_instruction(cpu);
    cpu->resume = false;
    cpu->cycles++;
    cpu_deliver_raised(cpu);
}

static void deliver_interrupt(Cpu *cpu)
{
    u8 vector = cpu->board.acknowledge ? cpu->board.acknowledge(cpu->board.board) : 0xFF;

    cpu->attention &= (u8)~ATTEND_HALT;
    cpu->resume = false;
    cpu->cycles++;
    cpu_interrupt(cpu, vector, EVENT_EXTERNAL, false, 0, cpu->rip);
}

static void deliver_nmi(Cpu *cpu)
{
    cpu->attention &= (u8) ~(ATTEND_HALT | ATTEND_NMI);
    cpu->nmi_blocked = true;
    cpu->resume = false;
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
    /* STI holds back interrupts, MOV SS and POP SS debug traps as well. */
    if (!(shadow && cpu->traps_wait) && debug_event(cpu)) {
        cpu->attention &= (u8) ~(ATTEND_HALT | ATTEND_SHADOW);
        cpu->resume = false;
        cpu->cycles++;
        debug_trap_deliver(cpu);
    } else if (!shadow && (cpu->attention & ATTEND_NMI) && !cpu->nmi_blocked) {
        deliver_nmi(cpu);
    } else if (!shadow && (cpu->attention & ATTEND_INTR)) {
        deliver_interrupt(cpu);
    }
    if (cpu->attention & (ATTEND_STOP | ATTEND_SHUTDOWN | ATTEND_HALT))
        return NEXT_RETURN;
    return cpu->attention & (ATTEND_TRAP | ATTEND_SHADOW | ATTEND_BREAKPOINTS) ? NEXT_STEP
                                                                               : NEXT_RUN;
}

/* ---- instructions ---- */

/* Prepares to execute at most `budget` (> 0) instructions of a block. */
FORCE_INLINE void enter_block(Cpu *cpu, Block *block, u64 budget)
{
    const Insn *end = block->insns + (budget < block->count ? budget : block->count);

    cpu->block = block;
    cpu->block_key = link_key(cpu);
    cpu->counted = block->insns;
    cpu->block_rip = cpu->rip;
    cpu->block_end = cpu->block_stop = end;
    /* A body that transfers control overwrites this; it is always the block's last. */
    cpu->rip = (cpu->rip + end[-1].start + end[-1].length) & cpu->linear_mask;
}

/* `next` would have been the next instruction. */
FORCE_INLINE void leave_block(Cpu *cpu, const Insn *next)
{
    if (UNLIKELY(next != cpu->block_stop)) /* left early */
        cpu->rip = (cpu->block_rip + next->start) & cpu->linear_mask;
    cpu->cycles += (u64)(next - cpu->counted);
    cpu->insn = cpu->counted = next;
}

FORCE_INLINE void execute_from(Cpu *cpu, const Insn *insn)
{
    do {
        cpu->insn = insn;
        insn->exec(cpu, insn);
        insn++;
    } while (LIKELY(insn < cpu->block_end));
    leave_block(cpu, insn);
}

/* A fast body declined: the general one does the instruction, and the block goes on. */
static void redo(Cpu *cpu)
{
    const Insn *insn = cpu->insn;

    insn_general_handler(insn)(cpu, insn);
    if (insn + 1 < cpu->block_end)
        execute_from(cpu, insn + 1);
    else
        leave_block(cpu, insn + 1);
    cpu->resume = true;
}

static bool is_software_interrupt(const Insn *insn)
{
    InsnName name = opcode_rows[insn->row].name;

    return name == INSN_INT || name == INSN_INT3 || name == INSN_INTO || name == INSN_INT1;
}

/* SYSCALL and SYSRET see to their traps themselves. */
static bool is_fast_call(const Insn *insn)
{
    InsnName name = opcode_rows[insn->row].name;

    return name == INSN_SYSCALL || name == INSN_SYSRET;
}

/* One instruction, with what TF, RF and an interrupt shadow ask for around it. */
static void step(Cpu *cpu)
{
    bool trap = cpu->rflags & FLAG_TF, resume = cpu->rflags & FLAG_RF;
    u64 rip = cpu->rip;
    Block *block;
    const Insn *insn;

    cpu->attention &= (u8)~ATTEND_SHADOW;
    cpu->traps_wait = false;
    cpu->resume = false;
    cpu_between_instructions(cpu);
    block = code_cache_find(cpu);
    insn = block->insns;
    enter_block(cpu, block, 1);
    cpu->insn = insn;
    insn_general_handler(insn)(cpu, insn);
    leave_block(cpu, insn + 1);
    cpu_between_instructions(cpu);
    if (is_software_interrupt(insn) && !(cpu->rflags & FLAG_TF))
        return; /* its gate has cleared TF, and the trap with it; INTO may not have gone there */
    if (trap && !is_fast_call(insn))
        cpu->dr6_pending |= DR6_BS;
    /* RF lasts until a repeated string instruction has ended. */
    if (resume && cpu->rip != rip && opcode_rows[insn->row].name != INSN_IRET)
        cpu_set_flags(cpu, 0, FLAG_RF);
    if (cpu->dr6_pending)
        cpu->attention |= ATTEND_TRAP;
}

Block *cpu_first_block(Cpu *cpu)
{
    bool resume = cpu->resume;

    cpu->resume = false;
    return resume ? code_cache_next(cpu, cpu->block) : code_cache_find(cpu);
}

FORCE_INLINE void interpret(Cpu *cpu, Block *block)
{
    enter_block(cpu, block, cpu->deadline - cpu->cycles);
    execute_from(cpu, block->insns);
}

void cpu_interpret(Cpu *cpu, Block *block)
{
    interpret(cpu, block);
}

void cpu_leave(Cpu *cpu, const Insn *next)
{
    leave_block(cpu, next);
}

/* Apart from cpu_run(), whose setjmp() would keep everything in memory. */
static __attribute__((noinline)) void run_blocks(Cpu *cpu)
{
    Block *block = cpu_first_block(cpu);

    for (;;) {
        interpret(cpu, block);
        if (UNLIKELY(cpu_run_is_over(cpu)))
            return;
        block = code_cache_next(cpu, block);
    }
}

void cpu_run(Cpu *cpu)
{
    switch (_setjmp(cpu->unwind)) {
    case UNWIND_RAISED:
        deliver_raised(cpu);
        break;
    case UNWIND_HALTED:
        undo_instruction(cpu);
        cpu->resume = false;
        break;
    case UNWIND_REDO:
        redo(cpu);
        break;
    case UNWIND_STOPPED:
        break;
    }
    while (cpu->cycles < cpu->deadline) {
        Next next = NEXT_RUN;

        cpu_between_instructions(cpu);
        if (cpu->attention)
            next = attend(cpu);
        if (next == NEXT_RETURN || cpu->cycles >= cpu->deadline)
            break;
        if (UNLIKELY(cpu->observer) && observer_stops(cpu))
            break;
        if (next == NEXT_STEP) {
            step(cpu);
        } else {
            if (cpu->engine)
                cpu->engine->run(cpu);
            else
                run_blocks(cpu);
            cpu->resume = true;
        }
    }
    cpu_between_instructions(cpu);
    /* The one of several forms of the same flags that all engines agree on. */
    flags_unpack(&cpu->flags, flags_pack(&cpu->flags));
}

void cpu_step(Cpu *cpu)
{
    u64 deadline = cpu->deadline;

    cpu->deadline = cpu->cycles + 1;
    cpu_run(cpu);
    cpu->deadline = deadline;
}
