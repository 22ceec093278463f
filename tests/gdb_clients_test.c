/*
 * gdb's server and clients of every kind: what course graders send, who comes and goes, and what
 * nobody should send.
 */
#include "tests/gdb_rig.h"

TestSuite(gdb_clients, .init = open_rig, .fini = close_rig, .timeout = 60);

/* ---- what graders do ---- */

Test(gdb_clients, a_probe_leaves_no_trace)
{
    Client client;

    for (unsigned i = 0; i < 20; i++) {
        connect_client(&client);
        if (i % 2)
            turn();
        close(client.fd);
        cr_assert(is_running());
    }
    connect_client(&client);
    EXPECT(&client, "?", "T02thread:1;");
}

Test(gdb_clients, a_breakpoint_where_nothing_is_mapped_yet)
{
    Client client;

    connect_client(&client);
    EXPECT(&client, "?", "T02thread:1;");
    EXPECT(&client, "Z1,f0100000,1", "OK");
    cr_assert_str_eq(ask_format(&client, "Z1,%x,1", FIRMWARE + OFFSET(spinning_for_ever)), "OK");
    cr_assert_eq(strncmp(ask(&client, "c"), "T05", 3), 0);
}

Test(gdb_clients, control_c)
{
    Client client;

    connect_client(&client);
    EXPECT(&client, "?", "T02thread:1;");
    send_packet(&client, "c", 1);
    cr_assert(!receive(&client, 5));
    cr_assert(is_running());
    send_text(&client, "\x03");
    cr_assert(receive(&client, PATIENCE));
    cr_assert_str_eq(client.reply, "T02thread:1;");
    send_text(&client, "\x03");
    cr_assert(!receive(&client, 20), "it had stopped already");
}

Test(gdb_clients, kill)
{
    Client client;

    connect_client(&client);
    send_packet(&client, "k", 1);
    turns(3);
    cr_assert_eq(request, DISPLAY_QUIT);
    request = DISPLAY_NOTHING;
    EXPECT(&client, "vKill;1", "OK");
    cr_assert_eq(request, DISPLAY_QUIT);
}

Test(gdb_clients, who_waits_hears_of_the_end)
{
    Client client;

    connect_client(&client);
    EXPECT(&client, "?", "T02thread:1;");
    send_packet(&client, "c", 1);
    turns(3);
    gdb_server_close(server, 11);
    server = NULL;
    for (u8 byte; recv(client.fd, &byte, 1, 0) == 1;)
        take_byte(&client, byte);
    cr_assert_str_eq(client.reply, "W0b");
    listen_at("tcp:127.0.0.1:0");
}

/* ---- clients that come and go ---- */

Test(gdb_clients, the_machine_goes_on_when_gdb_detaches)
{
    Client client;

    debugger_pause(rig->debugger);
    connect_client(&client);
    cr_assert_str_eq(ask_format(&client, "Z0,%x,1", FIRMWARE + OFFSET(spinning_for_ever)), "OK");
    EXPECT(&client, "D", "OK");
    cr_assert(is_running());
    cr_assert_null(debugger_points(rig->debugger, 0));
    cr_assert(is_running());
    EXPECT(&client, "?", "T02thread:1;");
}

Test(gdb_clients, the_machine_goes_on_when_gdb_is_lost)
{
    Client client;

    connect_client(&client);
    cr_assert_str_eq(ask_format(&client, "Z0,%x,1", FIRMWARE + OFFSET(spinning_for_ever)), "OK");
    EXPECT(&client, "c", "T05thread:1;");
    close(client.fd);
    turns(3);
    cr_assert(is_running());
    cr_assert_null(debugger_points(rig->debugger, 0));
}

Test(gdb_clients, a_machine_started_stopped_waits_for_the_next_gdb)
{
    Client client;

    debugger_pause(rig->debugger);
    connect_client(&client);
    EXPECT(&client, "?", "T02thread:1;");
    close(client.fd);
    turns(3);
    cr_assert(!is_running(), "it was stopped before, and nobody has let it run");
    connect_client(&client);
    EXPECT(&client, "s", "T05thread:1;");
    close(client.fd);
    turns(3);
    cr_assert(is_running(), "now somebody has");
}

