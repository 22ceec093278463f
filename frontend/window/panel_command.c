/*
 * The command line: the same commands as the prompt's.
 */
#include "frontend/window/panels.h"

#include <stdio.h>
#include <string.h>

enum { MOST_LISTED = 80 /* words that could stand here */ };

/* ---- what is answered ---- */

static char *last_line(CommandPanel *panel)
{
    return panel->lines[(panel->line_count - 1) % COMMAND_LINES];
}

static void new_line(CommandPanel *panel)
{
    panel->line_count++;
    *last_line(panel) = '\0';
}

static void add_text(void *owner, const char *text, size_t length)
{
    CommandPanel *panel = owner;

    if (!panel->line_count)
        new_line(panel);
    for (size_t i = 0; i < length; i++) {
        size_t used = strlen(last_line(panel));

        if (text[i] == '\n' || used >= panel->columns)
            new_line(panel);
        if (text[i] == '\n' || !text[i])
            continue;
        used = strlen(last_line(panel));
        last_line(panel)[used] = text[i];
        last_line(panel)[used + 1] = '\0';
    }
}

static CommandSink sink_of(CommandPanel *panel)
{
    return (CommandSink){add_text, panel};
}

/* ---- what is typed ---- */

static void remember(CommandPanel *panel)
{
    const char *before =
        panel->history_count ? panel->history[(panel->history_count - 1) % COMMAND_HISTORY] : "";

    if (*panel->text && strcmp(before, panel->text) != 0) {
        memcpy(panel->history[panel->history_count % COMMAND_HISTORY], panel->text, COMMAND_LENGTH);
        panel->history_count++;
    }
    panel->recalled = panel->history_count;
}

static void recall(void *owner, bool older, char *text, size_t size)
{
    CommandPanel *panel = owner;
    unsigned oldest =
        panel->history_count > COMMAND_HISTORY ? panel->history_count - COMMAND_HISTORY : 0;

    if (older && panel->recalled > oldest)
        panel->recalled--;
    else if (!older && panel->recalled < panel->history_count)
        panel->recalled++;
    else
        return;
    if (panel->recalled == panel->history_count)
        *text = '\0';
    else
        snprintf(text, size, "%s", panel->history[panel->recalled % COMMAND_HISTORY]);
}

/* What all words that could stand here have in common. */
typedef struct Completion {
    char common[COMMAND_LENGTH];
    unsigned count;
    CommandPanel *panel;
} Completion;

static void take_word(void *owner, const char *word)
{
    Completion *completion = owner;
    size_t same = 0;

    if (completion->count++ == 0)
        snprintf(completion->common, sizeof completion->common, "%s", word);
    while (completion->common[same] && completion->common[same] == word[same])
        same++;
    completion->common[same] = '\0';
}

static void list_word(void *owner, const char *word)
{
    Completion *completion = owner;

    if (completion->count++ >= MOST_LISTED)
        return;
    if (strlen(last_line(completion->panel)) + strlen(word) + 2 > completion->panel->columns)
        new_line(completion->panel);
    add_text(completion->panel, word, strlen(word));
    add_text(completion->panel, "  ", 2);
}

static void list_words(CommandPanel *panel, const char *text)
{
    Completion completion = {.panel = panel};
    char more[40];

    if (*last_line(panel))
        new_line(panel);
    commands_complete(panel->commands, text, list_word, &completion);
    if (completion.count > MOST_LISTED) {
        snprintf(more, sizeof more, "and %u more", completion.count - MOST_LISTED);
        add_text(panel, more, strlen(more));
    }
    new_line(panel);
}

static void complete(void *owner, char *text, size_t size)
{
    CommandPanel *panel = owner;
    Completion completion = {.panel = panel};
    const char *space = strrchr(text, ' ');
    size_t begin = space ? (size_t)(space - text) + 1 : 0, length = strlen(text);

    commands_complete(panel->commands, text, take_word, &completion);
    if (!completion.count)
        return;
    if (strlen(completion.common) > length - begin || completion.count == 1) {
        snprintf(text + begin, size - begin, "%s%s", completion.common,
                 completion.count == 1 ? " " : "");
        return;
    }
    list_words(panel, text);
}

static void execute(Panels *panels)
{
    CommandPanel *panel = &panels->command;
    CommandSink sink = sink_of(panel);

    add_text(panel, "> ", 2);
    add_text(panel, panel->text, strlen(panel->text));
    add_text(panel, "\n", 1);
    remember(panel);
    panels->code.follows = true;
    commands_execute(panel->commands, panel->text, &sink);
    *panel->text = '\0';
}

/* ---- the panel ---- */

static void draw_line(const char *line)
{
    gui_text(*line == '>' ? GUI_HEADING : GUI_TEXT, line);
}

static void draw_answers(const CommandPanel *panel)
{
    unsigned kept = panel->line_count < COMMAND_LINES ? panel->line_count : COMMAND_LINES;
    unsigned first, last;

    gui_list_begin(kept);
    while (gui_list_next(&first, &last))
        for (unsigned i = first; i < last; i++)
            draw_line(panel->lines[(panel->line_count - kept + i) % COMMAND_LINES]);
}

void panel_command(Panels *panels)
{
    CommandPanel *panel = &panels->command;
    const GuiLineHelp help = {complete, recall, panel};
    CommandSink sink = sink_of(panel);
    float room = gui_room().width / gui_character_width() - 3;

    panel->columns = room < 20 ? 20 : room >= COMMAND_WIDTH ? COMMAND_WIDTH - 1 : (unsigned)room;
    if (!panel->line_count)
        add_text(panel, "Type help; Tab completes, the arrows recall.\n", 45);
    if (panel->told_stop != panels->stop_count && panels->stopped) {
        commands_tell_stop(panel->commands, &sink);
        panel->told_stop = panels->stop_count;
    }
    gui_scroll_begin("answers", gui_room().height - gui_line_height() - 8);
    draw_answers(panel);
    gui_scroll_to_end();
    gui_scroll_end();
    if (gui_command_line("command", "command", panel->text, sizeof panel->text, &help))
        execute(panels);
}
