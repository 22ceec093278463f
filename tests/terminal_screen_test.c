#include "frontend/cp437.h"
#include "frontend/terminal_screen.h"

#include <criterion/criterion.h>
#include <string.h>

static void expect_output(TerminalScreen *screen, const char *expected)
{
    terminal_screen_update(screen);
    cr_expect_eq(screen->length, strlen(expected), "%zu bytes: %.*s", screen->length,
                 (int)screen->length, screen->output + (screen->length > 0));
    cr_expect(screen->length == 0 || memcmp(screen->output, expected, screen->length) == 0);
    screen->length = 0;
}

static TerminalScreen small_screen(TerminalColors colors)
{
    TerminalScreen screen = {.colors = colors};

    cr_assert(terminal_screen_resize(&screen, 4, 2));
    terminal_screen_update(&screen);
    screen.length = 0;
    return screen;
}

Test(terminal_screen, only_differences_are_sent)
{
    TerminalScreen screen = small_screen(COLORS_16);

    expect_output(&screen, "");
    terminal_screen_put(&screen, 2, 1, (TerminalCell){'x', 0xAAAAAA, 0x0000AA});
    expect_output(&screen, "\033[2;3H\033[37m\033[44mx");
    expect_output(&screen, "");
    terminal_screen_text(&screen, 2, 1, "xy", 0xAAAAAA, 0x0000AA);
    expect_output(&screen, "\033[2;4H\033[37m\033[44my");
    terminal_screen_text(&screen, 0, 0, "ab", 0x55FFFF, 0);
    expect_output(&screen, "\033[1;1H\033[96m\033[40mab");
    terminal_screen_free(&screen);
}

Test(terminal_screen, colours)
{
    TerminalScreen screen = small_screen(COLORS_TRUE);

    terminal_screen_put(&screen, 0, 0, (TerminalCell){0x2580, 0x010203, 0xFF8000});
    expect_output(&screen, "\033[1;1H\033[38;2;1;2;3m\033[48;2;255;128;0m\xE2\x96\x80");
    terminal_screen_free(&screen);
    screen = small_screen(COLORS_256);
    terminal_screen_put(&screen, 0, 0, (TerminalCell){0xE4, 0xFFFFFF, 0x5F0000});
    expect_output(&screen, "\033[1;1H\033[38;5;231m\033[48;5;52m\xC3\xA4");
    terminal_screen_free(&screen);
}

Test(terminal_screen, cursor)
{
    TerminalScreen screen = small_screen(COLORS_16);

    screen.cursor = true;
    screen.cursor_column = 3;
    expect_output(&screen, "\033[1;4H\033[?25h");
    expect_output(&screen, "");
    screen.cursor_row = 1;
    expect_output(&screen, "\033[2;4H");
    terminal_screen_put(&screen, 0, 0, (TerminalCell){'x', 0xAA0000, 0});
    expect_output(&screen, "\033[?25l\033[1;1H\033[31m\033[40mx\033[2;4H\033[?25h");
    screen.cursor_row = 9;
    expect_output(&screen, "\033[?25l");
    terminal_screen_free(&screen);
}

Test(terminal_screen, outside_is_ignored)
{
    TerminalScreen screen = small_screen(COLORS_16);

    terminal_screen_text(&screen, 3, 1, "xyz", 0xAAAAAA, 0);
    terminal_screen_text(&screen, 0, 2, "xyz", 0xAAAAAA, 0);
    expect_output(&screen, "\033[2;4H\033[37m\033[40mx");
    terminal_screen_free(&screen);
}

Test(cp437, a_picture_for_every_code)
{
    char utf8[3];

    cr_expect_eq(cp437_unicode('A'), 'A');
    cr_expect_eq(cp437_unicode(0), ' ');
    cr_expect_eq(cp437_unicode(1), 0x263A);
    cr_expect_eq(cp437_unicode(0x7F), 0x2302);
    cr_expect_eq(cp437_unicode(0x81), 0xFC);
    cr_expect_eq(cp437_unicode(0xDB), 0x2588);
    cr_expect_eq(cp437_utf8(0xDB, utf8), 3);
    cr_expect_eq(memcmp(utf8, "\xE2\x96\x88", 3), 0);
    for (unsigned i = 0; i < 256; i++)
        for (unsigned j = 1; j < i && i != 0xFF; j++)
            cr_expect_neq(cp437_unicode((u8)i), j == 0x20 ? 0 : cp437_unicode((u8)j), "%u, %u", i,
                          j);
}
