/*
 * The same program on both engines, in slices of random length, with events between them: after each
 * the two must be the same, registers, flags and memory.
 */
#ifndef TESTS_FUZZ_PAIR_H
#define TESTS_FUZZ_PAIR_H

#include "tests/fuzz/arena.h"
#include "translate/translator.h"

typedef struct PairTally {
    u64 programs, blocks, instructions, restarts;   /* blocks: translations */
} PairTally;

typedef struct Pair {
    Arena arenas[2];        /* interpreter, translator */
    PairTally tally;
    char difference[120];   /* of the last program; "": none */
} Pair;

/* False with a sentence in `error`. */
bool pair_open(Pair *pair, char *error, size_t error_size);
void pair_close(Pair *pair);

/* True: no difference, to its end. */
bool pair_run(Pair *pair, const Setting *setting, const Program *program, u64 seed);

/* Makes parts of a program that differs into NOPs as long as it still does. */
void pair_shrink(Pair *pair, const Setting *setting, Program *program, u64 seed);

/* A program of any kind and its setting, all by the seed. */
void pair_choose(ArenaMode mode, u64 seed, Setting *setting, Program *program);

#endif
