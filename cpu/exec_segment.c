/*
 * Segment registers: moves, far pointers, and the instructions that inspect descriptors.
 * Manual: Intel SDM Vol. 2, "Move", "Pop a Value From the Stack", "Load Far Pointer", "Adjust RPL
 * Field of Segment Selector", "Load Access Rights Byte", "Load Segment Limit", "Verify a Segment
 * for Reading or Writing", "Load Local Descriptor Table Register", "Load Task Register".
 */
#include "cpu/exec.h"
#include "cpu/task.h"

static void load(Cpu *cpu, unsigned reg, u16 selector)
{
    if (reg == CS || reg > GS)
        cpu_raise_ud(cpu);
    segment_load(cpu, reg, selector);
}

/* SDM Vol. 3, "Masking Exceptions and Interrupts When Switching Stacks": the next instruction
 * loads ESP, and nothing comes between. */
static void begin_stack_switch(Cpu *cpu)
{
    cpu->traps_wait = true;
    cpu_attend(cpu, ATTEND_SHADOW);
}

static void MOVSEG(Cpu *cpu, const Insn *insn)
{
    Operand to = insn->operands[0], from = insn->operands[1];

    if (to.kind == OPERAND_SEGMENT) {
        load(cpu, to.number, (u16)operand_read(cpu, insn, from, OPERAND_NONE, WORD));
        if (to.number == SS)
            begin_stack_switch(cpu);
    } else {
        if (from.number > GS)
            cpu_raise_ud(cpu);
        operand_write(cpu, insn, to, OPERAND_NONE, to.size, cpu->segments[from.number].selector);
    }
}
PLAIN(MOVSEG)

/* The pointer moves by the old stack's width, even when SS itself is popped. */
static void POPSEG(Cpu *cpu, const Insn *insn)
{
    unsigned reg = insn->operands[0].number;
    u64 mask = cpu->stack_mask, pointer = (cpu->gpr[RSP] + insn->size) & mask;
    u16 selector = (u16)stack_peek(cpu, 0, insn->size);

    load(cpu, reg, selector);
    cpu->gpr[RSP] = mask == 0xFFFF ? (cpu->gpr[RSP] & ~(u64)0xFFFF) | pointer : pointer;
    if (reg == SS)
        begin_stack_switch(cpu);
}
PLAIN(POPSEG)

FORCE_INLINE void load_far_pointer(Cpu *cpu, const Insn *insn, Size size, SegmentRegister reg)
{
    u64 offset = operand_offset(cpu, insn);
    u64 pointer = memory_read(cpu, insn->segment, offset, size);
    u16 selector = (u16)memory_read(cpu, insn->segment, offset + size, WORD);

    load(cpu, reg, selector);
    register_write(cpu, insn->operands[0], size, pointer);
}

FORCE_INLINE void LDS(Cpu *cpu, const Insn *insn, Shape shape)
{
    load_far_pointer(cpu, insn, shape.size, DS);
}
SIZED(LDS)

FORCE_INLINE void LES(Cpu *cpu, const Insn *insn, Shape shape)
{
    load_far_pointer(cpu, insn, shape.size, ES);
}
SIZED(LES)

FORCE_INLINE void LSS(Cpu *cpu, const Insn *insn, Shape shape)
{
    load_far_pointer(cpu, insn, shape.size, SS);
}
SIZED(LSS)

FORCE_INLINE void LFS(Cpu *cpu, const Insn *insn, Shape shape)
{
    load_far_pointer(cpu, insn, shape.size, FS);
}
SIZED(LFS)

FORCE_INLINE void LGS(Cpu *cpu, const Insn *insn, Shape shape)
{
    load_far_pointer(cpu, insn, shape.size, GS);
}
SIZED(LGS)

/* ---- inspecting descriptors: the answer is ZF ---- */

static void set_zf(Cpu *cpu, bool value)
{
    cpu_set_flags(cpu, value ? FLAG_ZF : 0, FLAG_ZF);
}

/* A selector that stays is not written, and need not be writable. */
static void ARPL(Cpu *cpu, const Insn *insn)
{
    Operand operand = insn->operands[0];
    u16 source = (u16)register_read(cpu, insn->operands[1], WORD), selector;
    bool lower;

    if (operand.kind == OPERAND_MEMORY)
        selector = (u16)memory_read(cpu, insn->segment, operand_offset(cpu, insn), WORD);
    else
        selector = (u16)register_read(cpu, operand, WORD);
    lower = (selector & 3) < (source & 3);
    if (lower)
        operand_write(cpu, insn, operand, OPERAND_NONE, WORD, (selector & ~3u) | (source & 3));
    set_zf(cpu, lower);
}
PLAIN(ARPL)

enum {
    HAS_LIMIT = 1 << SYSTEM_TSS16 | 1 << SYSTEM_LDT | 1 << SYSTEM_TSS16_BUSY | 1 << SYSTEM_TSS32 |
                1 << SYSTEM_TSS32_BUSY,
    HAS_RIGHTS =
        HAS_LIMIT | 1 << SYSTEM_CALL_GATE16 | 1 << SYSTEM_TASK_GATE | 1 << SYSTEM_CALL_GATE32,
    LONG_MODE =
        1 << SYSTEM_LDT | 1 << SYSTEM_TSS32 | 1 << SYSTEM_TSS32_BUSY | 1 << SYSTEM_CALL_GATE32,
};

