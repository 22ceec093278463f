/*
 * The frames of VEX-encoded vector instructions: see avx.h.
 */
#include "cpu/avx.h"

/* VEX ignores CR0.EM and CR4.OSFXSR. */
void avx_unavailable(Cpu *cpu)
{
    enum { NEEDED = XCR0_SSE | XCR0_AVX };
    bool undefined = !(cpu->cr4 & CR4_OSXSAVE) || (cpu->xcr0 & NEEDED) != NEEDED;

    cpu_raise(cpu, undefined ? EXCEPTION_UD : EXCEPTION_NM, 0);
}

/* ---- memory ---- */

static u64 next_lane(const Cpu *cpu, u64 linear)
{
    return (linear + 16) & cpu->linear_mask;
}

static u64 linear_of(Cpu *cpu, const Insn *insn, unsigned size, bool write, bool aligned)
{
    u64 offset = operand_offset(cpu, insn);

    /* Before the segment's limit, which may raise #SS. */
    if (aligned && ((cpu->segments[insn->segment].base + offset) & (size - 1)))
        cpu_raise_gp0(cpu);
    return memory_linear(cpu, insn->segment, offset, size, write);
}

Wide avx_read(Cpu *cpu, const Insn *insn, unsigned size, bool aligned)
{
    Wide value = {{{0}, {0}}};
    u64 linear;

    if (size <= QWORD) {
        value.lane[0][0] = simd_read_part(cpu, insn, size);
        return value;
    }
    linear = linear_of(cpu, insn, size, false, aligned);
    value.lane[0] = simd_read_linear(cpu, linear);
    if (size == 32)
        value.lane[1] = simd_read_linear(cpu, next_lane(cpu, linear));
    return value;
}

/* Nothing is written when any part of it faults. */
void avx_write(Cpu *cpu, const Insn *insn, unsigned size, Wide value, bool aligned)
{
    u64 linear;

    if (size <= QWORD) {
        simd_write_part(cpu, insn, size, value.lane[0][0]);
        return;
    }
    linear = linear_of(cpu, insn, size, true, aligned);
    if (size == 32) {
        simd_probe_write(cpu, linear);
        simd_probe_write(cpu, next_lane(cpu, linear));
    }
    simd_write_linear(cpu, linear, value.lane[0]);
    if (size == 32)
        simd_write_linear(cpu, next_lane(cpu, linear), value.lane[1]);
}

Wide avx_source(Cpu *cpu, const Insn *insn, unsigned number)
{
    Operand operand = insn->operands[number];

    if (operand.kind == OPERAND_XMM)
        return avx_get(cpu, operand);
    return avx_read(cpu, insn, operand.size, false);
}

/* ---- integers ---- */

void avx_integer_lanes(Cpu *cpu, const Insn *insn, Operation *low, Operation *high)
{
    Operand dst = insn->operands[0];
    unsigned last = avx_last(insn);
    Wide a, b;

    avx_begin(cpu);
    b = avx_source(cpu, insn, last);
    a = last == 2 ? avx_get(cpu, insn->operands[1]) : b;
    a.lane[0] = low(a.lane[0], b.lane[0]);
    if (dst.size == 32)
        a.lane[1] = high(a.lane[1], b.lane[1]);
    avx_set(cpu, dst, a);
}

void avx_integer(Cpu *cpu, const Insn *insn, Operation *operation)
{
    avx_integer_lanes(cpu, insn, operation, operation);
}

void avx_shift(Cpu *cpu, const Insn *insn, Operation *operation)
{
    Operand dst = insn->operands[0];
    Vector count = {insn->immediate, 0};
    Wide value;

    avx_begin(cpu);
    if (insn->operands[2].kind != OPERAND_IMMEDIATE)
        count = avx_source(cpu, insn, 2).lane[0];
    value = avx_source(cpu, insn, 1);
    value.lane[0] = operation(value.lane[0], count);
    value.lane[1] = operation(value.lane[1], count);
    avx_set(cpu, dst, value);
}

/* The source from byte `bytes` on; `bytes` is less than 16. */
static Vector upper_part(Vector source, unsigned bytes)
{
    return (Vector)((u128)source >> 8 * bytes);
}

void avx_widen_integer(Cpu *cpu, const Insn *insn, Operation *operation, unsigned bytes)
{
    Vector source;
    Wide value;

    avx_begin(cpu);
    source = avx_source(cpu, insn, 1).lane[0];
    value.lane[0] = operation(source, source);
    source = upper_part(source, bytes);
    value.lane[1] = operation(source, source);
    avx_set(cpu, insn->operands[0], value);
}

/* ---- floating-point ---- */

Wide avx_compute(Cpu *cpu, Operation *operation, Wide a, Wide b, bool wide)
{
    u32 flags, more;
    Wide result;

    if (!wide) {
        result.lane[0] = simd_compute(cpu, operation, a.lane[0], b.lane[0]);
        result.lane[1] = (Vector){0};
        return result;
    }
    result.lane[0] = simd_flagged(cpu, operation, a.lane[0], b.lane[0], &flags);
    result.lane[1] = simd_flagged(cpu, operation, a.lane[1], b.lane[1], &more);
    simd_report(cpu, flags | more);
    return result;
}

void avx_float(Cpu *cpu, const Insn *insn, Operation *operation)
{
    Operand dst = insn->operands[0];
    unsigned last = avx_last(insn);
    Wide a, b;

    avx_begin(cpu);
    b = avx_source(cpu, insn, last);
    a = last == 2 ? avx_get(cpu, insn->operands[1]) : b;
    avx_set(cpu, dst, avx_compute(cpu, operation, a, b, dst.size == 32));
}

void avx_widen_float(Cpu *cpu, const Insn *insn, Operation *operation)
{
    Operand dst = insn->operands[0];
    Wide source;

    avx_begin(cpu);
    source = avx_source(cpu, insn, 1);
    source.lane[1] = upper_part(source.lane[0], 8);
    avx_set(cpu, dst, avx_compute(cpu, operation, source, source, dst.size == 32));
}

void avx_narrow_float(Cpu *cpu, const Insn *insn, Operation *operation)
{
    Wide value;

    avx_begin(cpu);
    value = avx_source(cpu, insn, 1);
    value = avx_compute(cpu, operation, value, value, insn->operands[1].size == 32);
    value.lane[0][1] = value.lane[1][0];
    avx_set(cpu, insn->operands[0], value);
}
