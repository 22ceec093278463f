/*
 * Hardware task switches with 16- and 32-bit TSSs.
 * Manual: Intel SDM Vol. 3, "Task Switching" with its table of exception conditions.
 *
 * Everything that can fault in the old task's context is probed or read first; then the switch is
 * committed; the new task's segments are qualified in its own context.
 */
#include "cpu/task.h"

#include "cpu/debug_registers.h"
#include "cpu/exec.h"
#include "cpu/observer.h"
#include "mmu/paging.h"

/* Where a TSS keeps what; offsets in bytes. `stride` is the distance of registers. */
typedef struct TssLayout {
    u8 limit;  /* at least */
    Size size; /* of a register */
    u8 cr3, ip, flags, registers, selectors, selector_count, ldt, trap;
} TssLayout;

static const TssLayout tss16 = {
    .limit = 0x2B,
    .size = WORD,
    .ip = 0x0E,
    .flags = 0x10,
    .registers = 0x12,
    .selectors = 0x22,
    .selector_count = 4,
    .ldt = 0x2A,
};
static const TssLayout tss32 = {
    .limit = 0x67,
    .size = DWORD,
    .cr3 = 0x1C,
    .ip = 0x20,
    .flags = 0x24,
    .registers = 0x28,
    .selectors = 0x48,
    .selector_count = 6,
    .ldt = 0x60,
    .trap = 0x64,
};

typedef struct TaskState {
    u64 gpr[8], rip, flags, cr3;
    u16 selectors[6], ldt;
    bool trap;
} TaskState;

static const TssLayout *layout_of(u16 access)
{
    return tss_is_32bit(access) ? &tss32 : &tss16;
}

static u64 tss_read(Cpu *cpu, u64 base, unsigned offset, Size size)
{
    return system_read(cpu, (u32)(base + offset), size);
}

/* A 16-bit TSS has no upper halves: they become ones, as on the P6. */
static TaskState read_state(Cpu *cpu, u64 base, const TssLayout *layout)
{
    TaskState state = {.rip = tss_read(cpu, base, layout->ip, layout->size),
                       .flags = tss_read(cpu, base, layout->flags, layout->size),
                       .ldt = (u16)tss_read(cpu, base, layout->ldt, WORD)};

    for (unsigned i = 0; i < 8; i++)
        state.gpr[i] = tss_read(cpu, base, layout->registers + i * layout->size, layout->size) |
                       (layout->size == WORD ? 0xFFFF0000 : 0);
    for (unsigned i = 0; i < layout->selector_count; i++)
        state.selectors[i] = (u16)tss_read(cpu, base, layout->selectors + i * layout->size, WORD);
    if (layout->size == DWORD) {
        state.cr3 = tss_read(cpu, base, layout->cr3, DWORD);
        state.trap = tss_read(cpu, base, layout->trap, WORD) & 1;
    }
    return state;
}

/* Calls `access` for each word that a switch stores in the old TSS. */
static void save_state(Cpu *cpu, u64 base, const TssLayout *layout, u64 rip, u64 flags, bool probe)
{
    struct {
        unsigned offset;
        Size size;
        u64 value;
    } stores[2 + 8 + 6] = {
        {layout->ip, layout->size, rip},
        {layout->flags, layout->size, flags},
    };
    unsigned count = 2;

    for (unsigned i = 0; i < 8; i++, count++) {
        stores[count].offset = layout->registers + i * layout->size;
        stores[count].size = layout->size;
        stores[count].value = cpu->gpr[i];
    }
    for (unsigned i = 0; i < layout->selector_count; i++, count++) {
        stores[count].offset = layout->selectors + i * layout->size;
        stores[count].size = WORD;
        stores[count].value = cpu->segments[i].selector;
    }
    for (unsigned i = 0; i < count; i++) {
        u64 linear = (u32)(base + stores[i].offset);

        if (probe)
            memory_probe_write(cpu, linear, stores[i].size, false);
        else
            system_write(cpu, linear, stores[i].size, stores[i].value);
    }
}

/* ---- the new task's segments ---- */

_Noreturn static void raise_ts(Cpu *cpu, u16 selector)
{
    cpu_raise(cpu, EXCEPTION_TS, selector & ~3u);
}

