/*
 * The two lines above the panels: what the machine can be told to do, and why it stands still.
 */
#include "frontend/window/panels.h"

#include <inttypes.h>
#include <stdio.h>

#include "frontend/debugger/reverse.h"
#include "frontend/debugger/timeline.h"

typedef enum Action {
    ACT_RUN,
    ACT_STEP,
    ACT_OVER,
    ACT_OUT,
    ACT_BACK_RUN,
    ACT_BACK_STEP,
    ACT_BACK_OVER,
} Action;

// clang-format off
static const struct {
    Action action;
    const char *label, *help;
    GuiKey key;
    bool shift;
} buttons[] = {
    {ACT_STEP, "Step", "One instruction, into calls (F11)", GUI_F11, false},
    {ACT_OVER, "Over", "One instruction; calls and repeated string instructions run to their end (F10)", GUI_F10, false},
    {ACT_OUT, "Out", "Until the current function has returned (Shift-F11)", GUI_F11, true},
    {ACT_BACK_RUN, "< Run", "Back to the last moment at which a breakpoint would have stopped the machine (Shift-F5)", GUI_F5, true},
    {ACT_BACK_STEP, "< Step", "Back by one instruction (F7)", GUI_F7, false},
    {ACT_BACK_OVER, "< Over", "Back by one instruction, over calls (Shift-F7)", GUI_F7, true},
};
// clang-format on

static void run_or_stop(Panels *panels)
{
    if (panels->stopped)
        debugger_continue(panels->debugger);
    else if (panels->status->paused)
        panels->request = DISPLAY_PAUSE;
    else
        debugger_pause(panels->debugger);
}

static void act(Panels *panels, Action action)
{
    Debugger *debugger = panels->debugger;
    char *error = panels->message;
    size_t size = sizeof panels->message;

    *error = '\0';
    panels->editing.id = 0;
    panels->code.follows = true;
    switch (action) {
    case ACT_RUN:
        run_or_stop(panels);
        break;
    case ACT_STEP:
        debugger_step(debugger, STEP_INSTRUCTION, 1);
        break;
    case ACT_OVER:
        debugger_step(debugger, STEP_OVER, 1);
        break;
    case ACT_OUT:
        debugger_step(debugger, STEP_OUT, 1);
        break;
    case ACT_BACK_RUN:
        reverse_continue(debugger, error, size);
        break;
    case ACT_BACK_STEP:
        reverse_step(debugger, 1, error, size);
        break;
    case ACT_BACK_OVER:
        reverse_next(debugger, 1, error, size);
        break;
    }
}

static void draw_buttons(Panels *panels)
{
    bool still = panels->stopped || panels->status->paused;
    bool has_past = debugger_timeline(panels->debugger) != NULL;

    if (gui_button(still ? "Continue" : "Pause   ", true) || gui_key(GUI_F5, false))
        act(panels, ACT_RUN);
    gui_tooltip("Let the machine run, or stop it (F5)");
    for (unsigned i = 0; i < COUNT_OF(buttons); i++) {
        bool enabled = panels->stopped && (has_past || buttons[i].action < ACT_BACK_RUN);

        gui_same_line();
        if (gui_button(buttons[i].label, enabled) ||
            (enabled && gui_key(buttons[i].key, buttons[i].shift)))
            act(panels, buttons[i].action);
        gui_tooltip(buttons[i].help);
    }
}

static void draw_panel_menu(Panels *panels)
{
    Layout *layout = &panels->layout;

    if (!gui_menu_begin("Menu"))
        return;
    for (unsigned i = 0; i < layout->panel_count; i++) {
        bool seen = layout->tiles[i] != TILE_HIDDEN;

        if (gui_menu_item(layout->names[i], "", seen, true))
            panels_show(panels, i);
        gui_tooltip(panel_table[i].help);
    }
    gui_line();
    if (gui_menu_item("reset the machine", "Ctrl-Alt-R", false, true))
        panels->request = DISPLAY_RESET;
    if (gui_menu_item("close the debugger", "Ctrl-Alt-D", false, true))
        panels->wants_closing = true;
    gui_line();
    if (gui_menu_item("larger letters", "Ctrl-Alt-+", false, true))
        panels_change_font(panels, true);
    if (gui_menu_item("smaller letters", "Ctrl-Alt--", false, true))
        panels_change_font(panels, false);
    if (gui_menu_item("dark on light", "", layout->light, true)) {
        layout->light = !layout->light;
        gui_settings_changed();
    }
    gui_menu_end();
}

static void draw_clock(const Panels *panels)
{
    u64 cycles = machine_cycles(panels->machine), hz = machine_hz(panels->machine);

    gui_print(GUI_DIM, "%" PRIu64 " instructions, %.6f s of guest time", cycles,
              (double)cycles / (double)hz);
    gui_tooltip(
        "The machine's one clock: instructions retired since it was made, and the time that "
        "the guest believes has passed.");
}

static void draw_state(const Panels *panels)
{
    const Stop *stop = debugger_stop(panels->debugger);
    struct Timeline *timeline = debugger_timeline(panels->debugger);

    if (timeline && timeline_is_past(timeline)) {
        gui_text(GUI_IR, "In the past.");
        gui_tooltip("What happens now has happened before. The Timeline panel leads back to the "
                    "present.");
        gui_same_line();
    }

    if (*panels->message)
        gui_text(GUI_BAD, panels->message);
    else if (panels->status->message)
        gui_text(GUI_GOOD, panels->status->message);
    else if (panels->stopped)
        gui_print(GUI_HEADING, "Stopped: %s",
                  stop->reason == STOP_ASKED ? "as you asked" : stop->text);
    else if (panels->status->paused)
        gui_text(GUI_HEADING, "Paused");
    else
        gui_print(GUI_GOOD, "Running, %.*f million instructions a second, %.0f %% of real time%s",
                  panels->status->mips < 10 ? 1 : 0, panels->status->mips,
                  100 * panels->status->speed,
                  panels->screen_has_keyboard ? "; the keyboard is the guest's, Ctrl-Alt-P stops it"
                                              : "; click the guest's screen to type there");
}

void panels_change_font(Panels *panels, bool larger)
{
    unsigned *pixels = &panels->layout.font_pixels;

    *pixels = larger ? *pixels + *pixels / 8 : *pixels - *pixels / 9;
    if (*pixels < FONT_SMALLEST)
        *pixels = FONT_SMALLEST;
    if (*pixels > FONT_LARGEST)
        *pixels = FONT_LARGEST;
    gui_settings_changed();
}

void toolbar_draw(Panels *panels, GuiBox box)
{
    gui_place_begin("toolbar", box);
    draw_buttons(panels);
    gui_same_line();
    draw_panel_menu(panels);
    gui_same_line();
    draw_clock(panels);
    draw_state(panels);
    gui_place_end();
}
