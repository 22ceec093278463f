/*
 * The debug registers: breakpoints, single-step, task-switch traps.
 * Manual: Intel SDM Vol. 3, "Debug, Branch Profile, TSC ... Features": "Debug Registers".
 */
#ifndef CPU_DEBUG_REGISTERS_H
#define CPU_DEBUG_REGISTERS_H

#include "cpu/cpu.h"

enum { DR6_BD = 1 << 13, DR6_BS = 1 << 14, DR6_BT = 1 << 15, DR7_GD = 1 << 13 };
#define DR6_ALWAYS 0xFFFF0FF0u

/* DR7 with the bits that are fixed; sets attention and the data accesses' slow path. */
void debug_set_dr7(Cpu *cpu, u64 value);
bool debug_has_data_breakpoints(const Cpu *cpu);

/* Is an instruction breakpoint set at `linear`, and not held off by RF? Then the condition is
 * pending, and debug_trap_deliver() raises it with cpu->rip being this instruction. */
bool debug_instruction_match(Cpu *cpu, u64 linear);

/* A data or port access: a breakpoint that it meets becomes pending and traps after the
 * instruction. */
void debug_data_access(Cpu *cpu, u64 linear, unsigned size, bool write);
void debug_port_access(Cpu *cpu, u16 port, unsigned size);

/* The T bit of the TSS that was switched to. */
void debug_task_trap(Cpu *cpu);
void debug_clear_local_enables(Cpu *cpu);

/* Delivers #DB for cpu->dr6_pending, with the current cpu->rip. The run loop sets DR6_BS in
 * dr6_pending before each instruction that begins with TF set; an instruction that faults, and INT
 * n, drop it. */
void debug_trap_deliver(Cpu *cpu);

#endif
