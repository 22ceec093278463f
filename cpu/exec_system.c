/*
 * System registers: descriptor-table registers, control and debug registers, and the other
 * instructions of the operating system.
 * Manual: Intel SDM Vol. 2, the pages of these names; Vol. 3, "Control Registers".
 *
 * Not implemented: SMM (RSM raises #UD).
 */
#include "cpu/debug_registers.h"
#include "cpu/exec.h"
#include "cpu/observer.h"
#include "mmu/paging.h"

static void require_cpl0(Cpu *cpu)
{
    if (cpu->cpl != 0)
        cpu_raise_gp0(cpu);
}

/* ---- GDTR and IDTR ---- */

static Size native_size(const Cpu *cpu)
{
    return cpu->code_size == 8 ? QWORD : DWORD;
}

/* With 16-bit operands the base has 24 bits, as on the 286; in 64-bit mode always 64. */
static void load_table(Cpu *cpu, const Insn *insn, DescriptorTable *table)
{
    u64 offset = operand_offset(cpu, insn), base;
    u16 limit;

    require_cpl0(cpu);
    limit = (u16)memory_read(cpu, insn->segment, offset, WORD);
    base = memory_read(cpu, insn->segment, offset + 2, native_size(cpu));
    if (cpu->code_size != 8 && insn->size == WORD)
        base &= 0xFFFFFF;
    if (!is_canonical(base))
        cpu_raise_gp0(cpu);
    *table = (DescriptorTable){.base = base, .limit = limit};
}

/* All 32 bits of the base whatever the operand size, as every processor since the 386 does.
 * The high part goes first: it is the one that may fault when the low one does not. */
static void store_table(Cpu *cpu, const Insn *insn, const DescriptorTable *table)
{
    u64 offset = operand_offset(cpu, insn);

    cpu_check_umip(cpu);
    memory_read_for_write(cpu, insn->segment, offset, WORD);
    memory_write(cpu, insn->segment, offset + 2, native_size(cpu), table->base);
    memory_write(cpu, insn->segment, offset, WORD, table->limit);
}

