/*
 * The door for another engine than the interpreter's loop: the translator comes in here.
 *
 * Events, exceptions and single steps stay in run.c. An engine executes whole blocks, and where it
 * cannot, it asks for the interpreter's way with cpu_interpret().
 */
#ifndef CPU_ENGINE_H
#define CPU_ENGINE_H

#include "cpu/code_cache.h"

struct CpuEngine {
    /* Executes blocks from cpu_first_block() on, until attention is wanted or cycles has reached
     * the deadline. */
    void (*run)(Cpu *cpu);
    /* A block is about to go (it was written to), and all of them are. */
    void (*block_dropped)(Cpu *cpu, Block *block);
    void (*blocks_flushed)(Cpu *cpu);
};

/* The block to begin with. */
Block *cpu_first_block(Cpu *cpu);

/* Executes a block, or as much of it as the deadline allows, and leaves it. */
void cpu_interpret(Cpu *cpu, Block *block);

/* What the interpreter's loop does after an instruction that ended or left its block; `next` would
 * have been the next one. */
void cpu_leave(Cpu *cpu, const Insn *next);

FORCE_INLINE bool cpu_run_is_over(const Cpu *cpu)
{
    return cpu->attention || cpu->cycles >= cpu->deadline;
}

#endif