static void load_ldt(Cpu *cpu, u16 selector)
{
    Descriptor descriptor;
    u16 access;

    if (selector_is_null(selector))
        return;
    if (selector & 4)
        raise_ts(cpu, selector);
    descriptor = descriptor_fetch(cpu, selector, EXCEPTION_TS);
    access = descriptor_access(descriptor);
    if ((access & (ACCESS_S | ACCESS_TYPE)) != SYSTEM_LDT || !(access & ACCESS_P))
        raise_ts(cpu, selector);
    segment_set_descriptor(cpu, LDTR, selector, descriptor);
}

static void load_code(Cpu *cpu, u16 selector)
{
    unsigned rpl = selector & 3, dpl;
    Descriptor descriptor;
    u16 access;

    if (selector_is_null(selector))
        raise_ts(cpu, 0);
    descriptor = descriptor_fetch(cpu, selector, EXCEPTION_TS);
    access = descriptor_access(descriptor);
    dpl = access_dpl(access);
    if (!(access & ACCESS_S) || !(access & ACCESS_CODE) ||
        (access_is_conforming(access) ? dpl > rpl : dpl != rpl))
        raise_ts(cpu, selector);
    if (!(access & ACCESS_P))
        cpu_raise(cpu, EXCEPTION_NP, selector & ~3u);
    descriptor = descriptor_mark(cpu, selector, descriptor, ACCESS_ACCESSED, 0);
    code_segment_enter(cpu, selector, descriptor, rpl);
}

static void load_stack(Cpu *cpu, u16 selector)
{
    Descriptor descriptor;
    u16 access;

    if (selector_is_null(selector))
        raise_ts(cpu, 0);
    descriptor = descriptor_fetch(cpu, selector, EXCEPTION_TS);
    access = descriptor_access(descriptor);
    if ((access & (ACCESS_S | ACCESS_CODE | ACCESS_RW)) != (ACCESS_S | ACCESS_RW) ||
        access_dpl(access) != cpu->cpl || (selector & 3) != cpu->cpl)
        raise_ts(cpu, selector);
    if (!(access & ACCESS_P))
        cpu_raise(cpu, EXCEPTION_SS, selector & ~3u);
    descriptor = descriptor_mark(cpu, selector, descriptor, ACCESS_ACCESSED, 0);
    segment_set_descriptor(cpu, SS, selector, descriptor);
}

static void load_data(Cpu *cpu, SegmentRegister reg, u16 selector)
{
    Descriptor descriptor;
    u16 access;

    if (selector_is_null(selector))
        return;
    descriptor = descriptor_fetch(cpu, selector, EXCEPTION_TS);
    access = descriptor_access(descriptor);
    if (!access_is_readable(access) ||
        (!access_is_conforming(access) &&
         (access_dpl(access) < cpu->cpl || access_dpl(access) < (selector & 3))))
        raise_ts(cpu, selector);
    if (!(access & ACCESS_P))
        cpu_raise(cpu, EXCEPTION_NP, selector & ~3u);
    descriptor = descriptor_mark(cpu, selector, descriptor, ACCESS_ACCESSED, 0);
    segment_set_descriptor(cpu, reg, selector, descriptor);
}

static void load_segments(Cpu *cpu, const TaskState *state)
{
    load_ldt(cpu, state->ldt);
    if (cpu_v86(cpu)) {
        for (unsigned reg = ES; reg <= GS; reg++)
            segment_set_real(cpu, reg, state->selectors[reg]);
        return;
    }
    load_code(cpu, state->selectors[CS]);
    load_stack(cpu, state->selectors[SS]);
    load_data(cpu, DS, state->selectors[DS]);
    load_data(cpu, ES, state->selectors[ES]);
    load_data(cpu, FS, state->selectors[FS]);
    load_data(cpu, GS, state->selectors[GS]);
}

/* ---- the switch ---- */

