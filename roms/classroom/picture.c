/*
 * An evening at the lake. In mode 13h every byte from A0000h on is a pixel, and its value is an
 * index into the palette of 256 colours.
 *
 * The land and the sky are drawn once. Then only two things happen: the water is drawn again as a
 * wavering mirror of what is above it, and the palette goes from afternoon to night. The sun's
 * light fades and the stars come out without a pixel of theirs being touched.
 *
 * Palette: 0 to 119 the sky from zenith to glow, 120 to 127 things, 128 to 255 the same in water.
 */
#include "picture.h"
#include "input.h"
#include "paging.h"
#include "processor.h"
#include "screen.h"
#include "text.h"
#include "timer.h"
#include "vga.h"

enum {
    WIDTH = 320,
    HEIGHT = 200,
    HORIZON = 120, /* row where the water begins */
    PIXELS = 0xa0000,

    SKY_SHADES = 120,
    FAR_HILLS = SKY_SHADES,
    NEAR_HILLS,
    SHORE,
    SUN,
    LETTERS,
    STARS, /* three entries, for three heights in the sky: shades 8, 23 and 38 */
    STAR_SHADE = 8,
    STAR_BAND = 15,
    IN_WATER = 128,

    SUN_X = 206,
    SUN_Y = 84,
    SUN_RADIUS = 15,
    BOAT_X = 84,
    FRAME_TICKS = TICKS_PER_SECOND / 20,
};

typedef struct Color {
    i32 red, green, blue; /* 0 to 63 */
} Color;

typedef struct Light {
    Color sky[4]; /* at zenith, a third, two thirds, in the glow */
    Color far_hills, near_hills, shore, sun, letters;
} Light;

// clang-format off
static const Light lights[] = {
    {{{12, 24, 48}, {24, 38, 56}, {46, 50, 52}, {63, 60, 46}},
     {30, 36, 46}, {18, 26, 32}, {6, 10, 12}, {63, 63, 56}, {63, 63, 63}},
    {{{10, 10, 34}, {34, 16, 42}, {58, 28, 30}, {63, 54, 26}},
     {38, 18, 34}, {22, 10, 26}, {8, 4, 12}, {63, 58, 36}, {63, 60, 50}},
    {{{4, 5, 22}, {14, 9, 34}, {38, 14, 32}, {58, 28, 22}},
     {20, 9, 28}, {11, 6, 20}, {3, 2, 8}, {63, 40, 24}, {63, 52, 44}},
    {{{1, 1, 8}, {2, 4, 16}, {5, 8, 24}, {14, 18, 34}},
     {3, 4, 14}, {2, 2, 9}, {0, 0, 3}, {56, 58, 60}, {52, 56, 63}},
};
// clang-format on

static u8 scene[HORIZON][WIDTH];

/* 256 steps to the circle, -127 to 127; two parabolas instead of a sine. */
static i32 wave(i32 angle)
{
    i32 half = angle & 127;
    i32 height = half * (128 - half) * 127 / 4096;
    return angle & 128 ? -height : height;
}

static u32 scramble(u32 number)
{
    number = (number ^ number >> 16) * 0x45d9f3bu;
    number = (number ^ number >> 16) * 0x45d9f3bu;
    return number ^ number >> 16;
}

/* Random heights at every `step` columns, straight lines between, for ever finer steps. */
static i32 ridge(i32 x, u32 seed, i32 step, i32 height)
{
    i32 sum = 0;
    for (; step >= 2 && height; step /= 2, height /= 2) {
        i32 left = (i32)(scramble(seed + (u32)(x / step) * 31 + (u32)step) % 256);
        i32 right = (i32)(scramble(seed + (u32)(x / step + 1) * 31 + (u32)step) % 256);
        sum += (left * (step - x % step) + right * (x % step)) / step * height / 256;
    }
    return sum;
}

static u32 square_root(u32 number)
{
    u32 root = 0;
    for (u32 bit = 1u << 8; bit; bit >>= 1)
        if ((root + bit) * (root + bit) <= number)
            root += bit;
    return root;
}

/* 16 thresholds in a square: neighbours round up and down in turns, which the eye averages. */
static i32 threshold(i32 x, i32 y)
{
    static const u8 square[4][4] = {{0, 8, 2, 10}, {12, 4, 14, 6}, {3, 11, 1, 9}, {15, 7, 13, 5}};
    return square[y & 3][x & 3];
}

