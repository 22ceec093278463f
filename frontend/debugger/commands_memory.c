/*
 * Commands that look at values, memory and source, and change them.
 */
#include "frontend/debugger/commands_inside.h"
#include "frontend/debugger/commands_values.h"
#include "frontend/debugger/guest_memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- x and xp ---- */

static size_t read_memory(Commands *commands, bool physical, u64 address, void *bytes, size_t size)
{
    return physical ? debugger_read_physical(commands->debugger, address, bytes, size)
                    : debugger_read_memory(commands->debugger, address, bytes, size);
}

static void cannot_read(Commands *commands, bool physical, u64 address)
{
    say(commands, "%s 0x%" PRIx64 " cannot be read: %s\n",
        physical ? "Physical memory at" : "Memory at", address,
        physical ? "no memory is there, or a device" : "its page is not mapped, or a device");
}

static void print_address(Commands *commands, bool physical, u64 address)
{
    char suffix[128];

    if (physical) /* as QEMU has it, for scripts */
        say(commands, "%016" PRIx64 ":", address);
    else
        say(commands, "0x%0*" PRIx64 "%s:", address_digits(commands), address,
            symbol_suffix(commands, address, suffix, sizeof suffix));
}

static u64 print_numbers(Commands *commands, const Format *format, bool physical, u64 address)
{
    unsigned per_line = format->letter == 'c' || format->size == BYTE    ? 8
                        : format->size == QWORD || format->letter == 'a' ? 2
                        : format->size == WORD                           ? 8
                                                                         : 4;

    for (unsigned i = 0; i < format->count && !answer_is_full(commands); i++) {
        u64 value = 0;

        if (read_memory(commands, physical, address, &value, format->size) != format->size) {
            say(commands, i % per_line ? "\n" : "");
            cannot_read(commands, physical, address);
            return address;
        }
        if (i % per_line == 0)
            print_address(commands, physical, address);
        say(commands, physical ? " " : "\t");
        print_value(commands, format, value, format->size);
        if (i % per_line == per_line - 1 || i + 1 == format->count)
            say(commands, "\n");
        address += format->size;
    }
    return address;
}

static u64 print_string(Commands *commands, bool physical, u64 address)
{
    enum { LONGEST = 200 };
    unsigned length;
    u8 c = 1;

    print_address(commands, physical, address);
    say(commands, "\t\"");
    for (length = 0; length < LONGEST && c; length++) {
        if (read_memory(commands, physical, address + length, &c, 1) != 1) {
            say(commands, "\"\n");
            cannot_read(commands, physical, address + length);
            return address + length;
        }
        if (c)
            say_text_character(commands, c);
    }
    say(commands, "\"%s\n", c ? "..." : "");
    return address + length;
}

static void examine(Commands *commands, const char *text, bool physical)
{
    Format format = commands->format;
    u64 address = commands->next_address;

    if (!commands->repeated)
        format.count = 1;
    if (!parse_format(commands, &text, &format))
        return;
    if (format.letter == 'i' && physical) {
        say(commands, "xp shows no instructions; use x/i with a linear address.\n");
        return;
    }
    if (!format.size || format.letter == 'c')
        format.size = format.letter == 'c' ? BYTE : DWORD;
    if (format.letter == 'a')
        format.size = commands->cpu->code_size;
    if (*text && !commands->repeated && !evaluate(commands, text, &address))
        return;
    commands->format = format;
    if (format.letter == 'i')
        address = print_instructions(commands, address, format.count);
    else if (format.letter == 's')
        for (unsigned i = 0; i < format.count && !answer_is_full(commands); i++)
            address = print_string(commands, physical, address);
    else
        address = print_numbers(commands, &format, physical, address);
    commands->next_address = address;
    set_variable(commands, "_", 1, address);
}

CommandResult command_do_x(Commands *commands, const char *text)
{
    examine(commands, text, false);
    return COMMAND_DONE;
}

CommandResult command_do_xp(Commands *commands, const char *text)
{
    examine(commands, text, true);
    return COMMAND_DONE;
}

