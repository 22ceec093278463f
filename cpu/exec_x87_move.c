/*
 * x87 data transfer and constants.
 *
 * Most undocumented encodings are rows of opcodes.def only; FSTPNCE is an instruction of its own.
 *
 * Manual: Intel SDM Vol. 1, "Data Transfer Instructions", "Load Constant Instructions"; Vol. 2.
 */
#include "cpu/x87.h"
#include "cpu/x87_host.h"
#include "cpu/x87_quick.h"

/* ---- loads ---- */

/* Makes room for a push. False: the instruction is over. */
FORCE_INLINE bool push_begin(Cpu *cpu)
{
    X87 *x87 = &cpu->x87;

    if (LIKELY(x87_is_empty(x87, 7)))
        return true;
    if (x87_stack_overflow(cpu))
        x87_push(x87, &X87_INDEFINITE);
    return false;
}

FORCE_INLINE void load_register(Cpu *cpu, const Insn *insn)
{
    X87 *x87 = &cpu->x87;
    unsigned i = insn->operands[0].number;
    X87Register value;

    x87_record(cpu, insn);
    if (UNLIKELY(x87_is_empty(x87, i))) {
        if (x87_stack_underflow(cpu))
            x87_push(x87, &X87_INDEFINITE);
        return;
    }
    if (!push_begin(cpu))
        return;
    x87->status &= (u16)~X87_C1;
    x87_copy(&value, x87_st(x87, i));
    x87_push(x87, &value);
}

FORCE_INLINE void load_float80(Cpu *cpu, const Insn *insn)
{
    X87Register value = x87_read_register(cpu, insn, 0);

    x87_record_memory(cpu, insn);
    if (!push_begin(cpu))
        return;
    cpu->x87.status &= (u16)~X87_C1;
    x87_push(&cpu->x87, &value);
}

/* False: take the general way. */
FORCE_INLINE bool quick_load(Cpu *cpu, const Insn *insn, Size size)
{
    X87 *x87 = &cpu->x87;
    u64 offset = operand_offset(cpu, insn);

    if (UNLIKELY(!x87_quick_begin(cpu) || !x87_is_empty(x87, 7)) ||
        !x87_quick_read(cpu, insn, offset, size, x87_st(x87, 7)))
        return false;
    x87_record_operand(cpu, insn, offset);
    x87_quick_end(x87, 0);
    x87->top = (x87->top - 1) & 7;
    x87_set_empty(x87, 0, false);
    return true;
}

static NEVER_INLINE void load_float(Cpu *cpu, const Insn *insn, Size size)
{
    X87 *x87 = &cpu->x87;
    X87Register *pushed = x87_st(x87, 7);
    u16 status;

    x87_begin(cpu);
    u64 memory = x87_read_memory(cpu, insn, 0, size);
    u32 float32 = (u32)memory;

    x87_record_memory(cpu, insn);
    if (!push_begin(cpu))
        return;
    if (size == DWORD)
        status = x87_host_load_float32(x87, pushed, &float32);
    else
        status = x87_host_load_float64(x87, pushed, &memory);
    x87_report(cpu, status, 0);
    if (!x87_unmasked(x87, status, X87_IE)) {
        x87->top = (x87->top - 1) & 7;
        x87_set_empty(x87, 0, false);
    }
}

FORCE_INLINE void FLD(Cpu *cpu, const Insn *insn, Shape shape)
{
    if (shape.size == DWORD || shape.size == QWORD) {
        if (!quick_load(cpu, insn, shape.size))
            load_float(cpu, insn, shape.size);
        return;
    }
    x87_begin(cpu);
    if (insn->operands[0].kind == OPERAND_MEMORY)
        load_float80(cpu, insn);
    else
        load_register(cpu, insn);
}
SIZED(FLD)

FORCE_INLINE void FILD(Cpu *cpu, const Insn *insn, Shape shape)
{
    X87Register value;

    x87_begin(cpu);
    i64 memory = (i64)sign_extend(x87_read_memory(cpu, insn, 0, shape.size), shape.size);
    x87_record_memory(cpu, insn);
    if (!push_begin(cpu))
        return;
    cpu->x87.status &= (u16)~X87_C1;
    x87_host_load_int64(&value, &memory);
    x87_push(&cpu->x87, &value);
}
SIZED(FILD)

static void FBLD(Cpu *cpu, const Insn *insn)
{
    X87Register value;

    x87_begin(cpu);
    X87Register memory = x87_read_register(cpu, insn, 0);
    x87_record_memory(cpu, insn);
    if (!push_begin(cpu))
        return;
    cpu->x87.status &= (u16)~X87_C1;
    x87_host_load_decimal(&value, &memory);
    x87_push(&cpu->x87, &value);
}
PLAIN(FBLD)

