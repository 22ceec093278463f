/*
 * The stack. Manual: Intel SDM Vol. 2, each instruction's page.
 *
 * SP changes after the last access that can fault.
 */
#include "cpu/exec.h"

FORCE_INLINE void PUSH(Cpu *cpu, const Insn *insn, Shape shape)
{
    Operand operand = insn->operands[0];
    u64 value;

    if (!shape.dst && operand.kind == OPERAND_SEGMENT)
        value = cpu->segments[operand.number].selector;
    else
        value = dst_read(cpu, insn, shape);
    stack_push_with(cpu, value, shape.size, shape.redo);
}
ONE_OPERAND(PUSH)

/* A memory operand based on (E)SP is addressed with SP as it is after the pop. */
FORCE_INLINE void POP(Cpu *cpu, const Insn *insn, Shape shape)
{
    u64 value = stack_peek_with(cpu, 0, shape.size, shape.redo);

    if ((shape.dst ? shape.dst : insn->operands[0].kind) == OPERAND_MEMORY) {
        u64 offset = operand_offset(cpu, insn) + (insn->base == RSP * 8 ? shape.size : 0);

        offset = offset << insn->address_shift >> insn->address_shift;
        memory_write_with(cpu, insn->segment, offset, shape.size, value, shape.redo);
        stack_drop(cpu, shape.size);
        return;
    }
    stack_drop(cpu, shape.size);
    register_write(cpu, insn->operands[0], shape.size, value);
}
ONE_OPERAND(POP)

FORCE_INLINE void PUSHA(Cpu *cpu, const Insn *insn, Shape shape)
{
    u64 pointer = cpu->gpr[RSP];

    (void)insn;
    for (unsigned reg = RAX; reg <= RDI; reg++) {
        pointer = (pointer - shape.size) & cpu->stack_mask;
        memory_write(cpu, SS, pointer, shape.size, cpu->gpr[reg]);
    }
    stack_set_pointer(cpu, pointer);
}
SIZED(PUSHA)

/* The saved SP is skipped. Where a value cannot be popped, those before it have been: the handler
 * sees them, and SP as it was. */
FORCE_INLINE void POPA(Cpu *cpu, const Insn *insn, Shape shape)
{
    (void)insn;
    for (unsigned i = 0; i < 8; i++) {
        u64 value = stack_peek(cpu, i * shape.size, shape.size);

        if (RDI - i != RSP)
            gpr_write(cpu, RDI - i, shape.size, value);
    }
    stack_drop(cpu, 8 * shape.size);
}
SIZED(POPA)

/* ---- flags ---- */

/* In VM86 mode with IOPL < 3 only CR4.VME allows PUSHF and POPF, of 16 bits; they then see VIF in
 * place of IF. Manual: SDM Vol. 3, "Virtual-8086 Mode Extensions". */
static bool virtual_flags(Cpu *cpu, const Insn *insn)
{
    if (!cpu_v86(cpu) || cpu_iopl(cpu) == 3)
        return false;
    if (!(cpu->cr4 & CR4_VME) || insn->size != WORD)
        cpu_raise_gp0(cpu);
    return true;
}

static void PUSHF(Cpu *cpu, const Insn *insn)
{
    u64 image = cpu_get_flags(cpu) & ~(u64)(FLAG_RF | FLAG_VM);

    if (virtual_flags(cpu, insn)) {
        image = (image & ~(u64)FLAG_IF) | FLAG_IOPL;
        image |= cpu->rflags & FLAG_VIF ? FLAG_IF : 0;
    }
    stack_push(cpu, image, insn->size);
}
PLAIN(PUSHF)

enum { POPF_ALWAYS = FLAGS_ARITHMETIC | FLAG_TF | FLAG_DF | FLAG_NT };

static void pop_virtual_flags(Cpu *cpu, u64 image)
{
    if ((image & FLAG_TF) || ((image & FLAG_IF) && (cpu->rflags & FLAG_VIP)))
        cpu_raise_gp0(cpu);
    stack_drop(cpu, WORD);
    cpu_set_flags(cpu, image | (image & FLAG_IF ? FLAG_VIF : 0), POPF_ALWAYS | FLAG_VIF);
}

/* IOPL changes in ring 0 only, IF with CPL <= IOPL; RF, VM, VIF and VIP do not. */
static void POPF(Cpu *cpu, const Insn *insn)
{
    bool virtualized = virtual_flags(cpu, insn);
    u64 image = stack_peek(cpu, 0, insn->size);
    u64 mask = POPF_ALWAYS;

    if (virtualized) {
        pop_virtual_flags(cpu, image);
        return;
    }
    if (insn->size > WORD)
        mask |= FLAG_AC | FLAG_ID | FLAG_RF;
    if (cpu->cpl == 0)
        mask |= FLAG_IOPL;
    if (cpu_real(cpu) || cpu->cpl <= cpu_iopl(cpu))
        mask |= FLAG_IF;
    stack_drop(cpu, insn->size);
    cpu_set_flags(cpu, image & ~(u64)FLAG_RF, mask);
}
PLAIN(POPF)

/* ---- frames ---- */

/* `size` bytes at (E)BP - offset. */
static u64 frame_read(Cpu *cpu, u64 offset, unsigned size)
{
    return memory_read(cpu, SS, (cpu->gpr[RBP] - offset) & cpu->stack_mask, size);
}

static void ENTER(Cpu *cpu, const Insn *insn)
{
    unsigned level = insn->displacement & 31, size = insn->size;
    u64 pointer = (cpu->gpr[RSP] - size) & cpu->stack_mask;
    u64 frame =
        (cpu->gpr[RSP] & ~cpu->stack_mask) | pointer; /* all of ESP, on a 16-bit stack too */

    memory_write(cpu, SS, pointer, size, cpu->gpr[RBP]);
    for (unsigned i = 1; i < level; i++) {
        u64 outer = frame_read(cpu, i * size, size);

        pointer = (pointer - size) & cpu->stack_mask;
        memory_write(cpu, SS, pointer, size, outer);
    }
    if (level > 0) {
        pointer = (pointer - size) & cpu->stack_mask;
        memory_write(cpu, SS, pointer, size, frame);
    }
    pointer = (pointer - insn->immediate) & cpu->stack_mask;
    /* The manual's last check: a push at the new SP would not fault. */
    memory_read_for_write(cpu, SS, pointer, size);
    gpr_write(cpu, RBP, size, frame);
    stack_set_pointer(cpu, pointer);
}
PLAIN(ENTER)

FORCE_INLINE void LEAVE(Cpu *cpu, const Insn *insn, Shape shape)
{
    u64 value = memory_read_with(cpu, SS, cpu->gpr[RBP] & cpu->stack_mask, shape.size, shape.redo);

    (void)insn;
    stack_set_pointer(cpu, cpu->gpr[RBP] + shape.size);
    gpr_write(cpu, RBP, shape.size, value);
}
STACKED(LEAVE)
