/*
 * The guest's screen among the panels.
 */
#include "frontend/window/panels.h"

void panel_screen(Panels *panels)
{
    const Picture *picture = panels->picture;

    if (!picture->pixels || !picture->width)
        gui_text(GUI_DIM, "nothing on the screen yet");
    else
        gui_picture(picture->pixels, picture->width, picture->height);
}
