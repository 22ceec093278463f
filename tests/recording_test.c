/*
 * Recordings: replayed on both engines and in slices they give the same states, disk and all; a run
 * that departs is told; damaged files are refused; and they are small.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cpu/cpu.h"
#include "frontend/debugger/saved_snapshots.h"
#include "tests/timeline_rig.h"

enum { BUDGET = 64 << 20, LENGTH = 40000000 };

static char error[512];

/* Tests run beside each other, so each has files of its own. */
static char recording[64], small[64], damaged[64];

static void name_files(void)
{
    snprintf(recording, sizeof recording, BUILD "/tests/%d.recording", (int)getpid());
    snprintf(small, sizeof small, BUILD "/tests/%d.small", (int)getpid());
    snprintf(damaged, sizeof damaged, BUILD "/tests/%d.damaged", (int)getpid());
}

static void remove_files(void)
{
    remove(recording);
    remove(small);
    remove(damaged);
}

TestSuite(recording, .timeout = 600, .init = name_files, .fini = remove_files);

/* ---- replaying ---- */

typedef struct Replay {
    MachineConfig config;
    u64 sent, sent_hash;
    Timeline *timeline;
    Machine *machine;
} Replay;

static void collect(void *owner, u8 byte)
{
    Replay *replay = owner;

    replay->sent++;
    replay->sent_hash = replay->sent_hash * 31 + byte;
}

static Replay *replay_create(const char *path, MachineEngine engine)
{
    Replay *replay = calloc(1, sizeof *replay);

    replay->config.engine = engine;
    replay->config.serial[0] = (ByteSink){collect, replay};
    replay->timeline = timeline_replay(&replay->config, path, BUDGET, error, sizeof error);
    if (!replay->timeline) {
        free(replay);
        return NULL;
    }
    replay->machine = machine_create(&replay->config, error, sizeof error);
    cr_assert_not_null(replay->machine, "%s", error);
    cr_assert(timeline_watch(replay->timeline, replay->machine, error, sizeof error), "%s", error);
    return replay;
}

static void replay_destroy(Replay *replay)
{
    timeline_destroy(replay->timeline);
    machine_destroy(replay->machine);
    free(replay);
}

static void replay_all(Replay *replay, u64 slice)
{
    while (!timeline_is_over(replay->timeline) && !timeline_departed(replay->timeline))
        timeline_run(replay->timeline, machine_cycles(replay->machine) + slice);
}

/* Records a run with keys, serial and disk traffic; gives the state at its end. */
static u64 record(TimelineRig **rig, u64 length)
{
    u64 hash;

    *rig = rig_create(ENGINE_TRANSLATOR, BUDGET);
    cr_assert(timeline_record((*rig)->timeline, &(*rig)->config, recording, error, sizeof error),
              "%s", error);
    rig_run(*rig, length);
    hash = machine_hash((*rig)->machine);
    timeline_destroy((*rig)->timeline);
    (*rig)->timeline = NULL;
    return hash;
}

Test(recording, replays_are_the_same)
{
    static const u64 slices[] = {100000000, 1234567, 9999};
    TimelineRig *rig;
    u64 hash = record(&rig, LENGTH);

    for (unsigned i = 0; i < 2 * COUNT_OF(slices); i++) {
        Replay *replay = replay_create(recording, i % 2 ? ENGINE_TRANSLATOR : ENGINE_INTERPRETER);

        cr_assert_not_null(replay, "%s", error);
        replay_all(replay, slices[i / 2]);
        cr_assert_null(timeline_departed(replay->timeline), "%s",
                       timeline_departed(replay->timeline));
        cr_assert_eq(machine_cycles(replay->machine), LENGTH);
        cr_assert_eq(machine_hash(replay->machine), hash);
        cr_assert_eq(replay->sent, rig->sent);
        cr_assert_eq(replay->sent_hash, rig->sent_hash, "it sends the same");
        cr_assert_geq(timeline_checked(replay->timeline), 2);
        replay_destroy(replay);
    }
    rig_destroy(rig);
}

