/*
 * The 80286's vectors, where $VECTORS or ../shared/conformance has them; otherwise the test says
 * that it skips. And files that are damaged.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "frontend/conform/vectors_286.h"

Test(vectors, real_mode_of_the_80286)
{
    const char *folder = getenv("VECTORS") ? getenv("VECTORS") : "../shared/conformance";
    char path[512], error[640] = "";
    VectorTally tally;

    snprintf(path, sizeof path, "%s/286-real-mode.x86v.xz", folder);
    if (access(path, R_OK) != 0)
        cr_skip("%s is not there", path);
    cr_assert(vectors_286_run(path, stderr, &tally, error, sizeof error), "%s", error);
    cr_expect_eq(tally.cases, 32500);
    cr_expect_eq(tally.wrong, 0, "%u of %u cases differ", tally.wrong, tally.cases);
    cr_expect_lt(tally.by_rule, tally.cases / 25);
}

/* INC AX (40h) at 1000:0100, then HLT. */
static const u8 small[] = {
    'X',  '8',  '6',  'V',  1,    0,    0xFF, 0xFF, 1, 0, 0, 0, '4', '0',  0, 0,    0,
    0,    0,    0,    0,    0,    0,    0,    0,    0, 0, 0, /* one case: */
    53,   0,    1,    0x40, 0x34, 0x12, 0,    0,    0, 0, 0, 0, 0,   0x10, 0, 0x20, 0,
    0,    0,    0,    0,    0,    0,    0,    0,    0, 0, 0, 0, 1,   2,    0, /* changes: AX, IP,
                                                                                 flags */
    0x01, 0x30, 0x35, 0x12, 0x02, 0x01, 0x06, 0x00,                           /* memory before: */
    1,    0,    0x00, 0x01, 0x01, 2,    0x40, 0xF4, 0, 0, 0};

static bool run(const u8 *bytes, size_t length, VectorTally *tally)
{
    char path[] = "/tmp/vectors-XXXXXX", error[256] = "";
    int file = mkstemp(path);
    bool whole;

    cr_assert(file >= 0 && write(file, bytes, length) == (ssize_t)length);
    close(file);
    whole = vectors_286_run(path, stderr, tally, error, sizeof error);
    cr_expect(whole || *error);
    unlink(path);
    return whole;
}

Test(vectors, a_case_by_hand)
{
    u8 wrong[sizeof small];
    VectorTally tally;

    cr_assert(run(small, sizeof small, &tally));
    cr_expect_eq(tally.cases, 1);
    cr_expect_eq(tally.equal, 1);
    memcpy(wrong, small, sizeof small);
    wrong[sizeof small - 17]++; /* AX afterwards */
    cr_assert(run(wrong, sizeof wrong, &tally));
    cr_expect_eq(tally.wrong, 1);
}

Test(vectors, a_file_cut_off_anywhere_is_refused)
{
    VectorTally tally;

    for (size_t length = 0; length < sizeof small; length++)
        cr_expect_not(run(small, length, &tally), "%zu bytes", length);
}
