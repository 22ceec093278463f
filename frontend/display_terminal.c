/*
 * The screen in a terminal, for machines without a window: text modes as text, graphics as half
 * blocks, keys as a terminal sends them. Ctrl-A is the prefix of our own commands, as in QEMU.
 *
 * IEEE 1003.1, "General Terminal Interface"; for the sequences see terminal_screen.h.
 */
#include "frontend/cp437.h"
#include "frontend/display.h"
#include "frontend/picture.h"
#include "frontend/scale.h"
#include "frontend/terminal_keys.h"
#include "frontend/terminal_mode.h"
#include "frontend/terminal_screen.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum {
    ESCAPE_MS = 40,   /* so long may the rest of an escape sequence take */
    HOLD_MS = 8,      /* a key stays down */
    GRAPHICS_MS = 80, /* between two pictures: they are many bytes */
    STATUS_MS = 500,
    HINT_MS = 3000, /* at the start, even where the guest needs the last line */
    USUAL_COLUMNS = 80,
    USUAL_ROWS = 25,
    UPPER_HALF_BLOCK = 0x2580,
    STATUS_TEXT = 0xAAAAAA,
    STATUS_PAPER = 0x303848,
    HELP_TEXT = 0xFFFFFF,
    HELP_PAPER = 0x0000AA,
};

typedef struct Terminal {
    Display display;
    TerminalScreen screen;
    TerminalKeys keys;
    TextScreen text;
    Picture picture;
    Canvas canvas; /* the picture shrunk: two pixels to a character */
    bool graphics; /* what was drawn last */
    bool redraw, help, lost;
    Chord held; /* down now; KEY_NONE: nothing is */
    u64 held_ms, input_ms, picture_ms, status_ms, hint_end_ms;
    char title[64], status[192], message[160];
} Terminal;

static u64 now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (u64)now.tv_sec * 1000 + (u64)now.tv_nsec / 1000000;
}

/* ---- commands ---- */

// clang-format off
static const struct {
    char key;
    DisplayRequest request;
    const char *help;
} commands[] = {
    {'x', DISPLAY_QUIT, "quit"},
    {'h', DISPLAY_NOTHING, "this help"},
    {'a', DISPLAY_NOTHING, "send Ctrl-A itself"},
    {'d', DISPLAY_NOTHING, "send Ctrl-Alt-Delete"},
    {'p', DISPLAY_PAUSE, "pause or go on"},
    {'t', DISPLAY_SPEED, "real time or full speed"},
    {'s', DISPLAY_SCREENSHOT, "save a screenshot"},
    {'r', DISPLAY_RESET, "reset the machine"},
    {'o', DISPLAY_POWER_BUTTON, "press the power button"},
    {'l', DISPLAY_NOTHING, "draw the screen again"},
};
// clang-format on

static void send_ctrl_alt_delete(Machine *machine)
{
    static const Key keys[] = {KEY_CTRL, KEY_ALT, KEY_DELETE};

    for (unsigned i = 0; i < COUNT_OF(keys); i++)
        machine_key(machine, keys[i], true);
    for (unsigned i = 0; i < COUNT_OF(keys); i++)
        machine_key(machine, keys[i], false);
}

static DisplayRequest obey(Terminal *terminal, Machine *machine, char command)
{
    switch (command) {
    case 'h':
    case '?':
        terminal->help = !terminal->help;
        terminal->redraw = true;
        return DISPLAY_NOTHING;
    case 'd':
        send_ctrl_alt_delete(machine);
        return DISPLAY_NOTHING;
    case 'l':
        terminal_screen_forget(&terminal->screen);
        terminal->redraw = true;
        return DISPLAY_NOTHING;
    }
    for (unsigned i = 0; i < COUNT_OF(commands); i++)
        if (commands[i].key == command)
            return commands[i].request;
    return DISPLAY_NOTHING;
}

/* ---- input ---- */

