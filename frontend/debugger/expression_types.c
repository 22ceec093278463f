/*
 * C's types in expressions: variables of the program, members, elements, pointers.
 *
 * A value of 1, 2, 4 or 8 bytes is loaded; a structure or an array is its address, until a member
 * or an element is asked for.
 */
#include "frontend/debugger/expression_code.h"

#include "frontend/debugger/symbol_files.h"

#include <ctype.h>
#include <string.h>

static bool fits_number(u64 size)
{
    return size == 1 || size == 2 || size == 4 || size == 8;
}

/* What a value of it is, without the steps that get it. */
static ExpressionType typed(const CType *type)
{
    CTypeKind kind = type_kind(type);
    u64 size = type_size(type);

    if (kind == C_RECORD || kind == C_ARRAY || !fits_number(size))
        return (ExpressionType){.size = type->word, .is_place = true, .is_whole = true, .c = *type};
    return (ExpressionType){
        .size = (u8)size, .is_signed = type_is_signed(type), .is_place = true, .c = *type};
}

ExpressionType expression_load_typed(ExpressionParser *parser, const CType *type)
{
    ExpressionType value;

    switch (type_kind(type)) {
    case C_VOID:
        return expression_fail(parser, "it points to void: cast it to another pointer first");
    case C_FUNCTION:
        return (ExpressionType){.size = type->word};
    default:
        break;
    }
    value = typed(type);
    if (!value.is_whole)
        value = expression_load(parser, DO_LOAD, &value);
    value.c = *type;
    return value;
}

/* ---- variables ---- */

static ExpressionType push_variable(ExpressionParser *parser, const Variable *variable)
{
    ExpressionType type = typed(&variable->type);
    ExpressionStep *step;

    if (variable->is_fixed) {
        expression_push_number(parser, variable->place.value);
        return expression_load_typed(parser, &variable->type);
    }
    step = expression_emit(parser, type.is_whole ? DO_LOCAL_ADDRESS : DO_LOCAL);
    step->number = variable->entry;
    step->size = type.size;
    step->is_signed = type.is_signed;
    return type;
}

/* The value of an enumerator. */
static bool find_enumerator(Symbols *symbols, const char *name, size_t length, u64 *value)
{
    const SymbolFile *file;
    Dwarf_Attribute attribute;
    Dwarf_Sword number;
    Dwarf_Die die;

    if (!symbols_entry(symbols, ENTRY_ENUMERATOR, name, length, &file, &die) ||
        dwarf_formsdata(dwarf_attr(&die, 0x1C /* DW_AT_const_value */, &attribute), &number))
        return false;
    *value = (u64)number;
    return true;
}

bool expression_push_variable(ExpressionParser *parser, const char *name, size_t length,
                              ExpressionType *type)
{
    const ExpressionNames *names = parser->names;
    Variable variable;
    u64 value;

    if (!names || !names->symbols || !length)
        return false;
    if (variable_find(names->symbols, names->scope, name, length, &variable))
        *type = push_variable(parser, &variable);
    else if (!symbols_find(names->symbols, name, length) &&
             find_enumerator(names->symbols, name, length, &value))
        *type = expression_push_number(parser, value);
    else
        return false;
    return true;
}

/* ---- types by name ---- */

static size_t name_length(const char *text)
{
    size_t length = 0;

    while (isalnum((u8)text[length]) || text[length] == '_')
        length++;
    return length;
}

static bool take_plain_word(ExpressionParser *parser, const char *word)
{
    expression_skip_blanks(parser);
    if (name_length(parser->at) != strlen(word) || strncmp(parser->at, word, strlen(word)))
        return false;
    parser->at += strlen(word);
    return true;
}

static void skip_qualifiers(ExpressionParser *parser)
{
    while (take_plain_word(parser, "const") || take_plain_word(parser, "volatile"))
        ;
}

/* A typedef, unless the name is something else to this expression. */
static bool take_typedef(ExpressionParser *parser, Dwarf_Die *die)
{
    Symbols *symbols = parser->names->symbols;
    size_t length = name_length(parser->at);
    const SymbolFile *file;
    Variable variable;

    if (!length || register_find(parser->at, length) ||
        !symbols_entry(symbols, ENTRY_TYPEDEF, parser->at, length, &file, die) ||
        variable_find(symbols, parser->names->scope, parser->at, length, &variable))
        return false;
    parser->at += length;
    return true;
}

static bool take_tagged(ExpressionParser *parser, EntryKind kind, const char *word, Dwarf_Die *die)
{
    const SymbolFile *file;
    size_t length;

    if (!take_plain_word(parser, word))
        return false;
    expression_skip_blanks(parser);
    length = name_length(parser->at);
    if (!symbols_entry(parser->names->symbols, kind, parser->at, length, &file, die))
        expression_fail(parser, "there is no %s %.*s in the symbols", word, (int)length,
                        parser->at);
    parser->at += length;
    return true;
}

