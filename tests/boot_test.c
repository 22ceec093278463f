/*
 * The program itself, build/vitrine, booting whole guests: the classroom guest that it has inside,
 * and the benchmark guest at a fiftieth of its work, whose checksums the same code gives natively.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_OUTPUT = 32768 };

static char output[MOST_OUTPUT], native[MOST_OUTPUT];

TestSuite(boot, .timeout = 300);

/* What a command prints; returns its exit status. */
static int run(const char *command, char *text)
{
    FILE *pipe = popen(command, "r");
    size_t length;

    cr_assert_not_null(pipe);
    length = fread(text, 1, MOST_OUTPUT - 1, pipe);
    text[length] = '\0';
    return WEXITSTATUS(pclose(pipe));
}

/* A guest that does not end is ended. */
#define VITRINE "timeout 240 " BUILD "/vitrine -display none -serial stdio -speed max "

Test(boot, the_built_in_guest_obeys_a_script)
{
    cr_assert_eq(run("printf 'protect\\roff\\r' | " VITRINE, output), 0);
    cr_assert(strstr(output, "#GP(10A)"), "%s", output);
    cr_assert(strstr(output, "#PF(7)"));
    cr_assert(strstr(output, "Goodbye."));
}

static bool says(const char *name, const char *sum)
{
    char line[64];

    snprintf(line, sizeof line, "END %s %s\r\n", name, sum);
    return strstr(output, line);
}

/* The lines "END name sum" of the native run. */
static void compare_with_native(void)
{
    char name[32], sum[16];
    const char *at = native;

    while ((at = strstr(at, "END "))) {
        cr_assert_eq(sscanf(at, "END %31s %15s", name, sum), 2);
        cr_expect(says(name, sum), "%s is not %s:\n%s", name, sum, output);
        at++;
    }
}

static void boot_bench(const char *drive)
{
    char command[256];

    if (access(BUILD "/guests/bench/quick.img", R_OK))
        cr_skip_test("it takes gcc-multilib, nasm and python3");
    snprintf(command, sizeof command,
             VITRINE "-snapshot -m 128 %s " BUILD "/guests/bench/quick.img", drive);
    cr_assert_eq(run(BUILD "/guests/bench/bench32 2", native), 0);
    cr_assert_eq(run(command, output), 0, "%s", output);
    cr_assert(strstr(output, "DONE"), "%s", output);
    compare_with_native();
}

Test(boot, benchmarks_from_a_floppy)
{
    boot_bench("-fda");
}

Test(boot, benchmarks_from_a_disk)
{
    boot_bench("-hda");
}
