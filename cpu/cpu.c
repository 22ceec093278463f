/*
 * The processor as a whole: creation, reset, pins, and what is derived from its modes.
 * Manual: Intel SDM Vol. 3, "Processor Management and Initialization", "Mode Switching".
 *
 * Not implemented: SMM, built-in self-test.
 */
#include "cpu/cpu.h"

#include <stdio.h>
#include <string.h>

#include "cpu/code_cache.h"
#include "cpu/debug_registers.h"
#include "cpu/observer.h"
#include "cpu/host_features.h"
#include "cpu/models.h"
#include "cpu/msr.h"
#include "cpu/opcodes.h"
#include "cpu/segment.h"
#include "mmu/paging.h"

enum {
    RESET_DATA = ACCESS_P | ACCESS_S | ACCESS_RW | ACCESS_ACCESSED,
    RESET_CODE = RESET_DATA | ACCESS_CODE,
    RESET_LDT = ACCESS_P | 2,
    RESET_TSS = ACCESS_P | 11,
};

bool cpu_init(Cpu *cpu, const char *model, AddressSpace *memory, AddressSpace *ports,
              const CpuBoard *board, Log *log, char *error, size_t error_size)
{
    const CpuModel *found = model_find(model);

    memset(cpu, 0, sizeof *cpu);
    if (!found) {
        snprintf(error, error_size, "there is no processor model '%s'", model);
        return false;
    }
    cpu->model = found;
    cpu->features = found->features & host_features();
    cpu->memory = memory;
    cpu->ports = ports;
    cpu->log = log;
    if (board)
        cpu->board = *board;
    mmu_init(&cpu->mmu, memory, found->physical_bits, log);
    cpu->mmu.has_1gb_pages = cpu_has(cpu, FEATURE_PAGE1GB);
    cpuid_announce(cpu);
    opcodes_index(cpu);
    if (!code_cache_create(cpu)) {
        snprintf(error, error_size, "not enough memory for the processor's code cache");
        return false;
    }
    cpu_reset(cpu);
    return true;
}

void cpu_destroy(Cpu *cpu)
{
    if (cpu->code)
        code_cache_destroy(cpu);
}

/* ---- reset ---- */

static void reset_segments(Cpu *cpu)
{
    for (unsigned reg = ES; reg <= GS; reg++)
        segment_set(cpu, reg, 0, 0, 0xFFFF, RESET_DATA);
    segment_set(cpu, CS, 0xF000, 0xFFFF0000, 0xFFFF, RESET_CODE);
    segment_set(cpu, LDTR, 0, 0, 0xFFFF, RESET_LDT);
    segment_set(cpu, TR, 0, 0, 0xFFFF, RESET_TSS);
    cpu->gdtr = cpu->idtr = (DescriptorTable){.base = 0, .limit = 0xFFFF};
    segment_forget_loads(cpu);
}

void cpu_init_signal(Cpu *cpu)
{
    const CpuModel *model = cpu->model;

    memset(cpu->gpr, 0, sizeof cpu->gpr);
    cpu->gpr[RDX] = (u32)model->family << 8 | (u32)model->model << 4 | model->stepping;
    cpu->rip = 0xFFF0;
    cpu->rflags = 0;
    flags_unpack(&cpu->flags, 0);
    cpu->cpl = 0;
    cpu->cr0 = (cpu->cr0 & (CR0_CD | CR0_NW)) | CR0_ET;
    cpu->cr2 = cpu->cr3 = cpu->cr4 = cpu->efer = 0;
    memset(cpu->dr, 0, sizeof cpu->dr);
    cpu->dr[6] = DR6_ALWAYS;
    cpu->dr6_pending = 0;
    cpu->traps_wait = false;
    cpu->nmi_blocked = false;
    cpu->delivering = -1;
    cpu->fault_count = 0;
    cpu->attention &= ATTEND_STOP;
    reset_segments(cpu);
    debug_set_dr7(cpu, 0);
    mmu_set_control(&cpu->mmu, cpu->cr0, cpu->cr4, cpu->efer);
    mmu_set_cr3(&cpu->mmu, 0);
    mmu_flush_all(&cpu->mmu);
    cpu_translations_changed(cpu);
}

void cpu_reset(Cpu *cpu)
{
    cpu->cr0 = CR0_CD | CR0_NW;
    memset(&cpu->x87, 0, sizeof cpu->x87);
    cpu->x87.control = 0x40; /* and all tags valid: FNINIT makes it 37Fh and empty */
    memset(cpu->xmm, 0, sizeof cpu->xmm);
    memset(cpu->ymm_high, 0, sizeof cpu->ymm_high);
    cpu->xcr0 = XCR0_X87;
    cpu->mxcsr = 0x1F80;
    msr_reset(cpu);
    cpu_init_signal(cpu);
}

/* ---- control registers ---- */

u64 cpu_control(const Cpu *cpu, unsigned number)
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
    case 8:
        return cpu->board.read_task_priority ? cpu->board.read_task_priority(cpu->board.board) : 0;
    default:
        return 0;
    }
}

