/*
 * `vitrine conform`: runs a campaign, shows how far it is, and says what came of it.
 */
#include "frontend/conform/command.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "frontend/conform/case_file.h"
#include "frontend/conform/command_options.h"
#include "frontend/conform/vectors_286.h"
#include "frontend/conform/native.h"
#include "frontend/conform/replay.h"
#include "frontend/conform/report.h"
#include "frontend/conform/words.h"

enum { EXIT_AGREE = 0, EXIT_DIFFER = 1, EXIT_ERROR = 2 };

/* ---- progress ---- */

static void show_progress(void *owner, u64 done, u64 total, u64 different)
{
    enum { WIDTH = 40 };
    unsigned filled = total ? (unsigned)(done * WIDTH / total) : WIDTH;
    char bar[WIDTH + 1];

    (void)owner;
    memset(bar, '.', WIDTH);
    memset(bar, '#', filled < WIDTH ? filled : WIDTH);
    bar[WIDTH] = '\0';
    fprintf(stderr, "\r[%s] %" PRIu64 " of %" PRIu64 " cases, %" PRIu64 " differ ", bar, done,
            total, different);
}

static void clear_progress(void)
{
    fprintf(stderr, "\r%79s\r", "");
}

/* ---- tables ---- */

static void print_sums(const char *name, const UnitSums *sums)
{
    double cases = sums->cases ? (double)sums->cases : 1;

    printf("%-26s %6u %10" PRIu64 " %10" PRIu64 " %9" PRIu64 " %9" PRIu64 " %6.2f%%", name,
           sums->units, sums->cases, sums->exceptions, sums->different, sums->undefined,
           100.0 * (double)sums->undefined / cases);
    if (sums->translated)
        printf(" %9.1f%%", 100.0 * (double)sums->translated / cases);
    printf("\n");
}

static void print_groups(const Campaign *campaign)
{
    UnitSums all = {0};

    printf("%-26s %6s %10s %10s %9s %9s %7s %10s\n", "", "forms", "cases", "exceptions",
           "different", "undefined", "", campaign->translated ? "translated" : "");
    for (unsigned group = 0; campaign_group_name(group); group++) {
        UnitSums sums = campaign_group_sums(campaign, group);

        if (sums.cases || sums.not_run)
            print_sums(campaign_group_name(group), &sums);
    }
    for (unsigned i = 0; i < campaign->unit_count; i++)
        unit_sums_add(&all, &campaign->units[i]);
    print_sums("all", &all);
}

static const char *unit_name(const Unit *unit, char *text, size_t size)
{
    if (unit->row == CASE_NO_ROW)
        snprintf(text, size, "the bytes given, %s-bit", case_mode_name(unit->mode));
    else
        snprintf(text, size, "%s %X, %s-bit", insn_info[opcode_rows[unit->row].name].name,
                 opcode_rows[unit->row].code, case_mode_name(unit->mode));
    return text;
}

static void print_units(const Campaign *campaign)
{
    char name[64];

    for (unsigned i = 0; i < campaign->unit_count; i++) {
        const Unit *unit = &campaign->units[i];
        UnitSums sums = {0};

        unit_sums_add(&sums, unit);
        if (unit->status == UNIT_RUN)
            print_sums(unit_name(unit, name, sizeof name), &sums);
    }
}

/* One line per reason: which instructions were left out. */
static void print_left_out(const Campaign *campaign)
{
    static const char *const reasons[] = {
        [UNIT_NOT_IN_MODEL] = "the model lacks them",
        [UNIT_NOT_ON_HOST] = "the processor under us lacks them",
        [UNIT_UNENCODABLE] = "no encoding was found for them",
    };

    for (unsigned status = 0; status < COUNT_OF(reasons); status++) {
        unsigned last = INSN_COUNT, column = 0;

        for (unsigned i = 0; i < campaign->unit_count; i++) {
            const Unit *unit = &campaign->units[i];
            unsigned name = unit->row == CASE_NO_ROW ? INSN_COUNT : opcode_rows[unit->row].name;

            if (unit->status != status || !reasons[status] || name == last)
                continue;
            if (!column)
                printf("Not run, for %s:\n", reasons[status]);
            last = name;
            column += (unsigned)printf("%s%s", column % 90 < 80 ? " " : "\n ",
                                       name == INSN_COUNT ? "" : insn_info[name].name);
        }
        if (column)
            printf("\n");
    }
}

