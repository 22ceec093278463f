/*
 * Case files: a text format in which people write cases (docs/cases.md), and in which failures are
 * printed. Statements are lines, or are separated by semicolons; `#` begins a comment.
 */
#ifndef FRONTEND_CONFORM_CASE_TEXT_H
#define FRONTEND_CONFORM_CASE_TEXT_H

#include "frontend/conform/case_place.h"

enum { CASE_EXPECTED = 32, CASE_TITLE = 120 };

typedef struct ExpectedValue {
    Place place;
    u8 value[PLACE_BYTES];
} ExpectedValue;

/* A case and what is expected of it. */
typedef struct CaseSpec {
    char title[CASE_TITLE];
    unsigned line;              /* where it begins */
    Case c;
    bool silicon;               /* expected is what the processor under us does */
    int vector;                 /* -1: no exception */
    bool has_error_code, has_address;
    u32 error_code;
    u64 address;
    unsigned expected_count;
    ExpectedValue expected[CASE_EXPECTED];
} CaseSpec;

typedef struct CaseList {
    CaseSpec *specs;
    unsigned count;
} CaseList;

/* False with "NAME:LINE: what is wrong" in `error`. Free with case_list_free() in any case. */
bool case_text_parse(CaseList *list, const char *text, const char *name, char *error,
                     size_t error_size);
void case_list_free(CaseList *list);

/* The case as text that case_text_parse() reads: statements with `separator` between ("\n", "; "). */
void case_text_print(FILE *file, const Case *c, const char *separator);

/* ---- for case_text.c ---- */

/* Machine code of one line of assembly, by nasm. False with a sentence in `error`. */
bool case_assemble(const char *source, unsigned bits, u8 *code, unsigned *length, char *error,
                   size_t error_size);

#endif
