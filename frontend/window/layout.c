#include "frontend/window/layout.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BAR_PIXELS = 5,
    LEAST_PERCENT = 12,
    FLOAT_LEAST = 120,
    FLOAT_WIDTH = 560,
    FLOAT_HEIGHT = 360,
    MOST_PIXELS = 16384,
    SHOWN_TILE = 3, /* in the middle, below: where a hidden panel appears */
};

static float within(float value, float least, float most)
{
    /* Written so that no number at all becomes the least. */
    return value >= least ? (value <= most ? value : most) : least;
}

static void tidy(Layout *layout)
{
    const float least = LEAST_PERCENT / 100.0f;

    layout->column_ends[0] = within(layout->column_ends[0], least, 1 - 2 * least);
    layout->column_ends[1] =
        within(layout->column_ends[1], layout->column_ends[0] + least, 1 - least);
    for (unsigned i = 0; i < TILE_COLUMNS; i++)
        layout->row_ends[i] = within(layout->row_ends[i], least, 1 - least);
}

void layout_init(Layout *layout)
{
    *layout = (Layout){
        .column_ends = {0.35f, 0.75f},
        .row_ends = {0.48f, 0.54f, 0.64f},
        .alone = TILE_HIDDEN,
        .font_pixels = FONT_FIRST,
    };
    memset(layout->fronts, LAYOUT_PANELS, sizeof layout->fronts);
}

/* ---- panels in tiles ---- */

static bool is_empty(const Layout *layout, unsigned tile)
{
    for (unsigned i = 0; i < layout->panel_count; i++)
        if (layout->tiles[i] == tile)
            return false;
    return true;
}

/* Some panel of a tile, when the one in front has left. */
static void choose_front(Layout *layout, unsigned tile)
{
    unsigned front = layout->fronts[tile];

    if (front < layout->panel_count && layout->tiles[front] == tile)
        return;
    layout->fronts[tile] = LAYOUT_PANELS;
    for (unsigned i = layout->panel_count; i-- > 0;)
        if (layout->tiles[i] == tile)
            layout->fronts[tile] = (u8)i;
}

void layout_add(Layout *layout, const char *name, unsigned tile)
{
    unsigned panel = layout->panel_count;

    assert(panel < LAYOUT_PANELS);
    layout->names[panel] = name;
    layout->tiles[panel] = (u8)tile;
    layout->homes[panel] = (u8)(tile < TILES ? tile : SHOWN_TILE);
    layout->panel_count++;
    if (tile < TILES)
        choose_front(layout, tile);
}

void layout_move(Layout *layout, unsigned panel, unsigned tile)
{
    unsigned from = layout->tiles[panel];

    layout->tiles[panel] = (u8)tile;
    if (from < TILES)
        choose_front(layout, from);
    if (tile < TILES) {
        layout->fronts[tile] = (u8)panel;
        layout->homes[panel] = (u8)tile;
    }
    if (layout->alone < TILES && is_empty(layout, layout->alone))
        layout->alone = TILE_HIDDEN;
}

void layout_show(Layout *layout, unsigned panel)
{
    unsigned tile = layout->tiles[panel];

    if (tile == TILE_FLOATING)
        return;
    if (tile >= TILES)
        tile = SHOWN_TILE;
    layout->tiles[panel] = (u8)tile;
    layout->fronts[tile] = (u8)panel;
    if (layout->alone < TILES)
        layout->alone = (u8)tile;
}

/* ---- places ---- */

bool tile_equals(const Tile *tile, const Tile *other)
{
    return tile->x == other->x && tile->y == other->y && tile->width == other->width &&
           tile->height == other->height;
}

Tile layout_float_place(const Layout *layout, unsigned panel, const Tile *room)
{
    Tile place = layout->floats[panel];
    float step = (float)(24 * (panel % 8));

    if (!(place.width > 0))
        place = (Tile){room->x + room->width / 4 + step, room->y + room->height / 6 + step,
                       FLOAT_WIDTH, FLOAT_HEIGHT};
    place.width = within(place.width, FLOAT_LEAST, room->width);
    place.height = within(place.height, FLOAT_LEAST, room->height);
    place.x = within(place.x, room->x, room->x + room->width - place.width);
    place.y = within(place.y, room->y, room->y + room->height - place.height);
    return place;
}

static void place_column(const Layout *layout, unsigned column, const Tile *room, Tile tiles[TILES])
{
    Tile *upper = &tiles[2 * column], *lower = upper + 1;
    bool has_upper = !is_empty(layout, 2 * column), has_lower = !is_empty(layout, 2 * column + 1);

    *upper = *lower = (Tile){0};
    if (has_upper)
        *upper = *room;
    if (has_lower)
        *lower = *room;
    if (has_upper && has_lower) {
        upper->height = (float)(int)(room->height * layout->row_ends[column]);
        lower->y = upper->y + upper->height + BAR_PIXELS;
        lower->height = room->height - upper->height - BAR_PIXELS;
    }
}

static void add_row_bar(const Tile *upper, const Tile *lower, unsigned column, TileBar *bars,
                        unsigned *count)
{
    if (upper->width > 0 && lower->width > 0)
        bars[(*count)++] = (TileBar){upper->x, upper->y + upper->height, upper->width, BAR_PIXELS,
                                     false,    TILE_COLUMNS - 1 + column};
}

