/*
 * Case files: what they say when they are wrong, that nothing in them can crash, and that the
 * examples of tests/cases are as they say.
 */
#include <criterion/criterion.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/cpu.h"
#include "frontend/conform/case_file.h"
#include "frontend/conform/random.h"

/* Parses; the message, or "". */
static const char *message(const char *text)
{
    static char error[400];
    CaseList list;

    if (case_text_parse(&list, text, "f", error, sizeof error))
        error[0] = '\0';
    case_list_free(&list);
    return error;
}

static CaseSpec parse_one(const char *text)
{
    char error[400];
    CaseList list;
    CaseSpec spec;

    cr_assert(case_text_parse(&list, text, "f", error, sizeof error), "%s", error);
    cr_assert_eq(list.count, 1);
    spec = list.specs[0];
    case_list_free(&list);
    return spec;
}

Test(case_text, reads_registers_flags_and_memory)
{
    CaseSpec spec = parse_one("case a title; with a semicolon\nmode 64 # comment\n"
                              "code 48 01 d8\nrax = -1\nbl = 0x7F\nr9d = 0b101\nflags = cf ZF\n"
                              "xmm1 = i16 1 -1\nst1 = -1.5\nmemory 0x40010004 = 01 \"ab\"\n"
                              "expect\nrax = 5; exception #PF code 4 address 0x40013000\n");

    cr_expect_str_eq(spec.title, "a title; with a semicolon");
    cr_expect_eq(spec.c.before.gpr[RAX], ~(u64)0);
    cr_expect_eq(spec.c.before.gpr[RBX], 0x7F);
    cr_expect_eq(spec.c.before.gpr[R9], 5);
    cr_expect_eq(spec.c.before.rflags, FLAG_CF | FLAG_ZF | FLAGS_ALWAYS);
    cr_expect_arr_eq(spec.c.before.fx.xmm[1], "\1\0\377\377\0", 5);
    cr_expect_eq(spec.c.before.fx.tags, 2);
    cr_expect_eq(spec.c.patch_count, 1);
    cr_expect_arr_eq(spec.c.patches[0].bytes, "\1ab", 3);
    cr_expect_eq(spec.expected_count, 1);
    cr_expect_eq(spec.vector, 14);
    cr_expect_eq(spec.error_code, 4);
    cr_expect_eq(spec.address, 0x40013000);
}

Test(case_text, says_what_is_wrong_and_where)
{
    static const struct {
        const char *text, *message;
    } wrong[] = {
        {"", "f:1: there is no case in here"},
        {"code 90", "f:1: this case expects nothing"},
        {"\n\ncase x\nexpect silicon", "f:3: this case has no code"},
        {"code 90 9", "f:1: code is bytes in hexadecimal"},
        {"code 90 90\nexpect silicon", "f:1: the code is more than one instruction"},
        {"code 81\nexpect silicon", "f:1: the code is not a whole instruction"},
        {"code 90\nahead 90 90\nexpect silicon", "f:1: 'ahead' and 'behind' are one instruction"},
        {"behind 90 90 90 90 90 90 90 90", "f:1: this instruction has at most 7 bytes"},
        {"mode 33", "f:1: mode is 16, 32 or 64"},
        {"code 90\nmode 64", "f:2: 'mode' comes before"},
        {"eax = 0x123456789", "f:1: 'eax' cannot be 0x123456789: this wants a number of 32 bits"},
        {"rax = 1", "f:1: there is no register 'rax' in 32-bit mode"},
        {"flags = XF", "f:1: 'flags' cannot be XF: flags are names"},
        {"xmm0 = 1", "f:1: 'xmm0' cannot be 1: XMM and YMM"},
        {"st0 = many", "f:1: 'st0' cannot be many: ST registers"},
        {"memory 0x100 = 00", "f:1: there is no memory there"},
        {"memory here = 00", "f:1: 'here' is no address"},
        {"memory 0x40010000 = \"ab", "f:1: 'memory 0x40010000' cannot be"},
        {"exception #DE", "f:1: 'exception' is expected"},
        {"code 90\nexpect\nexception #ZZ", "f:3: there is no exception '#ZZ'"},
        {"code 90\nexpect eax", "f:2: 'expect' stands alone"},
        {"code 90\nexpect silicon\neax = 1", "f:3: 'expect silicon' says it all"},
        {"nonsense", "f:1: 'nonsense' is not understood"},
    };

    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        cr_expect_eq(strncmp(message(wrong[i].text), wrong[i].message, strlen(wrong[i].message)), 0,
                     "'%s' says '%s'", wrong[i].text, message(wrong[i].text));
}

