/*
 * The window: SDL 2. Pixels are scaled by a whole factor into the window's surface, only the
 * lines that changed; an unchanged screen costs nothing.
 */
#include "frontend/display.h"
#include "frontend/sdl_keys.h"
#include "frontend/sdl_shortcuts.h"
#include "frontend/sdl_window.h"
#include "frontend/x11_lost.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- mouse and keys ---- */

static void set_grab(Window *window, bool grabbed)
{
    if (window->grabbed == grabbed)
        return;
    window->grabbed = grabbed;
    SDL_SetRelativeMouseMode(grabbed ? SDL_TRUE : SDL_FALSE);
    SDL_SetWindowGrab(window->window, grabbed ? SDL_TRUE : SDL_FALSE);
    window->title_due = 0;
    if (grabbed)
        window_say(window, "Ctrl-Alt-G releases the mouse");
}

void window_release_keys(Window *window, Machine *machine)
{
    for (unsigned key = 0; key < KEY_COUNT; key++)
        if (window->down[key]) {
            window->down[key] = false;
            machine_key(machine, (Key)key, false);
        }
    if (window->buttons)
        machine_mouse(machine, 0, 0, 0, window->buttons = 0);
}

static DisplayRequest perform(Window *window, Machine *machine, Shortcut shortcut)
{
    switch (shortcut) {
    case DO_GRAB:
        set_grab(window, !window->grabbed);
        return DISPLAY_NOTHING;
    case DO_FULLSCREEN:
        window_set_fullscreen(window, !window->fullscreen);
        return DISPLAY_NOTHING;
    case DO_DEBUGGER:
        window_toggle_panels(window, machine);
        return DISPLAY_NOTHING;
    case DO_LARGER:
    case DO_SMALLER:
        window_change_factor(window, shortcut == DO_LARGER);
        return DISPLAY_NOTHING;
    case DO_HELP:
        window->help = !window->help;
        window->redraw = true;
        return DISPLAY_NOTHING;
    case DO_PAUSE:
        return DISPLAY_PAUSE;
    case DO_SPEED:
        return DISPLAY_SPEED;
    case DO_SCREENSHOT:
        return DISPLAY_SCREENSHOT;
    case DO_RESET:
        return DISPLAY_RESET;
    case DO_POWER:
        return DISPLAY_POWER_BUTTON;
    case DO_QUIT:
        return DISPLAY_QUIT;
    }
    return DISPLAY_NOTHING;
}

static DisplayRequest key_event(Window *window, Machine *machine, const SDL_KeyboardEvent *event)
{
    Key key = sdl_key(event->keysym.scancode);
    bool down = event->state == SDL_PRESSED;
    Shortcut shortcut;

    /* The guest's keyboard repeats by itself. */
    if (event->repeat)
        return DISPLAY_NOTHING;
    if (down && shortcut_find(&event->keysym, &shortcut)) {
        /* The guest has seen Ctrl and Alt; it need not wait for their release. */
        window_release_keys(window, machine);
        return perform(window, machine, shortcut);
    }
    if (down && window->help) {
        window->help = false;
        window->redraw = true;
    }
    if (key != KEY_NONE && window->down[key] != down) {
        window->down[key] = down;
        machine_key(machine, key, down);
    }
    return DISPLAY_NOTHING;
}

static void button_event(Window *window, Machine *machine, const SDL_MouseButtonEvent *event)
{
    unsigned mask = event->button == SDL_BUTTON_LEFT     ? 1
                    : event->button == SDL_BUTTON_RIGHT  ? 2
                    : event->button == SDL_BUTTON_MIDDLE ? 4
                    : event->button == SDL_BUTTON_X1     ? 8
                    : event->button == SDL_BUTTON_X2     ? 16
                                                         : 0;

    if (!window->grabbed) {
        if (event->state == SDL_PRESSED)
            set_grab(window, true);
        return;
    }
    window->buttons =
        event->state == SDL_PRESSED ? window->buttons | mask : window->buttons & ~mask;
    machine_mouse(machine, 0, 0, 0, window->buttons);
}

