#include "frontend/sdl_shortcuts.h"

#include "mmu/base.h"

#include <stdio.h>

// clang-format off
static const struct {
    SDL_Scancode scancode;
    Shortcut shortcut;
    const char *key, *help;     /* NULL: another key for the row above */
} shortcuts[] = {
    {SDL_SCANCODE_G, DO_GRAB, "G", "grab or release the mouse"},
    {SDL_SCANCODE_F, DO_FULLSCREEN, "F", "full screen or window"},
    {SDL_SCANCODE_EQUALS, DO_LARGER, "+", "larger"},
    {SDL_SCANCODE_KP_PLUS, DO_LARGER, NULL, NULL},
    {SDL_SCANCODE_MINUS, DO_SMALLER, "-", "smaller"},
    {SDL_SCANCODE_KP_MINUS, DO_SMALLER, NULL, NULL},
    {SDL_SCANCODE_S, DO_SCREENSHOT, "S", "save a screenshot"},
    {SDL_SCANCODE_P, DO_PAUSE, "P", "pause or go on"},
    {SDL_SCANCODE_T, DO_SPEED, "T", "real time or full speed"},
    {SDL_SCANCODE_R, DO_RESET, "R", "reset the machine"},
    {SDL_SCANCODE_O, DO_POWER, "O", "press the power button"},
    {SDL_SCANCODE_Q, DO_QUIT, "Q", "quit"},
    {SDL_SCANCODE_D, DO_DEBUGGER, "D", "open or close the debugger"},
    {SDL_SCANCODE_H, DO_HELP, "H", "this help"},
    {SDL_SCANCODE_SLASH, DO_HELP, NULL, NULL},
};
// clang-format on

void shortcut_help(char *text, size_t size)
{
    size_t used = (size_t)snprintf(text, size, "\tCtrl-Alt and a key:\n");

    for (unsigned i = 0; i < COUNT_OF(shortcuts) && used < size; i++)
        if (shortcuts[i].key)
            used += (size_t)snprintf(text + used, size - used, "  %s   %s\n", shortcuts[i].key,
                                     shortcuts[i].help);
    if (used < size)
        snprintf(text + used, size - used,
                 "\tCtrl-Alt-Delete goes to the guest,\n\tand so does every other key.");
}

bool shortcut_find(const SDL_Keysym *keysym, Shortcut *shortcut)
{
    if (!(keysym->mod & KMOD_CTRL) || !(keysym->mod & KMOD_ALT))
        return false;
    for (unsigned i = 0; i < COUNT_OF(shortcuts); i++)
        if (shortcuts[i].scancode == keysym->scancode) {
            *shortcut = shortcuts[i].shortcut;
            return true;
        }
    return false;
}
