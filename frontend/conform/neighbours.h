/*
 * Instructions around the one under test, in the same block: what matters to a translator is which
 * flags an instruction finds in the host's, and which of its own anybody looks at.
 */
#ifndef FRONTEND_CONFORM_NEIGHBOURS_H
#define FRONTEND_CONFORM_NEIGHBOURS_H

#include "frontend/conform/case.h"
#include "frontend/conform/random.h"

/* Gives a case of a row neighbours; the instruction stays where it is. False: there is no room for
 * any, and the case is as it was. `sse`: the processors have it. */
bool neighbours_add(Random *random, Case *c, bool sse);

#endif
