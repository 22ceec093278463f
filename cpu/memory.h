/*
 * The processor's memory accesses: segment checks, then the mmu, then the bus.
 *
 * Each function either completes or raises before anything has changed. The fast path is two
 * compares: the segment's limit, and the TLB's tag.
 */
#ifndef CPU_MEMORY_H
#define CPU_MEMORY_H

#include <string.h>

#include "cpu/exception.h"
#include "cpu/segment.h"

/* Slow paths: everything that the fast one declines. `linear` accesses of any size up to 8. */
u64 memory_read_slow(Cpu *cpu, u64 linear, unsigned size, Privilege as);
void memory_write_slow(Cpu *cpu, u64 linear, unsigned size, Privilege as, u64 value);
/* The right to write is all that is asked for: whether an access is slow must not be seen in the TLB. */
u64 memory_read_for_write_slow(Cpu *cpu, u64 linear, unsigned size, Privilege as);
/* Raises what a write would raise. */
void memory_probe_write(Cpu *cpu, u64 linear, unsigned size, Privilege as);
/* Raises #GP(0), through SS #SS(0), unless all of an access in 64-bit mode is canonical. */
void memory_check_canonical(Cpu *cpu, unsigned reg, u64 linear, unsigned size);

FORCE_INLINE u64 bytes_load(const u8 *host, unsigned size)
{
    switch (size) {
    case BYTE: return *host;
    case WORD: { u16 v; memcpy(&v, host, 2); return v; }
    case DWORD: { u32 v; memcpy(&v, host, 4); return v; }
    default: { u64 v; memcpy(&v, host, 8); return v; }
    }
}

FORCE_INLINE void bytes_store(u8 *host, unsigned size, u64 value)
{
    switch (size) {
    case BYTE: *host = (u8)value; break;
    case WORD: memcpy(host, &value, 2); break;
    case DWORD: memcpy(host, &value, 4); break;
    default: memcpy(host, &value, 8); break;
    }
}

/* ---- by linear address ---- */

FORCE_INLINE u64 linear_read(Cpu *cpu, u64 linear, unsigned size, Privilege as)
{
    u8 *host;

    if (tlb_find(cpu->mmu.tlb[as], cpu->tlb_epoch, linear, ACCESS_READ, size, &host))
        return bytes_load(host, size);
    return memory_read_slow(cpu, linear, size, as);
}

FORCE_INLINE void linear_write(Cpu *cpu, u64 linear, unsigned size, Privilege as, u64 value)
{
    u8 *host;

    if (tlb_find(cpu->mmu.tlb[as], cpu->tlb_epoch, linear, ACCESS_WRITE, size, &host))
        bytes_store(host, size, value);
    else
        memory_write_slow(cpu, linear, size, as, value);
}

/* Descriptor tables, TSS, inner stacks: as supervisor whatever the CPL. */
FORCE_INLINE u64 system_read(Cpu *cpu, u64 linear, unsigned size)
{
    return linear_read(cpu, linear, size, AS_SUPERVISOR);
}

FORCE_INLINE void system_write(Cpu *cpu, u64 linear, unsigned size, u64 value)
{
    linear_write(cpu, linear, size, AS_SUPERVISOR, value);
}

/* ---- by segment and offset ----
 *
 * `redo` is a constant: where it is true an access that the fast path declines has the whole
 * instruction executed again by its general body, which is compiled with `redo` false. A fast body
 * therefore has no slow call in it and needs no stack frame. See cpu_redo(). */

/* Checks the segment and returns the linear address. A fast body need not ask whether it is
 * canonical: the TLB has no other addresses. */
FORCE_INLINE u64 memory_linear_with(Cpu *cpu, unsigned reg, u64 offset, unsigned size, bool write,
                                    bool redo)
{
    const Segment *segment = &cpu->segments[reg];
    u64 linear = (segment->base + offset) & cpu->linear_mask;

    if (UNLIKELY(offset + size > (write ? segment->write_end : segment->read_end))) {
        if (redo)
            cpu_redo(cpu);
        segment_check(cpu, reg, offset, size, write);
    }
    if (!redo && UNLIKELY(cpu->code_size == 8))
        memory_check_canonical(cpu, reg, linear, size);
    return linear;
}

