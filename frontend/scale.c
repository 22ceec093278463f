#include "frontend/scale.h"

#include <string.h>

static unsigned smaller(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

Fit scale_fit(unsigned picture_width, unsigned picture_height, unsigned width, unsigned height)
{
    Fit fit = {.factor = smaller(width / picture_width, height / picture_height)};

    if (fit.factor > 0) {
        fit.width = picture_width * fit.factor;
        fit.height = picture_height * fit.factor;
    } else if ((u64)width * picture_height <= (u64)height * picture_width) {
        fit.width = width;
        fit.height = (unsigned)((u64)picture_height * width / picture_width);
    } else {
        fit.height = height;
        fit.width = (unsigned)((u64)picture_width * height / picture_height);
    }
    /* A window can be thinner than a picture's line. */
    fit.width = smaller(fit.width ? fit.width : 1, width);
    fit.height = smaller(fit.height ? fit.height : 1, height);
    fit.x = (width - fit.width) / 2;
    fit.y = (height - fit.height) / 2;
    return fit;
}

static void enlarge_line(const u32 *from, unsigned width, unsigned factor, u32 *to)
{
    if (factor == 1) {
        memcpy(to, from, width * sizeof *to);
        return;
    }
    for (unsigned x = 0; x < width; x++)
        for (unsigned i = 0; i < factor; i++)
            *to++ = from[x];
}

static void enlarge(const Canvas *canvas, const Fit *fit, const u32 *pixels, unsigned picture_width,
                    unsigned first, unsigned last)
{
    for (unsigned y = first; y <= last; y++) {
        u32 *to = canvas->pixels + (u64)(fit->y + y * fit->factor) * canvas->stride + fit->x;

        enlarge_line(pixels + (u64)y * picture_width, picture_width, fit->factor, to);
        for (unsigned i = 1; i < fit->factor; i++)
            memcpy(to + (u64)i * canvas->stride, to, fit->width * sizeof *to);
    }
}

/* The mean colour of the pixels x[0]..x[1] by y[0]..y[1], ends excluded. */
static u32 mean(const u32 *pixels, unsigned picture_width, const unsigned x[2], const unsigned y[2])
{
    u64 red = 0, green = 0, blue = 0, count = (u64)(x[1] - x[0]) * (y[1] - y[0]);

    assert(x[0] < x[1] && y[0] < y[1]);
    for (unsigned row = y[0]; row < y[1]; row++)
        for (unsigned column = x[0]; column < x[1]; column++) {
            u32 pixel = pixels[(u64)row * picture_width + column];

            red += pixel >> 16 & 0xFF;
            green += pixel >> 8 & 0xFF;
            blue += pixel & 0xFF;
        }
    return (u32)(red / count) << 16 | (u32)(green / count) << 8 | (u32)(blue / count);
}

/* Which of `from` pixels make pixel `i` of `to`: at least one, rounded outwards. */
static void source_range(unsigned i, unsigned to, unsigned from, unsigned range[2])
{
    range[0] = (unsigned)((u64)i * from / to);
    range[1] = (unsigned)(((u64)(i + 1) * from + to - 1) / to);
}

static void shrink_line(const Canvas *canvas, const Fit *fit, const u32 *pixels,
                        unsigned picture_width, const unsigned rows[2], unsigned line)
{
    u32 *to = canvas->pixels + (u64)(fit->y + line) * canvas->stride + fit->x;

    for (unsigned x = 0; x < fit->width; x++) {
        unsigned columns[2];

        source_range(x, fit->width, picture_width, columns);
        to[x] = mean(pixels, picture_width, columns, rows);
    }
}

void scale_draw(const Canvas *canvas, const Fit *fit, const u32 *pixels, unsigned picture_width,
                unsigned picture_height, unsigned first, unsigned last, unsigned *start,
                unsigned *end)
{
    if (fit->factor > 0) {
        enlarge(canvas, fit, pixels, picture_width, first, last);
        *start = fit->y + first * fit->factor;
        *end = fit->y + (last + 1) * fit->factor;
        return;
    }
    *start = *end = fit->y;
    for (unsigned line = 0; line < fit->height; line++) {
        unsigned rows[2];

        source_range(line, fit->height, picture_height, rows);
        if (rows[1] <= first || rows[0] > last)
            continue;
        shrink_line(canvas, fit, pixels, picture_width, rows, line);
        if (*start == *end)
            *start = fit->y + line;
        *end = fit->y + line + 1;
    }
}

static void blacken(const Canvas *canvas, unsigned x, unsigned y, unsigned width, unsigned height)
{
    for (unsigned line = y; line < y + height; line++)
        memset(canvas->pixels + (u64)line * canvas->stride + x, 0, width * sizeof(u32));
}

void scale_clear_bars(const Canvas *canvas, const Fit *fit)
{
    unsigned right = fit->x + fit->width, below = fit->y + fit->height;

    blacken(canvas, 0, 0, canvas->width, fit->y);
    blacken(canvas, 0, below, canvas->width, canvas->height - below);
    blacken(canvas, 0, fit->y, fit->x, fit->height);
    blacken(canvas, right, fit->y, canvas->width - right, fit->height);
}
