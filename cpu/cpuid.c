/*
 * CPUID. Manual: Intel SDM Vol. 2, "CPU Identification".
 *
 * Not implemented: the cache and topology functions of later processors.
 */
#include <string.h>

#include "cpu/exec.h"
#include "cpu/models.h"
#include "cpu/msr.h"

typedef struct Leaf {
    u32 eax, ebx, ecx, edx;
} Leaf;

typedef enum LeafRegister { LEAF_EAX, LEAF_EBX, LEAF_ECX, LEAF_EDX } LeafRegister;

/* Where each feature is announced. */
static const struct {
    u8 feature;
    u32 function;
    u8 reg, bit;
} announcements[] = {
    {FEATURE_FPU, 1, LEAF_EDX, 0},
    {FEATURE_VME, 1, LEAF_EDX, 1},
    {FEATURE_DE, 1, LEAF_EDX, 2},
    {FEATURE_PSE, 1, LEAF_EDX, 3},
    {FEATURE_TSC, 1, LEAF_EDX, 4},
    {FEATURE_MSR, 1, LEAF_EDX, 5},
    {FEATURE_PAE, 1, LEAF_EDX, 6},
    {FEATURE_MCE, 1, LEAF_EDX, 7},
    {FEATURE_CX8, 1, LEAF_EDX, 8},
    {FEATURE_APIC, 1, LEAF_EDX, 9},
    {FEATURE_SEP, 1, LEAF_EDX, 11},
    {FEATURE_MTRR, 1, LEAF_EDX, 12},
    {FEATURE_PGE, 1, LEAF_EDX, 13},
    {FEATURE_MCA, 1, LEAF_EDX, 14},
    {FEATURE_CMOV, 1, LEAF_EDX, 15},
    {FEATURE_PAT, 1, LEAF_EDX, 16},
    {FEATURE_PSE36, 1, LEAF_EDX, 17},
    {FEATURE_SSE2, 1, LEAF_EDX, 19}, /* CLFLUSH */
    {FEATURE_MMX, 1, LEAF_EDX, 23},
    {FEATURE_FXSR, 1, LEAF_EDX, 24},
    {FEATURE_SSE, 1, LEAF_EDX, 25},
    {FEATURE_SSE2, 1, LEAF_EDX, 26},
    {FEATURE_PCID, 1, LEAF_ECX, 17},
    {FEATURE_FSGSBASE, 7, LEAF_EBX, 0},
    {FEATURE_SMEP, 7, LEAF_EBX, 7},
    {FEATURE_INVPCID, 7, LEAF_EBX, 10},
    {FEATURE_SMAP, 7, LEAF_EBX, 20},
    {FEATURE_UMIP, 7, LEAF_ECX, 2},
    {FEATURE_SYSCALL, 0x80000001, LEAF_EDX, 11},
    {FEATURE_NX, 0x80000001, LEAF_EDX, 20},
    {FEATURE_PAGE1GB, 0x80000001, LEAF_EDX, 26},
    {FEATURE_LONG, 0x80000001, LEAF_EDX, 29},
    {FEATURE_SSE3, 1, LEAF_ECX, 0},
    {FEATURE_PCLMUL, 1, LEAF_ECX, 1},
    {FEATURE_MONITOR, 1, LEAF_ECX, 3},
    {FEATURE_SSSE3, 1, LEAF_ECX, 9},
    {FEATURE_FMA, 1, LEAF_ECX, 12},
    {FEATURE_CX16, 1, LEAF_ECX, 13},
    {FEATURE_SSE41, 1, LEAF_ECX, 19},
    {FEATURE_SSE42, 1, LEAF_ECX, 20},
    {FEATURE_MOVBE, 1, LEAF_ECX, 22},
    {FEATURE_POPCNT, 1, LEAF_ECX, 23},
    {FEATURE_AES, 1, LEAF_ECX, 25},
    {FEATURE_XSAVE, 1, LEAF_ECX, 26},
    {FEATURE_AVX, 1, LEAF_ECX, 28},
    {FEATURE_F16C, 1, LEAF_ECX, 29},
    {FEATURE_RDRAND, 1, LEAF_ECX, 30},
    {FEATURE_BMI1, 7, LEAF_EBX, 3},
    {FEATURE_AVX2, 7, LEAF_EBX, 5},
    {FEATURE_BMI2, 7, LEAF_EBX, 8},
    {FEATURE_RDSEED, 7, LEAF_EBX, 18},
    {FEATURE_ADX, 7, LEAF_EBX, 19},
    {FEATURE_CLFLUSHOPT, 7, LEAF_EBX, 23},
    {FEATURE_CLWB, 7, LEAF_EBX, 24},
    {FEATURE_SHA, 7, LEAF_EBX, 29},
    {FEATURE_RDPID, 7, LEAF_ECX, 22},
    {FEATURE_LAHF64, 0x80000001, LEAF_ECX, 0},
    {FEATURE_LZCNT, 0x80000001, LEAF_ECX, 5},
    {FEATURE_PREFETCHW, 0x80000001, LEAF_ECX, 8},
    {FEATURE_RDTSCP, 0x80000001, LEAF_EDX, 27},
};

