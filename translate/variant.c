/*
 * Variants: under which assumptions a block is translated.
 */
#include "translate/variant.h"

#include "cpu/simd.h"

/* Base 0, 4 GiB, to be read and written: 1, without a branch. */
static u32 is_flat(const Segment *segment)
{
    u64 all = (u64)1 << 32;

    return (segment->base | (segment->read_end ^ all) | (segment->write_end ^ all)) == 0;
}

static bool x87_usable(const Cpu *cpu)
{
    return !(cpu->cr0 & (CR0_EM | CR0_TS)) && !(cpu->x87.status & X87_ES) &&
           (cpu->x87.control & X87_EXCEPTIONS) == X87_EXCEPTIONS;
}

/* CS is never written through; its bit says that linear addresses are offsets. */
Assumptions assumptions_now(const Cpu *cpu)
{
    const Segment *segments = cpu->segments;
    Assumptions now = {.as = cpu->as, .small_stack = cpu->stack_mask == 0xFFFF};

    now.sse = !(cpu->cr0 & (CR0_EM | CR0_TS)) && (cpu->cr4 & CR4_OSFXSR);
    now.x87 = x87_usable(cpu);
    now.down = (cpu->rflags & FLAG_DF) != 0;
    now.floats = now.sse && (cpu->mxcsr & ~(u32)MXCSR_FLAGS) == MXCSR_INIT;

    now.flat = (u8)(is_flat(&segments[ES]) << ES | (segments[CS].base == 0) << CS |
                    is_flat(&segments[SS]) << SS | is_flat(&segments[DS]) << DS |
                    is_flat(&segments[FS]) << FS | is_flat(&segments[GS]) << GS);
    return now;
}

u32 variant_of(const Cpu *cpu, Assumptions now)
{
    return now.flat | (u32)now.as << 8 | (u32)now.small_stack << 10 |
           (now.sse ? (u32)VARIANT_SSE : 0) | (now.floats ? (u32)VARIANT_FLOATS : 0) |
           (now.x87 ? (u32)VARIANT_X87 : 0) | (now.down ? (u32)VARIANT_DOWN : 0) |
           (cpu->segments[CS].limit == 0xFFFFFFFF ? (u32)VARIANT_LIMIT_4G : 0) |
           (u32)block_mode(cpu) << 16;
}

bool variant_fits(const Cpu *cpu, u32 variant)
{
    return !((variant & VARIANT_X87) && !x87_usable(cpu)) &&
           !((variant & VARIANT_FLOATS) && (cpu->mxcsr & ~(u32)MXCSR_FLAGS) != MXCSR_INIT) &&
           ((variant & VARIANT_DOWN) != 0) == ((cpu->rflags & FLAG_DF) != 0);
}

bool limit_allows(const Cpu *cpu)
{
    u32 limit = cpu->segments[CS].limit;

    return cpu->code_size == 8 || limit == 0xFFFFFFFF || (cpu->code_size == 2 && limit == 0xFFFF);
}
