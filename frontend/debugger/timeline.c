/*
 * Recording, replaying, and going from one to the other. See timeline.h.
 */
#include "frontend/debugger/timeline.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frontend/debugger/timeline_state.h"

enum {
    INTERVAL = 16000000,     /* cycles executed between two snapshots, at least; */
    PAGE_WORK = 30000,       /* and so many for each page that the last one copied */
    NEAREST_MOMENT = 100000, /* replays leave none nearer to where they go than this */
};
#define TAPE_SIZE ((u64)16 << 30)

/* ---- creation ---- */

Timeline *timeline_create(MachineConfig *config, u64 budget, char *error, size_t error_size)
{
    Timeline *timeline = calloc(1, sizeof *timeline);

    if (!timeline) {
        snprintf(error, error_size, "the host is out of memory");
        return NULL;
    }
    if (!tape_create_in_file(&timeline->tape, TAPE_SIZE)) {
        snprintf(error, error_size,
                 "the timeline's temporary file cannot be made (%s); set TMPDIR to a folder with "
                 "room, or use -timeline off",
                 strerror(errno));
        free(timeline);
        return NULL;
    }
    timeline->budget = budget;
    timeline->tape.can_undo = true;
    timeline_tap(timeline, config);
    return timeline;
}

void timeline_destroy(Timeline *timeline)
{
    if (!timeline)
        return;
    timeline_end_recording(timeline);
    snapshot_release(timeline->moments.store, timeline->unedited);
    inputs_clear(&timeline->inputs);
    moments_clear(&timeline->moments);
    snapshot_store_destroy(timeline->moments.store);
    tape_destroy(&timeline->tape);
    recorded_machine_free(&timeline->run.machine);
    free(timeline->run.places);
    free(timeline->run.pages);
    free(timeline->folder);
    free(timeline);
}

/* ---- snapshots ---- */

static void get_sent(const Timeline *timeline, u64 sent[TIMELINE_OUTLETS])
{
    for (unsigned i = 0; i < TIMELINE_OUTLETS; i++)
        sent[i] = timeline->outlets[i].sent;
}

static Moment here(const Timeline *timeline)
{
    Moment moment = {
        .cycles = machine_cycles(timeline->machine),
        .inputs = timeline->past ? timeline->next_input : timeline->inputs.count,
        .tape = timeline->past ? timeline->cursor : *timeline->tape.length,
        .work = timeline->work,
    };

    timeline_get_media(timeline, moment.media);
    get_sent(timeline, moment.sent);
    return moment;
}

/* Where memory is short, history has a gap. */
bool timeline_remember(Timeline *timeline)
{
    u64 before = snapshot_store_bytes(timeline->moments.store), pages;
    Moment moment = here(timeline);

    moment.snapshot = snapshot_take(timeline->moments.store);
    pages = (snapshot_store_bytes(timeline->moments.store) - before) / PAGE_SIZE;
    if (!timeline->past)
        timeline->next_work =
            timeline->work + (pages * PAGE_WORK > INTERVAL ? pages * PAGE_WORK : INTERVAL);
    if (!moment.snapshot)
        return false;
    if (timeline->recording || timeline->closed)
        timeline->last_hash = snapshot_hash(moment.snapshot);
    if (!timeline->past)
        timeline_note_place(timeline);
    moments_add(&timeline->moments, &moment);
    moments_thin(&timeline->moments, timeline->budget, timeline->work);
    return true;
}

bool timeline_watch(Timeline *timeline, Machine *machine, char *error, size_t error_size)
{
    timeline->machine = machine;
    timeline->moments.store = timeline->inputs.store = snapshot_store_create(machine);
    if (timeline->moments.store && timeline->closed &&
        timeline->run.machine.layout != snapshot_layout(timeline->moments.store)) {
        snprintf(error, error_size,
                 "the recording was made by another version of vitrine, whose "
                 "machine has another state; use that version");
        return false;
    }
    if (timeline->moments.store && timeline->closed && !timeline_begin_recorded(timeline)) {
        snprintf(error, error_size, "the recording is damaged: it does not begin anywhere");
        return false;
    }
    if (!timeline->moments.store || !timeline_remember(timeline)) {
        snprintf(error, error_size, "the host has no memory for the timeline");
        return false;
    }
    return true;
}

/* What came before cannot be replayed any more. `why`: so the recording ends; NULL: it is another
 * one now. */
static void begin_anew(Timeline *timeline, const char *why)
{
    if (timeline->recording && why)
        recording_fail(timeline->recording, why);
    moments_clear(&timeline->moments);
    inputs_clear(&timeline->inputs);
    *timeline->tape.length = 0;
    timeline->tape.overflowed = timeline->broken = false;
    timeline_remember(timeline);
}

static void run_out_of_room(Timeline *timeline)
{
    if (timeline->log.write)
        timeline->log.write(timeline->log.owner,
                            "timeline: the host has no room for more; history begins here anew");
    begin_anew(timeline, "there was no room for what the drives gave");
}

