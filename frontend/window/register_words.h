/*
 * What registers are for, in words. The values come from frontend/debugger/registers.h.
 * Manual: Intel SDM Vol. 1, "Basic Execution Environment", and Vol. 3, "System Architecture
 * Overview".
 */
#ifndef FRONTEND_WINDOW_REGISTER_WORDS_H
#define FRONTEND_WINDOW_REGISTER_WORDS_H

#include "cpu/cpu.h"

/* All registers as they were at one moment. */
enum { REGISTER_SET = 256 };
typedef struct RegisterSet {
    u64 values[REGISTER_SET];       /* by index in registers.h */
} RegisterSet;

void register_set_read(RegisterSet *set, const Cpu *cpu);
bool register_set_differs(const RegisterSet *a, const RegisterSet *b, const char *name);

/* One sentence or two; "" for a register that explains itself. 16-bit, 32-bit and 64-bit names of the
 * same register have the same words. */
const char *register_words(const char *name);

/* A register's single bits. */
typedef struct BitWords {
    u8 number;
    const char *name;
    const char *words;              /* "set: ..."; what it means when it is set */
} BitWords;

/* Of "eflags", "cr0", "cr4", "efer"; NULL for a register without. */
const BitWords *register_bits(const char *name, unsigned *count);

/* What a bit is at the moment: "ZF = 1: the last result was zero." */
void bit_words(const BitWords *words, u64 value, char *text, size_t size);

#endif