/* There and back in a recording: what it sends is sent once. */
Test(recording, can_be_gone_through)
{
    TimelineRig *rig;
    u64 hash = record(&rig, LENGTH), middle;
    Replay *replay = replay_create(recording, ENGINE_TRANSLATOR);

    cr_assert(timeline_goto(replay->timeline, LENGTH / 2));
    middle = machine_hash(replay->machine);
    cr_assert(timeline_goto(replay->timeline, LENGTH));
    cr_assert_eq(machine_hash(replay->machine), hash);
    cr_assert(timeline_is_over(replay->timeline));
    cr_assert(timeline_goto(replay->timeline, LENGTH / 3));
    cr_assert(timeline_goto(replay->timeline, LENGTH / 2));
    cr_assert_eq(machine_hash(replay->machine), middle);
    replay_all(replay, 1000000);
    cr_assert_eq(replay->sent, rig->sent);
    cr_assert_eq(replay->sent_hash, rig->sent_hash);
    cr_assert_not(timeline_cut(replay->timeline, error, sizeof error), "it has no disk");
    replay_destroy(replay);
    rig_destroy(rig);
}

/* The future that was cut off is not in the file. */
/* What somebody changed by hand is an input like any other. */
Test(recording, goes_on_after_changes_by_hand)
{
    static const u8 bytes[] = {0xAA, 0xBB, 0xCC};
    TimelineRig *rig = rig_create(ENGINE_TRANSLATOR, BUDGET);
    u64 hash;

    cr_assert(timeline_record(rig->timeline, &rig->config, recording, error, sizeof error));
    rig_run(rig, 10000000);
    for (unsigned i = 0; i < 3; i++) {
        timeline_edited(rig->timeline);
        space_write_bytes(machine_memory(rig->machine), 0x7FFFE + i * 0x1000, bytes, sizeof bytes);
        machine_cpu(rig->machine, 0)->gpr[RBP] += 1 + i;
        if (i != 1)
            rig_run(rig, 15000000 + i * 5000000);
    }
    hash = machine_hash(rig->machine);
    timeline_destroy(rig->timeline);
    rig->timeline = NULL;
    for (unsigned i = 0; i < 2; i++) {
        Replay *replay = replay_create(recording, i % 2 ? ENGINE_TRANSLATOR : ENGINE_INTERPRETER);

        cr_assert_not_null(replay, "%s", error);
        replay_all(replay, 7654321);
        cr_assert_null(timeline_departed(replay->timeline), "%s",
                       timeline_departed(replay->timeline));
        cr_assert_eq(machine_hash(replay->machine), hash);
        cr_assert(timeline_goto(replay->timeline, 9000000));
        replay_all(replay, 1000000);
        cr_assert_eq(machine_hash(replay->machine), hash, "there and back");
        replay_destroy(replay);
    }
    rig_destroy(rig);
}

/* The machine is another one then, and so the recording is of that from there on. */
Test(recording, goes_on_after_loadvm)
{
    TimelineRig *rig = rig_create(ENGINE_TRANSLATOR, BUDGET);
    char folder[64], file[96];
    Replay *replay;
    u64 hash;

    snprintf(folder, sizeof folder, BUILD "/tests/%d.loaded", (int)getpid());
    snprintf(file, sizeof file, "%s/one.snapshot", folder);
    cr_assert(timeline_set_folder(rig->timeline, folder));
    cr_assert(timeline_record(rig->timeline, &rig->config, recording, error, sizeof error));
    rig_run(rig, 20000000);
    cr_assert(snapshot_save(rig->timeline, "one", error, sizeof error), "%s", error);
    for (unsigned i = 0; i < 2; i++) {
        rig_run(rig, 30000000);
        cr_assert(snapshot_load(rig->timeline, "one", error, sizeof error), "%s", error);
    }
    remove(file);
    rmdir(folder);
    rig_run(rig, 22000000);
    timeline_edited(rig->timeline);
    machine_cpu(rig->machine, 0)->gpr[RBP] += 1;
    rig_run(rig, LENGTH);
    hash = machine_hash(rig->machine);
    timeline_destroy(rig->timeline);
    rig->timeline = NULL;
    replay = replay_create(recording, ENGINE_TRANSLATOR);
    cr_assert_not_null(replay, "%s", error);
    cr_assert_eq(timeline_begin(replay->timeline), 20000000);
    cr_assert_eq(timeline_head(replay->timeline), LENGTH);
    replay_all(replay, 7654321);
    cr_assert_null(timeline_departed(replay->timeline), "%s", timeline_departed(replay->timeline));
    cr_assert_eq(machine_hash(replay->machine), hash);
    replay_destroy(replay);
    rig_destroy(rig);
}

