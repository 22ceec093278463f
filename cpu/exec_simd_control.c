/*
 * The end of MMX code, MXCSR, and the order of memory accesses.
 *
 * There are no caches and all accesses are in order: fences do nothing, CLFLUSH makes the checks of
 * a load.
 *
 * Manual: Intel SDM Vol. 1, "MXCSR Control and Status Register"; Vol. 2, each instruction's page.
 */
#include "cpu/simd.h"

static void EMMS(Cpu *cpu, const Insn *insn)
{
    (void)insn;
    mmx_begin(cpu);
    cpu->x87.top = 0;
    cpu->x87.empty = 0xFF;
}
PLAIN(EMMS)

static void LDMXCSR(Cpu *cpu, const Insn *insn)
{
    u32 value;

    xmm_begin(cpu);
    value = (u32)simd_read_part(cpu, insn, DWORD);
    if (value & ~(u32)MXCSR_BITS)
        cpu_raise_gp0(cpu);
    cpu->mxcsr = value;
}
PLAIN(LDMXCSR)

static void STMXCSR(Cpu *cpu, const Insn *insn)
{
    xmm_begin(cpu);
    simd_write_part(cpu, insn, DWORD, cpu->mxcsr);
}
PLAIN(STMXCSR)

static void CLFLUSH(Cpu *cpu, const Insn *insn)
{
    simd_read_part(cpu, insn, BYTE);
}
PLAIN(CLFLUSH)

static void CLFLUSHOPT(Cpu *cpu, const Insn *insn)
{
    simd_read_part(cpu, insn, BYTE);
}
PLAIN(CLFLUSHOPT)

static void CLWB(Cpu *cpu, const Insn *insn)
{
    simd_read_part(cpu, insn, BYTE);
}
PLAIN(CLWB)

static void no_operation(Cpu *cpu, const Insn *insn)
{
    (void)cpu;
    (void)insn;
}

#define FENCE(name)                                                                                \
    const Handlers exec_##name = {.any = {no_operation, no_operation, no_operation, no_operation}};
FENCE(LFENCE)
FENCE(MFENCE)
FENCE(SFENCE)
