#include "frontend/overlay.h"
#include "frontend/scale.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum { MARK = 0x123456 };

static Canvas canvas_create(unsigned width, unsigned height)
{
    Canvas canvas = {malloc((size_t)width * height * sizeof(u32)), width, height, width};

    for (unsigned i = 0; i < width * height; i++)
        canvas.pixels[i] = MARK;
    return canvas;
}

static void expect_fit(Fit fit, unsigned factor, unsigned x, unsigned y, unsigned width,
                       unsigned height)
{
    cr_expect_eq(fit.factor, factor, "factor %u", fit.factor);
    cr_expect(fit.x == x && fit.y == y && fit.width == width && fit.height == height,
              "%u x %u at %u, %u", fit.width, fit.height, fit.x, fit.y);
}

Test(scale, the_largest_whole_factor_in_the_middle)
{
    expect_fit(scale_fit(640, 400, 640, 400), 1, 0, 0, 640, 400);
    expect_fit(scale_fit(640, 400, 1920, 1080), 2, 320, 140, 1280, 800);
    expect_fit(scale_fit(640, 400, 1279, 2000), 1, 319, 800, 640, 400);
}

Test(scale, too_small_a_window_shrinks_and_keeps_the_shape)
{
    expect_fit(scale_fit(640, 400, 320, 400), 0, 0, 100, 320, 200);
    expect_fit(scale_fit(640, 400, 639, 100), 0, 239, 0, 160, 100);
    expect_fit(scale_fit(4096, 1, 10, 10), 0, 0, 4, 10, 1);
}

Test(scale, pixels_become_squares)
{
    const u32 picture[] = {1, 2, 3, 4};
    Canvas canvas = canvas_create(7, 6);
    Fit fit = scale_fit(2, 2, 7, 6);
    unsigned start, end;

    scale_clear_bars(&canvas, &fit);
    scale_draw(&canvas, &fit, picture, 2, 2, 0, 1, &start, &end);
    cr_expect_eq(start, 0);
    cr_expect_eq(end, 6);
    for (unsigned y = 0; y < 6; y++)
        for (unsigned x = 0; x < 7; x++)
            cr_expect_eq(canvas.pixels[y * 7 + x], x == 6 ? 0 : picture[y / 3 * 2 + x / 3]);
    scale_draw(&canvas, &fit, picture, 2, 2, 1, 1, &start, &end);
    cr_expect_eq(start, 3);
    free(canvas.pixels);
}

Test(scale, shrinking_takes_the_mean)
{
    const u32 picture[] = {0x000000, 0x0000FF, 0x00FF00, 0xFF0000,
                           0x101010, 0x101010, 0x202020, 0x202020};
    Canvas canvas = canvas_create(2, 1);
    Fit fit = scale_fit(4, 2, 2, 1);
    unsigned start, end;

    scale_draw(&canvas, &fit, picture, 4, 2, 0, 1, &start, &end);
    cr_expect_eq(canvas.pixels[0], 0x080847, "%06X", canvas.pixels[0]);
    cr_expect_eq(canvas.pixels[1], 0x4F4F10, "%06X", canvas.pixels[1]);
    free(canvas.pixels);
}

/* All sizes are drawn completely, and nothing outside the canvas (the sanitizers look). */
Test(scale, any_size_is_covered)
{
    static const unsigned sizes[] = {1, 2, 3, 7, 40, 41, 97};
    u32 *picture = calloc(41 * 41, sizeof *picture);

    for (unsigned a = 0; a < COUNT_OF(sizes); a++)
        for (unsigned b = 0; b < COUNT_OF(sizes); b++)
            for (unsigned p = 1; p < 42; p += 5) {
                Canvas canvas = canvas_create(sizes[a], sizes[b]);
                Fit fit = scale_fit(p, 42 - p, sizes[a], sizes[b]);
                unsigned start, end, marks = 0;

                scale_clear_bars(&canvas, &fit);
                scale_draw(&canvas, &fit, picture, p, 42 - p, 0, 41 - p, &start, &end);
                for (unsigned i = 0; i < sizes[a] * sizes[b]; i++)
                    marks += canvas.pixels[i] == MARK;
                cr_expect_eq(marks, 0, "%u x %u on %u x %u", p, 42 - p, sizes[a], sizes[b]);
                free(canvas.pixels);
            }
    free(picture);
}

Test(overlay, a_panel_lies_within_the_canvas)
{
    static const unsigned sizes[] = {1, 5, 60, 300, 1000};
    unsigned start, end, changed;

    for (unsigned a = 0; a < COUNT_OF(sizes); a++)
        for (unsigned b = 0; b < COUNT_OF(sizes); b++) {
            Canvas canvas = canvas_create(sizes[a], sizes[b]);

            overlay_draw(&canvas, "\tCtrl-Alt\nG grab\n", OVERLAY_CENTRE, &start, &end);
            cr_expect(start < end && end <= sizes[b]);
            changed = 0;
            for (unsigned i = 0; i < sizes[a] * sizes[b]; i++) {
                bool differs = canvas.pixels[i] != MARK;

                changed += differs;
                cr_expect(!differs || (i / sizes[a] >= start && i / sizes[a] < end));
            }
            cr_expect_gt(changed, 0);
            overlay_draw(&canvas, "~\n{}|\xFF\x80", OVERLAY_BOTTOM, &start, &end);
            free(canvas.pixels);
        }
}
