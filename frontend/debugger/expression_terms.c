/*
 * What an expression's operators operate on: numbers, registers, symbols, memory, casts.
 */
#include "frontend/debugger/expression_code.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const ExpressionType number_type = {.size = SIZE_NONE, .is_constant = true};

/* ---- numbers ---- */

static bool is_word_character(char c)
{
    return isalnum((u8)c) || c == '_' || c == '$' || c == '.' || c == '@' || c == '?';
}

ExpressionType expression_push_number(ExpressionParser *parser, u64 value)
{
    expression_emit(parser, DO_NUMBER)->number = value;
    return number_type;
}

/* The base by C's prefix or the assembler's suffix. */
static ExpressionType parse_number(ExpressionParser *parser)
{
    const char *begin = parser->at, *digits = begin, *end = begin;
    unsigned base = 10;
    u64 value = 0;

    while (isalnum((u8)*end) || *end == '_')
        end++;
    parser->at = end;
    if (*begin == '0' && tolower((u8)begin[1]) == 'x') {
        base = 16;
        digits += 2;
    } else if (end[-1] == 'h' || end[-1] == 'H') {
        base = 16;
        end--;
    } else if (*begin == '0' && tolower((u8)begin[1]) == 'b') {
        base = 2;
        digits += 2;
    } else if (*begin == '0' && end - begin > 1) {
        base = 8;
    }
    if (digits == end)
        return expression_fail(parser, "'%.*s' is no number", (int)(parser->at - begin), begin);
    for (; digits < end; digits++) {
        unsigned digit = isdigit((u8)*digits) ? (unsigned)(*digits - '0')
                                              : (unsigned)(tolower((u8)*digits) - 'a' + 10);
        if (*digits == '_')
            continue;
        if (digit >= base)
            return expression_fail(parser, "'%.*s' is no number (hexadecimal ones begin with 0x)",
                                   (int)(parser->at - begin), begin);
        if (value > (~(u64)0 - digit) / base)
            return expression_fail(parser, "'%.*s' does not fit 64 bits", (int)(parser->at - begin),
                                   begin);
        value = value * base + digit;
    }
    return expression_push_number(parser, value);
}

static ExpressionType parse_character(ExpressionParser *parser)
{
    static const char escapes[] = "n\nr\rt\t0\0\\\\''";
    char c = *++parser->at;

    if (c == '\\') {
        c = *++parser->at;
        for (unsigned i = 0; i + 1 < sizeof escapes; i += 2) {
            if (escapes[i] == c) {
                c = escapes[i + 1];
                break;
            }
        }
    }
    if (!*parser->at || parser->at[1] != '\'')
        return expression_fail(parser, "a character is written 'a'");
    parser->at += 2;
    return expression_push_number(parser, (u8)c);
}

/* ---- memory ---- */

ExpressionType expression_load(ExpressionParser *parser, ExpressionStepKind kind,
                               const ExpressionType *value)
{
    ExpressionStep *step = expression_emit(parser, kind);

    step->size = value->size;
    step->is_signed = value->is_signed;
    return (ExpressionType){.size = value->size, .is_signed = value->is_signed, .is_place = true};
}

/* An address behind `seg:`, or without; `at` is at its first character. */
static ExpressionType parse_bracket(ExpressionParser *parser, ExpressionStepKind kind,
                                    const ExpressionType *value)
{
    bool outer = parser->no_colon;

    expression_expect(parser, "[");
    parser->no_colon = false;
    expression_parse_whole(parser);
    parser->no_colon = outer;
    expression_expect(parser, "]");
    return expression_load(parser, kind, value);
}

static bool segment_register(const Register *reg, SegmentRegister *segment)
{
    static const char *const names[] = {"es", "cs", "ss", "ds", "fs", "gs"};

    for (unsigned i = 0; reg && i < COUNT_OF(names); i++) {
        if (!strcmp(register_name(reg), names[i])) {
            *segment = (SegmentRegister)i;
            return true;
        }
    }
    return false;
}

/* What follows `ds:`: an offset, or memory at one. */
static ExpressionType parse_behind_segment(ExpressionParser *parser, SegmentRegister segment,
                                           const ExpressionType *value)
{
    bool memory = expression_take(parser, "["), outer = parser->no_colon;

    if (memory) {
        parser->no_colon = false;
        expression_parse_whole(parser);
        parser->no_colon = outer;
        expression_expect(parser, "]");
    } else {
        expression_parse_unary(parser);
    }
    expression_emit(parser, DO_SEGMENT)->number = segment;
    return memory ? expression_load(parser, DO_LOAD, value) : (ExpressionType){.size = SIZE_MODE};
}

