/*
 * Blocks of one instruction that the code cache cannot find by their page: those that cross into
 * another one, and those in device memory.
 */
#include "cpu/single_blocks.h"

#include <string.h>

#include "cpu/engine.h"
#include "cpu/memory.h"

u64 code_linear(Cpu *cpu, u64 rip, unsigned size)
{
    u64 linear = cpu->segments[CS].base + rip;

    if (cpu->code_size == 8) {
        if (!is_canonical(linear))
            cpu_raise_gp0(cpu);
        return linear;
    }
    if (rip + size - 1 > cpu->segments[CS].limit)
        cpu_raise_gp0(cpu);
    return (u32)linear;
}

/* Fetches an instruction byte by byte, as far as its decoding needs: at the end of a page, of the
 * segment, and in device memory. Raises at the byte that cannot be had. */
static void fetch_slowly(Cpu *cpu, u64 rip, Insn *insn, u8 *bytes)
{
    for (unsigned count = 1;; count++) {
        u64 linear = code_linear(cpu, rip + count - 1, 1);
        PhysAddr physical;
        PageFault fault;
        DecodeStatus status;

        if (!mmu_translate(&cpu->mmu, linear, ACCESS_EXECUTE, code_privilege(cpu), &physical,
                           &fault))
            cpu_raise_page_fault(cpu, &fault);
        bytes[count - 1] = (u8)space_read(cpu->memory, physical, BYTE);
        status = decode(cpu, decode_mode(cpu), bytes, count, insn);
        if (status == DECODE_OK)
            return;
        if (status == DECODE_TOO_LONG || count == INSN_MAX_LENGTH)
            cpu_raise_gp0(cpu);
    }
}

static Straddler *slot_of(SingleBlocks *singles, const u8 *host)
{
    return &singles->straddlers[((uintptr_t)host ^ (uintptr_t)host >> PAGE_SHIFT) % STRADDLERS];
}

Block *single_block_uncached(Cpu *cpu, SingleBlocks *singles)
{
    u8 bytes[INSN_MAX_LENGTH];

    singles->uncached_insn.start = 0;
    fetch_slowly(cpu, cpu->rip, &singles->uncached_insn, bytes);
    singles->uncached = (Block){.mode = block_mode(cpu),
                                .count = 1,
                                .bytes = singles->uncached_insn.length,
                                .insns = &singles->uncached_insn};
    return &singles->uncached;
}

Block *single_block_straddling(Cpu *cpu, SingleBlocks *singles, const u8 *host)
{
    Straddler *slot = slot_of(singles, host);
    u8 bytes[INSN_MAX_LENGTH], mode = block_mode(cpu);
    Insn insn = {.start = 0};

    fetch_slowly(cpu, cpu->rip, &insn, bytes);
    if (slot->host == host && slot->mode == mode && slot->length == insn.length &&
        memcmp(slot->bytes, bytes, insn.length) == 0)
        return &slot->block;
    if (cpu->engine)
        cpu->engine->block_dropped(cpu, &slot->block);
    slot->host = host;
    slot->mode = mode;
    slot->length = insn.length;
    memcpy(slot->bytes, bytes, insn.length);
    slot->insn = insn;
    slot->block = (Block){
        .mode = mode, .count = 1, .bytes = insn.length, .straddles = true, .insns = &slot->insn};
    return &slot->block;
}

Block *single_block_find(Cpu *cpu, SingleBlocks *singles, const u8 *host, u64 linear)
{
    Straddler *slot = slot_of(singles, host);
    unsigned here = PAGE_SIZE - (linear & PAGE_MASK);
    const u8 *second;

    if (slot->host != host || slot->mode != block_mode(cpu) || slot->length <= here ||
        memcmp(slot->bytes, host, here) != 0)
        return NULL;
    if (cpu->code_size != 8 && cpu->rip + slot->length - 1 > cpu->segments[CS].limit)
        return NULL;
    second =
        mmu_fast(&cpu->mmu, cpu->mmu.epoch, linear + here, ACCESS_EXECUTE, code_privilege(cpu), 1);
    if (!second || memcmp(slot->bytes + here, second, slot->length - here) != 0)
        return NULL;
    return &slot->block;
}

bool single_block_straddles(SingleBlocks *singles, const u8 *host)
{
    return slot_of(singles, host)->host == host;
}

void single_block_forget(SingleBlocks *singles, const u8 *host)
{
    Straddler *slot = slot_of(singles, host);

    if (slot->host == host)
        slot->host = NULL;
}
