/*
 * Breakpoints, watchpoints and other reasons to stop.
 */
#include "frontend/debugger/commands_inside.h"

#include "cpu/exception.h"
#include "frontend/debugger/descriptor_words.h"
#include "frontend/options_parser.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Cuts "WHAT if CONDITION" in two; *condition is NULL where there is none. */
static void split_condition(const char *text, char *what, size_t size, const char **condition)
{
    const char *found = !strncmp(text, "if ", 3) ? text : strstr(text, " if ");
    size_t length = found ? (size_t)(found - text) : strlen(text);

    *condition = found ? skip_spaces(skip_spaces(found) + 3) : NULL;
    while (length && text[length - 1] == ' ')
        length--;
    snprintf(what, size, "%.*s", (int)length, text);
}

static const Point *add(Commands *commands, PointSpec *spec, const char *condition)
{
    char error[256];
    const Point *point;

    spec->condition = condition;
    point = debugger_add_point(commands->debugger, spec, error, sizeof error);
    if (!point)
        say(commands, "No: %s.\n", error);
    return point;
}

/* ---- code ---- */

static void bind(PointSpec *spec, bool bound, u64 space)
{
    if (!bound || spec->bound)
        return;
    spec->bound = true;
    spec->address_space = space;
}

/* "PLACE -cr3 VALUE": cuts that off. False: it says what is wrong. */
static bool take_space(Commands *commands, char *what, PointSpec *spec)
{
    char *option = strstr(what, " -cr3 ");

    if (!option)
        return true;
    *option = '\0';
    spec->bound = evaluate(commands, option + strlen(" -cr3 "), &spec->address_space);
    return spec->bound;
}

/* A function's breakpoint is where its own lines begin, so that its arguments are there. A
 * program's symbols are for its address space only. */
static void place_point(Commands *commands, const char *text, const Location *location,
                        PointSpec *spec)
{
    const Symbol *symbol = symbols_find(commands->symbols, text, strlen(text));
    const u64 *cr3;

    spec->address = location->linear;
    bind(spec, location->bound, location->space);
    if (!symbol || symbol->kind != SYMBOL_CODE)
        return;
    bind(spec, symbol->bound, symbol->space);
    cr3 =
        symbols_follow(commands->symbols, spec->bound ? &spec->address_space : &commands->cpu->cr3);
    spec->address = symbols_after_prologue(commands->symbols, symbol->address);
    symbols_follow(commands->symbols, cr3);
}

static void tell_space(Commands *commands, const PointSpec *spec)
{
    if (spec->bound)
        say(commands, " while CR3 is 0x%" PRIx64, spec->address_space);
}

static void tell_code_point(Commands *commands, const Point *point)
{
    const PointSpec *spec = &point->spec;
    const u64 *cr3 =
        symbols_follow(commands->symbols, spec->bound ? &spec->address_space : &commands->cpu->cr3);
    char suffix[128];
    SourceLine line;

    say(commands, "%s %u at ", spec->one_shot ? "Temporary breakpoint" : "Breakpoint",
        point->number);
    if (spec->address_kind == ADDRESS_LOGICAL)
        say(commands, "%04x:%04" PRIx64, spec->selector, spec->address);
    else
        say(commands, "0x%" PRIx64 "%s", spec->address,
            symbol_suffix(commands, spec->address, suffix, sizeof suffix));
    if (spec->address_kind == ADDRESS_LINEAR &&
        symbols_line(commands->symbols, spec->address, &line))
        say(commands, " (%s:%u)", line.file, line.line);
    tell_space(commands, spec);
    say(commands, "%s\n", point->pending ? ", whose page is not mapped now" : "");
    symbols_follow(commands->symbols, cr3);
}

static CommandResult add_code(Commands *commands, const char *text, bool one_shot)
{
    PointSpec spec = {.kind = POINT_EXECUTE, .one_shot = one_shot};
    char what[COMMAND_LINE];
    const char *condition;
    const Point *point;
    Location location;

    split_condition(text, what, sizeof what, &condition);
    if (!take_space(commands, what, &spec) || !find_location(commands, what, &location))
        return COMMAND_DONE;
    place_point(commands, what, &location, &spec);
    if (location.logical) {
        spec.address_kind = ADDRESS_LOGICAL;
        spec.selector = location.selector;
        spec.address = location.offset;
    }
    point = add(commands, &spec, condition);
    if (point)
        tell_code_point(commands, point);
    return COMMAND_DONE;
}

CommandResult command_do_break(Commands *commands, const char *text)
{
    return add_code(commands, text, false);
}

CommandResult command_do_tbreak(Commands *commands, const char *text)
{
    return add_code(commands, text, true);
}