Test(case_text, prints_what_it_reads)
{
    CaseSpec first = parse_one("mode 64; code 0f 58 c1; ahead f9; behind 0f 92 c0; rax = 5; r9 = "
                               "1; flags = CF; st2 = 1.5; "
                               "mxcsr = 0x1fc0; xmm1 = f32 1 2 3 4; memory 0x40010000 = 01 02; "
                               "expect silicon");
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    CaseSpec second;

    case_text_print(file, &first.c, "; ");
    fclose(file);
    second = parse_one(text);
    cr_expect_arr_eq(&first.c, &second.c, sizeof first.c, "%s", text);
    free(text);
}

/* Pieces of statements in any order, and bytes that are changed. */
Test(case_text, survives_nonsense)
{
    static const char *const pieces[] = {"case ",
                                         "mode 64",
                                         "mode ",
                                         "code ",
                                         "90 ",
                                         "0f",
                                         "=",
                                         " = ",
                                         "eax",
                                         "xmm7",
                                         "st(7)",
                                         "st9",
                                         "ymm",
                                         "f32 ",
                                         "i64 ",
                                         "1e999",
                                         "-",
                                         "0x",
                                         "nan",
                                         "\n",
                                         ";",
                                         "#",
                                         "#PF code ",
                                         "memory ",
                                         "\"",
                                         "0x4001",
                                         "expect",
                                         "silicon",
                                         "exception ",
                                         "address ",
                                         "target ",
                                         "r15b",
                                         "rip",
                                         "tags",
                                         "ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff ",
                                         "\xff",
                                         "\t",
                                         " "};
    Random random;

    random_seed(&random, 1);
    for (unsigned n = 0; n < 20000; n++) {
        char text[1200] = "";
        size_t length = 0;

        for (unsigned i = random_below(&random, 24); i > 0; i--)
            length += (size_t)snprintf(text + length, sizeof text - length, "%s",
                                       pieces[random_below(&random, COUNT_OF(pieces))]);
        for (unsigned i = random_below(&random, 3); i > 0 && length; i--)
            text[random_below(&random, (u32)length)] = (char)(1 + random_below(&random, 255));
        message(text);
    }
}

Test(case_text, examples_are_as_they_say)
{
    glob_t found;

    cr_assert(freopen("/dev/null", "w", stdout)); /* a line per case */
    cr_assert_eq(glob("tests/cases/*.case", 0, NULL, &found), 0);
    cr_assert_geq(found.gl_pathc, 12);
    cr_expect_eq(case_files_run((const char *const *)found.gl_pathv, (unsigned)found.gl_pathc, NULL,
                                SUBJECT_INTERPRETER),
                 0);
    globfree(&found);
}

Test(case_text, tells_an_outcome_from_what_was_expected)
{
    CaseSpec spec = parse_one("code 01 d8\neax = 1\nexpect\neax = 3\nflags = CF");
    char error[200], *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    CaseBench bench;
    CaseRun run;

    cr_assert(bench_open(&bench, "486", SUBJECT_INTERPRETER, error, sizeof error), "%s", error);
    bench_run(&bench, &spec.c, &run);
    cr_expect_eq(case_check(file, &spec, &run.vitrine, ""), 2);
    fclose(file);
    cr_expect_str_eq(text, "EAX: expected 00000003, got 00000001\nflags: expected CF, got -\n");
    free(text);
    bench_close(&bench);
}