/* ---- types ---- */

/* The words of C's types and the assembler's that stand for a size. */
static const struct {
    const char *word;
    u8 size;
    bool is_signed;
} type_words[] = {
    {"char", BYTE, true},      {"short", WORD, true},        {"int", DWORD, true},
    {"long", SIZE_LONG, true}, {"void", BYTE, false},        {"byte", BYTE, false},
    {"word", WORD, false},     {"dword", DWORD, false},      {"qword", QWORD, false},
    {"u8", BYTE, false},       {"u16", WORD, false},         {"u32", DWORD, false},
    {"u64", QWORD, false},     {"i8", BYTE, true},           {"i16", WORD, true},
    {"i32", DWORD, true},      {"i64", QWORD, true},         {"uint8_t", BYTE, false},
    {"uint16_t", WORD, false}, {"uint32_t", DWORD, false},   {"uint64_t", QWORD, false},
    {"int8_t", BYTE, true},    {"int16_t", WORD, true},      {"int32_t", DWORD, true},
    {"int64_t", QWORD, true},  {"uchar", BYTE, false},       {"ushort", WORD, false},
    {"uint", DWORD, false},    {"size_t", SIZE_LONG, false}, {"uintptr_t", SIZE_LONG, false},
};

size_t expression_word_length(const char *text)
{
    size_t length = 0;

    while (is_word_character(text[length]) && text[length] != '?')
        length++;
    return length;
}

static bool is_word(const char *text, size_t length, const char *word)
{
    return strlen(word) == length && !strncmp(text, word, length);
}

static bool take_word(ExpressionParser *parser, const char *word)
{
    expression_skip_blanks(parser);
    if (!is_word(parser->at, expression_word_length(parser->at), word))
        return false;
    parser->at += strlen(word);
    return true;
}

static bool take_size_word(ExpressionParser *parser, ExpressionType *type)
{
    size_t length;

    expression_skip_blanks(parser);
    length = expression_word_length(parser->at);
    for (unsigned i = 0; i < COUNT_OF(type_words); i++) {
        if (is_word(parser->at, length, type_words[i].word)) {
            parser->at += length;
            type->size = type_words[i].size;
            type->is_signed = type_words[i].is_signed;
            return true;
        }
    }
    return false;
}

/* `unsigned char`, `long long`, `u16`, each with any number of `*`. False, and nothing is taken,
 * where no type is. */
static bool take_type(ExpressionParser *parser, ExpressionType *type)
{
    bool is_unsigned, is_signed;

    if (expression_take_program_type(parser, type))
        return true;
    is_unsigned = take_word(parser, "unsigned");
    is_signed = !is_unsigned && take_word(parser, "signed");
    *type = (ExpressionType){.size = DWORD, .is_signed = true};
    if (!take_size_word(parser, type) && !is_unsigned && !is_signed)
        return false;
    if (type->size == SIZE_LONG && take_word(parser, "long"))
        type->size = QWORD;
    if (type->size == SIZE_LONG || type->size == WORD)
        take_word(parser, "int");
    if (is_unsigned)
        type->is_signed = false;
    while (expression_take(parser, "*")) {
        type->pointee = type->pointee ? SIZE_LONG : type->size;
        type->pointee_signed = type->is_signed && type->pointee == type->size;
        type->size = SIZE_LONG;
        type->is_signed = false;
    }
    return true;
}

static ExpressionType cast(ExpressionParser *parser, const ExpressionType *type)
{
    ExpressionType value = *type;

    if (type->is_whole)
        return expression_fail(parser, "only a pointer or a number can be cast to: write "
                                       "*(TYPE *)ADDRESS");
    value.is_place = false;
    expression_emit(parser, type->is_signed ? DO_EXTEND : DO_TRUNCATE)->size = type->size;
    return value;
}

