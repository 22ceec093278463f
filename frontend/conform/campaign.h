/*
 * A campaign: cases for every row of opcodes.def in every mode in which it exists, on oracle and
 * subject, by several processes. What is run depends on the seed alone, not on the number of jobs.
 */
#ifndef FRONTEND_CONFORM_CAMPAIGN_H
#define FRONTEND_CONFORM_CAMPAIGN_H

#include "frontend/conform/compare.h"
#include "frontend/conform/subject.h"

enum { CAMPAIGN_FAILURES = 3, CAMPAIGN_CASES = 2000 };

typedef struct CampaignOptions {
    u64 seed;
    u64 cases;                  /* per row and mode */
    unsigned jobs;              /* processes; 0: as many as there are processors */
    unsigned modes;             /* bit n: CaseMode n; 0: all */
    SubjectEngine engine;
    bool neighbours;            /* each case twice, the second time between other instructions */
    const char *cpu;            /* model; NULL: max */
    const u8 *rows;             /* one per row of opcodes.def: not 0: run it. NULL: all */
    u8 code[INSN_MAX_LENGTH];   /* code_length != 0: these bytes only, in every mode asked for */
    u8 code_length;
} CampaignOptions;

typedef enum UnitStatus {
    UNIT_RUN,
    UNIT_NOT_IN_MODE,           /* invalid in 64-bit mode, or only there */
    UNIT_NOT_IN_MODEL,          /* -cpu lacks the feature or the mode */
    UNIT_NOT_ON_HOST,           /* the processor under us lacks it */
    UNIT_REFUSED,               /* not natively: native_row_refusal() has the reason */
    UNIT_UNENCODABLE,           /* the generator found no encoding: `cases` is 0. A bug */
} UnitStatus;

typedef struct Failure {
    Case c;                     /* shrunk: what does not matter is zero */
    Outcome expected, got;
} Failure;

/* One row in one mode. */
typedef struct Unit {
    u16 row;                    /* CASE_NO_ROW: of options.code */
    u8 mode;
    u8 status;                  /* UnitStatus */
    u64 cases;
    u64 exceptions;             /* of those: ended in one, on the oracle */
    u64 different;              /* in defined state */
    u64 undefined_different;    /* only in undefined flags */
    u64 not_run;                /* died with the child, or refused */
    u64 translated;             /* executed by generated code alone */
    u16 undefined_flags;        /* which of them differed */
    u8 failure_count;           /* <= CAMPAIGN_FAILURES */
    Failure failures[CAMPAIGN_FAILURES];
} Unit;

/* Of several units. */
typedef struct UnitSums {
    u64 cases, exceptions, different, undefined, not_run, translated;
    unsigned units;             /* that were run */
} UnitSums;
void unit_sums_add(UnitSums *sums, const Unit *unit);

typedef struct Campaign {
    CampaignOptions options;
    Unit *units;                /* unit_count of them, by row, then mode */
    unsigned unit_count;
    double seconds;
    char host[64];              /* the processor under us */
    /* Sums over all units. */
    u64 cases, exceptions, different, undefined_different, not_run, translated;
} Campaign;

/* Called now and then from the process that called campaign_run(). */
typedef void CampaignProgress(void *owner, u64 done, u64 total, u64 different);

/* Runs it. False with a sentence in `error` when it could not be run at all; the differences it
 * found are in the units. End with campaign_free(). `progress` may be NULL. */
bool campaign_run(Campaign *campaign, const CampaignOptions *options, CampaignProgress *progress,
                  void *owner, char *error, size_t error_size);
void campaign_free(Campaign *campaign);

/* The group of an instruction for tables: "arithmetic", "x87", "SSE2", ...; NULL after the last. */
const char *campaign_group_name(unsigned group);
unsigned campaign_group(const OpcodeRow *row);
/* Units without a row belong to the group after the last. */
bool campaign_unit_belongs(const Unit *unit, unsigned group);
UnitSums campaign_group_sums(const Campaign *campaign, unsigned group);

#endif
