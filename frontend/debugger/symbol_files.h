/*
 * Inside of symbols*.c: a file of symbols, and what is found by address and by name.
 */
#ifndef FRONTEND_DEBUGGER_SYMBOL_FILES_H
#define FRONTEND_DEBUGGER_SYMBOL_FILES_H

#include "frontend/debugger/symbols.h"

#include <elfutils/libdw.h>

enum { SYMBOL_FILES = 64, SOURCE_FOLDERS = 64 };

typedef struct SymbolEntry {
    Symbol symbol;
    u64 end;            /* no address from here on is this symbol's */
    u8 rank;            /* at one address the highest is shown */
} SymbolEntry;

/* An element of the lists that are sorted. */
typedef struct SymbolOrder {
    const SymbolEntry *entry;
} SymbolOrder;

/* Code that one compilation unit is about: [low, high) as linked. */
typedef struct UnitRange {
    u64 low, high;
    Dwarf_Off unit;     /* of its debugging information entry */
} UnitRange;

/* In this order where they share a name. */
typedef enum EntryKind {
    ENTRY_VARIABLE, ENTRY_STRUCTURE, ENTRY_UNION, ENTRY_ENUMERATION, ENTRY_TYPEDEF,
    ENTRY_ENUMERATOR,
} EntryKind;

/* Something at the top of a compilation unit. */
typedef struct NamedEntry {
    const char *name;
    EntryKind kind;
    Dwarf_Off offset;
} NamedEntry;

typedef struct SymbolFile {
    char *name;                 /* as it was given to symbols_load() */
    u64 bias;                   /* linear address - address in the file */
    bool bound;                 /* it counts only while CR3 is `space` */
    u64 space;
    SymbolEntry *entries;
    size_t count, capacity;
    char *text;                 /* of a list: the names lie in it */
    int descriptor;             /* of an ELF file, or -1 */
    Elf *elf;
    Dwarf *dwarf;               /* NULL: the file has no DWARF */
    Dwarf_CFI *frames, *eh_frames;      /* of .debug_frame and .eh_frame; or NULL */
    UnitRange *units;           /* by address */
    size_t unit_count, unit_capacity;
    NamedEntry *named;          /* by name, once `named_listed` */
    size_t named_count, named_capacity;
    bool named_listed;
} SymbolFile;

struct Symbols {
    const u64 *cr3;                 /* which programs count; NULL: all */
    SymbolFile files[SYMBOL_FILES];
    unsigned file_count;
    SymbolOrder *by_address, *by_name;
    size_t count, address_count;    /* by_address has one for each address */
    char *folders[SOURCE_FOLDERS];
    unsigned folder_count;
    char *source_name, *source_text;    /* the file that was looked for last */
    char source_line[1024];
};

/* symbols_read.c. False with a sentence in `error`; symbol_file_close() is due in any case. */
bool symbol_file_read(SymbolFile *file, const char *path, bool placed, u64 address, char *error,
                      size_t error_size);
void symbol_file_close(SymbolFile *file);

/* Does a file, or a symbol, count now? */
static inline bool symbols_count_space(const Symbols *symbols, bool bound, u64 space)
{
    return !bound || !symbols->cr3 || *symbols->cr3 == space;
}
static inline bool symbols_count_file(const Symbols *symbols, const SymbolFile *file)
{
    return symbols_count_space(symbols, file->bound, file->space);
}

/* symbols_lines.c: fills `units`. */
bool symbol_file_list_units(SymbolFile *file);

/* The compilation unit that is about an address as linked; false: none. */
bool symbol_file_unit(const SymbolFile *file, u64 address, Dwarf_Die *unit);

/* The same in all files; *file becomes the one. */
bool symbols_unit(const Symbols *symbols, u64 linear, const SymbolFile **file, Dwarf_Die *unit);

/* symbols_entries.c: the first of that kind and name. False: there is none. */
bool symbols_entry(Symbols *symbols, EntryKind kind, const char *name, size_t length,
                   const SymbolFile **file, Dwarf_Die *die);

#endif
