/*
 * The x87 operations on an x86-64 host: the host's own instructions.
 *
 * Each operation exists twice. The quick one runs with all exceptions masked and leaves the host's
 * exception flags alone, because clearing them takes ten times as long as an addition. They are
 * sticky, so as long as they show nothing but masked exceptions that the guest's status word has
 * already, the operation's own flags cannot matter. Else, and always while the guest unmasks
 * underflow (which is then also signalled for exact results), the operation is done again from a
 * clean state under the guest's own masks. The processor then gives the unmasked response by
 * itself; it would trap on the host only at the next waiting instruction, and the exceptions are
 * cleared before that.
 *
 * The x86-64 ABI promises an empty register stack and the control word 037Fh.
 *
 * Manual: Intel SDM Vol. 1, "x87 FPU Floating-Point Exception Handling".
 */
#include "cpu/x87_host.h"

#include "cpu/x87.h"

/* What the host computes with; X87Register is its image in memory. */
typedef long double Number __attribute__((may_alias, aligned(8)));

enum { HOST_CONTROL = 0x37F, PRECISION_AND_ROUNDING = 0xF00 };

static const u16 host_control = HOST_CONTROL;

FORCE_INLINE bool is_quick(const X87 *x87)
{
    return LIKELY(x87->control & X87_UE);
}

FORCE_INLINE void quick_begin(const X87 *x87)
{
    if (UNLIKELY((x87->control & PRECISION_AND_ROUNDING) !=
                 (HOST_CONTROL & PRECISION_AND_ROUNDING))) {
        u16 control = x87->control | X87_EXCEPTIONS;
        asm volatile("fldcw %0" : : "m"(control));
    }
}

FORCE_INLINE void quick_end(const X87 *x87)
{
    if (UNLIKELY((x87->control & PRECISION_AND_ROUNDING) !=
                 (HOST_CONTROL & PRECISION_AND_ROUNDING)))
        asm volatile("fldcw %0" : : "m"(host_control));
}

/* Nothing has happened that the guest does not know already, or that it does not mask. */
FORCE_INLINE bool is_settled(const X87 *x87, u16 status)
{
    return LIKELY(!(status & ~(x87->status & x87->control) & X87_EXCEPTIONS));
}

FORCE_INLINE bool is_computed(const X87 *x87, u16 status)
{
    return !x87_unmasked(x87, status, X87_BEFORE);
}

// clang-format off

/* Operands onto the stack, the instruction, status, results off the stack. Whatever the
 * instruction left on the stack, FNINIT empties it. */
#define EXACTLY(loads, instruction, stores)                                             \
    "fninit\n\t fldcw %[control]\n\t" loads instruction "\n\t"                          \
    "fnstsw %w[status]\n\t fnclex\n\t" stores "fninit\n\t fldcw %[host_control]"
#define LOAD_A "fldt %[a]\n\t"
#define LOAD_BA "fldt %[b]\n\t fldt %[a]\n\t"
#define STORE_FIRST "fstpt %[first]\n\t"
#define STORE_BOTH "fstpt %[first]\n\t fstpt %[second]\n\t"
#define CONTROLS [control] "m"(x87->control), [host_control] "m"(host_control)
#define STACK "st", "st(1)", "st(2)", "st(3)", "st(4)", "st(5)", "st(6)", "st(7)"

#define NUMBER(pointer) (*(const Number *)(pointer))

#define QUICK_RETURN                                                                    \
    if (is_settled(x87, status)) {                                                      \
        *(Number *)result = value;                                                      \
        return status;                                                                  \
    }
#define EXACT_RETURN                                                                    \
    if (is_computed(x87, status))                                                       \
        x87_copy(result, &first);                                                       \
    return status;

