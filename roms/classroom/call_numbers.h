/*
 * System calls: what a program in ring 3 may ask of the kernel, by INT 80h.
 * EAX = number, EBX and ECX = arguments, EAX = result. Kernel and programs agree on this file.
 */
#pragma once

typedef enum SystemCall {
    CALL_EXIT,     /* (): does not return */
    CALL_WRITE,    /* (text, bytes): bytes written, or CALL_REFUSED */
    CALL_TICKS,    /* (): ticks since the system started */
    CALL_MY_TICKS, /* (): ticks that this task has used */
    CALL_PROGRESS, /* (percent, count): draws this task's progress bar */
    SYSTEM_CALLS,
} SystemCall;

#define CALL_REFUSED 0xffffffffu
