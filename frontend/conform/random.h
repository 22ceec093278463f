/*
 * A sequence of random numbers that depends on its seed alone.
 */
#ifndef FRONTEND_CONFORM_RANDOM_H
#define FRONTEND_CONFORM_RANDOM_H

#include "mmu/base.h"

typedef struct Random {
    u64 state;
} Random;

/* Any seed, 0 too. Neighbouring seeds give sequences that have nothing in common. */
FORCE_INLINE void random_seed(Random *random, u64 seed)
{
    u64 mixed = (seed + 0x9E3779B97F4A7C15) * 0xBF58476D1CE4E5B9;

    mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB;
    random->state = mixed ^ mixed >> 31 ? mixed ^ mixed >> 31 : 1;
}

FORCE_INLINE u64 random_next(Random *random)
{
    random->state ^= random->state << 13;
    random->state ^= random->state >> 7;
    random->state ^= random->state << 17;
    return random->state * 0x2545F4914F6CDD1D;
}

/* 0 .. count - 1 */
FORCE_INLINE u32 random_below(Random *random, u32 count)
{
    return (u32)((random_next(random) >> 32) * count >> 32);
}

/* True once in `count` times. */
FORCE_INLINE bool random_one_in(Random *random, u32 count)
{
    return random_below(random, count) == 0;
}

#endif
