/*
 * What the bodies of MMX, SSE and SSE2 are written with: vectors, operands, MXCSR.
 *
 * An operation is a function of two vectors that executes the host's instruction. MMX instructions
 * execute the XMM form on vectors whose upper half is zero, so that the host's x87 stack is never
 * touched; where the halves matter (packing, unpacking) the body says what it takes.
 *
 * Manual: Intel SDM Vol. 1, "Programming with Intel MMX Technology", "Programming with SSE".
 */
#ifndef CPU_SIMD_H
#define CPU_SIMD_H

#include "cpu/x87.h"

typedef u64 Vector __attribute__((vector_size(16)));
typedef Vector Operation(Vector a, Vector b);

/* MXCSR. The six flags have their masks seven bits above them. */
enum {
    MXCSR_IE = 1,
    MXCSR_DE = 2,
    MXCSR_ZE = 4,
    MXCSR_OE = 8,
    MXCSR_UE = 16,
    MXCSR_PE = 32,
    MXCSR_DAZ = 64,
    MXCSR_FLAGS = 0x3F,
    MXCSR_BEFORE = MXCSR_IE | MXCSR_DE | MXCSR_ZE, /* found before anything is computed */
    MXCSR_MASK_SHIFT = 7,
    MXCSR_MASKS = MXCSR_FLAGS << MXCSR_MASK_SHIFT,
    MXCSR_FTZ = 1 << 15,
    MXCSR_INIT = MXCSR_MASKS,
    MXCSR_BITS = 0xFFFF,
};

/* Slow paths. */
Vector simd_read_slow(Cpu *cpu, u64 linear);
void simd_write_slow(Cpu *cpu, u64 linear, Vector value);
/* Raises what writing sixteen bytes would. */
void simd_probe_write(Cpu *cpu, u64 linear);
_Noreturn void simd_unavailable(Cpu *cpu);
/* Adds the flags of an operation to MXCSR; raises #XM (#UD) for those that are unmasked. */
void simd_report(Cpu *cpu, u32 flags);
/* The flags of the current instruction's operation, one of them an unmasked OE or UE, with PE as
 * the manual wants it then. */
u32 simd_precision(const Cpu *cpu, Vector a, Vector b, u32 flags);
/* The same for a fused multiplication and addition. */
u32 simd_fused_precision(const Cpu *cpu, const Vector operands[3], u32 flags);

/* Would simd_report() of these flags return? */
FORCE_INLINE bool simd_is_masked(const Cpu *cpu, u32 flags)
{
    return !(flags & ~(cpu->mxcsr >> MXCSR_MASK_SHIFT) & MXCSR_FLAGS);
}

/* ---- the frame of each instruction ---- */

/* First in every instruction with an XMM register. */
FORCE_INLINE void xmm_begin(Cpu *cpu)
{
    if (UNLIKELY((cpu->cr0 & (CR0_EM | CR0_TS)) || !(cpu->cr4 & CR4_OSFXSR)))
        simd_unavailable(cpu);
}

/* First in every instruction with an MMX register. */
FORCE_INLINE void mmx_begin(Cpu *cpu)
{
    if (UNLIKELY(cpu->cr0 & CR0_EM))
        cpu_raise(cpu, EXCEPTION_UD, 0);
    x87_begin(cpu);
}

/* After the last access that can fault: all registers become valid, and TOP 0. */
FORCE_INLINE void mmx_enter(Cpu *cpu)
{
    cpu->x87.top = 0;
    cpu->x87.empty = 0;
}

/* ---- registers ---- */

FORCE_INLINE Vector xmm_get(const Cpu *cpu, unsigned number)
{
    return (Vector){cpu->xmm[number].qwords[0], cpu->xmm[number].qwords[1]};
}

FORCE_INLINE void xmm_set(Cpu *cpu, unsigned number, Vector value)
{
    cpu->xmm[number].qwords[0] = value[0];
    cpu->xmm[number].qwords[1] = value[1];
}

FORCE_INLINE u64 mmx_get(const Cpu *cpu, unsigned number)
{
    return cpu->x87.r[number].significand;
}

FORCE_INLINE void mmx_set(Cpu *cpu, unsigned number, u64 value)
{
    cpu->x87.r[number] = (X87Register){.significand = value, .sign_exponent = 0xFFFF};
}

/* ---- memory ---- */

