/*
 * The report for people: one HTML file that needs nothing else. A summary, the failures in words, a
 * table of groups that unfold into their rows.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "frontend/conform/report.h"

static const char style[] =
    ":root{--ink:#1c2430;--soft:#5d6b7c;--line:#dde3ea;--paper:#fff;--back:#f4f6f9;--good:#1a7f4b;"
    "--bad:#c22f2f;--warn:#9a6700;--accent:#2456a6}"
    "@media(prefers-color-scheme:dark){:root{--ink:#e4e9f0;--soft:#93a1b3;--line:#2c3644;"
    "--paper:#171d26;--back:#0f141b;--good:#4cc38a;--bad:#ff7b72;--warn:#e3b341;--accent:#79b0ff}}"
    "*{box-sizing:border-box}body{margin:0;background:var(--back);color:var(--ink);"
    "font:15px/1.5 system-ui,sans-serif}main{max-width:72rem;margin:0 auto;padding:2rem 1rem}"
    "h1{font-size:1.6rem;margin:0}h2{font-size:1.15rem;margin:2.2rem 0 .7rem}"
    ".about{color:var(--soft);margin:.2rem 0 1.4rem}"
    ".cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(10rem,1fr));gap:.8rem}"
    ".card{background:var(--paper);border:1px solid var(--line);border-radius:.6rem;"
    "padding:.8rem 1rem}.card b{display:block;font-size:1.5rem;font-variant-numeric:tabular-nums}"
    ".card span{color:var(--soft);font-size:.85rem}.good b{color:var(--good)}.bad "
    "b{color:var(--bad)}"
    ".box{background:var(--paper);border:1px solid var(--line);border-radius:.6rem;"
    "overflow-x:auto}table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}"
    "th,td{padding:.35rem .8rem;text-align:right;white-space:nowrap}"
    "th:first-child,td:first-child{text-align:left}th{color:var(--soft);font-weight:600;"
    "font-size:.8rem}.head{border-bottom:1px solid var(--line)}"
    "summary,.columns{padding:.45rem .8rem;display:grid;"
    "grid-template-columns:1fr repeat(5,7.2rem);gap:.4rem;text-align:right;min-width:48rem}"
    ".columns{color:var(--soft);font-weight:600;font-size:.8rem}"
    "summary span:first-child,.columns span:first-child{text-align:left}"
    "summary{cursor:pointer}summary:hover{background:var(--back)}"
    "summary span:first-child::before{content:\"\\25B8\\2002\";color:var(--soft)}"
    "details[open]>summary span:first-child::before{content:\"\\25BE\\2002\"}"
    "summary.plain{display:block;text-align:left}"
    "details{border-top:1px solid var(--line)}details table{font-size:.85rem;margin:.2rem 0 .8rem}"
    "details td:first-child,details th:first-child{padding-left:1.6rem}"
    "code,pre{font-family:ui-monospace,monospace;font-size:.85em}"
    "pre{margin:0;padding:.4rem 1.6rem "
    "1rem;white-space:pre-wrap;overflow-wrap:anywhere}.no{color:var(--soft)}"
    ".red{color:var(--bad);font-weight:600}.amber{color:var(--warn)}.ok{color:var(--good)}"
    "tr:nth-child(even) td{background:color-mix(in srgb,var(--line) 25%,transparent)}"
    "@media print{details>*{display:block}}";

static void write_count(FILE *file, u64 value)
{
    char digits[32];
    int length = snprintf(digits, sizeof digits, "%" PRIu64, value);

    for (int i = 0; i < length; i++)
        fprintf(file, "%s%c", i && (length - i) % 3 == 0 ? "&#8239;" : "", digits[i]);
}

static void write_card(FILE *file, const char *class, u64 value, const char *label)
{
    fprintf(file, "<div class=\"card %s\"><b>", class);
    write_count(file, value);
    fprintf(file, "</b><span>%s</span></div>\n", label);
}

static void write_summary(FILE *file, const Campaign *campaign)
{
    const CampaignOptions *options = &campaign->options;
    UnitSums all = {0};

    for (unsigned i = 0; i < campaign->unit_count; i++)
        unit_sums_add(&all, &campaign->units[i]);
    fputs("<h1>vitrine conform</h1>\n<p class=\"about\">vitrine's ", file);
    report_xml_text(file, subject_engine_name(options->engine));
    fputs(", -cpu ", file);
    report_xml_text(file, options->cpu ? options->cpu : "max");
    fputs(", compared with ", file);
    report_xml_text(file, *campaign->host ? campaign->host : "the processor under it");
    fprintf(file, ". Seed %" PRIu64 ", %" PRIu64 " cases per row and mode, %.1f s.</p>\n",
            options->seed, options->cases, campaign->seconds);
    fputs("<div class=\"cards\">\n", file);
    write_card(file, all.different ? "bad" : "good", all.different,
               "cases differ in what the manual defines");
    write_card(file, "", all.undefined, "differ only in what it leaves undefined");
    write_card(file, all.not_run ? "bad" : "", all.not_run, "could not be run");
    write_card(file, "", all.cases, "cases");
    write_card(file, "", all.exceptions, "of them ended in an exception");
    write_card(file, "", all.units, "encodings, each in one mode");
    fputs("</div>\n", file);
}

/* ---- failures ---- */

