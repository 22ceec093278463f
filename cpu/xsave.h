/*
 * XCR0, and the layout of an XSAVE area, as CPUID tells them.
 *
 * Manual: Intel SDM Vol. 1, "Managing State Using the XSAVE Feature Set".
 */
#ifndef CPU_XSAVE_H
#define CPU_XSAVE_H

#include "cpu/cpu.h"

/* The bits that XCR0 can have on this processor. */
u64 xsave_supported(const Cpu *cpu);

/* Bytes of the standard format with these components. */
unsigned xsave_size(u64 components);

#endif
