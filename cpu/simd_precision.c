/*
 * MXCSR's PE beside an unmasked overflow or underflow: then it says whether the result is inexact
 * with an exponent of any size, which the masked response of the host cannot show. It follows from
 * the operands, taken as odd integers times powers of two: a result is exact when its own odd
 * integer fits into the significand.
 *
 * Not implemented: the sums within DPPS and DPPD; their products are.
 *
 * Manual: Intel SDM Vol. 1, "Numeric Overflow Exception (#O)", "Numeric Underflow Exception (#U)",
 * "Inexact-Result (Precision) Exception (#P)".
 */
#include <string.h>

#include "cpu/simd.h"

typedef struct Number {
    bool special; /* NaN or infinity */
    bool negative;
    u64 odd; /* 0: zero */
    int exponent;
} Number;

static unsigned width(u128 value)
{
    u64 high = (u64)(value >> 64), low = (u64)value;

    if (high)
        return 128 - (unsigned)__builtin_clzll(high);
    return low ? 64 - (unsigned)__builtin_clzll(low) : 0;
}

static Number unpack(const Cpu *cpu, u64 value, Size size)
{
    unsigned fraction_bits = size == DWORD ? 23 : 52, top = 8 * size - 1;
    int bias = size == DWORD ? 0x7F : 0x3FF, exponent = (int)bits(value, top - 1, fraction_bits);
    Number number = {.negative = bit(value, top), .special = exponent == 2 * bias + 1};

    number.odd = bits(value, fraction_bits - 1, 0);
    if (exponent)
        number.odd |= (u64)1 << fraction_bits;
    else if (cpu->mxcsr & MXCSR_DAZ)
        number.odd = 0;
    if (number.odd) {
        int zeros = __builtin_ctzll(number.odd);

        number.odd >>= zeros;
        number.exponent = (exponent ? exponent : 1) - bias - (int)fraction_bits + zeros;
    }
    return number;
}

/* Do they have a product, quotient or sum with at most `precision` bits? */
static bool product_is_exact(Number a, Number b, unsigned precision)
{
    return width((u128)a.odd * b.odd) <= precision;
}

static bool quotient_is_exact(Number a, Number b)
{
    return b.odd == 0 || a.odd % b.odd == 0;
}

static bool sum_is_exact(Number a, Number b, unsigned precision)
{
    Number high = a.exponent > b.exponent ? a : b, low = a.exponent > b.exponent ? b : a;
    int shift = high.exponent - low.exponent;
    u128 sum;

    if (a.odd == 0 || b.odd == 0)
        return true;
    if (shift > 64)
        return false;
    sum = (u128)high.odd << shift;
    if (high.negative == low.negative)
        sum += low.odd;
    else
        sum = sum > low.odd ? sum - low.odd : low.odd - sum;
    while (sum && !(sum & 1))
        sum >>= 1;
    return width(sum) <= precision;
}

typedef enum Kind {
    UNKNOWN,
    PRODUCT,
    QUOTIENT,
    SUM,
    DIFFERENCE,
    ALTERNATING,
    TO_SINGLE,
    TO_HALF
} Kind;

typedef struct Arithmetic {
    u8 kind, size, lanes; /* size: of the operands */
    bool horizontal;
} Arithmetic;

static Arithmetic arithmetic(InsnName name)
{
    switch (name) {
    case INSN_MULPS:
    case INSN_DPPS:
        return (Arithmetic){PRODUCT, DWORD, 4, false};
    case INSN_MULPD:
    case INSN_DPPD:
        return (Arithmetic){PRODUCT, QWORD, 2, false};
    case INSN_MULSS:
        return (Arithmetic){PRODUCT, DWORD, 1, false};
    case INSN_MULSD:
        return (Arithmetic){PRODUCT, QWORD, 1, false};
    case INSN_DIVPS:
        return (Arithmetic){QUOTIENT, DWORD, 4, false};
    case INSN_DIVPD:
        return (Arithmetic){QUOTIENT, QWORD, 2, false};
    case INSN_DIVSS:
        return (Arithmetic){QUOTIENT, DWORD, 1, false};
    case INSN_DIVSD:
        return (Arithmetic){QUOTIENT, QWORD, 1, false};
    case INSN_ADDPS:
        return (Arithmetic){SUM, DWORD, 4, false};
    case INSN_ADDPD:
        return (Arithmetic){SUM, QWORD, 2, false};
    case INSN_ADDSS:
        return (Arithmetic){SUM, DWORD, 1, false};
    case INSN_ADDSD:
        return (Arithmetic){SUM, QWORD, 1, false};
    case INSN_SUBPS:
        return (Arithmetic){DIFFERENCE, DWORD, 4, false};
    case INSN_SUBPD:
        return (Arithmetic){DIFFERENCE, QWORD, 2, false};
    case INSN_SUBSS:
        return (Arithmetic){DIFFERENCE, DWORD, 1, false};
    case INSN_SUBSD:
        return (Arithmetic){DIFFERENCE, QWORD, 1, false};
    case INSN_ADDSUBPS:
        return (Arithmetic){ALTERNATING, DWORD, 4, false};
    case INSN_ADDSUBPD:
        return (Arithmetic){ALTERNATING, QWORD, 2, false};
    case INSN_HADDPS:
        return (Arithmetic){SUM, DWORD, 4, true};
    case INSN_HADDPD:
        return (Arithmetic){SUM, QWORD, 2, true};
    case INSN_HSUBPS:
        return (Arithmetic){DIFFERENCE, DWORD, 4, true};
    case INSN_HSUBPD:
        return (Arithmetic){DIFFERENCE, QWORD, 2, true};
    case INSN_CVTPD2PS:
        return (Arithmetic){TO_SINGLE, QWORD, 2, false};
    case INSN_CVTSD2SS:
        return (Arithmetic){TO_SINGLE, QWORD, 1, false};
    case INSN_VCVTPS2PH:
        return (Arithmetic){TO_HALF, DWORD, 4, false};
    default:
        return (Arithmetic){UNKNOWN, QWORD, 0, false};
    }
}

