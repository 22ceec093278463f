/*
 * Multiboot: lays out a program (ELF or by the header's address fields) and its modules as they
 * are to lie in memory, and prepares the boot information, to which the option ROM adds the memory
 * map. Multiboot Specification 0.6.96, "OS image format" and "Boot information format".
 *
 * Not implemented: video modes (bit 2 of the header's flags is ignored), symbol tables, drives,
 * ROM configuration table, APM table. Parts of the program below 1 MiB must all lie between the
 * boot information and the BIOS's data area.
 */
#include "frontend/kernel_image.h"

#include <elf.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "devices/fw_cfg.h"

enum {
    HEADER_MAGIC = 0x1BADB002,
    HEADER_SEARCH = 8192, /* the header lies in the first so many bytes */
    HEADER_SIZE = 12,
    ADDRESSES_SIZE = 32,
    KNOWN_REQUIREMENTS = 0x0007, /* page-aligned modules, memory information, video mode */
    REQUIREMENTS = 0xFFFF,
    HAS_ADDRESSES = 0x10000,
};
enum {
    /* Where the firmware's memory map goes, room for 50 entries, and the boot information. */
    MMAP_ADDRESS = 0x8000,
    INFO_ADDRESS = 0x9000,
    INFO_MOST = 0x7000, /* bytes of it, strings included */
    INFO_SIZE = 120,
    MODULE_SIZE = 16,
    MODULES_MOST = 64,
    INFO_MEMORY = 0x001,
    INFO_CMDLINE = 0x004,
    INFO_MODULES = 0x008,
    INFO_MMAP = 0x040,
    INFO_LOADER_NAME = 0x200,
};
/* Low memory that is free for programs: above the boot information, below the EBDA. */
enum { LOW_FREE = INFO_ADDRESS + INFO_MOST, LOW_END = 0x9F000 };

typedef struct Program {
    u64 low, high; /* physical addresses; high is the first byte behind it */
    u32 entry;
    u8 *bytes;  /* from low on, with room for the modules */
    u64 length; /* program and modules */
} Program;

typedef struct Module {
    const char *text; /* "FILE ARGUMENTS", not terminated */
    size_t text_length;
    u32 start, end;
    u8 *bytes;
} Module;

typedef struct BootInfo {
    u8 *bytes;
    u32 used;
} BootInfo;

static const u8 *find_header(const u8 *bytes, u64 length)
{
    u64 search = length < HEADER_SEARCH ? length : HEADER_SEARCH;

    for (u64 i = 0; i + HEADER_SIZE <= search; i += 4)
        if (kernel_get32(bytes + i) == HEADER_MAGIC &&
            kernel_get32(bytes + i) + kernel_get32(bytes + i + 4) + kernel_get32(bytes + i + 8) ==
                0)
            return bytes + i;
    return NULL;
}

bool kernel_is_multiboot(const u8 *bytes, u64 length)
{
    return find_header(bytes, length) != NULL;
}

/* ---- the program ---- */

static bool check_range(KernelLoad *load, const Program *program)
{
    if (program->low >= program->high)
        return kernel_fail(load, "%s: there is nothing in it to load", load->file.path);
    if (program->entry < program->low || program->entry >= program->high)
        return kernel_fail(load, "%s: its entry point %" PRIX32 "h lies outside of it",
                           load->file.path, program->entry);
    if (program->low < KERNEL_1M && (program->low < LOW_FREE || program->high > LOW_END))
        return kernel_fail(load,
                           "%s: wants to lie at %" PRIX64 "h-%" PRIX64
                           "h, where the firmware works; link it to 100000h or above",
                           load->file.path, program->low, program->high - 1);
    if (program->low >= KERNEL_1M && program->high > load->memory - KERNEL_FIRMWARE_SPACE)
        return kernel_fail(load,
                           "%s: wants to lie at %" PRIX64 "h-%" PRIX64
                           "h, behind the end of memory: use -m %" PRIu64 "M or more",
                           load->file.path, program->low, program->high - 1,
                           (program->high + KERNEL_FIRMWARE_SPACE + KERNEL_1M - 1) >> 20);
    return true;
}

/* The four addresses of the header: a flat piece of the file, wherever it is in a.out or so. */
static bool measure_flat(KernelLoad *load, const u8 *header, Program *program, u64 *file_offset,
                         u64 *count)
{
    u64 at = (u64)(header - load->file.bytes);

    if (at + ADDRESSES_SIZE > load->file.length)
        return kernel_fail(load, "%s: is cut short in its multiboot header", load->file.path);
    u32 header_address = kernel_get32(header + 12), start = kernel_get32(header + 16);
    u32 end = kernel_get32(header + 20), bss_end = kernel_get32(header + 24);

    if (start > header_address || header_address - start > at)
        return kernel_fail(load, "%s: its multiboot header's load address is wrong",
                           load->file.path);
    *file_offset = at - (header_address - start);
    *count = end ? (u64)end - start : load->file.length - *file_offset;
    if (end && (end < start || *file_offset + *count > load->file.length))
        return kernel_fail(load, "%s: is cut short, or its multiboot header's end address is wrong",
                           load->file.path);
    program->low = start;
    program->high = start + *count;
    if (bss_end > program->high)
        program->high = bss_end;
    program->entry = kernel_get32(header + 28);
    return check_range(load, program);
}

