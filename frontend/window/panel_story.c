/*
 * The last exception in words: why it happened, and up to a triple fault why it could not be
 * handled.
 */
#include "frontend/window/panels.h"

#include <string.h>

static bool is_fault(const Stop *stop)
{
    return stop->reason == STOP_TRIPLE_FAULT ||
           (stop->reason == STOP_POINT && stop->point->spec.kind == POINT_EXCEPTION);
}

void panels_notice_fault(Panels *panels)
{
    if (is_fault(debugger_stop(panels->debugger)))
        panels_show(panels, PANEL_STORY);
}

/* The lines that begin at the margin are the steps of the story. */
static void draw_line(const char *line)
{
    gui_wrapped(*line == ' ' ? GUI_TEXT : GUI_HEADING, *line ? line : " ");
}

void panel_story(Panels *panels)
{
    StoryPanel *panel = &panels->story;
    char line[512];

    if (!panels->stopped) {
        gui_wrapped(GUI_DIM,
                    "When the machine stops, the last exception is explained here. A triple "
                    "fault stops it by itself.");
        return;
    }
    if (!panel->told || panel->told_stop != panels->stop_count) {
        story_tell(panels->cpu, debugger_symbols(panels->debugger), panel->text,
                   sizeof panel->text);
        panel->told = true;
        panel->told_stop = panels->stop_count;
    }
    gui_scroll_begin("story", 0);
    for (const char *rest = panel->text; *rest;) {
        size_t length = strcspn(rest, "\n");
        size_t kept = length < sizeof line - 1 ? length : sizeof line - 1;

        memcpy(line, rest, kept);
        line[kept] = '\0';
        draw_line(line);
        rest += length + (rest[length] == '\n');
    }
    gui_scroll_end();
}
