/*
 * -lint from inside, for the lint*.c files.
 */
#ifndef FRONTEND_DEBUGGER_LINT_INSIDE_H
#define FRONTEND_DEBUGGER_LINT_INSIDE_H

#include "devices/i8259.h"
#include "frontend/debugger/lint.h"

enum { LINT_SITES = 4096 };

typedef enum Finding {
    FOUND_NEVER_WRITTEN,
    FOUND_STALE,
    FOUND_RESERVED,
    FOUND_UNMAPPED,
    FOUND_PORT,
    FOUND_UNACKNOWLEDGED,
    FOUND_DESCRIPTOR,       /* by the instruction; */
    FOUND_ENTRY,            /* by the descriptor: it may be loaded from anywhere */
} Finding;

struct Lint {
    Machine *machine;
    Cpu *cpu;
    Symbols *symbols;
    I8259Pair *pics;
    void (*tell)(void *owner, const char *line);
    void *owner;
    bool booted;      /* the firmware is done */
    u64 ram;          /* bytes */
    u8 *written;      /* a bit for each of them */
    u64 sites[LINT_SITES];  /* linear << 3 | Finding, + 1; 0: free */
    unsigned site_count;
    unsigned in_service;    /* at the 8259s, */
    u64 changed;            /* since then, by the clock */
};

/* lint.c */
u64 lint_site(const Lint *lint);        /* the instruction that runs */
bool lint_is_new(Lint *lint, u64 site, Finding finding);    /* true the first time */
void lint_report(Lint *lint, u64 site, Finding finding, const char *format, ...) PRINTF_LIKE(4, 5);

/* lint_descriptors.c: an access that may be the load of a descriptor. */
void lint_descriptor(Lint *lint, const ObservedAccess *access);

#endif
