/*
 * From text to steps, by recursive descent: the operators, each level of C's precedence a row of
 * `levels`. What they operate on is in expression_terms.c.
 */
#include "frontend/debugger/expression_code.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const ExpressionType computed_type = {.size = QWORD};

ExpressionType expression_fail(ExpressionParser *parser, const char *text, ...)
{
    va_list arguments;

    if (!parser->failed) {
        va_start(arguments, text);
        vsnprintf(parser->error, parser->error_size, text, arguments);
        va_end(arguments);
    }
    parser->failed = true;
    return computed_type;
}

void expression_skip_blanks(ExpressionParser *parser)
{
    while (isspace((u8)*parser->at))
        parser->at++;
}

bool expression_take(ExpressionParser *parser, const char *token)
{
    expression_skip_blanks(parser);
    if (strncmp(parser->at, token, strlen(token)))
        return false;
    parser->at += strlen(token);
    return true;
}

void expression_expect(ExpressionParser *parser, const char *token)
{
    if (expression_take(parser, token))
        return;
    if (*parser->at)
        expression_fail(parser, "a '%s' is missing before '%.20s'", token, parser->at);
    else
        expression_fail(parser, "a '%s' is missing at the end", token);
}

ExpressionStep *expression_emit(ExpressionParser *parser, ExpressionStepKind kind)
{
    if (parser->count == EXPRESSION_STEPS) {
        expression_fail(parser, "this is too long");
        parser->count = 0;
    }
    parser->steps[parser->count] = (ExpressionStep){.kind = (u8)kind};
    return &parser->steps[parser->count++];
}

/* ---- one operand ---- */

static ExpressionType negated(ExpressionType type)
{
    type.is_place = false;
    type.is_negative = type.is_constant;
    if (!type.is_constant && type.size != SIZE_NONE)
        type.is_signed = true;
    return type;
}

/* Structures and floating-point numbers are only looked at. */
static void expect_number(ExpressionParser *parser, const ExpressionType *type)
{
    CTypeKind kind = type_kind(&type->c);

    if (kind == C_RECORD)
        expression_fail(parser, "a structure is no number: name one of its members");
    else if (kind == C_FLOAT)
        expression_fail(parser, "floating-point numbers can only be printed");
}

static ExpressionType operate(ExpressionParser *parser, ExpressionStepKind kind,
                              ExpressionType type)
{
    expect_number(parser, &type);
    expression_emit(parser, kind);
    type.is_place = type.is_whole = type.is_symbol = false;
    type.c = (CType){0};
    type.pointee = 0;
    return type;
}

static ExpressionType parse_not(ExpressionParser *parser)
{
    operate(parser, DO_NOT, expression_parse_unary(parser));
    return computed_type;
}

ExpressionType expression_parse_unary(ExpressionParser *parser)
{
    ExpressionType type = computed_type;

    if (++parser->nesting > EXPRESSION_NESTING)
        expression_fail(parser, "this is nested too deeply");
    if (parser->failed)
        return type;
    expression_skip_blanks(parser);
    if (expression_take(parser, "-"))
        type = negated(operate(parser, DO_NEGATE, expression_parse_unary(parser)));
    else if (expression_take(parser, "+"))
        type = expression_parse_unary(parser);
    else if (expression_take(parser, "~"))
        type = negated(operate(parser, DO_INVERT, expression_parse_unary(parser)));
    else if (expression_take(parser, "!"))
        type = parse_not(parser);
    else if (expression_take(parser, "*"))
        type = expression_parse_dereference(parser);
    else if (expression_take(parser, "&"))
        type = expression_parse_address_of(parser);
    else
        type = expression_parse_term(parser);
    parser->nesting--;
    return type;
}

typedef struct BinaryOperator {
    const char *token;
    ExpressionStepKind kind;
} BinaryOperator;

