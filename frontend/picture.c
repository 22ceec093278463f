#include "frontend/picture.h"

#include <stdlib.h>

bool picture_update(Picture *picture, Vga *vga)
{
    unsigned width, height;
    u64 pixels;

    vga_picture_size(vga, &width, &height);
    pixels = (u64)width * height;
    if (pixels > picture->capacity) {
        u32 *larger = realloc(picture->pixels, pixels * sizeof *larger);

        if (!larger)
            return false;
        picture->pixels = larger;
        picture->capacity = pixels;
        picture->view = (VgaView){0};
    }
    return vga_draw(vga, picture);
}

void picture_free(Picture *picture)
{
    free(picture->pixels);
    *picture = (Picture){0};
}