static void set_chord(Machine *machine, const Chord *chord, bool down)
{
    if (chord->ctrl && down)
        machine_key(machine, KEY_CTRL, true);
    if (chord->alt && down)
        machine_key(machine, KEY_ALT, true);
    if (chord->shift && down)
        machine_key(machine, KEY_SHIFT, true);
    machine_key(machine, chord->key, down);
    if (chord->shift && !down)
        machine_key(machine, KEY_SHIFT, false);
    if (chord->alt && !down)
        machine_key(machine, KEY_ALT, false);
    if (chord->ctrl && !down)
        machine_key(machine, KEY_CTRL, false);
}

static void read_input(Terminal *terminal, u64 now)
{
    struct pollfd ready = {.fd = STDIN_FILENO, .events = POLLIN};
    u8 bytes[256];
    unsigned room = terminal_keys_room(&terminal->keys);
    ssize_t count;

    if (room == 0 || poll(&ready, 1, 0) <= 0)
        return;
    count = read(STDIN_FILENO, bytes, room < sizeof bytes ? room : sizeof bytes);
    if (count > 0) {
        terminal_keys_feed(&terminal->keys, bytes, (unsigned)count);
        terminal->input_ms = now;
    } else if (count == 0 || (errno != EINTR && errno != EAGAIN)) {
        terminal->lost = true;
    }
}

static DisplayRequest terminal_poll(Display *display, Machine *machine)
{
    Terminal *terminal = (Terminal *)display;
    u64 now = now_ms();
    TerminalInput input;

    read_input(terminal, now);
    if (terminal->lost)
        return DISPLAY_LOST;
    if (terminal->held.key != KEY_NONE) {
        if (now - terminal->held_ms < HOLD_MS)
            return DISPLAY_NOTHING;
        set_chord(machine, &terminal->held, false);
        terminal->held.key = KEY_NONE;
    }
    if (!terminal_keys_next(&terminal->keys, now - terminal->input_ms > ESCAPE_MS, &input))
        return DISPLAY_NOTHING;
    if (input.is_command)
        return obey(terminal, machine, input.command);
    if (terminal->help) {
        terminal->help = false;
        terminal->redraw = true;
        return DISPLAY_NOTHING;
    }
    set_chord(machine, &input.chord, true);
    terminal->held = input.chord;
    terminal->held_ms = now;
    return DISPLAY_NOTHING;
}

/* ---- text ---- */

/* The first of `shown` rows (or columns) out of `all`, so that the cursor's is among them. */
static unsigned first_visible(unsigned all, unsigned shown, bool cursor, unsigned at)
{
    if (all <= shown || !cursor || at < shown)
        return 0;
    return at - shown + 1;
}

static void text_to_cells(Terminal *terminal)
{
    const TextScreen *text = &terminal->text;
    TerminalScreen *screen = &terminal->screen;
    unsigned top = first_visible(text->rows, screen->rows, text->cursor, text->cursor_row);
    unsigned left =
        first_visible(text->columns, screen->columns, text->cursor, text->cursor_column);

    terminal_screen_clear(screen);
    for (unsigned row = top; row < text->rows; row++)
        for (unsigned column = left; column < text->columns; column++) {
            TextCell cell = text->cells[row * text->columns + column];
            unsigned background = text->blink ? cell.attribute >> 4 & 7 : cell.attribute >> 4;

            terminal_screen_put(screen, column - left, row - top,
                                (TerminalCell){cp437_unicode(cell.character),
                                               text->colors[cell.attribute & 0xF],
                                               text->colors[background]});
        }
    screen->cursor = text->cursor;
    screen->cursor_column = text->cursor_column - left;
    screen->cursor_row = text->cursor_row - top;
}

/* ---- graphics ---- */

static bool fit_canvas(Terminal *terminal)
{
    unsigned width = terminal->screen.columns, height = 2 * terminal->screen.rows;
    u32 *pixels;

    if (terminal->canvas.width == width && terminal->canvas.height == height)
        return true;
    pixels = realloc(terminal->canvas.pixels, (size_t)width * height * sizeof *pixels);
    if (!pixels)
        return false;
    terminal->canvas.pixels = pixels;
    terminal->canvas.width = terminal->canvas.stride = width;
    terminal->canvas.height = height;
    return true;
}

