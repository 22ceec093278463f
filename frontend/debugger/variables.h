/*
 * Variables of guest programs, from DWARF (DWARF 5, "Data Object and Object List").
 */
#ifndef FRONTEND_DEBUGGER_VARIABLES_H
#define FRONTEND_DEBUGGER_VARIABLES_H

#include "frontend/debugger/dwarf_expression.h"
#include "frontend/debugger/symbols.h"
#include "frontend/debugger/types.h"

typedef struct Variable {
    const char *name;           /* valid while the file of symbols is loaded */
    CType type;                 /* likewise */
    bool is_argument;
    bool known;                 /* the compiler says where it is now */
    bool is_fixed;              /* it lies at one address, whatever runs */
    u64 entry;                  /* which it is, within its file */
    DwarfPlace place;           /* of a known one */
} Variable;

/* Those of the function in which the processor is, the innermost block first. Returns how many, at
 * most `max`. */
unsigned variables_in_scope(Cpu *cpu, Symbols *symbols, Variable *variables, unsigned max);

/* What a name means to code at `linear`: a variable of its function, of its file, of the program. Where
 * one of the function is will be known when it runs. False: there is none. */
bool variable_find(Symbols *symbols, u64 linear, const char *name, size_t length,
                   Variable *variable);

/* Where the function's variable is now. False: it is not in scope, or the compiler does not say. */
bool variable_place(Cpu *cpu, Symbols *symbols, u64 entry, DwarfPlace *place);

/* The value of 1 to 8 bytes at a place; false: it cannot be read. */
bool variable_read(Cpu *cpu, const DwarfPlace *place, unsigned size, u64 *value);

#endif
