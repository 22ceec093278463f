/*
 * Model-specific registers. Manual: Intel SDM Vol. 4, "Architectural MSRs" and "MSRs in the P6
 * Family Processors".
 */
#ifndef CPU_MSR_H
#define CPU_MSR_H

#include "cpu/cpu.h"

enum {
    MSR_TSC = 0x10,
    MSR_APIC_BASE = 0x1B,
    MSR_PERFCTR0 = 0xC1,
    MSR_SYSENTER_CS = 0x174,
    MSR_SYSENTER_ESP = 0x175,
    MSR_SYSENTER_EIP = 0x176,
    MSR_PAT = 0x277,
};

/* Values after a reset. */
void msr_reset(Cpu *cpu);

/* False: there is no such register, or no such value: #GP(0). */
bool msr_read(Cpu *cpu, u32 index, u64 *value);
bool msr_write(Cpu *cpu, u32 index, u64 value);

#endif
