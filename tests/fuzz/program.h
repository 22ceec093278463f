/*
 * Random guest programs for the comparison of the engines, each from a seed alone.
 */
#ifndef TESTS_FUZZ_PROGRAM_H
#define TESTS_FUZZ_PROGRAM_H

#include "frontend/conform/random.h"
#include "mmu/base.h"

typedef enum ProgramStyle {
    PROGRAM_STRUCTURED, /* whole instructions that mostly find their operands */
    PROGRAM_MUTATED,    /* the same with bytes changed */
    PROGRAM_RANDOM,     /* any bytes */
    PROGRAM_STYLES
} ProgramStyle;

enum { PROGRAM_ROOM = 288, PROGRAM_UNITS = 128 };

typedef struct Program {
    /* What it is to be; set before program_make(). */
    u8 code_size;       /* 2, 4 or 8 bytes */
    u8 style;           /* ProgramStyle */
    bool simd, x87;     /* also instructions of these, every second one */
    bool wild;          /* changes its own code, page tables, segments, flags, where it may */
    bool paging;
    u32 base;           /* of DS */
    u32 data;           /* offset in DS; what lies 8 and 4 bytes before it is the program's own */
    u32 code;           /* linear address of its first byte */

    Random random;
    u8 bytes[PROGRAM_ROOM];
    unsigned length;
    u16 units[PROGRAM_UNITS]; /* where its parts begin, each of an instruction or some */
    unsigned unit_count;
} Program;

/* A loop of random instructions that ends in a HLT. */
void program_make(Program *program, u64 seed);

#endif
