/*
 * A picture of the screen in host memory, which grows with the guest's video mode.
 */
#ifndef FRONTEND_PICTURE_H
#define FRONTEND_PICTURE_H

#include "devices/vga_draw.h"

/* Brings the picture (all zero at first) up to date; false: nothing changed, or no memory. */
bool picture_update(Picture *picture, Vga *vga);
void picture_free(Picture *picture);

#endif