static void picture_to_cells(Terminal *terminal)
{
    const Picture *picture = &terminal->picture;
    const Canvas *canvas = &terminal->canvas;
    unsigned start, end;
    Fit fit = scale_fit(picture->width, picture->height, canvas->width, canvas->height);

    scale_clear_bars(canvas, &fit);
    scale_draw(canvas, &fit, picture->pixels, picture->width, picture->height, 0,
               picture->height - 1, &start, &end);
    for (unsigned row = 0; row < terminal->screen.rows; row++)
        for (unsigned column = 0; column < canvas->width; column++) {
            const u32 *upper = canvas->pixels + (size_t)2 * row * canvas->stride + column;
            const u32 *lower = upper + canvas->stride;

            terminal_screen_put(&terminal->screen, column, row,
                                (TerminalCell){UPPER_HALF_BLOCK, *upper, *lower});
        }
    terminal->screen.cursor = false;
}

/* ---- what lies over it ---- */

static void draw_help(Terminal *terminal)
{
    TerminalScreen *screen = &terminal->screen;
    enum { WIDTH = 34 };
    unsigned height = COUNT_OF(commands) + 2, row = 0;
    unsigned left = screen->columns > WIDTH ? (screen->columns - WIDTH) / 2 : 0;
    unsigned top = screen->rows > height ? (screen->rows - height) / 2 : 0;
    char line[WIDTH + 1];

    snprintf(line, sizeof line, " %-*s", WIDTH - 1, "Ctrl-A and a key:");
    terminal_screen_text(screen, left, top + row++, line, HELP_TEXT, HELP_PAPER);
    for (unsigned i = 0; i < COUNT_OF(commands); i++) {
        snprintf(line, sizeof line, "   %c   %-*s", commands[i].key, WIDTH - 7, commands[i].help);
        terminal_screen_text(screen, left, top + row++, line, HELP_TEXT, HELP_PAPER);
    }
    snprintf(line, sizeof line, " %-*s", WIDTH - 1, "Any key closes this.");
    terminal_screen_text(screen, left, top + row, line, HELP_TEXT, HELP_PAPER);
    screen->cursor = false;
}

/* In the last line, where the guest leaves it free; a message takes it in any case. */
static void draw_status(Terminal *terminal)
{
    TerminalScreen *screen = &terminal->screen;
    bool covered = !terminal->graphics && terminal->text.rows >= screen->rows;
    const char *text = terminal->message[0] ? terminal->message : terminal->status;
    char line[256];

    if (screen->rows == 0 || (covered && !terminal->message[0]))
        return;
    snprintf(line, sizeof line, " %-*s", (int)sizeof line - 2, text);
    terminal_screen_text(screen, 0, screen->rows - 1, line, STATUS_TEXT, STATUS_PAPER);
}

static void update_status(Terminal *terminal, const DisplayStatus *status, u64 now)
{
    const char *message = status->message               ? status->message
                          : status->paused              ? "paused: Ctrl-A p goes on"
                          : now < terminal->hint_end_ms ? "Ctrl-A h: help, Ctrl-A x: quit"
                                                        : "";
    char text[sizeof terminal->status];

    if (strncmp(message, terminal->message, sizeof terminal->message - 1) != 0) {
        snprintf(terminal->message, sizeof terminal->message, "%s", message);
        terminal->redraw = true;
    }
    if (now - terminal->status_ms < STATUS_MS)
        return;
    terminal->status_ms = now;
    snprintf(text, sizeof text, "%s - vitrine, %.0f %% speed, %.*f MIPS - Ctrl-A h: help, x: quit",
             terminal->title, 100 * status->speed, status->mips < 10 ? 1 : 0, status->mips);
    if (strcmp(text, terminal->status) != 0) {
        memcpy(terminal->status, text, sizeof text);
        terminal->redraw = true;
    }
}

/* ---- drawing ---- */