/* `byte[x]`, `word ptr ds:[x]`, `dword phys[x]`, `u8(x)`; `at` is behind the word. */
static ExpressionType parse_sized(ExpressionParser *parser, const ExpressionType *type)
{
    const Register *reg;
    SegmentRegister segment;
    size_t length;

    take_word(parser, "ptr");
    expression_skip_blanks(parser);
    if (*parser->at == '[')
        return parse_bracket(parser, DO_LOAD, type);
    if (take_word(parser, "phys"))
        return parse_bracket(parser, DO_LOAD_PHYSICAL, type);
    if (expression_take(parser, "(")) {
        expression_parse_whole(parser);
        expression_expect(parser, ")");
        return cast(parser, type);
    }
    length = expression_word_length(parser->at);
    reg = register_find(parser->at, length);
    if (segment_register(reg, &segment) && parser->at[length] == ':') {
        parser->at += length + 1;
        return parse_behind_segment(parser, segment, type);
    }
    return expression_fail(parser, "after a size comes [address], as in byte[esp]");
}

/* ---- names ---- */

/* `kernel.c:12`, written without a blank. */
static bool take_line(ExpressionParser *parser, const char *name, size_t length)
{
    char file[256];
    unsigned line = 0;
    u64 address;

    if (!parser->names || !parser->names->symbols || name[length] != ':' ||
        !isdigit((u8)name[length + 1]) || length >= sizeof file || !memchr(name, '.', length))
        return false;
    snprintf(file, sizeof file, "%.*s", (int)length, name);
    line = (unsigned)strtoul(name + length + 1, NULL, 10);
    if (!symbols_line_addresses(parser->names->symbols, file, &line, &address, 1)) {
        expression_fail(parser, "there is no code for %s:%s", file, name + length + 1);
        return true;
    }
    parser->at = name + length + 1;
    while (isdigit((u8)*parser->at))
        parser->at++;
    expression_push_number(parser, address);
    return true;
}

static const Symbol *find_symbol(const ExpressionParser *parser, const char *name, size_t length)
{
    if (!parser->names || !parser->names->symbols)
        return NULL;
    return symbols_find(parser->names->symbols, name, length);
}

static ExpressionType push_symbol(ExpressionParser *parser, const Symbol *symbol)
{
    ExpressionType type = {.size = (u8)symbol->size}, address = number_type;
    bool value = symbol->kind == SYMBOL_DATA &&
                 (symbol->size == 1 || symbol->size == 2 || symbol->size == 4 || symbol->size == 8);

    expression_push_number(parser, symbol->address);
    address.is_symbol = true;
    return value ? expression_load(parser, DO_LOAD, &type) : address;
}

static ExpressionType parse_register(ExpressionParser *parser, const Register *reg)
{
    const ExpressionType word = {.size = SIZE_MODE};
    SegmentRegister segment;

    if (segment_register(reg, &segment) && !parser->no_colon && expression_take(parser, ":"))
        return parse_behind_segment(parser, segment, &word);
    expression_emit(parser, DO_REGISTER)->reg = reg;
    return (ExpressionType){.size = (u8)register_size(reg), .is_place = true};
}

/* `task.name`: a name may have dots, so the longest beginning that is a variable counts. */
static bool push_dotted(ExpressionParser *parser, const char *name, size_t length,
                        ExpressionType *type)
{
    while (length--) {
        if (name[length] != '.' || !expression_push_variable(parser, name, length, type))
            continue;
        parser->at = name + length;
        return true;
    }
    return false;
}

/* sizeof(TYPE), sizeof(x), sizeof x */
static ExpressionType parse_sizeof(ExpressionParser *parser)
{
    unsigned count = parser->count;
    const char *begin = parser->at;
    ExpressionType type;
    u64 size;

    if (expression_take(parser, "(") && take_type(parser, &type)) {
        expression_expect(parser, ")");
    } else {
        parser->at = begin;
        type = expression_parse_unary(parser);
        parser->count = count;
    }
    size = type.c.known ? type_size(&type.c) : type.size <= QWORD ? type.size : 0;
    if (!parser->failed && size)
        return expression_push_number(parser, size);
    expression_emit(parser, DO_SIZE)->size = type.size;
    return number_type;
}

