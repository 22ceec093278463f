/*
 * Symbols: the classroom kernel's ELF file with DWARF, lists as nm prints them, and damaged files.
 */
#include "frontend/debugger/symbols.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KERNEL BUILD "/roms/classroom.elf"

enum { WORDS = 256 };

static Symbols *symbols;
static char path[] = "/tmp/vitrine-symbols-XXXXXX", error[512];

static void open_symbols(void)
{
    close(mkstemp(path));
    symbols = symbols_create();
    cr_assert(symbols);
}

static void close_symbols(void)
{
    symbols_destroy(symbols);
    unlink(path);
}

TestSuite(symbols, .init = open_symbols, .fini = close_symbols);

static void write_file(const void *bytes, size_t length)
{
    FILE *file = fopen(path, "w");

    cr_assert(file && fwrite(bytes, 1, length, file) == length && !fclose(file));
}

static void load(const char *name)
{
    cr_assert(symbols_load(symbols, name, error, sizeof error), "%s", error);
}

static void load_list(const char *text)
{
    write_file(text, strlen(text));
    load(path);
}

static void expect_name(u64 address, const char *wanted)
{
    char text[128];

    cr_expect_str_eq(symbols_name_address(symbols, address, text, sizeof text), wanted);
}

static const Symbol *find(const char *name)
{
    const Symbol *symbol = symbols_find(symbols, name, strlen(name));

    cr_assert(symbol, "%s", name);
    return symbol;
}

Test(symbols, lists_of_nm)
{
    load_list("c0100000 T start\n"
              "c0100010 t helper\n"
              "00000005 A constant\n"
              "\n"
              "c0200000 D table\r\n"
              "         U elsewhere\n"
              "c0100010 T helper_again\n"
              "00007c00 boot\n"
              "ffffffff81000000 T module_code [driver]\n");
    expect_name(0xC0100000, "start");
    expect_name(0xC010000F, "start+0xf");
    expect_name(0xC0100011, "helper+0x1");
    expect_name(0x7C05, "boot+0x5");
    expect_name(0x10, "");
    expect_name(0xC0500000, "");
    expect_name(0xFFFFFFFF81000001, "module_code+0x1");
    cr_expect_eq(find("table")->kind, SYMBOL_DATA);
    cr_expect_eq(find("constant")->address, 5);
    cr_expect_eq(find("helper")->kind, SYMBOL_CODE);
    cr_expect_null(symbols_find(symbols, "help", 4));
    cr_expect_null(symbols_find(symbols, "helpers", 7));
    cr_expect(symbols_find(symbols, "helpers", 6));
}

Test(symbols, files_can_lie_elsewhere)
{
    char name[64];

    load_list("1000 T first\n1010 T second\n20 A number\n");
    snprintf(name, sizeof name, "%s@0x8000", path);
    load(name);
    expect_name(0x1011, "second+0x1");
    expect_name(0x8010, "second");
    cr_expect_eq(find("second")->address, 0x1010, "the first file wins");
    cr_expect(symbols_unload(symbols, path));
    cr_expect_not(symbols_unload(symbols, path));
    expect_name(0x1011, "");
    cr_expect_eq(find("second")->address, 0x8010);
    cr_expect_str_eq(symbols_file(symbols, 0), name);
    cr_expect_null(symbols_file(symbols, 1));
}

Test(symbols, programs_in_address_spaces)
{
    char name[64];
    u64 cr3 = 0x1000;

    load_list("1000 T main\n1010 T only_first\n");
    snprintf(name, sizeof name, "%s,cr3=0x1000", path);
    load(name);
    symbols_unload(symbols, path);
    load_list("1000 T start\n1010 T main\n");
    snprintf(name, sizeof name, "%s,cr3=0x2000", path);
    load(name);
    symbols_unload(symbols, path);
    load_list("c0000000 T kernel\n");
    symbols_follow(symbols, &cr3);
    expect_name(0x1000, "main");
    expect_name(0x1015, "only_first+0x5");
    expect_name(0xC0000000, "kernel");
    cr_expect_eq(find("main")->address, 0x1000);
    cr_expect(find("start")->bound && find("start")->space == 0x2000, "it is found all the same");
    cr_expect_not(find("kernel")->bound);
    cr3 = 0x2000;
    expect_name(0x1000, "start");
    expect_name(0x1010, "main");
    expect_name(0xC0000000, "kernel");
    cr_expect_eq(find("main")->address, 0x1010);
    cr3 = 0x3000;
    expect_name(0x1000, "");
    expect_name(0xC0000000, "kernel");
}

static void count_names(void *owner, const Symbol *symbol)
{
    size_t length = strlen(owner);

    snprintf((char *)owner + length, WORDS - length, "%s ", symbol->name);
}

Test(symbols, names_are_completed_in_order)
{
    char names[WORDS] = "";

    load_list("1 T task_b\n2 T other\n3 T task_a\n4 T tas\n");
    symbols_each(symbols, "task", count_names, names);
    cr_expect_str_eq(names, "task_a task_b ");
}

