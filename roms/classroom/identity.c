/*
 * What this processor is able to do. The kernel runs on a 486, where CPUID may be missing.
 * Source: Intel SDM Volume 2, "CPUID".
 */
#include "identity.h"
#include "processor.h"

enum { EFLAGS_ID = 1 << 21, FEATURE_TSC = 1 << 4 };

/* A processor has CPUID when it lets software change the ID flag. */
bool processor_has_cpuid(void)
{
    u32 before, after;
    asm volatile("pushfl\n\t"
                 "popl %0\n\t"
                 "movl %0, %1\n\t"
                 "xorl %2, %1\n\t"
                 "pushl %1\n\t"
                 "popfl\n\t"
                 "pushfl\n\t"
                 "popl %1\n\t"
                 "pushl %0\n\t"
                 "popfl"
                 : "=&r"(before), "=&r"(after)
                 : "i"(EFLAGS_ID)
                 : "cc");
    return (before ^ after) & EFLAGS_ID;
}

bool processor_has_time_stamp(void)
{
    return processor_has_cpuid() && cpuid(1).edx & FEATURE_TSC;
}
