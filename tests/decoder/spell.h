/*
 * Operands in words: the decoder's and capstone's, both in one spelling, so that equal operands have
 * equal texts: registers by name, memory as segment, base, index, scale and displacement
 * ("[ds:ebx+ecx*4+0x10]"). Constants and branch targets are numbers, sizes are apart, because both
 * sides state them in different widths.
 */
#ifndef TESTS_DECODER_SPELL_H
#define TESTS_DECODER_SPELL_H

#include <capstone/capstone.h>

#include "cpu/insn.h"

typedef enum SpelledKind { SPELLED_REGISTER, SPELLED_MEMORY, SPELLED_CONSTANT } SpelledKind;

typedef struct Spelled {
    SpelledKind kind;
    u8 size;        /* bytes; 0: the instruction says, or unknown */
    u64 value;      /* of a constant */
    char text[48];
} Spelled;

enum { SPELLED_OPERANDS = 5, SPELLED_LINE = 200 };

typedef struct SpelledList {
    unsigned count;
    Spelled operands[SPELLED_OPERANDS];
} SpelledList;

/* The instruction is taken to lie at `address`, which relative jumps count from. */
void spell_ours(SpelledList *list, const Insn *insn, unsigned code_size, u64 address);
void spell_theirs(SpelledList *list, csh handle, const cs_insn *insn, unsigned code_size);

/* All of them, for people. */
void spell_line(char line[SPELLED_LINE], const char *mnemonic, const SpelledList *list);

#endif
