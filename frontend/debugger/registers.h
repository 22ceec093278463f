/*
 * The processor's registers by name, for expressions, commands, panels and gdb: one table.
 * Names are the manual's in lower case (Intel SDM Vol. 1, "Basic Program Execution Registers"), and
 * gdb's where those differ: "eax", "r8d", "ah", "rip", "pc", "eflags", "zf", "cpl", "cs",
 * "cs.base", "gdtr.limit", "cr3", "xmm0" (the low 64 bits), "xmm0.high", "ymm0h" (those above
 * xmm0, likewise), "st0" (the significand), "st0.exponent", "ftag", "cycles" (the clock).
 */
#ifndef FRONTEND_DEBUGGER_REGISTERS_H
#define FRONTEND_DEBUGGER_REGISTERS_H

#include "cpu/cpu.h"

typedef struct Register Register;

/* Length-counted, so that a piece of a longer text can be looked up; a `$` before it is allowed.
 * NULL: there is no such register. */
const Register *register_find(const char *name, size_t length);

const Register *register_at(unsigned index);    /* in the table's order; NULL past the last */
const char *register_name(const Register *reg);
Size register_size(const Register *reg);        /* of its value; a flag is a BYTE */

/* Between two instructions or while one executes: then EIP is that one's. */
u64 register_read(const Register *reg, const Cpu *cpu);

/* Between two instructions. The value's high bits are dropped as the processor would drop them. A selector brings its descriptor
 * along. False with a sentence in `error` when the processor could not get into that state from here
 * by this register alone (CR0.PG, a null CS, a read-only register), and nothing has changed. */
bool register_write(const Register *reg, Cpu *cpu, u64 value, char *error, size_t error_size);

#endif
