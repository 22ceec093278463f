/*
 * Near jumps, calls and returns. Manual: Intel SDM Vol. 2, each instruction's page.
 *
 * Offsets are truncated to the operand size before they are checked against CS's limit.
 */
#include "cpu/condition.h"
#include "cpu/exec.h"

FORCE_INLINE u64 relative_target(const Cpu *cpu, const Insn *insn, Size size)
{
    return (cpu_next_rip(cpu) + insn->immediate) & size_mask(size);
}

#define JCC(suffix, expression)                                                                    \
    FORCE_INLINE void J##suffix(Cpu *cpu, const Insn *insn, Shape shape)                           \
    {                                                                                              \
        if (condition_##suffix(&cpu->flags))                                                       \
            cpu_jump(cpu, relative_target(cpu, insn, shape.size));                                 \
    }                                                                                              \
    SIZED(J##suffix)
CONDITIONS(JCC)

/* (E)CX, by the address size. */
FORCE_INLINE u64 counter(const Cpu *cpu, const Insn *insn)
{
    return cpu->gpr[RCX] << insn->address_shift >> insn->address_shift;
}

static void JCXZ(Cpu *cpu, const Insn *insn)
{
    if (counter(cpu, insn) == 0)
        cpu_jump(cpu, relative_target(cpu, insn, insn->size));
}
PLAIN(JCXZ)

/* The jump's limit check comes before the counter changes. */
static void loop_if(Cpu *cpu, const Insn *insn, bool condition)
{
    u64 target = relative_target(cpu, insn, insn->size);
    u64 count = (counter(cpu, insn) - 1) << insn->address_shift >> insn->address_shift;
    bool taken = count != 0 && condition;

    if (taken)
        cpu_check_rip(cpu, target);
    gpr_write(cpu, RCX, (64 - insn->address_shift) / 8, count);
    if (taken)
        cpu->rip = target;
}

static void LOOP(Cpu *cpu, const Insn *insn)
{
    loop_if(cpu, insn, true);
}
PLAIN(LOOP)
static void LOOPE(Cpu *cpu, const Insn *insn)
{
    loop_if(cpu, insn, flag_z(&cpu->flags));
}
PLAIN(LOOPE)
static void LOOPNE(Cpu *cpu, const Insn *insn)
{
    loop_if(cpu, insn, !flag_z(&cpu->flags));
}
PLAIN(LOOPNE)

FORCE_INLINE u64 near_target(Cpu *cpu, const Insn *insn, Shape shape)
{
    if (insn->operands[0].kind == OPERAND_RELATIVE)
        return relative_target(cpu, insn, shape.size);
    return operand_read_with(cpu, insn, insn->operands[0], OPERAND_NONE, shape.size, shape.redo);
}

FORCE_INLINE void JMP(Cpu *cpu, const Insn *insn, Shape shape)
{
    cpu_jump(cpu, near_target(cpu, insn, shape));
}
STACKED(JMP)

/* The push is checked before the target. */
FORCE_INLINE void CALL(Cpu *cpu, const Insn *insn, Shape shape)
{
    u64 target = near_target(cpu, insn, shape);

    if (UNLIKELY(!cpu_rip_fits(cpu, target)))
        memory_read_for_write_with(cpu, SS, (cpu->gpr[RSP] - shape.size) & cpu->stack_mask,
                                   shape.size, shape.redo);
    cpu_check_rip(cpu, target);
    stack_push_with(cpu, cpu_next_rip(cpu), shape.size, shape.redo);
    cpu->rip = target;
}
STACKED(CALL)

FORCE_INLINE void RET(Cpu *cpu, const Insn *insn, Shape shape)
{
    u64 target = stack_peek_with(cpu, 0, shape.size, shape.redo);

    cpu_jump(cpu, target);
    stack_drop(cpu, shape.size + insn->immediate);
}
STACKED(RET)
