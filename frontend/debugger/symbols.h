/*
 * Names and source lines of guest code, from ELF files with or without DWARF (libelf, libdw) and
 * from nm's lists (System.map). Addresses are linear.
 *
 * Files come from outside, and may be damaged: a look-up then finds nothing.
 */
#ifndef FRONTEND_DEBUGGER_SYMBOLS_H
#define FRONTEND_DEBUGGER_SYMBOLS_H

#include "mmu/base.h"

typedef struct Symbols Symbols;

typedef enum SymbolKind {
    SYMBOL_CODE,        /* a function, or a label in code */
    SYMBOL_DATA,        /* an object; size 0: not known */
    SYMBOL_CONSTANT,    /* a number that is no address */
} SymbolKind;

typedef struct Symbol {
    const char *name;           /* valid while its file is loaded */
    u64 address, size;          /* bytes; 0: not known */
    SymbolKind kind;
    bool bound;                 /* only in the address space that has `space` in CR3 */
    u64 space;
} Symbol;

typedef struct SourceLine {
    const char *file;           /* as the compiler was given it */
    unsigned line;              /* from 1 */
    u64 first, end;             /* the addresses [first, end) around the one asked for */
} SourceLine;

Symbols *symbols_create(void);                  /* NULL: out of memory */
void symbols_destroy(Symbols *symbols);

/* Reads FILE, or FILE@ADDRESS: its first loaded section then lies at that linear address, wherever it was linked. Behind
 * that ",cr3=VALUE": it is of a program that runs with this in CR3. False with a sentence in `error`; what was
 * loaded before stays. */
bool symbols_load(Symbols *symbols, const char *file, char *error, size_t error_size);
bool symbols_unload(Symbols *symbols, const char *file);
const char *symbols_file(const Symbols *symbols, unsigned index);   /* NULL past the last */
/* Is there a file of a 64-bit program? */
bool symbols_are_64_bit(const Symbols *symbols);

/* Where the CR3 that counts is to be read, or NULL: programs of all address spaces count then. Returns
 * what was so before. Names are found in all; those in the space at hand go first. */
const u64 *symbols_follow(Symbols *symbols, const u64 *cr3);
/* Is the line's code that of a program with an address space of its own? */
bool symbols_line_space(Symbols *symbols, const char *file, unsigned line, u64 *space);

/* Length-counted name; NULL: there is none. The first file that has it wins. */
const Symbol *symbols_find(const Symbols *symbols, const char *name, size_t length);

/* The symbol in which an address lies; NULL: in none. */
const Symbol *symbols_at(const Symbols *symbols, u64 linear, u64 *offset);

/* "main+0x1a", or "" where no symbol is near. */
const char *symbols_name_address(const Symbols *symbols, u64 linear, char *text, size_t size);

/* Calls for each symbol whose name begins with `prefix`, in alphabetical order. */
typedef void SymbolVisit(void *owner, const Symbol *symbol);
void symbols_each(const Symbols *symbols, const char *prefix, SymbolVisit *visit, void *owner);

/* The line of source an address belongs to. */
bool symbols_line(Symbols *symbols, u64 linear, SourceLine *line);

/* Where code of a line begins: of "kernel.c", "lib/kernel.c" ... any file whose path ends so. When
 * the line has no code, that of the next that has. Returns how many addresses there are, of which
 * at most `max` were written; *line becomes the line they are of. */
unsigned symbols_line_addresses(Symbols *symbols, const char *file, unsigned *line, u64 *addresses,
                                unsigned max);

/* The first address behind a function's prologue; the function's own when that is not known. */
u64 symbols_after_prologue(Symbols *symbols, u64 function);

/* Where source files are looked for, besides where the compiler found them. */
bool symbols_add_source_folder(Symbols *symbols, const char *folder);

/* A line of source, without its end; NULL: the file cannot be read, or has no such line. Valid until
 * the next call. */
const char *symbols_source_text(Symbols *symbols, const char *file, unsigned line);

#endif
