/*
 * DWARF's location expressions (DWARF 5, "DWARF Expressions"): where a variable, or what a caller's
 * register held, is to be found now.
 */
#ifndef FRONTEND_DEBUGGER_DWARF_EXPRESSION_H
#define FRONTEND_DEBUGGER_DWARF_EXPRESSION_H

#include "cpu/cpu.h"

#include <elfutils/libdw.h>

enum { DWARF_REGISTERS = 17 };

/* Registers by DWARF's numbers (System V ABI: "DWARF Register Number Mapping"), which differ between
 * i386 and x86-64. `word`: DWORD or QWORD says which; WORD code has i386's. */
typedef struct DwarfContext {
    Cpu *cpu;               /* NULL: nothing can be read */
    Size word;
    u64 registers[DWARF_REGISTERS];     /* general ones; the last known is the instruction pointer */
    u32 known;                          /* bit n: register n is */
    u64 bias;                           /* linear address - address in the file */
    bool has_frame, has_base;
    u64 frame;                          /* the canonical frame address */
    u64 base;                           /* what DW_OP_fbreg counts from */
    Dwarf_Attribute *attribute;         /* whose expression it is; NULL: addresses by number are unknown */
} DwarfContext;

typedef enum DwarfPlaceKind { DWARF_IN_MEMORY, DWARF_IN_REGISTER, DWARF_AS_VALUE } DwarfPlaceKind;

typedef struct DwarfPlace {
    DwarfPlaceKind kind;
    u64 value;          /* the linear address, the register's number, the value itself */
} DwarfPlace;

/* The registers as they are now. */
void dwarf_context_now(DwarfContext *context, Cpu *cpu);
unsigned dwarf_stack_register(const DwarfContext *context);
unsigned dwarf_frame_register_number(const DwarfContext *context);      /* of (E)BP */
unsigned dwarf_return_register(const DwarfContext *context);

/* False: the expression makes no sense, needs what is not known, or is of a kind that is not done. */
bool dwarf_evaluate(const DwarfContext *context, const Dwarf_Op *steps, size_t count,
                    DwarfPlace *place);

#endif