static void load_cr3(Cpu *cpu, u64 cr3, u16 selector)
{
    if (!(cpu->cr0 & CR0_PG))
        return;
    if ((cpu->cr4 & CR4_PAE) && !mmu_load_pdptes(&cpu->mmu, cr3))
        raise_ts(cpu, selector);
    cpu->cr3 = cr3;
    mmu_set_cr3(&cpu->mmu, cr3);
    cpu_translations_changed(cpu);
    if (UNLIKELY(cpu->observer))
        cpu->observer->cr3(cpu->observer->owner);
}

/* What follows happens in the new task; a fault is its, at its first instruction. */
static void enter(Cpu *cpu, const TaskState *state, u64 flags)
{
    cpu->rip = state->rip;
    if (cpu->insn)
        cpu->block_rip = state->rip - cpu->insn->start;
    for (unsigned i = 0; i < 8; i++)
        cpu->gpr[i] = state->gpr[i];
    cpu_set_flags(cpu, flags, ~(u64)0);
    cpu->cr0 |= CR0_TS;
    debug_clear_local_enables(cpu);
    cpu->cpl = flags & FLAG_VM ? 3 : state->selectors[CS] & 3;
    for (unsigned reg = ES; reg <= GS; reg++)
        segment_set_null(cpu, reg, state->selectors[reg]);
    segment_set_null(cpu, LDTR, state->ldt);
    cpu_update_mode(cpu);
    load_segments(cpu, state);
    if (state->trap)
        debug_task_trap(cpu);
    cpu_check_rip(cpu, state->rip);
}

void task_switch(Cpu *cpu, u16 selector, Descriptor tss, TaskSwitch how, u64 old_rip)
{
    const Segment old = cpu->segments[TR];
    const TssLayout *old_layout = layout_of(old.access);
    const TssLayout *layout = layout_of(descriptor_access(tss));
    u64 base = descriptor_base(tss), busy, old_busy, flags = cpu_get_flags(cpu);
    bool leaves = how != TASK_CALL && descriptor_locate(cpu, old.selector, &old_busy);
    TaskState state;

    if (descriptor_limit(tss) < layout->limit)
        raise_ts(cpu, selector);
    if (!(old.access & ACCESS_P) || old.limit < old_layout->limit)
        raise_ts(cpu, old.selector);
    state = read_state(cpu, base, layout);

    if (how == TASK_RETURN)
        flags &= ~(u64)FLAG_NT;
    save_state(cpu, old.base, old_layout, old_rip, flags, true);
    if (leaves)
        memory_probe_write(cpu, old_busy + 5, BYTE, false);
    if (how == TASK_CALL)
        memory_probe_write(cpu, (u32)base, WORD, false);
    if (how != TASK_RETURN && descriptor_locate(cpu, selector, &busy))
        memory_probe_write(cpu, busy + 5, BYTE, false);

    save_state(cpu, old.base, old_layout, old_rip, flags, false);
    if (leaves)
        descriptor_mark(cpu, old.selector, system_read(cpu, old_busy, QWORD), 0, TSS_BUSY);
    if (how == TASK_CALL) {
        system_write(cpu, (u32)base, WORD, old.selector);
        state.flags |= FLAG_NT;
    }
    if (how != TASK_RETURN)
        tss = descriptor_mark(cpu, selector, tss, TSS_BUSY, 0);
    if (layout->size == DWORD)
        load_cr3(cpu, state.cr3, selector);
    segment_set_descriptor(cpu, TR, selector, tss);
    LOG(cpu->log, LOG_CPU, "task switch %04X -> %04X, at %04X:%08X", old.selector, selector,
        state.selectors[CS], (u32)state.rip);
    enter(cpu, &state, state.flags);
}

void task_gate(Cpu *cpu, u16 selector, TaskSwitch how, u64 old_rip)
{
    Descriptor tss;
    u16 access;

    if (selector_is_null(selector) || (selector & 4))
        cpu_raise(cpu, EXCEPTION_GP, selector & ~3u);
    tss = descriptor_fetch(cpu, selector, EXCEPTION_GP);
    access = descriptor_access(tss);
    if (!access_is_tss(access, false))
        cpu_raise(cpu, EXCEPTION_GP, selector & ~3u);
    if (!(access & ACCESS_P))
        cpu_raise(cpu, EXCEPTION_NP, selector & ~3u);
    task_switch(cpu, selector, tss, how, old_rip);
}
