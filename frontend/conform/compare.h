/*
 * The comparison of two outcomes of a case, in full, and its result in words.
 *
 * What the manual leaves undefined is compared too, but counted apart. Which flags those are is
 * said by instructions.def, and for the instructions whose undefined flags depend on operands by a
 * table of rules in compare.c; never by lists of cases.
 */
#ifndef FRONTEND_CONFORM_COMPARE_H
#define FRONTEND_CONFORM_COMPARE_H

#include "frontend/conform/case.h"

typedef enum DifferenceKind {
    DIFFERENT_STATUS,       /* one of them did not end */
    DIFFERENT_VECTOR,
    DIFFERENT_ERROR_CODE,
    DIFFERENT_ADDRESS,
    DIFFERENT_RIP,
    DIFFERENT_GPR,          /* number: RAX .. */
    DIFFERENT_FLAGS,        /* expected and got: only the flags that differ, and are defined */
    DIFFERENT_UNDEFINED,    /* ... that are not */
    DIFFERENT_X87_CONTROL,
    DIFFERENT_X87_STATUS,
    DIFFERENT_X87_TAGS,
    DIFFERENT_X87_POINTERS, /* last instruction's address, operand, opcode */
    DIFFERENT_ST,           /* number: of ST(i) */
    DIFFERENT_MXCSR,
    DIFFERENT_XMM,
    DIFFERENT_YMM_HIGH,
    DIFFERENT_MEMORY,       /* number: linear address of up to 16 bytes; `size` of them */
} DifferenceKind;

typedef struct Difference {
    u8 kind;                /* DifferenceKind */
    u8 size;                /* bytes of `expected` and `got`, little-endian */
    u32 number;
    u8 expected[16], got[16];
} Difference;

enum { COMPARE_DIFFERENCES = 24 };

typedef struct Comparison {
    bool equal;             /* in all that is defined */
    bool undefined_equal;   /* in the rest */
    u16 undefined_flags;    /* that differ, as bits of EFLAGS */
    unsigned count;         /* of differences[], which may not be all */
    Difference differences[COMPARE_DIFFERENCES];
} Comparison;

void compare_outcomes(const Case *c, const Outcome *expected, const Outcome *got,
                      Comparison *comparison);

/* The flags that the manual leaves undefined after this case. */
u32 compare_undefined_flags(const Case *c);

/* "EAX", "flags", "memory 40010020", ... */
const char *difference_name(const Case *c, const Difference *difference, char *text, size_t size);
/* A side of it: "0000BEEF", "CF ZF", "#GP", ... */
const char *difference_value(const Case *c, const Difference *difference, bool got, char *text,
                             size_t size);

#endif
