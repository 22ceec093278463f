/*
 * Runs a whole guest inside a test: firmware, drives, a keyboard to type on, a serial port and a
 * screen to read. Time is the machine's own, and idle time is skipped, so that a test does the
 * same on every host.
 *
 * Every step returns false when it fails, with a sentence in `error`; steps after a failed one
 * fail too. So a test is a chain of steps with && between.
 */
#ifndef TESTS_GUEST_RUN_H
#define TESTS_GUEST_RUN_H

#include "devices/machine.h"
#include "devices/vga_draw.h"
#include "frontend/disk_image.h"
#include "frontend/firmware.h"
#include "frontend/kernel.h"

enum { GUEST_OUTPUT = 1 << 20, GUEST_ERROR = 4096 };

typedef struct Guest {
    MachineConfig config; /* may be changed until guest_start() */
    Firmware firmware;
    Kernel kernel;
    DiskImage drives[MACHINE_IDE_DRIVES], floppy;
    Machine *machine;
    bool ended; /* the machine stopped by itself: */
    RunResult result;
    bool may_reset; /* a reset by the guest does not end it */
    TextScreen screen;
    char output[GUEST_OUTPUT + 1]; /* what came from the serial port, without CR and NUL */
    unsigned output_length;
    unsigned seen; /* how much of it guest_serial() has used up */
    char error[GUEST_ERROR];
} Guest;

/* 32 MiB, the default processor, COM1, no drive. NULL: out of memory, or no firmware; the sentence
 * is in `error`. */
Guest *guest_create(char *error, size_t error_size);
void guest_destroy(Guest *guest);

/* Images are opened so that writes are lost. */
bool guest_disk(Guest *guest, unsigned drive, const char *path);
bool guest_cdrom(Guest *guest, const char *path);
bool guest_floppy(Guest *guest, const char *path);
bool guest_kernel(Guest *guest, const char *path, const char *initrd, const char *append);
bool guest_start(Guest *guest);

/* Lets it run. `millions` of clock cycles, here and below, are the most that it may take. */
bool guest_run(Guest *guest, u64 millions);

/* Until this text comes from the serial port (after what an earlier call has waited for). */
bool guest_serial(Guest *guest, const char *text, u64 millions);

/* Until this text is on the text screen, in one line. */
bool guest_screen(Guest *guest, const char *text, u64 millions);

/* Until the screen has a graphics mode of this size. */
bool guest_graphics(Guest *guest, unsigned width, unsigned height, u64 millions);

/* Until the machine stops by itself, for this reason. */
bool guest_end(Guest *guest, RunResult result, u64 millions);

/* Starts anew, and again whenever the guest asks for it. */
bool guest_reset(Guest *guest);

/* Types on the keyboard, as a person at a terminal would: "\r" is Enter, "\x1B[A" is Up. */
bool guest_type(Guest *guest, const char *keys);

/* Sends to COM1. */
bool guest_send(Guest *guest, const char *text);

/* The screen as it is now, as a PNG file. */
bool guest_picture(Guest *guest, const char *path);

/* Sets the sentence, and returns false. */
bool guest_fail(Guest *guest, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
