/*
 * The live log of ports, exceptions and interrupts.
 */
#include "frontend/window/panels.h"

#include <inttypes.h>

static const char *const kind_names[LOGGED_KINDS] = {"ports", "exceptions", "interrupts", "int n"};
static const GuiColour kind_colours[LOGGED_KINDS] = {GUI_TEXT, GUI_BAD, GUI_GOOD, GUI_IR};

static void draw_event(Panels *panels, const LoggedEvent *event)
{
    char text[128];

    gui_row();
    gui_cell();
    gui_print(GUI_DIM, "%" PRIu64, event->cycles);
    gui_cell();
    logged_event_words(event, machine_ports(panels->machine), text, sizeof text);
    gui_text(kind_colours[event->kind], text);
    if (event->repeats) {
        gui_same_line();
        gui_print(GUI_DIM, "and %" PRIu64 " times more", event->repeats);
    }
    gui_cell();
    gui_id(event->cycles);
    panels_address(panels, GUI_ADDRESS, event->linear);
    gui_id_end();
}

static void draw_head(Panels *panels)
{
    LogPanel *panel = &panels->log;

    for (unsigned i = 0; i < LOGGED_KINDS; i++) {
        bool seen = !panel->hidden[i];

        if (i > 0)
            gui_same_line();
        if (gui_checkbox(kind_names[i], &seen))
            panel->hidden[i] = !seen;
        gui_tooltip("Whether these are shown and recorded");
    }
    gui_same_line();
    if (gui_button("clear", true))
        panel->log.count = 0;
}

/* Which of the newest are to be seen; returns how many. */
static unsigned choose(const LogPanel *panel, const LoggedEvent **chosen)
{
    unsigned count = 0;
    const LoggedEvent *event;

    for (u64 age = 0; (event = event_log_at(&panel->log, age)); age++)
        if (!panel->hidden[event->kind])
            chosen[count++] = event;
    return count;
}

void panel_log(Panels *panels)
{
    const LoggedEvent *chosen[LOGGED_EVENTS];
    unsigned count, first, last;

    draw_head(panels);
    count = choose(&panels->log, chosen);
    if (!gui_table_begin("log", 3, GUI_TABLE_SCROLL))
        return;
    gui_table_column("newest first", 14);
    gui_table_column("what", 0);
    gui_table_column("at", (float)panels_digits(panels) + 1);
    gui_table_head();
    gui_list_begin(count);
    while (gui_list_next(&first, &last))
        for (unsigned i = first; i < last; i++)
            draw_event(panels, chosen[i]);
    gui_table_end();
}

/* ---- hearing ---- */

static void hear_port(void *owner, u64 cycles, u16 port, Size size, bool write, u64 value)
{
    Panels *panels = owner;

    event_log_port(&panels->log.log, panels->cpu, cycles, port, size, write, value);
}

static void hear_event(void *owner, u64 cycles, const ObservedEvent *event)
{
    Panels *panels = owner;

    event_log_event(&panels->log.log, panels->cpu, cycles, event);
}

static void hear_execution(void *owner, u64 linear)
{
    Panels *panels = owner;

    heat_add(&panels->heat, linear);
}

void panels_listen(Panels *panels)
{
    const bool *hidden = panels->log.hidden;
    bool events =
        !hidden[LOGGED_EXCEPTION] || !hidden[LOGGED_INTERRUPT] || !hidden[LOGGED_SOFTWARE];
    const DebuggerListener listener = {
        .owner = panels,
        .port = hidden[LOGGED_PORT] ? NULL : hear_port,
        .event = events ? hear_event : NULL,
        .execute = hear_execution,
        .first = panels->code.counted_first,
        .length = panels->code.counts ? panels->code.counted_length : 0,
    };

    debugger_listen(panels->debugger, &listener);
}
