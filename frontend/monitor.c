/*
 * libedit is used a key at a time (EL_UNBUFFERED), so that the machine runs on while somebody
 * types. See editline(3).
 */
#include "frontend/monitor.h"

#include "frontend/monitor_line.h"

#include "frontend/serial_backend.h"

#include <errno.h>
#include <histedit.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE = MONITOR_LINE, KEYS = 4096, HISTORY_LINES = 500, ESCAPE = 'A' & 0x1F };

struct Monitor {
    Debugger *debugger;
    Commands *commands;
    CommandHost host;
    bool shared, has_terminal; /* shared: Ctrl-A is ours */
    bool ended;                /* nothing more will come */
    bool waits;                /* for the machine to stop */
    unsigned stop_count;       /* of the last stop that was told */
    char keys[KEYS];           /* read, and not yet taken */
    unsigned key_count, key_at;
    bool escaped;
    EditLine *editor; /* NULL: no terminal */
    History *history;
    bool editing;     /* the prompt is shown */
    MonitorLine line; /* without an editor */
};

static void write_text(void *owner, const char *text, size_t length)
{
    (void)owner;
    fwrite(text, 1, length, stdout);
}

static const CommandSink terminal_sink = {.write = write_text};

/* ---- the editor ---- */

static const char *prompt(EditLine *editor)
{
    (void)editor;
    return "(vitrine) ";
}

/* libedit takes keys from here. It asks for another one in the midst of a sequence, such as Escape
 * begins, which may not have come: a NUL then ends it. */
static int next_key(EditLine *editor, wchar_t *key)
{
    Monitor *monitor;

    el_get(editor, EL_CLIENTDATA, &monitor);
    *key = monitor->key_at < monitor->key_count ? (u8)monitor->keys[monitor->key_at++] : L'\0';
    return 1;
}

typedef struct Words {
    char common[LINE]; /* the longest beginning that all have */
    unsigned count;
    FILE *list; /* NULL: only count */
} Words;

static void note_word(void *owner, const char *word)
{
    Words *words = owner;
    size_t length = 0;

    if (words->list)
        fprintf(words->list, "%s  ", word);
    if (!words->count++) {
        snprintf(words->common, sizeof words->common, "%s", word);
        return;
    }
    while (words->common[length] && words->common[length] == word[length])
        length++;
    words->common[length] = '\0';
}

/* What the word before the cursor and one that begins like it have in common. */
static size_t overlap(const char *line, const char *word)
{
    size_t length = strlen(line), begun = strlen(word) < length ? strlen(word) : length;

    while (begun && strncmp(line + length - begun, word, begun))
        begun--;
    return begun;
}

static unsigned char complete(EditLine *editor, int key)
{
    const LineInfo *info = el_line(editor);
    Words words = {.count = 0};
    Monitor *monitor;
    char line[LINE];
    size_t begun;

    (void)key;
    el_get(editor, EL_CLIENTDATA, &monitor);
    snprintf(line, sizeof line, "%.*s", (int)(info->cursor - info->buffer), info->buffer);
    commands_complete(monitor->commands, line, note_word, &words);
    if (!words.count)
        return CC_REFRESH_BEEP;
    begun = overlap(line, words.common);
    if (words.common[begun] || words.count == 1) {
        el_insertstr(editor, words.common + begun);
        if (words.count == 1)
            el_insertstr(editor, " ");
        return CC_REFRESH;
    }
    printf("\n");
    words.list = stdout;
    commands_complete(monitor->commands, line, note_word, &words);
    printf("\n");
    return CC_REDISPLAY;
}

static bool open_editor(Monitor *monitor)
{
    HistEvent event;

    monitor->editor = el_init("vitrine", stdin, stdout, stderr);
    monitor->history = history_init();
    if (!monitor->editor || !monitor->history)
        return false;
    history(monitor->history, &event, H_SETSIZE, HISTORY_LINES);
    history(monitor->history, &event, H_SETUNIQUE, 1);
    el_set(monitor->editor, EL_CLIENTDATA, monitor);
    el_set(monitor->editor, EL_PROMPT, prompt);
    el_set(monitor->editor, EL_EDITOR, "emacs");
    el_set(monitor->editor, EL_HIST, history, monitor->history);
    el_set(monitor->editor, EL_GETCFN, next_key);
    el_set(monitor->editor, EL_ADDFN, "vitrine-complete", "complete a word", complete);
    el_set(monitor->editor, EL_BIND, "\t", "vitrine-complete", NULL);
    if (monitor->shared)
        terminal_raw_again();
    return true;
}

