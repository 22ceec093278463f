/*
 * Commands about symbols, source lines and the calls that led here.
 */
#include "frontend/debugger/backtrace.h"
#include "frontend/debugger/commands_inside.h"
#include "frontend/debugger/commands_values.h"
#include "frontend/debugger/variables.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool load_symbols(Commands *commands, const char *file)
{
    char error[512];
    bool loaded = symbols_load(commands->symbols, file, error, sizeof error);

    if (loaded)
        say(commands, "Symbols from %s\n", file);
    else
        say(commands, "%s\n", error);
    return loaded;
}

static void unload_all_but(Commands *commands, unsigned kept)
{
    while (symbols_file(commands->symbols, kept))
        symbols_unload(commands->symbols, symbols_file(commands->symbols, 0));
}

enum { FILE_NAME = COMMAND_LINE + 64 };

static void add_number(char *name, const char *mark, u64 value)
{
    size_t length = strlen(name);

    snprintf(name + length, FILE_NAME - length, "%s0x%" PRIx64, mark, value);
}

/* Loads FILE [-cr3 VALUE], the name as symbols_load() wants it. */
static bool load_file(Commands *commands, char *name)
{
    char *option = strstr(name, " -cr3 ");
    u64 value;

    if (option && !evaluate(commands, option + strlen(" -cr3 "), &value))
        return false;
    if (option) {
        *option = '\0';
        add_number(name, ",cr3=", value);
    }
    return load_symbols(commands, name);
}

/* In gdb a new file takes the place of the others. */
CommandResult command_do_symbol_file(Commands *commands, const char *text)
{
    char name[FILE_NAME];

    snprintf(name, sizeof name, "%s", text);
    if (!*text)
        unload_all_but(commands, 0);
    else if (load_file(commands, name))
        unload_all_but(commands, 1);
    return COMMAND_DONE;
}

CommandResult command_do_add_symbol_file(Commands *commands, const char *text)
{
    char name[FILE_NAME], address[COMMAND_LINE];
    const char *option = strstr(text, " -cr3 ");
    u64 value;

    take_argument(&text, name, sizeof name);
    snprintf(address, sizeof address, "%.*s",
             option && option >= text ? (int)(option - text) : (int)strlen(text), text);
    if (option && option < text)
        *address = '\0';
    if (*address) {
        if (!evaluate(commands, address, &value))
            return COMMAND_DONE;
        add_number(name, "@", value);
    }
    if (option)
        snprintf(name + strlen(name), sizeof name - strlen(name), "%s", option);
    load_file(commands, name);
    return COMMAND_DONE;
}

CommandResult command_do_directory(Commands *commands, const char *text)
{
    if (!*text)
        say(commands, "Which folder holds the source? For example: directory ../kernel\n");
    else if (!symbols_add_source_folder(commands->symbols, text))
        say(commands, "%s is no folder that can be read.\n", text);
    return COMMAND_DONE;
}

CommandResult command_info_files(Commands *commands, const char *text)
{
    const char *file;

    (void)text;
    for (unsigned i = 0; (file = symbols_file(commands->symbols, i)); i++)
        say(commands, "%s\n", file);
    if (!symbols_file(commands->symbols, 0))
        say(commands, "No symbols are loaded: symbol-file FILE does.\n");
    return COMMAND_DONE;
}

CommandResult command_info_symbol(Commands *commands, const char *text)
{
    u64 linear, offset;
    const Symbol *symbol;

    if (!evaluate(commands, text, &linear))
        return COMMAND_DONE;
    symbol = symbols_at(commands->symbols, linear, &offset);
    if (!symbol)
        say(commands, "No symbol is near 0x%" PRIx64 ".\n", linear);
    else if (offset)
        say(commands, "%s + %" PRIu64 "\n", symbol->name, offset);
    else
        say(commands, "%s\n", symbol->name);
    return COMMAND_DONE;
}