static void print_refused(const Campaign *campaign)
{
    unsigned last = INSN_COUNT, count = 0;

    for (unsigned i = 0; i < campaign->unit_count; i++) {
        const Unit *unit = &campaign->units[i];

        if (unit->status != UNIT_REFUSED || opcode_rows[unit->row].name == last)
            continue;
        if (!count++)
            printf("Not run natively, but tested by the programs in tests/asm:\n");
        last = opcode_rows[unit->row].name;
        printf("  %-10s %s\n", insn_info[last].name, native_row_refusal(&opcode_rows[unit->row]));
    }
}

static void print_failures(const Campaign *campaign)
{
    char name[64];

    for (unsigned i = 0; i < campaign->unit_count; i++) {
        const Unit *unit = &campaign->units[i];

        for (unsigned j = 0; j < unit->failure_count; j++) {
            if (j == 0)
                printf("\n%s: %" PRIu64 " of %" PRIu64 " cases differ\n",
                       unit_name(unit, name, sizeof name), unit->different, unit->cases);
            words_failure(stdout, &unit->failures[j], "  ");
        }
        if (unit->not_run)
            printf("\n%s: %" PRIu64 " cases could not be run\n", unit_name(unit, name, sizeof name),
                   unit->not_run);
    }
}

static void print_summary(const Campaign *campaign)
{
    printf("%" PRIu64 " cases on %s and on the %s (-cpu %s), seed %" PRIu64 ": %" PRIu64
           " differ, %" PRIu64 " in undefined flags only; %.1f s, %.0f cases/s\n",
           campaign->cases, *campaign->host ? campaign->host : "this processor",
           subject_engine_name(campaign->options.engine),
           campaign->options.cpu ? campaign->options.cpu : "max", campaign->options.seed,
           campaign->different, campaign->undefined_different, campaign->seconds,
           (double)campaign->cases / campaign->seconds);
}

/* ---- the command ---- */

static int complain(const char *sentence)
{
    fprintf(stderr, "vitrine conform: %s\n", sentence);
    return EXIT_ERROR;
}

static int write_reports(const ConformOptions *options, const Campaign *campaign, int status)
{
    char error[400];

    for (unsigned i = 0; i < options->report_count; i++)
        if (!report_write(campaign, options->reports[i], error, sizeof error))
            status = complain(error);
    return status;
}

static int run(const ConformOptions *options)
{
    bool shown = isatty(STDERR_FILENO);
    Campaign campaign;
    char error[256];
    int status;

    if (!campaign_run(&campaign, &options->campaign, shown ? show_progress : NULL, NULL, error,
                      sizeof error))
        return complain(error);
    if (shown)
        clear_progress();
    if (options->verbose)
        print_units(&campaign);
    print_failures(&campaign);
    if (!options->campaign.rows && !options->campaign.code_length)
        print_refused(&campaign);
    print_left_out(&campaign);
    print_groups(&campaign);
    print_summary(&campaign);
    status = campaign.different || campaign.not_run ? EXIT_DIFFER : EXIT_AGREE;
    if (campaign.cases == 0)
        status = complain("nothing of this could be run natively");
    status = write_reports(options, &campaign, status);
    campaign_free(&campaign);
    return status;
}

static int run_vectors(const char *path)
{
    VectorTally tally;
    char error[512];

    if (!vectors_286_run(path, stdout, &tally, error, sizeof error))
        return complain(error);
    printf(
        "%u cases of an 80286 on the interpreter: %u equal, %u differ as later processors do, %u "
        "are wrong\n",
        tally.cases, tally.equal, tally.by_rule, tally.wrong);
    return tally.wrong ? EXIT_DIFFER : EXIT_AGREE;
}

int conform_command(int argc, char **argv)
{
    ConformOptions options;
    const CampaignOptions *campaign = &options.campaign;
    char error[256];
    int status = EXIT_AGREE;

    if (!conform_options_parse(&options, argc, argv, error, sizeof error))
        status = complain(error);
    else if (options.help)
        fputs(conform_usage, stdout);
    else if (options.replay)
        status = replay_command(options.replay, campaign->cpu, campaign->engine);
    else if (options.vectors)
        status = run_vectors(options.vectors);
    else if (options.case_file_count)
        status = case_files_run(options.case_files, options.case_file_count, campaign->cpu,
                                campaign->engine);
    else
        status = run(&options);
    free(options.rows);
    free(options.case_files);
    return fflush(stdout) ? complain("standard output cannot be written") : status;
}