/* ---- print ---- */

/* Hexadecimal says most about addresses and masks, decimal about counts: both. */
static void print_both(Commands *commands, const Expression *expression, u64 value)
{
    unsigned size = expression_size(expression, commands->cpu);
    char suffix[128];

    if (expression_is_signed(expression))
        say(commands, "%" PRId64, (i64)sign_extend(value, (Size)size));
    else
        say(commands, "%" PRIu64, value);
    if (value > 9)
        say(commands, "  0x%" PRIx64 "%s", value & size_mask((Size)size),
            symbol_suffix(commands, value, suffix, sizeof suffix));
}

/* The '=' of an assignment, outside of brackets and comparisons; NULL: there is none. */
static const char *find_assignment(const char *text)
{
    for (const char *at = text; *at; at++) {
        if (*at != '=')
            continue;
        if (at[1] == '=')
            at++;
        else if (at > text && !strchr("<>!=", at[-1]))
            return at;
    }
    return NULL;
}

static bool write_place(Commands *commands, const Place *place, u64 value)
{
    char error[256];
    size_t done;

    if (refuses_changes(commands))
        return false;
    if (place->size > QWORD) {
        say(commands, "Only numbers can be set: name a member, or an element.\n");
        return false;
    }
    if (place->kind == PLACE_REGISTER) {
        if (debugger_write_register(commands->debugger, register_name(place->reg), value))
            return true;
        register_write(place->reg, commands->cpu, value, error, sizeof error); /* it says why */
        say(commands, "No: %s.\n", error);
        return false;
    }
    done = place->kind == PLACE_PHYSICAL
               ? debugger_write_physical(commands->debugger, place->address, &value, place->size)
               : debugger_write_memory(commands->debugger, place->address, &value, place->size);
    if (done == place->size)
        return true;
    say(commands, "The memory at 0x%" PRIx64 " cannot be written: it is not mapped, or no RAM.\n",
        place->address);
    return false;
}

/* Left of '=': `$name` that is no register is a variable of ours. */
static bool assign(Commands *commands, const char *left, u64 value)
{
    Expression *expression;
    char error[256];
    Place place;
    bool fine;

    if (*left == '$' && !register_find(left, strlen(left))) {
        if (set_variable(commands, left + 1, strlen(left + 1), value))
            return true;
        say(commands, "There is no room for a variable %s.\n", left);
        return false;
    }
    expression = compile(commands, left);
    if (!expression)
        return false;
    fine = expression_place(expression, commands->cpu, &place, error, sizeof error);
    expression_free(expression);
    if (!fine)
        say(commands, "%s\n", error);
    else if (place.kind == PLACE_NONE)
        say(commands, "'%s' can not be set: it is no register, memory or $variable.\n", left);
    return fine && place.kind != PLACE_NONE && write_place(commands, &place, value);
}

static bool run_assignment(Commands *commands, const char *text, const char *equals)
{
    char left[COMMAND_LINE];
    size_t length = (size_t)(equals - text);
    u64 value;

    while (length && text[length - 1] == ' ')
        length--;
    snprintf(left, sizeof left, "%.*s", (int)length, text);
    return evaluate(commands, skip_spaces(equals + 1), &value) && assign(commands, left, value);
}

CommandResult command_do_set(Commands *commands, const char *text)
{
    const char *equals;

    if (!strncmp(text, "var ", 4) || !strncmp(text, "variable ", 9))
        text = skip_spaces(strchr(text, ' '));
    equals = find_assignment(text);
    if (!equals)
        say(commands, "Write set PLACE = VALUE, for example: set eax = 5, set byte[0x400] = 1\n");
    else if (debugger_stop(commands->debugger)->reason == STOP_NONE)
        say(commands, "The machine runs: type stop first.\n");
    else
        run_assignment(commands, text, equals);
    return COMMAND_DONE;
}

