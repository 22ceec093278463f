/*
 * Lines of source files, which are where the compiler found them, or below a folder that the user
 * names.
 */
#include "frontend/debugger/symbol_files.h"

#include <dwarf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { SOURCE_BYTES = 16 << 20 };

bool symbols_add_source_folder(Symbols *symbols, const char *folder)
{
    struct stat status;

    if (symbols->folder_count == SOURCE_FOLDERS || stat(folder, &status) ||
        !S_ISDIR(status.st_mode))
        return false;
    free(symbols->source_name); /* what was not found may be found now */
    symbols->source_name = NULL;
    symbols->folders[symbols->folder_count] = strdup(folder);
    return symbols->folders[symbols->folder_count++] != NULL;
}

static FILE *open_below(const char *folder, const char *path)
{
    char whole[4096];
    struct stat status;
    FILE *file;

    snprintf(whole, sizeof whole, "%s%s%s", folder, *folder ? "/" : "", path);
    file = fopen(whole, "re");
    if (file && (fstat(fileno(file), &status) || !S_ISREG(status.st_mode))) {
        fclose(file);
        return NULL;
    }
    return file;
}

/* "/build/os/kern/init.c" is looked for as kern/init.c and init.c too, here and in the folders. */
static FILE *open_source(const Symbols *symbols, const char *path)
{
    FILE *file = open_below("", path);

    for (const char *part = path; part && !file; part = strchr(part, '/')) {
        part += *part == '/';
        file = open_below("", part);
        for (unsigned i = 0; i < symbols->folder_count && !file; i++)
            file = open_below(symbols->folders[i], part);
    }
    return file;
}

/* Where the compiler was started, for paths that are relative to that. */
static FILE *open_where_compiled(const Symbols *symbols, const char *path)
{
    FILE *file = NULL;
    Dwarf_Attribute attribute;
    Dwarf_Die unit;

    for (unsigned i = 0; i < symbols->file_count && !file && *path != '/'; i++) {
        const SymbolFile *symbol_file = &symbols->files[i];

        for (size_t j = 0; j < symbol_file->unit_count && !file; j++) {
            const char *folder;

            if (!dwarf_offdie(symbol_file->dwarf, symbol_file->units[j].unit, &unit))
                continue;
            folder = dwarf_formstring(dwarf_attr(&unit, DW_AT_comp_dir, &attribute));
            if (folder)
                file = open_below(folder, path);
        }
    }
    return file;
}

static char *read_whole(FILE *file)
{
    char *text = malloc(SOURCE_BYTES), *fitting;
    size_t length;

    if (!text)
        return NULL;
    length = fread(text, 1, SOURCE_BYTES - 1, file);
    text[length] = '\0';
    fitting = realloc(text, length + 1);
    if (fitting)
        text = fitting;
    return text;
}

/* NULL: it cannot be read; that is remembered too. */
static const char *source_text(Symbols *symbols, const char *path)
{
    FILE *file;

    if (symbols->source_name && !strcmp(symbols->source_name, path))
        return symbols->source_text;
    free(symbols->source_name);
    free(symbols->source_text);
    symbols->source_name = strdup(path);
    symbols->source_text = NULL;
    file = open_source(symbols, path);
    if (!file)
        file = open_where_compiled(symbols, path);
    if (file) {
        symbols->source_text = read_whole(file);
        fclose(file);
    }
    return symbols->source_text;
}

const char *symbols_source_text(Symbols *symbols, const char *file, unsigned line)
{
    const char *text = source_text(symbols, file);

    for (; text && line > 1; line--) {
        text = strchr(text, '\n');
        if (text)
            text++;
    }
    if (!text || !line || !*text)
        return NULL;
    snprintf(symbols->source_line, sizeof symbols->source_line, "%.*s", (int)strcspn(text, "\r\n"),
             text);
    return symbols->source_line;
}
