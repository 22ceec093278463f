/*
 * Scaling the guest's picture into a window: by a whole factor, so that pixels stay sharp, with
 * black bars around it; or shrunk when the window is too small for factor 1.
 */
#ifndef FRONTEND_SCALE_H
#define FRONTEND_SCALE_H

#include "mmu/base.h"

/* Pixels that are drawn on: 00RRGGBBh, `stride` from line to line. */
typedef struct Canvas {
    u32 *pixels;
    unsigned width, height, stride;
} Canvas;

/* Where the picture lies on the canvas. */
typedef struct Fit {
    unsigned factor; /* 0: it is shrunk */
    unsigned x, y, width, height;
} Fit;

Fit scale_fit(unsigned picture_width, unsigned picture_height, unsigned width, unsigned height);

/* Draws lines first..last of the picture, and says which lines of the canvas that changed
 * (`*end` is the first that did not). */
void scale_draw(const Canvas *canvas, const Fit *fit, const u32 *pixels, unsigned picture_width,
                unsigned picture_height, unsigned first, unsigned last, unsigned *start,
                unsigned *end);

/* Blackens everything around the picture. */
void scale_clear_bars(const Canvas *canvas, const Fit *fit);

#endif
