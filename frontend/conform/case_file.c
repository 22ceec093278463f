#include "frontend/conform/case_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "frontend/conform/compare.h"
#include "frontend/conform/native.h"
#include "frontend/conform/words.h"

enum { FILE_MAX = 1 << 20 };

/* ---- the bench ---- */

bool bench_open(CaseBench *bench, const char *cpu, SubjectEngine engine, char *error,
                size_t error_size)
{
    *bench = (CaseBench){0};
    bench->subject = subject_open(cpu ? cpu : "max", engine, error, error_size);
    if (!bench->subject)
        return false;
    bench->oracle = oracle_open(bench->no_oracle, sizeof bench->no_oracle);
    return true;
}

void bench_close(CaseBench *bench)
{
    if (bench->oracle)
        oracle_close(bench->oracle);
    subject_close(bench->subject);
}

void bench_run(CaseBench *bench, const Case *c, CaseRun *run)
{
    memset(run, 0, sizeof *run);
    subject_run(bench->subject, c, &run->vitrine);
    run->no_silicon = bench->no_oracle;
    if (!bench->oracle)
        return;
    run->no_silicon = native_refusal(subject_cpu(bench->subject), c);
    if (!run->no_silicon && c->row != CASE_NO_ROW && !native_has(&opcode_rows[c->row]))
        run->no_silicon = "the processor under us does not have it";
    if (run->no_silicon)
        return;
    run->no_silicon = "the child died";
    run->has_silicon = oracle_run_one(bench->oracle, c, &run->silicon, bench->no_oracle,
                                      sizeof bench->no_oracle) &&
                       run->silicon.status != OUTCOME_DIED &&
                       run->silicon.status != OUTCOME_REFUSED;
}

/* ---- files ---- */

/* The sentence that says why a file is none; NULL: it is fine. */
static const char *file_objection(const char *text, size_t length, bool read)
{
    if (!read)
        return strerror(errno);
    if (length > FILE_MAX)
        return "it is too long for a case file";
    return memchr(text, '\0', length) ? "it has bytes that are no text" : NULL;
}

char *case_file_read(const char *path, char *error, size_t error_size)
{
    FILE *file = fopen(path, "r");
    char *text = calloc(1, FILE_MAX + 2);
    const char *objection = strerror(errno);
    size_t length;

    if (file && text) {
        length = fread(text, 1, FILE_MAX + 1, file);
        objection = file_objection(text, length, !ferror(file));
    }
    if (file)
        fclose(file);
    if (!objection)
        return text;
    snprintf(error, error_size, "'%s' cannot be read: %s", path, objection);
    free(text);
    return NULL;
}

/* ---- running ---- */

typedef struct Totals {
    unsigned passed, failed, skipped;
} Totals;

static void print_difference(const CaseSpec *spec, const CaseRun *run)
{
    Failure failure = {.c = spec->c, .expected = run->silicon, .got = run->vitrine};

    words_failure(stdout, &failure, "        ");
}

/* The case's own expectation is judged too: a file can be wrong. */
static bool judge(const CaseSpec *spec, const CaseRun *run)
{
    Comparison comparison;

    if (spec->silicon) {
        compare_outcomes(&spec->c, &run->silicon, &run->vitrine, &comparison);
        if (!comparison.equal)
            print_difference(spec, run);
        return comparison.equal;
    }
    if (case_check(stdout, spec, &run->vitrine, "        ") == 0)
        return true;
    if (run->has_silicon && case_check(stdout, spec, &run->silicon, "        silicon: ") != 0)
        printf("        The processor under us does not do what is expected here either.\n");
    return false;
}

static void run_spec(CaseBench *bench, const char *path, const CaseSpec *spec, Totals *totals)
{
    char disassembly[192];
    CaseRun run;
    bool skipped;

    bench_run(bench, &spec->c, &run);
    skipped = spec->silicon && !run.has_silicon;
    printf("%s:%u: %s%s%s\n", path, spec->line, spec->title, *spec->title ? ": " : "",
           words_disassembly(&spec->c, disassembly, sizeof disassembly));
    if (skipped) {
        printf("    not run: it expects what the silicon does, and %s\n",
               run.no_silicon ? run.no_silicon : "that is not to be had");
        totals->skipped++;
    } else if (judge(spec, &run)) {
        printf("    ok%s\n", run.has_silicon || spec->silicon ? "" : " (not run on silicon)");
        totals->passed++;
    } else {
        printf("    FAILED\n");
        totals->failed++;
    }
}

static bool run_file(CaseBench *bench, const char *path, Totals *totals)
{
    char error[400];
    char *text = case_file_read(path, error, sizeof error);
    CaseList list = {0};
    bool fine = text && case_text_parse(&list, text, path, error, sizeof error);

    if (!fine)
        fprintf(stderr, "vitrine conform: %s\n", error);
    for (unsigned i = 0; fine && i < list.count; i++)
        run_spec(bench, path, &list.specs[i], totals);
    case_list_free(&list);
    free(text);
    return fine;
}

int case_files_run(const char *const *paths, unsigned count, const char *cpu, SubjectEngine engine)
{
    Totals totals = {0};
    CaseBench bench;
    char error[256];
    bool fine = true;

    if (!bench_open(&bench, cpu, engine, error, sizeof error)) {
        fprintf(stderr, "vitrine conform: %s\n", error);
        return 2;
    }
    for (unsigned i = 0; i < count; i++)
        fine = run_file(&bench, paths[i], &totals) && fine;
    bench_close(&bench);
    printf("%u cases as expected, %u not", totals.passed, totals.failed);
    if (totals.skipped)
        printf(", %u not run", totals.skipped);
    printf("\n");
    return !fine ? 2 : totals.failed ? 1 : 0;
}