FORCE_INLINE u64 simd_linear(Cpu *cpu, const Insn *insn, bool write, bool aligned)
{
    u64 offset = operand_offset(cpu, insn);

    /* Before the segment's limit, which may raise #SS. */
    if (aligned && UNLIKELY((cpu->segments[insn->segment].base + offset) & 15))
        cpu_raise_gp0(cpu);
    return memory_linear(cpu, insn->segment, offset, 16, write);
}

FORCE_INLINE Vector simd_read_linear(Cpu *cpu, u64 linear)
{
    u8 *host;

    if (!tlb_find(cpu->tlb, cpu->tlb_epoch, linear, ACCESS_READ, 16, &host))
        return simd_read_slow(cpu, linear);
    return (Vector){bytes_load(host, QWORD), bytes_load(host + 8, QWORD)};
}

FORCE_INLINE Vector simd_read(Cpu *cpu, const Insn *insn, bool aligned)
{
    return simd_read_linear(cpu, simd_linear(cpu, insn, false, aligned));
}

FORCE_INLINE void simd_write_linear(Cpu *cpu, u64 linear, Vector value)
{
    u8 *host;

    if (tlb_find(cpu->tlb, cpu->tlb_epoch, linear, ACCESS_WRITE, 16, &host)) {
        bytes_store(host, QWORD, value[0]);
        bytes_store(host + 8, QWORD, value[1]);
        return;
    }
    simd_write_slow(cpu, linear, value);
}

FORCE_INLINE void simd_write(Cpu *cpu, const Insn *insn, Vector value, bool aligned)
{
    simd_write_linear(cpu, simd_linear(cpu, insn, true, aligned), value);
}

FORCE_INLINE u64 simd_read_part(Cpu *cpu, const Insn *insn, Size size)
{
    return memory_read(cpu, insn->segment, operand_offset(cpu, insn), size);
}

FORCE_INLINE void simd_write_part(Cpu *cpu, const Insn *insn, Size size, u64 value)
{
    memory_write(cpu, insn->segment, operand_offset(cpu, insn), size, value);
}

/* The second operand: a register whole, memory as its row says, zero above. */
FORCE_INLINE Vector xmm_source(Cpu *cpu, const Insn *insn)
{
    Operand operand = insn->operands[1];

    if (operand.kind == OPERAND_XMM)
        return xmm_get(cpu, operand.number);
    if (operand.size == 16)
        return simd_read(cpu, insn, true);
    if (operand.size == QWORD)
        return (Vector){simd_read_part(cpu, insn, QWORD), 0};
    return (Vector){simd_read_part(cpu, insn, operand.size == WORD ? WORD : DWORD), 0};
}

FORCE_INLINE u64 mmx_source(Cpu *cpu, const Insn *insn)
{
    Operand operand = insn->operands[1];

    if (operand.kind == OPERAND_MMX)
        return mmx_get(cpu, operand.number);
    return simd_read_part(cpu, insn, operand.size == DWORD ? DWORD : QWORD);
}

/* ---- MXCSR ---- */

static const u32 simd_host_mxcsr = MXCSR_INIT;

/* One operation under `control`; its flags in `flags`. */
FORCE_INLINE Vector simd_run(Operation *operation, Vector a, Vector b, u32 control, u32 *flags)
{
    Vector result;
    u32 status;

    asm volatile("ldmxcsr %0" : : "m"(control));
    result = operation(a, b);
    asm volatile("stmxcsr %0\n\t ldmxcsr %1" : "=m"(status) : "m"(simd_host_mxcsr));
    *flags = status & MXCSR_FLAGS;
    return result;
}

/* While the guest unmasks underflow, a tiny result counts even when it is exact, and FTZ does not
 * count. The host's own FTZ shows tiny results. */
FORCE_INLINE Vector simd_flagged(Cpu *cpu, Operation *operation, Vector a, Vector b, u32 *flags)
{
    u32 control = (cpu->mxcsr & ~(u32)MXCSR_FLAGS) | MXCSR_MASKS, tiny = 0;
    Vector result;

    if (UNLIKELY(!(cpu->mxcsr & MXCSR_UE << MXCSR_MASK_SHIFT))) {
        simd_run(operation, a, b, control | MXCSR_FTZ, &tiny);
        control &= ~(u32)MXCSR_FTZ;
    }
    result = simd_run(operation, a, b, control, flags);
    *flags |= tiny & MXCSR_UE;
    if (UNLIKELY(*flags & ~(cpu->mxcsr >> MXCSR_MASK_SHIFT) & (MXCSR_OE | MXCSR_UE)))
        *flags = simd_precision(cpu, a, b, *flags);
    return result;
}

