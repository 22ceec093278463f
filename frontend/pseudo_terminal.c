/*
 * Manual: IEEE 1003.1, "General Terminal Interface"; openpty(3).
 */
#include "frontend/pseudo_terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

int pseudo_terminal_open(const char *label, char *error, size_t error_size)
{
    struct termios raw;
    char name[128];
    int ours, theirs;

    if (openpty(&ours, &theirs, NULL, NULL, NULL)) {
        snprintf(error, error_size, "the host gives no pseudo-terminal for %s: %s", label,
                 strerror(errno));
        return -1;
    }
    if (!tcgetattr(theirs, &raw)) {
        cfmakeraw(&raw);
        tcsetattr(theirs, TCSANOW, &raw);
    }
    ttyname_r(theirs, name, sizeof name);
    /* Their end stays open, so that ours does not report a hang-up between users. */
    fcntl(ours, F_SETFL, O_NONBLOCK);
    fcntl(ours, F_SETFD, FD_CLOEXEC);
    fcntl(theirs, F_SETFD, FD_CLOEXEC);
    fprintf(stderr, "vitrine: %s is %s\n", label, name);
    return ours;
}
