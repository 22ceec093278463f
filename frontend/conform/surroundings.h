/*
 * The memory that a case runs in, filled in before and searched for changes after, the same way for
 * the oracle and the subject.
 */
#ifndef FRONTEND_CONFORM_SURROUNDINGS_H
#define FRONTEND_CONFORM_SURROUNDINGS_H

#include "frontend/conform/case.h"

enum { AREA_DATA, AREA_READ_ONLY, AREA_STACK, AREA_CODE, AREA_COUNT };

/* One of the areas of case.h: where this process can write to it, and what it was before a case. */
typedef struct Area {
    u32 base, size;
    u8 *live;
    u8 *before;
} Area;

typedef struct Surroundings {
    Area areas[AREA_COUNT];
    u8 before[CASE_DATA_SIZE + CASE_READ_ONLY_SIZE + CASE_STACK_SIZE + CASE_CODE_SIZE];
} Surroundings;

enum { CASE_STUB_SIZE = 8, CODE_FILLER = 0xF4 /* HLT: #GP if a case ever gets there */ };

/* `live`: of each area. Fills them with zeros and CODE_FILLER. */
void surroundings_init(Surroundings *s, u8 *const live[AREA_COUNT]);

/* Lays out a case: its patches, its code, and the jumps at the places where it can arrive. */
void surroundings_prepare(Surroundings *s, const Case *c);

/* Records in `outcome` which lines of memory a case has changed, and undoes that and
 * surroundings_prepare(). */
void surroundings_collect(Surroundings *s, const Case *c, Outcome *outcome);

/* The jump behind the instructions (or at the target) that leads back to the oracle. The subject has
 * the same bytes there, though the interpreter never executes them. Returns their number. */
unsigned case_stub(const Case *c, u32 offset, bool target, u8 bytes[CASE_STUB_SIZE]);
/* The linear address it leads to, where the subject has no memory. */
u32 case_stub_goal(bool target);

#endif
