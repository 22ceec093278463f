/*
 * Multiplication and division. Manual: Intel SDM Vol. 2, each instruction's page.
 */
#include "cpu/alu.h"
#include "cpu/exec.h"

/* CF = OF = the product does not fit; the other flags, undefined, stay, as on AMD processors. */
FORCE_INLINE void product_flags(Cpu *cpu, bool overflow)
{
    flags_set_co(&cpu->flags, overflow, overflow);
}

/* AX, DX:AX, EDX:EAX or RDX:RAX. */
FORCE_INLINE void product_write(Cpu *cpu, Size size, u64 low, u64 high)
{
    if (size == BYTE) {
        gpr_write(cpu, RAX, WORD, (high << 8) | (low & 0xFF));
        return;
    }
    gpr_write(cpu, RAX, size, low);
    gpr_write(cpu, RDX, size, high);
}

FORCE_INLINE void MUL(Cpu *cpu, const Insn *insn, Shape shape)
{
    u128 product = (u128)gpr_read(cpu, RAX, shape.size) * dst_read(cpu, insn, shape);
    u64 low = (u64)product & size_mask(shape.size);
    u64 high = (u64)(product >> (8 * shape.size)) & size_mask(shape.size);

    product_write(cpu, shape.size, low, high);
    product_flags(cpu, high != 0);
}
ONE_OPERAND(MUL)

FORCE_INLINE i128 signed_product(Size size, u64 a, u64 b)
{
    return (i128)(i64)sign_extend(a, size) * (i64)sign_extend(b, size);
}

FORCE_INLINE bool signed_overflow(Size size, i128 product)
{
    return (i128)(i64)sign_extend((u64)product, size) != product;
}

FORCE_INLINE void IMUL(Cpu *cpu, const Insn *insn, Shape shape)
{
    i128 product =
        signed_product(shape.size, gpr_read(cpu, RAX, shape.size), dst_read(cpu, insn, shape));
    u64 low = (u64)product & size_mask(shape.size);
    u64 high = (u64)(product >> (8 * shape.size)) & size_mask(shape.size);

    product_write(cpu, shape.size, low, high);
    product_flags(cpu, signed_overflow(shape.size, product));
}
ONE_OPERAND(IMUL)

FORCE_INLINE void truncated_product(Cpu *cpu, const Insn *insn, Shape shape, u64 a, u64 b)
{
    i128 product = signed_product(shape.size, a, b);
    u64 low = (u64)product & size_mask(shape.size);

    register_write(cpu, insn->operands[0], shape.size, low);
    product_flags(cpu, signed_overflow(shape.size, product));
}

FORCE_INLINE void IMUL2(Cpu *cpu, const Insn *insn, Shape shape)
{
    truncated_product(cpu, insn, shape, dst_read(cpu, insn, shape), src_read(cpu, insn, shape));
}
SHAPED(IMUL2)

FORCE_INLINE void IMUL3(Cpu *cpu, const Insn *insn, Shape shape)
{
    truncated_product(cpu, insn, shape, src_read(cpu, insn, shape), insn->immediate);
}
SHAPED(IMUL3)

/* The dividend of twice the size. */
FORCE_INLINE u128 dividend_read(const Cpu *cpu, Size size)
{
    if (size == BYTE)
        return gpr_read(cpu, RAX, WORD);
    return (u128)gpr_read(cpu, RDX, size) << (8 * size) | gpr_read(cpu, RAX, size);
}

FORCE_INLINE void quotient_write(Cpu *cpu, Size size, u64 quotient, u64 remainder)
{
    quotient &= size_mask(size);
    if (size == BYTE)
        gpr_write(cpu, RAX, WORD, (remainder & 0xFF) << 8 | quotient);
    else {
        gpr_write(cpu, RAX, size, quotient);
        gpr_write(cpu, RDX, size, remainder & size_mask(size));
    }
}

/* All undefined: CF and OF stay, AF is set, the others are cleared, as on AMD processors. */
FORCE_INLINE void quotient_flags(Cpu *cpu)
{
    cpu->flags.result = cpu->flags.zero = 1;
    cpu->flags.carries |= 8;
}

FORCE_INLINE void DIV(Cpu *cpu, const Insn *insn, Shape shape)
{
    u64 divisor = dst_read(cpu, insn, shape);
    u128 dividend = dividend_read(cpu, shape.size);

    if (divisor == 0 || dividend >> (8 * shape.size) >= divisor)
        cpu_raise(cpu, EXCEPTION_DE, 0);
    if (shape.size == QWORD)
        quotient_write(cpu, shape.size, (u64)(dividend / divisor), (u64)(dividend % divisor));
    else
        quotient_write(cpu, shape.size, (u64)dividend / divisor, (u64)dividend % divisor);
    quotient_flags(cpu);
}
ONE_OPERAND(DIV)

FORCE_INLINE i128 sign_extend_double(u128 value, Size size)
{
    unsigned shift = 128 - 16 * size;

    return (i128)(value << shift) >> shift;
}

FORCE_INLINE void IDIV(Cpu *cpu, const Insn *insn, Shape shape)
{
    i64 divisor = (i64)sign_extend(dst_read(cpu, insn, shape), shape.size);
    i128 dividend = sign_extend_double(dividend_read(cpu, shape.size), shape.size);
    i128 quotient;

    if (divisor == 0)
        cpu_raise(cpu, EXCEPTION_DE, 0);
    /* The most negative 128-bit dividend by -1 overflows on the host, too. */
    if (divisor == -1 && dividend == (i128)((u128)1 << 127))
        cpu_raise(cpu, EXCEPTION_DE, 0);
    if (shape.size == QWORD || (divisor == -1 && (i64)dividend == INT64_MIN))
        quotient = dividend / divisor;
    else
        quotient = (i64)dividend / divisor;
    if (signed_overflow(shape.size, quotient))
        cpu_raise(cpu, EXCEPTION_DE, 0);
    quotient_write(cpu, shape.size, (u64)quotient, (u64)(dividend - quotient * divisor));
    quotient_flags(cpu);
}
ONE_OPERAND(IDIV)
