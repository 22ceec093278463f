/*
 * Chips' fields and the TLB are copied, one after the other, into a piece of memory of their own,
 * which then has a history of states like RAM and video memory have.
 */
#include "devices/machine_snapshot.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "cpu/code_cache.h"
#include "devices/machine_board.h"
#include "mmu/memory_history.h"

struct SnapshotStore {
    Machine *machine;
    PagePool *pool;
    Memory chips; /* fields, how many TLB records, the records */
    u64 field_bytes;
    TlbRecord *records;
    MemoryHistory parts[SNAPSHOT_PARTS];
};

struct MachineSnapshot {
    MemoryState *parts[SNAPSHOT_PARTS];
    u64 cycles;
    u64 field_hash;
};

enum { RECORDS_BYTES = TLB_RECORDS_MOST * sizeof(TlbRecord) };

/* ---- the chips' part ---- */

/* Calls `each` with every field and its place in the chips' memory; returns the end. */
static u64 for_each_field(const Machine *machine,
                          void (*each)(void *context, u8 *field, const Field *shape, u64 at),
                          void *context)
{
    u64 at = 0;

    for (unsigned i = 0; i < machine->chip_count; i++) {
        const ChipState *state = &machine->chips[i];

        for (u32 j = 0; j < state->table->count; j++) {
            const Field *field = &state->table->fields[j];

            if (each)
                each(context, (u8 *)state->chip + field->offset, field, at);
            at += (u64)field->width * field->count;
        }
    }
    return at;
}

static void put(SnapshotStore *store, u64 at, const void *bytes, u64 length)
{
    if (!length || memcmp(store->chips.bytes + at, bytes, length) == 0)
        return;
    memcpy(store->chips.bytes + at, bytes, length);
    for (u64 page = at >> PAGE_SHIFT; page <= (at + length - 1) >> PAGE_SHIFT; page++)
        store->chips.pages[page] |= PAGE_DIRTY;
}

static void put_field(void *context, u8 *field, const Field *shape, u64 at)
{
    put(context, at, field, (u64)shape->width * shape->count);
}

static void get_field(void *context, u8 *field, const Field *shape, u64 at)
{
    const u8 *bytes = ((SnapshotStore *)context)->chips.bytes + at;
    u64 length = (u64)shape->width * shape->count;

    if (!shape->boolean) {
        memcpy(field, bytes, length);
        return;
    }
    for (u64 i = 0; i < length; i++)
        field[i] = bytes[i] != 0;
}

/* The code page that the processor is in, of which it does not ask the TLB again. */
typedef struct CodePlace {
    u64 known, key, physical;
} CodePlace;

/* Records beyond the present ones keep what they were, so that their pages stay shared. */
static void put_chips(SnapshotStore *store)
{
    u64 count = mmu_save_tlb(&store->machine->cpu.mmu, store->records);
    u64 at = for_each_field(store->machine, put_field, store);
    CodePlace place = {0};

    place.known = code_cache_page(&store->machine->cpu, &place.key, &place.physical);
    put(store, at, &place, sizeof place);
    at += sizeof place;
    put(store, at, &count, sizeof count);
    put(store, at + sizeof count, store->records, count * sizeof *store->records);
}

static void get_chips(SnapshotStore *store)
{
    Machine *machine = store->machine;
    CodePlace place;
    u64 at, count;

    clock_forget_events(&machine->clock);
    at = for_each_field(machine, get_field, store);
    for (unsigned i = 0; i < machine->chip_count; i++)
        if (machine->chips[i].table->restored)
            machine->chips[i].table->restored(machine->chips[i].chip);
    memcpy(&place, store->chips.bytes + at, sizeof place);
    at += sizeof place;
    memcpy(&count, store->chips.bytes + at, sizeof count);
    if (count > TLB_RECORDS_MOST)
        count = 0;
    memcpy(store->records, store->chips.bytes + at + sizeof count, count * sizeof *store->records);
    mmu_restore_tlb(&machine->cpu.mmu, store->records, (unsigned)count);
    cpu_translations_changed(&machine->cpu);
    if (place.known)
        code_cache_go_on(&machine->cpu, place.key, place.physical);
}

/* ---- the store ---- */

static Memory *memory_of(SnapshotStore *store, SnapshotPart part)
{
    Memory *memories[] = {[SNAPSHOT_CHIPS] = &store->chips,
                          [SNAPSHOT_RAM] = &store->machine->ram,
                          [SNAPSHOT_VIDEO] = &store->machine->vga.memory};

    return memories[part];
}

static bool init_parts(SnapshotStore *store)
{
    for (unsigned part = 0; part < SNAPSHOT_PARTS; part++)
        if (!memory_history_init(&store->parts[part], store->pool,
                                 part == SNAPSHOT_CHIPS ? NULL : &store->machine->memory,
                                 memory_of(store, part)))
            return false;
    return true;
}

SnapshotStore *snapshot_store_create(Machine *machine)
{
    SnapshotStore *store = calloc(1, sizeof *store);

    if (!store)
        return NULL;
    store->machine = machine;
    store->field_bytes = for_each_field(machine, NULL, NULL);
    store->records = calloc(TLB_RECORDS_MOST, sizeof *store->records);
    store->pool = page_pool_create();
    if (!store->records || !store->pool ||
        !memory_create(&store->chips,
                       store->field_bytes + sizeof(CodePlace) + sizeof(u64) + RECORDS_BYTES) ||
        !init_parts(store)) {
        snapshot_store_destroy(store);
        return NULL;
    }
    return store;
}

void snapshot_store_destroy(SnapshotStore *store)
{
    if (!store)
        return;
    for (unsigned part = 0; part < SNAPSHOT_PARTS; part++)
        if (store->parts[part].base)
            memory_history_destroy(&store->parts[part]);
    page_pool_destroy(store->pool);
    memory_destroy(&store->chips);
    free(store->records);
    free(store);
}

