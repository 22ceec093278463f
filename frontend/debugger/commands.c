/*
 * What all commands go through: finding their row, running it, answering, completing words.
 */
#include "frontend/debugger/commands_inside.h"
#include "frontend/key_names.h"
#include "frontend/options_parser.h"

#include <ctype.h>
#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Commands *commands_create(Debugger *debugger, const CommandHost *host)
{
    Commands *commands = calloc(1, sizeof *commands);

    if (!commands)
        return NULL;
    commands->debugger = debugger;
    commands->machine = debugger_machine(debugger);
    commands->cpu = machine_cpu(commands->machine, 0);
    commands->symbols = debugger_symbols(debugger);
    commands->host = *host;
    commands->format = (Format){.count = 1, .letter = 'x', .size = DWORD};
    return commands;
}

void commands_destroy(Commands *commands)
{
    free(commands);
}

/* ---- answers ---- */

bool answer_is_full(const Commands *commands)
{
    return !commands->lines_left;
}

static void send(Commands *commands, const char *text)
{
    commands->sink->write(commands->sink->owner, text, strlen(text));
}

void say(Commands *commands, const char *format, ...)
{
    char text[2048];
    va_list arguments;

    if (answer_is_full(commands))
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    send(commands, text);
    for (const char *at = text; (at = strchr(at, '\n')) && commands->lines_left; at++)
        if (!--commands->lines_left)
            send(commands, "... and more: the answer is cut off here\n");
}

bool refuses_changes(Commands *commands)
{
    const char *sentence = debugger_refuses_changes(commands->debugger);

    if (sentence)
        say(commands, "%s\n", sentence);
    return sentence != NULL;
}

/* ---- finding a command ---- */

static bool is_name_character(char c)
{
    return isalnum((u8)c) || c == '-' || c == '_';
}

static size_t name_length(const char *text)
{
    size_t length = 0;

    while (is_name_character(text[length]))
        length++;
    return length;
}

/* Is the word among the blank-separated `list`? */
static bool listed(const char *list, const char *word, size_t length)
{
    for (const char *at = list; *at; at += strspn(at, " ")) {
        size_t size = strcspn(at, " ");

        if (size == length && !strncmp(at, word, length))
            return true;
        at += size;
    }
    return false;
}

/* The part of a row's name that is compared: the first word, or what follows the first word
 * `group`. NULL: the row is none of these, or a heading. */
static const char *row_word(const CommandRow *row, const char *group)
{
    size_t length = group ? name_length(group) : 0;

    if (!row->run)
        return NULL;
    if (!group)
        return strchr(row->name, ' ') ? NULL : row->name;
    if (strncmp(row->name, group, length) || row->name[length] != ' ')
        return NULL;
    return row->name + length + 1;
}

typedef struct Match {
    const CommandRow *row;
    unsigned count;
    char names[256];
} Match;

/* Is it what the row wants behind its name? */
static bool may_follow(const CommandRow *row, const char *text)
{
    text = skip_spaces(text);
    return !(row->flags & COMMAND_NUMBER) || *text == '/' || isdigit((u8)*text);
}

/* Exact names and short ones win over beginnings, and those that want a number over all others. */
static Match match_word(const char *group, const char *word, size_t length)
{
    const CommandRow *row;
    Match match = {0}, exact = {0};

    for (unsigned i = 0; (row = commands_row(i)); i++) {
        const char *name = row_word(row, group);
        size_t used = strlen(match.names);

        if (!name || !may_follow(row, word + length))
            continue;
        if ((strlen(name) == length && !strncmp(name, word, length)) ||
            listed(row->short_names, word, length))
            exact = (Match){.row = row, .count = 1};
        if (exact.row && row->flags & COMMAND_NUMBER)
            return exact;
        if (!strncmp(name, word, length)) {
            match.row = row;
            match.count++;
            snprintf(match.names + used, sizeof match.names - used, "%s%s", used ? ", " : "", name);
        }
    }
    return exact.row ? exact : match;
}

