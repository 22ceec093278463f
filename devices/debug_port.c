#include "devices/debug_port.h"

enum { CONSOLE_PORT = 0xE9, FIRMWARE_PORT = 0x402, POST_PORT = 0x80, READ_BACK = 0xE9 };

const StateTable debug_port_state = {
    .chip = "debug-port",
    .fields = (const Field[]){FIELD(DebugPort, post_code), FIELD_ARRAY(DebugPort, line),
                              FIELD(DebugPort, length)},
    .count = 3,
};

static u64 present_read(void *device, u32 offset, Size size)
{
    (void)device, (void)offset, (void)size;
    return READ_BACK;
}

static void console_write(void *device, u32 offset, Size size, u64 value)
{
    (void)offset, (void)size;
    byte_sink_write(((DebugPort *)device)->console, value);
}

static void flush_line(DebugPort *port)
{
    LOG(port->log, LOG_BIOS, "%.*s", port->length, port->line);
    port->length = 0;
}

static void firmware_write(void *device, u32 offset, Size size, u64 value)
{
    DebugPort *port = device;
    u8 byte = value;

    (void)offset, (void)size;
    if (port->console_gets_firmware)
        byte_sink_write(port->console, byte);
    if (byte == '\n' || port->length >= DEBUG_LINE_BYTES)
        flush_line(port);
    if (byte == '\n' || byte == '\r')
        return;
    port->line[port->length++] = byte >= ' ' && byte < 0x7F ? byte : '.';
}

static u64 post_read(void *device, u32 offset, Size size)
{
    (void)offset, (void)size;
    return ((DebugPort *)device)->post_code;
}

static void post_write(void *device, u32 offset, Size size, u64 value)
{
    DebugPort *port = device;

    (void)offset, (void)size;
    if (port->post_code != (u8)value)
        LOG(port->log, LOG_BIOS, "POST code %02X", (u8)value);
    port->post_code = value;
}

static const IoOps console_io = {BYTE, present_read, console_write};
static const IoOps firmware_io = {BYTE, present_read, firmware_write};
static const IoOps post_io = {BYTE, post_read, post_write};

void debug_port_init(DebugPort *port, AddressSpace *ports, Log *log, u16 console_port,
                     ByteSink console)
{
    *port = (DebugPort){.console = console, .log = log};
    if (!console_port)
        console_port = CONSOLE_PORT;
    port->console_gets_firmware = console_port == FIRMWARE_PORT;
    if (!port->console_gets_firmware)
        space_add_io(ports, "debugcon", console_port, 1, &console_io, port);
    space_add_io(ports, "firmware-log", FIRMWARE_PORT, 1, &firmware_io, port);
    space_add_io(ports, "post-code", POST_PORT, 1, &post_io, port);
}

void debug_port_reset(DebugPort *port)
{
    if (port->length)
        flush_line(port);
    port->post_code = 0;
}
