#include "cpu/code_cache.h"

#include <stdlib.h>
#include <string.h>

#include "cpu/engine.h"
#include "cpu/memory.h"
#include "cpu/observer.h"
#include "cpu/single_blocks.h"

enum {
    MAX_BLOCKS = 1 << 17,
    MAX_INSNS = 1 << 19,
    MAX_PAGES = 1 << 14,
    BUCKETS = 1 << 17,
    PAGE_BUCKETS = 1 << 12,
    GRANULE_SHIFT = 6,
};

/* A host page that holds code. */
typedef struct CodePage {
    const u8 *host; /* of its first byte */
    u64 granules;   /* bit n: bytes 64n .. 64n+63 hold code */
    Block *blocks;
    struct CodePage *next;
    u8 rewritten; /* how often translated blocks were dropped, at most 255 */
} CodePage;

struct CodeCache {
    Block blocks[MAX_BLOCKS];
    Insn insns[MAX_INSNS];
    CodePage pages[MAX_PAGES];
    unsigned block_count, insn_count, page_count;
    Block *buckets[BUCKETS];
    CodePage *page_buckets[PAGE_BUCKETS];
    SingleBlocks singles;
    Block restored; /* stands for the one that a snapshot was taken after */
};

bool code_cache_create(Cpu *cpu)
{
    cpu->code = calloc(1, sizeof *cpu->code);
    cpu->code_stamp = 1;
    return cpu->code != NULL;
}

void code_cache_destroy(Cpu *cpu)
{
    free(cpu->code);
    cpu->code = NULL;
}

void code_cache_unlink(Cpu *cpu)
{
    if (++cpu->code_stamp == 0) { /* wrapped: old links could look new again */
        for (unsigned i = 0; i < cpu->code->block_count; i++)
            memset(cpu->code->blocks[i].links, 0, sizeof cpu->code->blocks[i].links);
        cpu->code_stamp = 1;
    }
}

void code_cache_flush(Cpu *cpu)
{
    CodeCache *cache = cpu->code;

    if (cpu->engine)
        cpu->engine->blocks_flushed(cpu);
    /* PAGE_HOLDS_CODE stays where it is set: a page without blocks only costs a slow write. */
    memset(cache->buckets, 0, sizeof cache->buckets);
    memset(cache->page_buckets, 0, sizeof cache->page_buckets);
    memset(&cache->singles, 0, sizeof cache->singles);
    cache->block_count = cache->insn_count = cache->page_count = 0;
    code_cache_unlink(cpu);
}

/* ---- pages ---- */

static const u8 *page_start(const u8 *host)
{
    return (const u8 *)((uintptr_t)host & ~(uintptr_t)PAGE_MASK);
}

static CodePage **page_bucket(CodeCache *cache, const u8 *page)
{
    return &cache->page_buckets[((uintptr_t)page >> PAGE_SHIFT) % PAGE_BUCKETS];
}

static CodePage *page_find(CodeCache *cache, const u8 *page)
{
    for (CodePage *entry = *page_bucket(cache, page); entry; entry = entry->next)
        if (entry->host == page)
            return entry;
    return NULL;
}

static u64 granules_of(const u8 *host, u64 length)
{
    unsigned first = ((uintptr_t)host & PAGE_MASK) >> GRANULE_SHIFT;
    unsigned last = (((uintptr_t)host & PAGE_MASK) + length - 1) >> GRANULE_SHIFT;

    return ~(u64)0 >> (63 - (last - first)) << first;
}

/* Reports writes to the page at `host` from now on. */
static void mark_page(Cpu *cpu, const u8 *host)
{
    for (unsigned i = 0; i < cpu->memory->region_count; i++) {
        Memory *memory = cpu->memory->regions[i].memory;

        if (memory && host >= memory->bytes && host < memory->bytes + memory->length)
            memory->pages[(u64)(host - memory->bytes) >> PAGE_SHIFT] |= PAGE_HOLDS_CODE;
    }
    mmu_demote_writes(&cpu->mmu, host);
}

static CodePage *page_for_code(Cpu *cpu, const u8 *host)
{
    CodeCache *cache = cpu->code;
    const u8 *start = page_start(host);
    CodePage *page = page_find(cache, start);

    if (!page) {
        if (cache->page_count == MAX_PAGES)
            code_cache_flush(cpu);
        page = &cache->pages[cache->page_count++];
        *page = (CodePage){.host = start, .next = *page_bucket(cache, start)};
        *page_bucket(cache, start) = page;
        mark_page(cpu, host);
    }
    return page;
}

/* ---- invalidation ---- */

