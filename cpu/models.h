/*
 * The processor models of -cpu.
 */
#ifndef CPU_MODELS_H
#define CPU_MODELS_H

#include "cpu/insn.h"

typedef struct CpuModel {
    const char *name;   /* as in -cpu */
    const char *vendor; /* twelve letters */
    const char *brand;  /* at most 47 letters */
    u8 family, model, stepping;
    u8 physical_bits; /* MAXPHYADDR */
    u32 levels;       /* highest basic CPUID function */
    FeatureSet features;
} CpuModel;

/* By name; NULL for an unknown one. An empty or NULL name means the default. */
const CpuModel *model_find(const char *name);

/* Fills in cpu->announced; once the features are known. */
void cpuid_announce(Cpu *cpu);

/* Where CPUID shows a feature: its function, 0..3 for EAX, EBX, ECX, EDX, and the bit there. False:
 * nowhere. */
bool feature_announcement(Feature feature, u32 *function, unsigned *reg, unsigned *number);

#endif