/* result = ST(0) after `instruction` with a in ST(0) and b in ST(1) or, with IN "m", in memory. */
#define BINARY(name, Type, instruction, value_of_b, in, loads, ...)                     \
u16 x87_host_##name(const X87 *x87, X87Register *result, const X87Register *a, const Type *b) \
{                                                                                       \
    X87Register first;                                                                  \
    u16 status;                                                                         \
                                                                                        \
    if (is_quick(x87)) {                                                                \
        Number value;                                                                   \
        quick_begin(x87);                                                               \
        asm volatile(instruction "\n\t fnstsw %w[status]"                               \
                     : "=t"(value), [status] "=&a"(status)                               \
                     : "0"(NUMBER(a)), [b] in(value_of_b) : __VA_ARGS__);               \
        quick_end(x87);                                                                 \
        QUICK_RETURN                                                                    \
    }                                                                                   \
    asm volatile(EXACTLY(loads, instruction, STORE_FIRST)                               \
                 : [status] "=&a"(status), [first] "=m"(first)                           \
                 : [a] "m"(*a), [b] "m"(*b), CONTROLS : STACK);                         \
    EXACT_RETURN                                                                        \
}

#define REGISTERS(name, instruction) \
    BINARY(name, X87Register, instruction, NUMBER(b), "u", LOAD_BA, "cc")
#define REGISTERS_POP(name, instruction) \
    BINARY(name, X87Register, instruction, NUMBER(b), "u", LOAD_BA, "st(1)")
#define MEMORY(name, Type, instruction) \
    BINARY(name, Type, instruction " %[b]", *b, "m", LOAD_A, "cc")