CommandResult command_do_pbreak(Commands *commands, const char *text)
{
    PointSpec spec = {.kind = POINT_EXECUTE, .address_kind = ADDRESS_PHYSICAL};
    char what[COMMAND_LINE];
    const char *condition;
    const Point *point;

    split_condition(text, what, sizeof what, &condition);
    if (!evaluate(commands, what, &spec.address))
        return COMMAND_DONE;
    point = add(commands, &spec, condition);
    if (point)
        say(commands, "Breakpoint %u at physical 0x%" PRIx64 ", wherever it is mapped\n",
            point->number, spec.address);
    return COMMAND_DONE;
}

/* ---- data ---- */

bool watched_place(Commands *commands, const char *what, PointSpec *spec)
{
    const Symbol *symbol = symbols_find(commands->symbols, what, strlen(what));
    Expression *expression;
    char error[256];
    Place place = {.kind = PLACE_NONE};
    bool fine;

    if (symbol && symbol->kind == SYMBOL_DATA) {
        spec->address = symbol->address;
        spec->length = symbol->size ? symbol->size : DWORD;
        bind(spec, symbol->bound, symbol->space);
        return true;
    }
    expression = compile(commands, what);
    if (!expression)
        return false;
    fine = expression_place(expression, commands->cpu, &place, error, sizeof error);
    expression_free(expression);
    if (!fine) {
        say(commands, "%s\n", error);
        return false;
    }
    if (place.kind != PLACE_LINEAR && place.kind != PLACE_PHYSICAL) {
        say(commands, "Only memory can be watched: write dword[%s], or the like.\n", what);
        return false;
    }
    spec->address_kind = place.kind == PLACE_PHYSICAL ? ADDRESS_PHYSICAL : ADDRESS_LINEAR;
    spec->address = place.address;
    spec->length = place.size;
    return true;
}

static CommandResult add_watch(Commands *commands, const char *text, PointKind kind,
                               const char *words)
{
    PointSpec spec = {.kind = kind};
    char what[COMMAND_LINE];
    const char *condition;
    const Point *point;

    if (!strncmp(text, "-l ", 3))
        text = skip_spaces(text + 3);
    split_condition(text, what, sizeof what, &condition);
    if (!*what) {
        say(commands, "Watch what? For example: watch dword[0x1000]\n");
        return COMMAND_DONE;
    }
    if (!take_space(commands, what, &spec) || !watched_place(commands, what, &spec))
        return COMMAND_DONE;
    point = add(commands, &spec, condition);
    if (!point)
        return COMMAND_DONE;
    say(commands, "Watchpoint %u: %s %" PRIu64 " bytes at %s0x%" PRIx64, point->number, words,
        point->spec.length, spec.address_kind == ADDRESS_PHYSICAL ? "physical " : "", spec.address);
    tell_space(commands, &spec);
    say(commands, "\n");
    return COMMAND_DONE;
}

CommandResult command_do_watch(Commands *commands, const char *text)
{
    return add_watch(commands, text, POINT_WRITE, "writes of");
}

CommandResult command_do_rwatch(Commands *commands, const char *text)
{
    return add_watch(commands, text, POINT_READ, "reads of");
}

CommandResult command_do_awatch(Commands *commands, const char *text)
{
    return add_watch(commands, text, POINT_ACCESS, "reads and writes of");
}

/* ---- events ---- */

bool take_vector(Commands *commands, const char *text, u64 *vector)
{
    *vector = ANY_VECTOR;
    if (!*text)
        return true;
    for (unsigned i = 0; i < 32; i++) {
        const char *name = exception_name(i);

        if (*name && (!strcasecmp(name, text) || !strcasecmp(name + (*name == '#'), text))) {
            *vector = i;
            return true;
        }
    }
    if (option_number(text, 0, 255, vector))
        return true;
    say(commands, "'%s' is no vector: write 0 to 255, or a name such as #PF.\n", text);
    return false;
}

static CommandResult caught(Commands *commands, PointSpec *spec, const char *condition,
                            const char *words)
{
    const Point *point = add(commands, spec, condition);

    if (point)
        say(commands, "Catchpoint %u: %s\n", point->number, words);
    return COMMAND_DONE;
}

static CommandResult catch_vector(Commands *commands, const char *text, PointKind kind,
                                  const char *word)
{
    PointSpec spec = {.kind = kind};
    char what[COMMAND_LINE], words[128];
    const char *condition;

    split_condition(text, what, sizeof what, &condition);
    if (!take_vector(commands, what, &spec.address))
        return COMMAND_DONE;
    if (spec.address == ANY_VECTOR)
        snprintf(words, sizeof words, "any %s", word);
    else
        snprintf(words, sizeof words, "%s %" PRIu64 " %s", word, spec.address,
                 vector_words((unsigned)spec.address));
    return caught(commands, &spec, condition, words);
}

CommandResult command_do_catch_exception(Commands *commands, const char *text)
{
    return catch_vector(commands, text, POINT_EXCEPTION, "exception");
}

