/*
 * What far calls and interrupts push: collected first, checked as a whole, then written, so that
 * nothing has changed when a push faults.
 * Manual: Intel SDM Vol. 3, "Stack Switching".
 */
#ifndef CPU_FRAME_H
#define CPU_FRAME_H

#include "cpu/memory.h"

/* The most: 31 parameters of a call gate, SS, ESP, CS, EIP. */
enum { FRAME_VALUES = 36 };

typedef struct Frame {
    Segment ss;     /* of the stack to push to: loaded, or still to be */
    u64 pointer;    /* its (E)SP before the pushes */
    u64 mask;       /* the bits of it that pushes change */
    bool user;      /* accessed as ring 3 */
    u16 error_code; /* of #SS when there is no room */
    Size size;      /* of a push */
    unsigned count;
    u64 values[FRAME_VALUES];
} Frame;

/* A frame on the current stack. */
void frame_on_stack(Cpu *cpu, Frame *frame, Size size);

/* A frame on the stack that the TSS names for ring `cpl`; raises #TS, #SS. */
void frame_on_inner_stack(Cpu *cpu, Frame *frame, Size size, unsigned cpl);

/* The next value to push, in the order of the pushes. */
void frame_push(Frame *frame, u64 value);

/* Raises what the pushes would raise. */
void frame_check(Cpu *cpu, const Frame *frame);

/* Pushes: cannot fault after frame_check(). Sets (E)SP, not SS. */
void frame_commit(Cpu *cpu, const Frame *frame);

/* Loads SS with the inner stack's, after CPL has changed. */
void frame_load_inner_stack(Cpu *cpu, const Frame *frame);

#endif
