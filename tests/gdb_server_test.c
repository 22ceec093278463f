/*
 * gdb's server and clients of every kind: what course graders and gdb send, and what neither
 * should.
 */
#include "frontend/gdb/server.h"

#include "frontend/gdb/packet.h"
#include "tests/debugger_rig.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { PATIENCE = 2000, SLICE = 20000 };

/* The other end of a connection. */
typedef struct Client {
    int fd;
    bool closed; /* by the server */
    unsigned acks;
    PacketDecoder decoder;
    char reply[GDB_PACKET_SIZE + 1]; /* the last packet that came */
    char told[8192];                 /* what O packets said since the last other packet */
} Client;

static Rig *rig;
static GdbServer *server;
static DisplayRequest request;

FIRMWARE(spinning, "mov cx, 5\n"
                   "spinning_loop: inc ax\n"
                   "mov [0x500], ax\n"
                   "spinning_after: loop spinning_loop\n"
                   "spinning_end_of_loop: mov bx, 0x1234\n"
                   "spinning_for_ever: jmp spinning_for_ever");
extern const u8 spinning_loop[], spinning_after[], spinning_for_ever[];

/* ---- both ends ---- */

static void listen_at(const char *where)
{
    GdbAddress address;
    char error[256] = "";

    cr_assert(gdb_address_parse(&address, where, error, sizeof error), "%s", error);
    server = gdb_server_open(&address, rig->debugger, error, sizeof error);
    cr_assert_not_null(server, "%s", error);
}

static void open_rig(void)
{
    rig = START_RECORDED(ENGINE_INTERPRETER, spinning);
    listen_at("tcp:127.0.0.1:0");
}

static void close_rig(void)
{
    gdb_server_close(server, 0);
    finish(rig);
}

TestSuite(gdb_server, .init = open_rig, .fini = close_rig, .timeout = 60);

/* What the loop around the machine does. */
static void turn(void)
{
    DisplayRequest wish = gdb_server_poll(server);

    if (wish != DISPLAY_NOTHING)
        request = wish;
    if (debugger_stop(rig->debugger)->reason == STOP_NONE)
        debugger_run(rig->debugger, machine_cycles(rig->machine) + SLICE);
}

static void turns(unsigned count)
{
    while (count--)
        turn();
}

static void connect_client(Client *client)
{
    const int on = 1;
    struct sockaddr_in where = {.sin_family = AF_INET, .sin_port = htons(gdb_server_port(server))};

    *client = (Client){.fd = socket(AF_INET, SOCK_STREAM, 0)};
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    cr_assert(!connect(client->fd, (struct sockaddr *)&where, sizeof where));
    setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    fcntl(client->fd, F_SETFL, O_NONBLOCK);
}

static void send_bytes(Client *client, const char *bytes, size_t length)
{
    for (unsigned i = 0; length && i < PATIENCE; i++) {
        ssize_t sent = send(client->fd, bytes, length, MSG_NOSIGNAL);
        if (sent > 0) {
            bytes += sent;
            length -= (size_t)sent;
        }
        turn();
    }
    cr_assert_eq(length, 0u, "the server takes nothing");
}

static void send_text(Client *client, const char *text)
{
    send_bytes(client, text, strlen(text));
}

static void send_packet(Client *client, const char *content, size_t length)
{
    static char framed[GDB_FRAMED];

    send_bytes(client, framed, packet_encode(content, length, framed));
}

static void keep_told(Client *client)
{
    const char *text = client->decoder.content + 1;
    size_t length = strlen(client->told), more = strlen(text) / 2;

    if (length + more >= sizeof client->told)
        return;
    hex_decode(&text, client->told + length, more);
    client->told[length + more] = '\0';
}

/* A whole packet but those that only have a text shown? */
static bool take_byte(Client *client, u8 byte)
{
    switch (packet_decode(&client->decoder, byte)) {
    case PACKET_ACK:
        client->acks++;
        return false;
    case PACKET_READY:
        if (client->decoder.content[0] == 'O' && client->decoder.content[1] != 'K') {
            keep_told(client);
            return false;
        }
        memcpy(client->reply, client->decoder.content, client->decoder.length + 1);
        return true;
    default:
        return false;
    }
}

/* Waits for a packet, as long as the machine's patience lasts; false if none comes. */
static bool receive(Client *client, unsigned patience)
{
    u8 byte;

    for (unsigned i = 0; i < patience; i++) {
        ssize_t got;

        while ((got = recv(client->fd, &byte, 1, 0)) == 1)
            if (take_byte(client, byte))
                return true;
        client->closed = client->closed || !got || (got < 0 && errno != EAGAIN);
        if (client->closed)
            return false;
        turn();
    }
    return false;
}