Test(gdb_clients, a_second_gdb_is_turned_away)
{
    Client first, second;

    connect_client(&first);
    EXPECT(&first, "?", "T02thread:1;");
    connect_client(&second);
    cr_assert(strstr(ask(&second, "qSupported"), "E.another gdb"));
    cr_assert(!receive(&second, PATIENCE));
    cr_assert(second.closed);
    EXPECT(&first, "?", "T02thread:1;");
}

Test(gdb_clients, who_says_nothing_keeps_nobody_out)
{
    Client silent, half, gdb;

    connect_client(&silent);
    turn();
    connect_client(&half);
    send_text(&half, "$qSupp");
    cr_assert(is_running());
    connect_client(&gdb);
    EXPECT(&gdb, "?", "T02thread:1;");
    cr_assert(!receive(&silent, 5));
    cr_assert(silent.closed);
    cr_assert(!receive(&half, 5));
    cr_assert(half.closed);
}

/* ---- nonsense ---- */

Test(gdb_clients, junk)
{
    Client client;

    connect_client(&client);
    send_text(&client, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    send_text(&client, "$?#00$#$#zz$\xff\xfe}#12---");
    cr_assert(is_running());
    EXPECT(&client, "?", "T02thread:1;");
}

Test(gdb_clients, a_lost_packet_comes_again)
{
    Client client;

    connect_client(&client);
    EXPECT(&client, "qC", "QC1");
    send_text(&client, "-");
    cr_assert(receive(&client, PATIENCE));
    cr_assert_str_eq(client.reply, "QC1");
}

Test(gdb_clients, long_packets_are_refused)
{
    static char content[3 * GDB_PACKET_SIZE];
    Client client;
    u8 sum = 0;

    connect_client(&client);
    EXPECT(&client, "qC", "QC1");
    memset(content, 'm', sizeof content);
    for (unsigned i = 0; i < sizeof content; i++)
        sum += (u8)content[i];
    send_text(&client, "$");
    send_bytes(&client, content, sizeof content);
    snprintf(content, sizeof content, "#%02x", sum);
    send_text(&client, content);
    cr_assert(receive(&client, PATIENCE));
    cr_assert_str_eq(client.reply, "E1c");
    EXPECT(&client, "qC", "QC1");
}

Test(gdb_clients, who_never_reads_is_dropped)
{
    Client client;
    char flood[4000];

    connect_client(&client);
    EXPECT(&client, "qC", "QC1");
    cr_assert_gt(strlen(ask(&client, "g")), 100u);
    memset(flood, '-', sizeof flood);
    for (unsigned i = 0; i < 10000 && send(client.fd, flood, sizeof flood, MSG_NOSIGNAL) > 0; i++)
        turn();
    turns(20);
    cr_assert(is_running(), "its gdb is lost");
}

/* Packets that begin as real ones do. */
static size_t invent(char *content, u32 *state)
{
    static const char *const begins[] = {"g",
                                         "G",
                                         "p",
                                         "P",
                                         "m",
                                         "M",
                                         "X",
                                         "c",
                                         "s",
                                         "C",
                                         "S",
                                         "Z0,",
                                         "Z2,",
                                         "z",
                                         "H",
                                         "T",
                                         "vCont;",
                                         "qSupported:",
                                         "qXfer:features:read:target.xml:",
                                         "qXfer:memory-map:read::",
                                         "qCRC:",
                                         "qSearch:memory:",
                                         "qThreadExtraInfo,",
                                         "bs",
                                         "bc",
                                         "?",
                                         "!",
                                         "D",
                                         "R",
                                         "Z4,f",
                                         "m0,"};
    static const char likely[] = "0123456789abcdef,;:=-crs";
    size_t length, more;

    *state = *state * 1664525 + 1013904223;
    length = (size_t)sprintf(content, "%s", begins[(*state >> 8) % COUNT_OF(begins)]);
    more = (*state >> 20) % 24;
    for (size_t i = 0; i < more; i++) {
        *state = *state * 1664525 + 1013904223;
        content[length++] =
            *state >> 28 ? likely[(*state >> 8) % (sizeof likely - 1)] : (char)(*state >> 8);
    }
    return length;
}

Test(gdb_clients, invented_packets)
{
    Client client;
    char content[256];
    u32 state = 3;

    connect_client(&client);
    for (unsigned i = 0; i < 4000; i++) {
        send_packet(&client, content, invent(content, &state));
        if (i % 8 == 0)
            send_text(&client, "\x03");
        while (receive(&client, 2))
            ;
    }
    send_text(&client, "\x03");
    for (unsigned i = 0; i < 100 && strcmp(ask(&client, "qC"), "QC1"); i++)
        ;
    cr_assert_str_eq(client.reply, "QC1");
}

/* ---- where it listens ---- */

static void refuse(const char *where, const char *words)
{
    GdbAddress address;
    char error[256] = "";

    cr_assert(!gdb_address_parse(&address, where, error, sizeof error), "%s", where);
    cr_assert(strstr(error, words), "%s: %s", where, error);
}

Test(gdb_address, words)
{
    GdbAddress address;
    char error[256];

#define ACCEPT(where)                                                                              \
    cr_assert(gdb_address_parse(&address, where, error, sizeof error), "%s", error)
    ACCEPT("tcp::1234");
    cr_assert_eq(address.socket.kind, SOCKET_TCP);
    cr_assert_eq(address.socket.port, 1234);
    cr_assert_str_eq(address.socket.host, "");
    ACCEPT("tcp:127.0.0.1:26000,server,nowait");
    cr_assert_str_eq(address.socket.host, "127.0.0.1");
    ACCEPT("tcp:[::1]:26000");
    cr_assert_str_eq(address.socket.host, "::1");
    ACCEPT("unix:/tmp/gdb,arch=x86-64");
    cr_assert_eq(address.socket.kind, SOCKET_UNIX);
    cr_assert_str_eq(address.socket.path, "/tmp/gdb");
    cr_assert_eq(address.registers, GDB_REGISTERS_64);
    cr_assert(!address.linear_pc);
    ACCEPT("tcp::1234,pc=linear");
    cr_assert(address.linear_pc);
    ACCEPT("none");
    cr_assert_eq(address.socket.kind, SOCKET_NOWHERE);
    refuse("tcp:1234x", "tcp::PORT");
    refuse("tcp::70000", "tcp::PORT");
    refuse("udp::1234", "tcp::PORT");
    refuse("unix:", "unix:PATH");
    refuse("tcp::1234,arch=vax", "arch=i386");
    refuse("", "tcp::PORT");
}

Test(gdb_clients, a_port_in_use_is_told_clearly)
{
    GdbAddress address = {
        .socket = {SOCKET_TCP, .host = "127.0.0.1", .port = gdb_server_port(server)}};
    char error[256] = "";

    cr_assert_null(gdb_server_open(&address, rig->debugger, error, sizeof error));
    cr_assert(strstr(error, "is in use"), "%s", error);
    cr_assert(strstr(error, "-gdb tcp::"), "%s", error);
}

Test(gdb_clients, unix_socket)
{
    struct sockaddr_un where = {.sun_family = AF_UNIX};
    Client client = {0};
    char text[128];

    snprintf(where.sun_path, sizeof where.sun_path, "/tmp/vitrine-gdb-%d", (int)getpid());
    snprintf(text, sizeof text, "unix:%s", where.sun_path);
    gdb_server_close(server, 0);
    listen_at(text);
    client.fd = socket(AF_UNIX, SOCK_STREAM, 0);
    cr_assert(!connect(client.fd, (struct sockaddr *)&where, sizeof where));
    fcntl(client.fd, F_SETFL, O_NONBLOCK);
    EXPECT(&client, "?", "T02thread:1;");
    gdb_server_close(server, 0);
    cr_assert(access(where.sun_path, F_OK), "it is gone");
    listen_at("tcp:127.0.0.1:0");
}
