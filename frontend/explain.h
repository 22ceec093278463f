/*
 * Guest code beside what the translator makes of it.
 */
#ifndef FRONTEND_EXPLAIN_H
#define FRONTEND_EXPLAIN_H

#include <stdio.h>

#include "translate/translator.h"

/* vitrine explain [-16|-32|-64] 'BYTES' | FILE: the first block of that code. */
int explain_command(int argc, char **argv);

/* One translation: guest instructions, each followed by its IR and its host code. */
void explain_listing(FILE *out, const TranslatorListing *listing);

#endif
