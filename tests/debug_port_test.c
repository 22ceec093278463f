/* The debug console, the firmware's log, POST codes, isa-debug-exit and port 92h. */
#include "devices/debug_port.h"
#include "devices/isa_debug_exit.h"
#include "devices/port92.h"
#include "tests/chip_rig.h"

#include <criterion/criterion.h>
#include <stdio.h>

static ChipRig rig;
static Log chip_log;
static char lines[2000], sent[100];
static u32 exit_value;
static unsigned exits;

static void take_line(void *owner, const char *line)
{
    size_t used = strlen(lines);

    (void)owner;
    snprintf(lines + used, sizeof lines - used, "%s\n", line);
}

static void take_byte(void *owner, u8 byte)
{
    size_t length = strlen(sent);

    (void)owner;
    if (length < sizeof sent - 1)
        sent[length] = byte;
}

static void take_exit(void *owner, u32 value)
{
    (void)owner;
    exit_value = value;
    exits++;
}

static void open_rig(void)
{
    rig_open(&rig);
    memset(lines, 0, sizeof lines);
    memset(sent, 0, sizeof sent);
    exits = 0;
    chip_log = (Log){.write = take_line, .enabled = (u64)1 << LOG_BIOS};
}

static void close_rig(void)
{
    rig_close(&rig);
}

static void print(u16 port, const char *text)
{
    while (*text)
        rig_out8(&rig, port, *text++);
}

TestSuite(debug_port, .init = open_rig, .fini = close_rig);

Test(debug_port, console)
{
    DebugPort port;

    debug_port_init(&port, &rig.ports, &chip_log, 0, (ByteSink){take_byte, NULL});
    cr_assert_eq(rig_in8(&rig, 0xE9), 0xE9);
    print(0xE9, "hello");
    cr_assert_str_eq(sent, "hello");
}

Test(debug_port, console_elsewhere)
{
    DebugPort port;

    debug_port_init(&port, &rig.ports, &chip_log, 0x402, (ByteSink){take_byte, NULL});
    print(0x402, "hello\n");
    cr_assert_str_eq(sent, "hello\n");
    cr_assert_eq(rig_in8(&rig, 0xE9), 0xFF);
}

Test(debug_port, firmware_log)
{
    DebugPort port;

    debug_port_init(&port, &rig.ports, &chip_log, 0, (ByteSink){0});
    cr_assert_eq(rig_in8(&rig, 0x402), 0xE9);
    print(0x402, "SeaBIOS\nno end");
    cr_assert(strstr(lines, "SeaBIOS\n"));
    cr_assert(!strstr(lines, "no end"));
    debug_port_reset(&port);
    cr_assert(strstr(lines, "no end\n"));
    for (unsigned i = 0; i < 1000; i++)
        rig_out8(&rig, 0x402, 'x');
    print(0x402, "\x1B[31m\n");
    cr_assert(strstr(lines, ".[31m"), "control characters do not reach the terminal");
}

Test(debug_port, post_code)
{
    DebugPort port;

    debug_port_init(&port, &rig.ports, &chip_log, 0, (ByteSink){0});
    rig_out8(&rig, 0x80, 0x3C);
    cr_assert_eq(rig_in8(&rig, 0x80), 0x3C);
    cr_assert(strstr(lines, "3C"));
}

Test(debug_port, isa_debug_exit)
{
    IsaDebugExit device;

    isa_debug_exit_init(&device, &rig.ports, 0xF4, 4, take_exit, NULL);
    cr_assert_eq(rig_in(&rig, 0xF4, DWORD), 0);
    cr_assert_eq(exits, 0);
    rig_out(&rig, 0xF4, DWORD, 0x12345678);
    cr_assert_eq(exit_value, 0x12345678);
    rig_out8(&rig, 0xF4, 5);
    cr_assert_eq(exit_value, 5);
    cr_assert_eq(exits, 2);
}

Test(debug_port, port_92)
{
    Port92 port;
    RigWire a20, reset;

    port92_init(&port, &rig.ports, NULL, rig_wire(&a20), rig_wire(&reset));
    rig_out8(&rig, 0x92, 0x02);
    cr_assert(a20.level);
    cr_assert_eq(rig_in8(&rig, 0x92), 0x02);
    cr_assert_eq(reset.edges, 0);
    rig_out8(&rig, 0x92, 0x03);
    rig_out8(&rig, 0x92, 0x03);
    cr_assert_eq(reset.edges, 1, "only the rising bit resets");
    port92_reset(&port);
    cr_assert(!a20.level);
}
