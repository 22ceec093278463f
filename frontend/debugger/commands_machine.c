/*
 * Commands for the machine as a whole, mostly QEMU's: power, keys, screen, log.
 */
#include "frontend/debugger/commands_inside.h"
#include "frontend/display.h"
#include "frontend/key_names.h"
#include "frontend/options_parser.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

CommandResult command_do_quit(Commands *commands, const char *text)
{
    (void)text;
    if (commands->host.quit)
        commands->host.quit(commands->host.owner);
    else
        say(commands, "vitrine can not be ended from here.\n");
    return COMMAND_DONE;
}

CommandResult command_do_system_reset(Commands *commands, const char *text)
{
    (void)text;
    if (refuses_changes(commands))
        return COMMAND_DONE;
    if (commands->host.reset)
        commands->host.reset(commands->host.owner);
    else
        machine_reset(commands->machine);
    return COMMAND_DONE;
}

CommandResult command_do_system_powerdown(Commands *commands, const char *text)
{
    (void)text;
    if (refuses_changes(commands))
        return COMMAND_DONE;
    machine_power_button(commands->machine);
    return COMMAND_DONE;
}

CommandResult command_do_screendump(Commands *commands, const char *text)
{
    char error[256];

    if (!*text)
        say(commands, "Into which file? For example: screendump screen.png\n");
    else if (!screendump_png(commands->machine, text, error, sizeof error))
        say(commands, "%s\n", error);
    return COMMAND_DONE;
}

/* "ctrl-alt-delete" [HOLD-MS, which is ignored]: all down in order, then up in the other. */
CommandResult command_do_sendkey(Commands *commands, const char *text)
{
    enum { AT_ONCE = 8 };
    char word[128], *rest = word, *name;
    Key keys[AT_ONCE];
    unsigned count = 0;

    if (!take_argument(&text, word, sizeof word)) {
        say(commands, "Which key? For example: sendkey ctrl-alt-delete\n");
        return COMMAND_DONE;
    }
    while ((name = strsep(&rest, "-"))) {
        Key key = key_by_name(name);

        if (key == KEY_NONE) {
            say(commands, "There is no key '%s'; press Tab for their names.\n", name);
            return COMMAND_DONE;
        }
        if (count == AT_ONCE) {
            say(commands, "No more than %d keys at once.\n", AT_ONCE);
            return COMMAND_DONE;
        }
        keys[count++] = key;
    }
    if (refuses_changes(commands))
        return COMMAND_DONE;
    for (unsigned i = 0; i < count; i++)
        machine_key(commands->machine, keys[i], true);
    while (count)
        machine_key(commands->machine, keys[--count], false);
    return COMMAND_DONE;
}

/* ---- log ---- */

static void print_channels(Commands *commands)
{
    for (unsigned i = 0; i < LOG_CHANNEL_COUNT; i++)
        say(commands, "%s %-9s %s\n",
            bit(machine_log(commands->machine)->enabled, i) ? "on " : "off",
            log_channel_name((LogChannel)i), log_channel_help((LogChannel)i));
}

CommandResult command_do_log(Commands *commands, const char *text)
{
    const char *names[LOG_CHANNEL_COUNT], *nearest;
    u64 enabled = 0;
    char line[COMMAND_LINE], *rest = line, *name;

    if (!*text) {
        print_channels(commands);
        return COMMAND_DONE;
    }
    for (unsigned i = 0; i < LOG_CHANNEL_COUNT; i++)
        names[i] = log_channel_name((LogChannel)i);
    snprintf(line, sizeof line, "%s", text);
    while ((name = strsep(&rest, ", "))) {
        unsigned i = 0;

        while (i < LOG_CHANNEL_COUNT && strcmp(names[i], name))
            i++;
        if (!strcmp(name, "all"))
            enabled = ~(u64)0;
        else if (i < LOG_CHANNEL_COUNT)
            enabled |= (u64)1 << i;
        else if (*name && strcmp(name, "none")) {
            nearest = option_nearest(name, names, LOG_CHANNEL_COUNT);
            say(commands, "There is no channel '%s'%s%s%s; log lists them.\n", name,
                nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
            return COMMAND_DONE;
        }
    }
    machine_log(commands->machine)->enabled = enabled;
    return COMMAND_DONE;
}

/* ---- info ---- */

CommandResult command_info_status(Commands *commands, const char *text)
{
    bool stopped = debugger_stop(commands->debugger)->reason != STOP_NONE;

    (void)text;
    say(commands, "VM status: %s\n", stopped ? "paused" : "running");
    say(commands, "clock: %" PRIu64 " instructions\n", machine_cycles(commands->machine));
    if (stopped && *debugger_stop(commands->debugger)->text)
        say(commands, "%s\n", debugger_stop(commands->debugger)->text);
    return COMMAND_DONE;
}

CommandResult command_info_cpus(Commands *commands, const char *text)
{
    const Cpu *cpu = commands->cpu;

    (void)text;
    say(commands, "* CPU #0: pc=0x%016" PRIx64 "%s\n", current_linear(commands),
        cpu->attention & ATTEND_SHUTDOWN ? " (shut down)"
        : cpu->attention & ATTEND_HALT   ? " (halted)"
                                         : "");
    return COMMAND_DONE;
}

CommandResult command_info_block(Commands *commands, const char *text)
{
    const DriveNote *drive;

    (void)text;
    if (!debugger_drive(commands->debugger, 0))
        say(commands, "Nothing is known of drives here.\n");
    for (unsigned i = 0; (drive = debugger_drive(commands->debugger, i)); i++) {
        if (drive->file)
            say(commands, "%s: %s (raw%s)\n", drive->name, drive->file,
                drive->read_only ? ", read-only" : "");
        else
            say(commands, "%s: [not inserted]\n", drive->name);
        if (drive->temporary)
            say(commands, "    What is written is forgotten at the end.\n");
        if (drive->removable)
            say(commands, "    Removable device\n");
    }
    return COMMAND_DONE;
}