CommandResult command_info_line(Commands *commands, const char *text)
{
    Location location;
    SourceLine line;

    if (!find_location(commands, text, &location))
        return COMMAND_DONE;
    if (symbols_line(commands->symbols, location.linear, &line))
        say(commands, "Line %u of %s: 0x%" PRIx64 " to 0x%" PRIx64 "\n", line.line, line.file,
            line.first, line.end - 1);
    else
        say(commands, "0x%" PRIx64 " is of no line that is known.\n", location.linear);
    return COMMAND_DONE;
}

typedef struct Listing {
    Commands *commands;
    bool code;
} Listing;

static void list_symbol(void *owner, const Symbol *symbol)
{
    const Listing *listing = owner;

    if ((symbol->kind == SYMBOL_CODE) == listing->code)
        say(listing->commands, "0x%08" PRIx64 "  %s\n", symbol->address, symbol->name);
}

CommandResult command_info_functions(Commands *commands, const char *text)
{
    Listing listing = {commands, true};

    symbols_each(commands->symbols, text, list_symbol, &listing);
    return COMMAND_DONE;
}

CommandResult command_info_variables(Commands *commands, const char *text)
{
    Listing listing = {commands, false};

    symbols_each(commands->symbols, text, list_symbol, &listing);
    return COMMAND_DONE;
}

/* ---- local variables ---- */

static void print_variable(Commands *commands, const Variable *variable)
{
    char name[TYPE_NAME];
    CTypeKind kind = type_kind(&variable->type);
    bool whole = kind == C_RECORD || kind == C_ARRAY;
    u64 value;

    say(commands, "%s %s = ", type_name(&variable->type, name, sizeof name), variable->name);
    if (!variable->known)
        say(commands, "not known here: the compiler has optimized it away");
    else if (whole && variable->place.kind != DWARF_IN_MEMORY)
        say(commands, "kept in a register");
    else if (whole || type_size(&variable->type) > QWORD)
        print_c_value(commands, NULL, &variable->type, VALUE_IN_MEMORY | VALUE_AFTER_TYPE,
                      variable->place.value);
    else if (variable_read(commands->cpu, &variable->place, (unsigned)type_size(&variable->type),
                           &value))
        print_c_value(commands, NULL, &variable->type, VALUE_AFTER_TYPE, value);
    else
        say(commands, "cannot be read");
    say(commands, "\n");
}

static CommandResult print_variables(Commands *commands, bool arguments)
{
    enum { MOST = 256 };
    Variable variables[MOST];
    unsigned count = variables_in_scope(commands->cpu, commands->symbols, variables, MOST);
    unsigned shown = 0;

    for (unsigned i = 0; i < count; i++) {
        if (variables[i].is_argument != arguments)
            continue;
        print_variable(commands, &variables[i]);
        shown++;
    }
    if (!shown)
        say(commands, arguments ? "No arguments.\n" : "No local variables.\n");
    return COMMAND_DONE;
}

CommandResult command_info_locals(Commands *commands, const char *text)
{
    (void)text;
    return print_variables(commands, false);
}

CommandResult command_info_args(Commands *commands, const char *text)
{
    (void)text;
    return print_variables(commands, true);
}

/* ---- backtrace ---- */

CommandResult command_do_backtrace(Commands *commands, const char *text)
{
    enum { MOST = 256 };
    BacktraceFrame frames[MOST];
    char name[128];
    SourceLine line;
    u64 wanted = MOST;
    unsigned count;

    if (*text && !evaluate(commands, text, &wanted))
        return COMMAND_DONE;
    count = backtrace(commands->cpu, commands->symbols, frames,
                      wanted < MOST ? (unsigned)wanted : MOST);
    for (unsigned i = 0; i < count; i++) {
        /* A return address may lie behind the last line of its function: the call does not. */
        u64 call = frames[i].linear - (i > 0);

        symbols_name_address(commands->symbols, call, name, sizeof name);
        name[strcspn(name, "+")] = '\0';
        say(commands, "#%-3u 0x%0*" PRIx64 " %s", i, address_digits(commands), frames[i].linear,
            *name ? name : "?");
        if (symbols_line(commands->symbols, call, &line))
            say(commands, " at %s:%u", line.file, line.line);
        say(commands, "\n");
    }
    return COMMAND_DONE;
}