static const char *ask(Client *client, const char *content)
{
    *client->told = '\0';
    send_packet(client, content, strlen(content));
    cr_assert(receive(client, PATIENCE), "no answer to %s", content);
    return client->reply;
}

static const char *ask_format(Client *client, const char *format, ...)
{
    char content[256];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(content, sizeof content, format, arguments);
    va_end(arguments);
    return ask(client, content);
}

#define EXPECT(client, content, wanted)                                                            \
    cr_assert_str_eq(ask(client, content), wanted, "%s: %s", content, (client)->reply)

static bool is_running(void)
{
    u64 cycles = machine_cycles(rig->machine);

    turns(3);
    return machine_cycles(rig->machine) > cycles;
}

/* The value of register `number` in 32-bit mode's order: eax is 0, eip 8. */
static u32 read_number(Client *client, unsigned number)
{
    u8 bytes[4];
    const char *text = ask_format(client, "p%x", number);

    cr_assert(hex_decode(&text, bytes, 4), "p%x: %s", number, text);
    return (u32)bytes[0] | (u32)bytes[1] << 8 | (u32)bytes[2] << 16 | (u32)bytes[3] << 24;
}

enum { EAX, EIP = 8 };

#define OFFSET(label) ((u32)((label)-spinning))

/* ---- what gdb does ---- */

Test(gdb_server, the_machine_stops_with_the_first_packet)
{
    Client client;

    cr_assert(is_running());
    connect_client(&client);
    cr_assert(is_running(), "nobody has said anything yet");
    EXPECT(&client, "?", "T02thread:1;");
    cr_assert(!is_running());
    cr_assert_eq(client.acks, 1);
}

Test(gdb_server, abilities)
{
    Client client;
    const char *reply;

    connect_client(&client);
    reply = ask(&client, "qSupported:multiprocess+;swbreak+;hwbreak+;xmlRegisters=i386");
    cr_assert(strstr(reply, "PacketSize=4000;"));
    cr_assert(strstr(reply, "qXfer:features:read+"));
    cr_assert(strstr(reply, "ReverseStep+;ReverseContinue+"));
    EXPECT(&client, "vMustReplyEmpty", "");
    EXPECT(&client, "vCont?", "vCont;c;C;s;S;r");
    EXPECT(&client, "qAttached", "1");
    EXPECT(&client, "qSymbol::", "OK");
    EXPECT(&client, "QStartNoAckMode", "OK");
    client.acks = 0;
    EXPECT(&client, "qC", "QC1");
    cr_assert_eq(client.acks, 0, "it said that it would not");
}

Test(gdb_server, threads)
{
    Client client;
    const char *words;
    char text[64] = "";

    connect_client(&client);
    EXPECT(&client, "qfThreadInfo", "m1");
    EXPECT(&client, "qsThreadInfo", "l");
    EXPECT(&client, "Hg0", "OK");
    EXPECT(&client, "Hc-1", "OK");
    EXPECT(&client, "Hg2", "E01");
    EXPECT(&client, "T1", "OK");
    EXPECT(&client, "T7", "E01");
    words = ask(&client, "qThreadExtraInfo,1");
    cr_assert(hex_decode(&words, text, strlen(words) / 2));
    cr_assert_str_eq(text, "CPU 0, real mode");
}

/* Sums up the bits that the description gives to registers. */
static unsigned described_bits(const char *xml, unsigned *count)
{
    unsigned bits = 0;

    *count = 0;
    for (const char *at = xml; (at = strstr(at, "bitsize=\"")); (*count)++)
        bits += (unsigned)atoi(at += strlen("bitsize=\""));
    return bits;
}

static void check_description(const char *architecture, const char *pc)
{
    static char xml[65536];
    Client client;
    unsigned count, offset = 0;

    *xml = '\0';
    connect_client(&client);
    do {
        const char *piece = ask_format(&client, "qXfer:features:read:target.xml:%x,400", offset);
        cr_assert(*piece == 'm' || *piece == 'l');
        offset += (unsigned)client.decoder.length - 1;
        snprintf(xml + strlen(xml), sizeof xml - strlen(xml), "%s", piece + 1);
    } while (*client.reply == 'm');
    cr_assert(strstr(xml, architecture), "%s", xml);
    cr_assert(strstr(xml, pc));
    cr_assert_eq(strlen(ask(&client, "g")), described_bits(xml, &count) / 4);
    cr_assert_str_eq(ask_format(&client, "p%x", count), "E01");
    cr_assert_str_neq(ask_format(&client, "p%x", count - 1), "E01");
    cr_assert_eq(*ask(&client, "qXfer:features:read:target.xml:ffffff,10"), 'E');
    cr_assert_str_eq(ask(&client, "qXfer:features:read:other.xml:0,10"), "");
}

