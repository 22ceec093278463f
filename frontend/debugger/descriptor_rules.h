/*
 * Bits of descriptors that the manual reserves. Processors ignore most of them; the next one may not.
 * Manual: Intel SDM Vol. 3, "Segment Descriptors", "TSS Descriptor", "Call Gates", "IDT Descriptors",
 * "Segment Descriptor Tables in IA-32e Mode", "64-Bit Mode IDT".
 */
#ifndef FRONTEND_DEBUGGER_DESCRIPTOR_RULES_H
#define FRONTEND_DEBUGGER_DESCRIPTOR_RULES_H

#include "cpu/segment.h"

/* Which reserved bits are set, in words: "bit 53 (L), which only 64-bit code has"; NULL: none. `upper`: the
 * second half of a wide one. One that is not present may hold anything. */
const char *descriptor_reserved(Descriptor descriptor, u64 upper, bool long_mode, bool idt);

#endif
