/*
 * The generator: cases for a row of opcodes.def, from a seed.
 */
#ifndef FRONTEND_CONFORM_GENERATOR_H
#define FRONTEND_CONFORM_GENERATOR_H

#include "frontend/conform/encoding.h"

typedef struct Generator {
    const Cpu *decoder;     /* with all features and opcodes_index() */
    Random random;
    CaseMode mode;
    /* Of the case being made: */
    Case *c;
    Encoding encoding;
    const OpcodeRow *row;   /* what it decodes to */
    u64 offset;             /* of the memory operand, in its segment */
    u64 linear;
    unsigned memory_size;   /* bytes of it that are filled in; 0: it has none */
} Generator;

/* A case of `row`; false when the row has no encoding in the generator's mode. */
bool generate_row(Generator *generator, const OpcodeRow *row, Case *c);

/* A case of an instruction that is given; false when it is none. */
bool generate_code(Generator *generator, const u8 *code, unsigned length, Case *c);

/* ---- for generator_rules.c ---- */

/* What single instructions need so that their operands are not all nonsense. */
void generator_apply_rules(Generator *generator);

/* A place for `size` bytes: an offset in `segment`, mostly a good one, now and then on an edge. */
u64 generator_offset(Generator *generator, SegmentRegister segment, unsigned size);

/* The linear address of an offset. */
u64 generator_linear(const Generator *generator, SegmentRegister segment, u64 offset);

/* Fills the mapped part of [linear, linear + size), and a little around it, with values. */
void generator_fill(Generator *generator, u64 linear, unsigned size);

/* Stores bytes there, if all of it is mapped. */
void generator_store(Generator *generator, u64 linear, const void *bytes, unsigned size);

/* Gives operand `number`, a register or memory, a value. */
void generator_set_operand(Generator *generator, unsigned number, u64 value);

/* Sets the part of a register that an address of this instruction uses; the rest stays. */
void generator_set_address_register(Generator *generator, unsigned reg, u64 value);

#endif
