/*
 * Reading files of symbols: ELF (Tool Interface Standard, "ELF Specification", version 1.2) through
 * libelf, and the lists that nm(1) prints, with or without the letter for the kind.
 *
 * Not implemented: stabs; relocatable files.
 */
#include "frontend/debugger/symbol_files.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A label in a list has no size: so far behind it an address is no longer its. */
#define LIST_REACH ((u64)1 << 20)
#define LIST_BYTES ((off_t)256 << 20)

static bool fail(char *error, size_t error_size, const char *path, const char *sentence)
{
    snprintf(error, error_size, "%s %s", path, sentence);
    return false;
}

static bool add_entry(SymbolFile *file, const SymbolEntry *entry)
{
    SymbolEntry *grown;

    if (file->count == file->capacity) {
        file->capacity = file->capacity ? file->capacity * 2 : 256;
        grown = realloc(file->entries, file->capacity * sizeof *grown);
        if (!grown)
            return false;
        file->entries = grown;
    }
    file->entries[file->count++] = *entry;
    return true;
}

/* ---- ELF ---- */

/* Higher: says more about an address. */
static u8 elf_rank(const GElf_Sym *symbol)
{
    unsigned type = GELF_ST_TYPE(symbol->st_info), binding = GELF_ST_BIND(symbol->st_info);
    bool typed = type == STT_FUNC || type == STT_OBJECT;

    return (u8)(typed * 4 + (binding == STB_GLOBAL) * 2 + (binding == STB_WEAK));
}

static void place_in_section(SymbolFile *file, const GElf_Sym *symbol, SymbolEntry *entry)
{
    GElf_Shdr header;
    Elf_Scn *section = elf_getscn(file->elf, symbol->st_shndx);

    if (symbol->st_shndx >= SHN_LORESERVE || !section || !gelf_getshdr(section, &header)) {
        entry->symbol.kind = SYMBOL_CONSTANT;
        return;
    }
    if (!(header.sh_flags & SHF_EXECINSTR))
        entry->symbol.kind = SYMBOL_DATA;
    entry->symbol.address += file->bias;
    entry->end = file->bias + header.sh_addr + header.sh_size;
    if (symbol->st_size && entry->symbol.address + symbol->st_size < entry->end)
        entry->end = entry->symbol.address + symbol->st_size;
}

static bool add_elf_symbol(SymbolFile *file, const GElf_Sym *symbol, const char *name)
{
    unsigned type = GELF_ST_TYPE(symbol->st_info);
    SymbolEntry entry = {
        .symbol = {.name = name, .address = symbol->st_value, .size = symbol->st_size},
        .rank = elf_rank(symbol),
    };

    if (!name || !*name || !strncmp(name, ".L", 2) || symbol->st_shndx == SHN_UNDEF ||
        type == STT_SECTION || type == STT_FILE || type == STT_TLS)
        return true;
    place_in_section(file, symbol, &entry);
    return add_entry(file, &entry);
}

static bool add_elf_table(SymbolFile *file, Elf_Scn *section, const GElf_Shdr *header)
{
    Elf_Data *data = elf_getdata(section, NULL);
    size_t count = data && header->sh_entsize ? data->d_size / header->sh_entsize : 0;
    GElf_Sym symbol;

    for (size_t i = 0; i < count && i <= 0x7FFFFFFF; i++)
        if (gelf_getsym(data, (int)i, &symbol) &&
            !add_elf_symbol(file, &symbol, elf_strptr(file->elf, header->sh_link, symbol.st_name)))
            return false;
    return true;
}

/* The tables of one type; false: out of memory. */
static bool add_elf_tables(SymbolFile *file, unsigned type)
{
    Elf_Scn *section = NULL;
    GElf_Shdr header;

    while ((section = elf_nextscn(file->elf, section)))
        if (gelf_getshdr(section, &header) && header.sh_type == type &&
            !add_elf_table(file, section, &header))
            return false;
    return true;
}

static u64 lowest_address(Elf *elf)
{
    u64 lowest = ~(u64)0;
    Elf_Scn *section = NULL;
    GElf_Shdr header;

    while ((section = elf_nextscn(elf, section)))
        if (gelf_getshdr(section, &header) && (header.sh_flags & SHF_ALLOC) &&
            header.sh_addr < lowest)
            lowest = header.sh_addr;
    return lowest == ~(u64)0 ? 0 : lowest;
}

