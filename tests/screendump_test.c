/*
 * A machine's screen as a file, and that looking at it changes nothing.
 */
#include "devices/vga_draw.h"
#include "frontend/display.h"
#include "frontend/picture.h"
#include "tests/rom_machine.h"

#include <png.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static u8 rom[ROM_BYTES];
static Machine *machine;

static void start(void)
{
    const MachineConfig config = rom_machine_config(rom, (const u8 *)"", 0);

    machine = rom_machine_create(&config);
}

static void stop(void)
{
    machine_destroy(machine);
}

TestSuite(screendump, .init = start, .fini = stop);

static void vbe(u16 index, u16 value)
{
    space_write(machine_ports(machine), 0x1CE, WORD, index);
    space_write(machine_ports(machine), 0x1CF, WORD, value);
}

/* A mode whose top left pixel is orange. */
static void set_picture(u16 width, u16 height)
{
    vbe(VBE_ENABLE, 0);
    vbe(VBE_X_RESOLUTION, width);
    vbe(VBE_Y_RESOLUTION, height);
    vbe(VBE_BITS_PER_PIXEL, 32);
    vbe(VBE_ENABLE, VBE_ENABLED);
    space_write(machine_memory(machine), 0xA0000, DWORD, 0xFF8040);
}

static void temporary_path(char path[64])
{
    static const char pattern[] = "/tmp/screendump_test.XXXXXX";
    int fd;

    memcpy(path, pattern, sizeof pattern);
    fd = mkstemp(path);
    cr_assert(fd >= 0);
    close(fd);
}

Test(screendump, png_holds_the_picture)
{
    png_image image = {.version = PNG_IMAGE_VERSION};
    char error[256], path[64];
    u8 *rgb;

    set_picture(64, 48);
    temporary_path(path);
    cr_assert(screendump_png(machine, path, error, sizeof error), "%s", error);
    cr_assert(png_image_begin_read_from_file(&image, path));
    cr_expect_eq(image.width, 64);
    cr_expect_eq(image.height, 48);
    image.format = PNG_FORMAT_RGB;
    rgb = malloc(PNG_IMAGE_SIZE(image));
    cr_assert(png_image_finish_read(&image, NULL, rgb, 0, NULL));
    cr_expect_eq(memcmp(rgb, "\xFF\x80\x40\0\0\0", 6), 0);
    free(rgb);
    unlink(path);
}

Test(screendump, a_screen_that_nobody_has_programmed_is_black)
{
    char error[256], path[64];

    temporary_path(path);
    cr_expect(screendump_png(machine, path, error, sizeof error), "%s", error);
    unlink(path);
}

Test(screendump, failure_says_where_and_why)
{
    char error[256] = "";

    cr_expect_not(screendump_png(machine, "/nonexistent/x.png", error, sizeof error));
    cr_expect_not_null(strstr(error, "/nonexistent/x.png"), "%s", error);
    cr_expect_not_null(strstr(error, "No such file"), "%s", error);
}

Test(screendump, looking_changes_nothing)
{
    TextScreen *text = calloc(1, sizeof *text);
    Picture picture = {0};
    u64 hash;

    set_picture(320, 200);
    hash = machine_hash(machine);
    cr_expect(picture_update(&picture, machine_vga(machine)));
    cr_expect_eq(machine_hash(machine), hash);
    vga_text(machine_vga(machine), text);
    cr_expect_eq(machine_hash(machine), hash);
    space_write(machine_memory(machine), 0xA0004, BYTE, 1);
    cr_expect(picture_update(&picture, machine_vga(machine)), "and what comes later is seen");
    cr_expect_neq(machine_hash(machine), hash);
    picture_free(&picture);
    free(text);
}
