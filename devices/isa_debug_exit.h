/*
 * isa-debug-exit: a write ends the run, and its value becomes the exit status. QEMU's device of
 * that name, as kernels under test use it ("-device isa-debug-exit,iobase=0xf4,iosize=4").
 */
#ifndef DEVICES_ISA_DEBUG_EXIT_H
#define DEVICES_ISA_DEBUG_EXIT_H

#include "mmu/bus.h"
#include "mmu/field.h"

typedef struct IsaDebugExit {
    u32 value;                               /* last written */
    void (*written)(void *owner, u32 value); /* the status is then (value << 1) | 1 */
    void *owner;
} IsaDebugExit;

extern const StateTable isa_debug_exit_state;

/* `size` is the number of its ports: 1, 2, 4 or 8. */
void isa_debug_exit_init(IsaDebugExit *device, AddressSpace *ports, u16 base, u16 size,
                         void (*written)(void *owner, u32 value), void *owner);
void isa_debug_exit_reset(IsaDebugExit *device);

#endif
