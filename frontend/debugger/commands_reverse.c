/*
 * Commands that move the machine backwards.
 */
#include "frontend/debugger/branches.h"
#include "frontend/debugger/commands_inside.h"
#include "frontend/debugger/reverse.h"
#include "frontend/debugger/timeline.h"

#include <inttypes.h>
#include <string.h>

enum { ERROR = 256 };

typedef bool Backwards(Debugger *debugger, u64 count, char *error, size_t error_size);

static CommandResult went(Commands *commands, bool fine, const char *error)
{
    if (!fine)
        say(commands, "No: %s.\n", error);
    return COMMAND_DONE;
}

static CommandResult go_back(Commands *commands, const char *text, Backwards *back)
{
    char error[ERROR];
    u64 count = 1;

    if (*text && !evaluate(commands, text, &count))
        return COMMAND_DONE;
    return went(commands, !count || back(commands->debugger, count, error, sizeof error), error);
}

CommandResult command_do_reverse_stepi(Commands *commands, const char *text)
{
    return go_back(commands, text, reverse_step);
}

CommandResult command_do_reverse_nexti(Commands *commands, const char *text)
{
    return go_back(commands, text, reverse_next);
}

/* ---- by lines of source ---- */

static bool is_at_beginning(Commands *commands)
{
    return debugger_stop(commands->debugger)->reason == STOP_HISTORY_BEGIN;
}

/* To where the line before this one begins. Each instruction on the way is a step. */
static CommandResult go_back_lines(Commands *commands, const char *text, Backwards *back)
{
    enum { MOST = 2000 };
    SourceLine from, line;
    char error[ERROR];

    if (*text || !symbols_line(commands->symbols, current_linear(commands), &from))
        return go_back(commands, text, back);
    for (unsigned i = 0; i < MOST; i++) {
        if (!back(commands->debugger, 1, error, sizeof error))
            return went(commands, false, error);
        if (is_at_beginning(commands))
            break;
        if (!symbols_line(commands->symbols, current_linear(commands), &line))
            continue;
        /* Within the line it began in: go on. At the first instruction of any line: there. */
        if (current_linear(commands) == line.first &&
            (line.line != from.line || strcmp(line.file, from.file)))
            break;
        if (current_linear(commands) == from.first)
            from.line = 0; /* that line's own beginning counts only when one was behind it */
    }
    return COMMAND_DONE;
}

CommandResult command_do_reverse_step(Commands *commands, const char *text)
{
    return go_back_lines(commands, text, reverse_step);
}

CommandResult command_do_reverse_next(Commands *commands, const char *text)
{
    return go_back_lines(commands, text, reverse_next);
}

/* ---- further ---- */

CommandResult command_do_reverse_finish(Commands *commands, const char *text)
{
    char error[ERROR];

    (void)text;
    return went(commands, reverse_finish(commands->debugger, error, sizeof error), error);
}

CommandResult command_do_reverse_continue(Commands *commands, const char *text)
{
    char error[ERROR];

    (void)text;
    return went(commands, reverse_continue(commands->debugger, error, sizeof error), error);
}

/* COUNT, +COUNT, -COUNT, begin, end */
CommandResult command_do_goto(Commands *commands, const char *text)
{
    struct Timeline *timeline = debugger_timeline(commands->debugger);
    u64 now = machine_cycles(commands->machine), cycles;
    bool relative = *text == '+' || *text == '-';
    char error[ERROR];

    if (timeline && !strcmp(text, "begin"))
        cycles = timeline_begin(timeline);
    else if (timeline && !strcmp(text, "end"))
        cycles = timeline_head(timeline);
    else if (!evaluate(commands, relative ? text + 1 : text, &cycles))
        return COMMAND_DONE;
    else if (relative)
        cycles = *text == '+' ? now + cycles : now - cycles;
    return went(commands, reverse_goto(commands->debugger, cycles, error, sizeof error), error);
}

/* MEMORY, as for `watch`. */
CommandResult command_do_last_writer(Commands *commands, const char *text)
{
    PointSpec spec = {0};
    char error[ERROR];

    if (!*text) {
        say(commands, "Of what? For example: last-writer dword[0x1000]\n");
        return COMMAND_DONE;
    }
    if (!watched_place(commands, text, &spec))
        return COMMAND_DONE;
    if (!reverse_last_writer(commands->debugger, spec.address_kind, spec.address, spec.length,
                             error, sizeof error))
        return went(commands, false, error);
    say(commands, "%s\n", debugger_stop(commands->debugger)->text);
    return COMMAND_DONE;
}

CommandResult command_do_cut(Commands *commands, const char *text)
{
    struct Timeline *timeline = debugger_timeline(commands->debugger);
    char error[ERROR];

    (void)text;
    if (!timeline)
        say(commands, "There is no timeline: it is off.\n");
    else if (!timeline_is_past(timeline))
        say(commands, "This is the end of the timeline already.\n");
    else if (timeline_cut(timeline, error, sizeof error))
        say(commands, "The machine lives from here; what came after is forgotten.\n");
    else
        say(commands, "No: %s.\n", error);
    return COMMAND_DONE;
}

CommandResult command_info_branches(Commands *commands, const char *text)
{
    enum { MOST = 1024, SOME = 64 };
    Branch branches[MOST];
    char error[ERROR], from[128], to[128];
    u64 wanted = SOME;
    unsigned count;

    if (*text && !evaluate(commands, text, &wanted))
        return COMMAND_DONE;
    if (!wanted || wanted > MOST)
        wanted = MOST;
    count = branches_find(commands->debugger, branches, (unsigned)wanted, error, sizeof error);
    if (!count)
        say(commands, "No: %s.\n", error);
    for (unsigned i = 0; i < count; i++) {
        say(commands, "%12" PRIu64 "  %0*" PRIx64 "%s -> %0*" PRIx64 "%s", branches[i].cycles,
            address_digits(commands), branches[i].from,
            symbol_suffix(commands, branches[i].from, from, sizeof from), address_digits(commands),
            branches[i].to, symbol_suffix(commands, branches[i].to, to, sizeof to));
        if (branches[i].count > 1)
            say(commands, "  %" PRIu64 " times", branches[i].count);
        say(commands, "\n");
    }
    return COMMAND_DONE;
}

CommandResult command_info_timeline(Commands *commands, const char *text)
{
    struct Timeline *timeline = debugger_timeline(commands->debugger);
    u64 cycles;
    unsigned count = 0;

    (void)text;
    if (!timeline) {
        say(commands, "There is no timeline: it is off.\n");
        return COMMAND_DONE;
    }
    while (timeline_snapshot(timeline, count, &cycles))
        count++;
    say(commands, "from %" PRIu64 " to %" PRIu64 " instructions, now at %" PRIu64 "%s\n",
        timeline_begin(timeline), timeline_head(timeline), timeline_now(timeline),
        timeline_is_past(timeline) ? ", in the past" : "");
    say(commands, "%u snapshots, which take %" PRIu64 " MB\n", count,
        timeline_bytes(timeline) >> 20);
    return COMMAND_DONE;
}
