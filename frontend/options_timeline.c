/*
 * Options of the timeline.
 */
#include <string.h>

#include "frontend/options_parser.h"

enum { BUDGET_UNIT = 1 << 20, LEAST_BUDGET = 16 << 20 };

bool set_timeline(Parser *parser, const char *value)
{
    u64 bytes = 0;

    if (strcmp(value, "off") && (!option_size(value, BUDGET_UNIT, &bytes) || bytes < LEAST_BUDGET))
        return option_error(parser, value,
                            "write how much memory snapshots may take, 16M at least (-timeline "
                            "512M), or -timeline off");
    parser->options->timeline = bytes;
    return true;
}

bool set_record(Parser *parser, const char *value)
{
    parser->options->record = value;
    return true;
}

bool set_replay(Parser *parser, const char *value)
{
    parser->options->replay = value;
    return true;
}

bool set_loadvm(Parser *parser, const char *value)
{
    parser->options->load_snapshot = value;
    return true;
}
