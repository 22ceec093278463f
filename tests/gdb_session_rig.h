/*
 * The distribution's gdb against the program itself. Skipped where there is no gdb.
 */
#ifndef TESTS_GDB_SESSION_RIG_H
#define TESTS_GDB_SESSION_RIG_H

#include "tests/debugger_rig.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OUTPUT_BYTES = 65536 };

static char image_path[64], socket_path[64];
static pid_t vitrine;
static char output[OUTPUT_BYTES];

static inline void session_begin(void)
{
    if (system("command -v gdb >/dev/null 2>&1"))
        cr_skip_test("there is no gdb here: install the package gdb");
    snprintf(image_path, sizeof image_path, "/tmp/vitrine-image-%d", (int)getpid());
    snprintf(socket_path, sizeof socket_path, "/tmp/vitrine-gdb-%d", (int)getpid());
}

static inline void session_end(void)
{
    if (vitrine > 0) {
        kill(vitrine, SIGTERM);
        waitpid(vitrine, NULL, 0);
    }
    unlink(image_path);
    unlink(socket_path);
}

/* Words separated by blanks; IMAGE is the image that was written, GDB the socket. */
static inline void start_vitrine(const char *line)
{
    char text[512], gdb[128], *argv[32] = {(char *)BUILD "/vitrine"}, *word, *rest = text;
    int argc = 1;

    snprintf(text, sizeof text, "-display none -serial none %s", line);
    while ((word = strsep(&rest, " ")) && argc < 31) {
        if (!strncmp(word, "GDB", 3)) {
            snprintf(gdb, sizeof gdb, "unix:%s%s", socket_path, word + 3);
            word = gdb;
        }
        argv[argc++] = strcmp(word, "IMAGE") ? word : image_path;
    }
    vitrine = fork();
    if (!vitrine) {
        /* Where gdb is to connect, and that a signal has come, is no news here. */
        freopen("/dev/null", "w", stderr);
        execv(argv[0], argv);
        _exit(127);
    }
    for (unsigned i = 0; i < 1000 && access(socket_path, F_OK); i++)
        usleep(10000);
    cr_assert(!access(socket_path, F_OK), "vitrine does not listen");
}

/* A gdb that has connected and obeys these lines; `program`: with symbols, or "". */
static inline void run_gdb(const char *program, const char *lines)
{
    char script[64], command[512];
    FILE *file;
    size_t length;

    snprintf(script, sizeof script, "/tmp/vitrine-script-%d", (int)getpid());
    file = fopen(script, "w");
    fprintf(file, "set confirm off\nset width 0\ntarget remote %s\n%s", socket_path, lines);
    fclose(file);
    snprintf(command, sizeof command, "timeout 60 gdb -nx -batch -x %s %s 2>&1 </dev/null", script,
             program);
    file = popen(command, "r");
    cr_assert_not_null(file);
    length = fread(output, 1, sizeof output - 1, file);
    output[length] = '\0';
    pclose(file);
    unlink(script);
}

/* All of `words`, separated by '|', in this order. */
static inline void expect(const char *words)
{
    char copy[1024], *word, *rest = copy;
    const char *at = output;

    snprintf(copy, sizeof copy, "%s", words);
    while ((word = strsep(&rest, "|"))) {
        at = strstr(at, word);
        cr_assert(at, "no \"%s\" (in this place) in:\n%s", word, output);
        at += strlen(word);
    }
}

static inline int wait_for_end(void)
{
    int status = 0;

    waitpid(vitrine, &status, 0);
    vitrine = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

#endif
