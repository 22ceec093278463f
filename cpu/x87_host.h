/*
 * Floating-point operations on 80-bit numbers, as an x87 performs them: this header is what a host
 * must offer, x87_host.c how an x86 host offers it (by executing the same instruction).
 *
 * Each operation obeys the guest's control word: precision, rounding and masks. It returns the bits
 * of the status word that it would set: exceptions, C1 (rounded up) and, where the instruction
 * gives them, C0, C2 and C3. Exceptions that are masked and already set in x87->status may be
 * returned without having occurred. When an unmasked invalid operation, denormal operand or
 * division by zero is returned, the result is not written (a denormal operand is loaded, though);
 * after an unmasked overflow or underflow a register holds the result with its exponent moved by
 * 24576, and memory is not written.
 *
 * Stack, tags and condition codes of the guest are the caller's business.
 *
 * Manual: Intel SDM Vol. 1, "Programming with the x87 FPU".
 */
#ifndef CPU_X87_HOST_H
#define CPU_X87_HOST_H

#include "cpu/cpu.h"

/* result = a op b. Results may be the operands. */
typedef u16 X87Binary(const X87 *x87, X87Register *result, const X87Register *a,
                      const X87Register *b);
typedef u16 X87BinaryFloat32(const X87 *x87, X87Register *result, const X87Register *a,
                             const u32 *b);
typedef u16 X87BinaryFloat64(const X87 *x87, X87Register *result, const X87Register *a,
                             const u64 *b);
typedef u16 X87BinaryInt32(const X87 *x87, X87Register *result, const X87Register *a, const i32 *b);

/* subr = b - a, divr = b / a */
X87Binary x87_host_add, x87_host_sub, x87_host_subr, x87_host_mul, x87_host_div, x87_host_divr;
X87BinaryFloat32 x87_host_add_float32, x87_host_sub_float32, x87_host_subr_float32,
    x87_host_mul_float32, x87_host_div_float32, x87_host_divr_float32;
X87BinaryFloat64 x87_host_add_float64, x87_host_sub_float64, x87_host_subr_float64,
    x87_host_mul_float64, x87_host_div_float64, x87_host_divr_float64;
X87BinaryInt32 x87_host_add_int32, x87_host_sub_int32, x87_host_subr_int32, x87_host_mul_int32,
    x87_host_div_int32, x87_host_divr_int32;

/* a is ST(0), b is ST(1); the result is ST(0) after the instruction's pop, if it has one. */
X87Binary x87_host_scale, x87_host_prem, x87_host_prem1, x87_host_yl2x, x87_host_yl2xp1,
    x87_host_patan;

/* C3, C2, C0: equal, unordered, below. */
typedef u16 X87Compare(const X87 *x87, const X87Register *a, const X87Register *b);
typedef u16 X87CompareFloat32(const X87 *x87, const X87Register *a, const u32 *b);
typedef u16 X87CompareFloat64(const X87 *x87, const X87Register *a, const u64 *b);
typedef u16 X87CompareInt32(const X87 *x87, const X87Register *a, const i32 *b);
X87Compare x87_host_com, x87_host_ucom;
X87CompareFloat32 x87_host_com_float32;
X87CompareFloat64 x87_host_com_float64;
X87CompareInt32 x87_host_com_int32;

typedef u16 X87Unary(const X87 *x87, X87Register *result, const X87Register *a);
X87Unary x87_host_sqrt, x87_host_rndint, x87_host_2xm1, x87_host_sin, x87_host_cos;

/* Instructions that push: `top` is ST(0) afterwards, `below` ST(1). With C2 set neither is. */
typedef u16 X87Pair(const X87 *x87, X87Register *top, X87Register *below, const X87Register *a);
X87Pair x87_host_sincos, x87_host_ptan, x87_host_xtract;

/* Conversions from memory formats and to them; packed decimals lie in an X87Register's bytes. */
u16 x87_host_load_float32(const X87 *x87, X87Register *result, const u32 *a);
u16 x87_host_load_float64(const X87 *x87, X87Register *result, const u64 *a);
void x87_host_load_int64(X87Register *result, const i64 *a); /* these two are always exact */
void x87_host_load_decimal(X87Register *result, const X87Register *a);
u16 x87_host_store_float32(const X87 *x87, u32 *result, const X87Register *a);
u16 x87_host_store_float64(const X87 *x87, u64 *result, const X87Register *a);
u16 x87_host_store_int16(const X87 *x87, i16 *result, const X87Register *a);
u16 x87_host_store_int32(const X87 *x87, i32 *result, const X87Register *a);
u16 x87_host_store_int64(const X87 *x87, i64 *result, const X87Register *a);
u16 x87_host_store_decimal(const X87 *x87, X87Register *result, const X87Register *a);

#endif
