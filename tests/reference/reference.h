/*
 * The instruction reference of docs/instructions: pages of text, made from the tables and from the
 * results of a conformance campaign.
 */
#ifndef TESTS_REFERENCE_REFERENCE_H
#define TESTS_REFERENCE_REFERENCE_H

#include <stdio.h>

#include "cpu/opcodes.h"

/* Of one instruction in one mode, as `vitrine conform --report FILE.txt` writes them. */
typedef struct Result {
    bool known;
    unsigned long long cases, exceptions, different, undefined;
    unsigned long long translated;  /* cases that generated code executed alone */
} Result;

typedef struct Results {
    char about[400];            /* host, engine, cpu, seed: the report's head */
    Result of[INSN_COUNT][3];   /* by mode: 16, 32, 64 */
} Results;

/* False: there is no such file; all results are unknown then. Lines about instructions that do not
 * exist any more are ignored. */
bool results_read(Results *results, const char *path);

/* Pages: the index, then one per group. NULL after the last. Results: of both engines. */
enum { REFERENCE_ENGINES = 2 };
extern const char *const reference_result_files[REFERENCE_ENGINES];
const char *reference_page_file(unsigned page);
void reference_page(FILE *file, unsigned page, const Results results[REFERENCE_ENGINES]);

/* ---- for reference.c ---- */

/* A line per kind of exception that the instruction can raise, by the attributes of its rows. */
void reference_exceptions(FILE *file, InsnName name);

typedef enum Translated { TRANSLATED_NEVER, TRANSLATED_SOMETIMES, TRANSLATED_ALWAYS } Translated;

/* Does the translator turn the row into host code in code of this size (2, 4, 8 bytes), or call the
 * interpreter? Its register and its memory form are tried. */
Translated reference_translated(unsigned row, unsigned code_size);

#endif
