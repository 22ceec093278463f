/*
 * Fused multiplication and addition, and conversions of half precision numbers.
 *
 * The digits of a mnemonic say which operands are multiplied: 132 means the first by the third, and
 * the second added. They decide, too, which of several NaNs is the result.
 *
 * Manual: Intel SDM Vol. 1, "Fused-Multiply-ADD (FMA) Numeric Behavior", "Half-Precision
 * Floating-Point Conversion"; Vol. 2, each instruction's page.
 */
#include "cpu/avx.h"

/* ---- three operands under the guest's MXCSR ---- */

typedef Vector Fused(Vector a, Vector b, Vector c);

static Vector run_fused(Fused *operation, const Vector operands[3], u32 control, u32 *flags)
{
    Vector result;
    u32 status;

    asm volatile("ldmxcsr %0" : : "m"(control));
    result = operation(operands[0], operands[1], operands[2]);
    asm volatile("stmxcsr %0\n\t ldmxcsr %1" : "=m"(status) : "m"(simd_host_mxcsr));
    *flags |= status & MXCSR_FLAGS;
    return result;
}

/* As simd_flagged(). */
static Vector fused_flagged(Cpu *cpu, Fused *operation, const Vector operands[3], u32 *flags)
{
    u32 control = (cpu->mxcsr & ~(u32)MXCSR_FLAGS) | MXCSR_MASKS, tiny = 0, found = 0;
    Vector result;

    if (UNLIKELY(!(cpu->mxcsr & MXCSR_UE << MXCSR_MASK_SHIFT))) {
        run_fused(operation, operands, control | MXCSR_FTZ, &tiny);
        control &= ~(u32)MXCSR_FTZ;
    }
    result = run_fused(operation, operands, control, &found);
    found |= tiny & MXCSR_UE;
    if (UNLIKELY(found & ~(cpu->mxcsr >> MXCSR_MASK_SHIFT) & (MXCSR_OE | MXCSR_UE)))
        found = simd_fused_precision(cpu, operands, found);
    *flags |= found;
    return result;
}

static void fused(Cpu *cpu, const Insn *insn, Fused *operation)
{
    Operand dst = insn->operands[0];
    Wide a, b, c, result = {{{0}, {0}}};
    u32 flags = 0;

    avx_begin(cpu);
    c = avx_source(cpu, insn, 2);
    a = avx_get(cpu, dst);
    b = avx_get(cpu, insn->operands[1]);
    for (unsigned i = 0; i < dst.size / 16; i++) {
        Vector operands[3] = {a.lane[i], b.lane[i], c.lane[i]};

        result.lane[i] = fused_flagged(cpu, operation, operands, &flags);
    }
    simd_report(cpu, flags);
    avx_set(cpu, dst, result);
}

// clang-format off

#define FUSED(name, mnemonic)                                                           \
static Vector host_##name(Vector a, Vector b, Vector c)                                 \
{                                                                                       \
    asm volatile(mnemonic " %2, %1, %0" : "+x"(a) : "x"(b), "x"(c));                    \
    return a;                                                                           \
}                                                                                       \
static void name(Cpu *cpu, const Insn *insn) { fused(cpu, insn, host_##name); }         \
PLAIN(name)

#define FUSED_PACKED(name, mnemonic)                                                    \
FUSED(name##132PS, mnemonic "132ps")                                                    \
FUSED(name##213PS, mnemonic "213ps")                                                    \
FUSED(name##231PS, mnemonic "231ps")                                                    \
FUSED(name##132PD, mnemonic "132pd")                                                    \
FUSED(name##213PD, mnemonic "213pd")                                                    \
FUSED(name##231PD, mnemonic "231pd")

#define FUSED_ALL(name, mnemonic)                                                       \
FUSED_PACKED(name, mnemonic)                                                            \
FUSED(name##132SS, mnemonic "132ss")                                                    \
FUSED(name##213SS, mnemonic "213ss")                                                    \
FUSED(name##231SS, mnemonic "231ss")                                                    \
FUSED(name##132SD, mnemonic "132sd")                                                    \
FUSED(name##213SD, mnemonic "213sd")                                                    \
FUSED(name##231SD, mnemonic "231sd")

FUSED_ALL(VFMADD, "vfmadd")
FUSED_ALL(VFMSUB, "vfmsub")
FUSED_ALL(VFNMADD, "vfnmadd")
FUSED_ALL(VFNMSUB, "vfnmsub")
FUSED_PACKED(VFMADDSUB, "vfmaddsub")
FUSED_PACKED(VFMSUBADD, "vfmsubadd")

/* ---- half precision ---- */

FLOAT_OPERATION(VCVTPH2PS, "vcvtph2ps")

// clang-format on

static void VCVTPH2PS(Cpu *cpu, const Insn *insn)
{
    avx_widen_float(cpu, insn, host_VCVTPH2PS);
}
PLAIN(VCVTPH2PS)

/* While the guest unmasks underflow, an exact denormal counts; FTZ, by which simd_flagged() would
 * know it, has no effect here. */
static u32 tiny_halves(const Cpu *cpu, Vector halves)
{
    if (cpu->mxcsr & MXCSR_UE << MXCSR_MASK_SHIFT)
        return 0;
    for (unsigned i = 0; i < 4; i++) {
        unsigned half = halves[0] >> 16 * i & 0x7FFF;

        if (half != 0 && half < 0x400)
            return MXCSR_UE;
    }
    return 0;
}

/* Faults of the address come before those of the numbers. */
static void probe_store(Cpu *cpu, const Insn *insn, unsigned size)
{
    u64 linear = memory_linear(cpu, insn->segment, operand_offset(cpu, insn), size, true);

    for (unsigned done = 0; done < size; done += QWORD)
        memory_probe_write(cpu, (linear + done) & cpu->linear_mask, QWORD, cpu->as);
}

/* Rounded by the immediate, or by MXCSR. */
static void VCVTPS2PH(Cpu *cpu, const Insn *insn)
{
    Operand dst = insn->operands[0], src = insn->operands[1];
    Operation *operation = simd_immediate(simd_immediate_vcvtps2ph, insn->immediate & 7);
    u32 flags = 0;
    Wide value;

    avx_begin(cpu);
    value = avx_get(cpu, src);
    for (unsigned i = 0; i < src.size / 16; i++) {
        u32 more;

        value.lane[i] = simd_flagged(cpu, operation, value.lane[i], value.lane[i], &more);
        flags |= more | tiny_halves(cpu, value.lane[i]);
    }
    value.lane[0][1] = src.size == 32 ? value.lane[1][0] : 0;
    value.lane[1] = (Vector){0};
    if (dst.kind == OPERAND_MEMORY && simd_is_masked(cpu, flags))
        avx_write(cpu, insn, dst.size, value, false);
    else if (dst.kind == OPERAND_MEMORY)
        probe_store(cpu, insn, dst.size);
    simd_report(cpu, flags);
    if (dst.kind != OPERAND_MEMORY)
        avx_set(cpu, dst, value);
}
PLAIN(VCVTPS2PH)
