/*
 * RDMSR, WRMSR, RDTSC, RDPMC. See msr.h; Intel SDM Vol. 3, "Memory Type Range Registers (MTRRs)",
 * "Page Attribute Table (PAT)", "Machine-Check Architecture", "Time-Stamp Counter".
 *
 * Memory types, performance events and machine checks have no effect here: their registers hold
 * what is written.
 *
 * Not implemented: performance counters that count.
 */
#include "cpu/msr.h"

#include <stddef.h>

#include "cpu/exec.h"
#include "mmu/paging.h"

/* How a value is checked. */
typedef enum Rule {
    ANY_VALUE,
    MEMORY_TYPES,
    DEFAULT_TYPE,
    PAT_TYPES,
    RANGES,
    READ_ONLY,
    LOW_HALF,
    IGNORED
} Rule;

/* `count` registers from `first` on, in as many slots of Cpu.msr. */
typedef struct MsrRow {
    u32 first;
    u8 count;
    u8 rule;
    u8 feature;
    u64 reset;
} MsrRow;

static const MsrRow rows[] = {
    {0x000, 2, ANY_VALUE, FEATURE_MSR, 0},         /* P5_MC_ADDR, P5_MC_TYPE */
    {0x017, 1, READ_ONLY, FEATURE_P6, 0},          /* PLATFORM_ID */
    {0x02A, 1, ANY_VALUE, FEATURE_P6, 0},          /* EBL_CR_POWERON */
    {0x079, 1, IGNORED, FEATURE_P6, 0},            /* BIOS_UPDT_TRIG */
    {0x08B, 1, IGNORED, FEATURE_P6, (u64)1 << 32}, /* BIOS_SIGN_ID: update 1 */
    {MSR_PERFCTR0, 2, ANY_VALUE, FEATURE_P6, 0},
    {0x0FE, 1, READ_ONLY, FEATURE_MTRR, 0x508}, /* MTRRcap: 8 ranges, fixed, WC */
    {0x179, 1, READ_ONLY, FEATURE_MCA, 0},      /* MCG_CAP: no banks */
    {0x17A, 1, ANY_VALUE, FEATURE_MCA, 0},      /* MCG_STATUS */
    {0x186, 2, ANY_VALUE, FEATURE_P6, 0},       /* EVNTSEL0, 1 */
    {0x1A0, 1, ANY_VALUE, FEATURE_P6, 1},       /* MISC_ENABLE: fast strings */
    {0x1D9, 1, ANY_VALUE, FEATURE_P6, 0},       /* DEBUGCTL */
    {0x200, 16, RANGES, FEATURE_MTRR, 0},       /* MTRRphysBase and Mask 0 .. 7 */
    {0x250, 1, MEMORY_TYPES, FEATURE_MTRR, 0},  /* MTRRfix64K_00000 */
    {0x258, 2, MEMORY_TYPES, FEATURE_MTRR, 0},  /* MTRRfix16K_80000, A0000 */
    {0x268, 8, MEMORY_TYPES, FEATURE_MTRR, 0},  /* MTRRfix4K_C0000 .. F8000 */
    {MSR_PAT, 1, PAT_TYPES, FEATURE_PAT, 0x0007040600070406},
    {0x2FF, 1, DEFAULT_TYPE, FEATURE_MTRR, 0}, /* MTRRdefType */
    {MSR_TSC_AUX, 1, LOW_HALF, FEATURE_RDTSCP, 0},
};

/* The row of an MSR that holds a value, and its slot. */
static const MsrRow *find(const Cpu *cpu, u32 index, unsigned *slot)
{
    unsigned first_slot = 0;

    for (unsigned i = 0; i < COUNT_OF(rows); first_slot += rows[i++].count)
        if (index >= rows[i].first && index - rows[i].first < rows[i].count) {
            *slot = first_slot + (index - rows[i].first);
            assert(*slot < MSR_SLOTS);
            return cpu_has(cpu, rows[i].feature) ? &rows[i] : NULL;
        }
    return NULL;
}

void msr_reset(Cpu *cpu)
{
    unsigned slot = 0;

    for (unsigned i = 0; i < COUNT_OF(rows); i++)
        for (unsigned j = 0; j < rows[i].count; j++) {
            assert(slot < MSR_SLOTS);
            cpu->msr[slot++] = rows[i].reset;
        }
    cpu->tsc_offset = -cpu->cycles;
    cpu->sysenter_cs = 0;
    cpu->sysenter_esp = 0;
    cpu->sysenter_eip = 0;
    cpu->star = cpu->lstar = cpu->cstar = cpu->sfmask = cpu->kernel_gs_base = 0;
}

