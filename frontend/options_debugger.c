/*
 * Options of the debugger: its prompt, symbols and source.
 */
#include "frontend/options_parser.h"

#include <string.h>

bool set_monitor(Parser *parser, const char *text)
{
    MonitorAddress address;
    char sentence[256];

    if (!strcmp(text, "stdio") || !strcmp(text, "mon:stdio")) {
        parser->options->monitor = PORT_STDIO;
        return true;
    }
    if (!strcmp(text, "none") || !strcmp(text, "null") || !strncmp(text, "vc", 2))
        return true;
    if (!monitor_address_parse(&address, text, sentence, sizeof sentence))
        return option_error(parser, text, "%s", sentence);
    if (parser->options->remote_monitor.place != MONITOR_NOWHERE)
        return option_error(parser, text,
                            "there can be one monitor on the terminal, and one elsewhere");
    parser->options->remote_monitor = address;
    return true;
}

static bool add_name(Parser *parser, const char *name, const char **list, unsigned *count)
{
    if (*count == OPTIONS_NAMES)
        return option_error(parser, name, "there are %d of these already", OPTIONS_NAMES);
    list[(*count)++] = name;
    return true;
}

bool set_symbols(Parser *parser, const char *file)
{
    return add_name(parser, file, parser->options->symbols, &parser->options->symbol_count);
}

bool set_source(Parser *parser, const char *folder)
{
    return add_name(parser, folder, parser->options->sources, &parser->options->source_count);
}

bool set_lint(Parser *parser, const char *value)
{
    (void)value;
    parser->options->lint = true;
    return true;
}
