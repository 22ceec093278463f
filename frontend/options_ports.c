/*
 * Options that connect the machine to the world: ports, display, log, pace.
 */
#include "frontend/options_parser.h"

#include <stdio.h>
#include <string.h>

static bool parse_port(Parser *parser, const char *text, PortOption *port)
{
    static const struct {
        const char *name;
        PortKind kind;
    } kinds[] = {
        {"none", PORT_NONE},   {"null", PORT_NULL}, {"vc", PORT_NULL},
        {"stdio", PORT_STDIO}, {"pty", PORT_PTY},   {"mon:stdio", PORT_STDIO_ESCAPE},
        {"mon:vc", PORT_NULL},
    };
    static const char *const names[] = {"none", "null", "stdio", "mon:stdio", "pty", "file:"};
    const char *nearest;
    unsigned i;

    for (i = 0; i < COUNT_OF(kinds); i++) {
        if (!strcmp(text, kinds[i].name)) {
            *port = (PortOption){kinds[i].kind, NULL};
            return true;
        }
    }
    if (!strncmp(text, "vc:", 3)) {
        *port = (PortOption){PORT_NULL, NULL};
        return true;
    }
    if (!strncmp(text, "file:", 5) && text[5]) {
        *port = (PortOption){PORT_FILE, text + 5};
        return true;
    }
    nearest = option_nearest(text, names, COUNT_OF(names));
    return option_error(parser, text, "%s%s%swrite stdio, mon:stdio, file:PATH, pty, null or none",
                        nearest ? "did you mean '" : "", nearest ? nearest : "",
                        nearest ? "'? Or " : "");
}

bool set_serial(Parser *parser, const char *text)
{
    Options *options = parser->options;

    if (options->serial_count == MACHINE_SERIAL_PORTS)
        return option_error(parser, text, "this machine has %d serial ports only",
                            MACHINE_SERIAL_PORTS);
    return parse_port(parser, text, &options->serial[options->serial_count++]);
}

bool set_parallel(Parser *parser, const char *text)
{
    Options *options = parser->options;

    if (options->parallel_count == MACHINE_PARALLEL_PORTS)
        return option_error(parser, text, "this machine has %d parallel ports only",
                            MACHINE_PARALLEL_PORTS);
    return parse_port(parser, text, &options->parallel[options->parallel_count++]);
}

bool set_debugcon(Parser *parser, const char *text)
{
    return parse_port(parser, text, &parser->options->debug_console);
}

bool set_global(Parser *parser, const char *setting)
{
    static const char iobase[] = "isa-debugcon.iobase=";
    u64 port;

    if (strncmp(setting, iobase, strlen(iobase)))
        return option_note(parser, "-global: properties of single devices are ignored");
    if (!option_number(setting + strlen(iobase), 1, 0xFFFF, &port))
        return option_error(parser, setting, "write a port from 1 to 0xffff");
    parser->options->debug_console_port = (u16)port;
    return true;
}

bool set_nographic(Parser *parser, const char *value)
{
    (void)value;
    parser->options->nographic = true;
    return true;
}

bool set_curses(Parser *parser, const char *value)
{
    (void)value;
    parser->options->display = DISPLAY_IN_TERMINAL;
    return true;
}

bool set_sdl(Parser *parser, const char *value)
{
    (void)value;
    parser->options->display = DISPLAY_WINDOW;
    return true;
}

bool set_full_screen(Parser *parser, const char *value)
{
    (void)value;
    parser->options->full_screen = true;
    return true;
}

static bool display_choice(Parser *parser, const char *list, const char *name)
{
    static const char *const names[] = {"sdl", "terminal", "none"};
    const char *nearest;

    if (!strcmp(name, "sdl") || !strcmp(name, "gtk") || !strcmp(name, "cocoa") ||
        !strcmp(name, "default"))
        parser->options->display = DISPLAY_WINDOW;
    else if (!strcmp(name, "terminal") || !strcmp(name, "curses"))
        parser->options->display = DISPLAY_IN_TERMINAL;
    else if (!strcmp(name, "none"))
        parser->options->display = DISPLAY_HEADLESS;
    else {
        nearest = option_nearest(name, names, COUNT_OF(names));
        return option_error(parser, list, "%s%s%swrite sdl, terminal or none",
                            nearest ? "did you mean '" : "", nearest ? nearest : "",
                            nearest ? "'? Or " : "");
    }
    return true;
}

