/*
 * The timeline's hands on what comes into a machine and goes out of it.
 */
#include <string.h>

#include "frontend/debugger/recording_pages.h"
#include "frontend/debugger/timeline_state.h"

/* ---- drives ---- */

static BlockDevice **medium_of(MachineConfig *config, unsigned number)
{
    return number < MACHINE_IDE_DRIVES ? &config->drives[number].medium
                                       : &config->floppies[number - MACHINE_IDE_DRIVES];
}

static void tap_drives(Timeline *timeline, MachineConfig *config)
{
    for (unsigned i = 0; i < TAPE_DRIVES; i++) {
        BlockDevice **medium = medium_of(config, i);

        timeline->media[i] = *medium;
        if (*medium)
            *medium = &timeline->drives[i].device;
    }
    timeline_record_drives(timeline);
}

void timeline_record_drives(Timeline *timeline)
{
    for (unsigned i = 0; i < TAPE_DRIVES; i++)
        if (timeline->media[i])
            tape_recorder(&timeline->drives[i], &timeline->tape, (u8)i, timeline->media[i]);
}

void timeline_play_drives(Timeline *timeline)
{
    for (unsigned i = 0; i < TAPE_DRIVES; i++)
        if (timeline->media[i])
            tape_player(&timeline->drives[i], &timeline->tape, (u8)i, timeline->media[i],
                        &timeline->cursor, &timeline->departed);
}

void timeline_get_media(const Timeline *timeline, TapeMedium media[TAPE_DRIVES])
{
    for (unsigned i = 0; i < TAPE_DRIVES; i++) {
        const BlockDevice *device = &timeline->drives[i].device;

        media[i] = (TapeMedium){device->sectors, device->changes, device->read_only};
    }
}

void timeline_set_media(Timeline *timeline, const TapeMedium media[TAPE_DRIVES])
{
    for (unsigned i = 0; i < TAPE_DRIVES; i++) {
        BlockDevice *device = &timeline->drives[i].device;

        device->sectors = media[i].sectors;
        device->changes = media[i].changes;
        device->read_only = media[i].read_only;
    }
}

/* ---- inputs ---- */

static bool note(void *owner, const InputEvent *event)
{
    Timeline *timeline = owner;
    TapeMedium media[TAPE_DRIVES];

    if (timeline->feeding)
        return true;
    if (timeline->past) {
        timeline->refused++;
        return false;
    }
    timeline_settle_edit(timeline);
    if (event->kind == INPUT_MEDIUM_CHANGED)
        timeline_record_drives(timeline); /* they look at their media anew */
    timeline_get_media(timeline, media);
    if (!inputs_add(&timeline->inputs, event, media))
        timeline->broken = true;
    return true;
}

/* Edits are kept as what the machine was after them. */
void timeline_settle_edit(Timeline *timeline)
{
    MachineSnapshot *edit;
    ByteWriter pages = {0};

    if (!timeline->edited)
        return;
    timeline->edited = false;
    edit = snapshot_take(timeline->moments.store);
    if (edit && timeline->unedited)
        put_changed_pages(&pages, timeline->moments.store, timeline->unedited, edit);
    snapshot_release(timeline->moments.store, timeline->unedited);
    timeline->unedited = NULL;
    if (!edit || pages.failed ||
        !inputs_add_edit(&timeline->inputs, machine_cycles(timeline->machine), edit, pages.bytes,
                         pages.length))
        timeline->broken = true;
}

/* What the machine is here, with a recording's pages in the place of its own. */
static MachineSnapshot *make_edit(Timeline *timeline, const TimelineInput *input)
{
    SnapshotStore *store = timeline->moments.store;
    ByteReader reader = {.bytes = input->pages, .length = input->pages_length};
    MachineSnapshot *present = snapshot_take(store);
    MachineSnapshot *edit = present ? snapshot_copy(store, present) : NULL;

    snapshot_release(store, present);
    if (edit && get_pages(&reader, store, edit))
        return edit;
    snapshot_release(store, edit);
    return NULL;
}

static void feed_edit(Timeline *timeline, TimelineInput *input)
{
    u64 now = machine_cycles(timeline->machine);

    if (!input->edit)
        input->edit = make_edit(timeline, input);
    if (input->edit)
        snapshot_restore(timeline->moments.store, input->edit);
    if (!input->edit || machine_cycles(timeline->machine) != now)
        timeline->departed = "a change by hand could not be repeated";
}

void timeline_feed(Timeline *timeline)
{
    TimelineInput *input = &timeline->inputs.list[timeline->next_input++];

    if (input_is_edit(input)) {
        feed_edit(timeline, input);
        return;
    }
    if (input->media)
        timeline_set_media(timeline, input->media);
    timeline->feeding = true;
    machine_input(timeline->machine, &input->event);
    timeline->feeding = false;
}

/* ---- outputs ---- */

static void send(void *owner, u8 byte)
{
    Outlet *outlet = owner;

    if (outlet->sent++ < outlet->said)
        return;
    outlet->said = outlet->sent;
    byte_sink_write(outlet->inner, byte);
}

static void tap_sink(Timeline *timeline, ByteSink *sink)
{
    Outlet *outlet = &timeline->outlets[timeline->outlet_count++];

    *outlet = (Outlet){.inner = *sink};
    if (sink->write)
        *sink = (ByteSink){send, outlet};
}

static void write_log(void *owner, const char *line)
{
    Timeline *timeline = owner;
    u64 now = timeline->machine ? machine_cycles(timeline->machine) : 0;

    /* A line at the clock at which it stopped may come twice; none is lost. */
    if (now < timeline->logged || !timeline->log.write)
        return;
    timeline->logged = now;
    timeline->log.write(timeline->log.owner, line);
}

void timeline_tap(Timeline *timeline, MachineConfig *config)
{
    tap_drives(timeline, config);
    config->input_tap = (InputTap){note, timeline};
    for (unsigned i = 0; i < MACHINE_SERIAL_PORTS; i++)
        tap_sink(timeline, &config->serial[i]);
    for (unsigned i = 0; i < MACHINE_PARALLEL_PORTS; i++)
        tap_sink(timeline, &config->parallel[i]);
    tap_sink(timeline, &config->debug_console);
    timeline->log = config->log;
    config->log.write = write_log;
    config->log.owner = timeline;
}
