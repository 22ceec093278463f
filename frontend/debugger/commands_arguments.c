/*
 * What commands are given: words, numbers, expressions, places in code, formats.
 */
#include "frontend/debugger/commands_inside.h"
#include "frontend/debugger/guest_memory.h"
#include "frontend/disassembly.h"
#include "frontend/options_parser.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *skip_spaces(const char *text)
{
    while (isspace((u8)*text))
        text++;
    return text;
}

bool take_argument(const char **text, char *word, size_t size)
{
    size_t length = strcspn(*text, " ");

    snprintf(word, size, "%.*s", (int)length, *text);
    *text = skip_spaces(*text + length);
    return length > 0;
}

bool take_number(Commands *commands, const char *text, u64 *number)
{
    if (option_number(text, 0, ~(u64)0, number))
        return true;
    say(commands, "'%s' is no number.\n", text);
    return false;
}

bool take_switch(Commands *commands, const char *text, bool *on)
{
    if (option_switch(text, on))
        return true;
    say(commands, "Write on or off.\n");
    return false;
}

/* ---- expressions ---- */

bool find_variable(const Commands *commands, const char *name, size_t length, u64 *value)
{
    for (unsigned i = 0; i < commands->variable_count; i++) {
        if (strlen(commands->variables[i].name) == length &&
            !strncmp(commands->variables[i].name, name, length)) {
            *value = commands->variables[i].value;
            return true;
        }
    }
    return false;
}

bool set_variable(Commands *commands, const char *name, size_t length, u64 value)
{
    unsigned i = 0;

    if (!length || length >= COMMAND_VARIABLE_NAME)
        return false;
    while (i < commands->variable_count && (strlen(commands->variables[i].name) != length ||
                                            strncmp(commands->variables[i].name, name, length)))
        i++;
    if (i == COMMAND_VARIABLES)
        return false;
    if (i == commands->variable_count)
        commands->variable_count++;
    snprintf(commands->variables[i].name, COMMAND_VARIABLE_NAME, "%.*s", (int)length, name);
    commands->variables[i].value = value;
    return true;
}

static bool look_up_variable(void *owner, const char *name, size_t length, u64 *value)
{
    return find_variable(owner, name, length, value);
}

const ExpressionNames *expression_names(Commands *commands, ExpressionNames *names)
{
    *names = (ExpressionNames){.symbols = commands->symbols,
                               .variable = look_up_variable,
                               .owner = commands,
                               .scope = current_linear(commands)};
    return names;
}

Expression *compile(Commands *commands, const char *text)
{
    char error[256];
    ExpressionNames names;
    Expression *expression =
        expression_compile(text, expression_names(commands, &names), error, sizeof error);

    if (!expression)
        say(commands, "%s: %s\n", text, error);
    return expression;
}

bool evaluate_compiled(Commands *commands, const Expression *expression, u64 *value)
{
    char error[256];

    if (expression_evaluate(expression, commands->cpu, value, error, sizeof error))
        return true;
    say(commands, "%s\n", error);
    return false;
}

bool evaluate(Commands *commands, const char *text, u64 *value)
{
    Expression *expression = compile(commands, text);
    bool fine = expression && evaluate_compiled(commands, expression, value);

    expression_free(expression);
    return fine;
}

/* ---- places in code ---- */

u64 current_linear(const Commands *commands)
{
    const Cpu *cpu = commands->cpu;

    return (cpu->segments[CS].base + cpu->rip) & cpu->linear_mask;
}

int address_digits(const Commands *commands)
{
    return commands->cpu->code_size == 8 ? 16 : 8;
}

static bool is_line_number(const char *text)
{
    return *text && strspn(text, "0123456789") == strlen(text) &&
           !(text[0] == '0' && text[1] != '\0');
}