Test(gdb_server, description_follows_the_mode)
{
    check_description("<architecture>i8086</architecture>", "name=\"eip\" bitsize=\"32\"");
}

Test(gdb_server, description_on_request)
{
    gdb_server_close(server, 0);
    listen_at("tcp:127.0.0.1:0,arch=x86-64");
    check_description("<architecture>i386:x86-64</architecture>", "name=\"rip\" bitsize=\"64\"");
}

Test(gdb_server, the_memory_map_holds_every_address)
{
    Client client;

    connect_client(&client);
    cr_assert(strstr(ask(&client, "qXfer:memory-map:read::0,400"), "length=\"0x100000000\""));
}

Test(gdb_server, registers)
{
    Client client;
    char all[8192];

    connect_client(&client);
    EXPECT(&client, "P0=78563412", "OK");
    cr_assert_eq(read_number(&client, EAX), 0x12345678);
    cr_assert_eq(rig->cpu->gpr[RAX], 0x12345678);
    snprintf(all, sizeof all, "G%s", ask(&client, "g"));
    memcpy(all + 1, "efbeadde", 8);
    EXPECT(&client, all, "OK");
    cr_assert_eq(rig->cpu->gpr[RAX], 0xDEADBEEF);
    EXPECT(&client, "P0=1234", "E16");
    EXPECT(&client, "P0", "E16");
    EXPECT(&client, "Pffff=00000000", "E16");
    EXPECT(&client, "G123", "E16");
    /* cs in real mode brings its base along. */
    EXPECT(&client, "Pa=00100000", "OK");
    cr_assert_eq(rig->cpu->segments[CS].base, 0x10000);
}

Test(gdb_server, memory_by_linear_address)
{
    Client client;

    connect_client(&client);
    EXPECT(&client, "mf0000,3", "b90500");
    EXPECT(&client, "M600,4:11223344", "OK");
    EXPECT(&client, "m601,2", "2233");
    EXPECT(&client, "mfffffff0ff,4", "E0e");
    EXPECT(&client, "m600", "E16");
    EXPECT(&client, "M600,4:1122", "E16");
    send_packet(&client, "X700,3:a\0$", 10);
    cr_assert(receive(&client, PATIENCE));
    cr_assert_str_eq(client.reply, "OK");
    EXPECT(&client, "m700,3", "610024");
    EXPECT(&client, "X700,0:", "OK");
    EXPECT(&client, "X700,5:a", "E16");
    cr_assert_leq(strlen(ask(&client, "m0,ffffffff")), (size_t)GDB_PACKET_SIZE);
    EXPECT(&client, "M600,ffffffffffffffff:00", "E16");
    EXPECT(&client, "qSearch:memory:600;100;\"3", "1,601");
    EXPECT(&client, "qSearch:memory:600;100;nowhere", "0");
    EXPECT(&client, "M600,9:313233343536373839", "OK");
    EXPECT(&client, "qCRC:600,9", "C0376e6e7"); /* the check value of CRC-32/MPEG-2 */
}

Test(gdb_server, steps)
{
    Client client;

    debugger_pause(rig->debugger);
    connect_client(&client);
    cr_assert_eq(read_number(&client, EIP), 0xFFF0);
    EXPECT(&client, "s", "T05thread:1;");
    cr_assert_eq(read_number(&client, EIP), 0);
    EXPECT(&client, "vCont;s:1;c", "T05thread:1;");
    cr_assert_eq(read_number(&client, EIP), OFFSET(spinning_loop));
    EXPECT(&client, "vCont;s:7;s", "T05thread:1;");
    EXPECT(&client, "S05", "T05thread:1;");
    cr_assert_eq(read_number(&client, EIP), OFFSET(spinning_after));
    cr_assert_str_eq(ask_format(&client, "vCont;r0,%x:1;c", OFFSET(spinning_for_ever)),
                     "T05thread:1;");
    cr_assert_eq(read_number(&client, EIP), OFFSET(spinning_for_ever), "the whole range");
    cr_assert_eq(rig->cpu->gpr[RAX], 5);
    cr_assert_str_eq(ask_format(&client, "s%x", OFFSET(spinning_for_ever)), "T05thread:1;");
    send_packet(&client, "vCont;r0,1000:1", 15);
    cr_assert(!receive(&client, 20), "it loops within the range");
    send_text(&client, "\x03");
    cr_assert(receive(&client, PATIENCE));
    cr_assert_str_eq(client.reply, "T02thread:1;");
    EXPECT(&client, "vCont;x", "E16");
    EXPECT(&client, "vCont;r1", "E16");
}

