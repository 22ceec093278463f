/*
 * The pages of docs/instructions are what the tables say.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/reference/reference.h"

static Results results, of_engines[REFERENCE_ENGINES];

static char *read_page(const char *name)
{
    char path[200], *text = NULL;
    size_t size = 0;
    FILE *file;

    snprintf(path, sizeof path, "docs/instructions/%s", name);
    file = fopen(path, "r");
    if (file && getdelim(&text, &size, '\0', file) < 0)
        *text = '\0';
    if (file)
        fclose(file);
    return text;
}

/* The line at which they part. */
static unsigned first_difference(const char *a, const char *b)
{
    unsigned line = 1;

    for (; *a && *a == *b; a++, b++)
        line += *a == '\n';
    return line;
}

Test(reference, pages_are_up_to_date)
{
    results_read(&of_engines[0], "docs/instructions/results.txt");
    results_read(&of_engines[1], "docs/instructions/results-translator.txt");
    for (unsigned page = 0; reference_page_file(page); page++) {
        const char *name = reference_page_file(page);
        char *text = NULL, *there = read_page(name);
        size_t size;
        FILE *file = open_memstream(&text, &size);

        reference_page(file, page, of_engines);
        fclose(file);
        cr_expect(there && strcmp(text, there) == 0,
                  "docs/instructions/%s is not what the tables say (line %u): run 'make docs'",
                  reference_page_file(page), there ? first_difference(text, there) : 0);
        free(text);
        free(there);
    }
}

Test(reference, reads_results)
{
    FILE *file = fopen(BUILD "/results-test.txt", "w");

    cr_assert(file);
    fputs("# vitrine conform\n# host: A\n# seed: 7\nADC 32 9 100 3 2 1 50\nGONE 16 1 1 1 1 1\n"
          "nonsense\nADD 33 1 1 1 1 1\n",
          file);
    fclose(file);
    cr_assert(results_read(&results, BUILD "/results-test.txt"));
    cr_expect_str_eq(results.about, "host: A, seed: 7");
    cr_expect_eq(results.of[INSN_ADC][1].cases, 100);
    cr_expect_eq(results.of[INSN_ADC][1].undefined, 1);
    cr_expect_eq(results.of[INSN_ADC][1].translated, 50);
    cr_expect(results.of[INSN_ADC][1].known);
    cr_expect_not(results.of[INSN_ADC][0].known);
    remove(BUILD "/results-test.txt");
    cr_expect_not(results_read(&results, BUILD "/results-test.txt"));
}