static ExpressionType parse_name(ExpressionParser *parser)
{
    const ExpressionType word = {.size = SIZE_MODE};
    const char *name = parser->at;
    size_t length = expression_word_length(name);
    ExpressionType type = word;
    const Register *reg;
    const Symbol *symbol;
    u64 value;

    if (is_word(name, length, "phys")) {
        parser->at += length;
        take_size_word(parser, &type);
        return parse_bracket(parser, DO_LOAD_PHYSICAL, &type);
    }
    reg = register_find(name, length);
    if (reg) {
        parser->at += length;
        return parse_register(parser, reg);
    }
    if (take_size_word(parser, &type))
        return parse_sized(parser, &type);
    parser->at += length;
    if (*name == '$') {
        if (parser->names && parser->names->variable &&
            parser->names->variable(parser->names->owner, name + 1, length - 1, &value))
            return expression_push_number(parser, value);
        return expression_fail(parser, "there is no register called '%.*s'", (int)length, name);
    }
    if (is_word(name, length, "sizeof"))
        return parse_sizeof(parser);
    if (expression_push_variable(parser, name, length, &type))
        return type;
    symbol = find_symbol(parser, name, length);
    if (symbol)
        return push_symbol(parser, symbol);
    if (take_line(parser, name, length))
        return number_type;
    if (push_dotted(parser, name, length, &type))
        return type;
    return expression_fail(parser, "there is no register or symbol called '%.*s'", (int)length,
                           name);
}

/* ---- all of them ---- */

static ExpressionType parse_parenthesis(ExpressionParser *parser)
{
    ExpressionType type;
    bool outer = parser->no_colon;

    if (take_type(parser, &type)) {
        expression_expect(parser, ")");
        expression_parse_unary(parser);
        return cast(parser, &type);
    }
    parser->no_colon = false;
    type = expression_parse_whole(parser);
    parser->no_colon = outer;
    expression_expect(parser, ")");
    return type;
}

/* gdb's {int}address */
static ExpressionType parse_braces(ExpressionParser *parser)
{
    ExpressionType type;

    if (!take_type(parser, &type))
        return expression_fail(parser, "braces hold a type, as in {int}0x1000");
    expression_expect(parser, "}");
    expression_parse_unary(parser);
    return type.c.known ? expression_load_typed(parser, &type.c)
                        : expression_load(parser, DO_LOAD, &type);
}

static ExpressionType parse_primary(ExpressionParser *parser)
{
    const ExpressionType word = {.size = SIZE_MODE};
    ExpressionType type;

    expression_skip_blanks(parser);
    if (expression_take(parser, "("))
        return parse_parenthesis(parser);
    if (expression_take(parser, "{"))
        return parse_braces(parser);
    if (*parser->at == '[')
        return parse_bracket(parser, DO_LOAD, &word);
    if (*parser->at == '\'')
        return parse_character(parser);
    if (isdigit((u8)*parser->at))
        type = parse_number(parser);
    else if (expression_word_length(parser->at))
        return parse_name(parser);
    else if (*parser->at)
        return expression_fail(parser, "'%.20s' makes no sense here", parser->at);
    else
        return expression_fail(parser, "something is missing at the end");
    if (!parser->no_colon && expression_take(parser, ":")) {
        expression_parse_unary(parser);
        expression_emit(parser, DO_SELECTOR);
        return (ExpressionType){.size = SIZE_MODE};
    }
    return type;
}

ExpressionType expression_parse_term(ExpressionParser *parser)
{
    ExpressionType type = parse_primary(parser);

    return expression_parse_postfix(parser, type);
}

ExpressionType expression_parse_dereference(ExpressionParser *parser)
{
    ExpressionType pointer = expression_parse_unary(parser);

    return expression_load_target(parser, &pointer);
}

/* Takes back the step that loaded it. */
ExpressionType expression_parse_address_of(ExpressionParser *parser)
{
    ExpressionType type = expression_parse_unary(parser);
    ExpressionStep *last = parser->count ? &parser->steps[parser->count - 1] : NULL;
    ExpressionType address = {.size = SIZE_LONG, .c = type.c};

    if (parser->failed || type.is_symbol)
        return type;
    if (last && type.is_place && !type.is_whole && last->kind == DO_LOCAL)
        last->kind = DO_LOCAL_ADDRESS;
    else if (last && type.is_place && !type.is_whole && last->kind == DO_LOAD)
        parser->count--;
    else if (!type.is_place || !type.is_whole)
        return expression_fail(parser, "behind '&' comes a symbol, or what lies in memory");
    if (!type.c.known)
        return parser->steps[parser->count - 1].kind == DO_NUMBER ? number_type : address;
    address.c = type_pointer(&type.c);
    return address;
}