void timeline_adopt(Timeline *timeline, const MachineSnapshot *snapshot)
{
    TapeMedium media[TAPE_DRIVES];

    snapshot_restore(timeline->moments.store, snapshot);
    timeline->past = timeline->edited = false;
    timeline->departed = NULL;
    for (unsigned i = 0; i < TIMELINE_OUTLETS; i++)
        timeline->outlets[i].said = timeline->outlets[i].sent;
    timeline->logged = machine_cycles(timeline->machine);
    timeline_record_drives(timeline);
    timeline_get_media(timeline, media);
    if (timeline->recording)
        recording_begin_anew(timeline->recording, timeline->moments.store, snapshot, media);
    begin_anew(timeline, NULL);
}

/* ---- at the head ---- */

static RunResult run_live(Timeline *timeline, u64 until)
{
    Machine *machine = timeline->machine;

    timeline_settle_edit(timeline);
    for (;;) {
        u64 now = machine_cycles(machine), left = timeline->next_work - timeline->work;
        u64 limit = until < now || until - now < left ? until : now + left;
        RunResult result = machine_run(machine, limit);

        timeline->work += machine_cycles(machine) - now;
        if (timeline->tape.overflowed || timeline->broken)
            run_out_of_room(timeline);
        else if (timeline->work >= timeline->next_work)
            timeline_remember(timeline);
        if (result != RUN_BUDGET || machine_cycles(machine) < limit || limit >= until)
            return result;
    }
}

static void leave_head(Timeline *timeline)
{
    timeline_settle_edit(timeline);
    timeline_remember(timeline);
    timeline->head = here(timeline);
    timeline->next_input = timeline->head.inputs;
    timeline->cursor = timeline->head.tape;
    timeline->past = true;
    timeline_play_drives(timeline);
    timeline_set_media(timeline, timeline->head.media);
}

static void go_live(Timeline *timeline)
{
    timeline->past = false;
    timeline->next_work = timeline->work + INTERVAL;
    timeline_record_drives(timeline);
}

/* ---- in the past ---- */

static bool at_head(const Timeline *timeline)
{
    return machine_cycles(timeline->machine) >= timeline->head.cycles &&
           timeline->next_input >= timeline->head.inputs;
}

/* The next input's clock, or that of the head. */
static u64 next_stop(const Timeline *timeline)
{
    return timeline->next_input < timeline->head.inputs
               ? timeline->inputs.list[timeline->next_input].event.cycles
               : timeline->head.cycles;
}

static u64 least(u64 a, u64 b)
{
    return a < b ? a : b;
}

static void feed_what_is_due(Timeline *timeline)
{
    timeline_check_place(timeline);
    while (timeline->next_input < timeline->head.inputs &&
           next_stop(timeline) <= machine_cycles(timeline->machine)) {
        timeline_feed(timeline);
        timeline_check_place(timeline);
    }
}

static bool is_end(RunResult result)
{
    return result == RUN_POWER_OFF || result == RUN_RESET || result == RUN_DEBUG_EXIT ||
           result == RUN_TRIPLE_FAULT;
}

/* One run, up to the next input. True: it came so far; else somebody stopped it, or it ended. */
static bool advance(Timeline *timeline, u64 until, RunResult *result)
{
    Machine *machine = timeline->machine;
    u64 before = machine_cycles(machine), stop = next_stop(timeline);
    u64 limit = least(least(until, stop), timeline_next_place(timeline));
    u64 inputs = timeline->next_input;

    *result = machine_run(machine, limit);
    timeline->work += machine_cycles(machine) - before;
    if (*result == RUN_IDLE) {
        machine_skip_idle(machine, limit);
        *result = RUN_BUDGET;
        limit = machine_cycles(machine);
    }
    feed_what_is_due(timeline);
    if (is_end(*result)) {
        if (inputs < timeline->next_input)
            *result = RUN_BUDGET; /* what ended the run then was followed by an input */
        else if (!at_head(timeline))
            timeline->departed = "it stopped where it had gone on";
        return inputs < timeline->next_input;
    }
    return *result == RUN_BUDGET && machine_cycles(machine) >= limit;
}

static RunResult run_past(Timeline *timeline, u64 until)
{
    RunResult result = RUN_BUDGET;

    feed_what_is_due(timeline);
    while (machine_cycles(timeline->machine) < until && !at_head(timeline))
        if (!advance(timeline, until, &result))
            break;
    if (at_head(timeline) && !timeline->closed)
        go_live(timeline);
    return result;
}

RunResult timeline_run(Timeline *timeline, u64 until)
{
    return timeline->past ? run_past(timeline, until) : run_live(timeline, until);
}

/* ---- going somewhere ---- */

static void restore(Timeline *timeline, const Moment *moment)
{
    snapshot_restore(timeline->moments.store, moment->snapshot);
    timeline->next_input = moment->inputs;
    timeline->cursor = moment->tape;
    timeline->work = moment->work;
    timeline->departed = NULL;
    timeline_set_media(timeline, moment->media);
    for (unsigned i = 0; i < TIMELINE_OUTLETS; i++)
        timeline->outlets[i].sent = moment->sent[i];
    timeline_find_place(timeline);
}

