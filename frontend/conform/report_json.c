/*
 * The report for programs. One object:
 *
 *   program, host, engine, cpu   strings
 *   seed, casesPerUnit           what to repeat it with
 *   seconds
 *   summary                      {cases, exceptions, different, undefinedDifferent, notRun}
 *   groups                       [{name, ...the same sums}]
 *   units                        [{name, code, mode, status, reason, manual, ...sums, failures}]
 *
 * A unit is one row of opcodes.def in one mode. `status` is "run" or why it was not; `failures` are
 * texts, the first few only.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "frontend/conform/report.h"
#include "frontend/conform/words.h"

static void write_sums(FILE *file, const UnitSums *sums)
{
    fprintf(file,
            "\"cases\": %" PRIu64 ", \"exceptions\": %" PRIu64 ", \"different\": %" PRIu64
            ", \"undefinedDifferent\": %" PRIu64 ", \"notRun\": %" PRIu64,
            sums->cases, sums->exceptions, sums->different, sums->undefined, sums->not_run);
}

static void write_field(FILE *file, const char *name, const char *value)
{
    fprintf(file, "\"%s\": ", name);
    report_json_string(file, value);
    fputs(", ", file);
}

static void write_failures(FILE *file, const Unit *unit)
{
    fputs(", \"failures\": [", file);
    for (unsigned i = 0; i < unit->failure_count; i++) {
        char *text = report_failure_text(&unit->failures[i]);

        fputs(i ? ", " : "", file);
        report_json_string(file, text ? text : "");
        free(text);
    }
    fputs("]", file);
}

static void write_unit(FILE *file, const Campaign *campaign, const Unit *unit)
{
    UnitSums sums = {0};
    char code[160];

    unit_sums_add(&sums, unit);
    fputs("    {", file);
    write_field(file, "name", report_unit_name(unit));
    write_field(file, "code", report_unit_code(campaign, unit, code, sizeof code));
    fprintf(file, "\"mode\": %s, ", case_mode_name(unit->mode));
    write_field(file, "status", report_status_name(unit->status));
    if (unit->status != UNIT_RUN)
        write_field(file, "reason", report_status_words(unit));
    if (unit->row != CASE_NO_ROW)
        write_field(file, "manual", insn_info[opcode_rows[unit->row].name].title);
    write_sums(file, &sums);
    if (unit->failure_count)
        write_failures(file, unit);
    fputs("}", file);
}

static void write_groups(FILE *file, const Campaign *campaign)
{
    const char *separator = "\n";

    for (unsigned group = 0; campaign_group_name(group); group++) {
        UnitSums sums = campaign_group_sums(campaign, group);

        if (!sums.cases && !sums.not_run)
            continue;
        fprintf(file, "%s    {", separator);
        write_field(file, "name", campaign_group_name(group));
        write_sums(file, &sums);
        fputs("}", file);
        separator = ",\n";
    }
}

void report_json(FILE *file, const Campaign *campaign)
{
    const CampaignOptions *options = &campaign->options;
    UnitSums all = {0};

    for (unsigned i = 0; i < campaign->unit_count; i++)
        unit_sums_add(&all, &campaign->units[i]);
    fputs("{\n  ", file);
    write_field(file, "program", "vitrine conform");
    write_field(file, "host", campaign->host);
    write_field(file, "engine", subject_engine_name(options->engine));
    write_field(file, "cpu", options->cpu ? options->cpu : "max");
    fprintf(file, "\"seed\": %" PRIu64 ", \"casesPerUnit\": %" PRIu64 ", \"seconds\": %.1f,\n",
            options->seed, options->cases, campaign->seconds);
    fputs("  \"summary\": {", file);
    write_sums(file, &all);
    fputs("},\n  \"groups\": [", file);
    write_groups(file, campaign);
    fputs("\n  ],\n  \"units\": [", file);
    for (unsigned i = 0; i < campaign->unit_count; i++) {
        fputs(i ? ",\n" : "\n", file);
        write_unit(file, campaign, &campaign->units[i]);
    }
    fputs("\n  ]\n}\n", file);
}