/* "kernel.c:12", or "12" in the file that the machine is in. False: it is neither. */
static bool split_line(Commands *commands, const char *text, char *file, size_t size,
                       unsigned *line)
{
    const char *colon = strrchr(text, ':');
    SourceLine here;

    if (is_line_number(text)) {
        *line = (unsigned)strtoul(text, NULL, 10);
        if (*commands->list_file)
            snprintf(file, size, "%s", commands->list_file);
        else if (symbols_line(commands->symbols, current_linear(commands), &here))
            snprintf(file, size, "%s", here.file);
        else
            return false;
        return true;
    }
    if (!colon || !is_line_number(colon + 1) || !memchr(text, '.', (size_t)(colon - text)))
        return false;
    *line = (unsigned)strtoul(colon + 1, NULL, 10);
    snprintf(file, size, "%.*s", (int)(colon - text), text);
    return true;
}

static bool find_line(Commands *commands, const char *file, unsigned line, Location *location)
{
    unsigned found = line, count;

    count = symbols_line_addresses(commands->symbols, file, &found, &location->linear, 1);
    if (!count)
        say(commands, "There is no code for line %u of %s.\n", line, file);
    else if (found != line)
        say(commands, "Line %u has no code; this is line %u.\n", line, found);
    location->bound = symbols_line_space(commands->symbols, file, line, &location->space);
    return count > 0;
}

/* "0x7c0:0x10" */
static bool split_selector(Commands *commands, const char *text, Location *location)
{
    char selector[32];
    const char *colon = strchr(text, ':');
    char error[128];
    Expression *offset;
    u64 value;

    if (!colon || (size_t)(colon - text) >= sizeof selector)
        return false;
    snprintf(selector, sizeof selector, "%.*s", (int)(colon - text), text);
    offset = expression_compile(colon + 1, NULL, error, sizeof error);
    if (!offset)
        return false;
    location->logical =
        option_number(selector, 0, 0xFFFF, &value) &&
        expression_evaluate(offset, commands->cpu, &location->offset, error, sizeof error);
    location->selector = (u16)value;
    expression_free(offset);
    return location->logical;
}

bool find_location(Commands *commands, const char *text, Location *location)
{
    char file[256];
    unsigned line;

    *location = (Location){.linear = current_linear(commands)};
    if (!*text)
        return true;
    if (split_line(commands, text, file, sizeof file, &line))
        return find_line(commands, file, line, location);
    split_selector(commands, text, location);
    text = *text == '*' ? skip_spaces(text + 1) : text;
    if (!evaluate(commands, text, &location->linear))
        return false;
    location->linear &= commands->cpu->linear_mask;
    return true;
}

/* ---- formats ---- */

static bool format_letter(char c, Format *format)
{
    static const char sizes[] = "b\1h\2w\4g\10";

    for (unsigned i = 0; i + 1 < sizeof sizes; i += 2) {
        if (c == sizes[i]) {
            format->size = (u8)sizes[i + 1];
            return true;
        }
    }
    if (!strchr("xduotcais", c))
        return false;
    format->letter = c;
    format->has_letter = true;
    return true;
}

bool parse_format(Commands *commands, const char **text, Format *format)
{
    unsigned long count;
    char *end;

    if (**text != '/')
        return true;
    count = strtoul(++*text, &end, 10);
    if (end != *text)
        format->count = count < 65536 ? (unsigned)count : 65536;
    for (; *end && *end != ' '; end++) {
        if (!format_letter(*end, format)) {
            say(commands,
                "'%c' is no format: x hexadecimal, d decimal, u unsigned, o octal, t binary, c "
                "character, a address, i instruction, s string; sizes b 1, h 2, w 4, g 8 bytes.\n",
                *end);
            return false;
        }
    }
    *text = skip_spaces(end);
    return true;
}

static void print_binary(Commands *commands, u64 value)
{
    char text[65];
    unsigned digits = 1;

    while (digits < 64 && value >> digits)
        digits++;
    for (unsigned i = 0; i < digits; i++)
        text[i] = bit(value, digits - 1 - i) ? '1' : '0';
    text[digits] = '\0';
    say(commands, "%s", text);
}

static void print_character(Commands *commands, u64 value)
{
    if (value >= ' ' && value < 0x7F)
        say(commands, "%" PRIu64 " '%c'", value, (char)value);
    else
        say(commands, "%" PRIu64 " '\\%03o'", value, (unsigned)value & 0xFF);
}

