/*
 * Single instructions in real mode as a Harris 80C286 executed them: the vectors of
 * SingleStepTests/80286, in the condensed format "X86V". They need no x86 host.
 */
#ifndef FRONTEND_CONFORM_VECTORS_286_H
#define FRONTEND_CONFORM_VECTORS_286_H

#include <stdio.h>

#include "mmu/base.h"

typedef struct VectorTally {
    unsigned cases, equal;
    unsigned by_rule;   /* they differ as the manual says that later processors do */
    unsigned wrong;
} VectorTally;

/* Runs all cases of the file at `path` (as it is, or packed by xz) on the interpreter. Wrong ones are
 * told to `report`, the first 25 of them. False with a sentence in `error` when the file cannot be
 * read or is damaged; `tally` then counts what came before. */
bool vectors_286_run(const char *path, FILE *report, VectorTally *tally, char *error,
                     size_t error_size);

#endif
