/*
 * Addresses and source lines, from DWARF's line tables (DWARF Debugging Information Format, version
 * 5, "Line Number Information") by libdw, which reads each table when it is first asked for.
 */
#include "frontend/debugger/symbol_files.h"

#include <stdlib.h>
#include <string.h>

/* ---- compilation units ---- */

static bool add_unit(SymbolFile *file, u64 low, u64 high, Dwarf_Off unit)
{
    UnitRange *grown;

    if (low >= high)
        return true;
    if (file->unit_count == file->unit_capacity) {
        file->unit_capacity = file->unit_capacity ? file->unit_capacity * 2 : 64;
        grown = realloc(file->units, file->unit_capacity * sizeof *grown);
        if (!grown)
            return false;
        file->units = grown;
    }
    file->units[file->unit_count++] = (UnitRange){low, high, unit};
    return true;
}

static int compare_units(const void *left, const void *right)
{
    const UnitRange *a = left, *b = right;

    return a->low < b->low ? -1 : a->low > b->low;
}

bool symbol_file_list_units(SymbolFile *file)
{
    Dwarf_Off offset = 0, next;
    Dwarf_Addr base, low, high;
    size_t header;
    Dwarf_Die unit;

    while (!dwarf_nextcu(file->dwarf, offset, &next, &header, NULL, NULL, NULL)) {
        ptrdiff_t range = 0;

        if (dwarf_offdie(file->dwarf, offset + header, &unit))
            while ((range = dwarf_ranges(&unit, range, &base, &low, &high)) > 0)
                if (!add_unit(file, low, high, offset + header))
                    return false;
        if (next <= offset)
            break;
        offset = next;
    }
    if (file->unit_count)
        qsort(file->units, file->unit_count, sizeof *file->units, compare_units);
    return true;
}

