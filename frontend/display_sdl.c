/*
 * The window: SDL 2. Pixels are scaled by a whole factor into the window's surface, only the
 * lines that changed; an unchanged screen costs nothing.
 */
#include "frontend/display.h"
#include "frontend/overlay.h"
#include "frontend/picture.h"
#include "frontend/sdl_keys.h"
#include "frontend/sdl_shortcuts.h"
#include "frontend/x11_lost.h"

#include <SDL2/SDL.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAX_FACTOR = 8,
    CHOSEN_FACTOR = 3, /* at most this by itself */
    MESSAGE_MS = 2500,
    TITLE_MS = 500, /* between two changes of the speed in the title */
    FIRST_WIDTH = 720,
    FIRST_HEIGHT = 400,
};

typedef struct Window {
    Display display;
    SDL_Window *window;
    SDL_Surface *surface;   /* the window's; NULL: to be fetched anew */
    SDL_Surface *converted; /* drawn on instead where the window's pixels are not 00RRGGBBh */
    Picture picture;
    Fit fit;
    bool fit_known;
    unsigned factor;                            /* wanted; 0: chosen by the size of the screen */
    unsigned sized_for_width, sized_for_height; /* the picture's, for which the window was made */
    int set_width, set_height;                  /* and the size that it was given then */
    bool lost, redraw, resized_by_hand;
    bool grabbed, fullscreen, help;
    bool down[KEY_COUNT];
    unsigned buttons;
    char title[128], shown_title[256];
    Uint32 title_due;
    char message[160]; /* shown until: */
    Uint32 message_end;
    bool message_shown;
} Window;

static void say(Window *window, const char *message)
{
    snprintf(window->message, sizeof window->message, "%s", message);
    window->message_end = SDL_GetTicks() + MESSAGE_MS;
    window->redraw = true;
}

/* ---- the window's size ---- */

/* The largest factor with which the picture leaves some of the screen free. */
static unsigned factor_that_fits(const Window *window, unsigned width, unsigned height)
{
    SDL_Rect screen;
    unsigned factor = 1, display = (unsigned)SDL_GetWindowDisplayIndex(window->window);

    if (SDL_GetDisplayUsableBounds((int)display, &screen) != 0)
        return 1;
    while (factor < MAX_FACTOR && width * (factor + 1) <= (unsigned)screen.w * 9 / 10 &&
           height * (factor + 1) <= (unsigned)screen.h * 9 / 10)
        factor++;
    return factor;
}

/* A window that grew may have left the screen. */
static void keep_on_screen(Window *window)
{
    SDL_Rect screen;
    int x, y;

    if (SDL_GetDisplayUsableBounds(SDL_GetWindowDisplayIndex(window->window), &screen) != 0)
        return;
    SDL_GetWindowPosition(window->window, &x, &y);
    if (x < screen.x || y < screen.y || x + window->set_width > screen.x + screen.w ||
        y + window->set_height > screen.y + screen.h)
        SDL_SetWindowPosition(window->window, SDL_WINDOWPOS_CENTERED, SDL_WINDOWPOS_CENTERED);
}

static void set_window_size(Window *window)
{
    unsigned width = window->picture.width ? window->picture.width : FIRST_WIDTH;
    unsigned height = window->picture.height ? window->picture.height : FIRST_HEIGHT;
    unsigned room = factor_that_fits(window, width, height), factor = window->factor;

    if (factor == 0)
        factor = room < CHOSEN_FACTOR ? room : CHOSEN_FACTOR;
    window->sized_for_width = width;
    window->sized_for_height = height;
    window->set_width = (int)(width * factor);
    window->set_height = (int)(height * factor);
    SDL_SetWindowSize(window->window, window->set_width, window->set_height);
    keep_on_screen(window);
    window->resized_by_hand = false;
    window->surface = NULL;
    window->redraw = true;
}

