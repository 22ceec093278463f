#include "tests/guest_run.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frontend/cp437.h"
#include "frontend/display.h"
#include "frontend/terminal_keys.h"

enum {
    LOOKS = 100,     /* per guest second, at screen and serial port */
    KEY_MOVES = 100, /* per guest second: more than a person's, within what the 8042 reads */
    TAIL = 1200,     /* bytes of the output that an error shows */
    SCREEN_TEXT = TEXT_MAX_ROWS * (TEXT_MAX_COLUMNS * 3 + 1) + 1,
};

static const char *const results[] = {
    [RUN_BUDGET] = "ran on",
    [RUN_IDLE] = "idled",
    [RUN_POWER_OFF] = "was switched off",
    [RUN_RESET] = "was reset",
    [RUN_DEBUG_EXIT] = "left by the debug port",
    [RUN_TRIPLE_FAULT] = "shut down (triple fault)",
};

bool guest_fail(Guest *guest, const char *format, ...)
{
    va_list arguments;

    if (*guest->error)
        return false;
    va_start(arguments, format);
    vsnprintf(guest->error, GUEST_ERROR, format, arguments);
    va_end(arguments);
    return false;
}

static void collect(void *owner, u8 byte)
{
    Guest *guest = owner;

    if (byte && byte != '\r' && guest->output_length < GUEST_OUTPUT)
        guest->output[guest->output_length++] = (char)byte;
}

/* ---- building ---- */

Guest *guest_create(char *error, size_t error_size)
{
    const Options options = {.firmware_folder = "/usr/share/seabios"};
    Guest *guest = calloc(1, sizeof *guest);

    if (!guest) {
        snprintf(error, error_size, "out of memory");
        return NULL;
    }
    for (unsigned i = 0; i < MACHINE_IDE_DRIVES; i++)
        disk_image_init_empty(&guest->drives[i], IMAGE_DISK);
    disk_image_init_empty(&guest->floppy, IMAGE_FLOPPY);
    if (!firmware_load(&guest->firmware, &options, error, error_size)) {
        free(guest);
        return NULL;
    }
    guest->config = (MachineConfig){
        .memory = 32 << 20,
        .cpu = "qemu32",
        .mips = 100,
        .start_time = 1700000000,
        .bios = guest->firmware.bios,
        .bios_length = guest->firmware.bios_length,
        .vga_bios = guest->firmware.vga_bios,
        .vga_bios_length = guest->firmware.vga_bios_length,
        .boot_order = "cad",
        .serial_present[0] = true,
        .serial[0] = {collect, guest},
    };
    return guest;
}

void guest_destroy(Guest *guest)
{
    if (!guest)
        return;
    machine_destroy(guest->machine);
    for (unsigned i = 0; i < MACHINE_IDE_DRIVES; i++)
        disk_image_close(&guest->drives[i]);
    disk_image_close(&guest->floppy);
    kernel_free(&guest->kernel);
    firmware_free(&guest->firmware);
    free(guest);
}

static bool open_image(Guest *guest, DiskImage *image, ImageKind kind, const char *path)
{
    const DiskImageOptions how = {.kind = kind, .snapshot = kind != IMAGE_CDROM};
    char message[512];

    return disk_image_open(image, path, &how, message, sizeof message) ||
           guest_fail(guest, "%s", message);
}

bool guest_disk(Guest *guest, unsigned drive, const char *path)
{
    guest->config.drives[drive] = (DriveConfig){DRIVE_DISK, &guest->drives[drive].device};
    return open_image(guest, &guest->drives[drive], IMAGE_DISK, path);
}

bool guest_cdrom(Guest *guest, const char *path)
{
    guest->config.drives[2] = (DriveConfig){DRIVE_CDROM, &guest->drives[2].device};
    return open_image(guest, &guest->drives[2], IMAGE_CDROM, path);
}

bool guest_floppy(Guest *guest, const char *path)
{
    guest->config.floppy_present[0] = true;
    guest->config.floppies[0] = &guest->floppy.device;
    return open_image(guest, &guest->floppy, IMAGE_FLOPPY, path);
}

bool guest_kernel(Guest *guest, const char *path, const char *initrd, const char *append)
{
    char message[512];

    return kernel_load(&guest->kernel, &guest->config, path, initrd, append, message,
                       sizeof message) ||
           guest_fail(guest, "%s", message);
}

bool guest_start(Guest *guest)
{
    char message[512];

    guest->machine = machine_create(&guest->config, message, sizeof message);
    return guest->machine || guest_fail(guest, "%s", message);
}

/* ---- running ---- */

/* Up to this cycle, idle or not, unless it stops before. */
static void run_until(Guest *guest, u64 until)
{
    while (!guest->ended && machine_cycles(guest->machine) < until) {
        RunResult result = machine_run(guest->machine, until);

        if (result == RUN_IDLE)
            machine_skip_idle(guest->machine, until);
        else if (result == RUN_RESET && guest->may_reset)
            machine_reset(guest->machine);
        else if (result != RUN_BUDGET) {
            guest->ended = true;
            guest->result = result;
        }
    }
}

static void run_for_part_of_second(Guest *guest, unsigned part)
{
    run_until(guest, machine_cycles(guest->machine) + machine_hz(guest->machine) / part);
}

static const char *tail(const Guest *guest)
{
    return guest->output + (guest->output_length > TAIL ? guest->output_length - TAIL : 0);
}