Test(symbols, elf_and_dwarf)
{
    const Symbol *function;
    SourceLine line;
    u64 address, body;
    unsigned number;

    load(KERNEL);
    function = find("kernel_main");
    cr_expect_eq(function->kind, SYMBOL_CODE);
    cr_expect(function->size > 8);
    expect_name(function->address + 5, "kernel_main+0x5");
    cr_assert(symbols_line(symbols, function->address, &line));
    cr_expect(strstr(line.file, "roms/classroom/kernel.c"), "%s", line.file);
    cr_expect_eq(line.first, function->address);
    cr_expect(line.end > line.first && line.end < function->address + function->size);
    body = symbols_after_prologue(symbols, function->address);
    cr_expect(body > function->address && body < function->address + 32);
    cr_assert(symbols_line(symbols, body, &line));
    number = line.line;
    cr_assert_eq(symbols_line_addresses(symbols, "kernel.c", &number, &address, 1), 1);
    cr_expect_eq(number, line.line);
    cr_expect_eq(address, line.first);
    cr_expect_eq(symbols_line_addresses(symbols, "classroom/kernel.c", &number, &address, 1), 1);
    cr_expect_eq(symbols_line_addresses(symbols, "ernel.c", &number, &address, 1), 0);
    cr_expect_not(symbols_line(symbols, 0x12345678, &line));
    number = 100000;
    cr_expect_eq(symbols_line_addresses(symbols, "kernel.c", &number, &address, 1), 0);
}

/* A line without code means the next with code, as `break` does in gdb. */
Test(symbols, lines_without_code)
{
    unsigned first = 1;
    u64 address;

    load(KERNEL);
    cr_assert(symbols_line_addresses(symbols, "kernel.c", &first, &address, 1) >= 1);
    cr_expect(first > 1);
}

Test(symbols, assembler_has_lines_too)
{
    SourceLine line;

    load(KERNEL);
    cr_assert(symbols_line(symbols, find("boot_start")->address, &line));
    cr_expect(strstr(line.file, ".asm"), "%s", line.file);
}

Test(symbols, source_text)
{
    SourceLine line;
    const char *text;

    load(KERNEL);
    cr_assert(symbols_line(symbols, find("kernel_main")->address, &line));
    text = symbols_source_text(symbols, line.file, line.line);
    cr_assert(text, "%s", line.file);
    cr_expect(strstr(text, "kernel_main") || strstr(text, "{"), "%s", text);
    cr_expect_null(symbols_source_text(symbols, line.file, 1000000));
    cr_expect_null(symbols_source_text(symbols, line.file, 0));
    cr_expect_null(symbols_source_text(symbols, "/nonexistent.c", 1));
    cr_expect(symbols_source_text(symbols, line.file, 1));
    cr_expect_not(symbols_add_source_folder(symbols, "/nonexistent"));
    cr_assert(symbols_add_source_folder(symbols, "roms"));
    cr_expect(symbols_source_text(symbols, "/elsewhere/classroom/kernel.c", 1));
}

static void expect_refused(const char *name, const char *words)
{
    *error = '\0';
    cr_expect_not(symbols_load(symbols, name, error, sizeof error), "%s", name);
    cr_expect(strstr(error, words), "\"%s\" does not say \"%s\"", error, words);
    cr_expect_null(symbols_file(symbols, 0));
}

Test(symbols, what_is_wrong_is_said)
{
    expect_refused("/nonexistent", "No such file");
    expect_refused("/tmp", "directory");
    expect_refused("/dev/zero", "ordinary");
    expect_refused(BUILD "/roms/classroom.img", "neither");
    expect_refused("Makefile", "line 4");
    write_file("", 0);
    expect_refused(path, "no symbols");
    write_file("\177ELF", 4);
    expect_refused(path, "");
}

static u8 *read_kernel(size_t *length)
{
    FILE *file = fopen(KERNEL, "r");
    u8 *bytes = malloc(16 << 20);

    cr_assert(file && bytes);
    *length = fread(bytes, 1, 16 << 20, file);
    fclose(file);
    return bytes;
}

/* Loads what is in the file, if it can be, and asks for everything. */
static void ask(void)
{
    static const u64 addresses[] = {0, 0x7C00, 0x100000, 0x101234, 0x10FFFF, 0xFFFFFFFF};
    SourceLine line;
    unsigned number;
    u64 found, offset;

    if (!symbols_load(symbols, path, error, sizeof error))
        return;
    for (unsigned i = 0; i < COUNT_OF(addresses); i++) {
        if (symbols_line(symbols, addresses[i], &line))
            symbols_source_text(symbols, line.file, line.line);
        symbols_at(symbols, addresses[i], &offset);
        symbols_after_prologue(symbols, addresses[i]);
    }
    number = 20;
    symbols_line_addresses(symbols, "kernel.c", &number, &found, 1);
    symbols_unload(symbols, path);
}

Test(symbols, damaged_files)
{
    size_t length;
    u8 *bytes = read_kernel(&length);
    unsigned seed = 7;

    cr_assert(length);
    for (size_t cut = 0; cut < length; cut += length / 20 + 1) {
        write_file(bytes, cut);
        ask();
    }
    for (unsigned round = 0; round < 60; round++) {
        size_t at[8];
        u8 kept[8];

        for (unsigned i = 0; i < 8; i++) {
            seed = seed * 1103515245 + 12345;
            at[i] = i < 2 ? (seed >> 8) % 64 : (seed >> 3) % length;
            if (i < 2 && round % 4)
                at[i] = (seed >> 3) % length;
            kept[i] = bytes[at[i]];
            bytes[at[i]] = (u8)(seed >> 20);
        }
        write_file(bytes, length);
        ask();
        for (unsigned i = 8; i-- > 0;)
            bytes[at[i]] = kept[i];
    }
    free(bytes);
}
