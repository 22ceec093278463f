/*
 * DWARF's entries by name: the variables, types and enumerators at the top of all compilation
 * units. They are listed when the first is asked for.
 */
#include "frontend/debugger/symbol_files.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

static bool add_entry(SymbolFile *file, const char *name, EntryKind kind, Dwarf_Die *die)
{
    NamedEntry *grown;

    if (file->named_count == file->named_capacity) {
        file->named_capacity = file->named_capacity ? file->named_capacity * 2 : 256;
        grown = realloc(file->named, file->named_capacity * sizeof *grown);
        if (!grown)
            return false;
        file->named = grown;
    }
    file->named[file->named_count++] = (NamedEntry){name, kind, dwarf_dieoffset(die)};
    return true;
}

static bool add_enumerators(SymbolFile *file, Dwarf_Die *type)
{
    Dwarf_Die die;

    if (dwarf_child(type, &die))
        return true;
    do {
        if (dwarf_tag(&die) == DW_TAG_enumerator && dwarf_diename(&die) &&
            !add_entry(file, dwarf_diename(&die), ENTRY_ENUMERATOR, &die))
            return false;
    } while (!dwarf_siblingof(&die, &die));
    return true;
}

static bool add_die(SymbolFile *file, Dwarf_Die *die)
{
    const char *name = dwarf_diename(die);
    int tag = dwarf_tag(die);

    if (tag == DW_TAG_enumeration_type && !add_enumerators(file, die))
        return false;
    if (!name || dwarf_hasattr(die, DW_AT_declaration))
        return true;
    switch (tag) {
    case DW_TAG_variable:
        return !dwarf_hasattr(die, DW_AT_location) || add_entry(file, name, ENTRY_VARIABLE, die);
    case DW_TAG_structure_type:
        return add_entry(file, name, ENTRY_STRUCTURE, die);
    case DW_TAG_union_type:
        return add_entry(file, name, ENTRY_UNION, die);
    case DW_TAG_enumeration_type:
        return add_entry(file, name, ENTRY_ENUMERATION, die);
    case DW_TAG_typedef:
        return add_entry(file, name, ENTRY_TYPEDEF, die);
    default:
        return true;
    }
}

static int compare_named(const void *left, const void *right)
{
    const NamedEntry *a = left, *b = right;
    int order = strcmp(a->name, b->name);

    if (order)
        return order;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    return a->offset < b->offset ? -1 : a->offset > b->offset;
}

static void list_entries(SymbolFile *file)
{
    Dwarf_Off offset = 0, next;
    Dwarf_Die unit, die;
    size_t header;

    while (!dwarf_nextcu(file->dwarf, offset, &next, &header, NULL, NULL, NULL)) {
        if (dwarf_offdie(file->dwarf, offset + header, &unit) && !dwarf_child(&unit, &die)) {
            do {
                if (!add_die(file, &die))
                    return; /* out of memory: what there is must do */
            } while (!dwarf_siblingof(&die, &die));
        }
        if (next <= offset)
            break;
        offset = next;
    }
}

static void need_entries(SymbolFile *file)
{
    if (file->named_listed || !file->dwarf)
        return;
    file->named_listed = true;
    list_entries(file);
    if (file->named_count)
        qsort(file->named, file->named_count, sizeof *file->named, compare_named);
}

static const NamedEntry *find_entry(const SymbolFile *file, const char *name, size_t length,
                                    EntryKind kind)
{
    size_t low = 0, high = file->named_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const NamedEntry *entry = &file->named[middle];
        int order = strncmp(entry->name, name, length);

        if (order < 0 || (!order && !entry->name[length] && entry->kind < kind))
            low = middle + 1;
        else
            high = middle;
    }
    if (low == file->named_count || strncmp(file->named[low].name, name, length) ||
        file->named[low].name[length] || file->named[low].kind != kind)
        return NULL;
    return &file->named[low];
}

bool symbols_entry(Symbols *symbols, EntryKind kind, const char *name, size_t length,
                   const SymbolFile **file, Dwarf_Die *die)
{
    for (unsigned i = 0; i < symbols->file_count; i++) {
        const NamedEntry *entry;

        if (!symbols_count_file(symbols, &symbols->files[i]))
            continue;
        need_entries(&symbols->files[i]);
        entry = find_entry(&symbols->files[i], name, length, kind);
        if (entry && dwarf_offdie(symbols->files[i].dwarf, entry->offset, die)) {
            *file = &symbols->files[i];
            return true;
        }
    }
    return false;
}