/* Segment `index` if it is to be loaded and is sound. */
static bool elf_segment(const KernelFile *file, const Elf32_Ehdr *elf, unsigned index,
                        Elf32_Phdr *segment)
{
    u64 at = elf->e_phoff + (u64)index * elf->e_phentsize;

    if (at + sizeof *segment > file->length)
        return false;
    memcpy(segment, file->bytes + at, sizeof *segment);
    return segment->p_type == PT_LOAD && segment->p_memsz > 0;
}

static bool measure_elf(KernelLoad *load, const Elf32_Ehdr *elf, Program *program)
{
    Elf32_Phdr segment;

    program->low = UINT64_MAX;
    program->entry = elf->e_entry;
    if (elf->e_phentsize < sizeof segment ||
        elf->e_phoff + (u64)elf->e_phnum * elf->e_phentsize > load->file.length)
        return kernel_fail(load, "%s: is cut short in its ELF headers", load->file.path);
    for (unsigned i = 0; i < elf->e_phnum; i++) {
        if (!elf_segment(&load->file, elf, i, &segment))
            continue;
        u64 end = (u64)segment.p_paddr + segment.p_memsz;

        if ((u64)segment.p_offset + segment.p_filesz > load->file.length)
            return kernel_fail(load, "%s: is cut short: segment %u is not all there",
                               load->file.path, i);
        if (segment.p_filesz > segment.p_memsz)
            return kernel_fail(load, "%s: ELF segment %u is larger in the file than in memory",
                               load->file.path, i);
        program->low = segment.p_paddr < program->low ? segment.p_paddr : program->low;
        program->high = end > program->high ? end : program->high;
        /* The entry point may be a virtual address; programs start without paging. */
        if (elf->e_entry >= segment.p_vaddr && elf->e_entry - segment.p_vaddr < segment.p_memsz)
            program->entry = elf->e_entry - segment.p_vaddr + segment.p_paddr;
    }
    return check_range(load, program);
}

static void copy_elf(const KernelFile *file, const Elf32_Ehdr *elf, const Program *program)
{
    Elf32_Phdr segment;

    for (unsigned i = 0; i < elf->e_phnum; i++)
        if (elf_segment(file, elf, i, &segment))
            memcpy(program->bytes + (segment.p_paddr - program->low),
                   file->bytes + segment.p_offset, segment.p_filesz);
}

static bool read_elf_header(KernelLoad *load, Elf32_Ehdr *elf)
{
    const KernelFile *file = &load->file;

    if (file->length < sizeof *elf || memcmp(file->bytes, ELFMAG, SELFMAG) != 0)
        return kernel_fail(load, "%s: its multiboot header has no addresses, and it is no ELF file",
                           file->path);
    memcpy(elf, file->bytes, sizeof *elf);
    if (elf->e_ident[EI_CLASS] != ELFCLASS32 || elf->e_machine != EM_386)
        return kernel_fail(load,
                           "%s: is an ELF file, but not for a 32-bit x86: multiboot "
                           "programs start in 32-bit mode",
                           file->path);
    return true;
}

static u64 page_up(u64 address)
{
    return (address + KERNEL_PAGE - 1) & ~(u64)(KERNEL_PAGE - 1);
}

/* Allocates what program and modules take, the modules on pages of their own behind it. A program
 * in low memory has its modules there as well. */
static bool allocate_program(KernelLoad *load, Program *program, Module *modules, unsigned count)
{
    u64 end = program->high;
    u64 limit = program->low < KERNEL_1M ? LOW_END : load->memory - KERNEL_FIRMWARE_SPACE;

    for (unsigned i = 0; i < count; i++) {
        u64 length = modules[i].end;

        modules[i].start = (u32)page_up(end);
        end = page_up(end) + length;
        if (end > limit)
            return kernel_fail(load, "%.*s: does not fit into memory behind the kernel: use -m",
                               (int)modules[i].text_length, modules[i].text);
        modules[i].end = (u32)end;
    }
    program->length = end - program->low;
    program->bytes = kernel_allocate(load, program->length);
    if (!program->bytes)
        return false;
    for (unsigned i = 0; i < count; i++)
        memcpy(program->bytes + (modules[i].start - program->low), modules[i].bytes,
               modules[i].end - modules[i].start);
    return true;
}

