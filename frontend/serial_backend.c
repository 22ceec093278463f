/*
 * Ports on the host's side: POSIX terminals (IEEE 1003.1, "General Terminal Interface").
 */
#include "frontend/serial_backend.h"

#include "frontend/pseudo_terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* There is one terminal, and a signal handler must find its settings. */
static struct {
    volatile bool raw;
    struct termios saved, changed;
} terminal;

void terminal_restore(void)
{
    if (terminal.raw)
        tcsetattr(STDIN_FILENO, TCSANOW, &terminal.saved);
}

void terminal_raw_again(void)
{
    if (terminal.raw)
        tcsetattr(STDIN_FILENO, TCSANOW, &terminal.changed);
}

/* Our own crash must not leave a terminal on which nobody sees what he types. */
static void on_crash(int number)
{
    terminal_restore();
    raise(number); /* the handler is the default one again */
}

static void restore_after_crash(void)
{
    static const int crashes[] = {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV};
    const struct sigaction action = {.sa_handler = on_crash,
                                     .sa_flags = (int)SA_RESETHAND | SA_NODEFER};
    unsigned i;

    for (i = 0; i < COUNT_OF(crashes); i++)
        sigaction(crashes[i], &action, NULL);
}

/* Keys come one by one and unseen. `signals`: Ctrl-C still ends the program. */
static void terminal_make_raw(bool signals)
{
    if (terminal.raw || tcgetattr(STDIN_FILENO, &terminal.saved))
        return;
    terminal.changed = terminal.saved;
    terminal.changed.c_iflag &= ~(tcflag_t)(BRKINT | ICRNL | INLCR | IGNCR | ISTRIP | IXON);
    terminal.changed.c_lflag &= ~(tcflag_t)(ECHO | ICANON | IEXTEN | (signals ? 0 : ISIG));
    terminal.changed.c_cc[VMIN] = 1;
    terminal.changed.c_cc[VTIME] = 0;
    terminal.raw = true;
    restore_after_crash();
    terminal_raw_again();
}

static bool open_stdio(SerialBackend *backend, char *error, size_t error_size)
{
    int mode = fcntl(STDOUT_FILENO, F_GETFL);

    if (mode < 0 || (mode & O_ACCMODE) == O_RDONLY) {
        snprintf(error, error_size,
                 "standard output is closed; give %s another place, for example "
                 "file:PATH",
                 backend->label);
        return false;
    }
    backend->escape = backend->kind == PORT_STDIO_ESCAPE;
    backend->output = STDOUT_FILENO;
    backend->input = STDIN_FILENO;
    if (isatty(STDIN_FILENO))
        terminal_make_raw(!backend->escape);
    return true;
}