/* The prompt comes and goes with the terminal's settings. */
static void show_prompt(Monitor *monitor, bool shown)
{
    if (!monitor->editor || monitor->editing == shown)
        return;
    monitor->editing = shown;
    fflush(stdout);
    el_set(monitor->editor, EL_UNBUFFERED, (int)shown);
    if (!shown && monitor->shared)
        terminal_raw_again(); /* libedit's idea of what was before is not the serial port's */
}

/* ---- what the commands cannot do by themselves ---- */

static void leave(void *owner)
{
    Monitor *monitor = owner;

    monitor->ended = true;
    show_prompt(monitor, false);
    monitor->host.quit(monitor->host.owner);
}

static void reset(void *owner)
{
    Monitor *monitor = owner;

    monitor->host.reset(monitor->host.owner);
}

/* ---- lines ---- */

static void obey(Monitor *monitor, const char *line)
{
    if (commands_execute(monitor->commands, line, &terminal_sink) == COMMAND_RUNS)
        monitor->waits = true;
    else
        monitor->stop_count = debugger_stop_count(monitor->debugger);
    fflush(stdout);
}

static void obey_edited(Monitor *monitor, const char *text, int length)
{
    char line[LINE];
    HistEvent event;

    snprintf(line, sizeof line, "%.*s", length, text);
    line[strcspn(line, "\r\n")] = '\0';
    if (*line)
        history(monitor->history, &event, H_ENTER, line);
    show_prompt(monitor, false);
    obey(monitor, line);
}

/* One key to the editor. */
static void edit(Monitor *monitor)
{
    int length = 0;
    const char *text = el_gets(monitor->editor, &length);

    if (!text || length <= 0)
        return;
    if (length == 1 && *text == ('D' & 0x1F)) /* on an empty line */
        leave(monitor);
    else if (text[length - 1] == '\n' || text[length - 1] == '\r')
        obey_edited(monitor, text, length);
}

/* One byte of a script. */
static void collect(Monitor *monitor, char c)
{
    switch (monitor_line_take(&monitor->line, c)) {
    case LINE_GOES_ON:
        break;
    case LINE_READY:
        if (*monitor->line.text)
            obey(monitor, monitor->line.text);
        break;
    case LINE_TOO_LONG:
        printf("That line is too long.\n");
        break;
    }
}

/* ---- the terminal ---- */

static void give_terminal_back(Monitor *monitor)
{
    show_prompt(monitor, false);
    printf("\r\n");
    fflush(stdout);
    monitor->has_terminal = false;
}

void monitor_take_terminal(Monitor *monitor)
{
    if (monitor->has_terminal || monitor->ended)
        return;
    monitor->has_terminal = true;
    debugger_attach(monitor->debugger);
    printf("\r\nThe debugger's prompt: help lists the commands, Ctrl-A c goes back to the serial "
           "port.\r\n");
    fflush(stdout);
}

/* Ctrl-A and the key behind it, where the terminal is shared. True: it is not for the line. */
static bool take_escape(Monitor *monitor, char key)
{
    if (!monitor->shared)
        return false;
    if (!monitor->escaped) {
        monitor->escaped = key == ESCAPE;
        return monitor->escaped;
    }
    monitor->escaped = false;
    if (key == 'c')
        give_terminal_back(monitor);
    else if (key == 'x')
        leave(monitor);
    return key != ESCAPE;
}

static void take_keys(Monitor *monitor)
{
    while (monitor->key_at < monitor->key_count && !monitor->waits && !monitor->ended &&
           monitor->has_terminal) {
        if (take_escape(monitor, monitor->keys[monitor->key_at])) {
            monitor->key_at++;
        } else if (monitor->editor) {
            show_prompt(monitor, true);
            edit(monitor);
        } else {
            collect(monitor, monitor->keys[monitor->key_at++]);
        }
    }
}

