/*
 * Snapshots of whole guests: what a machine does after it went back is what it did before, on both
 * engines; taking one changes nothing; nothing that matters is missing from one; and a damaged one
 * leaves a machine that can run.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "devices/machine_snapshot.h"
#include "tests/guest_run.h"

enum { STEPS = 60, STEP = 1234567, KEPT = 12, MIPS = 10 };

TestSuite(snapshot, .timeout = 600);

static u64 random_state = 1;

static u64 random_number(void)
{
    random_state = random_state * 6364136223846793005 + 1442695040888963407;
    return random_state >> 33;
}

static Guest *start(MachineEngine engine)
{
    char error[512];
    Guest *guest = guest_create(error, sizeof error);

    cr_assert_not_null(guest, "%s", error);
    guest->config.engine = engine;
    guest->config.mips = MIPS;
    cr_assert(guest_disk(guest, 0, BUILD "/roms/classroom.img") && guest_start(guest), "%s",
              guest->error);
    return guest;
}

static void advance(Machine *machine, u64 until)
{
    while (machine_cycles(machine) < until) {
        RunResult result = machine_run(machine, until);

        if (result == RUN_IDLE)
            machine_skip_idle(machine, until);
        else
            cr_assert_eq(result, RUN_BUDGET);
    }
}

/* What a person does at each step: now and then a line on the serial port, or a key. */
static void act(Machine *machine, unsigned step)
{
    static const char *const lines[] = {"disk\r", "pages screen\r", "fault\r", "tasks\r"};

    if (step >= 34 && step % 4 == 2)
        for (const char *at = lines[step / 4 % COUNT_OF(lines)]; *at; at++)
            machine_serial_input(machine, 0, (u8)*at);
    if (step % 5 == 3)
        machine_key(machine, KEY_A + step % 20, step % 2);
    if (step % 7 == 1)
        machine_mouse(machine, (int)step, -3, 1, step & 7);
}

/* From before step `from` on: each step's hash. */
static void run_steps(Machine *machine, unsigned from, u64 *hashes)
{
    for (unsigned step = from; step < STEPS; step++) {
        act(machine, step);
        advance(machine, (u64)(step + 1) * STEP);
        hashes[step] = machine_hash(machine);
    }
}

static void expect_same(const u64 *hashes, const u64 *expected, unsigned from)
{
    for (unsigned step = from; step < STEPS; step++)
        cr_assert_eq(hashes[step], expected[step], "from step %u on: another state after step %u",
                     from, step);
}

/* Runs all steps, with snapshots before every fifth. */
static unsigned run_and_take(Guest *guest, SnapshotStore *store, MachineSnapshot **taken,
                             u64 *hashes)
{
    unsigned count = 0;

    for (unsigned step = 0; step < STEPS; step++) {
        if (step % 5 == 0)
            cr_assert_not_null(taken[count++] = snapshot_take(store));
        act(guest->machine, step);
        advance(guest->machine, (u64)(step + 1) * STEP);
        hashes[step] = machine_hash(guest->machine);
    }
    return count;
}

static void release_all(SnapshotStore *store, MachineSnapshot **taken, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        snapshot_release(store, taken[i]);
}

static void go_back_at_random(MachineEngine engine)
{
    Guest *guest = start(engine), *plain = start(engine);
    SnapshotStore *store = snapshot_store_create(guest->machine);
    MachineSnapshot *taken[KEPT];
    u64 expected[STEPS], hashes[STEPS];
    unsigned count;

    run_steps(plain->machine, 0, expected);
    count = run_and_take(guest, store, taken, hashes);
    expect_same(hashes, expected, 0);
    for (unsigned i = 0; i < 8; i++) {
        unsigned which = (unsigned)(random_number() % count);

        snapshot_restore(store, taken[which]);
        cr_assert_eq(machine_cycles(guest->machine), snapshot_cycles(taken[which]));
        run_steps(guest->machine, which * 5, hashes);
        expect_same(hashes, expected, which * 5);
    }
    release_all(store, taken, count);
    snapshot_store_destroy(store);
    guest_destroy(plain);
    guest_destroy(guest);
}

Test(snapshot, goes_back_on_the_interpreter)
{
    go_back_at_random(ENGINE_INTERPRETER);
}

Test(snapshot, goes_back_on_the_translator)
{
    go_back_at_random(ENGINE_TRANSLATOR);
}

