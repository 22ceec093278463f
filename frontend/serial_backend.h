/*
 * What stands behind a serial, parallel or debug port on the host: the terminal, a file, a
 * pseudo-terminal, or nothing.
 */
#ifndef FRONTEND_SERIAL_BACKEND_H
#define FRONTEND_SERIAL_BACKEND_H

#include "frontend/display.h"
#include "frontend/options.h"

enum { BACKEND_BUFFER = 4096, BACKEND_MESSAGE = 256 };

typedef struct SerialBackend {
    PortKind kind;
    char label[16];             /* "serial0" */
    const char *path;
    int input, output;          /* descriptors, or -1 */
    bool escape;                /* Ctrl-A is ours */
    bool escaped;               /* Ctrl-A was the last key */
    bool lost;                  /* output goes nowhere any more */
    u8 buffer[BACKEND_BUFFER];  /* output not yet written */
    unsigned buffered;
} SerialBackend;

/* PORT_NONE, PORT_NULL and PORT_DEFAULT connect nothing. False: a sentence is in `error`. */
bool serial_backend_open(SerialBackend *backend, const PortOption *option, const char *label,
                         char *error, size_t error_size);

/* Takes the guest's bytes; they are written when the buffer is full, or by _flush(). */
ByteSink serial_backend_sink(SerialBackend *backend);

/* False, once, when the other end has gone away or the host's disk is full: `error` says so. */
bool serial_backend_flush(SerialBackend *backend, char *error, size_t error_size);

/* Hands waiting input to serial port `port`, as much as it has room for. Ctrl-A x asks to quit, Ctrl-A c
 * for the monitor. */
DisplayRequest serial_backend_poll(SerialBackend *backend, Machine *machine, unsigned port);
/* While the machine takes no input: obeys Ctrl-A on a terminal, other keys are lost. */
DisplayRequest serial_backend_poll_escape(SerialBackend *backend, Machine *machine, unsigned port);

/* The descriptor to wait on while the port has room; -1: none. */
int serial_backend_input(const SerialBackend *backend);

void serial_backend_close(SerialBackend *backend);

/* The terminal's settings: raw while a backend uses it. Both may be called from a signal handler. */
void terminal_restore(void);
void terminal_raw_again(void);

#endif
