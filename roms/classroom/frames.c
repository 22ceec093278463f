/*
 * The frame allocator: one bit for each 4 KB of physical memory, set = in use.
 *
 * Not implemented: memory beyond 256 MB; it is left alone, this kernel has no use for it.
 */
#include "frames.h"
#include "paging.h"
#include "processor.h"
#include "text.h"

enum { LARGEST_MEMORY = 256 << 20, FRAMES = LARGEST_MEMORY / FRAME_BYTES, BITS = 32 };

extern BootInformation boot_information; /* in setup.asm, at a physical address */
extern u8 kernel_end[];                  /* kernel.ld */

static u32 used[FRAMES / BITS];
static u32 total, free_count, end;
static bool left_alone;

const BootInformation *boot_facts(void)
{
    return physical_pointer((u32)&boot_information);
}

bool frame_in_use(u32 physical)
{
    u32 frame = physical / FRAME_BYTES;
    return frame >= FRAMES || (used[frame / BITS] >> frame % BITS & 1);
}

static void mark(u32 frame, bool in_use)
{
    u32 bit = 1u << frame % BITS;
    used[frame / BITS] = in_use ? used[frame / BITS] | bit : used[frame / BITS] & ~bit;
}

/* Whole frames only: a range may begin and end inside of one. */
static void release_range(const MemoryRange *range)
{
    u64 first = (range->base + FRAME_BYTES - 1) / FRAME_BYTES;
    u64 last = (range->base + range->length) / FRAME_BYTES;
    if (last > FRAMES)
        left_alone = true;
    for (u64 frame = first; frame < last && frame < FRAMES; frame++) {
        if (!frame_in_use((u32)frame * FRAME_BYTES))
            continue; /* ranges may overlap */
        mark((u32)frame, false);
        total++;
        if ((u32)(frame + 1) * FRAME_BYTES > end)
            end = (u32)(frame + 1) * FRAME_BYTES;
    }
}

void frames_init(void)
{
    const BootInformation *facts = boot_facts();
    memset(used, 0xff, sizeof used);
    for (u32 i = 0; i < facts->range_count && i < LENGTH(facts->ranges); i++)
        if (facts->ranges[i].type == RANGE_USABLE)
            release_range(&facts->ranges[i]);
    free_count = total;
    /* From 0 to our own end: BIOS data, boot sector, setup, kernel. */
    for (u32 physical = 0; physical < linear_to_physical(kernel_end); physical += FRAME_BYTES)
        if (!frame_in_use(physical)) {
            mark(physical / FRAME_BYTES, true);
            free_count--;
        }
}

u32 frame_allocate(void)
{
    u32 flags = interrupts_disable();
    u32 physical = 0;
    for (u32 word = 0; word < LENGTH(used); word++) {
        if (used[word] == 0xffffffff)
            continue;
        u32 frame = word * BITS + (u32)__builtin_ctz(~used[word]);
        mark(frame, true);
        free_count--;
        physical = frame * FRAME_BYTES;
        break;
    }
    interrupts_restore(flags);
    return physical;
}

void frame_free(u32 physical)
{
    u32 flags = interrupts_disable();
    if (physical && frame_in_use(physical)) {
        mark(physical / FRAME_BYTES, false);
        free_count++;
    }
    interrupts_restore(flags);
}

u32 frames_total(void)
{
    return total;
}

u32 frames_free(void)
{
    return free_count;
}

bool frames_left_alone(void)
{
    return left_alone;
}

u32 frames_end(void)
{
    return end;
}