/* ---- constants ---- */

/* The significand rounded down, and what to add when rounding to nearest. */
typedef struct Constant {
    u64 significand;
    u16 exponent;
    u8 nearest, inexact;
} Constant;

/* Constants are rounded by the control word, but report nothing. */
FORCE_INLINE void load_constant(Cpu *cpu, const Insn *insn, Constant constant)
{
    enum { NEAREST, DOWN, UP, TO_ZERO };
    unsigned rounding = cpu->x87.control >> 10 & 3;
    X87Register value = {.significand = constant.significand, .sign_exponent = constant.exponent};

    x87_begin(cpu);
    x87_record(cpu, insn);
    if (!push_begin(cpu))
        return;
    if (rounding == NEAREST)
        value.significand += constant.nearest;
    else if (rounding == UP)
        value.significand += constant.inexact;
    cpu->x87.status &= (u16)~X87_C1;
    x87_push(&cpu->x87, &value);
}

#define CONSTANT(name, ...)                                                                        \
    static void name(Cpu *cpu, const Insn *insn)                                                   \
    {                                                                                              \
        load_constant(cpu, insn, (Constant){__VA_ARGS__});                                         \
    }                                                                                              \
    PLAIN(name)

CONSTANT(FLDZ, 0, 0, 0, 0)
CONSTANT(FLD1, 0x8000000000000000, 0x3FFF, 0, 0)
CONSTANT(FLDL2T, 0xD49A784BCD1B8AFE, 0x4000, 0, 1)
CONSTANT(FLDL2E, 0xB8AA3B295C17F0BB, 0x3FFF, 1, 1)
CONSTANT(FLDPI, 0xC90FDAA22168C234, 0x4000, 1, 1)
CONSTANT(FLDLG2, 0x9A209A84FBCFF798, 0x3FFD, 1, 1)
CONSTANT(FLDLN2, 0xB17217F7D1CF79AB, 0x3FFE, 1, 1)

/* ---- stores ---- */

/* Writes a number, or raises what that would have raised: an unmasked exception of the number comes
 * after those of its address. */
FORCE_INLINE void store_memory(Cpu *cpu, const Insn *insn, Size size, u64 value, u16 status)
{
    if (x87_unmasked(&cpu->x87, status, X87_NO_STORE))
        x87_probe_store(cpu, insn, size, size);
    else
        x87_write_memory(cpu, insn, 0, size, value);
}

/* Ends a store whose memory has been written, or must not be. */
FORCE_INLINE void store_end(Cpu *cpu, const Insn *insn, u16 status, bool pop)
{
    bool stored = !x87_unmasked(&cpu->x87, status, X87_NO_STORE);

    x87_record_memory(cpu, insn);
    x87_report(cpu, status, 0);
    if (pop && stored)
        x87_pop(&cpu->x87);
}

/* The masked response to an empty ST(0), in each format. */
FORCE_INLINE u64 indefinite(Size size, bool integer)
{
    if (integer)
        return size_sign(size);
    return size == DWORD ? 0xFFC00000 : 0xFFF8000000000000;
}

FORCE_INLINE u64 convert(X87 *x87, Size size, bool integer, u16 *status)
{
    const X87Register *top = x87_st(x87, 0);
    union {
        u32 float32;
        u64 float64;
        i16 int16;
        i32 int32;
        i64 int64;
    } to = {.float64 = 0};

    if (UNLIKELY(x87_is_empty(x87, 0))) {
        *status = X87_IE | X87_SF;
        return indefinite(size, integer);
    }
    if (!integer)
        *status = size == DWORD ? x87_host_store_float32(x87, &to.float32, top)
                                : x87_host_store_float64(x87, &to.float64, top);
    else if (size == WORD)
        *status = x87_host_store_int16(x87, &to.int16, top);
    else if (size == DWORD)
        *status = x87_host_store_int32(x87, &to.int32, top);
    else
        *status = x87_host_store_int64(x87, &to.int64, top);
    return to.float64;
}

FORCE_INLINE void store(Cpu *cpu, const Insn *insn, Size size, bool integer, bool pop)
{
    u16 status;

    x87_begin(cpu);
    u64 value = convert(&cpu->x87, size, integer, &status);
    store_memory(cpu, insn, size, value, status);
    store_end(cpu, insn, status, pop);
}

static NEVER_INLINE void store_float(Cpu *cpu, const Insn *insn, Size size, bool pop)
{
    store(cpu, insn, size, false, pop);
}