static bool load_program(KernelLoad *load, Program *program, Module *modules, unsigned count)
{
    const u8 *header = find_header(load->file.bytes, load->file.length);
    u32 flags = kernel_get32(header + 4);
    u64 offset = 0, length = 0;
    Elf32_Ehdr elf = {0};

    if (flags & REQUIREMENTS & ~(u32)KNOWN_REQUIREMENTS)
        return kernel_fail(load,
                           "%s: its multiboot header requires what vitrine does not have "
                           "(flags %04X)",
                           load->file.path, flags & REQUIREMENTS);
    if (flags & HAS_ADDRESSES) {
        if (!measure_flat(load, header, program, &offset, &length) ||
            !allocate_program(load, program, modules, count))
            return false;
        memcpy(program->bytes, load->file.bytes + offset, length);
        return true;
    }
    if (!read_elf_header(load, &elf) || !measure_elf(load, &elf, program) ||
        !allocate_program(load, program, modules, count))
        return false;
    copy_elf(&load->file, &elf, program);
    return true;
}

/* ---- modules ---- */

/* The next of "FILE ARGUMENTS,FILE ARGUMENTS,..."; the list moves on behind its comma. */
static bool read_module(KernelLoad *load, const char **list, Module *module)
{
    char path[4096];
    KernelFile file;
    size_t name;

    module->text = *list;
    module->text_length = strcspn(*list, ",");
    *list += module->text_length;
    *list += **list == ',';
    name = strcspn(module->text, " ,");
    if (name == 0 || name >= sizeof path)
        return kernel_fail(load, "-initrd: there is no file name before \"%.20s\"", module->text);
    memcpy(path, module->text, name);
    path[name] = '\0';
    if (!kernel_read_file(load, path, &file))
        return false;
    module->bytes = file.bytes;
    module->end = (u32)file.length; /* until it is placed */
    return true;
}

static bool read_modules(KernelLoad *load, Module *modules, unsigned *count)
{
    const char *list = load->initrd ? load->initrd : "";

    for (*count = 0; *list; (*count)++) {
        if (*count == MODULES_MOST)
            return kernel_fail(load, "-initrd: at most %d modules can be given", MODULES_MOST);
        if (!read_module(load, &list, &modules[*count]))
            return false;
    }
    return true;
}

/* ---- boot information ---- */

/* Appends text and a zero; its physical address, or 0 when there is no room. */
static u32 add_text(BootInfo *info, const char *text, size_t length)
{
    u32 at = info->used;

    if (length + 1 > INFO_MOST - info->used)
        return 0;
    memcpy(info->bytes + at, text, length);
    info->used += (u32)length + 1;
    return INFO_ADDRESS + at;
}

/* The command line begins with the kernel's name, as GRUB's does. */
static u32 add_command_line(KernelLoad *load, BootInfo *info)
{
    const char *append = load->append ? load->append : "";
    u32 at = add_text(info, load->file.path, strlen(load->file.path));

    if (!at || !*append)
        return at;
    info->bytes[info->used - 1] = ' ';
    return add_text(info, append, strlen(append)) ? at : 0;
}

static bool write_info(KernelLoad *load, BootInfo *info, const Module *modules, unsigned count)
{
    u8 *fields = info->bytes, *module = info->bytes + INFO_SIZE;
    u32 command_line, loader_name;
    bool fits = true;

    info->used = INFO_SIZE + count * MODULE_SIZE;
    command_line = add_command_line(load, info);
    loader_name = add_text(info, "vitrine", strlen("vitrine"));
    for (unsigned i = 0; i < count; i++, module += MODULE_SIZE) {
        u32 text = add_text(info, modules[i].text, modules[i].text_length);

        fits &= text != 0;
        kernel_put32(module, modules[i].start);
        kernel_put32(module + 4, modules[i].end);
        kernel_put32(module + 8, text);
    }
    if (!fits || !command_line || !loader_name)
        return kernel_fail(load, "%s: -append and -initrd are too long", load->file.path);
    kernel_put32(fields, INFO_MEMORY | INFO_CMDLINE | INFO_MODULES | INFO_MMAP | INFO_LOADER_NAME);
    kernel_put32(fields + 16, command_line);
    kernel_put32(fields + 20, count);
    kernel_put32(fields + 24, INFO_ADDRESS + INFO_SIZE);
    kernel_put32(fields + 48, MMAP_ADDRESS);
    kernel_put32(fields + 64, loader_name);
    return true;
}

bool kernel_load_multiboot(KernelLoad *load)
{
    Module modules[MODULES_MOST] = {0};
    Program program = {0};
    BootInfo info = {0};
    unsigned count;

    if (!read_modules(load, modules, &count) || !load_program(load, &program, modules, count))
        return false;
    info.bytes = kernel_allocate(load, INFO_MOST);
    if (!info.bytes || !write_info(load, &info, modules, count))
        return false;
    kernel_add_part(load, FW_CFG_KERNEL_ADDR, FW_CFG_KERNEL_DATA, (u32)program.low, program.bytes,
                    (u32)program.length);
    kernel_add_number(load, FW_CFG_KERNEL_ENTRY, program.entry);
    kernel_add_part(load, FW_CFG_INITRD_ADDR, FW_CFG_INITRD_DATA, INFO_ADDRESS, info.bytes,
                    info.used);
    return true;
}