CommandResult command_do_print(Commands *commands, const char *text)
{
    Format format = {.count = 1, .letter = 'x'};
    const char *equals;
    Expression *expression;
    const CType *type;
    bool whole;
    u64 value;

    if (!parse_format(commands, &text, &format))
        return COMMAND_DONE;
    equals = find_assignment(text);
    if (equals)
        return command_do_set(commands, text);
    expression = compile(commands, *text ? text : "$_");
    if (expression && evaluate_compiled(commands, expression, &value)) {
        type = expression_c_type(expression, &whole);
        if (type)
            print_c_value(commands, &format, type, whole ? VALUE_IN_MEMORY : 0, value);
        else if (format.has_letter)
            print_value(commands, &format, value,
                        format.size ? format.size : expression_size(expression, commands->cpu));
        else
            print_both(commands, expression, value);
        say(commands, "\n");
        set_variable(commands, "", 0, value);
        set_variable(commands, "_", 1, value);
    }
    expression_free(expression);
    return COMMAND_DONE;
}

/* ---- code and source ---- */

/* [PLACE] [, END or +LENGTH]; without an end a whole function, or some instructions. */
CommandResult command_do_disassemble(Commands *commands, const char *text)
{
    enum { SOME = 16, MOST = 4096 };
    u64 linear = commands->next_code, end = 0, offset;
    char place[COMMAND_LINE];
    const char *comma = strchr(text, ',');
    const Symbol *symbol;
    Location location;

    snprintf(place, sizeof place, "%.*s", comma ? (int)(comma - text) : (int)strlen(text), text);
    if (!commands->repeated || !linear) {
        if (!find_location(commands, place, &location))
            return COMMAND_DONE;
        linear = location.linear;
        symbol =
            comma || commands->repeated ? NULL : symbols_at(commands->symbols, linear, &offset);
        if (symbol && symbol->kind == SYMBOL_CODE && symbol->size) {
            linear = symbol->address;
            end = linear + symbol->size;
        }
    }
    if (comma) {
        comma = skip_spaces(comma + 1);
        if (!evaluate(commands, *comma == '+' ? comma + 1 : comma, &end))
            return COMMAND_DONE;
        end += *comma == '+' ? linear : 0;
    }
    if (!end)
        linear = print_instructions(commands, linear, SOME);
    for (unsigned i = 0; linear < end && i < MOST; i++) {
        u64 next = print_instructions(commands, linear, 1);

        if (next == linear)
            break;
        linear = next;
    }
    commands->next_code = linear;
    return COMMAND_DONE;
}

static bool list_around(Commands *commands, const char *text)
{
    const Symbol *symbol = symbols_find(commands->symbols, text, strlen(text));
    Location location = {.linear = symbol ? symbol->address : 0};
    SourceLine line;

    if (!symbol && !find_location(commands, text, &location))
        return false;
    if (!symbols_line(commands->symbols, location.linear, &line)) {
        say(commands,
            "There is no source for 0x%" PRIx64 ": load a file with line numbers by "
            "symbol-file.\n",
            location.linear);
        return false;
    }
    snprintf(commands->list_file, sizeof commands->list_file, "%s", line.file);
    commands->list_line = line.line > 5 ? line.line - 5 : 1;
    return true;
}

CommandResult command_do_list(Commands *commands, const char *text)
{
    enum { LINES = 10 };
    const char *source;
    SourceLine here = {0};

    if ((*text && !commands->repeated) || !*commands->list_file)
        if (!list_around(commands, text))
            return COMMAND_DONE;
    symbols_line(commands->symbols, current_linear(commands), &here);
    for (unsigned i = 0; i < LINES; i++) {
        unsigned line = commands->list_line;

        source = symbols_source_text(commands->symbols, commands->list_file, line);
        if (!source && !i)
            say(commands, "%s has no line %u, or cannot be read: name its folder with directory.\n",
                commands->list_file, line);
        if (!source)
            break;
        say(commands, "%s%u\t%s\n",
            here.file && here.line == line && !strcmp(here.file, commands->list_file) ? "=> "
                                                                                      : "   ",
            line, source);
        commands->list_line++;
    }
    return COMMAND_DONE;
}