static void window_event(Window *window, Machine *machine, const SDL_WindowEvent *event)
{
    switch (event->event) {
    case SDL_WINDOWEVENT_FOCUS_LOST:
        window_release_keys(window, machine);
        set_grab(window, false);
        break;
    case SDL_WINDOWEVENT_RESIZED:
        window->resized_by_hand = !window->fullscreen && (event->data1 != window->set_width ||
                                                          event->data2 != window->set_height);
        window->surface = NULL;
        window->redraw = true;
        break;
    case SDL_WINDOWEVENT_SIZE_CHANGED:
        window->surface = NULL;
        window->redraw = true;
        break;
    case SDL_WINDOWEVENT_EXPOSED:
    case SDL_WINDOWEVENT_RESTORED:
    case SDL_WINDOWEVENT_SHOWN:
        window->redraw = true;
        break;
    }
}

static DisplayRequest window_poll(Display *display, Machine *machine)
{
    Window *window = (Window *)display;
    DisplayRequest request = window->request;
    SDL_Event event;

    window->request = DISPLAY_NOTHING;
    while (request == DISPLAY_NOTHING && !window->lost && SDL_PollEvent(&event)) {
        if (window_panels_take(window, machine, &event))
            continue;
        switch (event.type) {
        case SDL_QUIT:
            request = DISPLAY_QUIT;
            break;
        case SDL_KEYDOWN:
        case SDL_KEYUP:
            request = key_event(window, machine, &event.key);
            break;
        case SDL_MOUSEMOTION:
            if (window->grabbed)
                machine_mouse(machine, event.motion.xrel, -event.motion.yrel, 0, window->buttons);
            break;
        case SDL_MOUSEBUTTONDOWN:
        case SDL_MOUSEBUTTONUP:
            button_event(window, machine, &event.button);
            break;
        case SDL_MOUSEWHEEL:
            if (window->grabbed)
                machine_mouse(machine, 0, 0, event.wheel.y, window->buttons);
            break;
        case SDL_WINDOWEVENT:
            window_event(window, machine, &event.window);
            break;
        }
    }
    return window->lost ? DISPLAY_LOST : request;
}

/* ---- opening and closing ---- */

static void window_close(Display *display)
{
    Window *window = (Window *)display;

    window_close_panels(window);
    if (!window->lost) {
        SDL_FreeSurface(window->converted);
        if (window->window)
            SDL_DestroyWindow(window->window);
        SDL_Quit();
    }
    picture_free(&window->picture);
    free(window);
}

static bool open_window(Window *window, const DisplayOptions *options)
{
    /* Signals are the frontend's; a GPU would need more memory than the machine. */
    SDL_SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, "1");
    SDL_SetHint(SDL_HINT_FRAMEBUFFER_ACCELERATION, "0");
    SDL_SetHint(SDL_HINT_GRAB_KEYBOARD, "1");
    SDL_SetHint(SDL_HINT_VIDEO_ALLOW_SCREENSAVER, "1");
    SDL_SetHint(SDL_HINT_VIDEO_X11_NET_WM_BYPASS_COMPOSITOR, "0");
    if (SDL_Init(SDL_INIT_VIDEO) != 0)
        return false;
    window->window = SDL_CreateWindow(window->title, SDL_WINDOWPOS_CENTERED, SDL_WINDOWPOS_CENTERED,
                                      FIRST_WIDTH, FIRST_HEIGHT, SDL_WINDOW_RESIZABLE);
    if (!window->window)
        return false;
    x11_watch(window->window, &window->lost);
    SDL_StopTextInput();
    window_set_size(window);
    SDL_SetWindowPosition(window->window, SDL_WINDOWPOS_CENTERED, SDL_WINDOWPOS_CENTERED);
    window_say(window, "Ctrl-Alt-H shows the keys of this window");
    if (options->fullscreen)
        window_set_fullscreen(window, true);
    return true;
}

Display *display_sdl_open(const DisplayOptions *options, char *error, size_t error_size)
{
    Window *window = calloc(1, sizeof *window);

    if (!window) {
        snprintf(error, error_size, "out of memory");
        return NULL;
    }
    window->display = (Display){"sdl", -1, window_poll, window_draw, window_close};
    window->debugger = options->debugger;
    window->panels_wanted = options->open_debugger;
    window->factor = options->scale < MAX_FACTOR ? options->scale : MAX_FACTOR;
    snprintf(window->title, sizeof window->title, "%s", options->title ? options->title : "");
    if (!open_window(window, options)) {
        snprintf(error, error_size, "cannot open a window: %s", SDL_GetError());
        window_close(&window->display);
        return NULL;
    }
    return &window->display;
}
