/*
 * Commands about address translation. `info tlb` and `info mem` print what QEMU's do (docs/system,
 * "QEMU Monitor"), as courses have scripts that read it: all that the page tables map.
 * Manual: Intel SDM Vol. 3, "Paging".
 */
#include "frontend/debugger/commands_inside.h"
#include "frontend/debugger/guest_memory.h"
#include "frontend/debugger/page_walk.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- all leaves of the page tables ---- */

/* Tables that lead to each other could be walked forever. */
enum { ENTRIES_AT_MOST = 1 << 24 };

typedef struct Leaf {
    u64 linear, size; /* bytes */
    u64 entry;
    u64 rights; /* PTE_USER and PTE_WRITABLE of all levels together */
} Leaf;

typedef struct TableWalk {
    Commands *commands;
    unsigned entries_left;
    unsigned index_bits;
    Size entry_size;
    void (*leaf)(struct TableWalk *walk, const Leaf *leaf);
    u64 start, end, rights; /* of the range being collected by `info mem` */
    bool collecting;
} TableWalk;

static u64 read_entry(const TableWalk *walk, PhysAddr address)
{
    u64 entry = 0;

    guest_read_physical(walk->commands->cpu, address, &entry, walk->entry_size);
    return entry;
}

static bool is_large(const TableWalk *walk, unsigned level, u64 entry)
{
    const Cpu *cpu = walk->commands->cpu;

    if (level == 1 || !(entry & PTE_LARGE))
        return level == 1;
    if (walk->entry_size == DWORD)
        return cpu->cr4 & CR4_PSE;
    return level == 2 || level == 3;
}

static u64 table_address(const TableWalk *walk, u64 entry)
{
    return walk->entry_size == DWORD ? entry & 0xFFFFF000 : entry & 0x000FFFFFFFFFF000;
}

static void walk_table(TableWalk *walk, unsigned level, PhysAddr table, u64 linear, u64 rights)
{
    unsigned shift = PAGE_SHIFT + (level - 1) * walk->index_bits;

    for (u64 i = 0; i < (u64)1 << walk->index_bits && walk->entries_left; i++) {
        u64 entry = read_entry(walk, table + i * walk->entry_size);
        u64 here = linear | i << shift;
        Leaf leaf;

        if (answer_is_full(walk->commands))
            return;
        walk->entries_left--;
        if (shift == 39 && i >= 256)
            here |= ~(u64)0 << 48;
        if (!(entry & PTE_PRESENT))
            continue;
        if (!is_large(walk, level, entry)) {
            walk_table(walk, level - 1, table_address(walk, entry), here, rights & entry);
            continue;
        }
        leaf = (Leaf){here, (u64)1 << shift, entry, rights & entry};
        walk->leaf(walk, &leaf);
    }
}

/* False: paging is off, and that was said. */
static bool walk_tables(TableWalk *walk)
{
    Cpu *cpu = walk->commands->cpu;
    u64 all = PTE_USER | PTE_WRITABLE;

    if (!(cpu->cr0 & CR0_PG)) {
        say(walk->commands, "PG disabled\n");
        return false;
    }
    walk->entries_left = ENTRIES_AT_MOST;
    walk->entry_size = cpu->cr4 & CR4_PAE ? QWORD : DWORD;
    walk->index_bits = cpu->cr4 & CR4_PAE ? 9 : 10;
    if (cpu_long(cpu))
        walk_table(walk, 4, cpu->cr3 & 0x000FFFFFFFFFF000, 0, all);
    else if (!(cpu->cr4 & CR4_PAE))
        walk_table(walk, 2, cpu->cr3 & 0xFFFFF000, 0, all);
    else
        for (unsigned i = 0; i < 4; i++)
            if (cpu->mmu.pdptes[i] & PTE_PRESENT)
                walk_table(walk, 2, table_address(walk, cpu->mmu.pdptes[i]), (u64)i << 30, all);
    if (!walk->entries_left)
        say(walk->commands, "... the page tables are too large to be shown to their end\n");
    return true;
}

