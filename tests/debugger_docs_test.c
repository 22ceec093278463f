/*
 * docs/debugger.md says what is so: its table of commands is the table, and its transcripts are
 * what vitrine answers.
 */
#include "frontend/debugger/commands.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PAGE = 1 << 18 };

static char page[PAGE], wanted[PAGE], answer[PAGE];

static void read_page(void)
{
    FILE *file = fopen("docs/debugger.md", "r");

    cr_assert(file);
    page[fread(page, 1, PAGE - 1, file)] = '\0';
    fclose(file);
}

TestSuite(debugger_docs, .init = read_page, .timeout = 120);

static void put(char *buffer, const char *text)
{
    size_t length = strlen(buffer);

    snprintf(buffer + length, PAGE - length, "%s", text);
}

/* What stands in a cell: a bar would end it. */
static void append(const char *text)
{
    size_t length = strlen(wanted);

    for (; *text; text++) {
        if (*text == '|')
            wanted[length++] = '\\';
        wanted[length++] = *text;
    }
    wanted[length] = '\0';
}

static void write_table(void)
{
    const char *group = "";
    const CommandRow *row;

    for (unsigned i = 0; (row = commands_row(i)); i++) {
        if (!*command_name(row))
            continue;
        if (strcmp(group, command_group(row))) {
            group = command_group(row);
            put(wanted, "\n### ");
            put(wanted, group);
            put(wanted, "\n\n| command | shorter | |\n|---|---|---|\n");
        }
        put(wanted, "| `");
        append(command_name(row));
        put(wanted, *command_arguments(row) ? " " : "");
        append(command_arguments(row));
        put(wanted, "` | ");
        append(command_short(row));
        put(wanted, " | ");
        append(command_help(row));
        put(wanted, " |\n");
    }
}

Test(debugger_docs, commands)
{
    static const char begin[] = "a test compares them -->\n", end[] = "\n<!-- end of commands -->";
    char *from = strstr(page, begin), *to = strstr(page, end);
    FILE *file;

    cr_assert(from && to);
    write_table();
    from += strlen(begin);
    to[0] = '\0';
    if (strcmp(from, wanted)) {
        file = fopen(BUILD "/commands.md", "w");
        fputs(wanted, file);
        fclose(file);
        cr_assert_fail("the commands in docs/debugger.md are stale; put " BUILD
                       "/commands.md in their place");
    }
}

/* ---- transcripts ---- */

static const char prompt[] = "(vitrine) ";

/* The page says build/ where this build may be another. */
static void copy_here(const char *line, char *here, size_t size)
{
    const char *found;

    for (*here = '\0'; (found = strstr(line, "build/")); line = found + strlen("build/"))
        snprintf(here + strlen(here), size - strlen(here), "%.*s" BUILD "/", (int)(found - line),
                 line);
    snprintf(here + strlen(here), size - strlen(here), "%s", line);
}

/* Runs a block's command line with its commands; the answers are in `answer`. */
static void run_block(const char *line, const char *commands)
{
    char script[] = "/tmp/vitrine-script-XXXXXX", shell[1024], here[512];
    int fd = mkstemp(script);
    FILE *pipe;

    cr_assert_eq(write(fd, commands, strlen(commands)), (ssize_t)strlen(commands));
    close(fd);
    copy_here(line, here, sizeof here);
    snprintf(shell, sizeof shell,
             BUILD "/%s -display none -speed max -rtc base=2006-06-17 <%s 2>/dev/null", here,
             script);
    pipe = popen(shell, "r");
    cr_assert(pipe);
    answer[fread(answer, 1, PAGE - 1, pipe)] = '\0';
    cr_expect_eq(pclose(pipe), 0, "%s", shell);
    unlink(script);
}

/* Where the first line that differs begins. */
static const char *difference(const char *a, const char *b)
{
    const char *line = a;

    for (; *a && *a == *b; a++, b++)
        if (*a == '\n')
            line = a + 1;
    return *a || *b ? line : NULL;
}

/* The tour is one session in pieces: a block without a command line goes on with the one before. */
Test(debugger_docs, transcripts)
{
    static char commands[PAGE], line[512];
    char *rest = page, *text;
    bool within = false;
    unsigned blocks = 0;

    while ((text = strsep(&rest, "\n"))) {
        if (!strcmp(text, "```console")) {
            within = true;
            blocks++;
        } else if (within && !strcmp(text, "```")) {
            within = false;
        } else if (within && !strncmp(text, "$ vitrine", 9)) {
            cr_assert(!*line, "one session only");
            snprintf(line, sizeof line, "%s", text + 2);
        } else if (within && !strncmp(text, prompt, strlen(prompt))) {
            put(commands, text + strlen(prompt));
            put(commands, "\n");
        } else if (within) {
            put(wanted, text);
            put(wanted, "\n");
        }
    }
    cr_assert(blocks > 1 && *line);
    run_block(line, commands);
    cr_assert_null(difference(answer, wanted), "the transcript differs from: %.400s",
                   difference(answer, wanted));
}
