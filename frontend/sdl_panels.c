/*
 * The debugger's panels in the window, instead of the guest's picture alone.
 *
 * The mouse is the panels'. The keyboard is the guest's while the panel with its screen was clicked
 * last and the machine runs, else the panels'; Ctrl-Alt and a key works in either case.
 */
#include "frontend/debugger/debugger.h"
#include "frontend/sdl_shortcuts.h"
#include "frontend/sdl_window.h"
#include "frontend/window/debugger_window.h"

enum {
    PANELS_WIDTH = 1280,
    PANELS_HEIGHT = 800,
    RUNNING_MS = 40, /* between two drawings while nobody does anything */
    STOPPED_MS = 200,
};

/* ---- opening and closing ---- */

static void grow(Window *window)
{
    SDL_Rect screen = {0, 0, PANELS_WIDTH, PANELS_HEIGHT};
    int width, height;

    SDL_GetWindowSize(window->window, &window->width_before, &window->height_before);
    SDL_GetDisplayUsableBounds(SDL_GetWindowDisplayIndex(window->window), &screen);
    width = PANELS_WIDTH < screen.w ? PANELS_WIDTH : screen.w;
    height = PANELS_HEIGHT < screen.h ? PANELS_HEIGHT : screen.h;
    window->set_width = width > window->width_before ? width : window->width_before;
    window->set_height = height > window->height_before ? height : window->height_before;
    SDL_SetWindowSize(window->window, window->set_width, window->set_height);
    window_keep_on_screen(window);
}

static void open_panels(Window *window)
{
    if (!window->debugger) {
        window_say(window, "this machine has no debugger");
        return;
    }
    window->panels = debugger_window_open(window->window, window->debugger);
    if (!window->panels) {
        window_say(window, "the host has no memory for the debugger");
        return;
    }
    debugger_attach(window->debugger);
    if (!window->fullscreen)
        grow(window);
    window->help = false;
    window->surface = NULL;
    window->keys_to_guest = false;
    SDL_StartTextInput();
}

void window_close_panels(Window *window)
{
    if (!window->panels)
        return;
    debugger_window_close(window->panels);
    debugger_detach(window->debugger);
    window->panels = NULL;
    if (window->lost)
        return;
    SDL_StopTextInput();
    if (!window->fullscreen) {
        window->set_width = window->width_before;
        window->set_height = window->height_before;
        SDL_SetWindowSize(window->window, window->set_width, window->set_height);
    }
    window->surface = NULL;
    window->redraw = true;
}

void window_toggle_panels(Window *window, Machine *machine)
{
    window->panels_wanted = false;
    window_release_keys(window, machine);
    if (window->panels)
        window_close_panels(window);
    else
        open_panels(window);
}

/* ---- events ---- */

static bool is_stopped(const Window *window)
{
    return debugger_stop(window->debugger)->reason != STOP_NONE;
}

/* What the panels do in place of the window. */
static bool perform_for_panels(Window *window, Shortcut shortcut)
{
    switch (shortcut) {
    case DO_LARGER:
    case DO_SMALLER:
        debugger_window_change_font(window->panels, shortcut == DO_LARGER);
        return true;
    case DO_PAUSE:
        if (is_stopped(window))
            debugger_continue(window->debugger);
        else
            debugger_pause(window->debugger);
        return true;
    case DO_HELP:
        debugger_window_say(window->panels,
                            "rest the mouse on anything to read what it does; docs/debugger.md "
                            "tells more; Ctrl-Alt-D closes the debugger");
        return true;
    default:
        return false;
    }
}

static bool take_key(Window *window, const SDL_Event *event)
{
    Shortcut shortcut;

    if (shortcut_find(&event->key.keysym, &shortcut))
        return event->type == SDL_KEYUP || perform_for_panels(window, shortcut);
    if (window->keys_to_guest)
        return false;
    debugger_window_event(window->panels, event);
    return true;
}

bool window_panels_take(Window *window, Machine *machine, const SDL_Event *event)
{
    bool to_guest;

    if (!window->panels)
        return false;
    to_guest = debugger_window_wants_no_keys(window->panels) && !is_stopped(window);
    if (to_guest != window->keys_to_guest) {
        window_release_keys(window, machine);
        debugger_window_release_input(window->panels);
        window->keys_to_guest = to_guest;
    }
    switch (event->type) {
    case SDL_KEYDOWN:
    case SDL_KEYUP:
        return take_key(window, event);
    case SDL_TEXTINPUT:
        if (!to_guest)
            debugger_window_event(window->panels, event);
        return true;
    case SDL_MOUSEMOTION:
    case SDL_MOUSEBUTTONDOWN:
    case SDL_MOUSEBUTTONUP:
    case SDL_MOUSEWHEEL:
        if (window->grabbed)
            return false;
        debugger_window_event(window->panels, event);
        return true;
    case SDL_WINDOWEVENT:
        debugger_window_event(window->panels, event);
        return false;
    default:
        return false;
    }
}

/* ---- drawing ---- */

void window_draw_panels(Window *window, const DisplayStatus *status)
{
    Uint32 now = SDL_GetTicks();

    if (!window->redraw && !debugger_window_is_busy(window->panels) &&
        !SDL_TICKS_PASSED(now, window->panels_due))
        return;
    if (!window_fetch_surface(window))
        return;
    window->panels_due = now + (is_stopped(window) ? STOPPED_MS : RUNNING_MS);
    window->redraw = false;
    if (debugger_window_draw(window->panels, window->surface, &window->picture, status))
        SDL_UpdateWindowSurface(window->window);
    window->request = debugger_window_request(window->panels);
    if (debugger_window_wants_closing(window->panels))
        window_close_panels(window);
}