/* C's levels, the tightest first. A longer token stands before its beginning. */
enum { LEVELS = 8, LEVEL_COMPARE = 3, LEVEL_EQUAL = 4, LEVEL_OPERATORS = 5 };
static const BinaryOperator levels[LEVELS][LEVEL_OPERATORS] = {
    {{"*", DO_MULTIPLY}, {"/", DO_DIVIDE}, {"%", DO_REMAINDER}},
    {{"+", DO_ADD}, {"-", DO_SUBTRACT}},
    {{"<<", DO_SHIFT_LEFT}, {">>", DO_SHIFT_RIGHT}},
    {{"<=", DO_LESS_EQUAL}, {">=", DO_GREATER_EQUAL}, {"<", DO_LESS}, {">", DO_GREATER}},
    {{"==", DO_EQUAL}, {"!=", DO_NOT_EQUAL}},
    {{"&", DO_AND}},
    {{"^", DO_XOR}},
    {{"|", DO_OR}},
};

/* `<` is not the beginning of `<<`, nor `&` of `&&`. */
static bool take_operator(ExpressionParser *parser, const BinaryOperator *operator)
{
    size_t length = strlen(operator->token);
    char next;

    expression_skip_blanks(parser);
    if (strncmp(parser->at, operator->token, length))
        return false;
    next = parser->at[length];
    if (length == 1 && strchr("<>&|", *operator->token) && next == *operator->token)
        return false;
    parser->at += length;
    return true;
}

/* `p + 1`, `1 + p`, `p - 1`, `p - q` count in what p points to. */
static ExpressionType combine_pointers(ExpressionParser *parser, ExpressionStepKind kind,
                                       const ExpressionType *left, const ExpressionType *right)
{
    bool swap = !expression_points(left);
    ExpressionType pointer = swap ? *right : *left;

    if (!swap && expression_points(right)) {
        expression_emit(parser, kind);
        if (expression_push_stride(parser, left))
            expression_emit(parser, DO_DIVIDE)->is_signed = true;
        return (ExpressionType){.size = QWORD, .is_signed = true};
    }
    if (swap)
        expression_emit(parser, DO_SWAP);
    if (expression_push_stride(parser, &pointer)) {
        expression_emit(parser, DO_MULTIPLY);
        expression_emit(parser, kind);
    }
    if (type_kind(&pointer.c) == C_ARRAY) {
        CType element = type_target(&pointer.c);

        pointer.c = type_pointer(&element);
    }
    pointer.is_place = pointer.is_whole = false;
    return pointer;
}

static ExpressionType combine(ExpressionParser *parser, unsigned level, ExpressionStepKind kind,
                              const ExpressionType *left, const ExpressionType *right)
{
    bool compares = level == LEVEL_COMPARE || level == LEVEL_EQUAL;
    bool asked = left->is_signed || right->is_signed;
    bool negative = left->is_negative || right->is_negative;
    ExpressionStep *step;

    expect_number(parser, left);
    expect_number(parser, right);
    if ((kind == DO_ADD && (expression_points(left) || expression_points(right))) ||
        (kind == DO_SUBTRACT && expression_points(left)))
        return combine_pointers(parser, kind, left, right);
    step = expression_emit(parser, kind);
    step->is_signed = asked || negative;
    if (compares && !asked && left->is_negative && right->size != SIZE_NONE)
        step->size = right->size;
    else if (compares && !asked && right->is_negative && left->size != SIZE_NONE)
        step->size = left->size;
    if (step->size)
        step->is_signed = false;
    if (compares)
        return computed_type;
    return (ExpressionType){
        .size = left->is_constant && right->is_constant ? SIZE_NONE : QWORD,
        .is_constant = left->is_constant && right->is_constant,
        .is_signed = asked,
        .is_negative = negative && left->is_constant && right->is_constant,
    };
}