Test(recording, follows_a_cut)
{
    TimelineRig *rig = rig_create(ENGINE_TRANSLATOR, BUDGET);
    Replay *replay;
    u64 hash;

    cr_assert(timeline_record(rig->timeline, &rig->config, recording, error, sizeof error));
    rig_run(rig, LENGTH);
    cr_assert(timeline_goto(rig->timeline, LENGTH * 2 / 3 + 12345));
    cr_assert(timeline_cut(rig->timeline, error, sizeof error), "%s", error);
    machine_key(rig->machine, KEY_Q, true);
    rig_run(rig, LENGTH * 3 / 2);
    hash = machine_hash(rig->machine);
    cr_assert(timeline_goto(rig->timeline, LENGTH));
    timeline_destroy(rig->timeline); /* in the past: the file goes to the head all the same */
    rig->timeline = NULL;
    replay = replay_create(recording, ENGINE_TRANSLATOR);
    cr_assert_not_null(replay, "%s", error);
    replay_all(replay, 50000000);
    cr_assert_null(timeline_departed(replay->timeline), "%s", timeline_departed(replay->timeline));
    cr_assert_eq(machine_cycles(replay->machine), LENGTH * 3 / 2);
    cr_assert_eq(machine_hash(replay->machine), hash);
    replay_destroy(replay);
    rig_destroy(rig);
}

Test(recording, a_departure_is_told)
{
    TimelineRig *rig;
    Replay *replay;

    record(&rig, LENGTH);
    replay = replay_create(recording, ENGINE_TRANSLATOR);
    cr_assert(timeline_goto(replay->timeline, LENGTH / 2));
    space_write(machine_memory(replay->machine), 0x9000, BYTE, 1); /* as a fault of ours might */
    replay_all(replay, 1000000);
    cr_assert_not_null(timeline_departed(replay->timeline));
    cr_assert(strstr(timeline_departed(replay->timeline), "departs from the recording between"),
              "%s", timeline_departed(replay->timeline));
    replay_destroy(replay);
    rig_destroy(rig);
}

/* ---- files ---- */

static u8 rom[64 << 10];

/* A machine that counts in memory, and whose firmware packs well. */
static void record_small(u64 length)
{
    static const u8 code[] = {0xFE, 0x06, 0x00, 0x05, 0xE2, 0xFA, 0xEB, 0xF8};
    static const u8 jump[] = {0xEA, 0x00, 0x00, 0x00, 0xF0};
    MachineConfig config = {.memory = 1 << 20,
                            .cpu = "qemu32",
                            .engine = ENGINE_TRANSLATOR,
                            .mips = 10,
                            .bios = rom,
                            .bios_length = sizeof rom,
                            .boot_order = "c",
                            .serial_present[0] = true};
    Timeline *timeline;
    Machine *machine;

    memcpy(rom, code, sizeof code);
    memcpy(rom + 0xFFF0, jump, sizeof jump);
    timeline = timeline_create(&config, BUDGET, error, sizeof error);
    machine = machine_create(&config, error, sizeof error);
    cr_assert(timeline_watch(timeline, machine, error, sizeof error), "%s", error);
    cr_assert(timeline_record(timeline, &config, small, error, sizeof error), "%s", error);
    for (unsigned i = 1; i <= 4; i++) {
        timeline_run(timeline, length / 4 * i);
        machine_key(machine, KEY_A, i % 2);
        machine_set_boot_order(machine, "ac");
        machine_serial_input(machine, 0, (u8)i);
    }
    timeline_run(timeline, length);
    timeline_destroy(timeline);
    machine_destroy(machine);
}

