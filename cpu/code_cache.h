/*
 * The interpreter's cache of decoded instructions.
 *
 * A block is a run of instructions within one page, up to one that ends it. Blocks are found by
 * the host address of their first byte, so that every mapping of a page shares them, and dropped
 * when a byte of theirs is written: the page is marked PAGE_HOLDS_CODE, which takes its writes off
 * the fast path, and a bitmap of 64-byte granules tells code from data in it.
 */
#ifndef CPU_CODE_CACHE_H
#define CPU_CODE_CACHE_H

#include "cpu/decode.h"

enum { BLOCK_MAX_INSNS = 32, BLOCK_LINKS = 2 };

/* What a block was decoded for; packs into Block.mode. */
enum { MODE_PROTECTED = 0x10, MODE_USER = 0x20 /* in link keys only */ };

typedef struct Block Block;

/* A successor that execution went to before: valid while `stamp` is cpu->code_stamp. */
typedef struct BlockLink {
    u64 key;                /* where, and in which mode: see link_key() */
    Block *block;
    u32 stamp;
} BlockLink;

struct Block {
    const u8 *host;         /* of its first byte; NULL: not in the table */
    const u8 *page;         /* the host page it was decoded from; NULL: none, or two */
    u8 mode;                /* code size in bytes | MODE_PROTECTED */
    u8 count;               /* instructions */
    u16 bytes;
    Insn *insns;
    BlockLink links[BLOCK_LINKS];
    u8 next_link;           /* to replace */
    Block *next_in_bucket, *next_in_page;
    void *translation;      /* the engine's */
    u32 executions;         /* the engine's, too */
    bool ungrouped;         /* the engine's: its accesses are too often declined */
    bool straddles;         /* into another page: not in the table, and its bytes are checked each time */
    u8 rewritten;           /* how often translated code of its page had been written to, at most 255 */
};

typedef struct CodeCache CodeCache;

bool code_cache_create(Cpu *cpu);       /* sets cpu->code; false: out of memory */
void code_cache_destroy(Cpu *cpu);
void code_cache_flush(Cpu *cpu);

/* The block at cpu->rip, decoded if need be. Raises what fetching its first instruction raises. */
Block *code_cache_find(Cpu *cpu);

/* The same, remembered as a successor of `from`. */
Block *code_cache_follow(Cpu *cpu, Block *from);

FORCE_INLINE u8 block_mode(const Cpu *cpu)
{
    return cpu->code_size | (cpu_protected(cpu) ? MODE_PROTECTED : 0);
}

/* The mode's part of a link's key, where it keeps canonical addresses apart. */
FORCE_INLINE u64 link_mode(const Cpu *cpu)
{
    return (u64)(block_mode(cpu) | (cpu->user ? MODE_USER : 0)) << 48;
}

FORCE_INLINE u64 link_key(const Cpu *cpu)
{
    return ((cpu->segments[CS].base + cpu->rip) & cpu->linear_mask) ^ cpu->code_mode;
}

/* Do two keys lie in the same linear page, in the same mode? */
FORCE_INLINE bool same_page(u64 key, u64 other)
{
    return (key ^ other) < PAGE_SIZE;
}

/* Does the TLB know `block` as the code at `key`? */
FORCE_INLINE bool code_cache_mapped(const Cpu *cpu, u64 key, const Block *block)
{
    u8 *host;

    return tlb_find(cpu->code_tlb, cpu->mmu.epoch, key ^ cpu->code_mode, ACCESS_EXECUTE, 1, &host) &&
           host == block->host;
}

/* The block at cpu->rip as the successor of `from`: mostly without a look-up.
 *
 * Which transfers consult the TLB is architectural, so it is a rule that every engine follows:
 * those to another page than that in which the block began, and those after anything that changed
 * translations or the memory map. */
FORCE_INLINE Block *code_cache_next(Cpu *cpu, Block *from)
{
    u64 key = link_key(cpu);

    for (unsigned i = 0; i < BLOCK_LINKS; i++)
        if (LIKELY(from->links[i].key == key && from->links[i].stamp == cpu->code_stamp) &&
            (LIKELY(same_page(key, cpu->block_key)) ||
             code_cache_mapped(cpu, key, from->links[i].block)))
            return from->links[i].block;
    return code_cache_follow(cpu, from);
}

/* Successors must be looked up again: linear addresses may mean something else now. */
void code_cache_unlink(Cpu *cpu);

/* For snapshots, between two runs: the page in which execution goes on without asking the TLB, as a
 * link's key and by its physical address. False: it will ask. */
bool code_cache_page(const Cpu *cpu, u64 *key, PhysAddr *physical);
/* ... and goes on so again. */
void code_cache_go_on(Cpu *cpu, u64 key, PhysAddr physical);

/* Drops the blocks that hold a byte at `offset` of a page, so that one begins there if it is observed
 * (observer.h). Between two instructions. */
void code_cache_split(Cpu *cpu, unsigned offset);

/* [host, host + length) was written. */
void code_cache_written(Cpu *cpu, const u8 *host, u64 length);

#endif
