/*
 * What a user program has: the system calls, and its own code. Nothing of the kernel can be
 * called from here, there is only INT 80h.
 */
#pragma once
#include "../call_numbers.h"
#include "../types.h"

static inline u32 call(SystemCall number, u32 first, u32 second)
{
    u32 result;
    asm volatile("int $0x80" : "=a"(result) : "a"(number), "b"(first), "c"(second) : "memory");
    return result;
}

void say(const char *text);
void say_hex(u32 number);
void say_decimal(u32 number);
void user_return(void);

void user_hello(u32 argument);
void user_touch(u32 argument);
void user_rebel(u32 argument);
void user_worker(u32 argument);