/* False: take the general way. */
FORCE_INLINE bool quick_store(Cpu *cpu, const Insn *insn, Size size, bool pop)
{
    X87 *x87 = &cpu->x87;
    u64 offset = operand_offset(cpu, insn), value;
    u16 status;
    u8 *host;

    if (UNLIKELY(!x87_quick_begin(cpu) || !x87_quick_store(x87) || x87_is_empty(x87, 0)) ||
        !x87_quick_round_to(&value, &status, size, x87_st(x87, 0)))
        return false;
    host = x87_quick_memory(cpu, insn, offset, size, true);
    if (UNLIKELY(!host))
        return false;
    bytes_store(host, size, value);
    x87_record_operand(cpu, insn, offset);
    x87_quick_end(x87, status);
    if (pop)
        x87_pop(x87);
    return true;
}

/* 80-bit images: FSTP m80 and FBSTP. */
FORCE_INLINE void store_image(Cpu *cpu, const Insn *insn, const X87Register *value, u16 status)
{
    x87_probe_store(cpu, insn, 10, QWORD);
    if (!x87_unmasked(&cpu->x87, status, X87_NO_STORE))
        x87_write_register(cpu, insn, 0, value);
    store_end(cpu, insn, status, true);
}

FORCE_INLINE void store_float80(Cpu *cpu, const Insn *insn)
{
    X87 *x87 = &cpu->x87;
    X87Register value = X87_INDEFINITE;
    u16 status = X87_IE | X87_SF;

    x87_begin(cpu);
    if (LIKELY(!x87_is_empty(x87, 0))) {
        x87_copy(&value, x87_st(x87, 0));
        status = 0;
    }
    store_image(cpu, insn, &value, status);
}

static void FBSTP(Cpu *cpu, const Insn *insn)
{
    X87 *x87 = &cpu->x87;
    X87Register value = X87_INDEFINITE; /* happens to be the packed decimal's, too */
    u16 status = X87_IE | X87_SF;

    x87_begin(cpu);
    if (LIKELY(!x87_is_empty(x87, 0)))
        status = x87_host_store_decimal(x87, &value, x87_st(x87, 0));
    store_image(cpu, insn, &value, status);
}
PLAIN(FBSTP)

FORCE_INLINE void store_register(Cpu *cpu, const Insn *insn, bool pop)
{
    X87 *x87 = &cpu->x87;
    unsigned i = insn->operands[0].number;

    x87_begin(cpu);
    x87_record(cpu, insn);
    if (UNLIKELY(x87_is_empty(x87, 0))) {
        if (!x87_stack_underflow(cpu))
            return;
        *x87_st(x87, i) = X87_INDEFINITE;
    } else {
        x87->status &= (u16)~X87_C1;
        x87_copy(x87_st(x87, i), x87_st(x87, 0));
    }
    x87_set_empty(x87, i, false);
    if (pop)
        x87_pop(x87);
}

FORCE_INLINE void FST(Cpu *cpu, const Insn *insn, Shape shape)
{
    if (shape.size != DWORD && shape.size != QWORD)
        store_register(cpu, insn, false);
    else if (!quick_store(cpu, insn, shape.size, false))
        store_float(cpu, insn, shape.size, false);
}
SIZED(FST)

FORCE_INLINE void FSTP(Cpu *cpu, const Insn *insn, Shape shape)
{
    if (shape.size == DWORD || shape.size == QWORD) {
        if (!quick_store(cpu, insn, shape.size, true))
            store_float(cpu, insn, shape.size, true);
    } else if (insn->operands[0].kind == OPERAND_MEMORY) {
        store_float80(cpu, insn);
    } else {
        store_register(cpu, insn, true);
    }
}
SIZED(FSTP)

/* Undocumented, "no stack check": an empty ST(0) is popped without an exception. */
static void FSTPNCE(Cpu *cpu, const Insn *insn)
{
    X87 *x87 = &cpu->x87;

    if (!x87_is_empty(x87, 0)) {
        store_register(cpu, insn, true);
        return;
    }
    x87_begin(cpu);
    x87_record(cpu, insn);
    x87->status &= (u16)~X87_C1;
    x87_pop(x87);
}
PLAIN(FSTPNCE)

FORCE_INLINE void FIST(Cpu *cpu, const Insn *insn, Shape shape)
{
    store(cpu, insn, shape.size, true, false);
}
SIZED(FIST)

FORCE_INLINE void FISTP(Cpu *cpu, const Insn *insn, Shape shape)
{
    store(cpu, insn, shape.size, true, true);
}
SIZED(FISTP)

/* Whatever the control word says about rounding. */
FORCE_INLINE void FISTTP(Cpu *cpu, const Insn *insn, Shape shape)
{
    X87 truncating;
    u16 status;

    x87_begin(cpu);
    truncating = cpu->x87;
    truncating.control |= X87_TRUNCATE;
    u64 value = convert(&truncating, shape.size, true, &status);
    store_memory(cpu, insn, shape.size, value, status);
    store_end(cpu, insn, status, true);
}
SIZED(FISTTP)
