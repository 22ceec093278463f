/*
 * System registers: descriptor-table registers, control and debug registers, and the other
 * instructions of the operating system.
 * Manual: Intel SDM Vol. 2, the pages of these names; Vol. 3, "Control Registers".
 *
 * Not implemented: long mode's activation, CR8, SMM (RSM raises #UD), UMIP.
 */
#include "cpu/debug_registers.h"
#include "cpu/exec.h"
#include "mmu/paging.h"

static void require_cpl0(Cpu *cpu)
{
    if (cpu->cpl != 0)
        cpu_raise_gp0(cpu);
}

/* ---- GDTR and IDTR ---- */

/* With 16-bit operands the base has 24 bits, as on the 286. */
static void load_table(Cpu *cpu, const Insn *insn, DescriptorTable *table)
{
    u64 offset = operand_offset(cpu, insn), base;
    u16 limit;

    require_cpl0(cpu);
    limit = (u16)memory_read(cpu, insn->segment, offset, WORD);
    base = memory_read(cpu, insn->segment, offset + 2, insn->size == QWORD ? QWORD : DWORD);
    *table = (DescriptorTable){.base = insn->size == WORD ? base & 0xFFFFFF : base, .limit = limit};
}

/* All 32 bits of the base whatever the operand size, as every processor since the 386 does.
 * The high part goes first: it is the one that may fault when the low one does not. */
static void store_table(Cpu *cpu, const Insn *insn, const DescriptorTable *table)
{
    u64 offset = operand_offset(cpu, insn);

    memory_read_for_write(cpu, insn->segment, offset, WORD);
    memory_write(cpu, insn->segment, offset + 2, cpu->code_size == 8 ? QWORD : DWORD, table->base);
    memory_write(cpu, insn->segment, offset, WORD, table->limit);
}

static void LGDT(Cpu *cpu, const Insn *insn)
{
    load_table(cpu, insn, &cpu->gdtr);
}
PLAIN(LGDT)

static void LIDT(Cpu *cpu, const Insn *insn)
{
    load_table(cpu, insn, &cpu->idtr);
}
PLAIN(LIDT)

static void SGDT(Cpu *cpu, const Insn *insn)
{
    store_table(cpu, insn, &cpu->gdtr);
}
PLAIN(SGDT)

static void SIDT(Cpu *cpu, const Insn *insn)
{
    store_table(cpu, insn, &cpu->idtr);
}
PLAIN(SIDT)

/* ---- control registers ---- */

#define CR0_WRITABLE                                                                               \
    (CR0_PE | CR0_MP | CR0_EM | CR0_TS | CR0_NE | CR0_WP | CR0_AM | CR0_NW | CR0_CD | (u64)CR0_PG)

/* Undefined bits of CR0 read as written zeroes; ET is wired to one. */
static void set_cr0(Cpu *cpu, u64 value)
{
    u64 old = cpu->cr0, changes;

    value = (value & CR0_WRITABLE) | CR0_ET;
    changes = old ^ value;
    if (((value & CR0_PG) && !(value & CR0_PE)) || ((value & CR0_NW) && !(value & CR0_CD)))
        cpu_raise_gp0(cpu);
    if ((value & CR0_PG) && (cpu->cr4 & CR4_PAE) && (changes & (CR0_PG | CR0_CD | CR0_NW)) &&
        !mmu_load_pdptes(&cpu->mmu, cpu->cr3))
        cpu_raise_gp0(cpu);
    cpu->cr0 = value;
    if (changes & (CR0_PE | CR0_PG))
        LOG(cpu->log, LOG_CPU, "CR0 %08llX -> %08llX", (unsigned long long)old,
            (unsigned long long)value);
    if (changes & CR0_PE)
        segment_update_all(cpu);
    mmu_set_control(&cpu->mmu, cpu->cr0, cpu->cr4, cpu->efer);
    cpu_translations_changed(cpu);
}

static void set_cr3(Cpu *cpu, u64 value)
{
    if ((cpu->cr0 & CR0_PG) && (cpu->cr4 & CR4_PAE) && !mmu_load_pdptes(&cpu->mmu, value))
        cpu_raise_gp0(cpu);
    cpu->cr3 = value;
    mmu_set_cr3(&cpu->mmu, value);
    cpu_translations_changed(cpu);
}

