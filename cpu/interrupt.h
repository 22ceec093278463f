/*
 * Inside of event delivery: what exception.c and interrupt.c share. The interface is
 * cpu/exception.h.
 */
#ifndef CPU_INTERRUPT_H
#define CPU_INTERRUPT_H

#include "cpu/exception.h"

/* Cpu.delivering: an exception's vector; interrupts, which are benign whatever their vector, carry
 * one of these bits. Faults while delivering INT n have no EXT bit in their error codes. */
enum { DELIVERING_INTERRUPT = 0x100, DELIVERING_SOFTWARE = 0x200 };

/* INT n in virtual-8086 mode with CR4.VME: through the program's own interrupt table when the
 * TSS's redirection map says so (true), else not at all (false). */
bool interrupt_redirect(Cpu *cpu, u8 vector);

#endif
