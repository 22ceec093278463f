/*
 * The list of breakpoints, watchpoints and catchpoints: what is in it, and changes of it.
 */
#include "frontend/debugger/commands_inside.h"

#include <inttypes.h>
#include <string.h>

static const Point *find_point(Commands *commands, const char *text)
{
    const Point *point;
    u64 number;

    if (!take_number(commands, text, &number))
        return NULL;
    for (unsigned i = 0; (point = debugger_points(commands->debugger, i)); i++)
        if (point->number == number)
            return point;
    say(commands, "There is no breakpoint %" PRIu64 "; info breakpoints lists them.\n", number);
    return NULL;
}

typedef void PointChange(Commands *commands, unsigned number);

/* For each number of the text, or for all. */
static CommandResult change_points(Commands *commands, const char *text, PointChange *change)
{
    char word[32];
    const Point *point;

    if (!*text)
        for (unsigned i = 0; (point = debugger_points(commands->debugger, i));) {
            unsigned number = point->number;

            change(commands, number);
            point = debugger_points(commands->debugger, i);
            i += point && point->number == number;
        }
    while (take_argument(&text, word, sizeof word)) {
        point = find_point(commands, word);
        if (point)
            change(commands, point->number);
    }
    return COMMAND_DONE;
}

static void delete_point(Commands *commands, unsigned number)
{
    debugger_remove_point(commands->debugger, number);
}

static void enable_point(Commands *commands, unsigned number)
{
    debugger_enable_point(commands->debugger, number, true);
}

static void disable_point(Commands *commands, unsigned number)
{
    debugger_enable_point(commands->debugger, number, false);
}

CommandResult command_do_delete(Commands *commands, const char *text)
{
    char word[32];
    const char *rest = text;

    if (take_argument(&rest, word, sizeof word) && !strcmp(word, "breakpoints"))
        text = rest;
    return change_points(commands, text, delete_point);
}

CommandResult command_do_enable(Commands *commands, const char *text)
{
    return change_points(commands, text, enable_point);
}

CommandResult command_do_disable(Commands *commands, const char *text)
{
    return change_points(commands, text, disable_point);
}

CommandResult command_do_condition(Commands *commands, const char *text)
{
    char word[32], error[256];
    const Point *point;

    take_argument(&text, word, sizeof word);
    point = find_point(commands, word);
    if (!point)
        return COMMAND_DONE;
    if (!debugger_set_condition(commands->debugger, point->number, *text ? text : NULL, error,
                                sizeof error))
        say(commands, "No: %s.\n", error);
    else if (!*text)
        say(commands, "Breakpoint %u stops always now.\n", point->number);
    return COMMAND_DONE;
}

CommandResult command_do_ignore(Commands *commands, const char *text)
{
    const Point *point;
    char word[32];
    u64 count;

    take_argument(&text, word, sizeof word);
    point = find_point(commands, word);
    if (!point || !evaluate(commands, *text ? text : "0", &count))
        return COMMAND_DONE;
    debugger_set_ignore(commands->debugger, point->number, count);
    say(commands, "The next %" PRIu64 " hits of breakpoint %u do not stop.\n", count,
        point->number);
    return COMMAND_DONE;
}

static void print_where(Commands *commands, const PointSpec *spec)
{
    char suffix[128];

    switch (spec->kind) {
    case POINT_MODE:
    case POINT_PRIVILEGE:
    case POINT_CR3:
        return;
    case POINT_EXCEPTION:
    case POINT_INTERRUPT:
        if (spec->address == ANY_VECTOR)
            say(commands, "any vector");
        else
            say(commands, "vector %" PRIu64, spec->address);
        return;
    case POINT_COUNT:
        say(commands, "at %" PRIu64, spec->address);
        return;
    default:
        break;
    }
    if (spec->address_kind == ADDRESS_LOGICAL)
        say(commands, "%04x:%04" PRIx64, spec->selector, spec->address);
    else if (spec->address_kind == ADDRESS_PHYSICAL)
        say(commands, "physical 0x%" PRIx64, spec->address);
    else
        say(commands, "0x%" PRIx64 "%s", spec->address,
            spec->kind >= POINT_PORT_IN
                ? ""
                : symbol_suffix(commands, spec->address, suffix, sizeof suffix));
    if (spec->kind != POINT_EXECUTE && spec->length > 1)
        say(commands, ", %" PRIu64 "%s", spec->length,
            spec->kind >= POINT_PORT_IN ? " ports" : " bytes");
}

CommandResult command_info_breakpoints(Commands *commands, const char *text)
{
    static const char *const kinds[] = {
        [POINT_EXECUTE] = "breakpoint",  [POINT_READ] = "read watch",
        [POINT_WRITE] = "watchpoint",    [POINT_ACCESS] = "access watch",
        [POINT_PORT_IN] = "port in",     [POINT_PORT_OUT] = "port out",
        [POINT_PORT] = "port",           [POINT_EXCEPTION] = "exception",
        [POINT_INTERRUPT] = "interrupt", [POINT_MODE] = "mode",
        [POINT_PRIVILEGE] = "privilege", [POINT_CR3] = "cr3",
        [POINT_COUNT] = "count",
    };
    const Point *point;

    (void)text;
    if (!debugger_points(commands->debugger, 0))
        say(commands, "No breakpoints or watchpoints.\n");
    else
        say(commands, "Num  Type          Enb  Hits  Where\n");
    for (unsigned i = 0; (point = debugger_points(commands->debugger, i)); i++) {
        const PointSpec *spec = &point->spec;

        say(commands, "%-4u %-13s %-4s %-5" PRIu64 " ", point->number, kinds[spec->kind],
            point->enabled ? "y" : "n", point->hits);
        print_where(commands, spec);
        if (spec->bound)
            say(commands, ", while CR3 is 0x%" PRIx64, spec->address_space);
        say(commands, "%s%s%s", spec->one_shot ? ", once" : "", point->pending ? ", pending" : "",
            spec->condition ? ", if " : "");
        say(commands, "%s", spec->condition ? spec->condition : "");
        if (spec->ignore)
            say(commands, ", ignores %" PRIu64 " more", spec->ignore);
        say(commands, "\n");
    }
    return COMMAND_DONE;
}
