/*
 * The monitor for clients elsewhere: what they are told, what comes of them that go away or send
 * nonsense.
 */
#include "frontend/monitor_remote.h"
#include "tests/debugger_rig.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { HEARD = 1 << 20 };

FIRMWARE(remote_firmware, "again: inc ax; mov [0x500], ax; jmp again");

static Rig *rig;
static MonitorRemote *monitor;
static MonitorAddress address;
static int client;
static char heard[HEARD];
static size_t heard_length;
static bool quit;

static void note_quit(void *owner)
{
    quit = true;
}

static void open_monitor(const char *text)
{
    const CommandHost host = {.quit = note_quit};
    char error[256] = "";

    cr_assert(monitor_address_parse(&address, text, error, sizeof error), "%s", error);
    monitor = monitor_remote_open(&address, rig->debugger, &host, error, sizeof error);
    cr_assert_not_null(monitor, "%s", error);
}

static void open_rig(void)
{
    char text[64];

    rig = START(ENGINE_INTERPRETER, remote_firmware);
    snprintf(text, sizeof text, "unix:/tmp/vitrine-monitor-%d,server,nowait", (int)getpid());
    open_monitor(text);
    client = -1;
}

static void hang_up(void)
{
    if (client >= 0)
        close(client);
    client = -1;
}

static void close_rig(void)
{
    hang_up();
    monitor_remote_close(monitor);
    finish(rig);
}

TestSuite(monitor_remote, .init = open_rig, .fini = close_rig, .timeout = 60);

static void call(void)
{
    struct sockaddr_un where = {.sun_family = AF_UNIX};

    memcpy(where.sun_path, address.socket.path, sizeof where.sun_path);
    client = socket(AF_UNIX, SOCK_STREAM, 0);
    cr_assert(!connect(client, (struct sockaddr *)&where, sizeof where));
    fcntl(client, F_SETFL, O_NONBLOCK);
    heard_length = 0;
    *heard = '\0';
}

static bool listen_once(void)
{
    ssize_t got = client < 0 ? -1 : read(client, heard + heard_length, HEARD - 1 - heard_length);

    if (got > 0) {
        heard_length += (size_t)got;
        heard[heard_length] = '\0';
    }
    return got > 0;
}

/* A turn of the loop around the machine. */
static void turn(void)
{
    monitor_remote_poll(monitor);
    if (debugger_stop(rig->debugger)->reason == STOP_NONE)
        debugger_run(rig->debugger, machine_cycles(rig->machine) + 1000);
}

static void send_bytes(const char *bytes, size_t length)
{
    while (length) {
        ssize_t sent = send(client, bytes, length, MSG_NOSIGNAL);

        if (sent > 0) {
            bytes += sent;
            length -= (size_t)sent;
        } else {
            cr_assert(errno == EAGAIN);
        }
        turn();
        listen_once();
    }
}

static void say(const char *text)
{
    heard_length = 0;
    *heard = '\0';
    send_bytes(text, strlen(text));
}

static void expect(const char *words)
{
    struct pollfd polled = {.fd = client, .events = POLLIN};

    for (unsigned i = 0; i < 3000 && !strstr(heard, words); i++) {
        turn();
        poll(&polled, 1, 1);
        listen_once();
    }
    cr_assert(strstr(heard, words), "'%s' is not in '%s'", words, heard);
}

/* The server has closed the connection. */
static bool was_dismissed(void)
{
    char byte;

    for (unsigned i = 0; i < 3000; i++) {
        turn();
        listen_once();
        if (recv(client, &byte, 1, MSG_PEEK) == 0)
            return true;
        usleep(1000);
    }
    return false;
}

static bool is_running(void)
{
    return debugger_stop(rig->debugger)->reason == STOP_NONE;
}

Test(monitor_remote, commands_are_answered)
{
    call();
    expect("(vitrine) ");
    say("info status\n");
    expect("VM status: running");
    say("stop\ninfo registers eax\nx/1i 0xf0000\n");
    expect("inc ax");
    cr_assert(!is_running());
    say("nonsense\n");
    expect("no command");
    say("quit\n");
    expect("(vitrine) ");
    cr_assert(quit);
}

Test(monitor_remote, stops_are_told_when_they_come)
{
    call();
    say("stop\nbreak *0xf0001\ncontinue\ninfo status\n");
    expect("Breakpoint 1");
    expect("VM status: paused");
    say("delete\ncontinue\ninfo status\n");
    expect("The machine runs");
    expect("VM status: running");
    say("tbreak *0xf0000\n");
    expect("emporary breakpoint 2");
    expect("0xf0000");
    cr_assert(!is_running());
}

Test(monitor_remote, stop_and_control_c_interrupt_a_command)
{
    call();
    say("stop\ncontinue\n");
    cr_assert(is_running());
    say("stop\ninfo status\n");
    expect("VM status: paused");
    say("continue\n");
    cr_assert(is_running());
    say("\003");
    expect("stopped");
    cr_assert(!is_running());
    say("cont\n\003");
    expect("stopped");
    cr_assert(!is_running());
}

/* As `echo ... | nc -N -U PATH` does. */
Test(monitor_remote, a_script_is_carried_out_to_its_end)
{
    call();
    say("stop\nstepi\nstepi\ninfo status");
    shutdown(client, SHUT_WR);
    cr_assert(was_dismissed());
    cr_assert(strstr(heard, "VM status: paused"), "%s", heard);
}