static MachineSnapshot *copy(const SnapshotStore *from, const MachineSnapshot *snapshot,
                             SnapshotStore *to)
{
    MachineSnapshot *made = snapshot_create(to, snapshot_cycles(snapshot));

    cr_assert_not_null(made);
    for (unsigned part = 0; part < SNAPSHOT_PARTS; part++)
        for (u64 page = 0; page < snapshot_pages(from, part); page++) {
            const u8 *bytes = snapshot_page(snapshot, part, page);

            if (bytes)
                cr_assert(snapshot_set_page(to, made, part, page, bytes));
        }
    return made;
}

/* What another machine needs to go on in its place, on the other engine, is in a snapshot. */
Test(snapshot, another_machine_takes_over)
{
    Guest *guest = start(ENGINE_TRANSLATOR);
    SnapshotStore *store = snapshot_store_create(guest->machine);
    MachineSnapshot *taken[KEPT];
    u64 expected[STEPS], hashes[STEPS];
    unsigned count = run_and_take(guest, store, taken, expected);

    for (unsigned i = 0; i < count; i += 3) {
        Guest *other = start(ENGINE_INTERPRETER);
        SnapshotStore *its_store = snapshot_store_create(other->machine);
        MachineSnapshot *its_copy = copy(store, taken[i], its_store);

        cr_assert_eq(snapshot_layout(store), snapshot_layout(its_store));
        snapshot_restore(its_store, its_copy);
        run_steps(other->machine, i * 5, hashes);
        expect_same(hashes, expected, i * 5);
        snapshot_release(its_store, its_copy);
        snapshot_store_destroy(its_store);
        guest_destroy(other);
    }
    release_all(store, taken, count);
    snapshot_store_destroy(store);
    guest_destroy(guest);
}

Test(snapshot, equal_states_have_equal_hashes)
{
    Guest *guest = start(ENGINE_TRANSLATOR);
    SnapshotStore *store = snapshot_store_create(guest->machine);
    MachineSnapshot *first, *second, *third;
    u64 bytes;

    advance(guest->machine, 20000000);
    first = snapshot_take(store);
    bytes = snapshot_store_bytes(store);
    second = snapshot_take(store);
    cr_assert_eq(snapshot_hash(first), snapshot_hash(second));
    cr_expect_lt(snapshot_store_bytes(store) - bytes, 1000, "nothing was written in between");
    advance(guest->machine, 20000100);
    third = snapshot_take(store);
    cr_assert_neq(snapshot_hash(first), snapshot_hash(third));
    snapshot_restore(store, first);
    advance(guest->machine, 20000100);
    snapshot_release(store, second);
    second = snapshot_take(store);
    cr_assert_eq(snapshot_hash(second), snapshot_hash(third));
    snapshot_release(store, first);
    snapshot_release(store, second);
    snapshot_release(store, third);
    cr_expect_lt(snapshot_store_bytes(store), bytes + (1 << 20), "released pages are used again");
    snapshot_store_destroy(store);
    guest_destroy(guest);
}

/* Bytes of a snapshot's fields are replaced at random; the machine may do anything but harm. */
Test(snapshot, damaged_ones_do_no_harm)
{
    Guest *guest = start(ENGINE_TRANSLATOR);
    SnapshotStore *store = snapshot_store_create(guest->machine);
    MachineSnapshot *good;

    advance(guest->machine, 60000000);
    good = snapshot_take(store);
    for (unsigned round = 0; round < 60; round++) {
        MachineSnapshot *bad = copy(store, good, store);

        for (u64 page = 0; page < snapshot_pages(store, SNAPSHOT_CHIPS); page++) {
            const u8 *bytes = snapshot_page(good, SNAPSHOT_CHIPS, page);
            u8 damaged[PAGE_SIZE];

            if (!bytes)
                continue;
            memcpy(damaged, bytes, PAGE_SIZE);
            for (unsigned i = 0; i < 1 + round * 8; i++)
                damaged[random_number() % PAGE_SIZE] = (u8)random_number();
            cr_assert(snapshot_set_page(store, bad, SNAPSHOT_CHIPS, page, damaged));
        }
        snapshot_restore(store, bad);
        for (unsigned i = 0; i < 50; i++) {
            u64 now = machine_cycles(guest->machine);

            if (now > UINT64_MAX - STEP)
                break;
            machine_run(guest->machine, now + 2000);
            machine_skip_idle(guest->machine, now + 5000);
        }
        snapshot_release(store, bad);
    }
    snapshot_restore(store, good);
    advance(guest->machine, 61000000);
    snapshot_release(store, good);
    snapshot_store_destroy(store);
    guest_destroy(guest);
}