Test(gdb_server, a_step_goes_on_where_it_is_told)
{
    Client client;

    connect_client(&client);
    cr_assert_str_eq(ask_format(&client, "s%x", OFFSET(spinning_loop)), "T05thread:1;");
    cr_assert_eq(rig->cpu->gpr[RAX], 1);
}

/* eip and the addresses of breakpoints are the same then, as where CS has the base 0. */
static void use_linear_pc(void)
{
    gdb_server_close(server, 0);
    listen_at("tcp:127.0.0.1:0,pc=linear");
}

Test(gdb_server, breakpoints)
{
    Client client;

    use_linear_pc();
    debugger_pause(rig->debugger);
    connect_client(&client);
    ask(&client, "qSupported:swbreak+;hwbreak+");
    for (unsigned twice = 0; twice < 2; twice++)
        cr_assert_str_eq(ask_format(&client, "Z0,%x,1", FIRMWARE + OFFSET(spinning_after)), "OK");
    EXPECT(&client, "c", "T05thread:1;swbreak:;");
    cr_assert_eq(read_number(&client, EIP), FIRMWARE + OFFSET(spinning_after));
    cr_assert_eq(read_number(&client, EAX), 1);
    EXPECT(&client, "vCont;c", "T05thread:1;swbreak:;");
    cr_assert_eq(read_number(&client, EAX), 2);
    cr_assert_str_eq(ask_format(&client, "z0,%x,1", FIRMWARE + OFFSET(spinning_after)), "OK");
    cr_assert_str_eq(ask_format(&client, "z0,%x,1", FIRMWARE + OFFSET(spinning_after)), "E01");
    cr_assert_str_eq(ask_format(&client, "Z1,%x,1", FIRMWARE + OFFSET(spinning_for_ever)), "OK");
    EXPECT(&client, "C05", "T05thread:1;hwbreak:;");
    cr_assert_eq(read_number(&client, EAX), 5);
    EXPECT(&client, "?", "T05thread:1;hwbreak:;");
}

Test(gdb_server, who_knows_no_reasons_hears_none)
{
    Client client;

    debugger_pause(rig->debugger);
    connect_client(&client);
    cr_assert_str_eq(ask_format(&client, "Z1,%x,1", FIRMWARE + OFFSET(spinning_after)), "OK");
    EXPECT(&client, "c", "T05thread:1;");
}

/* gdb would look for a breakpoint at eip, find none, and go on as if nothing had happened. */
Test(gdb_server, no_reason_is_given_where_gdb_does_not_look)
{
    Client client;

    debugger_pause(rig->debugger);
    connect_client(&client);
    ask(&client, "qSupported:swbreak+;hwbreak+");
    cr_assert_str_eq(ask_format(&client, "Z1,%x,1", FIRMWARE + OFFSET(spinning_after)), "OK");
    EXPECT(&client, "c", "T05thread:1;");
    cr_assert_eq(read_number(&client, EIP), OFFSET(spinning_after));
}

Test(gdb_server, linear_program_counters)
{
    Client client;

    use_linear_pc();
    debugger_pause(rig->debugger);
    connect_client(&client);
    cr_assert_eq(read_number(&client, EIP), 0xFFFFFFF0);
    EXPECT(&client, "s", "T05thread:1;");
    cr_assert_eq(read_number(&client, EIP), FIRMWARE);
    cr_assert_str_eq(ask_format(&client, "s%x", FIRMWARE + OFFSET(spinning_loop)), "T05thread:1;");
    cr_assert_eq(rig->cpu->gpr[RAX], 1);
    EXPECT(&client, "P8=00000f00", "OK");
    cr_assert_eq(rig->cpu->rip, 0);
}

