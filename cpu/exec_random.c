/*
 * RDRAND and RDSEED.
 *
 * A run is a pure function of the machine and its inputs, so these numbers are too: they come from
 * SplitMix64 (a counter that moves by the golden ratio, and a mix of its bits), whose counter is
 * part of the processor's state. They are well distributed, and no secret.
 *
 * Manual: Intel SDM Vol. 2, "Read Random Number", "Read Random SEED"; G. Steele, D. Lea, C. Flood,
 * "Fast Splittable Pseudorandom Number Generators", 2014.
 */
#include "cpu/exec.h"

static u64 next_random(Cpu *cpu)
{
    u64 value;

    cpu->random += 0x9E3779B97F4A7C15;
    value = cpu->random;
    value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9;
    value = (value ^ value >> 27) * 0x94D049BB133111EB;
    return value ^ value >> 31;
}

/* There is always a number: CF; the other flags become 0. */
static void read_random(Cpu *cpu, const Insn *insn)
{
    Operand dst = insn->operands[0];

    register_write(cpu, dst, dst.size, next_random(cpu));
    flags_unpack(&cpu->flags, FLAG_CF);
}

static void RDRAND(Cpu *cpu, const Insn *insn)
{
    read_random(cpu, insn);
}
PLAIN(RDRAND)

static void RDSEED(Cpu *cpu, const Insn *insn)
{
    read_random(cpu, insn);
}
PLAIN(RDSEED)
