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

/* Function 1, EDX: bit numbers. */
static const struct {
    u8 feature, bit;
} edx_bits[] = {
    {FEATURE_FPU, 0},    {FEATURE_VME, 1},   {FEATURE_DE, 2},    {FEATURE_PSE, 3},
    {FEATURE_TSC, 4},    {FEATURE_MSR, 5},   {FEATURE_PAE, 6},   {FEATURE_MCE, 7},
    {FEATURE_CX8, 8},    {FEATURE_APIC, 9},  {FEATURE_SEP, 11},  {FEATURE_MTRR, 12},
    {FEATURE_PGE, 13},   {FEATURE_MCA, 14},  {FEATURE_CMOV, 15}, {FEATURE_PAT, 16},
    {FEATURE_PSE36, 17}, {FEATURE_SSE2, 19}, {FEATURE_MMX, 23},  {FEATURE_FXSR, 24},
    {FEATURE_SSE, 25},   {FEATURE_SSE2, 26},
};

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
    Leaf leaf = {.eax = (u32)model->family << 8 | (u32)model->model << 4 | model->stepping};

    for (unsigned i = 0; i < COUNT_OF(edx_bits); i++)
        if (cpu_has(cpu, edx_bits[i].feature))
            leaf.edx |= 1u << edx_bits[i].bit;
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
    default: /* 2: caches and TLBs of a Pentium III */
        return (Leaf){0x03020101, 0, 0, 0x0C040882};
    }
}

static Leaf extended(const CpuModel *model, u32 function)
{
    switch (function) {
    case 0x80000000:
        return (Leaf){.eax = 0x80000008};
    case 0x80000002:
    case 0x80000003:
    case 0x80000004:
        return brand(model, (function - 0x80000002) * 16);
    case 0x80000008:
        return (Leaf){.eax = 32u << 8 | model->physical_bits};
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
        leaf = extended(cpu->model, function);
    else
        leaf = basic(cpu, function < cpu->model->levels ? function : cpu->model->levels);
    cpu->gpr[RAX] = leaf.eax;
    cpu->gpr[RBX] = leaf.ebx;
    cpu->gpr[RCX] = leaf.ecx;
    cpu->gpr[RDX] = leaf.edx;
}
PLAIN(CPUID)
