/*
 * Pages are copied into refcounted versions. A state is an array of refcounted chunks, each with
 * the versions of 1 MiB of pages, so that two states that follow each other share most chunks.
 */
#include "mmu/memory_history.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <xxhash.h>

enum { CHUNK_PAGES = 256, SLAB_PAGES = 256, GRANULE = 64 };

typedef struct PageVersion {
    u32 refs;
    bool hashed;
    u64 hash;
    u8 *bytes; /* NULL: zeros */
} PageVersion;

typedef struct PageChunk {
    u32 refs;
    bool hashed;
    u64 hash;
    PageVersion *pages[CHUNK_PAGES]; /* NULL: zeros, never written */
} PageChunk;

struct MemoryState {
    u32 refs;
    u64 pages, chunk_count;
    PageChunk *chunks[]; /* NULL: zeros, never written */
};

typedef struct Slab {
    struct Slab *next;
    u8 *bytes;
} Slab;

typedef struct FreePage {
    struct FreePage *next;
} FreePage;

struct PagePool {
    Slab *slabs;
    FreePage *free;
    u64 bytes;
};

/* ---- the pool ---- */

PagePool *page_pool_create(void)
{
    return calloc(1, sizeof(PagePool));
}

void page_pool_destroy(PagePool *pool)
{
    while (pool && pool->slabs) {
        Slab *slab = pool->slabs;

        pool->slabs = slab->next;
        munmap(slab->bytes, SLAB_PAGES * PAGE_SIZE);
        free(slab);
    }
    free(pool);
}

u64 page_pool_bytes(const PagePool *pool)
{
    return pool->bytes;
}