unsigned layout_place(const Layout *layout, const Tile *room, Tile tiles[TILES],
                      TileBar bars[TILE_BARS])
{
    const float ends[TILE_COLUMNS] = {layout->column_ends[0], layout->column_ends[1], 1};
    unsigned count = 0;
    float x = room->x;

    memset(tiles, 0, TILES * sizeof *tiles);
    if (layout->alone < TILES && !is_empty(layout, layout->alone)) {
        tiles[layout->alone] = *room;
        return 0;
    }
    for (unsigned i = 0; i < TILE_COLUMNS; i++) {
        Tile column = *room;
        bool last = true;

        if (is_empty(layout, 2 * i) && is_empty(layout, 2 * i + 1))
            continue;
        for (unsigned j = 2 * i + 2; j < TILES; j++)
            last &= is_empty(layout, j);
        column.x = x;
        column.width = (float)(int)(room->x + room->width * (last ? 1 : ends[i]) - x);
        if (!last) {
            column.width -= BAR_PIXELS;
            bars[count++] = (TileBar){x + column.width, room->y, BAR_PIXELS, room->height, true, i};
        }
        place_column(layout, i, &column, tiles);
        add_row_bar(&tiles[2 * i], &tiles[2 * i + 1], i, bars, &count);
        x += column.width + BAR_PIXELS;
    }
    return count;
}

void layout_drag(Layout *layout, const Tile *room, unsigned bar, float pixels)
{
    if (bar < TILE_COLUMNS - 1)
        layout->column_ends[bar] += pixels / room->width;
    else if (bar < TILE_BARS)
        layout->row_ends[bar - (TILE_COLUMNS - 1)] += pixels / room->height;
    tidy(layout);
}

/* ---- as text ---- */

static size_t save_float(const Tile *place, unsigned home, const char *name, char *text,
                         size_t size)
{
    return (size_t)snprintf(text, size, "float %d %d %d %d %u %s\n", (int)place->x, (int)place->y,
                            (int)place->width, (int)place->height, home, name);
}

void layout_save(const Layout *layout, char *text, size_t size)
{
    size_t used =
        (size_t)snprintf(text, size, "font %u\nlight %d\ncolumns %d %d\nrows %d %d %d\n",
                         layout->font_pixels, layout->light, (int)(1000 * layout->column_ends[0]),
                         (int)(1000 * layout->column_ends[1]), (int)(1000 * layout->row_ends[0]),
                         (int)(1000 * layout->row_ends[1]), (int)(1000 * layout->row_ends[2]));

    for (unsigned i = 0; i < layout->panel_count && used < size; i++) {
        unsigned tile = layout->tiles[i];

        used += (size_t)snprintf(text + used, size - used, "panel %u %d %s\n", tile,
                                 tile < TILES && layout->fronts[tile] == i, layout->names[i]);
        if (layout->floats[i].width > 0 && used < size)
            used += save_float(&layout->floats[i], layout->homes[i], layout->names[i], text + used,
                               size - used);
    }
}

static void load_panel(Layout *layout, unsigned tile, bool front, const char *name)
{
    for (unsigned i = 0; i < layout->panel_count; i++)
        if (tile <= TILE_FLOATING && strcmp(layout->names[i], name) == 0) {
            unsigned from = layout->tiles[i];

            layout->tiles[i] = (u8)tile;
            if (from < TILES)
                choose_front(layout, from);
            if (tile < TILES && front)
                layout->fronts[tile] = (u8)i;
            if (tile < TILES)
                choose_front(layout, tile);
            if (tile < TILES)
                layout->homes[i] = (u8)tile;
        }
}

static void load_float(Layout *layout, const Tile *place, unsigned home, const char *name)
{
    for (unsigned i = 0; i < layout->panel_count; i++)
        if (home < TILES && strcmp(layout->names[i], name) == 0) {
            layout->floats[i] =
                (Tile){within(place->x, 0, MOST_PIXELS), within(place->y, 0, MOST_PIXELS),
                       within(place->width, 0, MOST_PIXELS), within(place->height, 0, MOST_PIXELS)};
            layout->homes[i] = (u8)home;
        }
}

void layout_load(Layout *layout, const char *line)
{
    unsigned values[3];
    Tile place;
    int used = 0;

    if (sscanf(line, "font %u", &values[0]) == 1 && values[0] >= FONT_SMALLEST &&
        values[0] <= FONT_LARGEST)
        layout->font_pixels = values[0];
    else if (sscanf(line, "light %u", &values[0]) == 1)
        layout->light = values[0] != 0;
    else if (sscanf(line, "columns %u %u", &values[0], &values[1]) == 2)
        for (unsigned i = 0; i < TILE_COLUMNS - 1; i++)
            layout->column_ends[i] = (float)values[i] / 1000;
    else if (sscanf(line, "rows %u %u %u", &values[0], &values[1], &values[2]) == 3)
        for (unsigned i = 0; i < TILE_COLUMNS; i++)
            layout->row_ends[i] = (float)values[i] / 1000;
    else if (sscanf(line, "panel %u %u %n", &values[0], &values[1], &used) == 2 && used)
        load_panel(layout, values[0], values[1] != 0, line + used);
    else if (sscanf(line, "float %f %f %f %f %u %n", &place.x, &place.y, &place.width,
                    &place.height, &values[0], &used) == 5 &&
             used)
        load_float(layout, &place, values[0], line + used);
    tidy(layout);
}
