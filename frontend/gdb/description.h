/*
 * What gdb is told of the processor's registers: which there are, and in which order their bytes
 * come. It is fixed while gdb is connected.
 * GDB manual, "Target Descriptions", "i386 Features".
 */
#ifndef FRONTEND_GDB_DESCRIPTION_H
#define FRONTEND_GDB_DESCRIPTION_H

#include "frontend/debugger/debugger.h"
#include "frontend/debugger/registers.h"

enum { GDB_REGISTERS = 128, GDB_REGISTER_BYTES = 16, GDB_XML = 16384 };

/* How gdb takes code apart; its names are i8086, i386 and i386:x86-64. */
typedef enum GdbArchitecture { GDB_CODE_16, GDB_CODE_32, GDB_CODE_64 } GdbArchitecture;

typedef struct GdbRegister {
    const char *name;
    unsigned bits;              /* 32, 64, 80 or 128 */
    const Register *low, *high; /* `high`: what lies above the low 64 bits, or NULL */
    bool linear;                /* an offset in CS, which gdb gets as a linear address */
} GdbRegister;

typedef struct GdbDescription {
    GdbArchitecture architecture;
    GdbRegister registers[GDB_REGISTERS];
    unsigned count;
    const GdbRegister *pc;
    char xml[GDB_XML];
    size_t xml_length;
} GdbDescription;

/* GDB_CODE_64 has the registers of 64-bit mode, the others those of 32-bit mode. `linear_pc`: the program
 * counter has the code segment's base in it. */
void gdb_describe(GdbDescription *description, const Cpu *cpu, GdbArchitecture architecture, bool linear_pc);

const char *gdb_architecture_name(GdbArchitecture architecture);

/* Its bytes, lowest first; returns how many: at most GDB_REGISTER_BYTES. */
unsigned gdb_register_read(const GdbRegister *reg, const Cpu *cpu, u8 *bytes);

/* The low 64 bits. */
u64 gdb_register_value(const GdbRegister *reg, const Cpu *cpu);

/* False when the processor cannot take this value now. */
bool gdb_register_write(const GdbRegister *reg, Debugger *debugger, const u8 *bytes);

#endif