Test(monitor_remote, who_goes_away_leaves_the_machine_as_it_is)
{
    call();
    expect("(vitrine) ");
    hang_up();
    turn();
    cr_assert(!debugger_is_attached(rig->debugger), "a probe has no effect");
    call();
    say("break *0xfffff\n");
    expect("Breakpoint 1");
    hang_up();
    turn();
    cr_assert(is_running());
    call();
    say("stop\n");
    expect("stopped");
    hang_up();
    turn();
    cr_assert(!is_running());
    call();
    say("info breakpoints\ncont\ninfo status\n");
    expect("0xfffff");
    expect("VM status: running");
}

Test(monitor_remote, the_next_client_waits_until_the_first_has_gone)
{
    int first;

    call();
    expect("(vitrine) ");
    first = client;
    call();
    turn();
    cr_assert(!listen_once());
    close(first);
    expect("(vitrine) ");
}

Test(monitor_remote, lines_of_any_kind)
{
    char line[5000];

    call();
    say("info sta\r\n");
    expect("VM status: running\nclock");
    memset(line, 'x', sizeof line - 2);
    line[sizeof line - 2] = '\n';
    line[sizeof line - 1] = '\0';
    say(line);
    expect("too long");
    say("xinfo\b\b\b\b\b\177info status\n");
    expect("VM status: running");
    say("nonsense\025info status\n");
    expect("VM status: running");
}

Test(monitor_remote, bytes_of_any_kind)
{
    u32 seed = 5;
    char bytes[64];

    for (unsigned round = 0; round < 200; round++) {
        if (client < 0)
            call();
        for (unsigned i = 0; i < sizeof bytes; i++) {
            seed = seed * 1664525 + 1013904223;
            bytes[i] = (char)(seed >> 24);
            if (!(seed >> 8 & 7))
                bytes[i] = '\n';
        }
        send_bytes(bytes, sizeof bytes);
        heard_length = 0;
        if (!(round % 50))
            hang_up();
    }
    hang_up();
    call();
    say("\nstop\ninfo status\n");
    expect("VM status: paused");
}

/* Answers that nobody reads are not heaped up for ever. */
Test(monitor_remote, a_client_that_never_reads)
{
    static const char question[] = "info mtree\ninfo pic\nhelp\n";

    call();
    for (unsigned i = 0; i < 20000; i++) {
        send(client, question, sizeof question - 1, MSG_NOSIGNAL);
        turn();
    }
    cr_assert(is_running());
    hang_up();
    for (unsigned i = 0; i < 100; i++)
        turn();
    call();
    say("info status\n");
    expect("VM status: running");
}

Test(monitor_remote, telnet)
{
    static const char greeting[] =
        "\xFF\xFD\x03\xFF\xFA\x18\x00vt100\xFF\xF0info \xFF\xF9status\r\n";

    monitor_remote_close(monitor);
    snprintf(heard, HEARD, "telnet:127.0.0.1:0,server,nowait");
    open_monitor(heard);
    cr_assert(monitor_remote_port(monitor) != 0);
    monitor_remote_close(monitor);
    snprintf(heard, HEARD, "unix:/tmp/vitrine-monitor-%d,server=on,wait=off", (int)getpid());
    open_monitor(heard);
    monitor_remote_close(monitor);
    address.telnet = true;
    monitor = monitor_remote_open(&address, rig->debugger, &(CommandHost){.quit = note_quit}, heard,
                                  HEARD);
    call();
    send_bytes(greeting, sizeof greeting - 1);
    expect("VM status: running\r\n");
    cr_assert(!strstr(heard, "no command"), "%s", heard);
}

Test(monitor_remote, a_port_in_use_is_told_clearly)
{
    MonitorAddress other = {.place = MONITOR_SOCKET,
                            .socket = {SOCKET_TCP, .host = "127.0.0.1", .port = 0}};
    char error[256] = "";

    monitor_remote_close(monitor);
    monitor = monitor_remote_open(&other, rig->debugger, &(CommandHost){.quit = NULL}, error,
                                  sizeof error);
    cr_assert_not_null(monitor, "%s", error);
    other.socket.port = monitor_remote_port(monitor);
    cr_assert_null(monitor_remote_open(&other, rig->debugger, &(CommandHost){.quit = NULL}, error,
                                       sizeof error));
    cr_assert(strstr(error, "is in use") && strstr(error, "-monitor tcp::"), "%s", error);
}

Test(monitor_remote, addresses)
{
    static const char *const refused[][2] = {
        {"tcp:localhost:4444", ",server,nowait"}, {"tcp:4444,server", "tcp:HOST:PORT"},
        {"tcp::99999,server", "tcp:HOST:PORT"},   {"unix:,server", "unix:PATH"},
        {"unix:/tmp/x,server,never", "'never'"},  {"udp::4444", "stdio, pty"},
        {"chardev:mon0", "stdio, pty"},           {"", "stdio, pty"},
    };
    char error[256], text[700];

    for (unsigned i = 0; i < COUNT_OF(refused); i++) {
        cr_assert(!monitor_address_parse(&address, refused[i][0], error, sizeof error), "%s",
                  refused[i][0]);
        cr_assert(strstr(error, refused[i][1]), "%s: %s", refused[i][0], error);
    }
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    cr_assert(!monitor_address_parse(&address, text, error, sizeof error));
    memcpy(text, "unix:/", 6);
    text[200] = '\0';
    cr_assert(!monitor_address_parse(&address, text, error, sizeof error));
    cr_assert(strstr(error, "107 bytes"), "%s", error);
    cr_assert(monitor_address_parse(&address, "tcp:[::1]:4444,server", error, sizeof error));
    cr_assert(address.wait && !address.telnet);
    cr_assert_str_eq(address.socket.host, "::1");
    cr_assert(
        monitor_address_parse(&address, "telnet::23,server=on,wait=off", error, sizeof error));
    cr_assert(!address.wait && address.telnet && address.socket.port == 23);
}
