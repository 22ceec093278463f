/*
 * Guest memory as a debugger sees it: without accessed bits, TLB entries or device reads. What a
 * device answers is unavailable.
 */
#ifndef FRONTEND_DEBUGGER_GUEST_MEMORY_H
#define FRONTEND_DEBUGGER_GUEST_MEMORY_H

#include "cpu/segment.h"

/* Linear addresses go through the guest's page tables and wrap at 4 GiB outside 64-bit code. Each
 * returns how many bytes could be had before the first that could not. */
size_t guest_read(Cpu *cpu, u64 linear, void *bytes, size_t length);
size_t guest_read_physical(Cpu *cpu, u64 physical, void *bytes, size_t length);

/* All of it, as a little-endian number. */
bool guest_read_number(Cpu *cpu, u64 linear, Size size, u64 *value);

/* False when the selector is null, outside its table, or the table cannot be read. */
bool guest_read_descriptor(Cpu *cpu, u16 selector, Descriptor *descriptor);

/* Where seg:offset lies: by the current mode's rules, without regard to limits. False as above. */
bool guest_linear(Cpu *cpu, u16 selector, u64 offset, u64 *linear);

#endif