static bool add_slab(PagePool *pool)
{
    Slab *slab = malloc(sizeof *slab);
    void *bytes = mmap(NULL, SLAB_PAGES * PAGE_SIZE, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (!slab || bytes == MAP_FAILED) {
        free(slab);
        if (bytes != MAP_FAILED)
            munmap(bytes, SLAB_PAGES * PAGE_SIZE);
        return false;
    }
    *slab = (Slab){pool->slabs, bytes};
    pool->slabs = slab;
    for (unsigned i = SLAB_PAGES; i-- > 0;) {
        FreePage *page = (FreePage *)(void *)(slab->bytes + i * PAGE_SIZE);

        page->next = pool->free;
        pool->free = page;
    }
    return true;
}

static u8 *allocate_page(PagePool *pool)
{
    FreePage *page;

    if (!pool->free && !add_slab(pool))
        return NULL;
    page = pool->free;
    pool->free = page->next;
    pool->bytes += PAGE_SIZE;
    return (u8 *)page;
}

static void free_page(PagePool *pool, u8 *bytes)
{
    FreePage *page = (FreePage *)(void *)bytes;

    page->next = pool->free;
    pool->free = page;
    pool->bytes -= PAGE_SIZE;
}

static void *allocate(PagePool *pool, size_t size)
{
    void *result = calloc(1, size);

    if (result)
        pool->bytes += size;
    return result;
}

static void release(PagePool *pool, void *block, size_t size)
{
    pool->bytes -= size;
    free(block);
}

/* ---- versions and chunks ---- */

static bool is_zero(const u8 *bytes)
{
    static const u8 zeros[PAGE_SIZE];

    return memcmp(bytes, zeros, PAGE_SIZE) == 0;
}

static PageVersion *version_create(PagePool *pool, const u8 *bytes)
{
    PageVersion *version = allocate(pool, sizeof *version);

    if (!version)
        return NULL;
    version->refs = 1;
    if (is_zero(bytes))
        return version;
    version->bytes = allocate_page(pool);
    if (!version->bytes) {
        release(pool, version, sizeof *version);
        return NULL;
    }
    memcpy(version->bytes, bytes, PAGE_SIZE);
    return version;
}

static void version_release(PagePool *pool, PageVersion *version)
{
    if (!version || --version->refs)
        return;
    if (version->bytes)
        free_page(pool, version->bytes);
    release(pool, version, sizeof *version);
}

static void chunk_release(PagePool *pool, PageChunk *chunk)
{
    if (!chunk || --chunk->refs)
        return;
    for (unsigned i = 0; i < CHUNK_PAGES; i++)
        version_release(pool, chunk->pages[i]);
    release(pool, chunk, sizeof *chunk);
}

/* One that nobody else has, with the same pages; takes over the caller's share of `chunk`. */
static PageChunk *chunk_own(PagePool *pool, PageChunk *chunk)
{
    PageChunk *copy;

    if (chunk && chunk->refs == 1) {
        chunk->hashed = false;
        return chunk;
    }
    copy = allocate(pool, sizeof *copy);
    if (!copy)
        return NULL;
    copy->refs = 1;
    for (unsigned i = 0; chunk && i < CHUNK_PAGES; i++) {
        copy->pages[i] = chunk->pages[i];
        if (copy->pages[i])
            copy->pages[i]->refs++;
    }
    chunk_release(pool, chunk);
    return copy;
}

/* ---- states ---- */

static size_t state_size(u64 chunks)
{
    return sizeof(MemoryState) + chunks * sizeof(PageChunk *);
}

MemoryState *memory_state_create(PagePool *pool, u64 pages)
{
    u64 chunks = (pages + CHUNK_PAGES - 1) / CHUNK_PAGES;
    MemoryState *state = allocate(pool, state_size(chunks));

    if (state) {
        state->refs = 1;
        state->pages = pages;
        state->chunk_count = chunks;
    }
    return state;
}

MemoryState *memory_state_copy(PagePool *pool, const MemoryState *state)
{
    MemoryState *copy = memory_state_create(pool, state->pages);

    if (!copy)
        return NULL;
    for (u64 i = 0; i < state->chunk_count; i++) {
        copy->chunks[i] = state->chunks[i];
        if (copy->chunks[i])
            copy->chunks[i]->refs++;
    }
    return copy;
}

void memory_state_release(PagePool *pool, MemoryState *state)
{
    if (!state || --state->refs)
        return;
    for (u64 i = 0; i < state->chunk_count; i++)
        chunk_release(pool, state->chunks[i]);
    release(pool, state, state_size(state->chunk_count));
}

bool memory_state_set_page(PagePool *pool, MemoryState *state, u64 page, const u8 *bytes)
{
    PageVersion *version = version_create(pool, bytes);
    PageChunk **chunk = &state->chunks[page / CHUNK_PAGES], *own;
    PageVersion **slot;

    if (!version)
        return false;
    own = chunk_own(pool, *chunk);
    if (!own) {
        version_release(pool, version);
        return false;
    }
    *chunk = own;
    slot = &own->pages[page % CHUNK_PAGES];
    version_release(pool, *slot);
    *slot = version;
    return true;
}

static const PageVersion *version_at(const MemoryState *state, u64 page)
{
    const PageChunk *chunk = state->chunks[page / CHUNK_PAGES];

    return chunk ? chunk->pages[page % CHUNK_PAGES] : NULL;
}

const u8 *memory_state_page(const MemoryState *state, u64 page)
{
    const PageVersion *version = version_at(state, page);

    return version ? version->bytes : NULL;
}

bool memory_state_page_differs(const MemoryState *a, const MemoryState *b, u64 page)
{
    return version_at(a, page) != version_at(b, page);
}

/* ---- hashes ---- */

static u64 version_hash(PageVersion *version)
{
    if (!version || !version->bytes)
        return 0;
    if (!version->hashed) {
        version->hash = XXH3_64bits(version->bytes, PAGE_SIZE);
        version->hashed = true;
    }
    return version->hash;
}

/* Zeros hash to 0, whether they were written or not. */
static u64 chunk_hash(PageChunk *chunk)
{
    u64 hashes[CHUNK_PAGES], any = 0;

    if (!chunk)
        return 0;
    if (!chunk->hashed) {
        for (unsigned i = 0; i < CHUNK_PAGES; i++)
            any |= hashes[i] = version_hash(chunk->pages[i]);
        chunk->hash = any ? XXH3_64bits(hashes, sizeof hashes) : 0;
        chunk->hashed = true;
    }
    return chunk->hash;
}

u64 memory_state_hash(MemoryState *state)
{
    u64 result = state->pages;

    for (u64 i = 0; i < state->chunk_count; i++) {
        u64 pair[2] = {result, chunk_hash(state->chunks[i])};

        result = XXH3_64bits(pair, sizeof pair);
    }
    return result;
}

/* ---- a memory's history ---- */

bool memory_history_init(MemoryHistory *history, PagePool *pool, AddressSpace *space,
                         Memory *memory)
{
    *history = (MemoryHistory){.pool = pool, .space = space, .memory = memory};
    history->base = memory_state_create(pool, memory->length >> PAGE_SHIFT);
    return history->base != NULL;
}

void memory_history_destroy(MemoryHistory *history)
{
    memory_state_release(history->pool, history->base);
    *history = (MemoryHistory){0};
}

/* Is any of these pages dirty? Most are not, so eight at a time. */
static bool any_dirty(const u8 *flags, u64 count)
{
    const u64 dirty = 0x0101010101010101 * PAGE_DIRTY;
    u64 i, eight;

    for (i = 0; i + 8 <= count; i += 8) {
        memcpy(&eight, flags + i, sizeof eight);
        if (eight & dirty)
            return true;
    }
    for (; i < count; i++)
        if (flags[i] & PAGE_DIRTY)
            return true;
    return false;
}

static void clear_dirty(u8 *flags, u64 count)
{
    for (u64 i = 0; i < count; i += CHUNK_PAGES) {
        u64 part = count - i < CHUNK_PAGES ? count - i : CHUNK_PAGES;

        if (any_dirty(flags + i, part))
            for (u64 page = i; page < i + part; page++)
                flags[page] &= (u8)~PAGE_DIRTY;
    }
}

static u64 chunk_pages(const MemoryState *state, u64 chunk)
{
    u64 left = state->pages - chunk * CHUNK_PAGES;

    return left < CHUNK_PAGES ? left : CHUNK_PAGES;
}

static bool take_chunk(MemoryHistory *history, MemoryState *state, u64 chunk)
{
    const Memory *memory = history->memory;
    u64 first = chunk * CHUNK_PAGES, end = first + chunk_pages(state, chunk);

    if (!any_dirty(memory->pages + first, end - first))
        return true;
    for (u64 page = first; page < end; page++)
        if ((memory->pages[page] & PAGE_DIRTY) &&
            !memory_state_set_page(history->pool, state, page,
                                   memory->bytes + (page << PAGE_SHIFT)))
            return false;
    return true;
}

static void set_base(MemoryHistory *history, MemoryState *state)
{
    state->refs++;
    memory_state_release(history->pool, history->base);
    history->base = state;
    clear_dirty(history->memory->pages, state->pages);
}

MemoryState *memory_history_take(MemoryHistory *history)
{
    MemoryState *state = memory_state_copy(history->pool, history->base);

    for (u64 chunk = 0; state && chunk < state->chunk_count; chunk++)
        if (!take_chunk(history, state, chunk)) {
            memory_state_release(history->pool, state);
            return NULL;
        }
    if (state)
        set_base(history, state);
    return state;
}

/* Code that stays as it is, beside data that does not, keeps its translations. */
static void write_code_page(const MemoryHistory *history, u8 *host, const u8 *bytes)
{
    for (unsigned at = 0; at < PAGE_SIZE; at += GRANULE)
        if (memcmp(host + at, bytes + at, GRANULE) != 0) {
            memcpy(host + at, bytes + at, GRANULE);
            history->space->code_written(history->space->owner, host + at, GRANULE);
        }
}

static void write_page(const MemoryHistory *history, u64 page, const u8 *bytes)
{
    static const u8 zeros[PAGE_SIZE];
    u8 *host = history->memory->bytes + (page << PAGE_SHIFT);
    u8 *flags = &history->memory->pages[page];

    if (!bytes)
        bytes = zeros;
    if ((*flags & PAGE_HOLDS_CODE) && history->space && history->space->code_written)
        write_code_page(history, host, bytes);
    else
        memcpy(host, bytes, PAGE_SIZE);
    *flags |= PAGE_DRAWN;
}

void memory_history_restore(MemoryHistory *history, MemoryState *state)
{
    const u8 *flags = history->memory->pages;

    for (u64 chunk = 0; chunk < state->chunk_count; chunk++) {
        u64 first = chunk * CHUNK_PAGES, end = first + chunk_pages(state, chunk);

        if (state->chunks[chunk] == history->base->chunks[chunk] &&
            !any_dirty(flags + first, end - first))
            continue;
        for (u64 page = first; page < end; page++)
            if ((flags[page] & PAGE_DIRTY) || memory_state_page_differs(state, history->base, page))
                write_page(history, page, memory_state_page(state, page));
    }
    set_base(history, state);
}