bool symbol_file_unit(const SymbolFile *file, u64 address, Dwarf_Die *unit)
{
    size_t low = 0, high = file->unit_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (file->units[middle].low <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low && address < file->units[low - 1].high &&
           dwarf_offdie(file->dwarf, file->units[low - 1].unit, unit);
}

bool symbols_unit(const Symbols *symbols, u64 linear, const SymbolFile **file, Dwarf_Die *unit)
{
    for (unsigned i = 0; i < symbols->file_count; i++) {
        *file = &symbols->files[i];
        if ((*file)->dwarf && symbols_count_file(symbols, *file) &&
            symbol_file_unit(*file, linear - (*file)->bias, unit))
            return true;
    }
    return false;
}

/* ---- the rows of a line table ---- */

typedef struct Row {
    Dwarf_Addr address;
    const char *file;
    int line;    /* 0: of no source */
    bool begins; /* a statement: a place to stop */
    bool ends;   /* nothing follows here */
} Row;

/* nasm names the folder of the source file where the assembler's own belongs, and the path from
 * there behind that: FOLDER//PATH. */
static const char *file_of(Dwarf_Line *line)
{
    const char *path = dwarf_linesrc(line, NULL, NULL), *twice = path ? strstr(path, "//") : NULL;

    return twice && twice[2] ? twice + 2 : path;
}

static Row row_at(Dwarf_Lines *lines, size_t index)
{
    Dwarf_Line *line = dwarf_onesrcline(lines, index);
    Row row = {.ends = true};

    if (!line || dwarf_lineaddr(line, &row.address))
        return row;
    row.file = file_of(line);
    dwarf_lineendsequence(line, &row.ends);
    dwarf_linebeginstatement(line, &row.begins);
    if (!row.file || dwarf_lineno(line, &row.line))
        row.line = 0;
    return row;
}

static bool same_line(const Row *a, const Row *b)
{
    return !a->ends && !b->ends && a->line == b->line && a->file && b->file &&
           !strcmp(a->file, b->file);
}

/* The last row at or before `address`; false: it belongs to none. */
static bool find_row(Dwarf_Lines *lines, size_t count, u64 address, size_t *index)
{
    size_t low = 0, high = count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (row_at(lines, middle).address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    *index = low - 1;
    return low && !row_at(lines, low - 1).ends;
}

bool symbols_line(Symbols *symbols, u64 linear, SourceLine *line)
{
    const SymbolFile *file;
    Dwarf_Lines *lines;
    Dwarf_Die unit;
    size_t count, first, last;
    Row here, other;

    if (!symbols_unit(symbols, linear, &file, &unit) || dwarf_getsrclines(&unit, &lines, &count) ||
        !find_row(lines, count, linear - file->bias, &first))
        return false;
    here = row_at(lines, first);
    if (!here.line)
        return false;
    for (last = first + 1; last < count; last++) {
        other = row_at(lines, last);
        if (!same_line(&here, &other))
            break;
    }
    while (first && (other = row_at(lines, first - 1), same_line(&here, &other)))
        first--;
    *line = (SourceLine){
        .file = here.file,
        .line = (unsigned)here.line,
        .first = row_at(lines, first).address + file->bias,
        .end = (last < count ? row_at(lines, last).address : here.address + 1) + file->bias,
    };
    return true;
}

/* ---- from a line to addresses ---- */

typedef struct LineSearch {
    Symbols *symbols;
    const SymbolFile *file, *found_in;
    const char *name;
    unsigned wanted, found; /* found: 0 means none so far */
    u64 *addresses;
    unsigned count, max;
} LineSearch;

/* "kernel/main.c" ends with "main.c", and not with "ain.c". */
static bool ends_with(const char *path, const char *name)
{
    size_t path_length = strlen(path), length = strlen(name);

    return path_length >= length && !strcmp(path + path_length - length, name) &&
           (path_length == length || path[path_length - length - 1] == '/' || *name == '/');
}

static bool unit_has_file(Dwarf_Die *unit, const char *name)
{
    Dwarf_Files *files;
    size_t count;

    if (dwarf_getsrcfiles(unit, &files, &count))
        return false;
    for (size_t i = 0; i < count; i++) {
        const char *path = dwarf_filesrc(files, i, NULL, NULL);

        if (path && ends_with(path, name))
            return true;
    }
    return false;
}

/* One place for each function: a loop's head has code at its beginning and at its end. */
static void add_address(LineSearch *search, u64 address)
{
    u64 offset;
    const Symbol *function = symbols_at(search->symbols, address, &offset);
    unsigned kept = search->count < search->max ? search->count : search->max;

    for (unsigned i = 0; i < kept; i++) {
        if (function && symbols_at(search->symbols, search->addresses[i], &offset) == function) {
            if (address < search->addresses[i])
                search->addresses[i] = address;
            return;
        }
    }
    if (search->count < search->max)
        search->addresses[search->count] = address;
    search->count++;
}

static void search_unit(LineSearch *search, Dwarf_Die *unit)
{
    Row row, previous = {.ends = true};
    Dwarf_Lines *lines;
    size_t count;

    if (dwarf_getsrclines(unit, &lines, &count))
        return;
    for (size_t i = 0; i < count; i++, previous = row) {
        row = row_at(lines, i);
        if (row.ends || !row.begins || row.line < (int)search->wanted || !row.file ||
            (search->found && row.line > (int)search->found) || same_line(&row, &previous) ||
            !ends_with(row.file, search->name))
            continue;
        if (row.line != (int)search->found) {
            search->found = (unsigned)row.line;
            search->found_in = search->file;
            search->count = 0;
        }
        add_address(search, row.address + search->file->bias);
    }
}

static void search_file(LineSearch *search, const SymbolFile *file)
{
    Dwarf_Off searched = ~(Dwarf_Off)0;
    Dwarf_Die unit;

    search->file = file;
    for (size_t i = 0; i < file->unit_count; i++) {
        Dwarf_Off offset = file->units[i].unit;

        if (offset != searched && dwarf_offdie(file->dwarf, offset, &unit) &&
            unit_has_file(&unit, search->name))
            search_unit(search, &unit);
        searched = offset;
    }
}

/* Programs of other address spaces are looked at when the line is in none of this. */
static void search_files(LineSearch *search)
{
    Symbols *symbols = search->symbols;

    for (unsigned i = 0; i < symbols->file_count; i++)
        if (symbols_count_file(symbols, &symbols->files[i]))
            search_file(search, &symbols->files[i]);
    for (unsigned i = 0; i < symbols->file_count && !search->found; i++)
        if (!symbols_count_file(symbols, &symbols->files[i]))
            search_file(search, &symbols->files[i]);
}

unsigned symbols_line_addresses(Symbols *symbols, const char *name, unsigned *line, u64 *addresses,
                                unsigned max)
{
    LineSearch search = {
        .symbols = symbols, .name = name, .wanted = *line, .addresses = addresses, .max = max};

    search_files(&search);
    if (search.found)
        *line = search.found;
    return search.count;
}

bool symbols_line_space(Symbols *symbols, const char *name, unsigned line, u64 *space)
{
    u64 address;
    LineSearch search = {
        .symbols = symbols, .name = name, .wanted = line, .addresses = &address, .max = 1};

    search_files(&search);
    if (!search.found || !search.found_in->bound)
        return false;
    *space = search.found_in->space;
    return true;
}

u64 symbols_after_prologue(Symbols *symbols, u64 function)
{
    const SymbolFile *file;
    const Symbol *symbol;
    Dwarf_Lines *lines;
    Dwarf_Die unit;
    size_t count, at;
    u64 offset;
    Row row;

    if (!symbols_unit(symbols, function, &file, &unit) ||
        dwarf_getsrclines(&unit, &lines, &count) ||
        !find_row(lines, count, function - file->bias, &at) ||
        row_at(lines, at).address != function - file->bias)
        return function;
    symbol = symbols_at(symbols, function, &offset);
    for (at++; at < count; at++) {
        row = row_at(lines, at);
        if (row.ends ||
            (symbol && symbols_at(symbols, row.address + file->bias, &offset) != symbol))
            break;
        if (row.begins && row.line && row.address + file->bias > function)
            return row.address + file->bias;
    }
    return function;
}
