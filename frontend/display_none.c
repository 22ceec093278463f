/*
 * No display: the machine runs headless.
 */
#include "frontend/display.h"

#include <stdlib.h>

static DisplayRequest none_poll(Display *display, Machine *machine)
{
    (void)display, (void)machine;
    return DISPLAY_NOTHING;
}

static void none_draw(Display *display, Machine *machine, const DisplayStatus *status)
{
    (void)display, (void)machine, (void)status;
}

static void none_close(Display *display)
{
    free(display);
}

Display *display_none_open(void)
{
    Display *display = malloc(sizeof *display);

    if (display)
        *display = (Display){"none", -1, none_poll, none_draw, none_close};
    return display;
}
