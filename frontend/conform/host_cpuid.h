/*
 * CPUID on the processor under us; another kind of host answers with zeros.
 */
#ifndef FRONTEND_CONFORM_HOST_CPUID_H
#define FRONTEND_CONFORM_HOST_CPUID_H

#include "mmu/base.h"

/* Sub-function 0 of `function`: EAX, EBX, ECX, EDX; zeros for functions that it does not have. */
void host_cpuid(u32 function, u32 registers[4]);

#endif
