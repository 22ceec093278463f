/*
 * gdb's server, asked what gdb asks.
 */
#include "tests/gdb_rig.h"

TestSuite(gdb_server, .init = open_rig, .fini = close_rig, .timeout = 60);

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
