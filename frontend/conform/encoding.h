/*
 * Encodings of a row of opcodes.def: every form of operands, prefixes and addresses that a mode
 * allows, by chance.
 */
#ifndef FRONTEND_CONFORM_ENCODING_H
#define FRONTEND_CONFORM_ENCODING_H

#include "cpu/decode.h"
#include "frontend/conform/case.h"
#include "frontend/conform/random.h"

typedef struct Encoding {
    u8 bytes[INSN_MAX_LENGTH + 1];
    unsigned length;
    unsigned displacement_at, displacement_size;    /* of the memory operand; size 0: none */
    unsigned immediate_at, immediate_size;          /* all immediates together */
    bool memory;            /* it has a memory operand with an address of its own */
    Insn insn;              /* decoded */
} Encoding;

/* False when no encoding of the row was found: it has none in this mode, or a row before it takes
 * them all. `decoder` has all features. */
bool encoding_make(Encoding *encoding, const Cpu *decoder, const OpcodeRow *row, CaseMode mode,
                   Random *random);

/* The same from bytes that are given; false: no whole instruction. */
bool encoding_parse(Encoding *encoding, const Cpu *decoder, CaseMode mode, const u8 *bytes,
                    unsigned length);

/* Replace parts of it; the decoded instruction follows. */
void encoding_set_displacement(Encoding *encoding, u64 value);
void encoding_set_immediate(Encoding *encoding, unsigned at, unsigned size, u64 value);

#endif
