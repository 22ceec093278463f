/*
 * Reports of conformance campaigns: complete, and escaped whatever is in them.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/opcodes.h"
#include "frontend/conform/report.h"
#include "frontend/conform/row_words.h"

/* Three rows: one that agrees, one that differs, one that was not run. */
static Campaign campaign(Unit units[3])
{
    memset(units, 0, 3 * sizeof *units);
    units[0] = (Unit){.row = 0, .mode = CASE_16, .cases = 100, .exceptions = 7};
    units[1] = (Unit){.row = 1, .mode = CASE_32, .cases = 50, .different = 2, .failure_count = 1};
    case_init(&units[1].failures[0].c, CASE_32, (const u8 *)"\x01\xd8", 2);
    units[1].failures[0].got.vector = units[1].failures[0].expected.vector = -1;
    units[1].failures[0].got.state.gpr[0] = 0xBEEF;
    units[2] = (Unit){.row = 2, .mode = CASE_64, .status = UNIT_NOT_ON_HOST};
    return (Campaign){.units = units, .unit_count = 3, .host = "a \"CPU\" <&>\x01", .different = 2};
}

static char *written(void (*report)(FILE *file, const Campaign *campaign))
{
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    Unit units[3];
    Campaign c = campaign(units);

    report(file, &c);
    fclose(file);
    return text;
}

static void expect_in(const char *text, const char *part)
{
    cr_expect(strstr(text, part), "there is no '%s' in '%s'", part, text);
}

/* Every tag is closed, in order; enough of a parser for what the reports write. */
static void expect_nested(const char *text)
{
    const char *open[32];
    unsigned depth = 0;

    for (const char *at = strchr(text, '<'); at; at = strchr(at + 1, '<')) {
        const char *end = strchr(at, '>');
        size_t length = strcspn(at + 1, " />");

        cr_assert(end, "a tag does not end: %.40s", at);
        if (at[1] == '?' || end[-1] == '/')
            continue;
        if (at[1] == '/') {
            size_t closing = strcspn(at + 2, " >");

            cr_assert(depth-- > 0, "nothing is open at %.40s", at);
            cr_assert(strncmp(open[depth], at + 2, closing) == 0, "%.20s is closed by %.20s",
                      open[depth], at);
            continue;
        }
        cr_assert_lt(depth, COUNT_OF(open));
        cr_assert_gt(length, 0);
        open[depth++] = at + 1;
    }
    cr_expect_eq(depth, 0);
}

Test(report, junit_counts_failures_and_skips)
{
    char *text = written(report_junit);

    expect_nested(text);
    expect_in(text, "<testsuites name=\"vitrine conform\" tests=\"3\" failures=\"1\" errors=\"0\" "
                    "skipped=\"1\"");
    expect_in(text, "<testcase classname=\"conform.ADD\" name=\"01 /r  Ev, Gv, 32-bit\"");
    expect_in(text, "<failure message=\"2 of 50 cases differ\">");
    expect_in(text, "expected 00000000, got 0000BEEF");
    expect_in(text, "<skipped message=\"the processor under us does not have it\"/>");
    free(text);
}

Test(report, json_escapes)
{
    char *text = written(report_json);

    expect_in(text, "\"host\": \"a \\\"CPU\\\" <&>\\u0001\"");
    expect_in(text, "\"summary\": {\"cases\": 150, \"exceptions\": 7, \"different\": 2,");
    expect_in(text, "\"status\": \"not-on-host\"");
    expect_in(text, "got 0000BEEF");
    free(text);
}

Test(report, html_escapes_and_names_what_differs)
{
    char *text = written(report_html);

    expect_in(text, "a &quot;CPU&quot; &lt;&amp;&gt;?");
    expect_in(text, "<h2>What differs</h2>");
    expect_in(text, "got 0000BEEF");
    expect_in(text, "</html>");
    free(text);
}

Test(report, table_has_a_line_per_instruction_and_mode)
{
    char *text = written(report_table);

    expect_in(text, "\nADD 16 1 100 7 0 0 0\nADD 32 1 50 0 2 0 0\n");
    free(text);
}

Test(report, format_is_the_extension)
{
    char error[200];

    cr_expect_eq(report_format("x.html", error, sizeof error)->write, report_html);
    cr_expect_eq(report_format("x.xml", error, sizeof error)->write, report_junit);
    cr_expect_null(report_format("x.pdf", error, sizeof error));
    expect_in(error, ".html");
    cr_expect_null(report_format(".json", error, sizeof error));
}

Test(report, says_when_it_cannot_write)
{
    Unit units[3];
    Campaign c = campaign(units);
    char error[300];

    cr_expect_not(report_write(&c, "/nonexistent/x.json", error, sizeof error));
    expect_in(error, "cannot be written");
}

Test(report, rows_in_the_manuals_words)
{
    static const struct {
        const char *name, *code;
    } rows[] = {
        {"PALIGNR", "NP 0F 3A 0F /r"}, {"BSWAP", "0F C8+r"}, {"FCHS", "D9 E0"},
        {"FXSAVE", "0F AE /0"},        {"ENTER", "C8"},      {"CMPXCHG16B", "REX.W 0F C7 /1"}};
    char text[64];

    for (size_t i = 0; i < COUNT_OF(rows); i++)
        for (unsigned row = 0; row < opcode_row_count; row++)
            if (strcmp(insn_info[opcode_rows[row].name].name, rows[i].name) == 0) {
                cr_expect(strstr(row_code(&opcode_rows[row], text, sizeof text), rows[i].code),
                          "%s: %s", rows[i].name, text);
                break;
            }
}
