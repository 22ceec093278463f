/*
 * CPUID. Manual: Intel SDM Vol. 2, "CPU Identification".
 *
 * Not implemented: the cache and topology functions of later processors.
 */
#include <string.h>

#include "cpu/exec.h"
#include "cpu/models.h"
#include "cpu/msr.h"
#include "cpu/xsave.h"

typedef struct Leaf {
    u32 eax, ebx, ecx, edx;
} Leaf;

typedef enum LeafRegister { LEAF_EAX, LEAF_EBX, LEAF_ECX, LEAF_EDX } LeafRegister;

/* Where each feature is announced. */
static const struct {
    u32 function;
    u8 feature, reg, bit;
} announcements[] = {
    {1, FEATURE_FPU, LEAF_EDX, 0},
    {1, FEATURE_VME, LEAF_EDX, 1},
    {1, FEATURE_DE, LEAF_EDX, 2},
    {1, FEATURE_PSE, LEAF_EDX, 3},
    {1, FEATURE_TSC, LEAF_EDX, 4},
    {1, FEATURE_MSR, LEAF_EDX, 5},
    {1, FEATURE_PAE, LEAF_EDX, 6},
    {1, FEATURE_MCE, LEAF_EDX, 7},
    {1, FEATURE_CX8, LEAF_EDX, 8},
    {1, FEATURE_APIC, LEAF_EDX, 9},
    {1, FEATURE_SEP, LEAF_EDX, 11},
    {1, FEATURE_MTRR, LEAF_EDX, 12},
    {1, FEATURE_PGE, LEAF_EDX, 13},
    {1, FEATURE_MCA, LEAF_EDX, 14},
    {1, FEATURE_CMOV, LEAF_EDX, 15},
    {1, FEATURE_PAT, LEAF_EDX, 16},
    {1, FEATURE_PSE36, LEAF_EDX, 17},
    {1, FEATURE_SSE2, LEAF_EDX, 19}, /* CLFLUSH */
    {1, FEATURE_MMX, LEAF_EDX, 23},
    {1, FEATURE_FXSR, LEAF_EDX, 24},
    {1, FEATURE_SSE, LEAF_EDX, 25},
    {1, FEATURE_SSE2, LEAF_EDX, 26},
    {1, FEATURE_PCID, LEAF_ECX, 17},
    {7, FEATURE_FSGSBASE, LEAF_EBX, 0},
    {7, FEATURE_SMEP, LEAF_EBX, 7},
    {7, FEATURE_INVPCID, LEAF_EBX, 10},
    {7, FEATURE_SMAP, LEAF_EBX, 20},
    {7, FEATURE_UMIP, LEAF_ECX, 2},
    {0x80000001, FEATURE_SYSCALL, LEAF_EDX, 11},
    {0x80000001, FEATURE_NX, LEAF_EDX, 20},
    {0x80000001, FEATURE_PAGE1GB, LEAF_EDX, 26},
    {0x80000001, FEATURE_LONG, LEAF_EDX, 29},
    {1, FEATURE_SSE3, LEAF_ECX, 0},
    {1, FEATURE_PCLMUL, LEAF_ECX, 1},
    {1, FEATURE_MONITOR, LEAF_ECX, 3},
    {1, FEATURE_SSSE3, LEAF_ECX, 9},
    {1, FEATURE_FMA, LEAF_ECX, 12},
    {1, FEATURE_CX16, LEAF_ECX, 13},
    {1, FEATURE_SSE41, LEAF_ECX, 19},
    {1, FEATURE_SSE42, LEAF_ECX, 20},
    {1, FEATURE_MOVBE, LEAF_ECX, 22},
    {1, FEATURE_POPCNT, LEAF_ECX, 23},
    {1, FEATURE_AES, LEAF_ECX, 25},
    {1, FEATURE_XSAVE, LEAF_ECX, 26},
    {1, FEATURE_AVX, LEAF_ECX, 28},
    {1, FEATURE_F16C, LEAF_ECX, 29},
    {1, FEATURE_RDRAND, LEAF_ECX, 30},
    {7, FEATURE_BMI1, LEAF_EBX, 3},
    {7, FEATURE_AVX2, LEAF_EBX, 5},
    {7, FEATURE_BMI2, LEAF_EBX, 8},
    {7, FEATURE_RDSEED, LEAF_EBX, 18},
    {7, FEATURE_ADX, LEAF_EBX, 19},
    {7, FEATURE_CLFLUSHOPT, LEAF_EBX, 23},
    {7, FEATURE_CLWB, LEAF_EBX, 24},
    {7, FEATURE_SHA, LEAF_EBX, 29},
    {7, FEATURE_VAES, LEAF_ECX, 9},
    {7, FEATURE_VPCLMUL, LEAF_ECX, 10},
    {7, FEATURE_RDPID, LEAF_ECX, 22},
    {0x80000001, FEATURE_LAHF64, LEAF_ECX, 0},
    {0x80000001, FEATURE_LZCNT, LEAF_ECX, 5},
    {0x80000001, FEATURE_PREFETCHW, LEAF_ECX, 8},
    {0x80000001, FEATURE_RDTSCP, LEAF_EDX, 27},
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

/* Of the functions in the table: which row of Cpu.announced they have. */
static unsigned announcing_row(u32 function)
{
    return function == 1 ? 0 : function == 7 ? 1 : 2;
}

void cpuid_announce(Cpu *cpu)
{
    memset(cpu->announced, 0, sizeof cpu->announced);
    for (unsigned i = 0; i < COUNT_OF(announcements); i++)
        if (cpu_has(cpu, announcements[i].feature))
            cpu->announced[announcing_row(announcements[i].function)][announcements[i].reg] |=
                1u << announcements[i].bit;
}

/* The bits of a function's register that say what the processor has. */
static u32 announced(const Cpu *cpu, u32 function, LeafRegister reg)
{
    return cpu->announced[announcing_row(function)][reg];
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
    if (cpu->cr4 & CR4_OSXSAVE)
        leaf.ecx |= 1u << 27;
    leaf.ebx = 0 << 24 | 1 << 16 | 8 << 8; /* APIC number, one processor, CLFLUSH line */
    return leaf;
}

/* Functions 80000002h .. 80000004h: sixteen letters each. */
static Leaf brand(const CpuModel *model, unsigned from)
{
    return (Leaf){letters(model->brand, from), letters(model->brand, from + 4),
                  letters(model->brand, from + 8), letters(model->brand, from + 12)};
}

/* Function 13: what XCR0 may hold, and where XSAVE puts it. */
static Leaf components(const Cpu *cpu, u32 subfunction)
{
    u64 supported = xsave_supported(cpu);

    if (subfunction == 0)
        return (Leaf){(u32)supported, xsave_size(cpu->xcr0), xsave_size(supported), 0};
    if (subfunction == 1)
        return (Leaf){.eax = cpu_has(cpu, FEATURE_XSAVEOPT)};
    if (subfunction == 2 && (supported & XCR0_AVX))
        return (Leaf){xsave_size(XCR0_AVX) - xsave_size(0), xsave_size(0), 0, 0};
    return (Leaf){0};
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
    case 13:
        return cpu_has(cpu, FEATURE_XSAVE) ? components(cpu, (u32)cpu->gpr[RCX]) : (Leaf){0};
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
