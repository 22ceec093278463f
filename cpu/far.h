/*
 * Returns to a far address: what RETF and IRET have in common in protected mode.
 * Manual: Intel SDM Vol. 2, "Return From Procedure" and "Interrupt Return".
 */
#ifndef CPU_FAR_H
#define CPU_FAR_H

#include "cpu/segment.h"

/* A return whose checks have passed. */
typedef struct FarReturn {
    u64 rip;
    u16 cs;
    Descriptor code;
    unsigned cpl; /* of the caller */
    bool outer;       /* to another ring */
    bool loads_stack; /* before far_return_check(): always; after it: */
    u16 ss;
    Descriptor stack;
    u64 pointer;
} FarReturn;

/* `loads_stack` of *target must be set: IRET in 64-bit mode pops SS:RSP in every case.
 * Checks a return to `cs`:`rip`. `popped`: bytes of the frame up to the outer ring's (E)SP, which
 * are read in slots of `size`. Raises, or fills *target. */
void far_return_check(Cpu *cpu, FarReturn *target, u16 cs, u64 rip, u64 popped, Size size);

/* Goes there. `popped` bytes leave the stack of the same ring; `released` those of the outer ring.
 */
void far_return_commit(Cpu *cpu, const FarReturn *target, u64 popped, u64 released);

/* Real and virtual-8086 mode: CS becomes `selector`, after the check of `rip`. */
void far_jump_real(Cpu *cpu, u16 selector, u64 rip);

#endif