FORCE_INLINE Vector simd_exact(Cpu *cpu, Operation *operation, Vector a, Vector b)
{
    u32 flags;
    Vector result = simd_flagged(cpu, operation, a, b, &flags);

    simd_report(cpu, flags);
    return result;
}

/* Executes a floating-point operation. The host's flags are sticky: as long as they show nothing
 * but what the guest's MXCSR has already, and masks, the operation's own cannot matter. */
FORCE_INLINE Vector simd_compute(Cpu *cpu, Operation *operation, Vector a, Vector b)
{
    if (LIKELY((cpu->mxcsr & ~(u32)MXCSR_FLAGS) == MXCSR_INIT)) {
        Vector result = operation(a, b);
        u32 status;

        asm volatile("stmxcsr %0" : "=m"(status));
        if (LIKELY(!(status & ~cpu->mxcsr & MXCSR_FLAGS)))
            return result;
    }
    return simd_exact(cpu, operation, a, b);
}

/* ---- operations ---- */

// clang-format off

/* An integer operation: no MXCSR. */
#define INTEGER_OPERATION(name, mnemonic)                                               \
static Vector host_##name(Vector a, Vector b)                                           \
{                                                                                       \
    asm(mnemonic " %1, %0" : "+x"(a) : "x"(b));                                         \
    return a;                                                                           \
}

/* A floating-point operation: kept between the accesses to MXCSR. */
#define FLOAT_OPERATION(name, mnemonic)                                                 \
static Vector host_##name(Vector a, Vector b)                                           \
{                                                                                       \
    asm volatile(mnemonic " %1, %0" : "+x"(a) : "x"(b));                                \
    return a;                                                                           \
}

/* A table in simd_immediate.S: the operation for each immediate. */
#define IMMEDIATE_TABLE(name) \
    extern const u8 simd_immediate_##name[] __attribute__((visibility("hidden")));

IMMEDIATE_TABLE(roundps)
IMMEDIATE_TABLE(roundpd)
IMMEDIATE_TABLE(roundss)
IMMEDIATE_TABLE(roundsd)
IMMEDIATE_TABLE(insertps)
IMMEDIATE_TABLE(mpsadbw)
IMMEDIATE_TABLE(pblendw)
IMMEDIATE_TABLE(pclmulqdq)
IMMEDIATE_TABLE(sha1rnds4)
IMMEDIATE_TABLE(pshufd)
IMMEDIATE_TABLE(pshuflw)
IMMEDIATE_TABLE(pshufhw)
IMMEDIATE_TABLE(shufps)
IMMEDIATE_TABLE(shufpd)
IMMEDIATE_TABLE(palignr)
IMMEDIATE_TABLE(pslldq)
IMMEDIATE_TABLE(psrldq)
IMMEDIATE_TABLE(vcmpps)
IMMEDIATE_TABLE(vcmppd)
IMMEDIATE_TABLE(vcmpss)
IMMEDIATE_TABLE(vcmpsd)
IMMEDIATE_TABLE(vcvtps2ph)
IMMEDIATE_TABLE(pcmpestrm)
IMMEDIATE_TABLE(pcmpestri)
IMMEDIATE_TABLE(pcmpistrm)
IMMEDIATE_TABLE(pcmpistri)

FORCE_INLINE Operation *simd_immediate(const u8 *table, u64 immediate)
{
    return (Operation *)(uintptr_t)(table + 16 * immediate);
}

/* An integer operation with an immediate. */
FORCE_INLINE void xmm_immediate(Cpu *cpu, const Insn *insn, const u8 *table, u64 immediate)
{
    unsigned dst = insn->operands[0].number;
    Vector source;

    xmm_begin(cpu);
    source = xmm_source(cpu, insn);
    xmm_set(cpu, dst, simd_immediate(table, immediate)(xmm_get(cpu, dst), source));
}

/* Each of the low bits of `bits` `times` times. */
FORCE_INLINE u64 simd_spread_bits(u64 bits, unsigned times)
{
    u64 spread = 0;

    for (unsigned i = 0; i < 8; i++)
        spread |= (bits >> i / times & 1) << i;
    return spread;
}

/* One copy for XMM and one for MMX, by the size of the first operand. */
#define XMM_AND_MMX(name, xmm, mmx, vex_form)                                           \
const Handlers exec_##name = {.any = {xmm, xmm, xmm, mmx}, .vex = vex_form};

// clang-format on

#endif
