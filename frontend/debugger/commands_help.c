/*
 * help: the table of commands in words.
 */
#include "frontend/debugger/commands_inside.h"

#include "frontend/options.h"

#include <stdio.h>
#include <string.h>

static void print_row(Commands *commands, const CommandRow *row)
{
    char left[96];

    snprintf(left, sizeof left, "%s%s%s", row->name, *row->arguments ? " " : "", row->arguments);
    say(commands, "  %-36s %s\n", left, row->help);
}

static void print_details(Commands *commands, const CommandRow *row)
{
    const CommandRow *other;
    size_t length = strlen(row->name);

    say(commands, "%s%s%s\n  %s.\n", row->name, *row->arguments ? " " : "", row->arguments,
        row->help);
    if (*row->short_names)
        say(commands, "  Shorter: %s\n", row->short_names);
    if (*row->details)
        say(commands, "%s\n", row->details);
    for (unsigned i = 0; (other = commands_row(i)); i++)
        if (!strncmp(other->name, row->name, length) && other->name[length] == ' ')
            print_row(commands, other);
}

CommandResult command_do_info(Commands *commands, const char *text)
{
    (void)text;
    return command_do_help(commands, "info");
}

CommandResult command_do_help(Commands *commands, const char *text)
{
    const CommandRow *row;
    const char *rest;

    if (*text) {
        row = find_command(commands, text, &rest);
        if (row)
            print_details(commands, row);
        return COMMAND_DONE;
    }
    for (unsigned i = 0; (row = commands_row(i)); i++) {
        if (!row->run)
            say(commands, "%s%s\n", i ? "\n" : "", row->help);
        else
            print_row(commands, row);
    }
    say(commands,
        "\nNames may be cut short as long as they are clear; help NAME tells more. An empty "
        "line repeats\nsteps and listings.\n");
    return COMMAND_DONE;
}

/* As QEMU's: the last COMMAND_HISTORY lines, from 0 on. */
CommandResult command_info_history(Commands *commands, const char *text)
{
    unsigned count = commands->history_count;
    unsigned first = count > COMMAND_HISTORY ? count - COMMAND_HISTORY : 0;

    (void)text;
    for (unsigned i = first; i < count; i++)
        say(commands, "%u: '%s'\n", i - first, commands->history[i % COMMAND_HISTORY]);
    return COMMAND_DONE;
}

CommandResult command_info_version(Commands *commands, const char *text)
{
    (void)text;
    say(commands, "%s\n", vitrine_version);
    return COMMAND_DONE;
}
