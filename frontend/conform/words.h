/*
 * A failure in words: the bytes, the disassembly, the inputs that matter, expected and got, and the
 * page of the manual.
 */
#ifndef FRONTEND_CONFORM_WORDS_H
#define FRONTEND_CONFORM_WORDS_H

#include <stdio.h>

#include "frontend/conform/campaign.h"

/* "66 0f 3a 0f c1 07" and "palignr xmm0, xmm1, 7"; "(bad)" where there is no disassembly. */
const char *words_bytes(const Case *c, char *text, size_t size);
const char *words_disassembly(const Case *c, char *text, size_t size);

/* "Add With Carry"; "" without a row. */
const char *words_manual_title(const Case *c);

/* The whole of it, several lines, each beginning with `indent`. */
void words_failure(FILE *file, const Failure *failure, const char *indent);

/* The inputs that are not zero or as case_init() leaves them: one line per register or patch. */
void words_inputs(FILE *file, const Case *c, const char *indent);

#endif
