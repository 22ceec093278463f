/*
 * Instructions that C has no words for, one function each.
 * Source: Intel SDM Volume 2, the page of each instruction.
 */
#pragma once
#include "types.h"

static inline void out8(u16 port, u8 value)
{
    asm volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline u8 in8(u16 port)
{
    u8 value;
    asm volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline void out16(u16 port, u16 value)
{
    asm volatile("outw %0, %1" : : "a"(value), "Nd"(port));
}

static inline u16 in16(u16 port)
{
    u16 value;
    asm volatile("inw %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline void out32(u16 port, u32 value)
{
    asm volatile("outl %0, %1" : : "a"(value), "Nd"(port));
}

static inline u32 in32(u16 port)
{
    u32 value;
    asm volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

/* Interrupts. The pair disable/restore nests: restore only switches on what had been on. */
enum { EFLAGS_INTERRUPT = 1 << 9 };

static inline u32 eflags_read(void)
{
    u32 flags;
    asm volatile("pushfl; popl %0" : "=r"(flags));
    return flags;
}

static inline u32 interrupts_disable(void)
{
    u32 flags = eflags_read();
    asm volatile("cli" : : : "memory");
    return flags;
}

static inline void interrupts_restore(u32 flags)
{
    if (flags & EFLAGS_INTERRUPT)
        asm volatile("sti" : : : "memory");
}

static inline void interrupts_enable(void)
{
    asm volatile("sti" : : : "memory");
}

/* Sleep until the next interrupt. STI takes effect after the instruction that follows it, so no
 * interrupt can slip in between the two and leave us asleep. */
static inline void wait_for_interrupt(void)
{
    asm volatile("sti; hlt" : : : "memory");
}

static inline u32 cr0_read(void)
{
    u32 value;
    asm volatile("movl %%cr0, %0" : "=r"(value));
    return value;
}

static inline u32 cr2_read(void)
{
    u32 value;
    asm volatile("movl %%cr2, %0" : "=r"(value));
    return value;
}

static inline u32 cr3_read(void)
{
    u32 value;
    asm volatile("movl %%cr3, %0" : "=r"(value));
    return value;
}

static inline void cr3_write(u32 value)
{
    asm volatile("movl %0, %%cr3" : : "r"(value) : "memory");
}

/* Only where CPUID exists: a 486 of the first kind has no CR4. */
static inline u32 cr4_read(void)
{
    u32 value;
    asm volatile("movl %%cr4, %0" : "=r"(value));
    return value;
}

static inline void tlb_forget(u32 linear)
{
    asm volatile("invlpg (%0)" : : "r"(linear) : "memory");
}

typedef struct Cpuid {
    u32 eax, ebx, ecx, edx;
} Cpuid;

static inline Cpuid cpuid(u32 leaf)
{
    Cpuid id;
    asm volatile("cpuid"
                 : "=a"(id.eax), "=b"(id.ebx), "=c"(id.ecx), "=d"(id.edx)
                 : "a"(leaf), "c"(0));
    return id;
}

static inline u64 time_stamp(void)
{
    u64 value;
    asm volatile("rdtsc" : "=A"(value));
    return value;
}