/* ---- what follows from the modes ---- */

void cpu_update_mode(Cpu *cpu)
{
    u16 code = cpu->segments[CS].access;
    bool alignment = (cpu->cr0 & CR0_AM) && (cpu->rflags & FLAG_AC) && cpu->cpl == 3;

    bool was_64bit = cpu->code_size == 8;

    if (cpu_long(cpu) && (code & ACCESS_L))
        cpu->code_size = 8;
    else /* in real mode too: its CS keeps the bit that protected mode left there */
        cpu->code_size = code & ACCESS_DB && !cpu_v86(cpu) ? 4 : 2;
    cpu->linear_mask = cpu->code_size == 8 ? ~(u64)0 : 0xFFFFFFFF;
    if (cpu->code_size == 8)
        cpu->stack_mask = ~(u64)0;
    else
        cpu->stack_mask = cpu->segments[SS].access & ACCESS_DB ? 0xFFFFFFFF : 0xFFFF;
    if (was_64bit != (cpu->code_size == 8))
        segment_update_all(cpu);
    cpu->user = cpu->cpl == 3;
    if (cpu->user)
        cpu->as = AS_USER;
    else
        cpu->as =
            (cpu->cr4 & CR4_SMAP) && (cpu->rflags & FLAG_AC) ? AS_SUPERVISOR_AC : AS_SUPERVISOR;
    cpu->tlb = cpu->mmu.tlb[cpu->as];
    cpu->code_tlb = cpu->mmu.tlb[cpu->user];
    cpu->code_mode = link_mode(cpu);
    cpu->tlb_epoch = alignment || debug_has_data_breakpoints(cpu) ? TLB_NO_EPOCH : cpu->mmu.epoch;
    cpu_leave_block(cpu);
    if (UNLIKELY(cpu->observer))
        cpu->observer->mode(cpu->observer->owner);
}

void cpu_translations_changed(Cpu *cpu)
{
    cpu_update_mode(cpu);
    code_cache_unlink(cpu);
    cpu->block_key = NO_KEY;
}

/* Bits that the model does not have read as zero. */
static u64 flags_that_exist(const Cpu *cpu)
{
    u64 exist = FLAGS_ARITHMETIC | FLAG_TF | FLAG_IF | FLAG_DF | FLAG_IOPL | FLAG_NT | FLAG_RF |
                FLAG_VM | FLAG_AC;

    if (cpu_has(cpu, FEATURE_VME))
        exist |= FLAG_VIF | FLAG_VIP;
    if (cpu_has(cpu, FEATURE_CPUID))
        exist |= FLAG_ID;
    return exist;
}

/* An interrupt that waits for IF costs nothing meanwhile. */
static void update_interrupt_request(Cpu *cpu)
{
    if (cpu->intr_pin && (cpu->rflags & FLAG_IF))
        cpu_attend(cpu, ATTEND_INTR);
    else
        cpu->attention &= (u8)~ATTEND_INTR;
}

void cpu_set_flags(Cpu *cpu, u64 value, u64 mask)
{
    u64 old = mask & FLAGS_ARITHMETIC ? cpu_get_flags(cpu) : cpu->rflags, flags, changes;

    mask &= flags_that_exist(cpu);
    flags = (old & ~mask) | (value & mask);
    changes = old ^ flags;
    if (changes & FLAGS_ARITHMETIC)
        flags_unpack(&cpu->flags, flags);
    cpu->rflags = flags & ~(u64)(FLAGS_ARITHMETIC | FLAGS_ALWAYS);
    if (changes & FLAG_IF)
        update_interrupt_request(cpu);
    if (changes & FLAG_VM)
        segment_update_all(cpu);
    if (changes & (FLAG_VM | FLAG_AC))
        cpu_update_mode(cpu);
    if (flags & (FLAG_TF | FLAG_RF)) /* RF is for one instruction: the loop steps, and clears it */
        cpu_attend(cpu, ATTEND_TRAP);
    else if (!cpu->dr6_pending)
        cpu->attention &= (u8)~ATTEND_TRAP;
}

/* ---- pins and the board ---- */

void cpu_set_intr(Cpu *cpu, bool level)
{
    cpu->intr_pin = level;
    update_interrupt_request(cpu);
}

void cpu_raise_nmi(Cpu *cpu)
{
    cpu_attend(cpu, ATTEND_NMI);
}

void cpu_set_a20(Cpu *cpu, bool enabled)
{
    mmu_set_a20(&cpu->mmu, enabled);
    cpu_translations_changed(cpu);
}

void cpu_stop(Cpu *cpu)
{
    cpu_attend(cpu, ATTEND_STOP);
}

void cpu_memory_map_changed(Cpu *cpu)
{
    mmu_demote(&cpu->mmu);
    code_cache_unlink(cpu);
    cpu->block_key = NO_KEY;
    cpu_leave_block(cpu);
}

void cpu_code_written(Cpu *cpu, u8 *host, u64 length)
{
    code_cache_written(cpu, host, length);
}