u64 snapshot_store_bytes(const SnapshotStore *store)
{
    return page_pool_bytes(store->pool);
}

/* ---- snapshots ---- */

void snapshot_release(SnapshotStore *store, MachineSnapshot *snapshot)
{
    if (!snapshot)
        return;
    for (unsigned part = 0; part < SNAPSHOT_PARTS; part++)
        memory_state_release(store->pool, snapshot->parts[part]);
    free(snapshot);
}

MachineSnapshot *snapshot_take(SnapshotStore *store)
{
    MachineSnapshot *snapshot = calloc(1, sizeof *snapshot);

    if (!snapshot)
        return NULL;
    snapshot->cycles = machine_cycles(store->machine);
    put_chips(store);
    snapshot->field_hash = XXH3_64bits(store->chips.bytes, store->field_bytes);
    mmu_demote_all_writes(&store->machine->cpu.mmu);
    for (unsigned part = 0; part < SNAPSHOT_PARTS; part++) {
        snapshot->parts[part] = memory_history_take(&store->parts[part]);
        if (!snapshot->parts[part]) {
            snapshot_release(store, snapshot);
            return NULL;
        }
    }
    return snapshot;
}

void snapshot_restore(SnapshotStore *store, const MachineSnapshot *snapshot)
{
    for (unsigned part = 0; part < SNAPSHOT_PARTS; part++)
        memory_history_restore(&store->parts[part], snapshot->parts[part]);
    get_chips(store);
}

u64 snapshot_cycles(const MachineSnapshot *snapshot)
{
    return snapshot->cycles;
}

u64 snapshot_hash(const MachineSnapshot *snapshot)
{
    const u64 hashes[] = {snapshot->field_hash, memory_state_hash(snapshot->parts[SNAPSHOT_RAM]),
                          memory_state_hash(snapshot->parts[SNAPSHOT_VIDEO])};

    return XXH3_64bits(hashes, sizeof hashes);
}

bool snapshot_page_differs(const Machine *machine, const MachineSnapshot *a,
                           const MachineSnapshot *b, PhysAddr page)
{
    u64 number = page >> PAGE_SHIFT;

    return number >= machine->ram.length >> PAGE_SHIFT ||
           memory_state_page_differs(a->parts[SNAPSHOT_RAM], b->parts[SNAPSHOT_RAM], number);
}

/* ---- for files ---- */

u64 snapshot_layout(const SnapshotStore *store)
{
    const Machine *machine = store->machine;
    const u64 sizes[] = {machine->ram.length, machine->vga.memory.length, machine->clock.hz};
    XXH3_state_t *hash = XXH3_createState();
    u64 result;

    XXH3_64bits_reset(hash);
    XXH3_64bits_update(hash, sizes, sizeof sizes);
    XXH3_64bits_update(hash, machine->config.cpu, strlen(machine->config.cpu));
    XXH3_64bits_update(hash, machine->bios.bytes, machine->bios.length);
    XXH3_64bits_update(hash, machine->config.vga_bios,
                       machine->config.vga_bios ? machine->config.vga_bios_length : 0);
    for (unsigned i = 0; i < machine->config.fw_file_count; i++)
        XXH3_64bits_update(hash, machine->config.fw_files[i].bytes,
                           machine->config.fw_files[i].length);
    for (unsigned i = 0; i < machine->chip_count; i++) {
        const StateTable *table = machine->chips[i].table;

        XXH3_64bits_update(hash, table->chip, strlen(table->chip));
        for (u32 j = 0; j < table->count; j++) {
            const u32 shape[] = {table->fields[j].width, table->fields[j].count};

            XXH3_64bits_update(hash, table->fields[j].name, strlen(table->fields[j].name));
            XXH3_64bits_update(hash, shape, sizeof shape);
        }
    }
    result = XXH3_64bits_digest(hash);
    XXH3_freeState(hash);
    return result;
}

u64 snapshot_pages(const SnapshotStore *store, SnapshotPart part)
{
    return store->parts[part].memory->length >> PAGE_SHIFT;
}

const u8 *snapshot_page(const MachineSnapshot *snapshot, SnapshotPart part, u64 page)
{
    return memory_state_page(snapshot->parts[part], page);
}

MachineSnapshot *snapshot_create(SnapshotStore *store, u64 cycles)
{
    MachineSnapshot *snapshot = calloc(1, sizeof *snapshot);

    if (!snapshot)
        return NULL;
    snapshot->cycles = cycles;
    for (unsigned part = 0; part < SNAPSHOT_PARTS; part++) {
        snapshot->parts[part] = memory_state_create(store->pool, snapshot_pages(store, part));
        if (!snapshot->parts[part]) {
            snapshot_release(store, snapshot);
            return NULL;
        }
    }
    return snapshot;
}

MachineSnapshot *snapshot_copy(SnapshotStore *store, const MachineSnapshot *snapshot)
{
    MachineSnapshot *copy = calloc(1, sizeof *copy);

    if (!copy)
        return NULL;
    copy->cycles = snapshot->cycles;
    for (unsigned part = 0; part < SNAPSHOT_PARTS; part++) {
        copy->parts[part] = memory_state_copy(store->pool, snapshot->parts[part]);
        if (!copy->parts[part]) {
            snapshot_release(store, copy);
            return NULL;
        }
    }
    return copy;
}

bool snapshot_set_page(SnapshotStore *store, MachineSnapshot *snapshot, SnapshotPart part, u64 page,
                       const u8 *bytes)
{
    return page < snapshot_pages(store, part) &&
           memory_state_set_page(store->pool, snapshot->parts[part], page, bytes);
}
