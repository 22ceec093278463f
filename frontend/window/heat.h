/*
 * How often instructions were executed, while that is being counted.
 */
#ifndef FRONTEND_WINDOW_HEAT_H
#define FRONTEND_WINDOW_HEAT_H

#include "mmu/base.h"

enum { HEAT_PLACES = 8192 };

typedef struct Heat {
    struct {
        u64 linear, count;      /* count 0: free */
    } places[HEAT_PLACES];
    unsigned used;
    u64 most;
} Heat;

void heat_clear(Heat *heat);
void heat_add(Heat *heat, u64 linear);
u64 heat_count(const Heat *heat, u64 linear);

/* 0 .. 1, by the logarithm: a loop is so much hotter than what surrounds it. */
float heat_of(const Heat *heat, u64 linear);

#endif