#define ARITHMETIC(name)                                \
    REGISTERS(name, "f" #name " %%st(1), %%st")         \
    MEMORY(name##_float32, u32, "f" #name "s")          \
    MEMORY(name##_float64, u64, "f" #name "l")          \
    MEMORY(name##_int32, i32, "fi" #name "l")

ARITHMETIC(add)
ARITHMETIC(sub)
ARITHMETIC(subr)
ARITHMETIC(mul)
ARITHMETIC(div)
ARITHMETIC(divr)

REGISTERS(scale, "fscale")
REGISTERS(prem, "fprem")
REGISTERS(prem1, "fprem1")
REGISTERS_POP(yl2x, "fyl2x")
REGISTERS_POP(yl2xp1, "fyl2xp1")
REGISTERS_POP(patan, "fpatan")

#define COMPARE(name, Type, instruction, value_of_b, in, loads)                         \
u16 x87_host_##name(const X87 *x87, const X87Register *a, const Type *b)                \
{                                                                                       \
    u16 status;                                                                         \
                                                                                        \
    asm volatile(instruction "\n\t fnstsw %w[status]"                                   \
                 : [status] "=&a"(status) : "t"(NUMBER(a)), [b] in(value_of_b));         \
    if (is_settled(x87, status))                                                        \
        return status;                                                                  \
    asm volatile(EXACTLY(loads, instruction, "")                                        \
                 : [status] "=&a"(status) : [a] "m"(*a), [b] "m"(*b), CONTROLS : STACK); \
    return status;                                                                      \
}

COMPARE(com, X87Register, "fcom %%st(1)", NUMBER(b), "u", LOAD_BA)
COMPARE(ucom, X87Register, "fucom %%st(1)", NUMBER(b), "u", LOAD_BA)
COMPARE(com_float32, u32, "fcoms %[b]", *b, "m", LOAD_A)
COMPARE(com_float64, u64, "fcoml %[b]", *b, "m", LOAD_A)
COMPARE(com_int32, i32, "ficoml %[b]", *b, "m", LOAD_A)

#define UNARY(name, instruction)                                                        \
u16 x87_host_##name(const X87 *x87, X87Register *result, const X87Register *a)          \
{                                                                                       \
    X87Register first;                                                                  \
    u16 status;                                                                         \
                                                                                        \
    if (is_quick(x87)) {                                                                \
        Number value;                                                                   \
        quick_begin(x87);                                                               \
        asm volatile(instruction "\n\t fnstsw %w[status]"                               \
                     : "=t"(value), [status] "=&a"(status) : "0"(NUMBER(a)));            \
        quick_end(x87);                                                                 \
        QUICK_RETURN                                                                    \
    }                                                                                   \
    asm volatile(EXACTLY(LOAD_A, instruction, STORE_FIRST)                              \
                 : [status] "=&a"(status), [first] "=m"(first)                           \
                 : [a] "m"(*a), CONTROLS : STACK);                                      \
    EXACT_RETURN                                                                        \
}

UNARY(sqrt, "fsqrt")
UNARY(rndint, "frndint")
UNARY(2xm1, "f2xm1")
UNARY(sin, "fsin")
UNARY(cos, "fcos")

/* No quick variant: C2 says whether they push at all, and they are slow anyway. */
#define PAIR(name, instruction)                                                         \
u16 x87_host_##name(const X87 *x87, X87Register *top, X87Register *below, const X87Register *a) \
{                                                                                       \
    X87Register first, second;                                                          \
    u16 status;                                                                         \
                                                                                        \
    asm volatile(EXACTLY(LOAD_A, instruction, STORE_BOTH)                               \
                 : [status] "=&a"(status), [first] "=m"(first), [second] "=m"(second)    \
                 : [a] "m"(*a), CONTROLS : STACK);                                      \
    if (is_computed(x87, status) && !(status & X87_C2)) {                               \
        x87_copy(top, &first);                                                          \
        x87_copy(below, &second);                                                       \
    }                                                                                   \
    return status;                                                                      \
}

PAIR(sincos, "fsincos")
PAIR(ptan, "fptan")
PAIR(xtract, "fxtract")

#define LOAD(name, Type, instruction)                                                   \
u16 x87_host_load_##name(const X87 *x87, X87Register *result, const Type *a)            \
{                                                                                       \
    X87Register first;                                                                  \
    Number value;                                                                       \
    u16 status;                                                                         \
                                                                                        \
    asm volatile(instruction " %[a]\n\t fnstsw %w[status]"                              \
                 : "=t"(value), [status] "=&a"(status) : [a] "m"(*a));                   \
    QUICK_RETURN                                                                        \
    asm volatile(EXACTLY("", instruction " %[a]", STORE_FIRST)                          \
                 : [status] "=&a"(status), [first] "=m"(first)                           \
                 : [a] "m"(*a), CONTROLS : STACK);                                      \
    if (!x87_unmasked(x87, status, X87_IE))                                             \
        x87_copy(result, &first);                                                       \
    return status;                                                                      \
}

LOAD(float32, u32, "flds")
LOAD(float64, u64, "fldl")

#define LOAD_EXACT(name, Type, instruction)                                             \
void x87_host_load_##name(X87Register *result, const Type *a)                           \
{                                                                                       \
    Number value;                                                                       \
                                                                                        \
    asm volatile(instruction " %[a]" : "=t"(value) : [a] "m"(*a));                      \
    *(Number *)result = value;                                                          \
}

LOAD_EXACT(int64, i64, "fildll")
LOAD_EXACT(decimal, X87Register, "fbld")

/* With `...` "st" for an instruction that can only pop. */
#define STORE(name, Type, instruction, ...)                                             \
u16 x87_host_store_##name(const X87 *x87, Type *result, const X87Register *a)           \
{                                                                                       \
    u16 status;                                                                         \
                                                                                        \
    if (is_quick(x87)) {                                                                \
        quick_begin(x87);                                                               \
        asm volatile(instruction " %[result]\n\t fnstsw %w[status]"                     \
                     : [status] "=&a"(status), [result] "=m"(*result)                    \
                     : "t"(NUMBER(a)) : __VA_ARGS__);                                   \
        quick_end(x87);                                                                 \
        if (is_settled(x87, status))                                                    \
            return status;                                                              \
    }                                                                                   \
    asm volatile(EXACTLY(LOAD_A, instruction " %[result]", "")                          \
                 : [status] "=&a"(status), [result] "+m"(*result)                        \
                 : [a] "m"(*a), CONTROLS : STACK);                                      \
    return status;                                                                      \
}

STORE(float32, u32, "fsts", "cc")
STORE(float64, u64, "fstl", "cc")
STORE(int16, i16, "fists", "cc")
STORE(int32, i32, "fistl", "cc")
STORE(int64, i64, "fistpll", "st")
STORE(decimal, X87Register, "fbstp", "st")
// clang-format on
