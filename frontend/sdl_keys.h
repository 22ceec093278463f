/*
 * Keys of the host's keyboard, by position, as the guest's.
 */
#ifndef FRONTEND_SDL_KEYS_H
#define FRONTEND_SDL_KEYS_H

#include "devices/keys.h"

#include <SDL2/SDL_scancode.h>

/* KEY_NONE for keys that the guest's keyboard lacks. */
Key sdl_key(SDL_Scancode scancode);

#endif
