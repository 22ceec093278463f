/*
 * The timeline: wherever it goes, the machine is what it was there; nobody outside notices; and a
 * machine that comes back to the head goes on as if nothing had been.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/timeline_rig.h"

enum { MARKS = 40, MARK = 1499999, BUDGET = 64 << 20 };

TestSuite(timeline, .timeout = 600);

static u64 random_state = 7;

static u64 random_number(void)
{
    random_state = random_state * 6364136223846793005 + 1442695040888963407;
    return random_state >> 33;
}

/* Runs, and hashes the machine at each mark: number n at clock n * MARK. */
static void run_to_marks(TimelineRig *rig, unsigned from, unsigned to, u64 *hashes)
{
    for (unsigned mark = from; mark <= to; mark++) {
        rig_run(rig, (u64)mark * MARK);
        hashes[mark] = machine_hash(rig->machine);
    }
}

static void expect_at(TimelineRig *rig, unsigned mark, const u64 *hashes)
{
    cr_assert_eq(machine_cycles(rig->machine), (u64)mark * MARK);
    cr_assert_null(timeline_departed(rig->timeline), "%s", timeline_departed(rig->timeline));
    cr_assert_eq(machine_hash(rig->machine), hashes[mark], "mark %u is not what it was", mark);
}

static void go(TimelineRig *rig, unsigned mark, const u64 *hashes)
{
    cr_assert(timeline_goto(rig->timeline, (u64)mark * MARK));
    cr_assert_eq(timeline_is_past(rig->timeline), (u64)mark * MARK < timeline_head(rig->timeline));
    expect_at(rig, mark, hashes);
}

static void there_and_back(MachineEngine engine)
{
    TimelineRig *rig = rig_create(engine, BUDGET), *plain = rig_create(engine, 0);
    u64 hashes[MARKS + 1], plain_hashes[MARKS + 1], accesses, hash;

    run_to_marks(rig, 1, MARKS / 2, hashes);
    accesses = rig->accesses;
    hash = rig_hash(rig);
    cr_expect_gt(accesses, 100, "there is disk traffic");
    cr_expect_gt(rig->sent, 2, "there is serial traffic");
    for (unsigned i = 0; i < 30; i++)
        go(rig, 1 + (unsigned)(random_number() % (MARKS / 2)), hashes);
    cr_assert_eq(rig->accesses, accesses, "the past does not touch the disk");
    go(rig, MARKS / 2, hashes);
    cr_assert_eq(rig_hash(rig), hash, "nothing was sent twice");
    run_to_marks(rig, MARKS / 2 + 1, MARKS, hashes);
    run_to_marks(plain, 1, MARKS, plain_hashes);
    cr_assert_eq(rig_hash(rig), rig_hash(plain), "recording has changed something");
    for (unsigned mark = 1; mark <= MARKS; mark++)
        cr_assert_eq(hashes[mark], plain_hashes[mark]);
    rig_destroy(plain);
    rig_destroy(rig);
}

Test(timeline, there_and_back_on_the_interpreter)
{
    there_and_back(ENGINE_INTERPRETER);
}

Test(timeline, there_and_back_on_the_translator)
{
    there_and_back(ENGINE_TRANSLATOR);
}

/* Replayed in slices of all sizes, down to one cycle, up to the head, where it lives on. */
Test(timeline, replays_in_slices)
{
    TimelineRig *rig = rig_create(ENGINE_TRANSLATOR, BUDGET);
    u64 hashes[MARKS + 1];

    run_to_marks(rig, 1, 12, hashes);
    for (unsigned i = 0; i < 6; i++) {
        unsigned mark = 1 + (unsigned)(random_number() % 11);

        go(rig, mark, hashes);
        for (unsigned step = 0; step < 3000; step++)
            timeline_run(rig->timeline, machine_cycles(rig->machine) + 1 + random_number() % 2);
        while (machine_cycles(rig->machine) < (u64)(mark + 1) * MARK) {
            u64 until = machine_cycles(rig->machine) + random_number() % 100000;

            timeline_run(rig->timeline,
                         until < (u64)(mark + 1) * MARK ? until : (u64)(mark + 1) * MARK);
        }
        expect_at(rig, mark + 1, hashes);
    }
    timeline_run(rig->timeline, (u64)12 * MARK + 100);
    cr_assert_not(timeline_is_past(rig->timeline));
    expect_at(rig, 12, hashes);
    rig_destroy(rig);
}

