/*
 * Operand values: random ones, and more often those at which instructions go wrong.
 */
#ifndef FRONTEND_CONFORM_VALUES_H
#define FRONTEND_CONFORM_VALUES_H

#include "frontend/conform/case.h"
#include "frontend/conform/random.h"

u64 value_integer(Random *random);
u32 value_single(Random *random);
u64 value_double(Random *random);
void value_extended(Random *random, u8 bytes[10]);
void value_decimal(Random *random, u8 bytes[10]);

/* Sixteen bytes as any kind of instruction may take them: integers, singles, doubles, an extended
 * number, shift counts, equal bytes. */
void value_vector(Random *random, u8 bytes[16]);

/* Control word, status, tags, registers, MXCSR. */
void value_x87(Random *random, FxImage *fx);
void value_xmm(Random *random, FxImage *fx);
/* Its status has ES and B as flags and masks demand. */
u16 value_x87_control(Random *random);
u16 value_x87_status(Random *random, u16 control);
u32 value_mxcsr(Random *random);

#endif
