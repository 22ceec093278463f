/*
 * Tasks: the TSS and hardware task switches.
 * Manual: Intel SDM Vol. 3, "Task Management".
 */
#ifndef CPU_TASK_H
#define CPU_TASK_H

#include "cpu/segment.h"

/* Types of system descriptors: Segment.access & ACCESS_TYPE, while ACCESS_S is clear. */
enum {
    SYSTEM_TSS16 = 1,
    SYSTEM_LDT = 2,
    SYSTEM_TSS16_BUSY = 3,
    SYSTEM_CALL_GATE16 = 4,
    SYSTEM_TASK_GATE = 5,
    SYSTEM_INTERRUPT_GATE16 = 6,
    SYSTEM_TRAP_GATE16 = 7,
    SYSTEM_TSS32 = 9,
    SYSTEM_TSS32_BUSY = 11,
    SYSTEM_CALL_GATE32 = 12,
    SYSTEM_INTERRUPT_GATE32 = 14,
    SYSTEM_TRAP_GATE32 = 15,
    TSS_BUSY = 2, /* this bit of the type */
};

enum { TSS_IO_MAP_BASE = 0x66 }; /* of a 32-bit TSS: offset of the word that locates the map */

FORCE_INLINE bool tss_is_32bit(u16 access)
{
    return access & 8;
}

FORCE_INLINE bool access_is_tss(u16 access, bool busy)
{
    return (access & (ACCESS_S | 5)) == 1 && (access & TSS_BUSY) == (busy ? TSS_BUSY : 0);
}

typedef enum TaskSwitch {
    TASK_JUMP,   /* leaves the old task available */
    TASK_CALL,   /* CALL, interrupt: nests, the new task gets a link back */
    TASK_RETURN, /* IRET with NT set */
} TaskSwitch;

/* Switches to the available (IRET: busy) TSS of `selector`, whose privileges have been checked.
 * The old task will go on at `old_rip`. Faults in the new task's segments are raised in the new
 * task: cpu->rip is its by then. */
void task_switch(Cpu *cpu, u16 selector, Descriptor tss, TaskSwitch how, u64 old_rip);

/* The same, through a task gate that holds `selector`: checks it first. */
void task_gate(Cpu *cpu, u16 selector, TaskSwitch how, u64 old_rip);

#endif