Test(timeline, the_past_takes_no_input)
{
    TimelineRig *rig = rig_create(ENGINE_TRANSLATOR, BUDGET);
    u64 hashes[MARKS + 1];

    run_to_marks(rig, 1, 8, hashes);
    go(rig, 5, hashes);
    machine_key(rig->machine, KEY_A, true);
    machine_reset(rig->machine);
    cr_assert_eq(timeline_refused(rig->timeline), 2);
    expect_at(rig, 5, hashes);
    cr_assert_not(timeline_goto(rig->timeline, (u64)9 * MARK), "that has not been yet");
    expect_at(rig, 5, hashes);
    go(rig, 8, hashes);
    machine_key(rig->machine, KEY_A, true);
    cr_assert_eq(timeline_refused(rig->timeline), 2, "the head does");
    rig_destroy(rig);
}

/* The future can be another one: what was written to the disk since is undone. */
Test(timeline, the_future_can_be_cut_off)
{
    TimelineRig *rig = rig_create(ENGINE_TRANSLATOR, BUDGET);
    TimelineRig *plain = rig_create(ENGINE_INTERPRETER, 0);
    u64 hashes[MARKS + 1], again[MARKS + 1];
    char error[256];

    run_to_marks(rig, 1, 20, hashes);
    run_to_marks(plain, 1, 12, again);
    go(rig, 12, hashes);
    cr_assert_neq(memcmp(rig->disk, plain->disk, sizeof rig->disk), 0);
    cr_assert(timeline_cut(rig->timeline, error, sizeof error), "%s", error);
    cr_assert_eq(memcmp(rig->disk, plain->disk, sizeof rig->disk), 0);
    cr_assert_eq(timeline_head(rig->timeline), (u64)12 * MARK);
    machine_key(rig->machine, KEY_Z, true);
    machine_key(plain->machine, KEY_Z, true);
    run_to_marks(rig, 13, 20, hashes);
    run_to_marks(plain, 13, 20, again);
    cr_assert_eq(memcmp(hashes + 13, again + 13, 8 * sizeof *hashes), 0);
    cr_assert_eq(memcmp(rig->disk, plain->disk, sizeof rig->disk), 0);
    for (unsigned i = 0; i < 10; i++)
        go(rig, 1 + (unsigned)(random_number() % 11), again);
    go(rig, 16, again);
    rig_destroy(plain);
    rig_destroy(rig);
}

Test(timeline, a_small_budget_makes_it_slower_only)
{
    TimelineRig *rig = rig_create(ENGINE_TRANSLATOR, 3 << 20);
    u64 hashes[MARKS + 1];

    run_to_marks(rig, 1, MARKS, hashes);
    for (unsigned i = 0; i < 12; i++) {
        go(rig, 1 + (unsigned)(random_number() % MARKS), hashes);
        cr_assert_lt(timeline_bytes(rig->timeline), 5 << 20);
    }
    rig_destroy(rig);
}

/* What somebody changes by hand at the head is done again by replays. */
Test(timeline, changes_by_hand_are_repeated)
{
    TimelineRig *rig = rig_create(ENGINE_TRANSLATOR, BUDGET);
    u64 hashes[MARKS + 1];

    run_to_marks(rig, 1, 8, hashes);
    for (unsigned i = 0; i < 3; i++) {
        space_write(machine_memory(rig->machine), 0x9000 + i, BYTE, 0xAA);
        timeline_edited(rig->timeline);
    }
    hashes[8] = machine_hash(rig->machine);
    run_to_marks(rig, 9, 16, hashes);
    go(rig, 6, hashes);
    for (unsigned mark = 7; mark <= 12; mark++)
        go(rig, mark, hashes);
    go(rig, 8, hashes);
    go(rig, 7, hashes);
    go(rig, 16, hashes);
    rig_destroy(rig);
}
