/*
 * The local variables and arguments of a function, from DWARF (DWARF 5, "Data Object and Object List").
 */
#ifndef FRONTEND_DEBUGGER_VARIABLES_H
#define FRONTEND_DEBUGGER_VARIABLES_H

#include "frontend/debugger/dwarf_expression.h"
#include "frontend/debugger/symbols.h"

enum { VARIABLE_TYPE = 80 };

typedef struct Variable {
    const char *name;           /* valid while the file of symbols is loaded */
    char type[VARIABLE_TYPE];   /* "char *" */
    bool is_argument, is_signed, is_pointer;
    bool is_compound;           /* a structure or array */
    bool known;                 /* the compiler says where it is now */
    unsigned size;              /* bytes; 0: not known */
    DwarfPlace place;           /* of a known one */
} Variable;

/* Those that are in scope where the processor is, the innermost block first. Returns how many, at
 * most `max`. */
unsigned variables_in_scope(Cpu *cpu, Symbols *symbols, Variable *variables, unsigned max);

/* The innermost of that name; false: there is none. */
bool variable_find(Cpu *cpu, Symbols *symbols, const char *name, size_t length, Variable *variable);

/* A value of 1 to 8 bytes; false where it is not known, larger, or cannot be read. */
bool variable_read(Cpu *cpu, const Variable *variable, u64 *value);

#endif
