/*
 * The timeline: where the machine is between the beginning of its history and the present.
 */
#include "frontend/debugger/timeline.h"
#include "frontend/debugger/reverse.h"
#include "frontend/window/panels.h"

#include <inttypes.h>

enum { MOST_TICKS = 400 };

static float place_of(const Timeline *timeline, u64 cycles)
{
    u64 begin = timeline_begin(timeline), head = timeline_head(timeline);

    return head > begin ? (float)((double)(cycles - begin) / (double)(head - begin)) : 1;
}

/* There may be millions. */
static u64 input_count(const Timeline *timeline)
{
    u64 some = 0, none = 1;

    while (timeline_input(timeline, none))
        none *= 2;
    if (!timeline_input(timeline, 0))
        return 0;
    while (none - some > 1) {
        u64 middle = some + (none - some) / 2;

        if (timeline_input(timeline, middle))
            some = middle;
        else
            none = middle;
    }
    return none;
}

/* Snapshots and inputs; of many, every so many. */
static unsigned gather_ticks(const Timeline *timeline, GuiTick *ticks)
{
    u64 inputs = input_count(timeline), step = 1 + inputs / (MOST_TICKS / 2), cycles;
    unsigned count = 0;

    for (unsigned i = 0; count < MOST_TICKS / 2 && timeline_snapshot(timeline, i, &cycles); i++)
        ticks[count++] = (GuiTick){place_of(timeline, cycles), GUI_DIM};
    for (u64 i = 0; i < inputs && count < MOST_TICKS; i += step) {
        const InputEvent *input = timeline_input(timeline, i);

        if (input->cycles >= timeline_begin(timeline))
            ticks[count++] = (GuiTick){place_of(timeline, input->cycles), GUI_GOOD};
    }
    return count;
}

static void go_to(Panels *panels, u64 cycles)
{
    debugger_pause(panels->debugger);
    *panels->message = '\0';
    panels->code.follows = true;
    reverse_goto(panels->debugger, cycles, panels->message, sizeof panels->message);
}

static void draw_track(Panels *panels, Timeline *timeline)
{
    TimelinePanel *panel = &panels->timeline;
    GuiTick ticks[MOST_TICKS];
    unsigned count = gather_ticks(timeline, ticks);
    u64 begin = timeline_begin(timeline), head = timeline_head(timeline);
    float position = place_of(timeline, timeline_now(timeline));
    u64 wanted;

    if (gui_track("track", &position, ticks, count) && position != panel->position) {
        panel->position = position;
        wanted = begin + (u64)((double)position * (double)(head - begin));
        if (wanted != timeline_now(timeline))
            go_to(panels, wanted > head ? head : wanted);
    }
    gui_tooltip(
        "Drag to go to another moment. Grey: snapshots. Green: keys, mouse and other inputs.");
}

static void draw_buttons(Panels *panels, Timeline *timeline)
{
    bool past = timeline_is_past(timeline);
    u64 cycles;

    if (gui_button("beginning", true))
        go_to(panels, timeline_begin(timeline));
    gui_same_line();
    if (gui_button("present", past))
        go_to(panels, timeline_head(timeline));
    gui_same_line();
    if (gui_button("live from here", past && panels->stopped))
        timeline_cut(timeline, panels->message, sizeof panels->message);
    gui_tooltip("Forgets what came after this moment, puts the drives back as they were, and lets "
                "the machine take keys, clicks and changes again.");
    gui_same_line();
    if (gui_input("clock", "clock", panels->timeline.text, sizeof panels->timeline.text, 16) &&
        panels_read_address(panels, panels->timeline.text, &cycles))
        go_to(panels, cycles);
    gui_tooltip("Goes to this instruction count");
}

void panel_timeline(Panels *panels)
{
    Timeline *timeline = debugger_timeline(panels->debugger);
    unsigned snapshots = 0;
    u64 cycles;

    if (!timeline) {
        gui_wrapped(GUI_DIM, "This machine keeps no history: it was started with -timeline off.");
        return;
    }
    while (timeline_snapshot(timeline, snapshots, &cycles))
        snapshots++;
    draw_buttons(panels, timeline);
    gui_gap();
    draw_track(panels, timeline);
    gui_gap();
    gui_print(GUI_TEXT, "now at %" PRIu64, timeline_now(timeline));
    gui_print(GUI_DIM, "history from %" PRIu64 " to %" PRIu64, timeline_begin(timeline),
              timeline_head(timeline));
    gui_print(GUI_DIM, "%u snapshot%s, %" PRIu64 " MB", snapshots, snapshots == 1 ? "" : "s",
              timeline_bytes(timeline) >> 20);
    if (timeline_departed(timeline))
        gui_wrapped(GUI_BAD, timeline_departed(timeline));
}