bool feature_announcement(Feature feature, u32 *function, unsigned *reg, unsigned *number)
{
    for (unsigned i = 0; i < COUNT_OF(announcements); i++)
        if (announcements[i].feature == feature) {
            *function = announcements[i].function;
            *reg = announcements[i].reg;
            *number = announcements[i].bit;
            return true;
        }
    return false;
}

/* The bits of a function's register that say what the processor has. */
static u32 announced(const Cpu *cpu, u32 function, LeafRegister reg)
{
    u32 found = 0;

    for (unsigned i = 0; i < COUNT_OF(announcements); i++)
        if (announcements[i].function == function && announcements[i].reg == reg &&
            cpu_has(cpu, announcements[i].feature))
            found |= 1u << announcements[i].bit;
    return found;
}

static u32 letters(const char *text, unsigned from)
{
    u32 value = 0;
    size_t length = strlen(text);

    for (unsigned i = 0; i < 4 && from + i < length; i++)
        value |= (u32)(u8)text[from + i] << 8 * i;
    return value;
}

/* The APIC bit follows the enable bit of its base MSR, where there is an APIC. */
static bool has_apic(Cpu *cpu)
{
    u64 base;

    return cpu->board.read_msr && cpu->board.read_msr(cpu->board.board, MSR_APIC_BASE, &base) &&
           (base & 1 << 11);
}

static Leaf version(Cpu *cpu)
{
    const CpuModel *model = cpu->model;
    Leaf leaf = {.eax = (u32)model->family << 8 | (u32)model->model << 4 | model->stepping,
                 .ecx = announced(cpu, 1, LEAF_ECX),
                 .edx = announced(cpu, 1, LEAF_EDX)};

    if (!has_apic(cpu))
        leaf.edx &= ~(1u << 9);
    leaf.ebx = 0 << 24 | 1 << 16 | 8 << 8; /* APIC number, one processor, CLFLUSH line */
    return leaf;
}

/* Functions 80000002h .. 80000004h: sixteen letters each. */
static Leaf brand(const CpuModel *model, unsigned from)
{
    return (Leaf){letters(model->brand, from), letters(model->brand, from + 4),
                  letters(model->brand, from + 8), letters(model->brand, from + 12)};
}

static Leaf basic(Cpu *cpu, u32 function)
{
    const CpuModel *model = cpu->model;

    switch (function) {
    case 0:
        return (Leaf){model->levels, letters(model->vendor, 0), letters(model->vendor, 8),
                      letters(model->vendor, 4)};
    case 1:
        return version(cpu);
    case 2: /* caches and TLBs of a Pentium III */
        return (Leaf){0x03020101, 0, 0, 0x0C040882};
    case 5: /* MONITOR's line; MWAIT knows no C-state */
        return cpu_has(cpu, FEATURE_MONITOR) ? (Leaf){64, 64, 3, 0} : (Leaf){0};
    case 7:
        if ((u32)cpu->gpr[RCX] != 0)
            return (Leaf){0};
        return (Leaf){0, announced(cpu, 7, LEAF_EBX), announced(cpu, 7, LEAF_ECX),
                      announced(cpu, 7, LEAF_EDX)};
    default:
        return (Leaf){0};
    }
}

static Leaf extended(const Cpu *cpu, u32 function)
{
    const CpuModel *model = cpu->model;

    switch (function) {
    case 0x80000000:
        return (Leaf){.eax = 0x80000008};
    case 0x80000001:
        return (Leaf){0, 0, announced(cpu, function, LEAF_ECX), announced(cpu, function, LEAF_EDX)};
    case 0x80000002:
    case 0x80000003:
    case 0x80000004:
        return brand(model, (function - 0x80000002) * 16);
    case 0x80000008:
        return (Leaf){.eax = (cpu_has(cpu, FEATURE_LONG) ? 48u : 32u) << 8 | model->physical_bits};
    default:
        return (Leaf){0};
    }
}

/* Functions above the highest basic one answer as the highest. */
static void CPUID(Cpu *cpu, const Insn *insn)
{
    u32 function = (u32)cpu->gpr[RAX];
    bool has_extended = cpu->model->brand[0] != 0;
    Leaf leaf;

    (void)insn;
    cpu_sync_cycles(cpu);
    if (has_extended && function >= 0x80000000 && function <= 0x80000008)
        leaf = extended(cpu, function);
    else
        leaf = basic(cpu, function < cpu->model->levels ? function : cpu->model->levels);
    cpu->gpr[RAX] = leaf.eax;
    cpu->gpr[RBX] = leaf.ebx;
    cpu->gpr[RCX] = leaf.ecx;
    cpu->gpr[RDX] = leaf.edx;
}
PLAIN(CPUID)