static u64 cr4_writable(const Cpu *cpu)
{
    static const struct {
        u8 feature;
        u16 bits;
    } rows[] = {
        {FEATURE_VME, CR4_VME | CR4_PVI}, {FEATURE_TSC, CR4_TSD}, {FEATURE_DE, CR4_DE},
        {FEATURE_PSE, CR4_PSE},           {FEATURE_PAE, CR4_PAE}, {FEATURE_MCE, CR4_MCE},
        {FEATURE_PGE, CR4_PGE},           {FEATURE_P6, CR4_PCE},  {FEATURE_FXSR, CR4_OSFXSR},
        {FEATURE_SSE, CR4_OSXMMEXCPT},
    };
    u64 writable = 0;

    for (unsigned i = 0; i < COUNT_OF(rows); i++)
        if (cpu_has(cpu, rows[i].feature))
            writable |= rows[i].bits;
    return writable;
}

static void set_cr4(Cpu *cpu, u64 value)
{
    u64 changes = cpu->cr4 ^ value;

    if (value & ~cr4_writable(cpu))
        cpu_raise_gp0(cpu);
    if ((cpu->cr0 & CR0_PG) && (value & CR4_PAE) && (changes & (CR4_PAE | CR4_PGE | CR4_PSE)) &&
        !mmu_load_pdptes(&cpu->mmu, cpu->cr3))
        cpu_raise_gp0(cpu);
    cpu->cr4 = value;
    mmu_set_control(&cpu->mmu, cpu->cr0, cpu->cr4, cpu->efer);
    cpu_translations_changed(cpu);
}

static void control_write(Cpu *cpu, unsigned number, u64 value)
{
    switch (number) {
    case 0:
        set_cr0(cpu, value);
        break;
    case 2:
        cpu->cr2 = value;
        break;
    case 3:
        set_cr3(cpu, value);
        break;
    case 4:
        set_cr4(cpu, value);
        break;
    default:
        cpu_raise_ud(cpu);
    }
}

static u64 control_read(Cpu *cpu, unsigned number)
{
    switch (number) {
    case 0:
        return cpu->cr0;
    case 2:
        return cpu->cr2;
    case 3:
        return cpu->cr3;
    case 4:
        return cpu->cr4;
    default:
        cpu_raise_ud(cpu);
    }
}

static void check_control(Cpu *cpu, unsigned number)
{
    if (number > 4 || number == 1 || (number == 4 && !cpu_has(cpu, FEATURE_CPUID)))
        cpu_raise_ud(cpu);
    require_cpl0(cpu);
}

static void MOVCR(Cpu *cpu, const Insn *insn)
{
    Operand to = insn->operands[0], from = insn->operands[1];
    Size size = cpu->code_size == 8 ? QWORD : DWORD;

    if (to.kind == OPERAND_CONTROL) {
        check_control(cpu, to.number);
        control_write(cpu, to.number, register_read(cpu, from, size));
    } else {
        check_control(cpu, from.number);
        register_write(cpu, to, size, control_read(cpu, from.number));
    }
}
PLAIN(MOVCR)

static void SMSW(Cpu *cpu, const Insn *insn)
{
    Operand to = insn->operands[0];

    operand_write(cpu, insn, to, OPERAND_NONE, to.size, cpu->cr0);
}
PLAIN(SMSW)

/* PE, MP, EM and TS only; PE cannot be cleared. */
static void LMSW(Cpu *cpu, const Insn *insn)
{
    u64 value;

    require_cpl0(cpu);
    value = operand_read(cpu, insn, insn->operands[0], OPERAND_NONE, WORD);
    set_cr0(cpu, (cpu->cr0 & ~(u64)(CR0_MP | CR0_EM | CR0_TS)) | (value & 15));
}
PLAIN(LMSW)

static void CLTS(Cpu *cpu, const Insn *insn)
{
    (void)insn;
    require_cpl0(cpu);
    cpu->cr0 &= ~(u64)CR0_TS;
}
PLAIN(CLTS)

static void INVLPG(Cpu *cpu, const Insn *insn)
{
    require_cpl0(cpu);
    mmu_invalidate_page(&cpu->mmu,
                        (u32)(cpu->segments[insn->segment].base + operand_offset(cpu, insn)));
    cpu_translations_changed(cpu);
}
PLAIN(INVLPG)

