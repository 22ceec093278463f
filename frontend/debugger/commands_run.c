/*
 * Commands that move the machine.
 */
#include "frontend/debugger/commands_inside.h"
#include "frontend/debugger/story.h"

#include <inttypes.h>
#include <string.h>

CommandResult command_do_continue(Commands *commands, const char *text)
{
    u64 count;

    if (*text && !take_number(commands, text, &count))
        return COMMAND_DONE;
    if (*text && count > 1) {
        const Point *point = debugger_stop(commands->debugger)->point;

        if (!point) {
            say(commands, "The machine did not stop at a breakpoint that could be passed by.\n");
            return COMMAND_DONE;
        }
        debugger_set_ignore(commands->debugger, point->number, count - 1);
    }
    debugger_continue(commands->debugger);
    return COMMAND_RUNS;
}

CommandResult command_do_cont(Commands *commands, const char *text)
{
    (void)text;
    debugger_continue(commands->debugger);
    return COMMAND_DONE;
}

CommandResult command_do_stop(Commands *commands, const char *text)
{
    (void)text;
    if (debugger_stop(commands->debugger)->reason == STOP_NONE)
        debugger_pause(commands->debugger);
    return COMMAND_DONE;
}

static bool has_line(Commands *commands)
{
    SourceLine line;

    return symbols_line(commands->symbols, current_linear(commands), &line);
}

static CommandResult step(Commands *commands, StepKind kind, const char *text)
{
    u64 count = 1;

    if (*text && !evaluate(commands, text, &count))
        return COMMAND_DONE;
    if (!count)
        return COMMAND_DONE;
    debugger_step(commands->debugger, kind, count);
    return COMMAND_RUNS;
}

CommandResult command_do_stepi(Commands *commands, const char *text)
{
    return step(commands, STEP_INSTRUCTION, text);
}

CommandResult command_do_nexti(Commands *commands, const char *text)
{
    return step(commands, STEP_OVER, text);
}

/* Where there is no source, a step is an instruction. */
CommandResult command_do_step(Commands *commands, const char *text)
{
    return step(commands, has_line(commands) ? STEP_LINE : STEP_INSTRUCTION, text);
}

CommandResult command_do_next(Commands *commands, const char *text)
{
    return step(commands, has_line(commands) ? STEP_OVER_LINE : STEP_OVER, text);
}

CommandResult command_do_stepb(Commands *commands, const char *text)
{
    return step(commands, STEP_BLOCK, text);
}

CommandResult command_do_finish(Commands *commands, const char *text)
{
    return step(commands, STEP_OUT, text);
}

CommandResult command_do_until(Commands *commands, const char *text)
{
    Location location;

    if (!*text)
        return command_do_next(commands, text);
    if (!find_location(commands, text, &location))
        return COMMAND_DONE;
    debugger_run_to(commands->debugger, location.linear);
    return COMMAND_RUNS;
}

CommandResult command_do_step_interrupts(Commands *commands, const char *text)
{
    bool into;

    if (!take_switch(commands, text, &into))
        return COMMAND_DONE;
    debugger_step_into_interrupts(commands->debugger, into);
    say(commands, into ? "Steps go into interrupt handlers now.\n"
                       : "Interrupts that arrive during a step are served unseen now.\n");
    return COMMAND_DONE;
}

static bool is_at_code_stop(const Stop *stop)
{
    return stop->reason != STOP_NONE && stop->reason != STOP_POWER_OFF;
}

/* VECTOR, INT n: what would be if it came now. */
CommandResult command_do_explain(Commands *commands, const char *text)
{
    char story[STORY], *line = story, *end;
    bool software = !strncmp(text, "int ", 4);
    u64 vector;

    if (software)
        text = skip_spaces(text + 4);
    if (!*text)
        story_tell(commands->cpu, commands->symbols, story, sizeof story);
    else if (!take_vector(commands, text, &vector))
        return COMMAND_DONE;
    else
        story_of_vector(commands->cpu, commands->symbols, (u8)vector, software, story,
                        sizeof story);
    for (; (end = strchr(line, '\n')); line = end + 1)
        say(commands, "%.*s\n", (int)(end - line), line);
    return COMMAND_DONE;
}

void commands_tell_stop(Commands *commands, const CommandSink *sink)
{
    const Stop *stop = debugger_stop(commands->debugger);

    commands->sink = sink;
    commands->lines_left = COMMAND_LINES;
    commands->next_code = current_linear(commands);
    if (stop->reason != STOP_STEP && *stop->text)
        say(commands, "%s\n", stop->text);
    if (stop->reason == STOP_TRIPLE_FAULT)
        command_do_explain(commands, "");
    if (is_at_code_stop(stop))
        tell_location(commands, current_linear(commands));
}