static bool lane_is_exact(Kind kind, Number a, Number b, unsigned lane, unsigned precision)
{
    if (kind == TO_SINGLE)
        return b.special || width(b.odd) <= 24;
    if (kind == TO_HALF)
        return b.special || width(b.odd) <= 11;
    if (a.special || b.special)
        return true;
    if (kind == DIFFERENCE || (kind == ALTERNATING && lane % 2 == 0))
        b.negative = !b.negative;
    switch (kind) {
    case PRODUCT:
        return product_is_exact(a, b, precision);
    case QUOTIENT:
        return quotient_is_exact(a, b);
    default:
        return sum_is_exact(a, b, precision);
    }
}

static u64 element(const Vector *vectors, Size size, unsigned index)
{
    return bytes_load((const u8 *)vectors + index * size, size);
}

/* Where only one of overflow and underflow is unmasked, an element may have met the other: its
 * masked response is inexact. */
static u32 without_precision(const Cpu *cpu, u32 flags)
{
    u32 masked = flags & cpu->mxcsr >> MXCSR_MASK_SHIFT & (MXCSR_OE | MXCSR_UE);

    return masked ? flags | MXCSR_PE : flags & ~(u32)MXCSR_PE;
}

u32 simd_precision(const Cpu *cpu, Vector a, Vector b, u32 flags)
{
    Arithmetic what = arithmetic(opcode_rows[cpu->insn->row].name);
    const Vector both[2] = {a, b};
    unsigned step = 16 / what.size, precision = what.size == DWORD ? 24 : 53;

    if (what.kind == UNKNOWN)
        return flags;
    flags = without_precision(cpu, flags);
    for (unsigned lane = 0; lane < what.lanes; lane++) {
        unsigned first = what.horizontal ? 2 * lane : lane;
        unsigned second = what.horizontal ? 2 * lane + 1 : lane + step;
        Number x = unpack(cpu, element(both, what.size, first), what.size);
        Number y = unpack(cpu, element(both, what.size, second), what.size);

        if (!lane_is_exact(what.kind, x, y, lane, precision))
            flags |= MXCSR_PE;
    }
    return flags;
}

/* ---- fused multiplication and addition ---- */

/* Where the sum spans more than 126 bits, its lowest and its highest one are too far apart. */
static bool fused_is_exact(Number x, Number y, Number z, unsigned precision)
{
    u128 product = (u128)x.odd * y.odd, high = product, low = z.odd, sum;
    int shift = x.exponent + y.exponent - z.exponent;

    if (x.special || y.special || z.special || product == 0)
        return true;
    if (z.odd == 0)
        return width(product) <= precision;
    if (shift < 0) {
        high = z.odd;
        low = product;
        shift = -shift;
    }
    if (shift + (int)width(high) > 126)
        return false;
    high <<= shift;
    if ((x.negative ^ y.negative) == z.negative)
        sum = high + low;
    else
        sum = high > low ? high - low : low - high;
    while (sum && !(sum & 1))
        sum >>= 1;
    return width(sum) <= precision;
}

/* Is the addend's sign turned, compared with the product's? By the mnemonic. */
static bool subtracts(const char *name, unsigned lane)
{
    bool negated = name[2] == 'N', minus = strstr(name, "SUB") != NULL;

    if (strstr(name, "ADDSUB"))
        minus = lane % 2 == 0;
    else if (strstr(name, "SUBADD"))
        minus = lane % 2 == 1;
    return minus != negated;
}

u32 simd_fused_precision(const Cpu *cpu, const Vector operands[3], u32 flags)
{
    const char *name = insn_info[opcode_rows[cpu->insn->row].name].name;
    const char *digits = name + strcspn(name, "123"); /* "132PS": which are multiplied, and added */
    Size size = digits[4] == 'S' ? DWORD : QWORD;
    unsigned lanes = digits[3] == 'S' ? 1 : 16 / size;

    flags = without_precision(cpu, flags);
    for (unsigned lane = 0; lane < lanes; lane++) {
        Number number[3];

        for (unsigned i = 0; i < 3; i++)
            number[i] = unpack(cpu, element(&operands[digits[i] - '1'], size, lane), size);
        number[2].negative ^= subtracts(name, lane);
        if (!fused_is_exact(number[0], number[1], number[2], size == DWORD ? 24 : 53))
            flags |= MXCSR_PE;
    }
    return flags;
}