static void LGDT(Cpu *cpu, const Insn *insn)
{
    load_table(cpu, insn, &cpu->gdtr);
    segment_forget_loads(cpu);
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

/* What turning paging on or off asks for, and does to EFER.LMA. SDM Vol. 3, "Initializing IA-32e
 * Mode" and "Long-Mode... Consistency Checks"; task switches are gone, so the TSS must not be a
 * 286's. */
static u64 check_paging_change(Cpu *cpu, u64 cr0)
{
    bool is_tss16 = !(cpu->segments[TR].access & 8);

    if (cr0 & CR0_PG) {
        if (!(cpu->efer & EFER_LME))
            return cpu->efer;
        if (!(cpu->cr4 & CR4_PAE) || (cpu->segments[CS].access & ACCESS_L) || is_tss16)
            cpu_raise_gp0(cpu);
        return cpu->efer | EFER_LMA;
    }
    if (cpu->code_size == 8 || (cpu->cr4 & CR4_PCIDE))
        cpu_raise_gp0(cpu);
    return cpu->efer & ~(u64)EFER_LMA;
}

/* Undefined bits of CR0 read as written zeroes; ET is wired to one. */
static void set_cr0(Cpu *cpu, u64 value)
{
    u64 old = cpu->cr0, efer = cpu->efer, changes;

    if (value >> 32)
        cpu_raise_gp0(cpu);
    value = (value & CR0_WRITABLE) | CR0_ET;
    changes = old ^ value;
    if (((value & CR0_PG) && !(value & CR0_PE)) || ((value & CR0_NW) && !(value & CR0_CD)))
        cpu_raise_gp0(cpu);
    if (changes & CR0_PG)
        efer = check_paging_change(cpu, value);
    if ((value & CR0_PG) && (cpu->cr4 & CR4_PAE) && !(efer & EFER_LMA) &&
        (changes & (CR0_PG | CR0_CD | CR0_NW)) && !mmu_load_pdptes(&cpu->mmu, cpu->cr3))
        cpu_raise_gp0(cpu);
    cpu->cr0 = value;
    cpu->efer = efer;
    if (changes & (CR0_PE | CR0_PG))
        LOG(cpu->log, LOG_CPU, "CR0 %08llX -> %08llX, EFER %04llX", (unsigned long long)old,
            (unsigned long long)value, (unsigned long long)efer);
    if (changes & CR0_PE)
        segment_update_all(cpu);
    mmu_set_control(&cpu->mmu, cpu->cr0, cpu->cr4, cpu->efer);
    cpu_translations_changed(cpu);
}

/* Bit 63 asks to keep the TLB's entries, with PCIDs; we drop them all the same. */
static void set_cr3(Cpu *cpu, u64 value)
{
    if (cpu->cr4 & CR4_PCIDE)
        value &= ~((u64)1 << 63);
    if (cpu_long(cpu) && value >> cpu->mmu.physical_bits)
        cpu_raise_gp0(cpu);
    if ((cpu->cr0 & CR0_PG) && (cpu->cr4 & CR4_PAE) && !cpu_long(cpu) &&
        !mmu_load_pdptes(&cpu->mmu, value))
        cpu_raise_gp0(cpu);
    cpu->cr3 = value;
    mmu_set_cr3(&cpu->mmu, value);
    cpu_translations_changed(cpu);
    if (UNLIKELY(cpu->observer))
        cpu->observer->cr3(cpu->observer->owner);
}

static u64 cr4_writable(const Cpu *cpu)
{
    static const struct {
        u8 feature;
        u32 bits;
    } rows[] = {
        {FEATURE_VME, CR4_VME | CR4_PVI},
        {FEATURE_TSC, CR4_TSD},
        {FEATURE_DE, CR4_DE},
        {FEATURE_PSE, CR4_PSE},
        {FEATURE_PAE, CR4_PAE},
        {FEATURE_MCE, CR4_MCE},
        {FEATURE_PGE, CR4_PGE},
        {FEATURE_P6, CR4_PCE},
        {FEATURE_FXSR, CR4_OSFXSR},
        {FEATURE_SSE, CR4_OSXMMEXCPT},
        {FEATURE_PCID, CR4_PCIDE},
        {FEATURE_SMEP, CR4_SMEP},
        {FEATURE_SMAP, CR4_SMAP},
        {FEATURE_UMIP, CR4_UMIP},
        {FEATURE_FSGSBASE, CR4_FSGSBASE},
        {FEATURE_XSAVE, CR4_OSXSAVE},
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
    if (cpu_long(cpu) && !(value & CR4_PAE))
        cpu_raise_gp0(cpu);
    if ((changes & value & CR4_PCIDE) && (!cpu_long(cpu) || (cpu->cr3 & 0xFFF)))
        cpu_raise_gp0(cpu);
    if ((cpu->cr0 & CR0_PG) && (value & CR4_PAE) && !cpu_long(cpu) &&
        (changes & (CR4_PAE | CR4_PGE | CR4_PSE)) && !mmu_load_pdptes(&cpu->mmu, cpu->cr3))
        cpu_raise_gp0(cpu);
    cpu->cr4 = value;
    mmu_set_control(&cpu->mmu, cpu->cr0, cpu->cr4, cpu->efer);
    cpu_translations_changed(cpu);
}

/* CR8: a lower priority may let an interrupt through at once. */
static void set_task_priority(Cpu *cpu, u64 value)
{
    if (value > 15)
        cpu_raise_gp0(cpu);
    cpu_sync_cycles(cpu);
    if (cpu->board.write_task_priority)
        cpu->board.write_task_priority(cpu->board.board, (u8)value);
    cpu_leave_block(cpu);
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
    case 8:
        set_task_priority(cpu, value);
        break;
    default:
        cpu_raise_ud(cpu);
    }
}

static void check_control(Cpu *cpu, unsigned number)
{
    bool exists = number <= 4 ? number != 1 : number == 8 && cpu->code_size == 8;

    if (!exists || (number == 4 && !cpu_has(cpu, FEATURE_CPUID)))
        cpu_raise_ud(cpu);
    require_cpl0(cpu);
}

static void MOVCR(Cpu *cpu, const Insn *insn)
{
    Operand to = insn->operands[0], from = insn->operands[1];
    Size size = native_size(cpu);

    if (to.kind == OPERAND_CONTROL) {
        check_control(cpu, to.number);
        control_write(cpu, to.number, register_read(cpu, from, size));
    } else {
        check_control(cpu, from.number);
        register_write(cpu, to, size, cpu_control(cpu, from.number));
    }
}
PLAIN(MOVCR)

static void SMSW(Cpu *cpu, const Insn *insn)
{
    Operand to = insn->operands[0];

    cpu_check_umip(cpu);
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

/* A non-canonical address is none that the TLB could hold. */
static void INVLPG(Cpu *cpu, const Insn *insn)
{
    u64 offset = operand_offset(cpu, insn);

    require_cpl0(cpu);
    mmu_invalidate_page(&cpu->mmu, (cpu->segments[insn->segment].base + offset) & cpu->linear_mask);
    cpu_translations_changed(cpu);
}
PLAIN(INVLPG)

enum { INVPCID_ADDRESS, INVPCID_TYPES = 4 };

/* No entry outlives a load of CR3, so what belongs to other PCIDs is not there; dropping more than
 * was asked for is allowed. */
static void INVPCID(Cpu *cpu, const Insn *insn)
{
    u64 offset = operand_offset(cpu, insn), pcid, linear, type;

    require_cpl0(cpu);
    type = gpr_read(cpu, insn->operands[0].number / 8, native_size(cpu));
    pcid = memory_read(cpu, insn->segment, offset, QWORD);
    linear = memory_read(cpu, insn->segment, offset + 8, QWORD);
    if (type >= INVPCID_TYPES || pcid >> 12 || (type == INVPCID_ADDRESS && !is_canonical(linear)) ||
        (type < 2 && pcid && !(cpu->cr4 & CR4_PCIDE)))
        cpu_raise_gp0(cpu);
    if (type == INVPCID_ADDRESS)
        mmu_invalidate_page(&cpu->mmu, linear);
    else
        mmu_flush_all(&cpu->mmu);
    cpu_translations_changed(cpu);
}
PLAIN(INVPCID)

/* SMAP's switch. Not in virtual-8086 mode, whose CPL is 3. */
static void set_ac(Cpu *cpu, u64 value)
{
    if (cpu->cpl != 0)
        cpu_raise_ud(cpu);
    cpu_set_flags(cpu, value, FLAG_AC);
}

static void CLAC(Cpu *cpu, const Insn *insn)
{
    (void)insn;
    set_ac(cpu, 0);
}
PLAIN(CLAC)

static void STAC(Cpu *cpu, const Insn *insn)
{
    (void)insn;
    set_ac(cpu, FLAG_AC);
}
PLAIN(STAC)

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
    if (number >= 6 && value >> 32)
        cpu_raise_gp0(cpu);
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
    Size size = native_size(cpu);
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