static bool open_file(SerialBackend *backend, char *error, size_t error_size)
{
    backend->output = open(backend->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (backend->output >= 0)
        return true;
    snprintf(error, error_size, "%s, the file for %s, cannot be written: %s", backend->path,
             backend->label, strerror(errno));
    return false;
}

static bool open_pty(SerialBackend *backend, char *error, size_t error_size)
{
    backend->input = backend->output = pseudo_terminal_open(backend->label, error, error_size);
    return backend->input >= 0;
}

bool serial_backend_open(SerialBackend *backend, const PortOption *option, const char *label,
                         char *error, size_t error_size)
{
    *backend =
        (SerialBackend){.kind = option->kind, .path = option->path, .input = -1, .output = -1};
    snprintf(backend->label, sizeof backend->label, "%s", label);
    switch (option->kind) {
    case PORT_DEFAULT:
    case PORT_NONE:
    case PORT_NULL:
        return true;
    case PORT_STDIO:
    case PORT_STDIO_ESCAPE:
        return open_stdio(backend, error, error_size);
    case PORT_FILE:
        return open_file(backend, error, error_size);
    case PORT_PTY:
        return open_pty(backend, error, error_size);
    }
    return true;
}

/* A pseudo-terminal that nobody reads fills up; then it loses bytes, as a cable does. */
static void write_buffer(SerialBackend *backend)
{
    unsigned done = 0;
    ssize_t written;

    while (done < backend->buffered && !backend->lost) {
        written = write(backend->output, backend->buffer + done, backend->buffered - done);
        if (written >= 0)
            done += (unsigned)written;
        else if (errno == EAGAIN && backend->kind == PORT_PTY)
            break;
        else if (errno == EAGAIN)
            poll(&(struct pollfd){.fd = backend->output, .events = POLLOUT}, 1, 100);
        else if (errno != EINTR)
            backend->lost = true;
    }
    backend->buffered = 0;
}

static void take_byte(void *owner, u8 byte)
{
    SerialBackend *backend = owner;

    backend->buffer[backend->buffered++] = byte;
    /* A line is said when it is said, and not when the slice is over: a guest that turns slow makes
     * that many times longer. */
    if (byte == '\n' || backend->buffered == BACKEND_BUFFER)
        write_buffer(backend);
}

ByteSink serial_backend_sink(SerialBackend *backend)
{
    return backend->output >= 0 ? (ByteSink){take_byte, backend} : (ByteSink){0};
}

bool serial_backend_flush(SerialBackend *backend, char *error, size_t error_size)
{
    if (backend->output < 0)
        return true;
    if (backend->buffered)
        write_buffer(backend);
    if (!backend->lost)
        return true;
    snprintf(error, error_size, "%s cannot write to %s any more: %s", backend->label,
             backend->path ? backend->path : "standard output", strerror(errno));
    backend->output = -1;
    return false;
}

static const char escape_help[] = "\r\n"
                                  "Ctrl-A h    this help\r\n"
                                  "Ctrl-A x    leave vitrine\r\n"
                                  "Ctrl-A c    the debugger's prompt, and back\r\n"
                                  "Ctrl-A a    send Ctrl-A to the machine\r\n";

/* The key after Ctrl-A. */
static DisplayRequest escape_command(SerialBackend *backend, Machine *machine, unsigned port,
                                     u8 key)
{
    backend->escaped = false;
    switch (key) {
    case 'x':
        return DISPLAY_QUIT;
    case 'c':
        return DISPLAY_MONITOR;
    case 'h':
    case '?':
        for (const char *text = escape_help; *text; text++)
            take_byte(backend, (u8)*text);
        return DISPLAY_NOTHING;
    case 'a':
    case 'A' & 0x1F:
        machine_serial_input(machine, port, 'A' & 0x1F);
        return DISPLAY_NOTHING;
    default:
        return DISPLAY_NOTHING;
    }
}

static DisplayRequest take_key(SerialBackend *backend, Machine *machine, unsigned port, u8 key)
{
    if (backend->escaped)
        return escape_command(backend, machine, port, key);
    if (backend->escape && key == ('A' & 0x1F))
        backend->escaped = true;
    else
        machine_serial_input(machine, port, key);
    return DISPLAY_NOTHING;
}

/* Reads at most `room` bytes; what follows Ctrl-A c is left for whom it is meant for. */
static ssize_t read_input(SerialBackend *backend, u8 *bytes, size_t room)
{
    struct pollfd ready = {.fd = backend->input, .events = POLLIN};
    ssize_t got;

    if (backend->input < 0 || !room || poll(&ready, 1, 0) <= 0)
        return 0;
    got = read(backend->input, bytes, backend->escape ? 1 : room);
    /* End of file: nothing will come any more. A pseudo-terminal may find a new user. */
    if (got <= 0 && backend->kind != PORT_PTY && (!got || (errno != EAGAIN && errno != EINTR)))
        backend->input = -1;
    return got > 0 ? got : 0;
}

DisplayRequest serial_backend_poll(SerialBackend *backend, Machine *machine, unsigned port)
{
    unsigned room = machine_serial_room(machine, port);
    DisplayRequest request = DISPLAY_NOTHING;
    u8 bytes[256];
    ssize_t got, i;

    if (room > sizeof bytes)
        room = sizeof bytes;
    while (request == DISPLAY_NOTHING && (got = read_input(backend, bytes, room)) > 0) {
        for (i = 0; i < got && request == DISPLAY_NOTHING; i++)
            request = take_key(backend, machine, port, bytes[i]);
        room -= (unsigned)got;
    }
    return request;
}

DisplayRequest serial_backend_poll_escape(SerialBackend *backend, Machine *machine, unsigned port)
{
    u8 key;

    if (!backend->escape || !isatty(backend->input) || !read_input(backend, &key, 1))
        return DISPLAY_NOTHING;
    if (backend->escaped)
        return escape_command(backend, machine, port, key);
    backend->escaped = key == ('A' & 0x1F);
    return DISPLAY_NOTHING;
}

int serial_backend_input(const SerialBackend *backend)
{
    return backend->input;
}

void serial_backend_close(SerialBackend *backend)
{
    if (backend->output >= 0 && backend->buffered)
        write_buffer(backend);
    if (backend->kind == PORT_STDIO || backend->kind == PORT_STDIO_ESCAPE) {
        terminal_restore();
        terminal.raw = false;
    } else if (backend->output >= 0) {
        close(backend->output);
    }
    backend->input = backend->output = -1;
}
