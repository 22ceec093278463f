/*
 * Not implemented: variables in pieces; those of callers' frames.
 */
#include "frontend/debugger/variables.h"

#include "frontend/debugger/backtrace.h"
#include "frontend/debugger/guest_memory.h"
#include "frontend/debugger/symbol_files.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

typedef struct Scope {
    DwarfContext context;
    u64 address;       /* as in the file */
    Dwarf_Die *blocks; /* around it, the innermost first; the last is the unit */
    int count;
} Scope;

/* ---- places ---- */

static bool evaluate(const Scope *scope, Dwarf_Die *die, unsigned name, DwarfPlace *place)
{
    DwarfContext context = scope->context;
    Dwarf_Attribute attribute;
    Dwarf_Op *steps;
    size_t count;

    context.attribute = &attribute;
    return dwarf_attr_integrate(die, name, &attribute) &&
           dwarf_getlocation_addr(&attribute, scope->address, &steps, &count, 1) == 1 &&
           dwarf_evaluate(&context, steps, count, place);
}

static void find_base(Scope *scope, Dwarf_Die *function)
{
    DwarfContext *context = &scope->context;
    DwarfPlace place;

    context->has_base = evaluate(scope, function, DW_AT_frame_base, &place);
    if (!context->has_base)
        return;
    context->base = place.value;
    if (place.kind == DWARF_IN_REGISTER && place.value < DWARF_REGISTERS)
        context->base = context->registers[place.value];
}

/* The blocks around an address. False: no file knows the code there; else scope_close() is due. */
static bool open_scope(Scope *scope, Symbols *symbols, u64 linear, const SymbolFile **file)
{
    Dwarf_Die unit;

    if (!symbols_unit(symbols, linear, file, &unit))
        return false;
    scope->context.bias = (*file)->bias;
    scope->address = linear - (*file)->bias;
    scope->count = dwarf_getscopes(&unit, scope->address, &scope->blocks);
    return scope->count > 0;
}

/* The same where the processor is, and the frame of the function that runs. */
static bool open_frame(Scope *scope, Cpu *cpu, Symbols *symbols)
{
    u64 linear = (cpu->segments[CS].base + cpu->rip) & cpu->linear_mask;
    const SymbolFile *file;

    backtrace_context(cpu, symbols, &scope->context);
    if (!open_scope(scope, symbols, linear, &file))
        return false;
    for (int i = 0; i < scope->count; i++)
        if (dwarf_tag(&scope->blocks[i]) == DW_TAG_subprogram)
            find_base(scope, &scope->blocks[i]);
    return true;
}

static void close_scope(Scope *scope)
{
    free(scope->blocks);
}

/* ---- entries ---- */

static bool is_variable(Dwarf_Die *die)
{
    int tag = dwarf_tag(die);

    return (tag == DW_TAG_variable || tag == DW_TAG_formal_parameter) && dwarf_diename(die);
}

static Variable describe(const Scope *scope, Dwarf_Die *die)
{
    Variable variable = {.name = dwarf_diename(die),
                         .type = type_of(die),
                         .is_argument = dwarf_tag(die) == DW_TAG_formal_parameter,
                         .entry = dwarf_dieoffset(die)};

    variable.known = evaluate(scope, die, DW_AT_location, &variable.place);
    return variable;
}

static bool is_unit(Dwarf_Die *block)
{
    return dwarf_tag(block) == DW_TAG_compile_unit;
}

unsigned variables_in_scope(Cpu *cpu, Symbols *symbols, Variable *variables, unsigned max)
{
    unsigned found = 0;
    Scope scope = {0};
    Dwarf_Die die;

    if (!open_frame(&scope, cpu, symbols))
        return 0;
    for (int i = 0; i < scope.count && !is_unit(&scope.blocks[i]); i++) {
        if (dwarf_child(&scope.blocks[i], &die))
            continue;
        do {
            if (is_variable(&die) && found < max)
                variables[found++] = describe(&scope, &die);
        } while (!dwarf_siblingof(&die, &die));
    }
    close_scope(&scope);
    return found;
}

/* A declaration says nothing of where it is. */
static bool is_called(Dwarf_Die *die, const char *name, size_t length)
{
    const char *own = is_variable(die) ? dwarf_diename(die) : NULL;

    return own && strlen(own) == length && !strncmp(own, name, length) &&
           !dwarf_hasattr(die, DW_AT_declaration);
}

static bool find_in_blocks(Scope *scope, const char *name, size_t length, Dwarf_Die *die)
{
    for (int i = 0; i < scope->count; i++) {
        if (dwarf_child(&scope->blocks[i], die))
            continue;
        do {
            if (is_called(die, name, length))
                return true;
        } while (!dwarf_siblingof(die, die));
    }
    return false;
}

/* What can be found without registers and frames lies at one address. */
static Variable describe_fixed(const SymbolFile *file, Scope *scope, Dwarf_Die *die)
{
    Variable variable;

    scope->context = (DwarfContext){.word = type_of(die).word, .bias = file->bias};
    variable = describe(scope, die);
    variable.is_fixed = variable.known && variable.place.kind == DWARF_IN_MEMORY;
    variable.known = variable.is_fixed;
    return variable;
}

bool variable_find(Symbols *symbols, u64 linear, const char *name, size_t length,
                   Variable *variable)
{
    const SymbolFile *file;
    Scope scope = {0};
    bool found = false;
    Dwarf_Die die;

    if (open_scope(&scope, symbols, linear, &file)) {
        found = find_in_blocks(&scope, name, length, &die);
        if (found)
            *variable = describe_fixed(file, &scope, &die);
        close_scope(&scope);
    }
    if (found || !symbols_entry(symbols, ENTRY_VARIABLE, name, length, &file, &die))
        return found;
    *variable = describe_fixed(file, &scope, &die);
    return true;
}

bool variable_place(Cpu *cpu, Symbols *symbols, u64 entry, DwarfPlace *place)
{
    bool found = false;
    Scope scope = {0};
    Dwarf_Die die;

    if (!open_frame(&scope, cpu, symbols))
        return false;
    for (int i = 0; i < scope.count && !found && !is_unit(&scope.blocks[i]); i++) {
        if (dwarf_child(&scope.blocks[i], &die))
            continue;
        do {
            found = dwarf_dieoffset(&die) == entry;
        } while (!found && !dwarf_siblingof(&die, &die));
    }
    found = found && evaluate(&scope, &die, DW_AT_location, place);
    close_scope(&scope);
    return found;
}

bool variable_read(Cpu *cpu, const DwarfPlace *place, unsigned size, u64 *value)
{
    DwarfContext context;

    if (!size || size > QWORD)
        return false;
    dwarf_context_now(&context, cpu);
    *value = place->value;
    if (place->kind == DWARF_IN_REGISTER) {
        if (place->value >= DWARF_REGISTERS)
            return false;
        *value = context.registers[place->value];
    } else if (place->kind == DWARF_IN_MEMORY) {
        *value = 0;
        if (guest_read(cpu, place->value, value, size) != size)
            return false;
    }
    *value &= ~(u64)0 >> (64 - 8 * size);
    return true;
}
