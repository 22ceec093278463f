/*
 * The command line. Options are spelled as QEMU's and mean what they mean there, so that a
 * course's Makefile runs vitrine in QEMU's place. See qemu-system-i386(1).
 */
#ifndef FRONTEND_OPTIONS_H
#define FRONTEND_OPTIONS_H

#include "devices/machine.h"
#include "frontend/gdb/address.h"
#include "frontend/monitor_address.h"

typedef struct DriveOption {
    DriveKind kind;             /* of an IDE drive; of a floppy drive DRIVE_DISK or DRIVE_NONE */
    const char *file;           /* NULL: no medium in the drive */
    const char *option;         /* what asked for it, for messages: "-hda" */
    bool snapshot, read_only;
} DriveOption;

typedef enum PortKind {
    PORT_DEFAULT,       /* not mentioned */
    PORT_NONE,          /* no such port in the machine */
    PORT_NULL,          /* a port with nothing connected */
    PORT_STDIO,
    PORT_STDIO_ESCAPE,  /* mon:stdio: Ctrl-A leaves, Ctrl-C goes to the guest */
    PORT_FILE,
    PORT_PTY,
} PortKind;

typedef struct PortOption {
    PortKind kind;
    const char *path;   /* of PORT_FILE */
} PortOption;

typedef enum DisplayChoice {
    DISPLAY_AUTOMATIC,  /* a window if there is a screen, else the terminal, else nothing */
    DISPLAY_WINDOW,
    DISPLAY_IN_TERMINAL,
    DISPLAY_HEADLESS,
} DisplayChoice;

enum { OPTIONS_NOTES = 32, OPTIONS_NAMES = 32, BOOT_DEVICES = 8 };

typedef struct Options {
    DriveOption drives[MACHINE_IDE_DRIVES];
    DriveOption floppies[MACHINE_FLOPPIES];
    bool snapshot;
    bool no_default_drives;
    char boot_order[BOOT_DEVICES];      /* "": the firmware's own */
    char boot_once[BOOT_DEVICES];       /* until the first reset; "": as boot_order */
    bool boot_menu;

    u64 memory;                         /* bytes */
    const char *cpu;
    u64 mips;
    MachineEngine engine;
    bool lockstep;          /* both engines, compared */
    u32 passes_left_out;    /* as translator_set_passes() has it */
    u64 translator_memory;
    const char *record, *replay;    /* files, or NULL */
    const char *load_snapshot;      /* its name, or NULL */
    u64 timeline;           /* bytes of host memory for snapshots; 0: there is no timeline */
    i64 start_time;                     /* seconds since 1970 */
    const char *bios, *firmware_folder;
    const char *kernel, *initrd, *append;
    u16 debug_exit_port, debug_exit_size;

    PortOption serial[MACHINE_SERIAL_PORTS];
    PortOption parallel[MACHINE_PARALLEL_PORTS];
    unsigned serial_count, parallel_count;
    PortOption debug_console;
    const char *symbols[OPTIONS_NAMES], *sources[OPTIONS_NAMES];
    unsigned symbol_count, source_count;
    bool lint;
    PortKind monitor;                   /* PORT_STDIO, or PORT_DEFAULT: none */
    MonitorAddress remote_monitor;      /* and another */
    u16 debug_console_port;             /* 0: E9h */

    DisplayChoice display;
    bool nographic;
    bool full_screen;
    unsigned scale;                     /* window pixels per guest pixel; 0: choose */
    const char *name;                   /* in the title */
    bool speed_max;
    bool no_reboot, no_shutdown;
    GdbAddress gdb;                     /* where gdb's server listens */
    bool start_stopped;                 /* -S */
    bool open_debugger;                 /* the window's panels */
    const char *screendump;
    u64 log_channels;                   /* bit n: LogChannel n */
    const char *log_file;

    const char *notes[OPTIONS_NOTES];   /* sentences to tell before starting */
    unsigned note_count;
    char *text;                         /* what the strings above point into */
} Options;

extern const char vitrine_version[];     /* "0.1" */

typedef enum OptionsResult {
    OPTIONS_RUN,
    OPTIONS_ANSWERED,   /* -help, -version and the like: `answer` was written to stdout */
    OPTIONS_WRONG,      /* `error` says what and what to do about it */
} OptionsResult;

/* Fills `options`, which options_free() releases whatever the result. */
OptionsResult options_parse(Options *options, int argc, char **argv, char *error,
                            size_t error_size);
void options_free(Options *options);

#endif
