/*
 * Raising and delivering exceptions and interrupts.
 * Manual: Intel SDM Vol. 3, "Interrupt and Exception Handling".
 */
#ifndef CPU_EXCEPTION_H
#define CPU_EXCEPTION_H

#include "cpu/cpu.h"

/* Abandon the current instruction; the run loop delivers the exception. Whether the vector has
 * an error code is known from the vector (and ignored in real mode). For #DB, #BP and #OF see
 * cpu_interrupt(). */
_Noreturn void cpu_raise(Cpu *cpu, Exception exception, u32 error_code);

/* Abandons the current instruction and halts before it: an interrupt finds it still to be done. */
_Noreturn void cpu_halt_before(Cpu *cpu);

/* What brings the run loop back: the value of its setjmp(). */
enum { UNWIND_RAISED = 1, UNWIND_HALTED, UNWIND_REDO, UNWIND_STOPPED };

_Noreturn void cpu_raise_page_fault(Cpu *cpu, const PageFault *fault);

/* "#GP"; "" for a vector that is no exception's. */
const char *exception_name(unsigned vector);

/* Shorthands: #UD, #NM, #GP(0). */
_Noreturn void cpu_raise_ud(Cpu *cpu);
_Noreturn void cpu_raise_gp0(Cpu *cpu);

typedef enum EventKind {
    EVENT_EXTERNAL,  /* INTR, NMI: no privilege check on the gate, EXT bit in error codes */
    EVENT_EXCEPTION, /* faults and traps of the processor */
    EVENT_SOFTWARE,  /* INT n, INT3, INTO: gate DPL is checked; INT n also IOPL in VM86 mode */
    EVENT_DEBUG,     /* INT1 (ICEBP) and single-step #DB: as an exception */
} EventKind;

/* Delivers an event at once: through the IVT in real mode, else through the IDT (gates, stack
 * switch, VM86, task gates). `return_rip` is what is pushed. May raise: nested faults are handled
 * by exception_deliver_pending(). */
void cpu_interrupt(Cpu *cpu, u8 vector, EventKind kind, bool has_error_code, u32 error_code,
                   u64 return_rip);

/* After the run loop caught a cpu_raise(): delivers it, turning nested faults into double fault
 * and triple fault (ATTEND_SHUTDOWN). cpu->rip must be the faulting instruction's. Calls that
 * raise again come back to the run loop, which calls this again. */
void cpu_deliver_raised(Cpu *cpu);

#endif
