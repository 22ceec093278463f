/*
 * Timelines from and to files.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frontend/debugger/recording_pages.h"
#include "frontend/debugger/timeline_state.h"

/* ---- recording ---- */

bool timeline_record(Timeline *timeline, const MachineConfig *config, const char *path, char *error,
                     size_t error_size)
{
    timeline->recording =
        recording_create(path, config, snapshot_layout(timeline->moments.store), error, error_size);
    if (timeline->recording)
        recording_keep_drives(timeline->recording, &timeline->tape);
    return timeline->recording != NULL;
}

static void say_if_failed(const Timeline *timeline)
{
    const Recording *recording = timeline->recording;
    char line[512];

    if (!recording->failed || !timeline->log.write)
        return;
    snprintf(line, sizeof line, "-record %s: the recording ends at count %" PRIu64 ": %s",
             recording->path, recording->last.cycles, recording->failed);
    timeline->log.write(timeline->log.owner, line);
}

void timeline_note_place(Timeline *timeline)
{
    const RecordingPlace place = {machine_cycles(timeline->machine), timeline->inputs.count,
                                  timeline->work, timeline->last_hash};

    if (timeline->recording)
        recording_add(timeline->recording, &timeline->inputs, &timeline->tape, &place);
}

void timeline_end_recording(Timeline *timeline)
{
    if (!timeline->recording)
        return;
    if (!timeline->past)
        timeline_remember(timeline);
    recording_end(timeline->recording);
    say_if_failed(timeline);
    recording_destroy(timeline->recording);
    timeline->recording = NULL;
}

/* ---- replaying ---- */

Timeline *timeline_replay(MachineConfig *config, const char *path, u64 budget, char *error,
                          size_t error_size)
{
    Timeline *timeline = calloc(1, sizeof *timeline);
    const RecordingPlace *end;
    bool read;

    if (!timeline) {
        snprintf(error, error_size, "the host is out of memory");
        return NULL;
    }
    timeline->budget = budget;
    timeline->past = timeline->closed = true;
    read = recording_read(&timeline->run, config, path, error, error_size);
    timeline->tape = timeline->run.tape;
    timeline->inputs = timeline->run.inputs;
    if (!read) {
        timeline_destroy(timeline);
        return NULL;
    }
    end = &timeline->run.places[timeline->run.place_count - 1];
    timeline->head = (Moment){.cycles = end->cycles, .inputs = end->inputs, .work = end->work};
    timeline_tap(timeline, config);
    timeline_play_drives(timeline);
    if (timeline->run.torn && timeline->log.write)
        timeline->log.write(timeline->log.owner,
                            "the recording breaks off; it is replayed as far as it goes");
    return timeline;
}

bool timeline_is_over(const Timeline *timeline)
{
    return timeline->closed && timeline->next_input >= timeline->head.inputs &&
           machine_cycles(timeline->machine) >= timeline->head.cycles;
}

u64 timeline_checked(const Timeline *timeline)
{
    return timeline->checked;
}

bool timeline_begin_recorded(Timeline *timeline)
{
    SnapshotStore *store = timeline->moments.store;
    const RecordedRun *run = &timeline->run;
    ByteReader reader = {.bytes = run->pages, .length = run->pages_length};
    MachineSnapshot *begin;
    bool good;

    if (!run->has_begin)
        return true;
    begin = snapshot_create(store, run->begin);
    good = begin && get_pages(&reader, store, begin);
    if (good) {
        snapshot_restore(store, begin);
        timeline_set_media(timeline, run->media);
    }
    snapshot_release(store, begin);
    return good && machine_cycles(timeline->machine) == run->begin;
}

/* ---- comparing ---- */

u64 timeline_next_place(const Timeline *timeline)
{
    return timeline->next_place < timeline->run.place_count
               ? timeline->run.places[timeline->next_place].cycles
               : UINT64_MAX;
}

void timeline_find_place(Timeline *timeline)
{
    u64 low = 0, high = timeline->run.place_count, now = machine_cycles(timeline->machine);

    while (low < high) {
        u64 middle = (low + high) / 2;
        const RecordingPlace *place = &timeline->run.places[middle];

        if (place->cycles > now || (place->cycles == now && place->inputs > timeline->next_input))
            high = middle;
        else
            low = middle + 1;
    }
    timeline->next_place = low;
}

static void compare(Timeline *timeline, const RecordingPlace *place)
{
    u64 before = timeline->next_place ? (place - 1)->cycles : 0;

    if (!timeline_remember(timeline))
        return;
    if (timeline->last_hash == place->hash) {
        if (timeline->checked <= timeline->next_place)
            timeline->checked = timeline->next_place + 1;
        return;
    }
    snprintf(timeline->departed_text, sizeof timeline->departed_text,
             "the replay departs from the recording between count %" PRIu64 " and count %" PRIu64
             ": the states there differ",
             before, place->cycles);
    timeline->departed = timeline->departed_text;
}

void timeline_check_place(Timeline *timeline)
{
    u64 now = machine_cycles(timeline->machine);

    for (; timeline->next_place < timeline->run.place_count; timeline->next_place++) {
        const RecordingPlace *place = &timeline->run.places[timeline->next_place];

        if (place->cycles > now || (place->cycles == now && place->inputs > timeline->next_input))
            return;
        if (place->cycles == now && place->inputs == timeline->next_input && !timeline->departed)
            compare(timeline, place);
    }
}
