/*
 * Lockstep: two machines that are given the same stay the same, and a difference is found and told.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/cpu.h"
#include "frontend/lockstep.h"
#include "tests/guest_run.h"

enum { SLICE = 200000 };

static Guest *guest;
static Lockstep *lockstep;
static FILE *report; /* a file: other processes write to it, too */
static char text[65536];

static void setup(void)
{
    char error[512];

    guest = guest_create(error, sizeof error);
    cr_assert_not_null(guest, "%s", error);
    cr_assert(guest_disk(guest, 0, BUILD "/roms/classroom.img"), "%s", guest->error);
    lockstep = lockstep_create(&guest->config, error, sizeof error);
    cr_assert_not_null(lockstep, "%s", error);
    cr_assert(guest_start(guest), "%s", guest->error);
    cr_assert(lockstep_watch(lockstep, guest->machine, error, sizeof error), "%s", error);
    report = tmpfile();
    cr_assert_not_null(report);
}

static void teardown(void)
{
    fclose(report);
    lockstep_destroy(lockstep);
    guest_destroy(guest);
}

TestSuite(lockstep, .init = setup, .fini = teardown, .timeout = 120);

static bool run_slice(void)
{
    Machine *machine = guest->machine;
    u64 until = machine_cycles(machine) + SLICE;
    RunResult result = machine_run(machine, until);
    bool same = lockstep_follow(lockstep, result, report);

    if (result == RUN_IDLE)
        machine_skip_idle(machine, until);
    rewind(report);
    text[fread(text, 1, sizeof text - 1, report)] = '\0';
    return same;
}

Test(lockstep, the_engines_agree_on_the_classroom_guest)
{
    for (unsigned i = 0; i < 150; i++) {
        cr_assert(run_slice(), "%s", text);
        if (i >= 100) /* commands, typed while it runs */
            machine_serial_input(guest->machine, 0, (u8) "cpu\rpages null\r"[i % 15]);
    }
    cr_expect_str_empty(text);
}

/* As if an engine had miscalculated. */
Test(lockstep, a_difference_is_told)
{
    for (unsigned i = 0; i < 10; i++)
        cr_assert(run_slice(), "%s", text);
    machine_cpu(guest->machine, 0)->x87.dp ^= 0x40;
    cr_assert_not(run_slice());
    cr_expect(strstr(text, "x87.dp"), "%s", text);
    cr_expect(strstr(text, "It does not happen again"), "%s", text);
}

Test(lockstep, a_difference_in_memory_is_told)
{
    u8 *bytes = space_host(machine_memory(guest->machine), 0x1F00000, false);

    cr_assert(run_slice(), "%s", text);
    bytes[0x123] ^= 0x55;
    for (unsigned i = 0; i < 70; i++) /* memory is compared now and then only */
        if (!run_slice())
            break;
    cr_expect(strstr(text, "memory 01F00123"), "%s", text);
}

/* ---- the tape ---- */

static bool give(void *owner, u64 sector, u32 count, u8 *bytes)
{
    (void)owner;
    memset(bytes, (int)sector, (size_t)count * SECTOR_SIZE);
    return sector < 100;
}

static bool take(void *owner, u64 sector, u32 count, const u8 *bytes)
{
    (void)owner, (void)sector, (void)count, (void)bytes;
    return true;
}

typedef struct Reel {
    Tape tape;
    BlockDevice medium;
    TapeDrive recorder, player;
    u64 cursor;
    const char *departed;
} Reel;

static Reel *thread(void)
{
    Reel *reel = calloc(1, sizeof *reel);

    cr_assert(tape_create(&reel->tape, 1 << 20));
    reel->medium = (BlockDevice){.sectors = 100, .read = give, .write = take};
    tape_recorder(&reel->recorder, &reel->tape, 0, &reel->medium);
    tape_player(&reel->player, &reel->tape, 0, &reel->medium, &reel->cursor, &reel->departed);
    return reel;
}

static void put_away(Reel *reel)
{
    tape_destroy(&reel->tape);
    free(reel);
}

Test(tape, what_was_read_is_given_again)
{
    Reel *reel = thread();
    const BlockDevice *in = &reel->recorder.device, *out = &reel->player.device;
    u8 bytes[2 * SECTOR_SIZE], again[2 * SECTOR_SIZE];

    cr_expect(in->read(in->owner, 7, 2, bytes));
    cr_expect(in->write(in->owner, 3, 1, bytes));
    cr_expect_not(in->read(in->owner, 100, 1, bytes), "the medium's errors are on the tape too");
    cr_expect(out->read(out->owner, 7, 2, again));
    cr_expect_eq(again[1023], 7);
    cr_expect(out->write(out->owner, 3, 1, again));
    cr_expect_not(out->read(out->owner, 100, 1, again));
    cr_expect_null(reel->departed, "%s", reel->departed);
    cr_expect_not(out->read(out->owner, 7, 1, again));
    cr_expect_not_null(reel->departed, "there was no more");
    put_away(reel);
}

Test(tape, who_writes_something_else_has_departed)
{
    Reel *reel = thread();
    const BlockDevice *in = &reel->recorder.device, *out = &reel->player.device;
    u8 bytes[SECTOR_SIZE] = {1};

    in->write(in->owner, 3, 1, bytes);
    bytes[5] = 1;
    out->write(out->owner, 3, 1, bytes);
    cr_expect_not_null(reel->departed);
    put_away(reel);
}

Test(tape, a_full_tape_says_so)
{
    Reel *reel = thread();
    const BlockDevice *in = &reel->recorder.device;
    u8 bytes[8 * SECTOR_SIZE];

    for (unsigned i = 0; i < 300; i++)
        cr_expect(in->read(in->owner, 1, 8, bytes));
    cr_expect(reel->tape.overflowed);
    put_away(reel);
}