/* ---- debug registers ---- */

static void check_debug(Cpu *cpu, unsigned *number)
{
    if (*number > 7 || ((*number == 4 || *number == 5) && (cpu->cr4 & CR4_DE)))
        cpu_raise_ud(cpu);
    if (*number == 4 || *number == 5)
        *number += 2;
    require_cpl0(cpu);
    if (cpu->dr[7] & DR7_GD) {
        cpu->dr[6] |= DR6_BD;
        debug_set_dr7(cpu, cpu->dr[7] & ~(u64)DR7_GD);
        cpu_raise(cpu, EXCEPTION_DB, 0);
    }
}

static void debug_write(Cpu *cpu, unsigned number, u64 value)
{
    if (number == 7)
        debug_set_dr7(cpu, value);
    else if (number == 6)
        cpu->dr[6] = (value & 0xE00F) | DR6_ALWAYS;
    else
        cpu->dr[number] = value;
    if (number < 4)
        debug_set_dr7(cpu, cpu->dr[7]);
}

static void MOVDR(Cpu *cpu, const Insn *insn)
{
    Operand to = insn->operands[0], from = insn->operands[1];
    Size size = cpu->code_size == 8 ? QWORD : DWORD;
    unsigned number = to.kind == OPERAND_DEBUG ? to.number : from.number;

    check_debug(cpu, &number);
    if (to.kind == OPERAND_DEBUG)
        debug_write(cpu, number, register_read(cpu, from, size));
    else
        register_write(cpu, to, size, cpu->dr[number]);
}
PLAIN(MOVDR)

/* ---- the rest ---- */

/* The caches hold nothing that memory does not. */
static void INVD(Cpu *cpu, const Insn *insn)
{
    (void)insn;
    require_cpl0(cpu);
}
PLAIN(INVD)

static void WBINVD(Cpu *cpu, const Insn *insn)
{
    (void)insn;
    require_cpl0(cpu);
}
PLAIN(WBINVD)

static void HLT(Cpu *cpu, const Insn *insn)
{
    (void)insn;
    require_cpl0(cpu);
    cpu_attend(cpu, ATTEND_HALT);
}
PLAIN(HLT)

static void RSM(Cpu *cpu, const Insn *insn)
{
    (void)insn;
    cpu_raise_ud(cpu);
}
PLAIN(RSM)

/* ---- fast system calls: flat segments whatever the GDT says ---- */

enum {
    FLAT = ACCESS_G | ACCESS_DB | ACCESS_P | ACCESS_S | ACCESS_RW | ACCESS_ACCESSED,
    FLAT_CODE = FLAT | ACCESS_CODE,
    RING3 = 3 << ACCESS_DPL_SHIFT,
};

static void SYSENTER(Cpu *cpu, const Insn *insn)
{
    u16 selector = (u16)(cpu->sysenter_cs & ~3u);

    (void)insn;
    if (cpu_real(cpu) || selector == 0)
        cpu_raise_gp0(cpu);
    cpu_set_flags(cpu, 0, FLAG_VM | FLAG_IF | FLAG_RF);
    cpu->cpl = 0;
    segment_set(cpu, CS, selector, 0, 0xFFFFFFFF, FLAT_CODE);
    segment_set(cpu, SS, (u16)(selector + 8), 0, 0xFFFFFFFF, FLAT);
    cpu->gpr[RSP] = (u32)cpu->sysenter_esp;
    cpu->rip = (u32)cpu->sysenter_eip;
}
PLAIN(SYSENTER)

static void SYSEXIT(Cpu *cpu, const Insn *insn)
{
    u16 selector = (u16)(cpu->sysenter_cs & ~3u);

    (void)insn;
    if (cpu_real(cpu) || selector == 0)
        cpu_raise_gp0(cpu);
    require_cpl0(cpu);
    cpu->cpl = 3;
    segment_set(cpu, CS, (u16)((selector + 16) | 3), 0, 0xFFFFFFFF, FLAT_CODE | RING3);
    segment_set(cpu, SS, (u16)((selector + 24) | 3), 0, 0xFFFFFFFF, FLAT | RING3);
    cpu->gpr[RSP] = (u32)cpu->gpr[RCX];
    cpu->rip = (u32)cpu->gpr[RDX];
}
PLAIN(SYSEXIT)