/* Is there a descriptor that CPL and RPL may see? System types as bits of `system_types`. */
static bool is_visible(Cpu *cpu, u16 selector, Descriptor *descriptor, unsigned system_types)
{
    u16 access;
    unsigned dpl;

    if (selector_is_null(selector) || !descriptor_try_fetch(cpu, selector, descriptor))
        return false;
    access = descriptor_access(*descriptor);
    dpl = access_dpl(access);
    if (cpu_long(cpu))
        system_types &= LONG_MODE;
    if (!(access & ACCESS_S) && !bit(system_types, access_type(access)))
        return false;
    return access_is_conforming(access) || (dpl >= cpu->cpl && dpl >= (selector & 3));
}

static u16 selector_operand(Cpu *cpu, const Insn *insn, unsigned number)
{
    return (u16)operand_read(cpu, insn, insn->operands[number], OPERAND_NONE, WORD);
}

/* Bits 19:16, the limit's, are undefined to Intel and loaded by AMD's processors. */
static void LAR(Cpu *cpu, const Insn *insn)
{
    Operand to = insn->operands[0];
    u16 selector = selector_operand(cpu, insn, 1);
    Descriptor descriptor;
    bool visible = is_visible(cpu, selector, &descriptor, HAS_RIGHTS);

    if (visible)
        register_write(cpu, to, to.size, descriptor >> 32 & 0x00FFFF00);
    set_zf(cpu, visible);
}
PLAIN(LAR)

static void LSL(Cpu *cpu, const Insn *insn)
{
    Operand to = insn->operands[0];
    u16 selector = selector_operand(cpu, insn, 1);
    Descriptor descriptor;
    bool visible = is_visible(cpu, selector, &descriptor, HAS_LIMIT);

    if (visible)
        register_write(cpu, to, to.size, descriptor_limit(descriptor));
    set_zf(cpu, visible);
}
PLAIN(LSL)

static void VERR(Cpu *cpu, const Insn *insn)
{
    u16 selector = selector_operand(cpu, insn, 0);
    Descriptor descriptor;

    set_zf(cpu, is_visible(cpu, selector, &descriptor, 0) &&
                    access_is_readable(descriptor_access(descriptor)));
}
PLAIN(VERR)

static void VERW(Cpu *cpu, const Insn *insn)
{
    u16 selector = selector_operand(cpu, insn, 0);
    Descriptor descriptor;

    set_zf(cpu, is_visible(cpu, selector, &descriptor, 0) &&
                    (descriptor_access(descriptor) & (ACCESS_CODE | ACCESS_RW)) == ACCESS_RW);
}
PLAIN(VERW)

/* ---- LDTR and TR ---- */

/* A system descriptor of the GDT. */
static Descriptor fetch_system(Cpu *cpu, u16 selector)
{
    if (selector & 4)
        cpu_raise(cpu, EXCEPTION_GP, selector & ~3u);
    return descriptor_fetch(cpu, selector, EXCEPTION_GP);
}

/* In long mode the descriptor goes on with the upper half of the base. LTR marks the TSS busy. */
static void load_system(Cpu *cpu, SegmentRegister reg, u16 selector, Descriptor descriptor)
{
    u64 base = descriptor_base(descriptor);

    if (cpu_long(cpu)) {
        base |= descriptor_fetch_upper(cpu, selector, EXCEPTION_GP) << 32;
        if (!is_canonical(base))
            cpu_raise(cpu, EXCEPTION_GP, selector & ~3u);
    }
    if (reg == TR)
        descriptor = descriptor_mark(cpu, selector, descriptor, TSS_BUSY, 0);
    segment_set(cpu, reg, selector, base, descriptor_limit(descriptor),
                descriptor_access(descriptor));
}

static void LLDT(Cpu *cpu, const Insn *insn)
{
    u16 selector, access;
    Descriptor descriptor;

    if (cpu->cpl != 0)
        cpu_raise_gp0(cpu);
    selector = selector_operand(cpu, insn, 0);
    if (selector_is_null(selector)) {
        segment_set_null(cpu, LDTR, selector);
        return;
    }
    descriptor = fetch_system(cpu, selector);
    access = descriptor_access(descriptor);
    if ((access & (ACCESS_S | ACCESS_TYPE)) != SYSTEM_LDT)
        cpu_raise(cpu, EXCEPTION_GP, selector & ~3u);
    if (!(access & ACCESS_P))
        cpu_raise(cpu, EXCEPTION_NP, selector & ~3u);
    load_system(cpu, LDTR, selector, descriptor);
}
PLAIN(LLDT)

static void LTR(Cpu *cpu, const Insn *insn)
{
    u16 selector, access;
    Descriptor descriptor;

    if (cpu->cpl != 0)
        cpu_raise_gp0(cpu);
    selector = selector_operand(cpu, insn, 0);
    if (selector_is_null(selector))
        cpu_raise_gp0(cpu);
    descriptor = fetch_system(cpu, selector);
    access = descriptor_access(descriptor);
    if (!access_is_tss(access, false) || (cpu_long(cpu) && !tss_is_32bit(access)))
        cpu_raise(cpu, EXCEPTION_GP, selector & ~3u);
    if (!(access & ACCESS_P))
        cpu_raise(cpu, EXCEPTION_NP, selector & ~3u);
    load_system(cpu, TR, selector, descriptor);
}
PLAIN(LTR)

static void SLDT(Cpu *cpu, const Insn *insn)
{
    Operand to = insn->operands[0];

    cpu_check_umip(cpu);
    operand_write(cpu, insn, to, OPERAND_NONE, to.size, cpu->segments[LDTR].selector);
}
PLAIN(SLDT)

static void STR(Cpu *cpu, const Insn *insn)
{
    Operand to = insn->operands[0];

    cpu_check_umip(cpu);
    operand_write(cpu, insn, to, OPERAND_NONE, to.size, cpu->segments[TR].selector);
}
PLAIN(STR)