static bool read_elf(SymbolFile *file, const char *path, bool placed, u64 address, char *error,
                     size_t error_size)
{
    GElf_Ehdr header;

    if (!gelf_getehdr(file->elf, &header))
        return fail(error, error_size, path, "is a damaged ELF file");
    if (header.e_machine != EM_386 && header.e_machine != EM_X86_64 && header.e_machine != EM_IAMCU)
        return fail(error, error_size, path, "is a program for another processor");
    if (header.e_type == ET_REL)
        return fail(error, error_size, path,
                    "is not linked yet; load symbols from what the linker made of it");
    if (placed)
        file->bias = address - lowest_address(file->elf);
    if (!add_elf_tables(file, SHT_SYMTAB) || (!file->count && !add_elf_tables(file, SHT_DYNSYM)))
        return fail(error, error_size, path, "needs more memory than the host has");
    file->dwarf = dwarf_begin_elf(file->elf, DWARF_C_READ, NULL);
    if (file->dwarf && !symbol_file_list_units(file))
        return fail(error, error_size, path, "needs more memory than the host has");
    if (file->dwarf)
        file->frames = dwarf_getcfi(file->dwarf);
    file->eh_frames = dwarf_getcfi_elf(file->elf);
    if (!file->count && !file->unit_count)
        return fail(error, error_size, path,
                    "has no symbols; compile it with -g, and do not strip it");
    return true;
}

/* ---- lists ---- */

static bool list_kind(char letter, SymbolKind *kind)
{
    if (strchr("TtWwiI", letter))
        *kind = SYMBOL_CODE;
    else if (strchr("AaN", letter))
        *kind = SYMBOL_CONSTANT;
    else
        *kind = SYMBOL_DATA;
    return letter != 'U';
}

/* "c0100000 T _start [module]", or without the letter. False where that is not what it is. */
static bool add_list_line(SymbolFile *file, char *line, u64 bias)
{
    SymbolEntry entry = {.symbol = {.kind = SYMBOL_CODE}};
    char *end, *word;

    entry.symbol.address = strtoull(line, &end, 16);
    if (end == line || !isblank((u8)*end))
        return false;
    word = end + strspn(end, " \t");
    if (*word && isblank((u8)word[1])) {
        if (!list_kind(*word, &entry.symbol.kind))
            return true;
        word += 1 + strspn(word + 1, " \t");
    }
    if (!*word)
        return false;
    word[strcspn(word, " \t\r")] = '\0';
    entry.symbol.name = word;
    entry.rank = 4;
    if (entry.symbol.kind != SYMBOL_CONSTANT)
        entry.symbol.address += bias;
    entry.end = entry.symbol.address + LIST_REACH;
    return add_entry(file, &entry);
}

static bool read_list(SymbolFile *file, const char *path, bool placed, u64 address, char *error,
                      size_t error_size)
{
    char *rest = file->text, *line;
    u64 bias = placed ? address - strtoull(rest, NULL, 16) : 0;
    unsigned number = 0;

    while ((line = strsep(&rest, "\n"))) {
        number++;
        line += strspn(line, " \t\r");
        if (!*line || *line == '#' || *line == 'U')
            continue;
        if (!add_list_line(file, line, bias)) {
            snprintf(error, error_size,
                     "%s is neither an ELF file nor a list as nm prints it: line %u has no address "
                     "and name",
                     path, number);
            return false;
        }
    }
    if (!file->count)
        return fail(error, error_size, path, "has no symbols");
    return true;
}

static bool read_text(SymbolFile *file, const char *path, char *error, size_t error_size)
{
    struct stat status;
    ssize_t got = -1;

    if (fstat(file->descriptor, &status) || !S_ISREG(status.st_mode))
        return fail(error, error_size, path, "is no ordinary file");
    if (status.st_size > LIST_BYTES)
        return fail(error, error_size, path, "is neither an ELF file nor a list as nm prints it");
    file->text = malloc((size_t)status.st_size + 1);
    if (file->text)
        got = pread(file->descriptor, file->text, (size_t)status.st_size, 0);
    if (got < 0)
        return fail(error, error_size, path, "cannot be read");
    file->text[got] = '\0';
    if (strlen(file->text) != (size_t)got)
        return fail(error, error_size, path, "is neither an ELF file nor a list as nm prints it");
    return true;
}

/* ---- either ---- */

bool symbol_file_read(SymbolFile *file, const char *path, bool placed, u64 address, char *error,
                      size_t error_size)
{
    struct stat status;

    file->descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (file->descriptor < 0) {
        snprintf(error, error_size, "%s cannot be read: %s", path, strerror(errno));
        return false;
    }
    if (!fstat(file->descriptor, &status) && S_ISDIR(status.st_mode))
        return fail(error, error_size, path, "is a directory");
    elf_version(EV_CURRENT);
    file->elf = elf_begin(file->descriptor, ELF_C_READ, NULL);
    if (file->elf && elf_kind(file->elf) == ELF_K_ELF)
        return read_elf(file, path, placed, address, error, error_size);
    return read_text(file, path, error, error_size) &&
           read_list(file, path, placed, address, error, error_size);
}

void symbol_file_close(SymbolFile *file)
{
    if (file->eh_frames)
        dwarf_cfi_end(file->eh_frames);
    if (file->dwarf)
        dwarf_end(file->dwarf);
    if (file->elf)
        elf_end(file->elf);
    if (file->descriptor >= 0)
        close(file->descriptor);
    free(file->units);
    free(file->named);
    free(file->entries);
    free(file->text);
    free(file->name);
    *file = (SymbolFile){.descriptor = -1};
}
