/*
 * What the parts of the program generator use of each other.
 */
#ifndef TESTS_FUZZ_PROGRAM_PARTS_H
#define TESTS_FUZZ_PROGRAM_PARTS_H

#include "tests/fuzz/program.h"

u32 program_below(Program *program, u32 limit);
void program_put(Program *program, u64 value, unsigned count);

/* ModRM and what follows: a register, or memory near the data. `digit` 8: any register. */
void program_put_operand(Program *program, unsigned digit);
/* ModRM and a displacement: the operand at `offset` in DS. */
void program_put_absolute(Program *program, unsigned digit, u32 offset);
/* Bases point to the data again, or now and then elsewhere. */
void program_put_anchor(Program *program);

void program_put_simd(Program *program);
void program_put_x87(Program *program);
void program_put_wild(Program *program);

/* The offset in DS of a linear address. */
FORCE_INLINE u32 program_offset(const Program *program, u32 linear)
{
    return linear - program->base;
}

FORCE_INLINE bool program_is_wide(const Program *program)
{
    return program->code_size != 2;
}

#endif
