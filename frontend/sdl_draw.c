/*
 * Drawing the window: the lines of the picture that changed, help and messages over it, the title.
 */
#include "frontend/overlay.h"
#include "frontend/sdl_shortcuts.h"
#include "frontend/sdl_window.h"

#include <stdio.h>
#include <string.h>

enum {
    MESSAGE_MS = 2500,
    TITLE_MS = 500, /* between two changes of the speed in the title */
};

void window_say(Window *window, const char *message)
{
    snprintf(window->message, sizeof window->message, "%s", message);
    window->message_end = SDL_GetTicks() + MESSAGE_MS;
    window->redraw = true;
}

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
bool window_fetch_surface(Window *window)
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
        window_say(window, status->message);
    shown = window->message[0] &&
            (status->paused || !SDL_TICKS_PASSED(SDL_GetTicks(), window->message_end));
    if (status->paused && !shown) {
        window_say(window, "paused: Ctrl-Alt-P goes on");
        shown = true;
    }
    if (window->message_shown != shown)
        window->redraw = true;
    window->message_shown = shown;
    if (!shown)
        window->message[0] = '\0';
}

void window_draw(Display *display, Machine *machine, const DisplayStatus *status)
{
    Window *window = (Window *)display;
    unsigned width = window->picture.width, height = window->picture.height;
    bool changed;

    if (window->lost)
        return;
    update_title(window, status);
    update_message(window, status);
    changed = picture_update(&window->picture, machine_vga(machine));
    if (window->panels_wanted)
        window_toggle_panels(window, machine);
    if (window->panels) {
        window_draw_panels(window, status);
        return;
    }
    if (!window->picture.pixels)
        return;
    if (window->picture.width != width || window->picture.height != height) {
        window->fit_known = false;
        window->redraw = true;
    } else if ((width != window->sized_for_width || height != window->sized_for_height) &&
               !window->fullscreen && !window->resized_by_hand) {
        /* Only now: the guest may have been in the middle of setting a mode. */
        window_set_size(window);
    }
    if (!window_fetch_surface(window) || !(changed || window->redraw))
        return;
    draw_lines(window, window->picture.first_line, window->picture.last_line);
}
