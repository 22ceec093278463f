/*
 * Snapshots with names: loaded, the machine and its disk are what they were, in the same process
 * and in another machine; damaged and foreign ones are refused, and nothing has changed then.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "frontend/debugger/saved_snapshots.h"
#include "tests/timeline_rig.h"

enum { BUDGET = 64 << 20, THERE = 25000000, LATER = 40000000 };

static char folder[64], path[128], error[512];

static void name_folder(void)
{
    snprintf(folder, sizeof folder, BUILD "/tests/%d.snapshots", (int)getpid());
    snprintf(path, sizeof path, "%s/one.snapshot", folder);
}

static void remove_folder(void)
{
    remove(path);
    rmdir(folder);
}

TestSuite(saved_snapshots, .timeout = 600, .init = name_folder, .fini = remove_folder);

static TimelineRig *start(MachineEngine engine)
{
    TimelineRig *rig = rig_create(engine, BUDGET);

    cr_assert(timeline_set_folder(rig->timeline, folder));
    return rig;
}

Test(saved_snapshots, brings_machine_and_disk_back)
{
    TimelineRig *rig = start(ENGINE_TRANSLATOR), *other;
    SavedSnapshot list[4];
    u64 there, later;

    rig_run(rig, THERE);
    cr_assert(snapshot_save(rig->timeline, "one", error, sizeof error), "%s", error);
    there = machine_hash(rig->machine);
    rig_run(rig, LATER);
    later = machine_hash(rig->machine);
    u8 *disk = malloc(sizeof rig->disk);
    memcpy(disk, rig->disk, sizeof rig->disk);

    cr_assert_eq(snapshot_list(rig->timeline, list, 4), 1);
    cr_assert_str_eq(list[0].name, "one");
    cr_assert_eq(list[0].cycles, THERE);
    for (unsigned i = 0; i < 2; i++) {
        cr_assert(snapshot_load(rig->timeline, "one", error, sizeof error), "%s", error);
        cr_assert_eq(machine_hash(rig->machine), there);
        cr_assert_eq(timeline_begin(rig->timeline), THERE);
        rig_run(rig, LATER);
        cr_assert_eq(machine_hash(rig->machine), later);
        cr_assert_eq(memcmp(rig->disk, disk, sizeof rig->disk), 0);
        cr_assert(timeline_goto(rig->timeline, THERE + 1000));
    }
    /* Another machine of the same kind; its disk becomes that of the snapshot. */
    other = start(ENGINE_INTERPRETER);
    cr_assert(snapshot_load(other->timeline, "one", error, sizeof error), "%s", error);
    cr_assert_eq(machine_hash(other->machine), there);
    rig_run(other, LATER);
    cr_assert_eq(machine_hash(other->machine), later);
    cr_assert_eq(memcmp(other->disk, disk, sizeof rig->disk), 0);
    cr_assert(snapshot_delete(other->timeline, "one", error, sizeof error));
    cr_assert_eq(snapshot_list(rig->timeline, list, 4), 0);
    rig_destroy(other);
    rig_destroy(rig);
    free(disk);
}

Test(saved_snapshots, refuses_with_a_sentence)
{
    static const char *const names[] = {"", "../out", ".hidden", "a/b", "none"};
    TimelineRig *rig = start(ENGINE_TRANSLATOR);
    u64 hash;

    rig_run(rig, THERE);
    hash = rig_hash(rig);
    for (unsigned i = 0; i < COUNT_OF(names); i++) {
        cr_assert_not(snapshot_load(rig->timeline, names[i], error, sizeof error));
        cr_assert(strstr(error, i < 4 ? "name" : "info snapshots"), "%s", error);
    }
    cr_assert(snapshot_save(rig->timeline, "one", error, sizeof error), "%s", error);
    rig->medium.read_only = true;
    cr_assert_not(snapshot_load(rig->timeline, "one", error, sizeof error));
    cr_assert(strstr(error, "writable"), "%s", error);
    rig->medium.read_only = false;
    cr_assert(timeline_goto(rig->timeline, THERE / 2));
    cr_assert_not(snapshot_save(rig->timeline, "two", error, sizeof error));
    cr_assert(strstr(error, "in the past"), "%s", error);
    cr_assert(timeline_goto(rig->timeline, THERE));
    cr_assert_eq(rig_hash(rig), hash);
    rig_destroy(rig);
}

Test(saved_snapshots, of_another_machine)
{
    TimelineRig *rig = start(ENGINE_TRANSLATOR), *other;
    u8 bios[256 << 10];

    rig_run(rig, 1000000);
    cr_assert(snapshot_save(rig->timeline, "one", error, sizeof error), "%s", error);
    memcpy(bios, rig->config.bios, rig->config.bios_length);
    bios[0x1234] ^= 1;
    other = rig_create_with(ENGINE_TRANSLATOR, BUDGET, bios);
    timeline_set_folder(other->timeline, folder);
    cr_assert_not(snapshot_load(other->timeline, "one", error, sizeof error));
    cr_assert(strstr(error, "another machine"), "%s", error);
    rig_destroy(other);
    rig_destroy(rig);
}

static u64 load_file(u8 **bytes)
{
    struct stat about;
    FILE *file = fopen(path, "rb");

    cr_assert_eq(fstat(fileno(file), &about), 0);
    *bytes = malloc((size_t)about.st_size);
    cr_assert_eq(fread(*bytes, 1, (size_t)about.st_size, file), (size_t)about.st_size);
    fclose(file);
    return (u64)about.st_size;
}

static void save_file(const u8 *bytes, u64 length)
{
    FILE *file = fopen(path, "wb");

    cr_assert_eq(fwrite(bytes, 1, length, file), length);
    fclose(file);
}

/* A byte in every so many is changed, and the file is cut at every so many. */
Test(saved_snapshots, damaged_ones_change_nothing)
{
    TimelineRig *rig = start(ENGINE_TRANSLATOR);
    u64 length, hash, step;
    u8 *bytes;

    rig_run(rig, 3000000);
    cr_assert(snapshot_save(rig->timeline, "one", error, sizeof error), "%s", error);
    hash = rig_hash(rig);
    length = load_file(&bytes);
    step = length / 200;
    for (u64 at = 0; at < length; at += at < 100 ? 1 : step) {
        bytes[at] ^= 0x10;
        save_file(bytes, length);
        bytes[at] ^= 0x10;
        cr_assert_not(snapshot_load(rig->timeline, "one", error, sizeof error), "byte %llu",
                      (unsigned long long)at);
        save_file(bytes, at);
        cr_assert_not(snapshot_load(rig->timeline, "one", error, sizeof error), "byte %llu",
                      (unsigned long long)at);
    }
    cr_assert_eq(rig_hash(rig), hash);
    save_file(bytes, length);
    cr_assert(snapshot_load(rig->timeline, "one", error, sizeof error), "%s", error);
    free(bytes);
    rig_destroy(rig);
}
