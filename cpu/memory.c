/*
 * The accesses that the fast path in memory.h declines: TLB misses, devices, pages that hold
 * code, page crossings, alignment checks and data breakpoints.
 */
#include "cpu/memory.h"

#include "cpu/code_cache.h"
#include "cpu/debug_registers.h"
#include "cpu/observer.h"

/* What one access touches: one page, or the end of one and the start of the next. */
typedef struct Pieces {
    unsigned count;
    unsigned sizes[2];
    PhysAddr physical[2];
    u8 *host[2]; /* NULL: through the bus */
} Pieces;

/* The page that follows the one of `linear`, `bytes` further on. Only a system structure can lie
 * above 4 GiB outside 64-bit mode. */
static u64 next_page(const Cpu *cpu, u64 linear, unsigned bytes)
{
    return cpu->code_size == 8 || linear >> 32 ? linear + bytes : (u32)(linear + bytes);
}

void memory_check_canonical(Cpu *cpu, unsigned reg, u64 linear, unsigned size)
{
    if (!is_canonical(linear) || !is_canonical(linear + size - 1))
        cpu_raise(cpu, reg == SS ? EXCEPTION_SS : EXCEPTION_GP, 0);
}

static void check_alignment(Cpu *cpu, u64 linear, unsigned size, Privilege as)
{
    if (as == AS_USER && (cpu->cr0 & CR0_AM) && (cpu->rflags & FLAG_AC) && (linear & (size - 1)))
        cpu_raise(cpu, EXCEPTION_AC, 0);
}

/* Translates all pieces before any is touched, so that a fault leaves memory alone. */
static Pieces translate(Cpu *cpu, u64 linear, unsigned size, Access access, Privilege as)
{
    unsigned left = PAGE_SIZE - (linear & PAGE_MASK);
    Pieces pieces = {.count = size > left ? 2 : 1, .sizes = {size > left ? left : size}};

    pieces.sizes[1] = size - pieces.sizes[0];
    check_alignment(cpu, linear, size, as);
    for (unsigned i = 0; i < pieces.count; i++) {
        PageFault fault;
        u64 at = i == 0 ? linear : next_page(cpu, linear, left);

        if (!mmu_access(&cpu->mmu, at, access, as, &pieces.physical[i], &pieces.host[i], &fault))
            cpu_raise_page_fault(cpu, &fault);
    }
    return pieces;
}

/* Devices see the clock, and may move its deadline or raise an interrupt. */
static void before_device(Cpu *cpu)
{
    cpu_sync_cycles(cpu);
    cpu_leave_block(cpu);
}

static u64 read_piece(Cpu *cpu, PhysAddr physical, const u8 *host, unsigned size)
{
    u64 value = 0;

    if (host) {
        memcpy(&value, host, size);
        return value;
    }
    before_device(cpu);
    if (size == BYTE || size == WORD || size == DWORD || size == QWORD)
        return space_read(cpu->memory, physical, size);
    for (unsigned i = 0; i < size; i++)
        value |= space_read(cpu->memory, physical + i, BYTE) << (8 * i);
    return value;
}

static void write_piece(Cpu *cpu, PhysAddr physical, u8 *host, unsigned size, u64 value)
{
    if (host) {
        memcpy(host, &value, size);
        return;
    }
    /* A page that holds code is memory all the same: the bus reports the write, and the block is
     * left only if it was hit. */
    if (!space_host(cpu->memory, physical, true))
        before_device(cpu);
    if (size == BYTE || size == WORD || size == DWORD || size == QWORD) {
        space_write(cpu->memory, physical, size, value);
        return;
    }
    for (unsigned i = 0; i < size; i++)
        space_write(cpu->memory, physical + i, BYTE, value >> (8 * i) & 0xFF);
}

/* The bytes as they lie in memory; ones where a device would have to be asked. */
static u64 bytes_there(Cpu *cpu, const Pieces *pieces)
{
    u64 value = 0;

    for (unsigned i = 0; i < pieces->count; i++) {
        const u8 *host = space_host(cpu->memory, pieces->physical[i], false);
        u64 piece = ~(u64)0;

        if (host)
            memcpy(&piece, host, pieces->sizes[i]);
        piece &= ~(u64)0 >> (64 - 8 * pieces->sizes[i]);
        value |= piece << (i ? 8 * pieces->sizes[0] : 0);
    }
    return value;
}

static void tell_observer(Cpu *cpu, u64 linear, const Pieces *pieces, const u64 *old, u64 value)
{
    unsigned size = pieces->sizes[0] + (pieces->count == 2 ? pieces->sizes[1] : 0);
    const ObservedAccess access = {.linear = linear,
                                   .physical = {pieces->physical[0], pieces->physical[1]},
                                   .size = size,
                                   .write = old != NULL,
                                   .old_value = old ? *old : 0,
                                   .value = value & ~(u64)0 >> (64 - 8 * size)};

    cpu->observer->access(cpu->observer->owner, &access);
}

static u64 read_slow(Cpu *cpu, u64 linear, unsigned size, Access access, Privilege as)
{
    Pieces pieces = translate(cpu, linear, size, access, as);

    /* What may be written directly is not all that may be read so, nor the other way round. */
    for (unsigned i = 0; access == ACCESS_WRITE && i < pieces.count; i++)
        pieces.host[i] = space_host(cpu->memory, pieces.physical[i], false);
    u64 value = read_piece(cpu, pieces.physical[0], pieces.host[0], pieces.sizes[0]);

    if (pieces.count == 2)
        value |= read_piece(cpu, pieces.physical[1], pieces.host[1], pieces.sizes[1])
                 << (8 * pieces.sizes[0]);
    if (cpu->tlb_epoch == TLB_NO_EPOCH)
        debug_data_access(cpu, linear, size, false);
    if (UNLIKELY(cpu->observer))
        tell_observer(cpu, linear, &pieces, NULL, value);
    return value;
}

u64 memory_read_slow(Cpu *cpu, u64 linear, unsigned size, Privilege as)
{
    return read_slow(cpu, linear, size, ACCESS_READ, as);
}

u64 memory_read_for_write_slow(Cpu *cpu, u64 linear, unsigned size, Privilege as)
{
    return read_slow(cpu, linear, size, ACCESS_WRITE, as);
}

void memory_write_slow(Cpu *cpu, u64 linear, unsigned size, Privilege as, u64 value)
{
    Pieces pieces = translate(cpu, linear, size, ACCESS_WRITE, as);
    u64 old = UNLIKELY(cpu->observer) ? bytes_there(cpu, &pieces) : 0;

    write_piece(cpu, pieces.physical[0], pieces.host[0], pieces.sizes[0], value);
    if (pieces.count == 2)
        write_piece(cpu, pieces.physical[1], pieces.host[1], pieces.sizes[1],
                    value >> (8 * pieces.sizes[0]));
    if (cpu->tlb_epoch == TLB_NO_EPOCH)
        debug_data_access(cpu, linear, size, true);
    if (UNLIKELY(cpu->observer))
        tell_observer(cpu, linear, &pieces, &old, value);
}

void memory_probe_write(Cpu *cpu, u64 linear, unsigned size, Privilege as)
{
    translate(cpu, linear, size, ACCESS_WRITE, as);
}