static Block **bucket_of(CodeCache *cache, const u8 *host, u8 mode)
{
    uintptr_t key = (uintptr_t)host;

    return &cache->buckets[(key ^ key >> 16 ^ mode) % BUCKETS];
}

static void remove_from_bucket(CodeCache *cache, Block *block)
{
    Block **link = bucket_of(cache, block->host, block->mode);

    while (*link != block)
        link = &(*link)->next_in_bucket;
    *link = block->next_in_bucket;
}

/* Drops the blocks of a page that hold one of these bytes; false: there are none. */
static bool drop_blocks(Cpu *cpu, CodePage *page, const u8 *host, u64 length)
{
    bool dropped = false, translated = false;
    Block **link;

    if (!(page->granules & granules_of(host, length)))
        return false;
    page->granules = 0;
    for (link = &page->blocks; *link;) {
        Block *block = *link;

        if (block->host < host + length && host < block->host + block->bytes) {
            translated |= block->translation != NULL;
            if (cpu->engine)
                cpu->engine->block_dropped(cpu, block);
            remove_from_bucket(cpu->code, block);
            block->host = NULL;
            *link = block->next_in_page;
            dropped = true;
        } else {
            page->granules |= granules_of(block->host, block->bytes);
            link = &block->next_in_page;
        }
    }
    if (translated && page->rewritten < UINT8_MAX)
        page->rewritten++;
    return dropped;
}

void code_cache_split(Cpu *cpu, unsigned offset)
{
    CodeCache *cache = cpu->code;
    bool dropped = false;

    for (unsigned i = 0; i < cache->page_count; i++)
        dropped |= drop_blocks(cpu, &cache->pages[i], cache->pages[i].host + offset, 1);
    if (dropped)
        code_cache_unlink(cpu);
}

void code_cache_written(Cpu *cpu, const u8 *host, u64 length)
{
    CodePage *page = page_find(cpu->code, page_start(host));

    if (page && drop_blocks(cpu, page, host, length)) {
        code_cache_unlink(cpu);
        cpu_leave_block(cpu); /* it may be the one that runs */
    }
}

/* ---- decoding ---- */

/* Decodes from `host` to the end of the block or page. Count 0: the first instruction leaves the
 * page or the segment. */
static void decode_block(Cpu *cpu, Block *block, const u8 *host)
{
    unsigned left = PAGE_SIZE - ((uintptr_t)host & PAGE_MASK);
    unsigned count = 0, at = 0;

    while (count < BLOCK_MAX_INSNS) {
        Insn *insn = &block->insns[count];

        insn->start = (u16)at;
        if (decode(cpu, decode_mode(cpu), host + at, left - at, insn) != DECODE_OK)
            break;
        if (UNLIKELY(cpu->observer) && cpu->observer->magic && insn_is_magic(insn)) {
            observer_note_magic(cpu, (uintptr_t)host + at);
            if (count > 0) /* it begins a block of its own */
                break;
        }
        at += insn->length;
        count++;
        if (insn_ends_block(insn) || observes_code(cpu, (uintptr_t)host + at))
            break;
    }
    block->count = (u8)count;
    block->bytes = (u16)at;
}

static bool is_full(const CodeCache *cache)
{
    return cache->block_count == MAX_BLOCKS || cache->insn_count + BLOCK_MAX_INSNS > MAX_INSNS;
}

static Block *make_block(Cpu *cpu, const u8 *host)
{
    CodeCache *cache = cpu->code;
    CodePage *page;
    Block *block, **bucket;

    if (is_full(cache))
        code_cache_flush(cpu);
    block = &cache->blocks[cache->block_count];
    *block = (Block){.mode = block_mode(cpu), .insns = &cache->insns[cache->insn_count]};
    decode_block(cpu, block, host);
    if (block->count == 0)
        return NULL;
    page = page_for_code(cpu, host); /* may flush: the block itself stays put */
    if (cache->block_count == 0) {
        cache->blocks[0] = *block;
        memmove(cache->insns, block->insns, block->count * sizeof *block->insns);
        block = &cache->blocks[0];
        block->insns = cache->insns;
    }
    cache->block_count++;
    cache->insn_count += block->count;
    block->host = host;
    block->page = page_start(host);
    single_block_forget(&cache->singles, host);
    block->rewritten = page->rewritten;
    bucket = bucket_of(cache, host, block->mode);
    block->next_in_bucket = *bucket;
    *bucket = block;
    block->next_in_page = page->blocks;
    page->blocks = block;
    page->granules |= granules_of(host, block->bytes);
    return block;
}

