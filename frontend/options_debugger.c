/*
 * Options of the debugger: its prompt, symbols and source.
 */
#include "frontend/options_parser.h"

#include <string.h>

bool set_monitor(Parser *parser, const char *text)
{
    if (!strcmp(text, "stdio") || !strcmp(text, "mon:stdio"))
        parser->options->monitor = PORT_STDIO;
    else if (strcmp(text, "none") && strcmp(text, "null") && strncmp(text, "vc", 2))
        return option_note(parser, "-monitor: only stdio, null and none are there; nobody listens");
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