static u64 file_size(const char *path)
{
    struct stat about;

    cr_assert_eq(stat(path, &about), 0);
    return (u64)about.st_size;
}

static u8 *load(const char *path, u64 *length)
{
    FILE *file = fopen(path, "rb");
    u8 *bytes;

    *length = file_size(path);
    bytes = malloc(*length);
    cr_assert_eq(fread(bytes, 1, *length, file), *length);
    fclose(file);
    return bytes;
}

static void save(const char *path, const u8 *bytes, u64 length)
{
    FILE *file = fopen(path, "wb");

    cr_assert_eq(fwrite(bytes, 1, length, file), length);
    fclose(file);
}

Test(recording, every_damaged_byte_is_noticed)
{
    u64 length;
    u8 *bytes;

    record_small(1000);
    bytes = load(small, &length);
    cr_assert_lt(length, 2000, "%llu bytes", (unsigned long long)length);
    for (u64 i = 0; i < length; i++) {
        Replay *replay;

        bytes[i] ^= (u8)(1 << i % 8);
        save(damaged, bytes, length);
        bytes[i] ^= (u8)(1 << i % 8);
        *error = '\0';
        replay = replay_create(damaged, ENGINE_INTERPRETER);
        cr_assert_null(replay, "byte %llu of %llu", (unsigned long long)i,
                       (unsigned long long)length);
        cr_assert(strstr(error, damaged), "%s", error);
    }
    free(bytes);
}

/* A run that ended badly leaves a file that can be replayed as far as it goes, or is refused. */
Test(recording, may_break_off_anywhere)
{
    u64 length, replayed = 0;
    u8 *bytes;

    record_small(40000000);
    bytes = load(small, &length);
    for (u64 i = 0; i < length; i += 3) {
        Replay *replay;

        save(damaged, bytes, i);
        replay = replay_create(damaged, ENGINE_TRANSLATOR);
        if (!replay)
            continue;
        if (replayed++ % 64 == 0) {
            replay_all(replay, 50000000);
            cr_assert_null(timeline_departed(replay->timeline), "%s",
                           timeline_departed(replay->timeline));
        }
        replay_destroy(replay);
    }
    cr_assert_gt(replayed, 100);
    free(bytes);
}

Test(recording, other_files_are_refused)
{
    static const u8 old[] = "vitrine recording 0\n";
    static const u8 other[] = "vitrine snapshot 1\n and so on";

    save(damaged, old, sizeof old - 1);
    cr_assert_null(replay_create(damaged, ENGINE_INTERPRETER));
    cr_assert(strstr(error, "another version"), "%s", error);
    save(damaged, other, sizeof other - 1);
    cr_assert_null(replay_create(damaged, ENGINE_INTERPRETER));
    cr_assert(strstr(error, "no vitrine recording"), "%s", error);
    save(damaged, other, 0);
    cr_assert_null(replay_create(damaged, ENGINE_INTERPRETER));
    remove(damaged);
    cr_assert_null(replay_create(damaged, ENGINE_INTERPRETER));
    cr_assert(strstr(error, "No such file"), "%s", error);
}

/* At most one byte per 1,000 instructions where no disk is read. */
Test(recording, is_small)
{
    u64 length = 100000000, first;

    record_small(1000);
    first = file_size(small);
    record_small(length);
    cr_expect_lt((file_size(small) - first) * 1000, length / 10, "%llu bytes",
                 (unsigned long long)(file_size(small) - first));
}