static void complain(Commands *commands, const char *group, const char *word, size_t length,
                     const Match *match)
{
    const char *names[256], *nearest;
    const CommandRow *row;
    unsigned count = 0;
    char text[64];

    if (match->count > 1) {
        say(commands, "'%.*s' could be %s\n", (int)length, word, match->names);
        return;
    }
    for (unsigned i = 0; (row = commands_row(i)) && count < COUNT_OF(names); i++)
        if (row_word(row, group))
            names[count++] = row_word(row, group);
    snprintf(text, sizeof text, "%.*s", (int)length, word);
    nearest = length ? option_nearest(text, names, count) : NULL;
    say(commands, "There is no command '%s%s%s'", group ? group : "", group ? " " : "", text);
    if (nearest)
        say(commands, "; did you mean '%s%s%s'?\n", group ? group : "", group ? " " : "", nearest);
    else
        say(commands, "; help lists them.\n");
}

static bool is_group(const char *name)
{
    const CommandRow *row;

    for (unsigned i = 0; (row = commands_row(i)); i++)
        if (row_word(row, name))
            return true;
    return false;
}

const CommandRow *find_command(Commands *commands, const char *text, const char **rest)
{
    size_t length = name_length(text), second;
    Match match = match_word(NULL, text, length), inner;

    if (!length || match.count != 1) {
        complain(commands, NULL, text, length ? length : strcspn(text, " "), &match);
        return NULL;
    }
    *rest = skip_spaces(text + length);
    second = name_length(*rest);
    if (!second || !is_group(match.row->name))
        return match.row;
    inner = match_word(match.row->name, *rest, second);
    if (inner.count == 1) {
        *rest = skip_spaces(*rest + second);
        return inner.row;
    }
    if (*match.row->arguments) /* `set eax = 1` is no `set ...` of the table, and fine */
        return match.row;
    complain(commands, match.row->name, *rest, second, &inner);
    return NULL;
}

/* ---- running one ---- */

/* Without line ends and blanks around it; control characters become blanks. False: too long. */
static bool clean_line(const char *line, char *clean, size_t size)
{
    size_t length;

    line = skip_spaces(line);
    length = strlen(line);
    if (length >= size)
        return false;
    for (size_t i = 0; i <= length; i++)
        clean[i] = (u8)line[i] < ' ' && line[i] ? ' ' : line[i];
    while (length && clean[length - 1] == ' ')
        clean[--length] = '\0';
    return true;
}

static CommandResult run_line(Commands *commands, const char *line)
{
    const char *rest;
    const CommandRow *row = find_command(commands, line, &rest);
    bool stopped = debugger_stop(commands->debugger)->reason != STOP_NONE;
    char kept[COMMAND_LINE];

    if (!row) {
        *commands->last = '\0';
        return COMMAND_DONE;
    }
    if ((row->flags & COMMAND_STOPPED) && !stopped) {
        say(commands, "The machine runs: type stop first.\n");
        return COMMAND_DONE;
    }
    snprintf(kept, sizeof kept, "%s", row->flags & COMMAND_REPEATS ? line : "");
    memcpy(commands->last, kept, sizeof kept);
    return row->run(commands, rest);
}

CommandResult commands_execute(Commands *commands, const char *line, const CommandSink *sink)
{
    char clean[COMMAND_LINE];
    CommandResult result;
    unsigned stops;

    commands->sink = sink;
    commands->lines_left = COMMAND_LINES;
    if (!clean_line(line, clean, sizeof clean)) {
        say(commands, "That line is too long.\n");
        return COMMAND_DONE;
    }
    commands->repeated = !*clean;
    if (commands->repeated)
        memcpy(clean, commands->last, sizeof clean);
    if (!*clean || *clean == '#')
        return COMMAND_DONE;
    snprintf(commands->history[commands->history_count++ % COMMAND_HISTORY], COMMAND_HISTORY_LINE,
             "%.*s", COMMAND_HISTORY_LINE - 1, clean);
    stops = debugger_stop_count(commands->debugger);
    result = run_line(commands, clean);
    commands->repeated = false;
    if (result == COMMAND_DONE && debugger_stop_count(commands->debugger) != stops)
        commands_tell_stop(commands, sink);
    return result;
}

/* ---- completion ---- */

typedef struct Completion {
    CommandWord *word;
    void *owner;
} Completion;

static void offer_symbol(void *owner, const Symbol *symbol)
{
    const Completion *completion = owner;

    completion->word(completion->owner, symbol->name);
}

