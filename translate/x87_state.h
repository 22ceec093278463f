/*
 * The guest's x87 in the host's, and back.
 */
#ifndef TRANSLATE_X87_STATE_H
#define TRANSLATE_X87_STATE_H

#include "cpu/cpu.h"

/* Can this host move its x87 state without the XMM registers (XSAVE)? */
bool x87_state_movable(void);

/* Registers, tags, status and control word. The pointers stay in Cpu. */
void x87_to_host(const Cpu *cpu);
/* ... and leaves the host's x87 as C code expects it. */
void x87_from_host(Cpu *cpu);

#endif