FORCE_INLINE u64 memory_linear(Cpu *cpu, unsigned reg, u64 offset, unsigned size, bool write)
{
    return memory_linear_with(cpu, reg, offset, size, write, false);
}

FORCE_INLINE u64 memory_read_with(Cpu *cpu, unsigned reg, u64 offset, unsigned size, bool redo)
{
    u64 linear = memory_linear_with(cpu, reg, offset, size, false, redo);
    u8 *host;

    if (tlb_find(cpu->tlb, cpu->tlb_epoch, linear, ACCESS_READ, size, &host))
        return bytes_load(host, size);
    if (redo)
        cpu_redo(cpu);
    return memory_read_slow(cpu, linear, size, cpu->as);
}

FORCE_INLINE void memory_write_with(Cpu *cpu, unsigned reg, u64 offset, unsigned size, u64 value,
                                    bool redo)
{
    u64 linear = memory_linear_with(cpu, reg, offset, size, true, redo);
    u8 *host;

    if (tlb_find(cpu->tlb, cpu->tlb_epoch, linear, ACCESS_WRITE, size, &host)) {
        bytes_store(host, size, value);
        return;
    }
    if (redo)
        cpu_redo(cpu);
    memory_write_slow(cpu, linear, size, cpu->as, value);
}

FORCE_INLINE u64 memory_read(Cpu *cpu, unsigned reg, u64 offset, unsigned size)
{
    return memory_read_with(cpu, reg, offset, size, false);
}

FORCE_INLINE void memory_write(Cpu *cpu, unsigned reg, u64 offset, unsigned size, u64 value)
{
    memory_write_with(cpu, reg, offset, size, value, false);
}

/* The read of a read-modify-write: raises whatever the write would, so that the memory_write()
 * that follows cannot. */
FORCE_INLINE u64 memory_read_for_write_with(Cpu *cpu, unsigned reg, u64 offset, unsigned size,
                                            bool redo)
{
    u64 linear = memory_linear_with(cpu, reg, offset, size, true, redo);
    u8 *host;

    if (tlb_find(cpu->tlb, cpu->tlb_epoch, linear, ACCESS_WRITE, size, &host))
        return bytes_load(host, size);
    if (redo)
        cpu_redo(cpu);
    return memory_read_for_write_slow(cpu, linear, size, cpu->as);
}

FORCE_INLINE u64 memory_read_for_write(Cpu *cpu, unsigned reg, u64 offset, unsigned size)
{
    return memory_read_for_write_with(cpu, reg, offset, size, false);
}

/* ---- the stack ---- */

FORCE_INLINE void stack_set_pointer(Cpu *cpu, u64 value)
{
    if (cpu->stack_mask == 0xFFFF)
        cpu->gpr[RSP] = (cpu->gpr[RSP] & ~(u64)0xFFFF) | (value & 0xFFFF);
    else
        cpu->gpr[RSP] = value & cpu->stack_mask;
}

FORCE_INLINE void stack_push_with(Cpu *cpu, u64 value, unsigned size, bool redo)
{
    u64 pointer = (cpu->gpr[RSP] - size) & cpu->stack_mask;

    memory_write_with(cpu, SS, pointer, size, value, redo);
    stack_set_pointer(cpu, pointer);
}

FORCE_INLINE void stack_push(Cpu *cpu, u64 value, unsigned size)
{
    stack_push_with(cpu, value, size, false);
}

/* The `size` bytes at SP + offset; SP stays until stack_set_pointer() or stack_drop(), so that a
 * later fault finds it unchanged. */
FORCE_INLINE u64 stack_peek_with(Cpu *cpu, u64 offset, unsigned size, bool redo)
{
    return memory_read_with(cpu, SS, (cpu->gpr[RSP] + offset) & cpu->stack_mask, size, redo);
}

FORCE_INLINE u64 stack_peek(Cpu *cpu, u64 offset, unsigned size)
{
    return stack_peek_with(cpu, offset, size, false);
}

FORCE_INLINE void stack_drop(Cpu *cpu, u64 bytes)
{
    stack_set_pointer(cpu, cpu->gpr[RSP] + bytes);
}

#endif
