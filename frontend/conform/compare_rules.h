/*
 * What the manual leaves undefined, where it depends on operands.
 */
#ifndef FRONTEND_CONFORM_COMPARE_RULES_H
#define FRONTEND_CONFORM_COMPARE_RULES_H

#include "frontend/conform/case.h"

typedef struct Undefined {
    u32 flags;              /* bits of EFLAGS */
    bool destination;       /* its result too */
} Undefined;

/* `ended_with`: the flags after the case. */
Undefined undefined_after(const Case *c, u64 ended_with);

#endif
