/*
 * Places of a case's state by name, and values in words: "eax = -1", "st0 = 1.5",
 * "xmm1 = f32 1 2 3 4", "flags = CF ZF".
 */
#ifndef FRONTEND_CONFORM_CASE_PLACE_H
#define FRONTEND_CONFORM_CASE_PLACE_H

#include <stdio.h>

#include "frontend/conform/case.h"

typedef enum PlaceKind {
    PLACE_NONE,
    PLACE_GPR,          /* number, and `offset` in it: AH is 1 */
    PLACE_RIP,
    PLACE_FLAGS,
    PLACE_FX,           /* FCW, FSW, MXCSR ...: `address` is its offset in an FxImage */
    PLACE_ST,           /* ST(number), or MM(number) in its low eight bytes */
    PLACE_XMM,
    PLACE_YMM,
    PLACE_MEMORY,       /* `address`, `size` bytes */
} PlaceKind;

enum { PLACE_BYTES = 64 };

typedef struct Place {
    u8 kind, number, offset;
    u8 size;            /* bytes */
    u32 address;
} Place;

/* The tag word says which x87 registers are in use. */
bool place_is_tags(const Place *place);

/* By its name, in lower case; PLACE_NONE: there is no such thing in this mode. */
Place place_find(const char *name, CaseMode mode);

/* The value of `text` for the place, little-endian. False with a sentence in `error`: what is
 * wrong, and what to write. `place->size` is set for memory. */
bool place_parse_value(Place *place, const char *text, u8 value[PLACE_BYTES], char *error,
                       size_t error_size);

/* Not for memory. A store to ST(i) does not mark it as in use. */
void place_store(CaseState *state, const Place *place, const u8 *value);
void place_load(const CaseState *state, const Place *place, u8 *value);

/* "EAX", "XMM3", "memory at 40010000". */
void place_name(const Place *place, CaseMode mode, char *text, size_t size);
/* "0000000A", "CF ZF", "1.5 (3FFFC000000000000000)". */
void place_value_words(const Place *place, const u8 *value, char *text, size_t size);

/* "CF PF"; "-" for none. */
void flag_words(u64 flags, char *text, size_t size);

/* "#DE" .. by number, and back; -1: there is no such exception. */
const char *vector_name(int vector);
int vector_find(const char *name);

#endif
