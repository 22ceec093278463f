/*
 * MMX and SSE: what the fast paths of simd.h decline, and MXCSR's exceptions.
 *
 * Manual: Intel SDM Vol. 1, "SSE, SSE2, and SSE3 Exceptions", "Handling SIMD Floating-Point
 * Exceptions in Software"; Vol. 2, "Instruction Exception Specification".
 */
#include "cpu/simd.h"

void simd_unavailable(Cpu *cpu)
{
    bool undefined = (cpu->cr0 & CR0_EM) || !(cpu->cr4 & CR4_OSFXSR);

    cpu_raise(cpu, undefined ? EXCEPTION_UD : EXCEPTION_NM, 0);
}

static u64 upper_half(const Cpu *cpu, u64 linear)
{
    return cpu->code_size == 8 ? linear + 8 : (u32)(linear + 8);
}

Vector simd_read_slow(Cpu *cpu, u64 linear)
{
    u64 low = memory_read_slow(cpu, linear, QWORD, cpu->as);

    return (Vector){low, memory_read_slow(cpu, upper_half(cpu, linear), QWORD, cpu->as)};
}

void simd_write_slow(Cpu *cpu, u64 linear, Vector value)
{
    u64 upper = upper_half(cpu, linear);

    memory_probe_write(cpu, linear, QWORD, cpu->as);
    memory_probe_write(cpu, upper, QWORD, cpu->as);
    memory_write_slow(cpu, linear, QWORD, cpu->as, value[0]);
    memory_write_slow(cpu, upper, QWORD, cpu->as, value[1]);
}

void simd_probe_write(Cpu *cpu, u64 linear)
{
    memory_probe_write(cpu, linear, QWORD, cpu->as);
    memory_probe_write(cpu, upper_half(cpu, linear), QWORD, cpu->as);
}

void simd_report(Cpu *cpu, u32 flags)
{
    u32 unmasked = flags & ~(cpu->mxcsr >> MXCSR_MASK_SHIFT) & MXCSR_FLAGS;

    if (LIKELY(!unmasked)) {
        cpu->mxcsr |= flags;
        return;
    }
    if (unmasked & MXCSR_BEFORE)
        flags &= MXCSR_BEFORE;
    cpu->mxcsr |= flags;
    cpu_raise(cpu, cpu->cr4 & CR4_OSXMMEXCPT ? EXCEPTION_XM : EXCEPTION_UD, 0);
}
