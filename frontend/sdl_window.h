/*
 * The window, for the files that make it up: display_sdl.c (opening, input), sdl_size.c, sdl_draw.c
 * and sdl_panels.c.
 */
#ifndef FRONTEND_SDL_WINDOW_H
#define FRONTEND_SDL_WINDOW_H

#include "frontend/display.h"
#include "frontend/picture.h"
#include "frontend/scale.h"

#include <SDL2/SDL.h>

enum { MAX_FACTOR = 8, FIRST_WIDTH = 720, FIRST_HEIGHT = 400 };

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
    struct Debugger *debugger;
    struct DebuggerWindow *panels;              /* NULL: closed */
    bool panels_wanted;                         /* open them at the next drawing */
    bool keys_to_guest;                         /* while panels are open */
    int width_before, height_before;            /* the window's, when they were opened */
    DisplayRequest request;                     /* the panels', for the next poll */
    Uint32 panels_due;                          /* when they are drawn if nothing happens */
    char title[128], shown_title[256];
    Uint32 title_due;
    char message[160]; /* shown until: */
    Uint32 message_end;
    bool message_shown;
} Window;

/* ---- sdl_size.c ---- */

/* As large as the picture and the wanted factor make it. */
void window_set_size(Window *window);
void window_change_factor(Window *window, bool larger);
void window_set_fullscreen(Window *window, bool fullscreen);
/* A window that grew may have left the screen. */
void window_keep_on_screen(Window *window);

/* ---- sdl_draw.c ---- */

/* A message over the picture, for a moment. */
void window_say(Window *window, const char *message);
/* Fetches the surface after the window has changed its size; false: there is none to draw on. */
bool window_fetch_surface(Window *window);
void window_draw(Display *display, Machine *machine, const DisplayStatus *status);

/* ---- display_sdl.c ---- */

/* As if the keys and buttons that the guest holds were let go. */
void window_release_keys(Window *window, Machine *machine);

/* ---- sdl_panels.c: the debugger's panels in the window ---- */

void window_toggle_panels(Window *window, Machine *machine);
void window_close_panels(Window *window);
/* True: the event was for a panel, not for the guest. */
bool window_panels_take(Window *window, Machine *machine, const SDL_Event *event);
/* In the picture's place. */
void window_draw_panels(Window *window, const DisplayStatus *status);

#endif
