/*
 * Not implemented: variables in pieces, bit fields, members of structures, elements of arrays.
 */
#include "frontend/debugger/variables.h"

#include "frontend/debugger/backtrace.h"
#include "frontend/debugger/guest_memory.h"
#include "frontend/debugger/symbol_files.h"

#include <dwarf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEEPEST_TYPE = 16 }; /* of typedefs and pointers, in a file that may be damaged */

typedef struct Scope {
    DwarfContext context;
    u64 address; /* as in the file */
    Variable *variables;
    unsigned count, max;
} Scope;

/* ---- types ---- */

static bool type_of(Dwarf_Die *die, Dwarf_Die *type)
{
    Dwarf_Attribute attribute;

    return dwarf_formref_die(dwarf_attr_integrate(die, DW_AT_type, &attribute), type) != NULL;
}

static const char *compound_word(int tag)
{
    switch (tag) {
    case DW_TAG_structure_type:
        return "struct ";
    case DW_TAG_union_type:
        return "union ";
    case DW_TAG_enumeration_type:
        return "enum ";
    case DW_TAG_subroutine_type:
        return "function";
    default:
        return "";
    }
}

/* Looks through typedefs and qualifiers; writes the name of the first that has one. */
static void name_type(Dwarf_Die *die, char *text, size_t size, unsigned depth)
{
    const char *name = dwarf_diename(die);
    int tag = dwarf_tag(die);
    Dwarf_Die next;
    size_t length;

    if (name && depth < DEEPEST_TYPE) {
        snprintf(text, size, "%s%s", compound_word(tag), name);
        return;
    }
    if (depth == DEEPEST_TYPE || tag == DW_TAG_subroutine_type || !type_of(die, &next))
        snprintf(text, size, "%s", tag == DW_TAG_pointer_type ? "void *" : compound_word(tag));
    else
        name_type(&next, text, size, depth + 1);
    length = strlen(text);
    if (tag == DW_TAG_pointer_type && strcmp(text, "void *"))
        snprintf(text + length, size - length, "%s*", length && text[length - 1] == '*' ? "" : " ");
    else if (tag == DW_TAG_array_type)
        snprintf(text + length, size - length, "[]");
}

static void describe_type(Dwarf_Die *die, Variable *variable)
{
    Dwarf_Attribute attribute;
    Dwarf_Word encoding = 0, size;
    Dwarf_Die type, real;

    if (!type_of(die, &type))
        return;
    name_type(&type, variable->type, VARIABLE_TYPE, 0);
    if (dwarf_peel_type(&type, &real))
        real = type;
    if (!dwarf_aggregate_size(&real, &size) && size < 1u << 30)
        variable->size = (unsigned)size;
    dwarf_formudata(dwarf_attr(&real, DW_AT_encoding, &attribute), &encoding);
    variable->is_signed = encoding == DW_ATE_signed || encoding == DW_ATE_signed_char;
    variable->is_pointer = dwarf_tag(&real) == DW_TAG_pointer_type;
    variable->is_compound = dwarf_tag(&real) == DW_TAG_structure_type ||
                            dwarf_tag(&real) == DW_TAG_union_type ||
                            dwarf_tag(&real) == DW_TAG_array_type;
}

/* ---- places ---- */

static bool evaluate(const Scope *scope, Dwarf_Die *die, unsigned name, DwarfPlace *place)
{
    Dwarf_Attribute attribute;
    Dwarf_Op *steps;
    size_t count;

    return dwarf_attr_integrate(die, name, &attribute) &&
           dwarf_getlocation_addr(&attribute, scope->address, &steps, &count, 1) == 1 &&
           dwarf_evaluate(&scope->context, steps, count, place);
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

static void add_children(Scope *scope, Dwarf_Die *block)
{
    Dwarf_Die die;
    int tag;

    if (dwarf_child(block, &die))
        return;
    do {
        Variable variable = {.name = dwarf_diename(&die)};

        tag = dwarf_tag(&die);
        if ((tag != DW_TAG_variable && tag != DW_TAG_formal_parameter) || !variable.name ||
            scope->count == scope->max)
            continue;
        variable.is_argument = tag == DW_TAG_formal_parameter;
        describe_type(&die, &variable);
        variable.known = evaluate(scope, &die, DW_AT_location, &variable.place);
        scope->variables[scope->count++] = variable;
    } while (!dwarf_siblingof(&die, &die));
}

unsigned variables_in_scope(Cpu *cpu, Symbols *symbols, Variable *variables, unsigned max)
{
    u64 linear = (cpu->segments[CS].base + cpu->rip) & cpu->linear_mask;
    Scope scope = {.variables = variables, .max = max};
    const SymbolFile *file;
    Dwarf_Die unit, *blocks;
    int count;

    if (!symbols_unit(symbols, linear, &file, &unit))
        return 0;
    backtrace_context(cpu, symbols, &scope.context);
    scope.context.bias = file->bias;
    scope.address = linear - file->bias;
    count = dwarf_getscopes(&unit, scope.address, &blocks);
    if (count <= 0)
        return 0;
    for (int i = 0; i < count; i++)
        if (dwarf_tag(&blocks[i]) == DW_TAG_subprogram)
            find_base(&scope, &blocks[i]);
    for (int i = 0; i < count && dwarf_tag(&blocks[i]) != DW_TAG_compile_unit; i++)
        add_children(&scope, &blocks[i]);
    free(blocks);
    return scope.count;
}

bool variable_find(Cpu *cpu, Symbols *symbols, const char *name, size_t length, Variable *variable)
{
    enum { MOST = 256 };
    Variable variables[MOST];
    unsigned count = variables_in_scope(cpu, symbols, variables, MOST);

    for (unsigned i = 0; i < count; i++) {
        if (strlen(variables[i].name) == length && !strncmp(variables[i].name, name, length)) {
            *variable = variables[i];
            return true;
        }
    }
    return false;
}

bool variable_read(Cpu *cpu, const Variable *variable, u64 *value)
{
    DwarfContext context;
    unsigned size = variable->size;

    if (!variable->known || variable->is_compound || !size || size > QWORD)
        return false;
    dwarf_context_now(&context, cpu);
    *value = variable->place.value;
    if (variable->place.kind == DWARF_IN_REGISTER) {
        if (variable->place.value >= DWARF_REGISTERS)
            return false;
        *value = context.registers[variable->place.value];
    } else if (variable->place.kind == DWARF_IN_MEMORY) {
        *value = 0;
        if (guest_read(cpu, variable->place.value, value, size) != size)
            return false;
    }
    *value &= ~(u64)0 >> (64 - 8 * size);
    return true;
}