bool set_display(Parser *parser, const char *list)
{
    char *rest = option_copy(parser, list), *key, *value;
    const char *implied = "type";
    u64 scale;

    for (; option_pair(&rest, implied, &key, &value); implied = NULL) {
        if (implied) {
            if (!display_choice(parser, list, strcmp(key, "type") ? key : value))
                return false;
        } else if (!strcmp(key, "full-screen")) {
            if (!option_switch(value, &parser->options->full_screen))
                return option_error(parser, list, "write full-screen=on or full-screen=off");
        } else if (!strcmp(key, "scale")) {
            if (!option_number(value, 1, 16, &scale))
                return option_error(parser, list, "write scale=1 to scale=16");
            parser->options->scale = scale;
        }
    }
    return true;
}

bool set_speed(Parser *parser, const char *value)
{
    parser->options->speed_max = !strcmp(value, "max");
    return parser->options->speed_max || !strcmp(value, "real") ||
           option_error(parser, value,
                        "write real (idle time passes as on a real clock) or max "
                        "(idle time is skipped)");
}

bool set_screendump(Parser *parser, const char *file)
{
    parser->options->screendump = file;
    return true;
}

bool set_gdb(Parser *parser, const char *where)
{
    char sentence[256];

    return gdb_address_parse(&parser->options->gdb, where, sentence, sizeof sentence) ||
           option_error(parser, where, "%s", sentence);
}

bool set_gdb_default(Parser *parser, const char *value)
{
    (void)value;
    return set_gdb(parser, "tcp::1234");
}

bool set_stopped(Parser *parser, const char *value)
{
    (void)value;
    parser->options->start_stopped = true;
    return true;
}

bool set_debugger(Parser *parser, const char *value)
{
    (void)value;
    parser->options->open_debugger = true;
    return true;
}

bool set_no_reboot(Parser *parser, const char *value)
{
    (void)value;
    parser->options->no_reboot = true;
    return true;
}

bool set_no_shutdown(Parser *parser, const char *value)
{
    (void)value;
    parser->options->no_shutdown = true;
    return true;
}

/* QEMU's names for what other words mean here. */
static const struct {
    const char *name;
    LogChannel channel;
} qemu_log_names[] = {
    {"cpu_reset", LOG_MACHINE},
    {"guest_errors", LOG_BUS},
    {"unimp", LOG_BUS},
    {"page", LOG_MMU},
    {"op", LOG_IR},
    {"op_opt", LOG_IR_OPT},
};

static bool log_channel_by_name(const char *name, unsigned *channel)
{
    unsigned i;

    for (i = 0; i < COUNT_OF(qemu_log_names); i++) {
        if (!strcmp(name, qemu_log_names[i].name)) {
            *channel = qemu_log_names[i].channel;
            return true;
        }
    }
    for (i = 0; i < LOG_CHANNEL_COUNT; i++) {
        if (!strcmp(name, log_channel_name((LogChannel)i))) {
            *channel = i;
            return true;
        }
    }
    return false;
}

static bool print_log_channels(Parser *parser)
{
    unsigned i;

    printf("-d CHANNEL,... writes what these channels tell (-D FILE: into a file):\n");
    for (i = 0; i < LOG_CHANNEL_COUNT; i++)
        printf("  %-10s %s\n", log_channel_name((LogChannel)i), log_channel_help((LogChannel)i));
    printf("  %-10s all of these\n", "all");
    parser->answered = true;
    return false;
}

bool set_log(Parser *parser, const char *list)
{
    char *rest = option_copy(parser, list), *key, *value;
    const char *names[LOG_CHANNEL_COUNT], *nearest;
    unsigned channel;

    while (option_pair(&rest, NULL, &key, &value)) {
        if (!strcmp(key, "help") || !strcmp(key, "?"))
            return print_log_channels(parser);
        if (!strcmp(key, "all")) {
            parser->options->log_channels = ~(u64)0;
        } else if (log_channel_by_name(key, &channel)) {
            parser->options->log_channels |= (u64)1 << channel;
        } else {
            for (channel = 0; channel < LOG_CHANNEL_COUNT; channel++)
                names[channel] = log_channel_name((LogChannel)channel);
            nearest = option_nearest(key, names, LOG_CHANNEL_COUNT);
            return option_error(parser, list, "there is no channel '%s'%s%s%s; -d help lists them",
                                key, nearest ? "; did you mean '" : "", nearest ? nearest : "",
                                nearest ? "'?" : "");
        }
    }
    return true;
}

bool set_log_file(Parser *parser, const char *file)
{
    parser->options->log_file = file;
    return true;
}
