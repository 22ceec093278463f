/*
 * QEMU's i and o: the debugger itself reads and writes ports, as an instruction would.
 */
#include "frontend/debugger/commands_inside.h"

#include <inttypes.h>

/* /FORMAT and a port. Most registers have eight bits, so that is what is read without a size. */
static bool take_port(Commands *commands, const char **text, Size *size, u16 *port)
{
    Format format = {.count = 1, .letter = 'x', .size = BYTE};
    char word[COMMAND_LINE];
    u64 number;

    if (!parse_format(commands, text, &format))
        return false;
    if (!take_argument(text, word, sizeof word)) {
        say(commands, "Which port? For example: i /b 0x64, or o /b 0x80 0x55\n");
        return false;
    }
    if (!evaluate(commands, word, &number))
        return false;
    if (format.size > DWORD || number + format.size > 0x10000) {
        say(commands,
            "Ports go from 0 to 0xffff, and are accessed by 1, 2 or 4 bytes: /b, /h, /w.\n");
        return false;
    }
    *size = format.size;
    *port = (u16)number;
    return true;
}

static char size_letter(Size size)
{
    return size == BYTE ? 'b' : size == WORD ? 'w' : 'l';
}

/* Once is enough. */
static void warn(Commands *commands)
{
    if (!commands->ports_warned)
        say(commands, "To a device this is an access as any other: it may change what the guest "
                      "finds there.\n");
    commands->ports_warned = true;
}

CommandResult command_do_i(Commands *commands, const char *text)
{
    Size size;
    u16 port;
    u64 value;

    if (!take_port(commands, &text, &size, &port) || refuses_changes(commands))
        return COMMAND_DONE;
    warn(commands);
    value = debugger_read_port(commands->debugger, port, size);
    say(commands, "port%c[0x%04x] = 0x%0*" PRIx64 "\n", size_letter(size), port, 2 * (int)size,
        value);
    return COMMAND_DONE;
}

CommandResult command_do_o(Commands *commands, const char *text)
{
    Size size;
    u16 port;
    u64 value;

    if (!take_port(commands, &text, &size, &port))
        return COMMAND_DONE;
    if (!*text) {
        say(commands, "Write what? For example: o /b 0x80 0x55\n");
        return COMMAND_DONE;
    }
    if (!evaluate(commands, text, &value) || refuses_changes(commands))
        return COMMAND_DONE;
    warn(commands);
    debugger_write_port(commands->debugger, port, size, value & size_mask(size));
    return COMMAND_DONE;
}
