/*
 * Losing the X server. Xlib would end the process on the spot; the machine's disks deserve better.
 */
#ifndef FRONTEND_X11_LOST_H
#define FRONTEND_X11_LOST_H

#include <SDL2/SDL_video.h>
#include <stdbool.h>

/* From now on `*lost` becomes true when the window's X server goes away, and the process goes on.
 * Does nothing for windows of other systems. */
void x11_watch(SDL_Window *window, bool *lost);

#endif
