/*
 * Text over the guest's picture: help and messages, in a small font of its own.
 */
#ifndef FRONTEND_OVERLAY_H
#define FRONTEND_OVERLAY_H

#include "frontend/scale.h"

typedef enum OverlayPlace { OVERLAY_CENTRE, OVERLAY_BOTTOM } OverlayPlace;

/* A panel with `text` (lines end with '\n'; a line that starts with '\t' is dimmed), as large as
 * fits the canvas. Says which lines of the canvas it covers. */
void overlay_draw(const Canvas *canvas, const char *text, OverlayPlace place, unsigned *start,
                  unsigned *end);

#endif