static void draw_sky(void)
{
    for (i32 y = 0; y < HORIZON; y++)
        for (i32 x = 0; x < WIDTH; x++) {
            i32 dx = x - SUN_X, dy = y - SUN_Y;
            i32 distance = (i32)square_root((u32)(dx * dx + dy * dy));
            i32 glow = distance < 130 ? (130 - distance) * (130 - distance) / 11 : 0;
            i32 shade = (y * 10 + glow) + threshold(x, y);
            shade /= 16;
            scene[y][x] = (u8)(shade < SKY_SHADES ? shade : SKY_SHADES - 1);
            if (distance < SUN_RADIUS)
                scene[y][x] = SUN;
        }
    /* Only where the sky has just the shade that the star hides in by day. */
    for (u32 star = 0; star < 900; star++) {
        u32 place = scramble(star + 77);
        u32 y = place / WIDTH % 72, x = place % WIDTH, band = y / 24;
        i32 difference = scene[y][x] - STAR_SHADE - (i32)band * STAR_BAND;
        if (difference >= -1 && difference <= 1)
            scene[y][x] = (u8)(STARS + band);
    }
}

static void draw_hills(u32 seed, i32 step, i32 height, i32 base, u8 color)
{
    for (i32 x = 0; x < WIDTH; x++) {
        i32 top = HORIZON - base - ridge(x, seed, step, height);
        for (i32 y = top < 0 ? 0 : top; y < HORIZON; y++)
            scene[y][x] = color;
    }
}

/* Firs on the left shore and the right one: triangles with a ragged edge. */
static void draw_fir(i32 x, i32 height)
{
    for (i32 y = 0; y < height; y++) {
        i32 half = y / 4 + y % 4 / 2;
        for (i32 dx = -half; dx <= half; dx++)
            if (x + dx >= 0 && x + dx < WIDTH)
                scene[HORIZON - 3 - height + y][x + dx] = SHORE;
    }
}

static void draw_shore(void)
{
    for (i32 x = 0; x < WIDTH; x++) {
        i32 from_middle = x < WIDTH / 2 ? WIDTH / 2 - x : x - WIDTH / 2;
        i32 height = (from_middle - 96) / 8;
        for (i32 y = HORIZON - (height > 0 ? height : 0) - 1; y < HORIZON; y++)
            scene[y][x] = SHORE;
    }
    for (u32 fir = 0; fir < 22; fir++) {
        i32 x = (i32)(scramble(fir + 5) % 64);
        i32 height = 14 + (i32)(scramble(fir + 500) % 20) - x / 6;
        draw_fir(fir & 1 ? WIDTH - 1 - x * 3 / 4 : x * 3 / 4, height);
    }
}

static void draw_boat(void)
{
    for (i32 y = 0; y < 26; y++) {
        for (i32 dx = 1; dx <= y / 2; dx++)
            scene[HORIZON - 32 + y][BOAT_X + dx] = SHORE; /* main sail */
        for (i32 dx = 1; dx <= (y - 6) / 3; dx++)
            scene[HORIZON - 32 + y][BOAT_X - dx] = SHORE; /* jib */
    }
    for (i32 y = 0; y < 32; y++)
        scene[HORIZON - 34 + y][BOAT_X] = SHORE;
    for (i32 y = 0; y < 5; y++)
        for (i32 dx = -13 + y; dx <= 15 - y; dx++)
            scene[HORIZON - 5 + y][BOAT_X + dx] = SHORE;
}

static void draw_letters(i32 left, i32 top, i32 scale, const char *text)
{
    for (; *text; text++, left += 8 * scale)
        for (i32 y = 0; y < 16 * scale; y++)
            for (i32 x = 0; x < 8 * scale; x++)
                if (screen_glyph((u8)*text)[y / scale] >> (7 - x / scale) & 1)
                    scene[top + y][left + x] = LETTERS;
}

static void draw_scene(void)
{
    draw_sky();
    draw_hills(11, 64, 44, 10, FAR_HILLS);
    draw_hills(40, 32, 22, 4, NEAR_HILLS);
    draw_shore();
    draw_boat();
    draw_letters(14, 8, 2, "vitrine");
    for (u32 y = 0; y < HORIZON; y++)
        memcpy((u8 *)physical_pointer(PIXELS) + y * WIDTH, scene[y], WIDTH);
}

