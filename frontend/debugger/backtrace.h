/*
 * The calls that led to where the processor is.
 *
 * By DWARF's call frame information where a symbol file has it for the place (DWARF 5, "Call Frame
 * Information"), else by frame pointers: the code pushed (E)BP and set it to (E)SP, as compilers do
 * with -fno-omit-frame-pointer. It ends where the chain makes no sense any more.
 */
#ifndef FRONTEND_DEBUGGER_BACKTRACE_H
#define FRONTEND_DEBUGGER_BACKTRACE_H

#include "cpu/cpu.h"
#include "frontend/debugger/dwarf_expression.h"
#include "frontend/debugger/symbols.h"

typedef struct BacktraceFrame {
    u64 linear;         /* of the next instruction in it */
    u64 stack;          /* the value of (E)SP there */
    u64 frame;          /* the canonical frame address by DWARF, or (E)BP; 0: not known */
    bool sure;          /* by what is known of the function it called; else by a frame pointer that may
                         * be another function's */
} BacktraceFrame;

/* The innermost first. Returns how many, at most `max`. */
unsigned backtrace(Cpu *cpu, Symbols *symbols, BacktraceFrame *frames, unsigned max);

/* The registers now, and the canonical frame address of the function that runs, where it is known. */
void backtrace_context(Cpu *cpu, Symbols *symbols, DwarfContext *context);

#endif