static void print_leaf(TableWalk *walk, const Leaf *leaf)
{
    static const struct {
        u64 bit;
        char letter;
    } letters[] = {{PTE_NX, 'X'},    {PTE_GLOBAL, 'G'},   {PTE_LARGE, 'P'},
                   {PTE_DIRTY, 'D'}, {PTE_ACCESSED, 'A'}, {0x10, 'C'},
                   {0x08, 'T'},      {PTE_USER, 'U'},     {PTE_WRITABLE, 'W'}};
    bool large = leaf->size > PAGE_SIZE;
    u64 frame = table_address(walk, leaf->entry) & ~(leaf->size - 1);
    char flags[COUNT_OF(letters) + 1] = "";

    for (unsigned i = 0; i < COUNT_OF(letters); i++) {
        bool shown = leaf->entry & letters[i].bit && (large || letters[i].bit != PTE_LARGE);

        flags[i] = shown ? letters[i].letter : '-';
    }
    say(walk->commands, "%016" PRIx64 ": %016" PRIx64 " %s\n", leaf->linear, frame, flags);
}

CommandResult command_info_tlb(Commands *commands, const char *text)
{
    TableWalk walk = {.commands = commands, .leaf = print_leaf};

    (void)text;
    walk_tables(&walk);
    return COMMAND_DONE;
}

static void print_range(TableWalk *walk)
{
    if (walk->collecting)
        say(walk->commands, "%016" PRIx64 "-%016" PRIx64 " %016" PRIx64 " %cr%c\n", walk->start,
            walk->end, walk->end - walk->start, walk->rights & PTE_USER ? 'u' : '-',
            walk->rights & PTE_WRITABLE ? 'w' : '-');
    walk->collecting = false;
}

static void collect_leaf(TableWalk *walk, const Leaf *leaf)
{
    if (!walk->collecting || walk->end != leaf->linear || walk->rights != leaf->rights) {
        print_range(walk);
        walk->start = leaf->linear;
        walk->rights = leaf->rights;
        walk->collecting = true;
    }
    walk->end = leaf->linear + leaf->size;
}

CommandResult command_info_mem(Commands *commands, const char *text)
{
    TableWalk walk = {.commands = commands, .leaf = collect_leaf};

    (void)text;
    if (walk_tables(&walk))
        print_range(&walk);
    return COMMAND_DONE;
}

/* ---- one address ---- */

CommandResult command_do_walk(Commands *commands, const char *text)
{
    u64 linear = current_linear(commands);
    char words[256];
    PageWalk walk;

    if (*text && !evaluate(commands, text, &linear))
        return COMMAND_DONE;
    page_walk(commands->cpu, linear, &walk);
    say(commands, "Linear 0x%" PRIx64 ", %s, CR3 0x%" PRIx64 "\n", linear,
        paging_mode_words(commands->cpu), commands->cpu->cr3);
    for (unsigned i = 0; i < walk.depth; i++) {
        const WalkLevel *level = &walk.levels[i];

        page_entry_words(&walk, i, words, sizeof words);
        if (level->cached)
            say(commands, "  %-5s %3u, loaded with CR3:  0x%016" PRIx64 "  %s\n", level->name,
                level->index, level->entry, words);
        else
            say(commands, "  %-5s %3u at physical 0x%08" PRIx64 ":  0x%0*" PRIx64 "  %s\n",
                level->name, level->index, level->address, (int)walk.entry_size * 2, level->entry,
                words);
    }
    page_walk_words(&walk, words, sizeof words);
    say(commands, "  %s\n", words);
    return COMMAND_DONE;
}

/* gva2gpa, as QEMU has it. */
CommandResult command_do_gva2gpa(Commands *commands, const char *text)
{
    PageWalk walk;
    u64 linear;

    if (!evaluate(commands, text, &linear))
        return COMMAND_DONE;
    page_walk(commands->cpu, linear, &walk);
    if (walk.result == PAGE_WALK_MAPPED || walk.result == PAGE_WALK_OFF)
        say(commands, "gpa: 0x%" PRIx64 "\n", walk.physical);
    else
        say(commands, "Unmapped\n");
    return COMMAND_DONE;
}
