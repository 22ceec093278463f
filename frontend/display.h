/*
 * Where a machine's screen is shown and where keys come from: a window, a terminal, or nowhere.
 * The frontend's loop is the only caller; everything happens on its thread, between two calls of
 * machine_run().
 */
#ifndef FRONTEND_DISPLAY_H
#define FRONTEND_DISPLAY_H

#include "devices/machine.h"

/* What the person asked for that the display cannot do by itself. */
typedef enum DisplayRequest {
    DISPLAY_NOTHING,
    DISPLAY_QUIT,           /* closed the window, Ctrl-A x */
    DISPLAY_LOST,           /* the display went away (X server, terminal) */
    DISPLAY_RESET,
    DISPLAY_POWER_BUTTON,
    DISPLAY_PAUSE,          /* toggles */
    DISPLAY_SCREENSHOT,
    DISPLAY_SPEED,          /* toggles between real time and as fast as possible */
    DISPLAY_MONITOR,        /* the terminal is for the debugger's prompt now: Ctrl-A c */
} DisplayRequest;

/* For the title, and for hints on the screen. */
typedef struct DisplayStatus {
    bool paused;
    double mips;            /* instructions per host microsecond, lately */
    double speed;           /* guest time / host time, lately */
    const char *message;    /* shown for a moment, e.g. "saved vitrine-1.png"; NULL: none */
} DisplayStatus;

typedef struct Display {
    const char *name;
    int fd;                 /* readable when input waits, for poll(); -1: none */
    /* Hands host input to the machine; called often. Loop until DISPLAY_NOTHING. */
    DisplayRequest (*poll)(struct Display *display, Machine *machine);
    /* Shows what changed since the last call, at most 60 times a second. */
    void (*draw)(struct Display *display, Machine *machine, const DisplayStatus *status);
    /* Restores the terminal, closes the window, frees the display. Also called on a signal's way out. */
    void (*close)(struct Display *display);
} Display;

typedef struct DisplayOptions {
    const char *title;      /* the image's name */
    bool fullscreen;
    unsigned scale;         /* window pixels per guest pixel; 0: choose */
    struct Debugger *debugger;  /* outlives the display; NULL: none */
    bool open_debugger;     /* begin with its panels */
} DisplayOptions;

/* NULL on failure, with a sentence in `error`. */
Display *display_sdl_open(const DisplayOptions *options, char *error, size_t error_size);
Display *display_terminal_open(const DisplayOptions *options, char *error, size_t error_size);
Display *display_none_open(void);

/* Writes the machine's screen as it is now as a PNG; false with a sentence in `error`. */
bool screendump_png(Machine *machine, const char *path, char *error, size_t error_size);

#endif
