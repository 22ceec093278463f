/*
 * The host's CPUID. Vector instructions are executed by the host's own, so that a guest can have no
 * more of them than the host has; integer instructions are written in C.
 *
 * Manual: Intel SDM Vol. 2, "CPU Identification".
 */
#include "cpu/host_features.h"

#include <cpuid.h>

static const struct {
    u8 feature, function, ebx; /* of EBX, else of ECX */
    u8 number;
} needs[] = {
    {FEATURE_SSE3, 1, false, 0},   {FEATURE_SSSE3, 1, false, 9},   {FEATURE_SSE41, 1, false, 19},
    {FEATURE_SSE42, 1, false, 20}, {FEATURE_AES, 1, false, 25},    {FEATURE_PCLMUL, 1, false, 1},
    {FEATURE_AVX, 1, false, 28},   {FEATURE_AVX2, 7, true, 5},     {FEATURE_F16C, 1, false, 29},
    {FEATURE_VAES, 1, false, 25},  {FEATURE_VPCLMUL, 1, false, 1}, {FEATURE_FMA, 1, false, 12},
    {FEATURE_SHA, 7, true, 29},
};

FeatureSet host_features(void)
{
    FeatureSet features = ~(FeatureSet)0;

    for (unsigned i = 0; i < COUNT_OF(needs); i++) {
        unsigned eax, ebx = 0, ecx = 0, edx;

        __get_cpuid_count(needs[i].function, 0, &eax, &ebx, &ecx, &edx);
        if (!bit(needs[i].ebx ? ebx : ecx, needs[i].number))
            features &= ~((FeatureSet)1 << needs[i].feature);
    }
    return features;
}
