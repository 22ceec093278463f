/*
 * The processor models. Manual: Intel SDM Vol. 2, "CPU Identification"; Vol. 1, "Intel 64 and IA-32
 * Architectures: History". qemu32 and qemu64 are named for what QEMU's users know: a P6 that has
 * whatever we implement.
 *
 * What the host would have to execute but cannot, a machine does not have: see cpu_init().
 */
#include "cpu/models.h"

#include <string.h>

#include "cpu/cpu.h"

#define F(feature) ((FeatureSet)1 << FEATURE_##feature)

#define FEATURES_486     (F(486) | F(FPU) | F(CPUID) | F(VME) | F(PSE))
#define FEATURES_PENTIUM (FEATURES_486 | F(DE) | F(TSC) | F(MSR) | F(MCE) | F(CX8) | F(APIC))
#define FEATURES_P6                                                                                \
    (FEATURES_PENTIUM | F(P6) | F(PAE) | F(SEP) | F(MTRR) | F(PGE) | F(MCA) | F(CMOV) | F(PAT) |   \
     F(PSE36) | F(FXSR))

#define FEATURES_SSE  (FEATURES_P6 | F(MMX) | F(SSE))
#define FEATURES_SSE2 (FEATURES_SSE | F(SSE2))

#define FEATURES_LONG (FEATURES_SSE2 | F(LONG) | F(NX) | F(SYSCALL))

/* As QEMU's qemu64. */
#define FEATURES_QEMU64 (FEATURES_LONG | F(SSE3) | F(CX16) | F(LAHF64))

/* Everything. */
#define FEATURES_MAX                                                                               \
    (FEATURES_QEMU64 | F(PAGE1GB) | F(PCID) | F(INVPCID) | F(SMEP) | F(SMAP) | F(UMIP) |           \
     F(FSGSBASE) | F(MONITOR) | F(SSSE3) | F(SSE41) | F(SSE42) | F(POPCNT) | F(LZCNT) | F(MOVBE) | \
     F(AES) | F(PCLMUL) | F(ADX) | F(SHA) | F(RDRAND) | F(RDSEED) | F(CLFLUSHOPT) | F(CLWB) |      \
     F(RDTSCP) | F(RDPID) | F(PREFETCHW) | F(BMI1) | F(BMI2) | F(XSAVE) | F(XSAVEOPT) | F(AVX) |   \
     F(AVX2) | F(F16C) | F(FMA) | F(VAES) | F(VPCLMUL))

#define INTEL "GenuineIntel"

static const CpuModel models[] = {
    {"qemu64", INTEL, "vitrine virtual CPU", 6, 6, 3, 40, 13, FEATURES_QEMU64},
    {"qemu32", INTEL, "vitrine virtual CPU", 6, 6, 3, 36, 2, FEATURES_SSE2},
    {"486", INTEL, "", 4, 8, 0, 32, 1, FEATURES_486},
    {"pentium", INTEL, "", 5, 4, 3, 32, 1, FEATURES_PENTIUM},
    {"pentium3", INTEL, "Pentium(R) III", 6, 8, 6, 36, 2, FEATURES_SSE},
    {"max", INTEL, "vitrine virtual CPU, everything", 6, 6, 3, 40, 13, FEATURES_MAX},
};

static const char *const names[] = {"qemu64", "qemu32", "486", "pentium", "pentium3", "max", NULL};

const char *const *cpu_model_names(void)
{
    return names;
}

const CpuModel *model_find(const char *name)
{
    if (!name || !*name)
        return &models[0];
    for (unsigned i = 0; i < COUNT_OF(models); i++)
        if (strcmp(models[i].name, name) == 0)
            return &models[i];
    return NULL;
}
