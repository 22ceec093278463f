/*
 * The end of MMX code, MXCSR, and the order of memory accesses.
 *
 * There are no caches and all accesses are in order: fences do nothing, CLFLUSH makes the checks of
 * a load.
 *
 * Manual: Intel SDM Vol. 1, "MXCSR Control and Status Register"; Vol. 2, each instruction's page.
 */
#include "cpu/avx.h"

static void EMMS(Cpu *cpu, const Insn *insn)
{
    (void)insn;
    mmx_begin(cpu);
    cpu->x87.top = 0;
    cpu->x87.empty = 0xFF;
}
PLAIN(EMMS)

FORCE_INLINE void LDMXCSR(Cpu *cpu, const Insn *insn)
{
    u32 value = (u32)simd_read_part(cpu, insn, DWORD);

    if (value & ~(u32)MXCSR_BITS)
        cpu_raise_gp0(cpu);
    cpu->mxcsr = value;
}
TWO_READERS(LDMXCSR)

FORCE_INLINE void STMXCSR(Cpu *cpu, const Insn *insn)
{
    simd_write_part(cpu, insn, DWORD, cpu->mxcsr);
}
TWO_READERS(STMXCSR)

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

/* ---- the upper lanes ---- */

static unsigned register_count(const Cpu *cpu)
{
    return cpu->code_size == 8 ? 16 : 8;
}

static void VZEROUPPER(Cpu *cpu, const Insn *insn)
{
    (void)insn;
    avx_begin(cpu);
    for (unsigned i = 0; i < register_count(cpu); i++)
        ymm_set_high(cpu, i, (Vector){0});
}
PLAIN(VZEROUPPER)

static void VZEROALL(Cpu *cpu, const Insn *insn)
{
    VZEROUPPER(cpu, insn);
    for (unsigned i = 0; i < register_count(cpu); i++)
        xmm_set(cpu, i, (Vector){0});
}
PLAIN(VZEROALL)