/* The host address of the code at cpu->rip, or NULL in device memory. */
static const u8 *fetch_host(Cpu *cpu, u64 linear)
{
    PhysAddr physical;
    u8 *host;
    PageFault fault;

    if (!mmu_access(&cpu->mmu, linear, ACCESS_EXECUTE, code_privilege(cpu), &physical, &host,
                    &fault))
        cpu_raise_page_fault(cpu, &fault);
    return host;
}

static bool within_limit(const Cpu *cpu, const Block *block)
{
    return cpu->code_size == 8 || cpu->rip + block->bytes - 1 <= cpu->segments[CS].limit;
}

/* The block decoded from `host`, or NULL. */
static Block *find_decoded(const Cpu *cpu, const u8 *host)
{
    u8 mode = block_mode(cpu);
    Block *block = *bucket_of(cpu->code, host, mode);

    while (block && (block->host != host || block->mode != mode))
        block = block->next_in_bucket;
    return block;
}

Block *code_cache_find(Cpu *cpu)
{
    assert(cpu->code_mode == link_mode(cpu) && cpu->tlb == cpu->mmu.tlb[cpu->as]);
    cpu_between_instructions(cpu);
    u64 linear = code_linear(cpu, cpu->rip, 1);
    const u8 *host =
        mmu_fast(&cpu->mmu, cpu->mmu.epoch, linear, ACCESS_EXECUTE, code_privilege(cpu), 1);
    Block *block;

    if (!host)
        host = fetch_host(cpu, linear);
    if (!host)
        return single_block_uncached(cpu, &cpu->code->singles);
    block = single_block_find(cpu, &cpu->code->singles, host, linear);
    if (block)
        return block;
    block = find_decoded(cpu, host);
    if (block)
        return within_limit(cpu, block) ? block : single_block_uncached(cpu, &cpu->code->singles);
    block = make_block(cpu, host);
    if (!block)
        return single_block_straddling(cpu, &cpu->code->singles, host);
    return within_limit(cpu, block) ? block : single_block_uncached(cpu, &cpu->code->singles);
}

/* The block at cpu->rip, which lies in the page at hand at `host`, without asking the TLB; NULL for
 * what is not simply there. */
static Block *find_in_page(Cpu *cpu, const u8 *host)
{
    Block *block;

    /* One that crosses into the next page is code_cache_find()'s, which knows it. */
    if (single_block_straddles(&cpu->code->singles, host))
        return NULL;
    block = find_decoded(cpu, host);
    if (!block)
        block = make_block(cpu, host);
    return block && within_limit(cpu, block) ? block : NULL;
}

Block *code_cache_follow(Cpu *cpu, Block *from)
{
    u64 key = link_key(cpu);
    u32 stamp = cpu->code_stamp;
    Block *block = NULL;

    if (UNLIKELY(cpu->observer) && observer_stops(cpu)) {
        cpu->resume = true;
        longjmp(cpu->unwind, UNWIND_STOPPED);
    }
    if (same_page(key, cpu->block_key) && from->page)
        block = find_in_page(cpu, from->page + (key & PAGE_MASK));
    if (!block)
        block = code_cache_find(cpu);

    /* Not when finding it has dropped blocks: `from` may be gone. Observed code is asked for anew.
     */
    if (block->host && from->host && stamp == cpu->code_stamp && !observes_code(cpu, key)) {
        BlockLink *link = &from->links[from->next_link];

        from->next_link = (u8)((from->next_link + 1) % BLOCK_LINKS);
        *link = (BlockLink){key, block, stamp};
    }
    return block;
}

/* ---- snapshots ---- */

bool code_cache_page(const Cpu *cpu, u64 *key, PhysAddr *physical)
{
    const AddressSpace *memory = cpu->memory;
    const u8 *page = cpu->resume && cpu->block_key != NO_KEY ? cpu->block->page : NULL;

    for (unsigned i = 0; page && i < memory->section_count; i++) {
        const Section *section = &memory->sections[i];
        const Region *region = section->reader;
        const u8 *first;

        if (!region || !region->memory)
            continue;
        first = region->memory->bytes + region->memory_offset + (section->first - region->base);
        if (page < first || (u64)(page - first) > section->last - section->first)
            continue;
        *key = cpu->block_key & ~(u64)PAGE_MASK;
        *physical = section->first + (u64)(page - first);
        return true;
    }
    return false;
}

void code_cache_go_on(Cpu *cpu, u64 key, PhysAddr physical)
{
    const u8 *page = space_host(cpu->memory, physical & ~(PhysAddr)PAGE_MASK, false);

    cpu->resume = page != NULL;
    cpu->block = &cpu->code->restored;
    cpu->block_key = key;
    *cpu->block = (Block){.page = page};
}