/* Each row mirrors a row above the horizon, moved a little to and fro; near us the waves are
 * larger and further apart. */
static void draw_water(i32 time)
{
    u8 line[WIDTH];
    for (i32 y = HORIZON; y < HEIGHT; y++) {
        i32 depth = y - HORIZON;
        i32 ripple = wave(time * 3 + 6000 / (depth + 12)) + wave(time * 5 - depth * 23) / 2;
        i32 mirrored = HORIZON - 1 - depth - ripple * depth / 1600;
        i32 shift = ripple * (depth + 8) / 1500;
        if (mirrored < 0)
            mirrored = 0;
        if (mirrored >= HORIZON)
            mirrored = HORIZON - 1;
        for (i32 x = 0; x < WIDTH; x++) {
            i32 from = x + shift;
            from = from < 0 ? 0 : from >= WIDTH ? WIDTH - 1 : from;
            line[x] = scene[mirrored][from] | IN_WATER;
        }
        memcpy((u8 *)physical_pointer(PIXELS) + y * WIDTH, line, WIDTH);
    }
}

static Color blend(Color from, Color to, i32 part, i32 whole)
{
    return (Color){
        from.red + (to.red - from.red) * part / whole,
        from.green + (to.green - from.green) * part / whole,
        from.blue + (to.blue - from.blue) * part / whole,
    };
}

static void set_color(u8 index, Color color)
{
    vga_set_color(index, (u8)color.red, (u8)color.green, (u8)color.blue);
    Color deep = {2, 6, 14}; /* water swallows a third of the light */
    Color wet = blend(color, deep, 1, 3);
    vga_set_color(index | IN_WATER, (u8)wet.red, (u8)wet.green, (u8)wet.blue);
}

static Color sky_color(const Light *from, const Light *to, i32 shade, i32 part, i32 whole)
{
    enum { SPAN = SKY_SHADES / 3 };
    i32 stop = shade / SPAN;
    Color above = blend(from->sky[stop], to->sky[stop], part, whole);
    Color below = blend(from->sky[stop + 1], to->sky[stop + 1], part, whole);
    return blend(above, below, shade % SPAN, SPAN);
}

/* `hour` goes from 0 (afternoon) to 100 (night). */
static void set_light(i32 hour)
{
    i32 stages = LENGTH(lights) - 1, position = hour * stages;
    i32 stage = position / 100 < stages ? position / 100 : stages - 1;
    const Light *from = &lights[stage], *to = from + 1;
    i32 part = position - stage * 100, whole = 100;

    for (i32 shade = 0; shade < SKY_SHADES; shade++)
        set_color((u8)shade, sky_color(from, to, shade, part, whole));
    set_color(FAR_HILLS, blend(from->far_hills, to->far_hills, part, whole));
    set_color(NEAR_HILLS, blend(from->near_hills, to->near_hills, part, whole));
    set_color(SHORE, blend(from->shore, to->shore, part, whole));
    set_color(SUN, blend(from->sun, to->sun, part, whole));
    set_color(LETTERS, blend(from->letters, to->letters, part, whole));
    for (i32 band = 0; band < 3; band++) {
        /* By day a star has the colour of the sky around it. */
        Color around = sky_color(from, to, STAR_SHADE + band * STAR_BAND, part, whole);
        Color star = {60, 60, 63};
        i32 brightness = hour > 60 ? (hour - 60) * 2 : 0;
        set_color((u8)(STARS + band), blend(around, star, brightness, 80));
    }
}

void picture_show(void)
{
    u32 start = timer_ticks(), whole = PICTURE_SECONDS * TICKS_PER_SECOND, elapsed = 0;
    screen_leave_text();
    vga_set_mode(&vga_picture_mode);
    memset(physical_pointer(PIXELS), 0, WIDTH * HEIGHT);
    set_light(0);
    draw_scene();
    while (elapsed < whole) {
        vga_wait_for_retrace();
        set_light((i32)(elapsed * 110 / whole < 100 ? elapsed * 110 / whole : 100));
        draw_water((i32)elapsed / 4);
        if (input_watch_until(timer_ticks() + FRAME_TICKS) != KEY_NONE)
            break;
        elapsed = timer_ticks() - start;
    }
    screen_return_to_text();
}
