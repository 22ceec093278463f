/*
 * Where the panels lie: six tiles in three columns, each with any number of panels as tabs. Nothing
 * overlaps and nothing is lost; a tile without panels gives its room to the others. A panel may also
 * float above them.
 *
 *      0 | 2 | 4
 *      --+---+--
 *      1 | 3 | 5
 */
#ifndef FRONTEND_WINDOW_LAYOUT_H
#define FRONTEND_WINDOW_LAYOUT_H

#include "mmu/base.h"

enum { TILES = 6, TILE_COLUMNS = 3, TILE_HIDDEN = TILES, TILE_FLOATING,
       LAYOUT_PANELS = 24 };
enum { FONT_SMALLEST = 10, FONT_LARGEST = 40, FONT_FIRST = 14 };

typedef struct Tile {
    float x, y, width, height;          /* width 0: it has no panels */
} Tile;
bool tile_equals(const Tile *tile, const Tile *other);

typedef struct Layout {
    unsigned panel_count;
    const char *names[LAYOUT_PANELS];
    u8 tiles[LAYOUT_PANELS];            /* of each panel */
    u8 homes[LAYOUT_PANELS];            /* the tile that a floating one goes back to */
    Tile floats[LAYOUT_PANELS];         /* where it floats, or would; width 0: nowhere yet */
    u8 fronts[TILES];                   /* the panel that is to be seen in each tile */
    float column_ends[TILE_COLUMNS - 1];/* of the whole width, 0 .. 1 */
    float row_ends[TILE_COLUMNS];       /* of the whole height, in each column */
    u8 alone;                           /* the tile that has all the room; TILE_HIDDEN: none */
    unsigned font_pixels;
    bool light;
} Layout;

/* A bar to drag; moving it by `pixels`: layout_drag(). */
typedef struct TileBar {
    float x, y, width, height;
    bool vertical;
    unsigned number;
} TileBar;

enum { TILE_BARS = TILE_COLUMNS - 1 + TILE_COLUMNS };

void layout_init(Layout *layout);
/* `tile`: where it lies at first, or TILE_HIDDEN. The name outlives the layout. */
void layout_add(Layout *layout, const char *name, unsigned tile);
/* Brings a panel to the front, out of hiding if need be. */
void layout_show(Layout *layout, unsigned panel);
/* To a tile, TILE_HIDDEN or TILE_FLOATING. */
void layout_move(Layout *layout, unsigned panel, unsigned tile);

/* Where a panel floats: on the screen, and large enough to be seen. */
Tile layout_float_place(const Layout *layout, unsigned panel, const Tile *room);

/* The tiles within `room`, and the bars between them; returns how many bars there are. */
unsigned layout_place(const Layout *layout, const Tile *room, Tile tiles[TILES],
                      TileBar bars[TILE_BARS]);
void layout_drag(Layout *layout, const Tile *room, unsigned bar, float pixels);

/* As lines of text, and back: one line at a time. What makes no sense is ignored. */
void layout_save(const Layout *layout, char *text, size_t size);
void layout_load(Layout *layout, const char *line);

#endif