bool expression_take_program_type(ExpressionParser *parser, ExpressionType *type)
{
    const char *begin = parser->at;
    Dwarf_Die die;
    CType found;

    *type = (ExpressionType){.size = QWORD};
    if (!parser->names || !parser->names->symbols)
        return false;
    skip_qualifiers(parser);
    expression_skip_blanks(parser);
    if (!take_tagged(parser, ENTRY_STRUCTURE, "struct", &die) &&
        !take_tagged(parser, ENTRY_UNION, "union", &die) &&
        !take_tagged(parser, ENTRY_ENUMERATION, "enum", &die) && !take_typedef(parser, &die)) {
        parser->at = begin;
        return false;
    }
    if (parser->failed)
        return true;
    found = type_of_entry(&die);
    for (skip_qualifiers(parser); expression_take(parser, "*"); skip_qualifiers(parser))
        found = type_pointer(&found);
    *type = typed(&found);
    return true;
}

/* ---- pointers ---- */

bool expression_points(const ExpressionType *type)
{
    CTypeKind kind = type_kind(&type->c);

    return type->c.known ? kind == C_POINTER || kind == C_ARRAY : type->pointee != 0;
}

bool expression_push_stride(ExpressionParser *parser, const ExpressionType *pointer)
{
    CType target = type_target(&pointer->c);
    u64 size = type_size(&target);

    if (!pointer->c.known) {
        expression_emit(parser, DO_SIZE)->size = pointer->pointee;
        return true;
    }
    if (type_kind(&target) == C_VOID || type_kind(&target) == C_FUNCTION)
        size = 1; /* as GNU C has it */
    if (!size)
        expression_fail(parser, "the size of what it points to is not known");
    expression_push_number(parser, size);
    return size != 0;
}

CType expression_complete(const ExpressionNames *names, CType type)
{
    const char *name = type_incomplete(&type);
    const SymbolFile *file;
    Dwarf_Die die;

    if (!name || !names || !names->symbols)
        return type;
    if (symbols_entry(names->symbols, ENTRY_STRUCTURE, name, strlen(name), &file, &die) ||
        symbols_entry(names->symbols, ENTRY_UNION, name, strlen(name), &file, &die))
        return type_of_entry(&die);
    return type;
}

ExpressionType expression_load_target(ExpressionParser *parser, const ExpressionType *pointer)
{
    CType target;
    ExpressionType value = {.size = pointer->pointee ? pointer->pointee : SIZE_MODE,
                            .is_signed = pointer->pointee_signed};

    if (!pointer->c.known || !expression_points(pointer))
        return expression_load(parser, DO_LOAD, &value);
    target = expression_complete(parser->names, type_target(&pointer->c));
    return expression_load_typed(parser, &target);
}

/* ---- members and elements ---- */

/* The member's bits, of a storage unit that was pushed. */
static ExpressionType cut_bits(ExpressionParser *parser, const CMember *member)
{
    const ExpressionType unit = {.size = QWORD};
    bool is_signed = type_is_signed(&member->type);
    ExpressionType type = typed(&member->type);
    unsigned end = member->shift + member->bits;
    ExpressionType load = unit;

    if (end > 64)
        return expression_fail(parser, "a bit field over more than 8 bytes is not done");
    load.size = end <= 8 ? BYTE : end <= 16 ? WORD : end <= 32 ? DWORD : QWORD;
    expression_load(parser, DO_LOAD, &load);
    expression_push_number(parser, 64 - end);
    expression_emit(parser, DO_SHIFT_LEFT);
    expression_push_number(parser, 64 - member->bits);
    expression_emit(parser, DO_SHIFT_RIGHT)->is_signed = is_signed;
    if (type.is_whole)
        return unit;
    type.is_place = false;
    return type;
}

static ExpressionType parse_member(ExpressionParser *parser, const ExpressionType *record)
{
    CType type = record->c;
    CMember member;
    const char *name;
    size_t length;

    if (type_kind(&type) == C_POINTER)
        type = type_target(&type);
    type = expression_complete(parser->names, type);
    expression_skip_blanks(parser);
    name = parser->at;
    length = name_length(name);
    if (type_kind(&type) != C_RECORD)
        return expression_fail(parser, "what is before '%.*s' is no structure", (int)length, name);
    if (type_incomplete(&type))
        return expression_fail(parser, "the members of struct %s are not in the symbols",
                               type_incomplete(&type));
    if (!length || !type_member(&type, name, length, &member))
        return expression_fail(parser, "there is no member '%.*s'", (int)length, name);
    parser->at += length;
    expression_push_number(parser, member.offset);
    expression_emit(parser, DO_ADD);
    if (member.bits)
        return cut_bits(parser, &member);
    return expression_load_typed(parser, &member.type);
}

static ExpressionType parse_element(ExpressionParser *parser, const ExpressionType *array)
{
    bool outer = parser->no_colon;

    if (!expression_points(array))
        return expression_fail(parser, "before '[' comes an array or a pointer, or a size, as in "
                                       "dword[x]");
    parser->no_colon = false;
    expression_parse_whole(parser);
    parser->no_colon = outer;
    expression_expect(parser, "]");
    if (!parser->failed && expression_push_stride(parser, array)) {
        expression_emit(parser, DO_MULTIPLY);
        expression_emit(parser, DO_ADD);
    }
    return expression_load_target(parser, array);
}

ExpressionType expression_parse_postfix(ExpressionParser *parser, ExpressionType type)
{
    while (!parser->failed) {
        if (type.c.known && (expression_take(parser, "->") || expression_take(parser, ".")))
            type = parse_member(parser, &type);
        else if (expression_take(parser, "["))
            type = parse_element(parser, &type);
        else
            break;
    }
    return type;
}