static void change_factor(Window *window, bool larger)
{
    unsigned factor = window->fit_known && window->fit.factor ? window->fit.factor : 1;

    if (window->fullscreen)
        return;
    if (larger && factor < factor_that_fits(window, window->picture.width, window->picture.height))
        factor++;
    else if (!larger && factor > 1)
        factor--;
    else
        say(window, larger ? "the screen has no room for more" : "smaller it would not be sharp");
    window->factor = factor;
    set_window_size(window);
}

static void set_fullscreen(Window *window, bool fullscreen)
{
    if (SDL_SetWindowFullscreen(window->window, fullscreen ? SDL_WINDOW_FULLSCREEN_DESKTOP : 0) !=
        0) {
        say(window, "no full screen here");
        return;
    }
    window->fullscreen = fullscreen;
    window->surface = NULL;
    window->redraw = true;
    if (fullscreen)
        say(window, "Ctrl-Alt-F leaves the full screen");
}

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
        say(window, "Ctrl-Alt-G releases the mouse");
}

static void release_keys(Window *window, Machine *machine)
{
    for (unsigned key = 0; key < KEY_COUNT; key++)
        if (window->down[key]) {
            window->down[key] = false;
            machine_key(machine, (Key)key, false);
        }
    if (window->buttons)
        machine_mouse(machine, 0, 0, 0, window->buttons = 0);
}

