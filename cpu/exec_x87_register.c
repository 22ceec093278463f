/*
 * x87 instructions on registers that compute nothing: exchange, conditional move, sign, tags, TOP.
 * FFREEP is undocumented.
 *
 * Manual: Intel SDM Vol. 1, "Data Transfer Instructions", "Basic Arithmetic Instructions", "x87 FPU
 * Control Instructions"; Vol. 2.
 */
#include "cpu/x87.h"

/* ---- between registers ---- */

/* An empty register that is read becomes the indefinite when that is masked. */
static void fill_empty(X87 *x87, unsigned i)
{
    if (!x87_is_empty(x87, i))
        return;
    *x87_st(x87, i) = X87_INDEFINITE;
    x87_set_empty(x87, i, false);
}

static void FXCH(Cpu *cpu, const Insn *insn)
{
    X87 *x87 = &cpu->x87;
    unsigned i = insn->operands[1].number;
    X87Register top;

    x87_begin(cpu);
    x87_record(cpu, insn);
    if (UNLIKELY(x87_is_empty(x87, 0) || x87_is_empty(x87, i))) {
        if (!x87_stack_underflow(cpu))
            return;
        fill_empty(x87, 0);
        fill_empty(x87, i);
    }
    x87->status &= (u16)~X87_C1;
    x87_copy(&top, x87_st(x87, 0));
    x87_copy(x87_st(x87, 0), x87_st(x87, i));
    x87_copy(x87_st(x87, i), &top);
}
PLAIN(FXCH)

FORCE_INLINE void conditional_move(Cpu *cpu, const Insn *insn, bool condition)
{
    X87 *x87 = &cpu->x87;
    unsigned i = insn->operands[1].number;

    x87_begin(cpu);
    x87_record(cpu, insn);
    if (UNLIKELY(x87_is_empty(x87, 0) || x87_is_empty(x87, i))) {
        if (!x87_stack_underflow(cpu))
            return;
        *x87_st(x87, 0) = X87_INDEFINITE;
        x87_set_empty(x87, 0, false);
        return;
    }
    if (condition)
        x87_copy(x87_st(x87, 0), x87_st(x87, i));
}

#define CONDITIONAL_MOVE(name, condition)                                                          \
    static void name(Cpu *cpu, const Insn *insn)                                                   \
    {                                                                                              \
        const Flags *flags = &cpu->flags;                                                          \
        conditional_move(cpu, insn, condition);                                                    \
    }                                                                                              \
    PLAIN(name)

CONDITIONAL_MOVE(FCMOVB, flag_c(flags))
CONDITIONAL_MOVE(FCMOVNB, !flag_c(flags))
CONDITIONAL_MOVE(FCMOVE, flag_z(flags))
CONDITIONAL_MOVE(FCMOVNE, !flag_z(flags))
CONDITIONAL_MOVE(FCMOVBE, flag_c(flags) || flag_z(flags))
CONDITIONAL_MOVE(FCMOVNBE, !(flag_c(flags) || flag_z(flags)))
CONDITIONAL_MOVE(FCMOVU, flag_p(flags))
CONDITIONAL_MOVE(FCMOVNU, !flag_p(flags))

/* ---- signs: no operand is invalid to them ---- */

FORCE_INLINE void change_sign(Cpu *cpu, const Insn *insn, u16 keep, u16 flip)
{
    X87 *x87 = &cpu->x87;
    X87Register *top = x87_st(x87, 0);

    x87_begin(cpu);
    x87_record(cpu, insn);
    if (UNLIKELY(x87_is_empty(x87, 0))) {
        if (x87_stack_underflow(cpu))
            fill_empty(x87, 0);
        return;
    }
    x87->status &= (u16)~X87_C1;
    top->sign_exponent = (top->sign_exponent & keep) ^ flip;
}

static void FCHS(Cpu *cpu, const Insn *insn)
{
    change_sign(cpu, insn, 0xFFFF, 0x8000);
}
PLAIN(FCHS)

static void FABS(Cpu *cpu, const Insn *insn)
{
    change_sign(cpu, insn, 0x7FFF, 0);
}
PLAIN(FABS)

/* ---- tags and TOP ---- */

static void FFREE(Cpu *cpu, const Insn *insn)
{
    x87_begin(cpu);
    x87_record(cpu, insn);
    cpu->x87.status &= (u16)~X87_C1;
    x87_set_empty(&cpu->x87, insn->operands[0].number, true);
}
PLAIN(FFREE)

/* Undocumented: FFREE, then a pop. */
static void FFREEP(Cpu *cpu, const Insn *insn)
{
    FFREE(cpu, insn);
    x87_pop(&cpu->x87);
}
PLAIN(FFREEP)

FORCE_INLINE void turn(Cpu *cpu, const Insn *insn, unsigned by)
{
    x87_begin(cpu);
    x87_record(cpu, insn);
    cpu->x87.status &= (u16)~X87_C1;
    cpu->x87.top = (cpu->x87.top + by) & 7;
}

static void FDECSTP(Cpu *cpu, const Insn *insn)
{
    turn(cpu, insn, 7);
}
PLAIN(FDECSTP)

static void FINCSTP(Cpu *cpu, const Insn *insn)
{
    turn(cpu, insn, 1);
}
PLAIN(FINCSTP)

static void FNOP(Cpu *cpu, const Insn *insn)
{
    x87_begin(cpu);
    x87_record(cpu, insn);
}
PLAIN(FNOP)