void print_value(Commands *commands, const Format *format, u64 value, unsigned size)
{
    char suffix[128];

    value &= size_mask((Size)size);
    switch (format->letter) {
    case 'd':
        say(commands, "%" PRId64, (i64)sign_extend(value, (Size)size));
        break;
    case 'u':
        say(commands, "%" PRIu64, value);
        break;
    case 'o':
        say(commands, "0%" PRIo64, value);
        break;
    case 't':
        print_binary(commands, value);
        break;
    case 'c':
        print_character(commands, value);
        break;
    case 'a':
        say(commands, "0x%" PRIx64 "%s", value,
            symbol_suffix(commands, value, suffix, sizeof suffix));
        break;
    default:
        say(commands, "0x%0*" PRIx64, format->size ? (int)size * 2 : 1, value);
        break;
    }
}

/* ---- what is where ---- */

const char *symbol_suffix(Commands *commands, u64 linear, char *text, size_t size)
{
    char name[96];

    symbols_name_address(commands->symbols, linear, name, sizeof name);
    snprintf(text, size, "%s%s%s", *name ? " <" : "", name, *name ? ">" : "");
    return text;
}

/* The target of a jump or call that names an address, as an offset in CS. */
static bool names_target(const char *words, u64 *offset)
{
    const char *operand = strchr(words, ' ');

    if (!operand || (*words != 'j' && strncmp(words, "call", 4) && strncmp(words, "loop", 4)))
        return false;
    while (operand[1] && strchr(operand + 1, ' '))
        operand = strchr(operand + 1, ' ');
    if (strncmp(operand + 1, "0x", 2) || strchr(operand, ':'))
        return false;
    *offset = strtoull(operand + 1, NULL, 16);
    return true;
}

/* One instruction; its length, 0 where no memory is. */
static unsigned print_instruction(Commands *commands, u64 linear)
{
    Cpu *cpu = commands->cpu;
    u64 base = cpu->segments[CS].base, target;
    char words[160], suffix[128], hex[INSN_MAX_LENGTH * 2 + 1] = "";
    u8 bytes[INSN_MAX_LENGTH];
    size_t got = guest_read(cpu, linear, bytes, sizeof bytes);
    unsigned length;

    say(commands, "%s%0*" PRIx64 "%s: ", linear == current_linear(commands) ? "=> " : "   ",
        address_digits(commands), linear, symbol_suffix(commands, linear, suffix, sizeof suffix));
    if (!got) {
        say(commands, "no memory can be read here\n");
        return 0;
    }
    length = disassemble_one(bytes, got, linear - base, cpu->code_size, words, sizeof words);
    for (unsigned i = 0; i < (length ? length : 1); i++)
        snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
    say(commands, "%-16s %s", hex, words);
    if (names_target(words, &target))
        say(commands, "%s",
            symbol_suffix(commands, (base + target) & cpu->linear_mask, suffix, sizeof suffix));
    say(commands, "\n");
    return length ? length : 1;
}

u64 print_instructions(Commands *commands, u64 linear, unsigned count)
{
    while (count-- && !answer_is_full(commands)) {
        unsigned length = print_instruction(commands, linear);

        if (!length)
            break;
        linear = (linear + length) & commands->cpu->linear_mask;
    }
    return linear;
}

void tell_location(Commands *commands, u64 linear)
{
    char name[128];
    const char *text;
    SourceLine line;

    symbols_name_address(commands->symbols, linear, name, sizeof name);
    if (symbols_line(commands->symbols, linear, &line)) {
        text = symbols_source_text(commands->symbols, line.file, line.line);
        say(commands, "%s at %s:%u\n", *name ? name : "code", line.file, line.line);
        if (text)
            say(commands, "%u\t%s\n", line.line, text);
        snprintf(commands->list_file, sizeof commands->list_file, "%s", line.file);
        commands->list_line = line.line > 5 ? line.line - 5 : 1;
    }
    print_instructions(commands, linear, 1);
}

void *find_chip(Commands *commands, const StateTable *table)
{
    unsigned count;
    const ChipState *chips = machine_chips(commands->machine, &count);

    for (unsigned i = 0; i < count; i++)
        if (chips[i].table == table)
            return chips[i].chip;
    return NULL;
}
