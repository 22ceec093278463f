#include "frontend/debugger/symbol_files.h"

#include <gelf.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Symbols *symbols_create(void)
{
    return calloc(1, sizeof(Symbols));
}

void symbols_destroy(Symbols *symbols)
{
    if (!symbols)
        return;
    for (unsigned i = 0; i < symbols->file_count; i++)
        symbol_file_close(&symbols->files[i]);
    for (unsigned i = 0; i < symbols->folder_count; i++)
        free(symbols->folders[i]);
    free(symbols->by_address);
    free(symbols->by_name);
    free(symbols->source_name);
    free(symbols->source_text);
    free(symbols);
}

/* ---- the two orders ---- */

static int compare_addresses(const void *left, const void *right)
{
    const SymbolEntry *a = ((const SymbolOrder *)left)->entry;
    const SymbolEntry *b = ((const SymbolOrder *)right)->entry;

    if (a->symbol.address != b->symbol.address)
        return a->symbol.address < b->symbol.address ? -1 : 1;
    if (a->symbol.bound != b->symbol.bound)
        return a->symbol.bound ? -1 : 1;
    if (a->symbol.space != b->symbol.space)
        return a->symbol.space < b->symbol.space ? -1 : 1;
    if (a->rank != b->rank)
        return a->rank > b->rank ? -1 : 1;
    return strcmp(a->symbol.name, b->symbol.name);
}

/* Of one name the code goes first, then what was loaded first. */
static int compare_names(const void *left, const void *right)
{
    const SymbolEntry *a = ((const SymbolOrder *)left)->entry;
    const SymbolEntry *b = ((const SymbolOrder *)right)->entry;
    int order = strcmp(a->symbol.name, b->symbol.name);

    if (order)
        return order;
    if (a->rank != b->rank)
        return a->rank > b->rank ? -1 : 1;
    return a < b ? -1 : a > b;
}

static size_t count_entries(const Symbols *symbols)
{
    size_t count = 0;

    for (unsigned i = 0; i < symbols->file_count; i++)
        count += symbols->files[i].count;
    return count;
}

static bool same_place(const Symbol *a, const Symbol *b)
{
    return a->address == b->address && a->bound == b->bound && a->space == b->space;
}

/* After a file came or went. False: out of memory, and nothing has changed. */
static bool index_symbols(Symbols *symbols)
{
    size_t count = count_entries(symbols), kept = 0;
    SymbolOrder *by_address = malloc((count + 1) * sizeof *by_address);
    SymbolOrder *by_name = malloc((count + 1) * sizeof *by_name);

    if (!by_address || !by_name) {
        free(by_address);
        free(by_name);
        return false;
    }
    count = 0;
    for (unsigned i = 0; i < symbols->file_count; i++)
        for (size_t j = 0; j < symbols->files[i].count; j++)
            by_name[count++].entry = &symbols->files[i].entries[j];
    memcpy(by_address, by_name, count * sizeof *by_name);
    qsort(by_name, count, sizeof *by_name, compare_names);
    qsort(by_address, count, sizeof *by_address, compare_addresses);
    for (size_t i = 0; i < count; i++)
        if (by_address[i].entry->symbol.kind != SYMBOL_CONSTANT &&
            (!kept ||
             !same_place(&by_address[kept - 1].entry->symbol, &by_address[i].entry->symbol)))
            by_address[kept++] = by_address[i];
    free(symbols->by_address);
    free(symbols->by_name);
    symbols->by_address = by_address;
    symbols->by_name = by_name;
    symbols->count = count;
    symbols->address_count = kept;
    return true;
}

/* ---- files ---- */

/* The number behind the last `mark`, which is cut off then. False: there is none. */
static bool cut_number(char *text, const char *mark, u64 *number)
{
    char *at = NULL, *end;

    for (char *next = strstr(text, mark); next; next = strstr(next + 1, mark))
        at = next;
    if (!at || !at[strlen(mark)])
        return false;
    *number = strtoull(at + strlen(mark), &end, 0);
    if (*end)
        return false;
    *at = '\0';
    return true;
}

static void bind_entries(SymbolFile *file)
{
    for (size_t i = 0; i < file->count; i++) {
        file->entries[i].symbol.bound = file->bound;
        file->entries[i].symbol.space = file->space;
    }
}