/* UC, WC, WT, WP, WB; in the PAT also UC-. */
static bool are_memory_types(u64 value, bool pat)
{
    for (unsigned i = 0; i < 64; i += 8) {
        unsigned type = value >> i & 0xFF;

        if (type > 7 || type == 2 || type == 3 || (type == 7 && !pat))
            return false;
    }
    return true;
}

static bool is_allowed(const Cpu *cpu, const MsrRow *row, u32 index, u64 value)
{
    u64 reserved = ~(u64)0 << cpu->mmu.physical_bits;
    bool is_mask = index & 1;

    switch ((Rule)row->rule) {
    case MEMORY_TYPES:
        return are_memory_types(value, false);
    case PAT_TYPES:
        return are_memory_types(value, true);
    case DEFAULT_TYPE:
        return !(value & ~(u64)0xCFF) && are_memory_types(value & 0xFF, false);
    case RANGES:
        if (value & (reserved | (is_mask ? 0x7FF : 0xF00)))
            return false;
        return is_mask || are_memory_types(value & 0xFF, false);
    case READ_ONLY:
        return false;
    case LOW_HALF:
        return value >> 32 == 0;
    default:
        return true;
    }
}

/* ---- EFER and the registers of long mode ---- */

static u64 efer_writable(const Cpu *cpu)
{
    return (cpu_has(cpu, FEATURE_SYSCALL) ? EFER_SCE : 0) |
           (cpu_has(cpu, FEATURE_LONG) ? EFER_LME : 0) | (cpu_has(cpu, FEATURE_NX) ? EFER_NXE : 0);
}

static bool has_efer(const Cpu *cpu)
{
    return efer_writable(cpu) != 0;
}

/* LMA follows LME and CR0.PG; what is written to it is ignored. */
static bool write_efer(Cpu *cpu, u64 value)
{
    u64 writable = efer_writable(cpu), changes = (cpu->efer ^ value) & writable;

    if (!writable || (value & ~(writable | EFER_LMA)) ||
        ((changes & EFER_LME) && (cpu->cr0 & CR0_PG)))
        return false;
    cpu->efer = (cpu->efer & ~writable) | (value & writable);
    mmu_set_control(&cpu->mmu, cpu->cr0, cpu->cr4, cpu->efer);
    cpu_translations_changed(cpu);
    return true;
}

typedef struct LongModeMsr {
    u32 index;
    u16 offset; /* in Cpu */
    bool is_address, is_32bit;
} LongModeMsr;

static const LongModeMsr long_mode_msrs[] = {
    {MSR_STAR, offsetof(Cpu, star), false, false},
    {MSR_LSTAR, offsetof(Cpu, lstar), true, false},
    {MSR_CSTAR, offsetof(Cpu, cstar), true, false},
    {MSR_SFMASK, offsetof(Cpu, sfmask), false, true},
    {MSR_FS_BASE, offsetof(Cpu, segments[FS].loaded_base), true, false},
    {MSR_GS_BASE, offsetof(Cpu, segments[GS].loaded_base), true, false},
    {MSR_KERNEL_GS_BASE, offsetof(Cpu, kernel_gs_base), true, false},
};

static const LongModeMsr *find_long_mode(const Cpu *cpu, u32 index)
{
    for (unsigned i = 0; i < COUNT_OF(long_mode_msrs) && cpu_has(cpu, FEATURE_LONG); i++)
        if (long_mode_msrs[i].index == index)
            return &long_mode_msrs[i];
    return NULL;
}

static bool write_long_mode(Cpu *cpu, const LongModeMsr *row, u64 value)
{
    if (row->is_address && !is_canonical(value))
        return false;
    memcpy((u8 *)cpu + row->offset, &value, sizeof value);
    if (row->is_32bit)
        cpu->sfmask = (u32)value;
    segment_set_base(cpu, FS, cpu->segments[FS].loaded_base);
    segment_set_base(cpu, GS, cpu->segments[GS].loaded_base);
    return true;
}

static u64 read_tsc(Cpu *cpu)
{
    cpu_sync_cycles(cpu);
    return cpu->cycles + cpu->tsc_offset;
}

bool msr_read(Cpu *cpu, u32 index, u64 *value)
{
    const LongModeMsr *wide = find_long_mode(cpu, index);
    unsigned slot;

    switch (index) {
    case MSR_TSC:
        *value = read_tsc(cpu);
        return true;
    case MSR_EFER:
        *value = cpu->efer;
        return has_efer(cpu);
    case MSR_SYSENTER_CS:
        *value = cpu->sysenter_cs;
        return cpu_has(cpu, FEATURE_SEP);
    case MSR_SYSENTER_ESP:
        *value = cpu->sysenter_esp;
        return cpu_has(cpu, FEATURE_SEP);
    case MSR_SYSENTER_EIP:
        *value = cpu->sysenter_eip;
        return cpu_has(cpu, FEATURE_SEP);
    }
    if (find(cpu, index, &slot)) {
        *value = cpu->msr[slot];
        return true;
    }
    if (wide) {
        memcpy(value, (const u8 *)cpu + wide->offset, sizeof *value);
        return true;
    }
    cpu_sync_cycles(cpu);
    return cpu->board.read_msr && cpu->board.read_msr(cpu->board.board, index, value);
}

