/*
 * IEEE 1003.1, "General Terminal Interface" and "Signal Concepts". tcsetattr() and write() may be
 * called from signal handlers.
 */
#include "frontend/terminal_mode.h"

#include "mmu/base.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

/* The other screen; no wrapping at the right edge, so that the last corner can be written. */
static const char enter_sequence[] = "\033[?1049h\033[?7l\033[?25l\033[2J";
static const char leave_sequence[] = "\033[0m\033[?7h\033[?25h\033[?1049l";

/* These end the program: give the terminal back, then let happen what would have happened. */
static const int ending[] = {SIGABRT, SIGBUS,  SIGFPE,  SIGHUP,  SIGILL, SIGINT,
                             SIGQUIT, SIGSEGV, SIGTERM, SIGTSTP, SIGXCPU};

/* There is one terminal, and signal handlers must find it. */
static struct {
    volatile sig_atomic_t taken, resumed, handlers_set;
    struct termios before, raw;
    struct sigaction previous[COUNT_OF(ending)], previous_continue;
} terminal;

static void put(const char *bytes, size_t length)
{
    /* Nothing can be done about a terminal that is gone. */
    while (length > 0) {
        ssize_t count = write(STDOUT_FILENO, bytes, length);

        if (count < 0 && errno != EINTR)
            return;
        if (count > 0) {
            bytes += count;
            length -= (size_t)count;
        }
    }
}

static bool take(void)
{
    if (tcsetattr(STDIN_FILENO, TCSANOW, &terminal.raw) != 0)
        return false;
    terminal.taken = true;
    put(enter_sequence, sizeof enter_sequence - 1);
    return true;
}

void terminal_mode_leave(void)
{
    int error = errno;

    if (terminal.taken) {
        terminal.taken = false;
        put(leave_sequence, sizeof leave_sequence - 1);
        /* Not TCSAFLUSH, which waits until somebody reads what was written. */
        tcsetattr(STDIN_FILENO, TCSANOW, &terminal.before);
        tcflush(STDIN_FILENO, TCIFLUSH);
    }
    errno = error;
}

/* A handler that was there before ends the program in good order (and calls us then); one that
 * comes a second time means that it does not get to it. */
static void on_ending(int number)
{
    static volatile sig_atomic_t seen;
    const struct sigaction *previous = NULL;

    for (unsigned i = 0; i < COUNT_OF(ending); i++)
        if (ending[i] == number)
            previous = &terminal.previous[i];
    if (!previous || previous->sa_handler == SIG_IGN)
        return;
    if (previous->sa_handler != SIG_DFL && !(previous->sa_flags & SA_SIGINFO)) {
        if (seen)
            terminal_mode_leave();
        seen = true;
        previous->sa_handler(number);
        return;
    }
    terminal_mode_leave();
    sigaction(number, previous, NULL);
    raise(number);
}

static void on_continue(int number)
{
    int error = errno;

    if (terminal.previous_continue.sa_handler != SIG_DFL &&
        terminal.previous_continue.sa_handler != SIG_IGN &&
        !(terminal.previous_continue.sa_flags & SA_SIGINFO))
        terminal.previous_continue.sa_handler(number);
    terminal.resumed = true;
    errno = error;
}

static void set_handlers(void)
{
    struct sigaction action = {.sa_handler = on_ending};

    for (unsigned i = 0; i < COUNT_OF(ending); i++)
        sigaction(ending[i], &action, &terminal.previous[i]);
    action.sa_handler = on_continue;
    action.sa_flags = SA_RESTART;
    sigaction(SIGCONT, &action, &terminal.previous_continue);
    atexit(terminal_mode_leave);
    terminal.handlers_set = true;
}

bool terminal_mode_enter(void)
{
    if (tcgetattr(STDIN_FILENO, &terminal.before) != 0)
        return false;
    terminal.raw = terminal.before;
    cfmakeraw(&terminal.raw);
    terminal.raw.c_cc[VMIN] = 1;
    terminal.raw.c_cc[VTIME] = 0;
    if (!terminal.handlers_set)
        set_handlers();
    return take();
}

bool terminal_mode_resumed(void)
{
    struct sigaction action = {.sa_handler = on_ending};

    if (!terminal.resumed)
        return false;
    terminal.resumed = false;
    sigaction(SIGTSTP, &action, NULL);
    return take();
}