static void read_keys(Monitor *monitor)
{
    struct pollfd ready = {.fd = STDIN_FILENO, .events = POLLIN};
    ssize_t got;

    if (monitor->key_at < monitor->key_count || poll(&ready, 1, 0) <= 0)
        return;
    got = read(STDIN_FILENO, monitor->keys, KEYS);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    monitor->key_at = 0;
    monitor->key_count = got > 0 ? (unsigned)got : 0;
    if (got > 0)
        return;
    if (monitor->line.length)
        collect(monitor, '\n'); /* a last line without an end */
    monitor->ended = true;
}

/* A serial port's terminal sends no SIGINT: Ctrl-C is a key among others there. */
static void watch_for_interrupt(Monitor *monitor)
{
    read_keys(monitor);
    if (monitor->editor && memchr(monitor->keys, 'C' & 0x1F, monitor->key_count)) {
        monitor->key_count = monitor->key_at = 0;
        debugger_pause(monitor->debugger);
    }
}

/* ---- all of it ---- */

Monitor *monitor_open(Debugger *debugger, const CommandHost *host, bool shared, char *error,
                      size_t error_size)
{
    Monitor *monitor = calloc(1, sizeof *monitor);
    const CommandHost ours = {monitor, leave, reset};

    if (monitor) {
        monitor->shared = shared;
        monitor->commands = commands_create(debugger, &ours);
    }
    if (!monitor || !monitor->commands || (isatty(STDIN_FILENO) && !open_editor(monitor))) {
        snprintf(error, error_size, "the monitor cannot be opened: out of memory");
        monitor_close(monitor);
        return NULL;
    }
    monitor->debugger = debugger;
    monitor->host = *host;
    monitor->has_terminal = !shared;
    monitor->stop_count = debugger_stop_count(debugger);
    if (!shared) {
        debugger_attach(debugger);
        if (monitor->editor)
            printf("vitrine's debugger: help lists the commands.\n");
    }
    return monitor;
}

static void tell_stop(Monitor *monitor)
{
    unsigned count = debugger_stop_count(monitor->debugger);

    if (debugger_stop(monitor->debugger)->reason == STOP_NONE || count == monitor->stop_count)
        return;
    monitor->stop_count = count;
    monitor->waits = false;
    if (!monitor->has_terminal)
        return;
    if (monitor->editing) {
        show_prompt(monitor, false);
        printf("\n");
    }
    commands_tell_stop(monitor->commands, &terminal_sink);
    fflush(stdout);
}

void monitor_close(Monitor *monitor)
{
    if (!monitor)
        return;
    tell_stop(monitor);
    if (monitor->editor) {
        show_prompt(monitor, false);
        el_end(monitor->editor);
    }
    if (monitor->history)
        history_end(monitor->history);
    commands_destroy(monitor->commands);
    free(monitor);
}

void monitor_poll(Monitor *monitor)
{
    tell_stop(monitor);
    if (!monitor->has_terminal)
        return;
    if (monitor->waits && monitor->shared)
        watch_for_interrupt(monitor);
    if (!monitor->ended && !monitor->waits) {
        show_prompt(monitor, true);
        read_keys(monitor);
        take_keys(monitor);
    }
    if (monitor->ended && debugger_stop(monitor->debugger)->reason != STOP_NONE)
        leave(monitor);
}

int monitor_input(const Monitor *monitor)
{
    return monitor->has_terminal && !monitor->ended && !monitor->waits ? STDIN_FILENO : -1;
}

bool monitor_has_terminal(const Monitor *monitor)
{
    return monitor && monitor->has_terminal;
}

bool monitor_interrupt(Monitor *monitor)
{
    if (!monitor->editor || !monitor->has_terminal)
        return false;
    if (debugger_stop(monitor->debugger)->reason == STOP_NONE) {
        debugger_pause(monitor->debugger);
        return true;
    }
    el_reset(monitor->editor);
    show_prompt(monitor, false);
    printf("\n");
    return true;
}
