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
    Privilege as;   /* whose accesses the pushes are */
    bool is_64bit;  /* a stack of 64-bit mode: no segment */
    u16 error_code; /* of #SS when there is no room */
    Size size;      /* of a push */
    unsigned count;
    u64 values[FRAME_VALUES];
} Frame;

/* A frame on the current stack. */
void frame_on_stack(Cpu *cpu, Frame *frame, Size size);

/* A frame on the stack that the TSS names for ring `cpl`; raises #TS, #SS. */
void frame_on_inner_stack(Cpu *cpu, Frame *frame, Size size, unsigned cpl);

/* A 64-bit frame below `pointer`, for a handler or call gate of 64-bit mode in ring `cpl`. */
void frame_on_long_stack(Cpu *cpu, Frame *frame, u64 pointer, unsigned cpl);

/* Stack pointer number `index` of the 64-bit TSS: RSP0 .. RSP2, or IST1 (3) .. IST7 (9); raises #TS. */
u64 frame_long_stack_pointer(Cpu *cpu, unsigned index);

/* The next value to push, in the order of the pushes. */
void frame_push(Frame *frame, u64 value);

/* Raises what the pushes would raise. */
void frame_check(Cpu *cpu, const Frame *frame);

/* Pushes: cannot fault after frame_check(). Sets (E)SP, not SS. */
void frame_commit(Cpu *cpu, const Frame *frame);

/* Loads SS with the inner stack's, after CPL has changed. */
void frame_load_inner_stack(Cpu *cpu, const Frame *frame);

#endif
