/*
 * Apart from display_sdl.c because Xlib's headers and ours both have a Display.
 */
#include "frontend/x11_lost.h"

#include <SDL2/SDL_syswm.h>
#include <X11/Xlib.h>
#include <dlfcn.h>

/* Xlib's own prints a line and ends the process. */
static int keep_going(Display *display)
{
    (void)display;
    return 0;
}

static void server_lost(Display *display, void *lost)
{
    (void)display;
    *(bool *)lost = true;
}

void x11_watch(SDL_Window *window, bool *lost)
{
    int (*(*set_error_handler)(int (*)(Display *)))(Display *);
    void (*set_exit_handler)(Display *, void (*)(Display *, void *), void *);
    SDL_SysWMinfo info;
    void *library;

    SDL_VERSION(&info.version);
    if (!SDL_GetWindowWMInfo(window, &info) || info.subsystem != SDL_SYSWM_X11)
        return;
    /* SDL has loaded Xlib itself; the second call exists since libX11 1.7. */
    library = dlopen("libX11.so.6", RTLD_LAZY | RTLD_NOLOAD);
    if (!library)
        return;
    *(void **)&set_error_handler = dlsym(library, "XSetIOErrorHandler");
    *(void **)&set_exit_handler = dlsym(library, "XSetIOErrorExitHandler");
    if (set_error_handler && set_exit_handler) {
        set_error_handler(keep_going);
        set_exit_handler(info.info.x11.display, server_lost, lost);
    }
    dlclose(library);
}
