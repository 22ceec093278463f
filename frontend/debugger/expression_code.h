/*
 * Inside of expressions: what expression_parse.c makes and expression.c evaluates, a program for a
 * stack machine.
 */
#ifndef FRONTEND_DEBUGGER_EXPRESSION_CODE_H
#define FRONTEND_DEBUGGER_EXPRESSION_CODE_H

#include "frontend/debugger/expression.h"
#include "frontend/debugger/variables.h"

enum { EXPRESSION_STEPS = 256, EXPRESSION_NESTING = 64 };

/* Sizes beside 1, 2, 4, 8. */
enum {
    SIZE_NONE = 0,      /* a number: as many bits as it needs */
    SIZE_MODE = 16,     /* of addresses in the current mode: 2, 4 or 8 bytes */
    SIZE_LONG = 17,     /* of C's long: 4 or 8 bytes */
};

typedef enum ExpressionStepKind {
    DO_NUMBER,          /* pushes `number` */
    DO_REGISTER,        /* pushes `reg` */
    DO_SIZE,            /* pushes `size` */
    DO_LOCAL,           /* pushes the value of the function's variable `number`, `size` bytes */
    DO_LOCAL_ADDRESS,   /* pushes where it lies */
    DO_LOAD,            /* address -> memory, `size` bytes */
    DO_LOAD_PHYSICAL,
    DO_SEGMENT,         /* offset -> linear, by segment register `number` */
    DO_SELECTOR,        /* selector, offset -> linear */
    DO_SWAP,            /* the two that were pushed last */
    DO_TRUNCATE, DO_EXTEND,             /* to `size` */
    DO_NEGATE, DO_INVERT, DO_NOT, DO_TRUTH,
    DO_MULTIPLY, DO_DIVIDE, DO_REMAINDER, DO_ADD, DO_SUBTRACT, DO_SHIFT_LEFT, DO_SHIFT_RIGHT,
    DO_LESS, DO_LESS_EQUAL, DO_GREATER, DO_GREATER_EQUAL, DO_EQUAL, DO_NOT_EQUAL,
    DO_AND, DO_XOR, DO_OR,
    DO_JUMP,            /* to step `number` */
    DO_JUMP_IF_ZERO,    /* pops */
    DO_AND_ALSO,        /* top is 0: jump and keep it, else pop */
    DO_OR_ELSE,         /* top is not 0: make it 1 and jump, else pop */
} ExpressionStepKind;

typedef struct ExpressionStep {
    u8 kind;
    u8 size;            /* of loads, truncations; comparisons: both sides are cut to it */
    bool is_signed;
    union {
        u64 number;
        const Register *reg;
    };
} ExpressionStep;

/* What is known of a value before it is computed. */
typedef struct ExpressionType {
    u8 size;
    bool is_signed;         /* asked for */
    bool is_constant, is_negative;
    bool is_place;          /* the last step reads it from somewhere, or it is whole */
    bool is_symbol;         /* a symbol's address, which & leaves as it is */
    bool is_whole;          /* a structure or an array: its address stands for it */
    CType c;                /* as the program's source has it, where that is known */
    u8 pointee;             /* bytes; 0: no pointer */
    bool pointee_signed;
} ExpressionType;

struct Expression {
    Symbols *symbols;       /* of the function's variables; or NULL */
    unsigned count;
    ExpressionType type;
    ExpressionStep steps[];
};

/* ---- the parser: expression_parse.c has the operators, expression_terms.c what they operate on ---- */

typedef struct ExpressionParser {
    const char *at;
    const ExpressionNames *names;
    char *error;
    size_t error_size;
    bool failed;
    bool no_colon; /* within `a ? b : c`, where seg:offset would swallow the colon */
    unsigned nesting, count;
    ExpressionStep steps[EXPRESSION_STEPS];
} ExpressionParser;

/* The first thing that is wrong is what the user hears of. */
PRINTF_LIKE(2, 3) ExpressionType expression_fail(ExpressionParser *parser, const char *text, ...);
ExpressionStep *expression_emit(ExpressionParser *parser, ExpressionStepKind kind);

void expression_skip_blanks(ExpressionParser *parser);
bool expression_take(ExpressionParser *parser, const char *token);
void expression_expect(ExpressionParser *parser, const char *token);

ExpressionType expression_parse_whole(ExpressionParser *parser);
ExpressionType expression_parse_unary(ExpressionParser *parser);
ExpressionType expression_parse_term(ExpressionParser *parser);
ExpressionType expression_parse_dereference(ExpressionParser *parser);   /* behind `*` */
ExpressionType expression_parse_address_of(ExpressionParser *parser);    /* behind `&` */
ExpressionType expression_push_number(ExpressionParser *parser, u64 value);
size_t expression_word_length(const char *text);        /* of a name, or a number */
/* What an address, which was pushed, leads to. */
ExpressionType expression_load(ExpressionParser *parser, ExpressionStepKind kind,
                               const ExpressionType *value);

/* ---- expression_types.c: what C's types mean ---- */
ExpressionType expression_load_typed(ExpressionParser *parser, const CType *type);
/* A variable, by the scope that the names have. False: there is none of that name. */
bool expression_push_variable(ExpressionParser *parser, const char *name, size_t length,
                              ExpressionType *type);
/* `struct task *`, `Task`. False, and nothing is taken, where no type of the program is. */
bool expression_take_program_type(ExpressionParser *parser, ExpressionType *type);
/* `.name`, `->name`, `[index]`, as often as they come. */
ExpressionType expression_parse_postfix(ExpressionParser *parser, ExpressionType type);
/* What a pointer, or an array, points to; its size is pushed by the second. */
ExpressionType expression_load_target(ExpressionParser *parser, const ExpressionType *pointer);
bool expression_push_stride(ExpressionParser *parser, const ExpressionType *pointer);
bool expression_points(const ExpressionType *type);

#endif
