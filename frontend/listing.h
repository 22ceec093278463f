/*
 * A translation as lines: guest instructions, each followed by its IR, as lifted and as every pass
 * changed it, and each of that by its host code.
 */
#ifndef FRONTEND_LISTING_H
#define FRONTEND_LISTING_H

#include "translate/translator.h"

typedef enum ListingKind {
    LISTING_HEADING,    /* "entry", "exits": host code that belongs to no instruction follows */
    LISTING_GUEST,
    LISTING_LIFTED,     /* an operation before all passes */
    LISTING_PASS,       /* what a pass made of it, if it changed it: "fuse: removed" */
    LISTING_IR,         /* the operation after all passes */
    LISTING_HOST,
} ListingKind;

typedef struct ListingLine {
    ListingKind kind;
    u64 address;        /* of LISTING_GUEST: (E)IP; of LISTING_HOST: from the translation's beginning */
    const char *bytes;  /* of LISTING_GUEST, in hexadecimal */
    const char *text;
} ListingLine;

/* Calls for each line, top to bottom. */
typedef void ListingVisit(void *owner, const ListingLine *line);
void listing_each(const TranslatorListing *listing, ListingVisit *visit, void *owner);

#endif
