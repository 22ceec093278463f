/*
 * The report for graders: JUnit's XML. A suite per group of instructions, a test case per row and
 * mode. Those with differences are failures, those that could not be run errors, the others that
 * were not run are skipped, with the reason.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "frontend/conform/report.h"

typedef struct Counts {
    unsigned tests, failures, errors, skipped;
} Counts;

/* What does not exist in a mode is no test. */
static bool is_test(const Unit *unit)
{
    return unit->status != UNIT_NOT_IN_MODE;
}

static bool is_error(const Unit *unit)
{
    return unit->status == UNIT_UNENCODABLE || (unit->status == UNIT_RUN && unit->not_run);
}

static void count_unit(Counts *counts, const Unit *unit)
{
    counts->tests++;
    if (unit->status == UNIT_RUN && unit->different)
        counts->failures++;
    else if (is_error(unit))
        counts->errors++;
    else if (unit->status != UNIT_RUN)
        counts->skipped++;
}

static void write_counts(FILE *file, const Counts *counts)
{
    fprintf(file, " tests=\"%u\" failures=\"%u\" errors=\"%u\" skipped=\"%u\"", counts->tests,
            counts->failures, counts->errors, counts->skipped);
}

static void write_outcome(FILE *file, const Unit *unit)
{
    if (unit->status == UNIT_RUN && unit->different) {
        fprintf(file, "      <failure message=\"%" PRIu64 " of %" PRIu64 " cases differ\">",
                unit->different, unit->cases);
        for (unsigned i = 0; i < unit->failure_count; i++) {
            char *text = report_failure_text(&unit->failures[i]);

            report_xml_text(file, text ? text : "");
            free(text);
        }
        fputs("</failure>\n", file);
    } else if (is_error(unit)) {
        fprintf(file, "      <error message=\"%" PRIu64 " cases could not be run\"/>\n",
                unit->not_run);
    } else if (unit->status != UNIT_RUN) {
        fputs("      <skipped message=\"", file);
        report_xml_text(file, report_status_words(unit));
        fputs("\"/>\n", file);
    }
}

static void write_test(FILE *file, const Campaign *campaign, const Unit *unit)
{
    char code[160];

    fputs("    <testcase classname=\"conform.", file);
    report_xml_text(file, report_unit_name(unit));
    fputs("\" name=\"", file);
    report_xml_text(file, report_unit_code(campaign, unit, code, sizeof code));
    fprintf(file, ", %s-bit\" time=\"0\">\n", case_mode_name(unit->mode));
    write_outcome(file, unit);
    fputs("    </testcase>\n", file);
}

static void write_suite(FILE *file, const Campaign *campaign, unsigned group)
{
    const char *name = campaign_group_name(group);
    Counts counts = {0};

    for (unsigned i = 0; i < campaign->unit_count; i++)
        if (campaign_unit_belongs(&campaign->units[i], group) && is_test(&campaign->units[i]))
            count_unit(&counts, &campaign->units[i]);
    if (!counts.tests)
        return;
    fputs("  <testsuite name=\"", file);
    report_xml_text(file, name ? name : "bytes");
    fputs("\"", file);
    write_counts(file, &counts);
    fputs(" time=\"0\">\n", file);
    for (unsigned i = 0; i < campaign->unit_count; i++)
        if (campaign_unit_belongs(&campaign->units[i], group) && is_test(&campaign->units[i]))
            write_test(file, campaign, &campaign->units[i]);
    fputs("  </testsuite>\n", file);
}

void report_junit(FILE *file, const Campaign *campaign)
{
    Counts all = {0};
    unsigned group;

    for (unsigned i = 0; i < campaign->unit_count; i++)
        if (is_test(&campaign->units[i]))
            count_unit(&all, &campaign->units[i]);
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"vitrine conform\"", file);
    write_counts(file, &all);
    fprintf(file, " time=\"%.1f\">\n", campaign->seconds);
    for (group = 0; campaign_group_name(group); group++)
        write_suite(file, campaign, group);
    write_suite(file, campaign, group);
    fputs("</testsuites>\n", file);
}
