#include "frontend/conform/host_cpuid.h"

#include <string.h>

#if defined(__x86_64__)

#include <cpuid.h>

void host_cpuid(u32 function, u32 registers[4])
{
    memset(registers, 0, 16);
    if ((u32)__get_cpuid_max(function & 0x80000000, NULL) >= function)
        __cpuid_count(function, 0, registers[0], registers[1], registers[2], registers[3]);
}

#else

void host_cpuid(u32 function, u32 registers[4])
{
    (void)function;
    memset(registers, 0, 16);
}

#endif
