/*
 * The window's size: whole multiples of the guest's picture.
 */
#include "frontend/sdl_window.h"

enum { CHOSEN_FACTOR = 3 /* at most this by itself */ };

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
void window_keep_on_screen(Window *window)
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

void window_set_size(Window *window)
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
    window_keep_on_screen(window);
    window->resized_by_hand = false;
    window->surface = NULL;
    window->redraw = true;
}

void window_change_factor(Window *window, bool larger)
{
    unsigned factor = window->fit_known && window->fit.factor ? window->fit.factor : 1;

    if (window->fullscreen)
        return;
    if (larger && factor < factor_that_fits(window, window->picture.width, window->picture.height))
        factor++;
    else if (!larger && factor > 1)
        factor--;
    else
        window_say(window,
                   larger ? "the screen has no room for more" : "smaller it would not be sharp");
    window->factor = factor;
    window_set_size(window);
}

void window_set_fullscreen(Window *window, bool fullscreen)
{
    if (SDL_SetWindowFullscreen(window->window, fullscreen ? SDL_WINDOW_FULLSCREEN_DESKTOP : 0) !=
        0) {
        window_say(window, "no full screen here");
        return;
    }
    window->fullscreen = fullscreen;
    window->surface = NULL;
    window->redraw = true;
    if (fullscreen)
        window_say(window, "Ctrl-Alt-F leaves the full screen");
}