static ExpressionType parse_level(ExpressionParser *parser, unsigned level)
{
    ExpressionType left, right;
    unsigned i;

    left = level ? parse_level(parser, level - 1) : expression_parse_unary(parser);
    for (i = 0; i < LEVEL_OPERATORS && !parser->failed; i++) {
        const BinaryOperator *operator= & levels[level][i];

        if (!operator->token || !take_operator(parser, operator))
            continue;
        right = level ? parse_level(parser, level - 1) : expression_parse_unary(parser);
        left = combine(parser, level, operator->kind, &left, &right);
        i = ~0u; /* and again from the row's first */
    }
    return left;
}

/* `a && b && c`: each that decides jumps to its own end, which is at the next. */
static ExpressionType parse_logical(ExpressionParser *parser, bool or)
{
    ExpressionType type = or ? parse_logical(parser, false) : parse_level(parser, LEVELS - 1);

    while (!parser->failed && expression_take(parser, or ? "||" : "&&")) {
        ExpressionStep *jump = expression_emit(parser, or ? DO_OR_ELSE : DO_AND_ALSO);

        if (or)
            parse_logical(parser, false);
        else
            parse_level(parser, LEVELS - 1);
        expression_emit(parser, DO_TRUTH);
        jump->number = parser->count;
        type = computed_type;
    }
    return type;
}

static ExpressionType parse_choice(ExpressionParser *parser)
{
    ExpressionStep *skip_first = expression_emit(parser, DO_JUMP_IF_ZERO), *skip_second;
    bool outer = parser->no_colon;

    parser->no_colon = true;
    expression_parse_whole(parser);
    parser->no_colon = outer;
    expression_expect(parser, ":");
    skip_second = expression_emit(parser, DO_JUMP);
    skip_first->number = parser->count;
    expression_parse_whole(parser);
    skip_second->number = parser->count;
    return computed_type;
}

ExpressionType expression_parse_whole(ExpressionParser *parser)
{
    ExpressionType type = computed_type;

    if (++parser->nesting > EXPRESSION_NESTING)
        expression_fail(parser, "this is nested too deeply");
    if (!parser->failed)
        type = parse_logical(parser, true);
    if (!parser->failed && expression_take(parser, "?"))
        type = parse_choice(parser);
    parser->nesting--;
    return type;
}

Expression *expression_compile_part(const char *text, const char **rest,
                                    const ExpressionNames *names, char *error, size_t error_size)
{
    ExpressionParser parser = {
        .at = text, .names = names, .error = error, .error_size = error_size};
    ExpressionType type = expression_parse_whole(&parser);
    Expression *expression;

    expression_skip_blanks(&parser);
    *rest = parser.at;
    if (parser.failed)
        return NULL;
    expression = malloc(sizeof *expression + parser.count * sizeof *expression->steps);
    if (!expression) {
        snprintf(error, error_size, "the host is out of memory");
        return NULL;
    }
    expression->type = type;
    expression->symbols = names ? names->symbols : NULL;
    expression->count = parser.count;
    memcpy(expression->steps, parser.steps, parser.count * sizeof *expression->steps);
    return expression;
}

Expression *expression_compile(const char *text, const ExpressionNames *names, char *error,
                               size_t error_size)
{
    const char *rest;
    Expression *expression = expression_compile_part(text, &rest, names, error, error_size);

    if (expression && *rest) {
        snprintf(error, error_size, "'%.20s' makes no sense here", rest);
        expression_free(expression);
        return NULL;
    }
    return expression;
}

bool expression_find_type(const char *text, const ExpressionNames *names, CType *type, char *error,
                          size_t error_size)
{
    ExpressionParser parser = {
        .at = text, .names = names, .error = error, .error_size = error_size};
    ExpressionType found;
    Expression *expression;

    if (expression_take_program_type(&parser, &found)) {
        expression_skip_blanks(&parser);
        *type = found.c;
        if (parser.failed || !*parser.at)
            return !parser.failed;
    }
    expression = expression_compile(text, names, error, error_size);
    if (!expression)
        return false;
    *type = expression->type.c;
    expression_free(expression);
    if (!type->known)
        snprintf(error, error_size, "the symbols do not say of what type it is");
    return type->known;
}

void expression_free(Expression *expression)
{
    free(expression);
}
