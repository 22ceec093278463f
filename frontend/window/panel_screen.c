/*
 * The guest's screen among the panels.
 */
#include "frontend/window/panels.h"

#include <stdlib.h>

#include "frontend/scale.h"

static bool make_room(ScreenPanel *panel, u64 pixels)
{
    u32 *larger;

    if (pixels <= panel->capacity)
        return true;
    larger = realloc(panel->pixels, pixels * sizeof *larger);
    if (!larger)
        return false;
    panel->pixels = larger;
    panel->capacity = pixels;
    return true;
}

void panel_screen(Panels *panels)
{
    const Picture *picture = panels->picture;
    ScreenPanel *panel = &panels->screen;
    GuiBox room = gui_room();
    unsigned start, end;
    Canvas canvas;
    Fit fit;

    if (!picture->pixels || !picture->width || room.width < 2 || room.height < 2) {
        gui_text(GUI_DIM, "nothing on the screen yet");
        return;
    }
    fit = scale_fit(picture->width, picture->height, (unsigned)room.width, (unsigned)room.height);
    fit.x = fit.y = 0;
    if (!make_room(panel, (u64)fit.width * fit.height))
        return;
    canvas = (Canvas){panel->pixels, fit.width, fit.height, fit.width};
    scale_draw(&canvas, &fit, picture->pixels, picture->width, picture->height, 0,
               picture->height - 1, &start, &end);
    gui_picture(panel->pixels, fit.width, fit.height);
}
