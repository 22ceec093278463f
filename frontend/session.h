/*
 * Everything that one run of the program holds open: the machine, the images in its drives, what
 * its ports are connected to, its display and its log.
 */
#ifndef FRONTEND_SESSION_H
#define FRONTEND_SESSION_H

#include "frontend/debugger/debugger.h"
#include "frontend/debugger/timeline.h"
#include "frontend/disk_image.h"
#include "frontend/display.h"
#include "frontend/firmware.h"
#include "frontend/gdb/server.h"
#include "frontend/kernel.h"
#include "frontend/lockstep.h"
#include "frontend/options.h"
#include "frontend/serial_backend.h"

#include <stdio.h>

enum { SESSION_ERROR = 1024, HELD_LOG = 16384 };

typedef struct Session {
    Options options;
    Firmware firmware;
    Kernel kernel;
    DiskImage drives[MACHINE_IDE_DRIVES];
    DiskImage floppies[MACHINE_FLOPPIES];
    SerialBackend serial[MACHINE_SERIAL_PORTS];
    SerialBackend parallel[MACHINE_PARALLEL_PORTS];
    SerialBackend debug_console;
    Machine *machine;
    Timeline *timeline;             /* NULL: off */
    Debugger *debugger;
    struct Lint *lint;              /* NULL: off */
    GdbServer *gdb;                 /* NULL: nobody listens */
    Lockstep *lockstep;             /* NULL: one engine only */
    Display *display;
    DriveNote drive_notes[MACHINE_IDE_DRIVES + MACHINE_FLOPPIES];
    FILE *log;                      /* NULL: standard error */
    bool log_held;                  /* the display has the terminal: lines wait here */
    char held[HELD_LOG];
    unsigned held_length;
    char error[SESSION_ERROR];      /* why session_open() or session_close() failed */
} Session;

/* Disk, floppy, CD-ROM: as in -boot. */
extern const char default_boot_order[];

/* Tells what is in session->error, which is no reason to give up. */
void session_warn(Session *session);
/* A line of the log, to where -D wants it. */
void session_write_log(void *session, const char *line);

/* From session->options. session_close() is due whatever the result. */
bool session_open(Session *session);

/* Takes the display away, then flushes and closes the images. False: something was lost. */
bool session_close(Session *session);

#endif
