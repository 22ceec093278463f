/*
 * x87 roots, remainders, scaling, rounding and the transcendental instructions.
 * Manual: Intel SDM Vol. 1, "Trigonometric Instructions", "Logarithmic, Exponential, and Scale".
 */
#include "cpu/x87.h"
#include "cpu/x87_host.h"

/* ST(0) = op ST(0) */
FORCE_INLINE void unary(Cpu *cpu, const Insn *insn, X87Unary *operation, u16 conditions)
{
    X87 *x87 = &cpu->x87;
    X87Register *top = x87_st(x87, 0);

    x87_begin(cpu);
    x87_record(cpu, insn);
    if (UNLIKELY(x87_is_empty(x87, 0))) {
        if (x87_report(cpu, X87_IE | X87_SF, conditions)) {
            *top = X87_INDEFINITE;
            x87_set_empty(x87, 0, false);
        }
        return;
    }
    x87_report(cpu, operation(x87, top, top), conditions);
}

static void FSQRT(Cpu *cpu, const Insn *insn)
{
    unary(cpu, insn, x87_host_sqrt, 0);
}
PLAIN(FSQRT)

static void FRNDINT(Cpu *cpu, const Insn *insn)
{
    unary(cpu, insn, x87_host_rndint, 0);
}
PLAIN(FRNDINT)

static void F2XM1(Cpu *cpu, const Insn *insn)
{
    unary(cpu, insn, x87_host_2xm1, 0);
}
PLAIN(F2XM1)

static void FSIN(Cpu *cpu, const Insn *insn)
{
    unary(cpu, insn, x87_host_sin, X87_C2);
}
PLAIN(FSIN)

static void FCOS(Cpu *cpu, const Insn *insn)
{
    unary(cpu, insn, x87_host_cos, X87_C2);
}
PLAIN(FCOS)

/* From ST(0) and ST(1) into ST(0), or with a pop into the new ST(0). */
FORCE_INLINE void binary(Cpu *cpu, const Insn *insn, X87Binary *operation, u16 conditions, bool pop)
{
    X87 *x87 = &cpu->x87;
    X87Register *top = x87_st(x87, 0), *below = x87_st(x87, 1);
    X87Register *result = pop ? below : top;

    x87_begin(cpu);
    x87_record(cpu, insn);
    if (UNLIKELY(x87_is_empty(x87, 0) || x87_is_empty(x87, 1))) {
        if (!x87_report(cpu, X87_IE | X87_SF, conditions))
            return;
        *result = X87_INDEFINITE;
        x87_set_empty(x87, pop, false);
    } else if (!x87_report(cpu, operation(x87, result, top, below), conditions)) {
        return;
    }
    if (pop)
        x87_pop(x87);
}

static void FSCALE(Cpu *cpu, const Insn *insn)
{
    binary(cpu, insn, x87_host_scale, 0, false);
}
PLAIN(FSCALE)

/* Conditions: C2 incomplete; C0, C3, C1 bits 2, 1, 0 of the quotient, where there is one. */
FORCE_INLINE void divide_partially(Cpu *cpu, const Insn *insn, X87Binary *operation)
{
    X87 *x87 = &cpu->x87;
    u16 conditions = x87->status & (X87_C0 | X87_C3);
    const X87Register *top = x87_st(x87, 0);

    binary(cpu, insn, operation, X87_UNORDERED, false);
    if (x87_unmasked(x87, x87->status, X87_BEFORE) || (top->sign_exponent & 0x7FFF) == 0x7FFF)
        x87->status = (u16)((x87->status & ~(X87_C0 | X87_C3)) | conditions);
}

static void FPREM(Cpu *cpu, const Insn *insn)
{
    divide_partially(cpu, insn, x87_host_prem);
}
PLAIN(FPREM)

static void FPREM1(Cpu *cpu, const Insn *insn)
{
    divide_partially(cpu, insn, x87_host_prem1);
}
PLAIN(FPREM1)

static void FYL2X(Cpu *cpu, const Insn *insn)
{
    binary(cpu, insn, x87_host_yl2x, 0, true);
}
PLAIN(FYL2X)

static void FYL2XP1(Cpu *cpu, const Insn *insn)
{
    binary(cpu, insn, x87_host_yl2xp1, 0, true);
}
PLAIN(FYL2XP1)

static void FPATAN(Cpu *cpu, const Insn *insn)
{
    binary(cpu, insn, x87_host_patan, 0, true);
}
PLAIN(FPATAN)

/* Two results: ST(0) is replaced by one, the other is pushed. */
FORCE_INLINE void pair(Cpu *cpu, const Insn *insn, X87Pair *operation, u16 conditions)
{
    X87 *x87 = &cpu->x87;
    X87Register *below = x87_st(x87, 0), top = X87_INDEFINITE;
    u16 status;

    x87_begin(cpu);
    x87_record(cpu, insn);
    if (UNLIKELY(x87_is_empty(x87, 0) || !x87_is_empty(x87, 7))) {
        status = X87_IE | X87_SF | (x87_is_empty(x87, 0) ? 0 : X87_C1);
        if (!x87_report(cpu, status, conditions))
            return;
        *below = top;
        x87_set_empty(x87, 0, false);
    } else {
        status = operation(x87, &top, below, below);
        if (!x87_report(cpu, status, conditions) || (status & conditions & X87_C2))
            return;
    }
    x87_push(x87, &top);
}

static void FSINCOS(Cpu *cpu, const Insn *insn)
{
    pair(cpu, insn, x87_host_sincos, X87_C2);
}
PLAIN(FSINCOS)

static void FPTAN(Cpu *cpu, const Insn *insn)
{
    pair(cpu, insn, x87_host_ptan, X87_C2);
}
PLAIN(FPTAN)

static void FXTRACT(Cpu *cpu, const Insn *insn)
{
    pair(cpu, insn, x87_host_xtract, 0);
}
PLAIN(FXTRACT)
