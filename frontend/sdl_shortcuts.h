/*
 * What Ctrl-Alt and a key do in the window.
 */
#ifndef FRONTEND_SDL_SHORTCUTS_H
#define FRONTEND_SDL_SHORTCUTS_H

#include <SDL2/SDL_keyboard.h>
#include <stdbool.h>
#include <stddef.h>

typedef enum Shortcut {
    DO_GRAB,
    DO_FULLSCREEN,
    DO_LARGER,
    DO_SMALLER,
    DO_HELP,
    DO_DEBUGGER,
    DO_PAUSE,
    DO_SPEED,
    DO_SCREENSHOT,
    DO_RESET,
    DO_POWER,
    DO_QUIT,
} Shortcut;

enum { SHORTCUT_HELP = 1024 };

/* False: the key is the guest's. */
bool shortcut_find(const SDL_Keysym *keysym, Shortcut *shortcut);

/* For overlay_draw(); SHORTCUT_HELP bytes are enough. */
void shortcut_help(char *text, size_t size);

#endif