/* Words of the table that begin so: of all rows, or of those behind `group`. */
static void offer_names(const Completion *completion, const char *group, const char *begun)
{
    const CommandRow *row;

    for (unsigned i = 0; (row = commands_row(i)); i++) {
        const char *name = row_word(row, group);

        if (name && !strncmp(name, begun, strlen(begun)))
            completion->word(completion->owner, name);
    }
}

static void offer_expression(const Commands *commands, const Completion *completion,
                             const char *begun)
{
    bool dollar = *begun == '$';
    char name[64];

    for (unsigned i = 0; register_at(i) && *begun; i++) {
        snprintf(name, sizeof name, "%s%s", dollar ? "$" : "", register_name(register_at(i)));
        if (!strncmp(name, begun, strlen(begun)))
            completion->word(completion->owner, name);
    }
    if (!dollar)
        symbols_each(commands->symbols, begun, offer_symbol, (void *)completion);
}

static void offer_files(const Completion *completion, const char *begun)
{
    const char *slash = strrchr(begun, '/');
    size_t folder = slash ? (size_t)(slash + 1 - begun) : 0;
    char path[512];
    const struct dirent *entry;
    DIR *listing;

    snprintf(path, sizeof path, "%.*s", (int)folder, begun);
    listing = opendir(folder ? path : ".");
    while (listing && (entry = readdir(listing))) {
        if (*entry->d_name == '.' || strncmp(entry->d_name, begun + folder, strlen(begun + folder)))
            continue;
        snprintf(path, sizeof path, "%.*s%.250s", (int)(folder < 250 ? folder : 250), begun,
                 entry->d_name);
        completion->word(completion->owner, path);
    }
    if (listing)
        closedir(listing);
}

static void offer_chips(const Commands *commands, const Completion *completion, const char *begun)
{
    unsigned count;
    const ChipState *chips = machine_chips(commands->machine, &count);

    for (unsigned i = 0; i < count; i++)
        if (!strncmp(chips[i].table->chip, begun, strlen(begun)))
            completion->word(completion->owner, chips[i].table->chip);
}

static void offer_keys(const Completion *completion, const char *begun)
{
    for (unsigned key = KEY_NONE + 1; key < KEY_COUNT; key++)
        if (!strncmp(key_name((Key)key), begun, strlen(begun)))
            completion->word(completion->owner, key_name((Key)key));
}

static void offer_words(const Commands *commands, const CommandRow *row,
                        const Completion *completion, const char *begun)
{
    switch (row->words) {
    case WORDS_NONE:
        break;
    case WORDS_EXPRESSION:
        offer_expression(commands, completion, begun);
        break;
    case WORDS_FILE:
        offer_files(completion, begun);
        break;
    case WORDS_COMMAND:
        offer_names(completion, NULL, begun);
        break;
    case WORDS_CHIP:
        offer_chips(commands, completion, begun);
        break;
    case WORDS_KEY:
        offer_keys(completion, begun);
        break;
    }
}

/* Where the word at the end of the line begins: '-' is a part of commands' names, and parts others.
 */
static const char *last_word(const char *line, CommandWords words)
{
    const char *at = line + strlen(line);

    while (at > line && at[-1] != ' ' &&
           (words == WORDS_FILE || isalnum((u8)at[-1]) || strchr("_.$", at[-1]) ||
            (words == WORDS_COMMAND && at[-1] == '-')))
        at--;
    return at;
}

static void ignore_text(void *owner, const char *text, size_t length)
{
    (void)owner, (void)text, (void)length;
}

void commands_complete(Commands *commands, const char *line, CommandWord *word, void *owner)
{
    static const CommandSink nobody = {.write = ignore_text};
    const Completion completion = {word, owner};
    const CommandRow *row;
    const char *rest;
    Match match;

    line = skip_spaces(line);
    commands->sink = &nobody;
    commands->lines_left = COMMAND_LINES;
    if (!strchr(line, ' ')) {
        offer_names(&completion, NULL, line);
        return;
    }
    match = match_word(NULL, line, name_length(line));
    rest = skip_spaces(line + name_length(line));
    if (match.count == 1 && is_group(match.row->name) && !strchr(rest, ' '))
        offer_names(&completion, match.row->name, rest);
    row = match.count == 1 ? find_command(commands, line, &rest) : NULL;
    if (row)
        offer_words(commands, row, &completion, last_word(rest, row->words));
}
