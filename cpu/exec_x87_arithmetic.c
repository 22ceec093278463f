/*
 * x87 arithmetic and comparison.
 * Manual: Intel SDM Vol. 1, "Basic Arithmetic Instructions", "Comparison and Classification
 * Instructions"; Vol. 2.
 */
#include "cpu/x87.h"
#include "cpu/x87_host.h"

/* ---- ADD, SUB, SUBR, MUL, DIV, DIVR ---- */

/* ST(d) = ST(d) op ST(s), the forms with two registers. */
FORCE_INLINE void arithmetic(Cpu *cpu, const Insn *insn, X87Binary *operation, bool pop)
{
    X87 *x87 = &cpu->x87;
    unsigned d = insn->operands[0].number, s = insn->operands[1].number;

    x87_begin(cpu);
    x87_record(cpu, insn);
    if (UNLIKELY(x87_is_empty(x87, d) || x87_is_empty(x87, s))) {
        if (!x87_stack_underflow(cpu))
            return;
        *x87_st(x87, d) = X87_INDEFINITE;
        x87_set_empty(x87, d, false);
    } else if (!x87_report(cpu, operation(x87, x87_st(x87, d), x87_st(x87, d), x87_st(x87, s)),
                           0)) {
        return;
    }
    if (pop)
        x87_pop(x87);
}

/* The forms with memory: record, and see that ST(0) is there; false: the instruction is over. */
FORCE_INLINE bool arithmetic_memory_begin(Cpu *cpu, const Insn *insn)
{
    X87 *x87 = &cpu->x87;

    x87_record_memory(cpu, insn);
    if (LIKELY(!x87_is_empty(x87, 0)))
        return true;
    if (x87_stack_underflow(cpu)) {
        *x87_st(x87, 0) = X87_INDEFINITE;
        x87_set_empty(x87, 0, false);
    }
    return false;
}

FORCE_INLINE void arithmetic_float32(Cpu *cpu, const Insn *insn, X87BinaryFloat32 *operation)
{
    X87Register *top = x87_st(&cpu->x87, 0);

    x87_begin(cpu);
    u32 value = (u32)x87_read_memory(cpu, insn, 0, DWORD);
    if (arithmetic_memory_begin(cpu, insn))
        x87_report(cpu, operation(&cpu->x87, top, top, &value), 0);
}

FORCE_INLINE void arithmetic_float64(Cpu *cpu, const Insn *insn, X87BinaryFloat64 *operation)
{
    X87Register *top = x87_st(&cpu->x87, 0);

    x87_begin(cpu);
    u64 value = x87_read_memory(cpu, insn, 0, QWORD);
    if (arithmetic_memory_begin(cpu, insn))
        x87_report(cpu, operation(&cpu->x87, top, top, &value), 0);
}

FORCE_INLINE void arithmetic_integer(Cpu *cpu, const Insn *insn, X87BinaryInt32 *operation,
                                     Size size)
{
    X87Register *top = x87_st(&cpu->x87, 0);

    x87_begin(cpu);
    i32 value = (i32)sign_extend(x87_read_memory(cpu, insn, 0, size), size);
    if (arithmetic_memory_begin(cpu, insn))
        x87_report(cpu, operation(&cpu->x87, top, top, &value), 0);
}

