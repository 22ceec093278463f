#include "frontend/window/debugger_window.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "frontend/window/panels.h"

struct DebuggerWindow {
    Gui *gui;
    Panels *panels;
    unsigned shown_stop;
};

static bool make_folder(const char *path)
{
    return mkdir(path, 0700) == 0 || errno == EEXIST;
}

/* $XDG_CONFIG_HOME/vitrine/debugger.ini, with its folder made; false: there is no home for it. */
static bool settings_path(char *path, size_t size)
{
    const char *base = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    char folder[1024];
    int length;

    if (base && *base == '/')
        length = snprintf(folder, sizeof folder, "%s", base);
    else if (home && *home == '/')
        length = snprintf(folder, sizeof folder, "%s/.config", home);
    else
        return false;
    if (length < 0 || (size_t)length >= sizeof folder || !make_folder(folder))
        return false;
    length = snprintf(path, size, "%s/vitrine", folder);
    if (length < 0 || (size_t)length >= size || !make_folder(path))
        return false;
    length = snprintf(path, size, "%s/vitrine/debugger.ini", folder);
    return length > 0 && (size_t)length < size;
}

static void load_setting(void *owner, const char *line)
{
    layout_load(owner, line);
}

static void save_settings(void *owner, char *text, size_t size)
{
    layout_save(owner, text, size);
}

DebuggerWindow *debugger_window_open(struct SDL_Window *sdl_window, Debugger *debugger)
{
    DebuggerWindow *window = calloc(1, sizeof *window);
    GuiSettings settings = {load_setting, save_settings, NULL};
    char path[1024];
    bool kept = settings_path(path, sizeof path);

    if (!window)
        return NULL;
    window->panels = panels_create(debugger);
    if (window->panels) {
        settings.owner = &window->panels->layout;
        window->gui = gui_create(sdl_window, kept ? path : NULL, &settings);
    }
    if (!window->gui) {
        debugger_window_close(window);
        return NULL;
    }
    return window;
}

void debugger_window_close(DebuggerWindow *window)
{
    if (window->gui)
        gui_destroy(window->gui);
    if (window->panels)
        panels_destroy(window->panels);
    free(window);
}

void debugger_window_event(DebuggerWindow *window, const union SDL_Event *event)
{
    gui_event(window->gui, event);
}

void debugger_window_release_input(DebuggerWindow *window)
{
    gui_release_input(window->gui);
}

bool debugger_window_wants_no_keys(const DebuggerWindow *window)
{
    return window->panels->screen_has_keyboard;
}

bool debugger_window_is_busy(const DebuggerWindow *window)
{
    return gui_is_busy(window->gui) ||
           debugger_stop_count(window->panels->debugger) != window->shown_stop;
}

bool debugger_window_wants_closing(const DebuggerWindow *window)
{
    return window->panels->wants_closing;
}

void debugger_window_say(DebuggerWindow *window, const char *sentence)
{
    snprintf(window->panels->message, sizeof window->panels->message, "%s", sentence);
}

void debugger_window_change_font(DebuggerWindow *window, bool larger)
{
    panels_change_font(window->panels, larger);
}

bool debugger_window_draw(DebuggerWindow *window, struct SDL_Surface *surface,
                          const Picture *picture, const DisplayStatus *status)
{
    const Layout *layout = &window->panels->layout;
    const GuiLook look = {layout->font_pixels, layout->light};

    if (!gui_begin(window->gui, surface, &look))
        return false;
    window->shown_stop = debugger_stop_count(window->panels->debugger);
    panels_draw(window->panels, picture, status);
    gui_end(window->gui);
    return true;
}

DisplayRequest debugger_window_request(DebuggerWindow *window)
{
    DisplayRequest request = window->panels->request;

    window->panels->request = DISPLAY_NOTHING;
    return request;
}

struct Panels *debugger_window_panels(DebuggerWindow *window)
{
    return window->panels;
}