CommandResult command_do_catch_interrupt(Commands *commands, const char *text)
{
    return catch_vector(commands, text, POINT_INTERRUPT, "interrupt");
}

/* PORT[-LAST] [in|out] */
CommandResult command_do_catch_port(Commands *commands, const char *text)
{
    PointSpec spec = {.kind = POINT_PORT, .length = 1};
    char what[COMMAND_LINE], port[32], words[128], *dash;
    const char *condition, *rest = what;
    u64 last;

    split_condition(text, what, sizeof what, &condition);
    if (!take_argument(&rest, port, sizeof port)) {
        say(commands, "Which port? For example: catch port 0x3f8-0x3ff out\n");
        return COMMAND_DONE;
    }
    dash = strchr(port, '-');
    if (dash)
        *dash++ = '\0';
    if (!take_number(commands, port, &spec.address) ||
        (dash && !take_number(commands, dash, &last)))
        return COMMAND_DONE;
    if (!dash)
        last = spec.address;
    if (last > 0xFFFF || last < spec.address) {
        say(commands, "Ports go from 0 to 0xffff, the lower one first.\n");
        return COMMAND_DONE;
    }
    spec.length = last - spec.address + 1;
    if (!strcmp(rest, "in"))
        spec.kind = POINT_PORT_IN;
    else if (!strcmp(rest, "out"))
        spec.kind = POINT_PORT_OUT;
    else if (*rest) {
        say(commands, "Behind the port comes in, out, or nothing for both.\n");
        return COMMAND_DONE;
    }
    snprintf(words, sizeof words, "port 0x%" PRIx64 " to 0x%" PRIx64 "%s%s", spec.address, last,
             *rest ? ", " : "", rest);
    return caught(commands, &spec, condition, words);
}

static CommandResult catch_change(Commands *commands, const char *text, PointKind kind,
                                  const char *words)
{
    PointSpec spec = {.kind = kind};
    char what[COMMAND_LINE];
    const char *condition;

    split_condition(text, what, sizeof what, &condition);
    return caught(commands, &spec, condition, words);
}

CommandResult command_do_catch_mode(Commands *commands, const char *text)
{
    return catch_change(commands, text, POINT_MODE, "a change of the processor's mode");
}

CommandResult command_do_catch_privilege(Commands *commands, const char *text)
{
    return catch_change(commands, text, POINT_PRIVILEGE, "a change of CPL");
}

CommandResult command_do_catch_cr3(Commands *commands, const char *text)
{
    return catch_change(commands, text, POINT_CR3, "a load of CR3");
}

CommandResult command_do_catch_count(Commands *commands, const char *text)
{
    PointSpec spec = {.kind = POINT_COUNT, .one_shot = true};
    char words[64];

    if (!evaluate(commands, text, &spec.address))
        return COMMAND_DONE;
    snprintf(words, sizeof words, "the clock at %" PRIu64, spec.address);
    return caught(commands, &spec, NULL, words);
}

CommandResult command_do_catch_magic(Commands *commands, const char *text)
{
    bool on = true;

    if (*text && !take_switch(commands, text, &on))
        return COMMAND_DONE;
    debugger_set_magic(commands->debugger, on);
    say(commands, on ? "xchg bx,bx stops the machine now.\n"
                     : "xchg bx,bx does not stop the machine any more.\n");
    return COMMAND_DONE;
}

CommandResult command_do_catch_triple(Commands *commands, const char *text)
{
    bool on = true;

    if (*text && !take_switch(commands, text, &on))
        return COMMAND_DONE;
    debugger_stop_at_triple_fault(commands->debugger, on);
    say(commands,
        on ? "A triple fault stops the machine.\n" : "A triple fault resets the machine.\n");
    return COMMAND_DONE;
}

CommandResult command_do_catch_reset(Commands *commands, const char *text)
{
    bool on = true;

    if (*text && !take_switch(commands, text, &on))
        return COMMAND_DONE;
    debugger_stop_at_reset(commands->debugger, on);
    say(commands, on ? "A reset by the guest stops the machine before it.\n"
                     : "A reset by the guest does not stop the machine any more.\n");
    return COMMAND_DONE;
}

CommandResult command_do_catch_exit(Commands *commands, const char *text)
{
    bool on = true;

    if (*text && !take_switch(commands, text, &on))
        return COMMAND_DONE;
    debugger_stop_at_exit(commands->debugger, on);
    say(commands, on ? "When the guest switches the machine off, or leaves, it stops before.\n"
                     : "When the guest switches the machine off, or leaves, that is the end.\n");
    return COMMAND_DONE;
}

CommandResult command_do_catch(Commands *commands, const char *text)
{
    (void)text;
    say(commands, "Catch what? exception, interrupt, port, mode, privilege, cr3, count, magic, "
                  "triple, reset or exit; see help catch.\n");
    return COMMAND_DONE;
}
