/*
 * Guest time against host time.
 */
#include "frontend/pacing.h"

#include <criterion/criterion.h>

enum { MS = 1000000, HZ = 100000000 };

static Pacing pacing;

static void start(void)
{
    pacing_start(&pacing, HZ, 1000 * (u64)MS, 5000000);
}

TestSuite(pacing, .init = start);

Test(pacing, guest_time_follows_host_time)
{
    cr_assert_eq(pacing_cycles(&pacing, 1010 * (u64)MS), 5000000 + HZ / 100);
    cr_assert_eq(pacing_host_ns(&pacing, 5000000 + HZ / 100), 1010 * (u64)MS);
    cr_assert_eq(pacing_cycles(&pacing, 0), 0, "never negative");
    cr_assert_eq(pacing_host_ns(&pacing, 0), 950 * (u64)MS);
}

Test(pacing, small_lead_and_lag_are_kept)
{
    Pacing before = pacing;

    pacing_limit(&pacing, 1000 * (u64)MS, 5000000 + HZ / 100);
    cr_assert_eq(pacing.host_ns, before.host_ns);
    pacing_limit(&pacing, 1400 * (u64)MS, 5000000);
    cr_assert_eq(pacing.host_ns, before.host_ns);
}

Test(pacing, the_lead_of_a_busy_guest_is_forgotten)
{
    pacing_limit(&pacing, 1000 * (u64)MS, 5000000 + 10 * HZ);
    cr_assert_eq(pacing_host_ns(&pacing, 5000000 + 10 * HZ), 1020 * (u64)MS);
}

Test(pacing, at_most_half_a_second_is_caught_up)
{
    pacing_limit(&pacing, 9000 * (u64)MS, 5000000);
    cr_assert_eq(pacing_cycles(&pacing, 9000 * (u64)MS), 5000000 + HZ / 2);
}

Test(pacing, the_end_of_time)
{
    cr_assert_eq(pacing_host_ns(&pacing, UINT64_MAX) > 1000 * (u64)MS, true);
}