Test(gdb_server, watchpoints)
{
    Client client;

    debugger_pause(rig->debugger);
    connect_client(&client);
    EXPECT(&client, "Z2,501,1", "OK");
    EXPECT(&client, "c", "T05thread:1;watch:501;");
    cr_assert_eq(read_number(&client, EIP), OFFSET(spinning_after), "after the instruction");
    EXPECT(&client, "z2,501,1", "OK");
    EXPECT(&client, "Z4,4ff,4", "OK");
    EXPECT(&client, "c", "T05thread:1;awatch:500;");
    EXPECT(&client, "Z2,500,0", "E16");
    EXPECT(&client, "Z2,500,100000000", "E16");
    EXPECT(&client, "Z5,500,1", "E16");
    EXPECT(&client, "Zx", "E16");
}

Test(gdb_server, there_is_an_end_to_points)
{
    Client client;

    connect_client(&client);
    for (unsigned i = 0; i < 1024; i++)
        cr_assert_str_eq(ask_format(&client, "Z0,%x,1", 0x10000 + i), "OK");
    EXPECT(&client, "Z0,7c00,1", "E1c");
    EXPECT(&client, "z0,10000,1", "OK");
    EXPECT(&client, "Z0,7c00,1", "OK");
}

Test(gdb_server, backwards)
{
    Client client;
    u64 cycles;

    use_linear_pc();
    debugger_pause(rig->debugger);
    connect_client(&client);
    ask(&client, "qSupported:swbreak+;hwbreak+");
    cr_assert_str_eq(ask_format(&client, "Z1,%x,1", FIRMWARE + OFFSET(spinning_for_ever)), "OK");
    EXPECT(&client, "c", "T05thread:1;hwbreak:;");
    cycles = machine_cycles(rig->machine);
    EXPECT(&client, "bs", "T05thread:1;");
    cr_assert_eq(machine_cycles(rig->machine), cycles - 1);
    EXPECT(&client, "P0=00000000", "E16");
    EXPECT(&client, "Z2,500,2", "OK");
    EXPECT(&client, "bc", "T05thread:1;watch:500;");
    EXPECT(&client, "m500,2", "0400");
    EXPECT(&client, "s", "T05thread:1;watch:500;");
    EXPECT(&client, "m500,2", "0500");
    EXPECT(&client, "bc", "T05thread:1;watch:500;");
    EXPECT(&client, "m500,2", "0400");
    EXPECT(&client, "bc", "T05thread:1;watch:500;");
    EXPECT(&client, "m500,2", "0300");
    EXPECT(&client, "z2,500,2", "OK");
    EXPECT(&client, "bc", "T05thread:1;replaylog:begin;");
    cr_assert_eq(read_number(&client, EIP), 0xFFFFFFF0);
    EXPECT(&client, "c", "T05thread:1;replaylog:end;");
    cr_assert_eq(machine_cycles(rig->machine), cycles);
    EXPECT(&client, "bs", "T05thread:1;");
    EXPECT(&client, "D", "OK");
    cr_assert(is_running(), "in the present");
    turns(5);
    cr_assert_gt(machine_cycles(rig->machine), cycles);
}

/* What `monitor LINE` shows. */
static const char *monitor(Client *client, const char *line)
{
    char packet[256] = "qRcmd,";

    hex_encode(line, strlen(line), packet + strlen(packet));
    EXPECT(client, packet, "OK");
    return client->told;
}

Test(gdb_server, monitor_commands)
{
    Client client;

    debugger_pause(rig->debugger);
    connect_client(&client);
    cr_assert(strstr(monitor(&client, "info registers"), "CR0"), "%s", client.told);
    cr_assert(strstr(monitor(&client, "fnord"), "fnord"), "%s", client.told);
    monitor(&client, "stepi");
    cr_assert_eq(rig->cpu->rip, 0);
    EXPECT(&client, "qRcmd,6", "E16");
    EXPECT(&client, "qRcmd,zz", "E16");
    monitor(&client, "quit");
    cr_assert_eq(request, DISPLAY_QUIT);
}

/* An IDT without entries, then a breakpoint exception. */
FIRMWARE(tripping, "mov eax, cr0\n"
                   "or al, 1\n"
                   "mov cr0, eax\n"
                   "lidt cs:[tripping_idtr - tripping]\n"
                   "tripping_fault: int3\n"
                   "tripping_idtr: .word 0, 0, 0");
extern const u8 tripping_fault[];