bool symbols_load(Symbols *symbols, const char *name, char *error, size_t error_size)
{
    SymbolFile *file = &symbols->files[symbols->file_count];
    bool placed, loaded = false;
    u64 address = 0;
    char *path;

    if (symbols->file_count == SYMBOL_FILES) {
        snprintf(error, error_size, "there are %d files of symbols already", SYMBOL_FILES);
        return false;
    }
    *file = (SymbolFile){.descriptor = -1, .name = strdup(name)};
    path = strdup(name);
    if (path && file->name) {
        file->bound = cut_number(path, ",cr3=", &file->space);
        placed = cut_number(path, "@", &address);
        loaded = symbol_file_read(file, path, placed, address, error, error_size);
    } else {
        snprintf(error, error_size, "the host is out of memory");
    }
    free(path);
    if (loaded) {
        bind_entries(file);
        symbols->file_count++;
        if (index_symbols(symbols))
            return true;
        symbols->file_count--;
        snprintf(error, error_size, "the host is out of memory");
    }
    symbol_file_close(file);
    return false;
}

const u64 *symbols_follow(Symbols *symbols, const u64 *cr3)
{
    const u64 *before = symbols->cr3;

    symbols->cr3 = cr3;
    return before;
}

bool symbols_unload(Symbols *symbols, const char *name)
{
    for (unsigned i = 0; i < symbols->file_count; i++) {
        if (strcmp(symbols->files[i].name, name))
            continue;
        symbol_file_close(&symbols->files[i]);
        symbols->file_count--;
        memmove(&symbols->files[i], &symbols->files[i + 1],
                (symbols->file_count - i) * sizeof *symbols->files);
        /* Without memory for new orders nothing is found any more, but nothing stale either. */
        if (!index_symbols(symbols))
            symbols->count = symbols->address_count = 0;
        return true;
    }
    return false;
}

const char *symbols_file(const Symbols *symbols, unsigned index)
{
    return index < symbols->file_count ? symbols->files[index].name : NULL;
}

/* ---- by name ---- */

/* The first whose name is not before the `length` characters of `name`. */
static size_t first_by_name(const Symbols *symbols, const char *name, size_t length)
{
    size_t low = 0, high = symbols->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (strncmp(symbols->by_name[middle].entry->symbol.name, name, length) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Names that go on behind the `length` characters follow the one that ends there. */
const Symbol *symbols_find(const Symbols *symbols, const char *name, size_t length)
{
    const Symbol *elsewhere = NULL;

    for (size_t at = first_by_name(symbols, name, length); at < symbols->count; at++) {
        const Symbol *symbol = &symbols->by_name[at].entry->symbol;

        if (strncmp(symbol->name, name, length) || symbol->name[length])
            break;
        if (symbols_count_space(symbols, symbol->bound, symbol->space))
            return symbol;
        if (!elsewhere)
            elsewhere = symbol;
    }
    return elsewhere;
}

bool symbols_are_64_bit(const Symbols *symbols)
{
    for (unsigned i = 0; i < symbols->file_count; i++)
        if (symbols->files[i].elf && gelf_getclass(symbols->files[i].elf) == ELFCLASS64)
            return true;
    return symbols->address_count &&
           symbols->by_address[symbols->address_count - 1].entry->symbol.address >> 32;
}

void symbols_each(const Symbols *symbols, const char *prefix, SymbolVisit *visit, void *owner)
{
    size_t length = strlen(prefix), at = first_by_name(symbols, prefix, length);

    for (; at < symbols->count && !strncmp(symbols->by_name[at].entry->symbol.name, prefix, length);
         at++)
        visit(owner, &symbols->by_name[at].entry->symbol);
}

/* ---- by address ---- */

const Symbol *symbols_at(const Symbols *symbols, u64 linear, u64 *offset)
{
    enum { ENCLOSING = 16 + SYMBOL_FILES }; /* symbols within another that are looked past */
    size_t low = 0, high = symbols->address_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (symbols->by_address[middle].entry->symbol.address <= linear)
            low = middle + 1;
        else
            high = middle;
    }
    for (unsigned i = 0; i < ENCLOSING && low > 0; i++) {
        const SymbolEntry *entry = symbols->by_address[--low].entry;

        if (linear >= entry->end ||
            !symbols_count_space(symbols, entry->symbol.bound, entry->symbol.space))
            continue;
        *offset = linear - entry->symbol.address;
        return &entry->symbol;
    }
    return NULL;
}

const char *symbols_name_address(const Symbols *symbols, u64 linear, char *text, size_t size)
{
    u64 offset;
    const Symbol *symbol = symbols_at(symbols, linear, &offset);

    if (!symbol)
        *text = '\0';
    else if (offset)
        snprintf(text, size, "%s+0x%" PRIx64, symbol->name, offset);
    else
        snprintf(text, size, "%s", symbol->name);
    return text;
}