static void follow_size(Terminal *terminal)
{
    struct winsize size = {0};
    TerminalScreen *screen = &terminal->screen;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || !size.ws_col || !size.ws_row) {
        size.ws_col = USUAL_COLUMNS;
        size.ws_row = USUAL_ROWS;
    }
    if (size.ws_col == screen->columns && size.ws_row == screen->rows)
        return;
    if (terminal_screen_resize(screen, size.ws_col, size.ws_row))
        terminal->redraw = true;
}

/* Fetches what the guest shows; true: it has changed. */
static bool follow_guest(Terminal *terminal, Vga *vga, u64 now)
{
    bool graphics = !vga_is_text(vga);

    if (graphics != terminal->graphics) {
        terminal->graphics = graphics;
        terminal->text.view = terminal->picture.view = (VgaView){0};
        terminal->picture_ms = 0;
    }
    if (!graphics)
        return vga_text(vga, &terminal->text);
    if (now - terminal->picture_ms < GRAPHICS_MS)
        return false;
    terminal->picture_ms = now;
    return picture_update(&terminal->picture, vga);
}

static void send_output(Terminal *terminal)
{
    TerminalScreen *screen = &terminal->screen;
    size_t sent = 0;

    while (sent < screen->length && !terminal->lost) {
        ssize_t count = write(STDOUT_FILENO, screen->output + sent, screen->length - sent);
        struct pollfd ready = {.fd = STDOUT_FILENO, .events = POLLOUT};

        if (count >= 0)
            sent += (size_t)count;
        else if (errno == EAGAIN)
            poll(&ready, 1, -1);
        else if (errno != EINTR)
            terminal->lost = true;
    }
    screen->length = 0;
}

static void terminal_draw(Display *display, Machine *machine, const DisplayStatus *status)
{
    Terminal *terminal = (Terminal *)display;
    u64 now = now_ms();
    bool changed;

    if (terminal->lost)
        return;
    if (terminal_mode_resumed()) {
        terminal_screen_forget(&terminal->screen);
        terminal->redraw = true;
    }
    follow_size(terminal);
    update_status(terminal, status, now);
    changed = follow_guest(terminal, machine_vga(machine), now);
    if (!changed && !terminal->redraw)
        return;
    terminal->redraw = false;
    if (!terminal->graphics)
        text_to_cells(terminal);
    else if (terminal->picture.pixels && fit_canvas(terminal))
        picture_to_cells(terminal);
    draw_status(terminal);
    if (terminal->help)
        draw_help(terminal);
    terminal_screen_update(&terminal->screen);
    send_output(terminal);
}

/* ---- opening and closing ---- */

static void terminal_close(Display *display)
{
    Terminal *terminal = (Terminal *)display;

    terminal_mode_leave();
    terminal_screen_free(&terminal->screen);
    picture_free(&terminal->picture);
    free(terminal->canvas.pixels);
    free(terminal);
}

static TerminalColors known_colors(void)
{
    const char *color = getenv("COLORTERM"), *term = getenv("TERM");

    if (color && (strcmp(color, "truecolor") == 0 || strcmp(color, "24bit") == 0))
        return COLORS_TRUE;
    return term && strstr(term, "256color") ? COLORS_256 : COLORS_16;
}

Display *display_terminal_open(const DisplayOptions *options, char *error, size_t error_size)
{
    Terminal *terminal;

    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
        snprintf(error, error_size,
                 "the terminal display needs a terminal as its input and output; "
                 "use -display none without one");
        return NULL;
    }
    terminal = calloc(1, sizeof *terminal);
    if (!terminal) {
        snprintf(error, error_size, "out of memory");
        return NULL;
    }
    terminal->display =
        (Display){"terminal", STDIN_FILENO, terminal_poll, terminal_draw, terminal_close};
    terminal->screen.colors = known_colors();
    snprintf(terminal->title, sizeof terminal->title, "%s", options->title ? options->title : "");
    if (!terminal_mode_enter()) {
        snprintf(error, error_size, "cannot change the terminal's settings: %s", strerror(errno));
        free(terminal);
        return NULL;
    }
    terminal->hint_end_ms = now_ms() + HINT_MS;
    follow_size(terminal);
    return &terminal->display;
}
