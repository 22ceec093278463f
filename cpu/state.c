/*
 * The processor's state, for snapshots, hashes and panels. See mmu/field.h.
 */
#include "cpu/cpu.h"
#include "cpu/debug_registers.h"
#include "cpu/segment.h"
#include "cpu/xsave.h"

#define SEGMENT_FIELDS(reg)                                                                        \
    FIELD(Cpu, segments[reg].selector), FIELD(Cpu, segments[reg].access),                          \
        FIELD(Cpu, segments[reg].limit), FIELD(Cpu, segments[reg].loaded_base)
#define X87_FIELDS(n) FIELD(Cpu, x87.r[n].significand), FIELD(Cpu, x87.r[n].sign_exponent)
#define XMM_FIELDS(n) FIELD_ARRAY(Cpu, xmm[n].qwords)
#define YMM_FIELDS(n) FIELD_ARRAY(Cpu, ymm_high[n].qwords)
#define FAULT_FIELDS(n)                                                                            \
    FIELD(Cpu, faults[n].vector), FIELD(Cpu, faults[n].cs), FIELD(Cpu, faults[n].error_code),      \
        FIELD(Cpu, faults[n].rip), FIELD(Cpu, faults[n].cr2)

static const Field fields[] = {
    FIELD_ARRAY(Cpu, gpr),
    FIELD(Cpu, rip),
    FIELD(Cpu, flags.result),
    FIELD(Cpu, flags.zero),
    FIELD(Cpu, flags.carries),
    FIELD(Cpu, rflags),
    SEGMENT_FIELDS(ES),
    SEGMENT_FIELDS(CS),
    SEGMENT_FIELDS(SS),
    SEGMENT_FIELDS(DS),
    SEGMENT_FIELDS(FS),
    SEGMENT_FIELDS(GS),
    SEGMENT_FIELDS(LDTR),
    SEGMENT_FIELDS(TR),
    FIELD(Cpu, gdtr.base),
    FIELD(Cpu, gdtr.limit),
    FIELD(Cpu, idtr.base),
    FIELD(Cpu, idtr.limit),
    FIELD(Cpu, cr0),
    FIELD(Cpu, cr2),
    FIELD(Cpu, cr3),
    FIELD(Cpu, cr4),
    FIELD(Cpu, efer),
    FIELD_ARRAY(Cpu, dr),
    X87_FIELDS(0),
    X87_FIELDS(1),
    X87_FIELDS(2),
    X87_FIELDS(3),
    X87_FIELDS(4),
    X87_FIELDS(5),
    X87_FIELDS(6),
    X87_FIELDS(7),
    FIELD(Cpu, x87.control),
    FIELD(Cpu, x87.status),
    FIELD(Cpu, x87.top),
    FIELD(Cpu, x87.empty),
    FIELD(Cpu, x87.opcode),
    FIELD(Cpu, x87.ip),
    FIELD(Cpu, x87.dp),
    FIELD(Cpu, x87.cs),
    FIELD(Cpu, x87.ds),
    FIELD(Cpu, x87.ferr),
    FIELD(Cpu, x87.ignne),
    XMM_FIELDS(0),
    XMM_FIELDS(1),
    XMM_FIELDS(2),
    XMM_FIELDS(3),
    XMM_FIELDS(4),
    XMM_FIELDS(5),
    XMM_FIELDS(6),
    XMM_FIELDS(7),
    XMM_FIELDS(8),
    XMM_FIELDS(9),
    XMM_FIELDS(10),
    XMM_FIELDS(11),
    XMM_FIELDS(12),
    XMM_FIELDS(13),
    XMM_FIELDS(14),
    XMM_FIELDS(15),
    YMM_FIELDS(0),
    YMM_FIELDS(1),
    YMM_FIELDS(2),
    YMM_FIELDS(3),
    YMM_FIELDS(4),
    YMM_FIELDS(5),
    YMM_FIELDS(6),
    YMM_FIELDS(7),
    YMM_FIELDS(8),
    YMM_FIELDS(9),
    YMM_FIELDS(10),
    YMM_FIELDS(11),
    YMM_FIELDS(12),
    YMM_FIELDS(13),
    YMM_FIELDS(14),
    YMM_FIELDS(15),
    FIELD(Cpu, xcr0),
    FIELD(Cpu, mxcsr),
    FIELD_ARRAY(Cpu, msr),
    FIELD(Cpu, random),
    FIELD(Cpu, tsc_offset),
    FIELD(Cpu, sysenter_cs),
    FIELD(Cpu, sysenter_esp),
    FIELD(Cpu, sysenter_eip),
    FIELD(Cpu, star),
    FIELD(Cpu, lstar),
    FIELD(Cpu, cstar),
    FIELD(Cpu, sfmask),
    FIELD(Cpu, kernel_gs_base),
    FIELD(Cpu, cpl),
    FIELD(Cpu, attention),
    FIELD(Cpu, dr6_pending),
    FIELD(Cpu, traps_wait),
    FIELD(Cpu, nmi_blocked),
    FIELD(Cpu, intr_pin),
    FIELD(Cpu, cycles),
    FIELD(Cpu, fault_count),
    FAULT_FIELDS(0),
    FAULT_FIELDS(1),
    FAULT_FIELDS(2),
    FIELD_ARRAY(Cpu, mmu.pdptes),
    FIELD(Cpu, mmu.a20_mask),
};

/* A snapshot may say anything, so what indexes or selects is put within its bounds. The TLB is
 * architectural, but no field: devices/machine_snapshot.c sees to it. */
static void restored(void *chip)
{
    Cpu *cpu = chip;

    cpu->gpr[REG_ZERO] = 0;
    cpu->cpl &= 3;
    cpu->x87.top &= 7;
    cpu->mxcsr &= 0xFFFF;
    cpu->xcr0 = (cpu->xcr0 & xsave_supported(cpu)) | XCR0_X87;
    cpu->delivering = -1;
    if (cpu->fault_count > COUNT_OF(cpu->faults))
        cpu->fault_count = 0;
    cpu->resume = false;
    cpu->block_key = NO_KEY;
    mmu_set_control(&cpu->mmu, cpu->cr0, cpu->cr4, cpu->efer);
    mmu_set_cr3(&cpu->mmu, cpu->cr3);
    mmu_flush_all(&cpu->mmu);
    segment_update_all(cpu);
    segment_forget_loads(cpu);
    cpu_translations_changed(cpu);
}

const StateTable cpu_state = {
    .chip = "cpu",
    .fields = fields,
    .count = COUNT_OF(fields),
    .restored = restored,
};