/* Runs on to `cycles`, whoever may want to stop on the way. */
static void replay(Timeline *timeline, u64 cycles)
{
    u64 now = machine_cycles(timeline->machine);
    RunResult result;

    while (now < cycles && !timeline->departed) {
        advance(timeline, cycles, &result);
        if (is_end(result) && machine_cycles(timeline->machine) == now)
            break;
        now = machine_cycles(timeline->machine);
    }
}

/* The same, and leaves snapshots on the way, the more the nearer it comes: who goes back once goes
 * back again. */
static void replay_and_remember(Timeline *timeline, u64 cycles)
{
    u64 left = cycles - machine_cycles(timeline->machine);

    feed_what_is_due(timeline);
    while (left > 2 * NEAREST_MOMENT && !timeline->departed) {
        replay(timeline, cycles - left / 2);
        if (timeline->departed || cycles - machine_cycles(timeline->machine) >= left)
            break;
        left = cycles - machine_cycles(timeline->machine);
        timeline_remember(timeline);
    }
    replay(timeline, cycles);
    feed_what_is_due(timeline);
}

bool timeline_goto(Timeline *timeline, u64 cycles)
{
    u64 now = machine_cycles(timeline->machine);
    const Moment *moment;

    if (cycles < timeline_begin(timeline) || cycles > timeline_head(timeline))
        return false;
    if (!timeline->past) {
        if (cycles == now)
            return true;
        leave_head(timeline);
    }
    moment = moments_find(&timeline->moments, cycles);
    if (now > cycles || moment->cycles > now || timeline->departed)
        restore(timeline, moment);
    replay_and_remember(timeline, cycles);
    if (at_head(timeline) && !timeline->departed && !timeline->closed)
        go_live(timeline);
    return true;
}

static bool media_are_equal(const TapeMedium *media, const TapeMedium *others)
{
    for (unsigned i = 0; i < TAPE_DRIVES; i++)
        if (media[i].sectors != others[i].sectors || media[i].changes != others[i].changes ||
            media[i].read_only != others[i].read_only)
            return false;
    return true;
}

bool timeline_cut(Timeline *timeline, char *error, size_t error_size)
{
    TapeMedium then[TAPE_DRIVES], now[TAPE_DRIVES];

    if (!timeline->past)
        return true;
    if (timeline->closed) {
        snprintf(error, error_size,
                 "a recording comes without its disks, so the machine cannot "
                 "live on from here; it can only be replayed");
        return false;
    }
    if (!tape_undo(&timeline->tape, timeline->cursor, timeline->media)) {
        snprintf(error, error_size,
                 "a drive's medium could not be put back to what it was: %s; the machine stays in "
                 "the past",
                 strerror(errno));
        return false;
    }
    inputs_cut(&timeline->inputs, timeline->next_input);
    moments_cut(&timeline->moments, machine_cycles(timeline->machine), timeline->next_input);
    if (timeline->recording)
        recording_cut(timeline->recording, machine_cycles(timeline->machine), timeline->next_input);
    for (unsigned i = 0; i < TIMELINE_OUTLETS; i++)
        timeline->outlets[i].said = timeline->outlets[i].sent;
    timeline->logged = machine_cycles(timeline->machine);
    timeline_get_media(timeline, then);
    go_live(timeline);
    timeline_get_media(timeline, now);
    if (!media_are_equal(then, now))
        machine_medium_changed(timeline->machine);
    return true;
}

/* ---- what there is ---- */

u64 timeline_begin(const Timeline *timeline)
{
    return timeline->moments.list[0].cycles;
}

u64 timeline_now(const Timeline *timeline)
{
    return machine_cycles(timeline->machine);
}

u64 timeline_head(const Timeline *timeline)
{
    return timeline->past ? timeline->head.cycles : machine_cycles(timeline->machine);
}

bool timeline_is_past(const Timeline *timeline)
{
    return timeline->past;
}

void timeline_edited(Timeline *timeline)
{
    assert(!timeline->past);
    if (timeline->recording && !timeline->edited)
        timeline->unedited = snapshot_take(timeline->moments.store);
    timeline->edited = true;
}

u64 timeline_refused(const Timeline *timeline)
{
    return timeline->refused;
}

const char *timeline_departed(const Timeline *timeline)
{
    return timeline->departed;
}

bool timeline_snapshot(const Timeline *timeline, unsigned index, u64 *cycles)
{
    if (index >= timeline->moments.count)
        return false;
    *cycles = timeline->moments.list[index].cycles;
    return true;
}

bool timeline_page_written(const Timeline *timeline, unsigned index, u64 page)
{
    const Moment *list = timeline->moments.list;

    return index + 1 >= timeline->moments.count ||
           snapshot_page_differs(timeline->machine, list[index].snapshot, list[index + 1].snapshot,
                                 page);
}

const InputEvent *timeline_input(const Timeline *timeline, u64 index)
{
    return index < timeline->inputs.count && !input_is_edit(&timeline->inputs.list[index])
               ? &timeline->inputs.list[index].event
               : NULL;
}

u64 timeline_bytes(const Timeline *timeline)
{
    return timeline->moments.store ? snapshot_store_bytes(timeline->moments.store) : 0;
}
