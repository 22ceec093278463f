/*
 * vitrine: a PC with glass walls.
 */
#include "frontend/conform/command.h"
#include "frontend/explain.h"
#include "frontend/run_loop.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A file that we open must not become standard output because that was closed. Read-only, so that
 * writing there fails as it should. */
static void occupy_standard_descriptors(void)
{
    int fd;

    do
        fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd > STDERR_FILENO)
        close(fd);
}

static int complain(const char *sentence)
{
    if (*sentence)
        fprintf(stderr, "vitrine: %s\n", sentence);
    return EXIT_FAILURE;
}

/* Runs the machine and takes its last picture. */
static int run(Session *session)
{
    int status = run_loop(session);
    char error[256];

    if (session->options.screendump &&
        !screendump_png(session->machine, session->options.screendump, error, sizeof error)) {
        snprintf(session->error, SESSION_ERROR, "-screendump: %s", error);
        status = status ? status : EXIT_FAILURE;
    }
    return status;
}

int main(int argc, char **argv)
{
    bool conform = argc > 1 && strcmp(argv[1], "conform") == 0;
    Session *session;
    char error[SESSION_ERROR];
    int status = EXIT_FAILURE;

    if (argc > 1 && strcmp(argv[1], "explain") == 0)
        return explain_command(argc - 1, argv + 1);
    if (conform)
        return conform_command(argc - 1, argv + 1);
    session = calloc(1, sizeof *session);
    if (!session)
        return complain("the host is out of memory");
    switch (options_parse(&session->options, argc, argv, error, sizeof error)) {
    case OPTIONS_RUN:
        break;
    case OPTIONS_ANSWERED:
        options_free(&session->options);
        free(session);
        return fflush(stdout) ? complain("standard output cannot be written") : EXIT_SUCCESS;
    case OPTIONS_WRONG:
        options_free(&session->options);
        free(session);
        return complain(error);
    }
    occupy_standard_descriptors();
    run_loop_catch_signals();
    if (session_open(session))
        status = run(session);
    /* Only when the display has gone do words on the terminal stay there. */
    snprintf(error, sizeof error, "%s", session->error);
    *session->error = '\0';
    if (!session_close(session))
        status = status ? status : EXIT_FAILURE;
    complain(error);
    complain(session->error);
    free(session);
    return status;
}
