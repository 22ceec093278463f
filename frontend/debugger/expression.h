/*
 * Expressions over a processor: `eax == 5 && [esp+4] > 0x1000 && cpl == 3`. Compiled once,
 * evaluated often: conditions of breakpoints are.
 *
 *   numbers     17, 0x11, 021, 11h, 0b10001, 'a'
 *   registers   eax, $eax, ah, zf, cs, cs.base, cpl, cr3: see registers.h; before symbols of that name
 *   symbols     main (a function: its address), counter (an object of 1, 2, 4, 8 bytes: its value),
 *               &counter, kernel.c:12
 *   memory      [esp+4] has the size of the mode's addresses; byte[x] word[x] dword[x] qword[x];
 *               es:[di], [es:di] through a segment; phys[x], byte phys[x]; *x, *(char *)x
 *   operators   C's, with C's precedence; numbers are of 64 bits and unsigned
 *   C's types   of programs with DWARF: task->name, table[3].x, *p, &x, p + 1 counts in what p points to,
 *               (struct task *)0x1234, {struct task}0x1234, sizeof(struct task), names of enumerators
 *   signs       i8(x) i16(x) i32(x) i64(x), or a cast as in C, (int)x: compares, /, % and >> are signed
 *               where one side is; eax == -1 and eax > -16 mean 32-bit numbers as EAX is one
 */
#ifndef FRONTEND_DEBUGGER_EXPRESSION_H
#define FRONTEND_DEBUGGER_EXPRESSION_H

#include "cpu/cpu.h"
#include "frontend/debugger/registers.h"
#include "frontend/debugger/symbols.h"
#include "frontend/debugger/types.h"

typedef struct Expression Expression;

/* What can be changed and watched. */
typedef enum PlaceKind { PLACE_NONE, PLACE_REGISTER, PLACE_LINEAR, PLACE_PHYSICAL } PlaceKind;
typedef struct Place {
    PlaceKind kind;
    const Register *reg;
    u64 address;
    u64 size;                   /* bytes */
} Place;

/* Where names come from beside the registers. */
typedef struct ExpressionNames {
    Symbols *symbols;           /* NULL: none. Outlives the expression */
    bool (*variable)(void *owner, const char *name, size_t length, u64 *value);  /* $name; or NULL */
    void *owner;
    u64 scope;                  /* variables are those of the function around this code; 0: of none. They
                                 * are looked up again in the frame that runs when it is evaluated */
} ExpressionNames;

/* `names` may be NULL. NULL with a sentence in `error` that says where the text makes no sense. */
Expression *expression_compile(const char *text, const ExpressionNames *names, char *error,
                               size_t error_size);
void expression_free(Expression *expression);

/* Like expression_compile(), but stops where the expression ends; *rest is what follows. */
Expression *expression_compile_part(const char *text, const char **rest,
                                    const ExpressionNames *names, char *error, size_t error_size);

/* False with a sentence in `error` where a number is divided by zero or memory cannot be read.
 * Nothing of the machine changes. */
bool expression_evaluate(const Expression *expression, Cpu *cpu, u64 *value, char *error,
                         size_t error_size);

/* What the value is: its bytes, and whether it was asked to be signed. */
Size expression_size(const Expression *expression, const Cpu *cpu);
bool expression_is_signed(const Expression *expression);
/* Bytes of what a pointer, `(short *)x`, points to; 0: it is none. */
unsigned expression_pointee(const Expression *expression);

/* As the program's source has it; NULL: that is not known. Where `whole` the value is the address of it. Valid
 * while the file of symbols is loaded. */
const CType *expression_c_type(const Expression *expression, bool *whole);

/* Of an expression, or of the name of a program's type, `struct task *`. False with a sentence in `error`. */
bool expression_find_type(const char *text, const ExpressionNames *names, CType *type, char *error,
                          size_t error_size);

/* A record itself, where the unit that names it only declares it. */
CType expression_complete(const ExpressionNames *names, CType type);

/* Where the value lies; PLACE_NONE for the value of a computation. False as expression_evaluate(). */
bool expression_place(const Expression *expression, Cpu *cpu, Place *place, char *error,
                      size_t error_size);

#endif
