/*
 * The decoder's insides: what decode.c and decode_operands.c share.
 */
#ifndef CPU_DECODER_H
#define CPU_DECODER_H

#include "cpu/decode.h"
#include "cpu/operand_letters.h"

typedef struct Decoder {
    const Cpu *cpu;
    DecodeMode mode;
    const u8 *bytes;
    unsigned at, available;
    Insn *insn;
    DecodeStatus status;
    u8 rex;
    bool operand_prefix, address_prefix;
    i8 segment_override; /* -1: none */
    bool vex, vex_w;
    u8 vvvv;         /* VEX.vvvv, inverted back */
    u8 vector;       /* bytes: 16 or 32, by VEX.L */
    u8 vector_index; /* SIB's index, as a vector register */
    unsigned address_size;
} Decoder;

/* The next `count` bytes, little-endian; 0 and a status when there are none. */
u64 decoder_next_bytes(Decoder *decoder, unsigned count);

/* ---- decode_operands.c ---- */

/* What follows a ModRM byte that names memory, and its segment. */
void decode_address(Decoder *decoder);
void apply_segment_override(Decoder *decoder);
/* A gather's address; false: it has none. */
bool decode_vector_index(Decoder *decoder);
Operand decode_operand(Decoder *decoder, u8 code, u8 opcode);

/* ---- handlers.c ---- */

Handler choose_handler(const Insn *insn, const OpcodeRow *row);

#endif
