/*
 * Case files, run: `vitrine conform FILE.case ...`.
 */
#ifndef FRONTEND_CONFORM_CASE_FILE_H
#define FRONTEND_CONFORM_CASE_FILE_H

#include "frontend/conform/case_text.h"
#include "frontend/conform/oracle.h"
#include "frontend/conform/subject.h"

/* Where cases run: on vitrine's processor, and on the one under us where there is such a one. */
typedef struct CaseBench {
    Subject *subject;
    Oracle *oracle;             /* NULL: none; `no_oracle` says why */
    char no_oracle[200];
} CaseBench;

typedef struct CaseRun {
    Outcome vitrine, silicon;
    bool has_silicon;
    const char *no_silicon;     /* why not */
} CaseRun;

/* False with a sentence in `error`. */
bool bench_open(CaseBench *bench, const char *cpu, SubjectEngine engine, char *error,
                size_t error_size);
void bench_close(CaseBench *bench);
void bench_run(CaseBench *bench, const Case *c, CaseRun *run);

/* A line per thing in which the outcome is not what the case expects; their number. */
unsigned case_check(FILE *file, const CaseSpec *spec, const Outcome *outcome, const char *indent);

/* The whole text of a file; free() it. NULL with a sentence in `error`. */
char *case_file_read(const char *path, char *error, size_t error_size);

/* Runs all cases of the files and prints what came of each. The exit status: 0 all are as expected,
 * 1 some are not, 2 a file or the processor could not be had. */
int case_files_run(const char *const *paths, unsigned count, const char *cpu,
                   SubjectEngine engine);

#endif
