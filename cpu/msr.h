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
    MSR_TSC_AUX = 0xC0000103,
};

#define MSR_EFER           0xC0000080u     /* beyond an enumerator's int */
#define MSR_STAR           0xC0000081u
#define MSR_LSTAR          0xC0000082u
#define MSR_CSTAR          0xC0000083u
#define MSR_SFMASK         0xC0000084u
#define MSR_FS_BASE        0xC0000100u
#define MSR_GS_BASE        0xC0000101u
#define MSR_KERNEL_GS_BASE 0xC0000102u

/* Values after a reset. */
void msr_reset(Cpu *cpu);

/* False: there is no such register, or no such value: #GP(0). */
bool msr_read(Cpu *cpu, u32 index, u64 *value);
bool msr_write(Cpu *cpu, u32 index, u64 value);

#endif
