/* Where the debugger's panels lie: tiles, tabs, and what is kept of them. */
#include "frontend/window/layout.h"

#include <criterion/criterion.h>
#include <string.h>

static Layout layout;

static void make_layout(void)
{
    layout_init(&layout);
    layout_add(&layout, "One", 0);
    layout_add(&layout, "Two", 0);
    layout_add(&layout, "Three", 3);
    layout_add(&layout, "Four", 4);
}

TestSuite(layout, .init = make_layout);

Test(layout, tiles_fill_the_room_without_overlap)
{
    const Tile room = {0, 30, 1000, 700};
    Tile tiles[TILES];
    TileBar bars[TILE_BARS];
    unsigned count = layout_place(&layout, &room, tiles, bars);
    float x = 0;

    cr_expect_eq(count, 2);
    for (unsigned i = 0; i < TILES; i++) {
        if (tiles[i].width == 0)
            continue;
        cr_expect_float_eq(tiles[i].x, x, 0.5);
        cr_expect_float_eq(tiles[i].height, 700, 0.5);
        x += tiles[i].width + 5;
    }
    cr_expect_float_eq(x, 1005, 0.5);
    cr_expect_eq(tiles[1].width, 0);
    layout_move(&layout, 1, 1);
    cr_expect_eq(layout_place(&layout, &room, tiles, bars), 3);
    cr_expect_float_eq(tiles[0].height + tiles[1].height + 5, 700, 0.5);
}

Test(layout, a_tile_can_have_all_the_room)
{
    const Tile room = {0, 0, 1000, 700};
    Tile tiles[TILES];
    TileBar bars[TILE_BARS];

    layout.alone = 3;
    cr_expect_eq(layout_place(&layout, &room, tiles, bars), 0);
    cr_expect_eq(tiles[3].width, 1000);
    cr_expect_eq(tiles[0].width, 0);
    layout_move(&layout, 2, TILE_HIDDEN);
    cr_expect_eq(layout.alone, TILE_HIDDEN);
}

Test(layout, some_panel_is_always_in_front)
{
    cr_expect_eq(layout.fronts[0], 0);
    layout_show(&layout, 1);
    cr_expect_eq(layout.fronts[0], 1);
    layout_move(&layout, 1, TILE_HIDDEN);
    cr_expect_eq(layout.fronts[0], 0);
    layout_show(&layout, 1);
    cr_expect_lt(layout.tiles[1], TILES);
}

static void load_all(Layout *to, char *text)
{
    char *line;

    while ((line = strsep(&text, "\n")))
        layout_load(to, line);
}

Test(layout, what_is_saved_is_loaded)
{
    char text[1024], again[1024];
    Layout other;

    layout_move(&layout, 0, 5);
    layout_show(&layout, 1);
    layout.font_pixels = 22;
    layout.light = true;
    layout_drag(&layout, &(Tile){0, 0, 1000, 700}, 0, 50);
    layout_save(&layout, text, sizeof text);
    memcpy(again, text, sizeof text);
    other = layout;
    make_layout();
    load_all(&layout, text);
    layout_save(&layout, text, sizeof text);
    cr_expect_str_eq(text, again);
    cr_expect_eq(memcmp(layout.tiles, other.tiles, sizeof other.tiles), 0);
}

Test(layout, a_panel_floats_and_goes_back)
{
    const Tile room = {0, 40, 1000, 700};
    Layout other;
    char text[1024];
    Tile place;

    layout_move(&layout, 1, TILE_FLOATING);
    cr_expect_eq(layout.homes[1], 0);
    layout_show(&layout, 1);
    cr_expect_eq(layout.tiles[1], TILE_FLOATING, "it is to be seen as it is");
    place = layout_float_place(&layout, 1, &room);
    cr_expect(place.width > 100 && place.x + place.width <= 1000 && place.y >= 40);
    layout.floats[1] = (Tile){900, 700, 300, 200};
    place = layout_float_place(&layout, 1, &room);
    cr_expect_float_eq(place.x, 700, 0.5);
    cr_expect_float_eq(place.y, 540, 0.5);
    layout_save(&layout, text, sizeof text);
    other = layout;
    make_layout();
    load_all(&layout, text);
    cr_expect_eq(layout.tiles[1], TILE_FLOATING);
    cr_expect(tile_equals(&layout.floats[1], &other.floats[1]));
    layout_move(&layout, 1, layout.homes[1]);
    cr_expect_eq(layout.tiles[1], 0);
}

/* Whatever is in the file, tiles stay on the screen. */
Test(layout, nonsense_is_ignored)
{
    static const char *const lines[] = {"",
                                        "font 9999",
                                        "font -1",
                                        "columns 0 0",
                                        "columns 4000000000 7",
                                        "rows 1 2",
                                        "rows 999999 0 4294967295",
                                        "panel",
                                        "panel 77 1 One",
                                        "panel 0 1 Nobody",
                                        "panel 6 1 One",
                                        "panel 6 0 Two",
                                        "panel -1 0 Four",
                                        "panel 7 1 Three",
                                        "panel 8 1 Three",
                                        "float nan nan nan nan 0 One",
                                        "float 1e30 -1e30 1e30 -5 2 Two",
                                        "float 1 2 3 4 77 Four",
                                        "float 1 2 3 4 5",
                                        "\xff\xfe",
                                        "columns x y"};
    const Tile room = {0, 0, 640, 480};
    Tile tiles[TILES];
    TileBar bars[TILE_BARS];

    for (unsigned i = 0; i < COUNT_OF(lines); i++) {
        layout_load(&layout, lines[i]);
        layout_place(&layout, &room, tiles, bars);
        for (unsigned j = 0; j < TILES; j++)
            cr_expect(tiles[j].x >= 0 && tiles[j].width >= 0 && tiles[j].height >= 0 &&
                          tiles[j].x + tiles[j].width <= 640.5f,
                      "%s", lines[i]);
        for (unsigned j = 0; j < layout.panel_count; j++) {
            Tile place = layout_float_place(&layout, j, &room);

            cr_expect(place.x >= 0 && place.width > 0 && place.x + place.width <= 640.5f &&
                          place.y >= 0 && place.height > 0 && place.y + place.height <= 480.5f,
                      "%s", lines[i]);
        }
        cr_expect_geq(layout.font_pixels, FONT_SMALLEST);
    }
}