/* The screen's rows in UTF-8, each ended by a line feed, without blanks at their ends. */
static void screen_text(const TextScreen *screen, char *text)
{
    for (unsigned row = 0; row < screen->rows; row++) {
        const TextCell *cells = screen->cells + row * screen->columns;
        unsigned length = screen->columns;

        while (length && (cells[length - 1].character == ' ' || !cells[length - 1].character))
            length--;
        for (unsigned i = 0; i < length; i++)
            text += cp437_utf8(cells[i].character, text);
        *text++ = '\n';
    }
    *text = '\0';
}

static bool screen_has(Guest *guest, const char *wanted)
{
    static char text[SCREEN_TEXT];

    if (!vga_is_text(machine_vga(guest->machine)) ||
        !vga_text(machine_vga(guest->machine), &guest->screen))
        return false;
    screen_text(&guest->screen, text);
    return strstr(text, wanted);
}

static bool serial_has(Guest *guest, const char *wanted)
{
    const char *found;

    guest->output[guest->output_length] = '\0';
    found = strstr(guest->output + guest->seen, wanted);
    if (found)
        guest->seen = (unsigned)(found - guest->output + (long)strlen(wanted));
    return found;
}

static void fail_for_lack_of(Guest *guest, const char *text, const char *where)
{
    static char screen[SCREEN_TEXT];
    u64 millions = machine_cycles(guest->machine) / 1000000;

    guest->screen.view = (VgaView){0};
    *screen = '\0';
    if (vga_is_text(machine_vga(guest->machine)) &&
        vga_text(machine_vga(guest->machine), &guest->screen))
        screen_text(&guest->screen, screen);
    guest_fail(guest,
               "no \"%s\" %s; it %s, after %llu million cycles.\nSerial port:\n%s\nScreen:\n%s",
               text, where, results[guest->ended ? guest->result : RUN_BUDGET],
               (unsigned long long)millions, tail(guest), screen);
}

static bool wait_for(Guest *guest, bool (*has)(Guest *, const char *), const char *text,
                     const char *where, u64 millions)
{
    u64 until;

    if (*guest->error)
        return false;
    until = machine_cycles(guest->machine) + millions * 1000000;
    guest->screen.view = (VgaView){0};
    while (!has(guest, text)) {
        if (guest->ended || machine_cycles(guest->machine) >= until) {
            fail_for_lack_of(guest, text, where);
            return false;
        }
        run_for_part_of_second(guest, LOOKS);
    }
    return true;
}

bool guest_serial(Guest *guest, const char *text, u64 millions)
{
    return wait_for(guest, serial_has, text, "from the serial port", millions);
}

bool guest_screen(Guest *guest, const char *text, u64 millions)
{
    return wait_for(guest, screen_has, text, "on the screen", millions);
}

static bool graphics_has(Guest *guest, const char *size)
{
    char text[32];
    unsigned width, height;

    vga_picture_size(machine_vga(guest->machine), &width, &height);
    snprintf(text, sizeof text, "%ux%u", width, height);
    return !vga_is_text(machine_vga(guest->machine)) && !strcmp(text, size);
}

bool guest_graphics(Guest *guest, unsigned width, unsigned height, u64 millions)
{
    char size[32];

    snprintf(size, sizeof size, "%ux%u", width, height);
    return wait_for(guest, graphics_has, size, "pixels on the screen", millions);
}

static bool has_ended(Guest *guest, const char *how)
{
    return guest->ended && !strcmp(how, results[guest->result]);
}

bool guest_end(Guest *guest, RunResult result, u64 millions)
{
    return wait_for(guest, has_ended, results[result], "at its end", millions);
}

bool guest_run(Guest *guest, u64 millions)
{
    if (*guest->error)
        return false;
    run_until(guest, machine_cycles(guest->machine) + millions * 1000000);
    return true;
}

bool guest_reset(Guest *guest)
{
    if (*guest->error)
        return false;
    guest->ended = false;
    guest->may_reset = true;
    machine_reset(guest->machine);
    return true;
}

/* ---- input ---- */

static void move_key(Guest *guest, Key key, bool down)
{
    if (guest->ended)
        return;
    machine_key(guest->machine, key, down);
    run_for_part_of_second(guest, KEY_MOVES);
}

static void strike(Guest *guest, Chord chord)
{
    const struct {
        Key key;
        bool held;
    } modifiers[] = {{KEY_SHIFT, chord.shift}, {KEY_CTRL, chord.ctrl}, {KEY_ALT, chord.alt}};

    for (unsigned i = 0; i < COUNT_OF(modifiers); i++)
        if (modifiers[i].held)
            move_key(guest, modifiers[i].key, true);
    move_key(guest, chord.key, true);
    move_key(guest, chord.key, false);
    for (unsigned i = 0; i < COUNT_OF(modifiers); i++)
        if (modifiers[i].held)
            move_key(guest, modifiers[i].key, false);
}

bool guest_type(Guest *guest, const char *keys)
{
    TerminalKeys waiting = {.count = 0};
    TerminalInput input;

    if (*guest->error)
        return false;
    terminal_keys_feed(&waiting, (const u8 *)keys, (unsigned)strlen(keys));
    while (terminal_keys_next(&waiting, true, &input))
        strike(guest, input.chord);
    return true;
}

bool guest_send(Guest *guest, const char *text)
{
    if (*guest->error)
        return false;
    while (*text && !guest->ended) {
        if (machine_serial_room(guest->machine, 0))
            machine_serial_input(guest->machine, 0, (u8)*text++);
        else
            run_for_part_of_second(guest, LOOKS);
    }
    return true;
}

bool guest_picture(Guest *guest, const char *path)
{
    char message[512];

    return screendump_png(guest->machine, path, message, sizeof message) ||
           guest_fail(guest, "%s", message);
}
