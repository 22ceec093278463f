/*
 * The debug registers. See debug_registers.h.
 *
 * Not implemented: branch trace and last-branch records.
 */
#include "cpu/debug_registers.h"

#include "cpu/exception.h"

enum { ON_EXECUTE, ON_WRITE, ON_PORT, ON_ACCESS }; /* R/W fields of DR7 */

typedef struct Breakpoint {
    bool enabled;
    u8 kind;
    u64 first, last; /* linear, or port */
} Breakpoint;

static Breakpoint breakpoint(const Cpu *cpu, unsigned number)
{
    static const u8 lengths[] = {1, 2, 8, 4};
    u64 dr7 = cpu->dr[7];
    u64 length = lengths[bits(dr7, 19 + number * 4, 18 + number * 4)];
    u64 first = cpu->dr[number] & ~(length - 1);

    return (Breakpoint){.enabled = bits(dr7, number * 2 + 1, number * 2) != 0,
                        .kind = (u8)bits(dr7, 17 + number * 4, 16 + number * 4),
                        .first = first,
                        .last = first + length - 1};
}

static bool has_kind(const Cpu *cpu, u8 first_kind, u8 second_kind)
{
    if (!(cpu->dr[7] & 0xFF)) /* none is enabled: the common case, asked for at each mode change */
        return false;
    for (unsigned i = 0; i < 4; i++) {
        Breakpoint b = breakpoint(cpu, i);

        if (b.enabled && (b.kind == first_kind || b.kind == second_kind))
            return true;
    }
    return false;
}

bool debug_has_data_breakpoints(const Cpu *cpu)
{
    return has_kind(cpu, ON_WRITE, ON_ACCESS);
}

void debug_set_dr7(Cpu *cpu, u64 value)
{
    cpu->dr[7] = (value & 0xFFFF23FF) | 0x400;
    cpu->attention &= (u8)~ATTEND_BREAKPOINTS;
    if (has_kind(cpu, ON_EXECUTE, ON_EXECUTE))
        cpu_attend(cpu, ATTEND_BREAKPOINTS);
    cpu_update_mode(cpu);
}

/* The breakpoints of the two kinds that [first, last] touches, as bits of DR6. */
static u64 matches(const Cpu *cpu, u8 kind, u8 other_kind, u64 first, u64 last)
{
    u64 found = 0;

    for (unsigned i = 0; i < 4; i++) {
        Breakpoint b = breakpoint(cpu, i);

        if (b.enabled && (b.kind == kind || b.kind == other_kind) && first <= b.last &&
            last >= b.first)
            found |= 1u << i;
    }
    return found;
}

bool debug_instruction_match(Cpu *cpu, u64 linear)
{
    u64 found = cpu->rflags & FLAG_RF ? 0 : matches(cpu, ON_EXECUTE, ON_EXECUTE, linear, linear);

    cpu->dr6_pending |= found;
    return found != 0;
}

static void trap(Cpu *cpu, u64 conditions)
{
    if (!conditions)
        return;
    cpu->dr6_pending |= conditions;
    cpu_attend(cpu, ATTEND_TRAP);
}

void debug_data_access(Cpu *cpu, u64 linear, unsigned size, bool write)
{
    trap(cpu, matches(cpu, ON_ACCESS, write ? ON_WRITE : ON_ACCESS, linear, linear + size - 1));
}

void debug_port_access(Cpu *cpu, u16 port, unsigned size)
{
    if (cpu->cr4 & CR4_DE)
        trap(cpu, matches(cpu, ON_PORT, ON_PORT, port, port + size - 1u));
}

void debug_task_trap(Cpu *cpu)
{
    trap(cpu, DR6_BT);
}

void debug_clear_local_enables(Cpu *cpu)
{
    if (cpu->dr[7] & 0x155)
        debug_set_dr7(cpu, cpu->dr[7] & ~(u64)0x155);
}

void debug_trap_deliver(Cpu *cpu)
{
    u64 pending = cpu->dr6_pending;

    cpu->dr6_pending = 0;
    if (!(cpu->rflags & FLAG_TF))
        cpu->attention &= (u8)~ATTEND_TRAP;
    cpu->dr[6] |= pending;
    debug_set_dr7(cpu, cpu->dr[7] & ~(u64)DR7_GD);
    cpu_interrupt(cpu, EXCEPTION_DB, EVENT_DEBUG, false, 0, cpu->rip);
}