static DisplayRequest perform(Window *window, Shortcut shortcut)
{
    switch (shortcut) {
    case DO_GRAB:
        set_grab(window, !window->grabbed);
        return DISPLAY_NOTHING;
    case DO_FULLSCREEN:
        set_fullscreen(window, !window->fullscreen);
        return DISPLAY_NOTHING;
    case DO_LARGER:
    case DO_SMALLER:
        change_factor(window, shortcut == DO_LARGER);
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
        release_keys(window, machine);
        return perform(window, shortcut);
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
        release_keys(window, machine);
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
    DisplayRequest request = DISPLAY_NOTHING;
    SDL_Event event;

    while (request == DISPLAY_NOTHING && !window->lost && SDL_PollEvent(&event)) {
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

/* ---- drawing ---- */

static void update_title(Window *window, const DisplayStatus *status)
{
    char title[sizeof window->shown_title];

    if (!SDL_TICKS_PASSED(SDL_GetTicks(), window->title_due))
        return;
    window->title_due = SDL_GetTicks() + TITLE_MS;
    if (status->paused)
        snprintf(title, sizeof title, "%s - vitrine (paused)", window->title);
    else
        snprintf(title, sizeof title, "%s - vitrine, %.0f %% speed, %.*f MIPS%s", window->title,
                 100 * status->speed, status->mips < 10 ? 1 : 0, status->mips,
                 window->grabbed ? " - Ctrl-Alt-G releases the mouse" : "");
    if (strcmp(title, window->shown_title) == 0)
        return;
    memcpy(window->shown_title, title, sizeof title);
    SDL_SetWindowTitle(window->window, title);
}

static bool plain_pixels(const SDL_Surface *surface)
{
    const SDL_PixelFormat *format = surface->format;

    return format->BytesPerPixel == 4 && format->Rmask == 0xFF0000 && format->Gmask == 0x00FF00 &&
           format->Bmask == 0x0000FF;
}

/* Fetches the surface after the window has changed its size; false: there is none to draw on. */
static bool fetch_surface(Window *window)
{
    if (window->surface)
        return true;
    window->surface = SDL_GetWindowSurface(window->window);
    window->redraw = true;
    window->fit_known = false;
    SDL_FreeSurface(window->converted);
    window->converted = NULL;
    if (!window->surface || window->surface->w <= 0 || window->surface->h <= 0)
        return false;
    if (plain_pixels(window->surface))
        return true;
    window->converted = SDL_CreateRGBSurfaceWithFormat(0, window->surface->w, window->surface->h,
                                                       32, SDL_PIXELFORMAT_RGB888);
    return window->converted != NULL;
}

static void show_lines(Window *window, unsigned start, unsigned end)
{
    SDL_Rect rectangle = {0, (int)start, window->surface->w, (int)(end - start)};

    if (start >= end)
        return;
    if (window->converted)
        SDL_BlitSurface(window->converted, &rectangle, window->surface, &rectangle);
    SDL_UpdateWindowSurfaceRects(window->window, &rectangle, 1);
}

/* Draws the picture's lines first..last, and what lies over it. */
static void draw_lines(Window *window, unsigned first, unsigned last)
{
    SDL_Surface *surface = window->converted ? window->converted : window->surface;
    Canvas canvas = {surface->pixels, (unsigned)surface->w, (unsigned)surface->h,
                     (unsigned)surface->pitch / 4};
    const Picture *picture = &window->picture;
    unsigned start, end, panel_start, panel_end;
    char text[SHORTCUT_HELP];

    if (!window->fit_known || window->redraw) {
        window->fit = scale_fit(picture->width, picture->height, canvas.width, canvas.height);
        window->fit_known = true;
        scale_clear_bars(&canvas, &window->fit);
        first = 0;
        last = picture->height - 1;
    }
    scale_draw(&canvas, &window->fit, picture->pixels, picture->width, picture->height, first, last,
               &start, &end);
    if (window->redraw) {
        start = 0;
        end = canvas.height;
    }
    window->redraw = false;
    if (window->help) {
        shortcut_help(text, sizeof text);
        overlay_draw(&canvas, text, OVERLAY_CENTRE, &panel_start, &panel_end);
    } else if (window->message_shown) {
        overlay_draw(&canvas, window->message, OVERLAY_BOTTOM, &panel_start, &panel_end);
    }
    show_lines(window, start, end);
}

static void update_message(Window *window, const DisplayStatus *status)
{
    bool shown;

    if (status->message && strcmp(status->message, window->message) != 0)
        say(window, status->message);
    shown = window->message[0] &&
            (status->paused || !SDL_TICKS_PASSED(SDL_GetTicks(), window->message_end));
    if (status->paused && !shown) {
        say(window, "paused: Ctrl-Alt-P goes on");
        shown = true;
    }
    if (window->message_shown != shown)
        window->redraw = true;
    window->message_shown = shown;
    if (!shown)
        window->message[0] = '\0';
}

static void window_draw(Display *display, Machine *machine, const DisplayStatus *status)
{
    Window *window = (Window *)display;
    unsigned width = window->picture.width, height = window->picture.height;
    bool changed;

    if (window->lost)
        return;
    update_title(window, status);
    update_message(window, status);
    changed = picture_update(&window->picture, machine_vga(machine));
    if (!window->picture.pixels)
        return;
    if (window->picture.width != width || window->picture.height != height) {
        window->fit_known = false;
        window->redraw = true;
    } else if ((width != window->sized_for_width || height != window->sized_for_height) &&
               !window->fullscreen && !window->resized_by_hand) {
        /* Only now: the guest may have been in the middle of setting a mode. */
        set_window_size(window);
    }
    if (!fetch_surface(window) || !(changed || window->redraw))
        return;
    draw_lines(window, window->picture.first_line, window->picture.last_line);
}

/* ---- opening and closing ---- */

static void window_close(Display *display)
{
    Window *window = (Window *)display;

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
    set_window_size(window);
    SDL_SetWindowPosition(window->window, SDL_WINDOWPOS_CENTERED, SDL_WINDOWPOS_CENTERED);
    say(window, "Ctrl-Alt-H shows the keys of this window");
    if (options->fullscreen)
        set_fullscreen(window, true);
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
    window->factor = options->scale < MAX_FACTOR ? options->scale : MAX_FACTOR;
    snprintf(window->title, sizeof window->title, "%s", options->title ? options->title : "");
    if (!open_window(window, options)) {
        snprintf(error, error_size, "cannot open a window: %s", SDL_GetError());
        window_close(&window->display);
        return NULL;
    }
    return &window->display;
}
