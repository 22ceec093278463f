/*
 * Ports on the host's side: where the bytes go, and what happens when they can go nowhere.
 */
#include "frontend/serial_backend.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static SerialBackend backend;
static char error[256];

static bool open_backend(PortKind kind, const char *path)
{
    const PortOption option = {kind, path};

    return serial_backend_open(&backend, &option, "serial0", error, sizeof error);
}

static void send(const char *text)
{
    ByteSink sink = serial_backend_sink(&backend);

    while (*text)
        byte_sink_write(sink, (u8)*text++);
}

Test(serial_backend, nothing_connected)
{
    cr_assert(open_backend(PORT_NULL, NULL));
    cr_assert_null(serial_backend_sink(&backend).write);
    cr_assert(serial_backend_flush(&backend, error, sizeof error));
    cr_assert_eq(serial_backend_input(&backend), -1);
    serial_backend_close(&backend);
}

Test(serial_backend, file)
{
    char path[] = "/tmp/vitrine-serial-XXXXXX", text[32] = "";
    int fd = mkstemp(path);

    cr_assert_geq(fd, 0);
    cr_assert(open_backend(PORT_FILE, path));
    send("hello\n");
    cr_assert(serial_backend_flush(&backend, error, sizeof error));
    cr_assert_eq(read(fd, text, sizeof text), 6);
    cr_assert_str_eq(text, "hello\n");
    send("bye");
    serial_backend_close(&backend);
    cr_assert_eq(read(fd, text, sizeof text), 3, "closing writes what was left");
    close(fd);
    unlink(path);
}

Test(serial_backend, file_that_cannot_be_made)
{
    cr_assert_not(open_backend(PORT_FILE, "/nonexistent/file"));
    cr_assert(strstr(error, "/nonexistent/file"));
    cr_assert(strstr(error, "No such file"));
}

Test(serial_backend, a_full_disk_is_told_once)
{
    cr_assert(open_backend(PORT_FILE, "/dev/full"));
    send("x");
    cr_assert_not(serial_backend_flush(&backend, error, sizeof error));
    cr_assert(strstr(error, "/dev/full"), "%s", error);
    send("y");
    cr_assert(serial_backend_flush(&backend, error, sizeof error));
    serial_backend_close(&backend);
}

Test(serial_backend, more_than_the_buffer)
{
    char path[] = "/tmp/vitrine-serial-XXXXXX";
    int fd = mkstemp(path);

    cr_assert(open_backend(PORT_FILE, path));
    for (int i = 0; i < 10000; i++)
        send("0123456789");
    cr_assert(serial_backend_flush(&backend, error, sizeof error));
    cr_assert_eq(lseek(fd, 0, SEEK_END), 100000);
    serial_backend_close(&backend);
    close(fd);
    unlink(path);
}

/* Standard error must name the pseudo-terminal; here it is caught in a file. */
Test(serial_backend, pseudo_terminal)
{
    char path[] = "/tmp/vitrine-serial-XXXXXX", text[128] = "", *name;
    int messages = mkstemp(path), saved = dup(STDERR_FILENO), slave;
    bool opened;

    dup2(messages, STDERR_FILENO);
    opened = open_backend(PORT_PTY, NULL);
    dup2(saved, STDERR_FILENO);
    cr_assert(opened);
    cr_assert_gt(pread(messages, text, sizeof text - 1, 0), 0);
    name = strstr(text, "/dev/pts/");
    cr_assert_not_null(name);
    *strchr(name, '\n') = '\0';
    slave = open(name, O_RDWR | O_NOCTTY);
    cr_assert_geq(slave, 0);
    send("login: ");
    cr_assert(serial_backend_flush(&backend, error, sizeof error));
    memset(text, 0, sizeof text);
    cr_assert_eq(read(slave, text, sizeof text), 7);
    cr_assert_str_eq(text, "login: ");
    close(slave);
    serial_backend_close(&backend);
    close(messages);
    unlink(path);
}

/* Nobody reads: the port goes on, and loses bytes. */
Test(serial_backend, a_pseudo_terminal_that_nobody_reads, .timeout = 10)
{
    int saved = dup(STDERR_FILENO), null = open("/dev/null", O_WRONLY);
    bool opened;

    dup2(null, STDERR_FILENO);
    opened = open_backend(PORT_PTY, NULL);
    dup2(saved, STDERR_FILENO);
    cr_assert(opened);
    for (int i = 0; i < 20000; i++)
        send("0123456789");
    cr_assert(serial_backend_flush(&backend, error, sizeof error));
    serial_backend_close(&backend);
}
