/*
 * IN, OUT, INS, OUTS.
 * Manual: Intel SDM Vol. 2, the pages of these names; Vol. 1, "Input/Output": "I/O Privilege
 * Level" and "I/O Permission Bit Map".
 *
 * A device may do anything to the machine when it is accessed: move the clock's deadline, raise an
 * interrupt, change the memory map. So each access is the last of its block, and a repeated INS or
 * OUTS looks after each iteration whether it may go on.
 */
#include "cpu/debug_registers.h"
#include "cpu/exec.h"
#include "cpu/observer.h"
#include "cpu/task.h"

/* The bitmap's word is read even when it crosses into the next byte, whose last one must be within
 * the TSS. */
static void check_permission(Cpu *cpu, u16 port, Size size)
{
    const Segment *tss = &cpu->segments[TR];
    u32 map, allowed_mask = (1u << size) - 1;

    if (cpu_real(cpu) || (!cpu_v86(cpu) && cpu->cpl <= cpu_iopl(cpu)))
        return;
    if (!(tss->access & ACCESS_P) || !tss_is_32bit(tss->access) || tss->limit < 0x67)
        cpu_raise_gp0(cpu);
    map = (u32)system_read(cpu, cpu_system_linear(cpu, tss->base + TSS_IO_MAP_BASE), WORD) +
          port / 8u;
    if (map + 1 > tss->limit)
        cpu_raise_gp0(cpu);
    if (system_read(cpu, cpu_system_linear(cpu, tss->base + map), WORD) >> port % 8 & allowed_mask)
        cpu_raise_gp0(cpu);
}

static void port_observed(Cpu *cpu, u16 port, Size size, bool write, u64 value)
{
    debug_port_access(cpu, port, size);
    if (UNLIKELY(cpu->observer))
        cpu->observer->port(cpu->observer->owner, port, size, write, value);
}

static u64 port_read(Cpu *cpu, u16 port, Size size)
{
    u64 value;

    cpu_sync_cycles(cpu);
    value = space_read(cpu->ports, port, size);
    port_observed(cpu, port, size, false, value);
    return value;
}

static void port_write(Cpu *cpu, u16 port, Size size, u64 value)
{
    cpu_sync_cycles(cpu);
    space_write(cpu->ports, port, size, value);
    port_observed(cpu, port, size, true, value);
}

/* There is no 64-bit port access: REX.W is ignored. */
static Size port_size(Operand operand)
{
    return operand.size == QWORD ? DWORD : operand.size;
}

static u16 port_number(const Cpu *cpu, const Insn *insn, Operand operand)
{
    return (u16)(operand.kind == OPERAND_IMMEDIATE ? insn->immediate & 0xFF : cpu->gpr[RDX]);
}

static void IN(Cpu *cpu, const Insn *insn)
{
    u16 port = port_number(cpu, insn, insn->operands[1]);
    Size size = port_size(insn->operands[0]);

    check_permission(cpu, port, size);
    gpr_write(cpu, RAX, size, port_read(cpu, port, size));
}
PLAIN(IN)

static void OUT(Cpu *cpu, const Insn *insn)
{
    u16 port = port_number(cpu, insn, insn->operands[0]);
    Size size = port_size(insn->operands[1]);

    check_permission(cpu, port, size);
    port_write(cpu, port, size, gpr_read(cpu, RAX, size));
}
PLAIN(OUT)

/* ---- strings ---- */

/* Replaces the part of a register that the address size uses. */
static void set_address_register(Cpu *cpu, const Insn *insn, unsigned reg, u64 value)
{
    unsigned shift = insn->address_shift;
    u64 mask = ~(u64)0 >> shift;

    if (shift == 48)
        cpu->gpr[reg] = (cpu->gpr[reg] & ~mask) | (value & mask);
    else
        cpu->gpr[reg] = value & mask;
}

static u64 address_register(const Cpu *cpu, const Insn *insn, unsigned reg)
{
    return cpu->gpr[reg] & ~(u64)0 >> insn->address_shift;
}

static bool repeats(const Insn *insn)
{
    return insn->prefixes & (PREFIX_REP | PREFIX_REPNE);
}

/* Moves on by one element. True: the next one can follow at once, because the device has done
 * nothing to the machine; else the run loop comes back for it. */
static bool advance(Cpu *cpu, const Insn *insn, unsigned reg, Size size)
{
    u64 step = cpu->rflags & FLAG_DF ? -(u64)size : size;

    set_address_register(cpu, insn, reg, cpu->gpr[reg] + step);
    if (!repeats(insn))
        return false;
    set_address_register(cpu, insn, RCX, cpu->gpr[RCX] - 1);
    if (address_register(cpu, insn, RCX) == 0)
        return false;
    if (cpu->block_end && !cpu->attention && !(cpu->rflags & FLAG_TF) && cpu->block_key != NO_KEY &&
        cpu->cycles + 1 < cpu->deadline) {
        cpu->cycles++;
        return true;
    }
    cpu->rip = cpu_rip(cpu);
    observer_repeats(cpu, cpu->cycles + 1);
    return false;
}

/* Permission is asked even for no repetition at all: so does silicon. The destination is probed
 * first: a port is not read twice because of a page fault. */
static void INS(Cpu *cpu, const Insn *insn)
{
    u16 port = (u16)cpu->gpr[RDX];
    Size size = port_size(insn->operands[0]);
    u64 linear;

    check_permission(cpu, port, size);
    if (repeats(insn) && address_register(cpu, insn, RCX) == 0)
        return;
    do {
        linear = memory_linear(cpu, ES, address_register(cpu, insn, RDI), size, true);
        memory_probe_write(cpu, linear, size, cpu->as);
        linear_write(cpu, linear, size, cpu->as, port_read(cpu, port, size));
    } while (advance(cpu, insn, RDI, size));
}
PLAIN(INS)

static void OUTS(Cpu *cpu, const Insn *insn)
{
    u16 port = (u16)cpu->gpr[RDX];
    Size size =
        port_size(insn->operands[0].kind == OPERAND_STRING ? insn->operands[0] : insn->operands[1]);
    u64 value;

    check_permission(cpu, port, size);
    if (repeats(insn) && address_register(cpu, insn, RCX) == 0)
        return;
    do {
        value = memory_read(cpu, insn->segment, address_register(cpu, insn, RSI), size);
        port_write(cpu, port, size, value);
    } while (advance(cpu, insn, RSI, size));
}
PLAIN(OUTS)
