/*
 * Screenshots: the machine's screen as a PNG file, by libpng.
 */
#include "frontend/display.h"
#include "frontend/picture.h"

#include <errno.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool write_picture(const Picture *picture, const char *path, char *error, size_t error_size)
{
    png_image image = {.version = PNG_IMAGE_VERSION,
                       .width = picture->width,
                       .height = picture->height,
                       .format = PNG_FORMAT_RGB};
    size_t pixels = (size_t)picture->width * picture->height;
    u8 *rgb = malloc(pixels * 3);
    bool written;

    if (!rgb) {
        snprintf(error, error_size, "%s: out of memory", path);
        return false;
    }
    for (size_t i = 0; i < pixels; i++) {
        rgb[3 * i] = (u8)(picture->pixels[i] >> 16);
        rgb[3 * i + 1] = (u8)(picture->pixels[i] >> 8);
        rgb[3 * i + 2] = (u8)picture->pixels[i];
    }
    errno = 0;
    written = png_image_write_to_file(&image, path, 0, rgb, 0, NULL);
    if (!written)
        snprintf(error, error_size, "%s: cannot write the screenshot: %s", path,
                 errno ? strerror(errno) : image.message);
    free(rgb);
    return written;
}

bool screendump_png(Machine *machine, const char *path, char *error, size_t error_size)
{
    Picture picture = {0};
    bool written = false;

    /* A picture without memory is the only one that a first drawing does not change. */
    if (picture_update(&picture, machine_vga(machine)))
        written = write_picture(&picture, path, error, error_size);
    else
        snprintf(error, error_size, "%s: out of memory", path);
    picture_free(&picture);
    return written;
}