Test(gdb_server, a_triple_fault_is_explained)
{
    Client client;

    close_rig();
    rig = START(ENGINE_INTERPRETER, tripping);
    listen_at("tcp:127.0.0.1:0");
    connect_client(&client);
    ask(&client, "qSupported:swbreak+;hwbreak+");
    EXPECT(&client, "c", "T0bthread:1;");
    cr_assert(strstr(client.told, "triple fault"), "%s", client.told);
    cr_assert(strstr(client.told, "#GP"), "%s", client.told);
    cr_assert_eq(rig->cpu->rip, (u64)(tripping_fault - tripping));
    EXPECT(&client, "c", "T0bthread:1;");
}

Test(gdb_server, who_does_not_introduce_himself_gets_the_bare_protocol)
{
    Client client;

    close_rig();
    rig = START(ENGINE_INTERPRETER, tripping);
    listen_at("tcp:127.0.0.1:0");
    connect_client(&client);
    EXPECT(&client, "c", "T0bthread:1;");
    cr_assert_str_eq(client.told, "");
}

/* ---- what graders do ---- */

Test(gdb_server, a_probe_leaves_no_trace)
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

Test(gdb_server, a_breakpoint_where_nothing_is_mapped_yet)
{
    Client client;

    connect_client(&client);
    EXPECT(&client, "?", "T02thread:1;");
    EXPECT(&client, "Z1,f0100000,1", "OK");
    cr_assert_str_eq(ask_format(&client, "Z1,%x,1", FIRMWARE + OFFSET(spinning_for_ever)), "OK");
    cr_assert_eq(strncmp(ask(&client, "c"), "T05", 3), 0);
}

Test(gdb_server, control_c)
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

Test(gdb_server, kill)
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

Test(gdb_server, who_waits_hears_of_the_end)
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

Test(gdb_server, the_machine_goes_on_when_gdb_detaches)
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

Test(gdb_server, the_machine_goes_on_when_gdb_is_lost)
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

Test(gdb_server, a_machine_started_stopped_waits_for_the_next_gdb)
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

Test(gdb_server, a_second_gdb_is_turned_away)
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

Test(gdb_server, who_says_nothing_keeps_nobody_out)
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

Test(gdb_server, junk)
{
    Client client;

    connect_client(&client);
    send_text(&client, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    send_text(&client, "$?#00$#$#zz$\xff\xfe}#12---");
    cr_assert(is_running());
    EXPECT(&client, "?", "T02thread:1;");
}

Test(gdb_server, a_lost_packet_comes_again)
{
    Client client;

    connect_client(&client);
    EXPECT(&client, "qC", "QC1");
    send_text(&client, "-");
    cr_assert(receive(&client, PATIENCE));
    cr_assert_str_eq(client.reply, "QC1");
}

Test(gdb_server, long_packets_are_refused)
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

Test(gdb_server, who_never_reads_is_dropped)
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

Test(gdb_server, invented_packets)
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
    cr_assert_eq(address.kind, GDB_TCP);
    cr_assert_eq(address.port, 1234);
    cr_assert_str_eq(address.host, "");
    ACCEPT("tcp:127.0.0.1:26000,server,nowait");
    cr_assert_str_eq(address.host, "127.0.0.1");
    ACCEPT("tcp:[::1]:26000");
    cr_assert_str_eq(address.host, "::1");
    ACCEPT("unix:/tmp/gdb,arch=x86-64");
    cr_assert_eq(address.kind, GDB_UNIX);
    cr_assert_str_eq(address.path, "/tmp/gdb");
    cr_assert_eq(address.registers, GDB_REGISTERS_64);
    cr_assert(!address.linear_pc);
    ACCEPT("tcp::1234,pc=linear");
    cr_assert(address.linear_pc);
    ACCEPT("none");
    cr_assert_eq(address.kind, GDB_NOWHERE);
    refuse("tcp:1234x", "tcp::PORT");
    refuse("tcp::70000", "tcp::PORT");
    refuse("udp::1234", "tcp::PORT");
    refuse("unix:", "unix:PATH");
    refuse("tcp::1234,arch=vax", "arch=i386");
    refuse("", "tcp::PORT");
}

Test(gdb_server, a_port_in_use_is_told_clearly)
{
    GdbAddress address = {.kind = GDB_TCP, .host = "127.0.0.1", .port = gdb_server_port(server)};
    char error[256] = "";

    cr_assert_null(gdb_server_open(&address, rig->debugger, error, sizeof error));
    cr_assert(strstr(error, "is in use"), "%s", error);
    cr_assert(strstr(error, "-gdb tcp::"), "%s", error);
}

Test(gdb_server, unix_socket)
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