/* SDM Vol. 2, "Write to Model Specific Register": an address must be canonical. */
static bool write_sysenter(const Cpu *cpu, u64 *address, u64 value)
{
    if (!cpu_has(cpu, FEATURE_SEP) || (cpu_has(cpu, FEATURE_LONG) && !is_canonical(value)))
        return false;
    *address = value;
    return true;
}

bool msr_write(Cpu *cpu, u32 index, u64 value)
{
    const LongModeMsr *wide = find_long_mode(cpu, index);
    const MsrRow *row;
    unsigned slot;

    if (wide)
        return write_long_mode(cpu, wide, value);
    switch (index) {
    case MSR_TSC:
        cpu_sync_cycles(cpu);
        cpu->tsc_offset = value - cpu->cycles;
        return true;
    case MSR_EFER:
        return write_efer(cpu, value);
    case MSR_SYSENTER_CS:
        cpu->sysenter_cs = (u32)value;
        return cpu_has(cpu, FEATURE_SEP);
    case MSR_SYSENTER_ESP:
        return write_sysenter(cpu, &cpu->sysenter_esp, value);
    case MSR_SYSENTER_EIP:
        return write_sysenter(cpu, &cpu->sysenter_eip, value);
    }
    row = find(cpu, index, &slot);
    if (row) {
        if (!is_allowed(cpu, row, index, value))
            return false;
        if (row->rule != IGNORED)
            cpu->msr[slot] = value;
        return true;
    }
    cpu_sync_cycles(cpu);
    return cpu->board.write_msr && cpu->board.write_msr(cpu->board.board, index, value);
}

/* ---- the instructions ---- */

static void write_pair(Cpu *cpu, u64 value)
{
    cpu->gpr[RAX] = (u32)value;
    cpu->gpr[RDX] = value >> 32;
}

static void RDMSR(Cpu *cpu, const Insn *insn)
{
    u32 index = (u32)cpu->gpr[RCX];
    u64 value = 0;

    (void)insn;
    if (cpu->cpl != 0)
        cpu_raise_gp0(cpu);
    if (!msr_read(cpu, index, &value)) {
        log_once(cpu->log, LOG_CPU, "RDMSR %08X: no such register (first of them)", index);
        cpu_raise_gp0(cpu);
    }
    write_pair(cpu, value);
    cpu_leave_block(cpu);
}
PLAIN(RDMSR)

static void WRMSR(Cpu *cpu, const Insn *insn)
{
    u32 index = (u32)cpu->gpr[RCX];
    u64 value = (u64)(u32)cpu->gpr[RDX] << 32 | (u32)cpu->gpr[RAX];

    (void)insn;
    if (cpu->cpl != 0)
        cpu_raise_gp0(cpu);
    if (!msr_write(cpu, index, value)) {
        log_once(cpu->log, LOG_CPU, "WRMSR %08X <- %016llX: refused (first of them)", index,
                 (unsigned long long)value);
        cpu_raise_gp0(cpu);
    }
    cpu_leave_block(cpu);
}
PLAIN(WRMSR)

static void RDTSC(Cpu *cpu, const Insn *insn)
{
    (void)insn;
    if ((cpu->cr4 & CR4_TSD) && cpu->cpl != 0)
        cpu_raise_gp0(cpu);
    write_pair(cpu, read_tsc(cpu));
}
PLAIN(RDTSC)

/* What the operating system says which processor this is. */
static u64 tsc_aux(Cpu *cpu)
{
    u64 value = 0;

    msr_read(cpu, MSR_TSC_AUX, &value);
    return value;
}

static void RDTSCP(Cpu *cpu, const Insn *insn)
{
    RDTSC(cpu, insn);
    cpu->gpr[RCX] = tsc_aux(cpu);
}
PLAIN(RDTSCP)

static void RDPID(Cpu *cpu, const Insn *insn)
{
    Operand dst = insn->operands[0];

    register_write(cpu, dst, dst.size, tsc_aux(cpu));
}
PLAIN(RDPID)

static void RDPMC(Cpu *cpu, const Insn *insn)
{
    u32 counter = (u32)cpu->gpr[RCX];
    u64 value;

    (void)insn;
    if ((cpu->cpl != 0 && !(cpu->cr4 & CR4_PCE)) || counter > 1 ||
        !msr_read(cpu, MSR_PERFCTR0 + counter, &value))
        cpu_raise_gp0(cpu);
    write_pair(cpu, value & 0xFFFFFFFFFF);
}
PLAIN(RDPMC)