static void write_unit_failures(FILE *file, const Campaign *campaign, const Unit *unit)
{
    char code[160];

    fputs("<details open><summary class=\"plain\"><b class=\"red\">", file);
    report_xml_text(file, report_unit_name(unit));
    fputs("</b> <code>", file);
    report_xml_text(file, report_unit_code(campaign, unit, code, sizeof code));
    fprintf(file, "</code>, %s-bit: ", case_mode_name(unit->mode));
    write_count(file, unit->different);
    fputs(" of ", file);
    write_count(file, unit->cases);
    fputs(" cases differ", file);
    if (unit->row != CASE_NO_ROW) {
        fputs(" &middot; SDM Vol. 2, &ldquo;", file);
        report_xml_text(file, insn_info[opcode_rows[unit->row].name].title);
        fputs("&rdquo;", file);
    }
    fputs("</summary>\n", file);
    for (unsigned i = 0; i < unit->failure_count; i++) {
        char *text = report_failure_text(&unit->failures[i]);

        fputs("<pre>", file);
        report_xml_text(file, text ? text : "");
        fputs("</pre>\n", file);
        free(text);
    }
    fputs("</details>\n", file);
}

static void write_failures(FILE *file, const Campaign *campaign)
{
    bool any = false;

    for (unsigned i = 0; i < campaign->unit_count; i++) {
        if (!campaign->units[i].failure_count)
            continue;
        if (!any)
            fputs("<h2>What differs</h2>\n<div class=\"box\">\n", file);
        any = true;
        write_unit_failures(file, campaign, &campaign->units[i]);
    }
    fputs(any ? "</div>\n" : "", file);
}

/* ---- groups and rows ---- */

static void write_cell(FILE *file, const char *tag, const char *class, u64 value)
{
    fprintf(file, "<%s%s%s%s>", tag, *class ? " class=\"" : "", class, *class ? "\"" : "");
    write_count(file, value);
    fprintf(file, "</%s>", tag);
}

static void write_sums(FILE *file, const char *tag, const UnitSums *sums)
{
    write_cell(file, tag, "", sums->cases);
    write_cell(file, tag, "", sums->exceptions);
    write_cell(file, tag, sums->different ? "red" : sums->cases ? "ok" : "no", sums->different);
    write_cell(file, tag, sums->undefined ? "amber" : "", sums->undefined);
}

static void write_row(FILE *file, const Campaign *campaign, const Unit *unit)
{
    UnitSums sums = {0};
    char code[160];

    unit_sums_add(&sums, unit);
    fputs("<tr><td><b>", file);
    report_xml_text(file, report_unit_name(unit));
    fputs("</b> <code>", file);
    report_xml_text(file, report_unit_code(campaign, unit, code, sizeof code));
    fprintf(file, "</code></td><td>%s</td>", case_mode_name(unit->mode));
    if (unit->status == UNIT_RUN) {
        write_sums(file, "td", &sums);
    } else {
        fputs("<td class=\"no\" colspan=\"4\">", file);
        report_xml_text(file, report_status_words(unit));
        fputs("</td>", file);
    }
    fputs("</tr>\n", file);
}

static bool belongs(const Unit *unit, unsigned group)
{
    return unit->status != UNIT_NOT_IN_MODE && campaign_unit_belongs(unit, group);
}

static void write_group(FILE *file, const Campaign *campaign, unsigned group)
{
    const char *name = campaign_group_name(group);
    UnitSums sums = {0};
    unsigned units = 0;

    for (unsigned i = 0; i < campaign->unit_count; i++)
        if (belongs(&campaign->units[i], group)) {
            unit_sums_add(&sums, &campaign->units[i]);
            units++;
        }
    if (!units)
        return;
    fputs("<details><summary><span>", file);
    report_xml_text(file, name ? name : "bytes");
    fputs("</span>", file);
    write_cell(file, "span", "", sums.units);
    write_sums(file, "span", &sums);
    fputs("</summary>\n<table><tr><th>encoding</th><th>mode</th><th>cases</th><th>exceptions</th>"
          "<th>different</th><th>undefined</th></tr>\n",
          file);
    for (unsigned i = 0; i < campaign->unit_count; i++)
        if (belongs(&campaign->units[i], group))
            write_row(file, campaign, &campaign->units[i]);
    fputs("</table></details>\n", file);
}

void report_html(FILE *file, const Campaign *campaign)
{
    unsigned group;

    fprintf(file,
            "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
            "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
            "<title>vitrine conform: %" PRIu64 " differ</title>\n<style>%s</style></head><body>"
            "<main>\n",
            campaign->different, style);
    write_summary(file, campaign);
    write_failures(file, campaign);
    fputs("<h2>By group</h2>\n<div class=\"box\"><div class=\"columns\">"
          "<span>group</span><span>encodings</span><span>cases</span><span>exceptions</span>"
          "<span>different</span><span>undefined</span></div>\n",
          file);
    for (group = 0; campaign_group_name(group); group++)
        write_group(file, campaign, group);
    write_group(file, campaign, group);
    fputs("</div>\n<p class=\"about\">&ldquo;undefined&rdquo;: cases that agree in everything the "
          "manual defines and differ in flags that it leaves open.</p>\n</main></body></html>\n",
          file);
}