/* F##name, F##name##P and FI##name: the first copy is the one for registers. */
#define ARITHMETIC(name, operation)                                                                \
    FORCE_INLINE void F##name(Cpu *cpu, const Insn *insn, Shape shape)                             \
    {                                                                                              \
        if (shape.size == DWORD)                                                                   \
            arithmetic_float32(cpu, insn, x87_host_##operation##_float32);                         \
        else if (shape.size == QWORD)                                                              \
            arithmetic_float64(cpu, insn, x87_host_##operation##_float64);                         \
        else                                                                                       \
            arithmetic(cpu, insn, x87_host_##operation, false);                                    \
    }                                                                                              \
    SIZED(F##name)                                                                                 \
    static void F##name##P(Cpu *cpu, const Insn *insn)                                             \
    {                                                                                              \
        arithmetic(cpu, insn, x87_host_##operation, true);                                         \
    }                                                                                              \
    PLAIN(F##name##P)                                                                              \
    FORCE_INLINE void FI##name(Cpu *cpu, const Insn *insn, Shape shape)                            \
    {                                                                                              \
        arithmetic_integer(cpu, insn, x87_host_##operation##_int32, shape.size);                   \
    }                                                                                              \
    SIZED(FI##name)

ARITHMETIC(ADD, add)
ARITHMETIC(SUB, sub)
ARITHMETIC(SUBR, subr)
ARITHMETIC(MUL, mul)
ARITHMETIC(DIV, div)
ARITHMETIC(DIVR, divr)

/* ---- comparison: into C3, C2, C0 ---- */

/* An unmasked exception keeps the stack from being popped, but the conditions are there. */
FORCE_INLINE void compare_end(Cpu *cpu, u16 status, unsigned pops)
{
    if (!x87_report(cpu, status, X87_UNORDERED))
        return;
    while (pops--)
        x87_pop(&cpu->x87);
}

/* An operand is empty: unordered. */
FORCE_INLINE u16 compare_empty(void)
{
    return X87_IE | X87_SF | X87_UNORDERED;
}

FORCE_INLINE void compare(Cpu *cpu, const Insn *insn, X87Compare *operation, unsigned pops)
{
    X87 *x87 = &cpu->x87;
    unsigned i = insn->operands[1].number;

    x87_begin(cpu);
    x87_record(cpu, insn);
    if (UNLIKELY(x87_is_empty(x87, 0) || x87_is_empty(x87, i)))
        compare_end(cpu, compare_empty(), pops);
    else
        compare_end(cpu, operation(x87, x87_st(x87, 0), x87_st(x87, i)), pops);
}

FORCE_INLINE void compare_memory(Cpu *cpu, const Insn *insn, Size size, bool integer, unsigned pops)
{
    X87 *x87 = &cpu->x87;
    const X87Register *top = x87_st(x87, 0);
    u16 status;

    x87_begin(cpu);
    u64 value = x87_read_memory(cpu, insn, 0, size);
    u32 float32 = (u32)value;
    i32 int32 = (i32)sign_extend(value, size);

    x87_record_memory(cpu, insn);
    if (UNLIKELY(x87_is_empty(x87, 0)))
        status = compare_empty();
    else if (integer)
        status = x87_host_com_int32(x87, top, &int32);
    else if (size == DWORD)
        status = x87_host_com_float32(x87, top, &float32);
    else
        status = x87_host_com_float64(x87, top, &value);
    compare_end(cpu, status, pops);
}

FORCE_INLINE void FCOM(Cpu *cpu, const Insn *insn, Shape shape)
{
    if (shape.size == DWORD || shape.size == QWORD)
        compare_memory(cpu, insn, shape.size, false, 0);
    else
        compare(cpu, insn, x87_host_com, 0);
}
SIZED(FCOM)

FORCE_INLINE void FCOMP(Cpu *cpu, const Insn *insn, Shape shape)
{
    if (shape.size == DWORD || shape.size == QWORD)
        compare_memory(cpu, insn, shape.size, false, 1);
    else
        compare(cpu, insn, x87_host_com, 1);
}
SIZED(FCOMP)

FORCE_INLINE void FICOM(Cpu *cpu, const Insn *insn, Shape shape)
{
    compare_memory(cpu, insn, shape.size, true, 0);
}
SIZED(FICOM)

FORCE_INLINE void FICOMP(Cpu *cpu, const Insn *insn, Shape shape)
{
    compare_memory(cpu, insn, shape.size, true, 1);
}
SIZED(FICOMP)

static void FCOMPP(Cpu *cpu, const Insn *insn)
{
    compare(cpu, insn, x87_host_com, 2);
}
PLAIN(FCOMPP)

static void FUCOM(Cpu *cpu, const Insn *insn)
{
    compare(cpu, insn, x87_host_ucom, 0);
}
PLAIN(FUCOM)

static void FUCOMP(Cpu *cpu, const Insn *insn)
{
    compare(cpu, insn, x87_host_ucom, 1);
}
PLAIN(FUCOMP)

static void FUCOMPP(Cpu *cpu, const Insn *insn)
{
    compare(cpu, insn, x87_host_ucom, 2);
}
PLAIN(FUCOMPP)

static void FTST(Cpu *cpu, const Insn *insn)
{
    X87 *x87 = &cpu->x87;
    static const X87Register zero;

    x87_begin(cpu);
    x87_record(cpu, insn);
    if (UNLIKELY(x87_is_empty(x87, 0)))
        compare_end(cpu, compare_empty(), 0);
    else
        compare_end(cpu, x87_host_com(x87, x87_st(x87, 0), &zero), 0);
}
PLAIN(FTST)

/* ---- comparison: into ZF, PF, CF ---- */

FORCE_INLINE void compare_to_flags(Cpu *cpu, const Insn *insn, X87Compare *operation, bool pop)
{
    X87 *x87 = &cpu->x87;
    unsigned i = insn->operands[1].number;
    u16 status;

    x87_begin(cpu);
    x87_record(cpu, insn);
    if (UNLIKELY(x87_is_empty(x87, 0) || x87_is_empty(x87, i)))
        status = compare_empty();
    else
        status = operation(x87, x87_st(x87, 0), x87_st(x87, i));
    flags_unpack(&cpu->flags, (status & X87_C3 ? FLAG_ZF : 0) | (status & X87_C2 ? FLAG_PF : 0) |
                                  (status & X87_C0 ? FLAG_CF : 0));
    if (!(status & X87_SF)) /* only an empty register clears C1 */
        status |= x87->status & X87_C1;
    if (x87_report(cpu, status, 0) && pop)
        x87_pop(x87);
}

static void FCOMI(Cpu *cpu, const Insn *insn)
{
    compare_to_flags(cpu, insn, x87_host_com, false);
}
PLAIN(FCOMI)

static void FCOMIP(Cpu *cpu, const Insn *insn)
{
    compare_to_flags(cpu, insn, x87_host_com, true);
}
PLAIN(FCOMIP)

static void FUCOMI(Cpu *cpu, const Insn *insn)
{
    compare_to_flags(cpu, insn, x87_host_ucom, false);
}
PLAIN(FUCOMI)

static void FUCOMIP(Cpu *cpu, const Insn *insn)
{
    compare_to_flags(cpu, insn, x87_host_ucom, true);
}
PLAIN(FUCOMIP)

/* ---- classification ---- */

/* C3, C2, C0 for a register that is not empty. */
static u16 classify(const X87Register *value)
{
    unsigned exponent = value->sign_exponent & 0x7FFF;
    bool integer_bit = value->significand >> 63;

    if (exponent == 0)
        return value->significand ? X87_C3 | X87_C2 : X87_C3;
    if (!integer_bit)
        return 0;
    if (exponent == 0x7FFF)
        return value->significand << 1 ? X87_C0 : X87_C2 | X87_C0;
    return X87_C2;
}

static void FXAM(Cpu *cpu, const Insn *insn)
{
    X87 *x87 = &cpu->x87;
    const X87Register *top = x87_st(x87, 0);
    u16 class;

    x87_begin(cpu);
    x87_record(cpu, insn);
    class = x87_is_empty(x87, 0) ? X87_C3 | X87_C0 : classify(top);
    if (top->sign_exponent & 0x8000)
        class |= X87_C1;
    x87->status = (u16)((x87->status & ~(X87_UNORDERED | X87_C1)) | class);
}
PLAIN(FXAM)
