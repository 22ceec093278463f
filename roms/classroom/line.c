/*
 * The line editor. It only ever prints characters and backspaces, so that it works on the screen
 * and on any terminal at COM1 alike.
 *
 *   arrows, Home, End    move and recall          Tab       complete a command
 *   Backspace, Delete    erase                    Ctrl-C    drop the line
 *   Ctrl-A, Ctrl-E       start, end of line       Ctrl-U    erase to the start
 *   Ctrl-K               erase to the end         Ctrl-L    clear the screen
 */
#include "line.h"
#include "console.h"
#include "input.h"
#include "text.h"

#define CONTROL(letter) ((letter) - 'A' + 1)

enum { HISTORY = 16 };

typedef struct Line {
    char text[LINE_BYTES];
    unsigned length, cursor;
    unsigned back; /* 0: the new line, 1: the last one entered, and so on */
    char unfinished[LINE_BYTES];
} Line;

static char history[HISTORY][LINE_BYTES];
static unsigned remembered; /* lines ever entered */

static void back_up(unsigned characters)
{
    while (characters--)
        console_put('\b');
}

/* Prints from the cursor to the end, wipes `wipe` characters after it, and comes back. */
static void print_rest(const Line *line, unsigned wipe)
{
    for (unsigned i = line->cursor; i < line->length; i++)
        console_put(line->text[i]);
    for (unsigned i = 0; i < wipe; i++)
        console_put(' ');
    back_up(line->length - line->cursor + wipe);
}

static void move(Line *line, unsigned to)
{
    while (line->cursor < to)
        console_put(line->text[line->cursor++]);
    back_up(line->cursor - to);
    line->cursor = to;
}

static void insert(Line *line, char character)
{
    if (line->length == LINE_BYTES - 1)
        return;
    for (unsigned i = line->length; i > line->cursor; i--)
        line->text[i] = line->text[i - 1];
    line->text[line->cursor] = character;
    line->length++;
    console_put(character);
    line->cursor++;
    if (line->cursor < line->length)
        print_rest(line, 0);
}

static void erase(Line *line, unsigned from, unsigned to)
{
    if (from >= to)
        return;
    move(line, from);
    for (unsigned i = to; i < line->length; i++)
        line->text[from + i - to] = line->text[i];
    line->length -= to - from;
    print_rest(line, to - from);
}

static void replace(Line *line, const char *text)
{
    erase(line, 0, line->length);
    for (; *text; text++)
        insert(line, *text);
}

static void recall(Line *line, unsigned back)
{
    unsigned oldest = remembered < HISTORY ? remembered : HISTORY;
    if (back > oldest)
        return;
    line->text[line->length] = 0;
    if (line->back == 0)
        text_copy(line->unfinished, line->text, LINE_BYTES);
    line->back = back;
    replace(line, back ? history[(remembered - back) % HISTORY] : line->unfinished);
}

static void remember(const char *text)
{
    if (*text && (!remembered || !text_equal(text, history[(remembered - 1) % HISTORY])))
        text_copy(history[remembered++ % HISTORY], text, LINE_BYTES);
}

/* Types in what all completions have in common; a second name to choose from lists them. */
static void complete(Line *line, const char *prompt, Completions *completions)
{
    const char *first, *name;
    line->text[line->length] = 0;
    unsigned count = completions(line->text, 0, &first);
    if (!count || line->cursor < line->length)
        return;
    unsigned common = text_length(first);
    for (unsigned n = 1; n < count; n++) {
        completions(line->text, n, &name);
        for (unsigned i = 0; i < common; i++)
            if (name[i] != first[i])
                common = i;
    }
    bool grows = common > line->length;
    while (line->length < common)
        insert(line, first[line->length]);
    if (count == 1) {
        insert(line, ' ');
    } else if (!grows) {
        for (unsigned n = 0; n < count; n++) {
            completions(line->text, n, &name);
            print("%s%s", n ? "  " : "\n", name);
        }
        print("\n%s", prompt);
        line->cursor = 0;
        move(line, line->length);
    }
}

static void edit(Line *line, Key key, const char *prompt, Completions *completions)
{
    switch (key) {
    case KEY_LEFT:
        if (line->cursor)
            move(line, line->cursor - 1);
        break;
    case KEY_RIGHT:
        if (line->cursor < line->length)
            move(line, line->cursor + 1);
        break;
    case KEY_HOME:
    case CONTROL('A'):
        move(line, 0);
        break;
    case KEY_END:
    case CONTROL('E'):
        move(line, line->length);
        break;
    case '\b':
        if (line->cursor)
            erase(line, line->cursor - 1, line->cursor);
        break;
    case KEY_DELETE:
        if (line->cursor < line->length)
            erase(line, line->cursor, line->cursor + 1);
        break;
    case CONTROL('U'):
        erase(line, 0, line->cursor);
        break;
    case CONTROL('K'):
        erase(line, line->cursor, line->length);
        break;
    case KEY_UP:
        recall(line, line->back + 1);
        break;
    case KEY_DOWN:
        if (line->back)
            recall(line, line->back - 1);
        break;
    case '\t':
        complete(line, prompt, completions);
        break;
    default:
        if (key >= ' ' && key < 0x7f)
            insert(line, (char)key);
    }
}

void line_read(char text[LINE_BYTES], const char *prompt, Completions *completions)
{
    Line line = {.length = 0};
    print("%s", prompt);
    for (;;) {
        Key key = input_wait();
        if (key == KEY_F1) {
            replace(&line, "help");
            key = '\n';
        }
        if (key == CONTROL('C')) {
            print("^C\n");
            text[0] = 0;
            return;
        }
        if (key == CONTROL('L')) {
            console_clear();
            print("%s", prompt);
            line.cursor = 0;
            move(&line, line.length);
        } else if (key == '\n') {
            break;
        } else {
            edit(&line, key, prompt, completions);
        }
    }
    line.text[line.length] = 0;
    remember(line.text);
    text_copy(text, line.text, LINE_BYTES);
    move(&line, line.length);
    print("\n");
}
