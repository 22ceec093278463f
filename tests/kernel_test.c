/* -kernel: what is accepted, what is refused and how, and what reaches the firmware. */
#include <criterion/criterion.h>
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "devices/fw_cfg.h"
#include "frontend/kernel.h"

static char folder[] = "/tmp/kernel_test.XXXXXX";
static char kernel_path[64], initrd_path[64], other_path[64];
static MachineConfig config;
static Kernel kernel;
static char error[512];

static void set_up(void)
{
    cr_assert_not_null(mkdtemp(folder));
    snprintf(kernel_path, sizeof kernel_path, "%s/kernel", folder);
    snprintf(initrd_path, sizeof initrd_path, "%s/initrd", folder);
    snprintf(other_path, sizeof other_path, "%s/other", folder);
    config = (MachineConfig){.memory = 64 << 20};
    error[0] = '\0';
}

static void tear_down(void)
{
    unlink(kernel_path);
    unlink(initrd_path);
    unlink(other_path);
    rmdir(folder);
    kernel_free(&kernel);
}

TestSuite(kernel, .init = set_up, .fini = tear_down);

static void write_file(const char *path, const void *bytes, size_t length)
{
    FILE *file = fopen(path, "wb");

    cr_assert_not_null(file);
    cr_assert_eq(fwrite(bytes, 1, length, file), length);
    fclose(file);
}

static void put(u8 *at, u32 value, unsigned bytes)
{
    memcpy(at, &value, bytes);
}

static u32 get(const void *at)
{
    u32 value;

    memcpy(&value, at, 4);
    return value;
}

static const FwFile *item(u16 key)
{
    for (unsigned i = 0; i < config.fw_file_count; i++)
        if (!config.fw_files[i].name && config.fw_files[i].key == key)
            return &config.fw_files[i];
    cr_assert_fail("there is no item %02X", key);
    return NULL;
}

static u32 number(u16 key)
{
    cr_assert_eq(item(key)->length, 4);
    return get(item(key)->bytes);
}

static bool load(const char *initrd, const char *append)
{
    return kernel_load(&kernel, &config, kernel_path, initrd, append, error, sizeof error);
}

static void expect_refusal(const char *part)
{
    cr_assert_not(load(NULL, NULL));
    cr_assert_not_null(strstr(error, part), "\"%s\" is not in: %s", part, error);
    cr_assert_not_null(strstr(error, kernel_path), "the file is not named: %s", error);
    cr_assert_eq(config.fw_file_count, 0);
}

/* ---- Linux ---- */

enum { SETUP = 5 * 512, SYSTEM = 64 * 1024 };

static u8 linux_file[SETUP + SYSTEM];

/* A bzImage of protocol 2.15 with four setup sectors. */
static void make_linux(void)
{
    u8 *header = linux_file;

    memset(linux_file, 0x90, sizeof linux_file);
    memset(linux_file, 0, SETUP);
    header[0x1F1] = 4;
    put(header + 0x1F4, SYSTEM / 16, 4);
    put(header + 0x1FE, 0xAA55, 2);
    put(header + 0x202, 0x53726448, 4); /* "HdrS" */
    put(header + 0x206, 0x020F, 2);
    header[0x211] = 1;
    put(header + 0x22C, 0x7FFFFFFF, 4);
    put(header + 0x238, 2047, 4);
    put(header + 0x258, 0x1000000, 4);
    put(header + 0x260, 0x800000, 4);
}

Test(kernel, bzimage_is_split)
{
    make_linux();
    write_file(kernel_path, linux_file, sizeof linux_file);
    cr_assert(load(NULL, "console=ttyS0"), "%s", error);
    cr_assert_eq(kernel.kind, KERNEL_LINUX);
    cr_assert_eq(number(FW_CFG_SETUP_ADDR), 0x10000);
    cr_assert_eq(number(FW_CFG_SETUP_SIZE), SETUP);
    cr_assert_eq(number(FW_CFG_KERNEL_ADDR), 0x100000);
    cr_assert_eq(number(FW_CFG_KERNEL_SIZE), SYSTEM);
    cr_assert_eq(item(FW_CFG_KERNEL_DATA)->length, SYSTEM);
    cr_assert_eq(*(const u8 *)item(FW_CFG_KERNEL_DATA)->bytes, 0x90);
    cr_assert_eq(number(FW_CFG_CMDLINE_ADDR), 0x20000);
    cr_assert_str_eq(item(FW_CFG_CMDLINE_DATA)->bytes, "console=ttyS0");
    cr_assert_eq(number(FW_CFG_CMDLINE_SIZE), sizeof "console=ttyS0");

    const u8 *setup = item(FW_CFG_SETUP_DATA)->bytes;
    cr_assert_eq(setup[0x210], 0xFF);
    cr_assert_eq(setup[0x211], 0x81);
    cr_assert_eq(get(setup + 0x228), 0x20000);
    cr_assert_eq(get(setup + 0x224) & 0xFFFF, 0xFE00);
    cr_assert_eq(get(setup + 0x218), 0);
}

Test(kernel, linux_says_whether_it_is_for_64_bits)
{
    make_linux();
    write_file(kernel_path, linux_file, sizeof linux_file);
    cr_assert(load(NULL, NULL), "%s", error);
    cr_assert(!kernel.is_64_bit);
    linux_file[0x236] = 1;
    write_file(kernel_path, linux_file, sizeof linux_file);
    cr_assert(load(NULL, NULL), "%s", error);
    cr_assert(kernel.is_64_bit);
    put(linux_file + 0x206, 0x020B, 2); /* before there was that field */
    write_file(kernel_path, linux_file, sizeof linux_file);
    cr_assert(load(NULL, NULL), "%s", error);
    cr_assert(!kernel.is_64_bit);
}

Test(kernel, rom_is_the_first_to_boot)
{
    make_linux();
    write_file(kernel_path, linux_file, sizeof linux_file);
    cr_assert(load(NULL, NULL), "%s", error);
    const FwFile *rom = &config.fw_files[config.fw_file_count - 1];
    const u8 *bytes = rom->bytes;
    u8 sum = 0;

    cr_assert_str_eq(rom->name, KERNEL_ROM_NAME);
    cr_assert_eq(bytes[0], 0x55);
    cr_assert_eq(bytes[1], 0xAA);
    cr_assert_eq(bytes[2] * 512, rom->length);
    for (u32 i = 0; i < rom->length; i++)
        sum = (u8)(sum + bytes[i]);
    cr_assert_eq(sum, 0);
    cr_assert_eq(memcmp(bytes + (get(bytes + 0x1A) & 0xFFFF), "$PnP", 4), 0);
}

Test(kernel, initrd_lies_as_high_as_it_may)
{
    static u8 initrd[5000] = {1, 2, 3};

    make_linux();
    write_file(kernel_path, linux_file, sizeof linux_file);
    write_file(initrd_path, initrd, sizeof initrd);
    cr_assert(load(initrd_path, NULL), "%s", error);
    u32 at = number(FW_CFG_INITRD_ADDR);
    const u8 *setup = item(FW_CFG_SETUP_DATA)->bytes;

    cr_assert_eq(at % 4096, 0);
    cr_assert(at + sizeof initrd <= (64 << 20) - (256 << 10) && at > 63 << 20, "%X", at);
    cr_assert_eq(get(setup + 0x218), at);
    cr_assert_eq(get(setup + 0x21C), sizeof initrd);

    kernel_free(&kernel);
    config.fw_file_count = 0;
    put(linux_file + 0x22C, 0x2FFFFFF, 4);
    write_file(kernel_path, linux_file, sizeof linux_file);
    cr_assert(load(initrd_path, NULL), "%s", error);
    cr_assert(number(FW_CFG_INITRD_ADDR) + sizeof initrd <= 0x3000000, "the kernel's limit");
}

Test(kernel, initrd_must_fit_behind_the_kernel)
{
    static u8 initrd[1 << 20];

    make_linux();
    write_file(kernel_path, linux_file, sizeof linux_file);
    write_file(initrd_path, initrd, sizeof initrd);
    config.memory = 25 << 20; /* the kernel unpacks itself up to 24 MiB */
    cr_assert_not(load(initrd_path, NULL));
    cr_assert_not_null(strstr(error, "use -m 26M or more"), "%s", error);
    config.memory = 26 << 20;
    cr_assert(load(initrd_path, NULL), "%s", error);
}

Test(kernel, video_mode_is_the_loaders_business)
{
    make_linux();
    write_file(kernel_path, linux_file, sizeof linux_file);
    cr_assert(load(NULL, "quiet xvga=1 vga=0x317"), "%s", error);
    cr_assert_eq(get((const u8 *)item(FW_CFG_SETUP_DATA)->bytes + 0x1FA) & 0xFFFF, 0x317);
}

Test(kernel, zimage_is_loaded_low)
{
    make_linux();
    linux_file[0x211] = 0;
    put(linux_file + 0x206, 0x0201, 2);
    write_file(kernel_path, linux_file, sizeof linux_file);
    cr_assert(load(NULL, "root=/dev/fd0"), "%s", error);
    const u8 *setup = item(FW_CFG_SETUP_DATA)->bytes;

    cr_assert_eq(number(FW_CFG_KERNEL_ADDR), 0x10000);
    cr_assert_eq(number(FW_CFG_SETUP_ADDR), 0x90000);
    cr_assert_eq(get(setup + 0x20), 0x9000A33F, "magic and offset of the old command line");
}

Test(kernel, linux_refusals)
{
    make_linux();
    write_file(kernel_path, linux_file, SETUP + SYSTEM - 1000);
    expect_refusal("cut short");
    write_file(kernel_path, linux_file, 1024);
    expect_refusal("cut short");
    write_file(kernel_path, linux_file, sizeof linux_file);
    config.memory = 1 << 20;
    expect_refusal("does not fit");
    config.memory = 64 << 20;
    put(linux_file + 0x206, 0x0105, 2);
    write_file(kernel_path, linux_file, sizeof linux_file);
    expect_refusal("older than 2.00");

    char long_line[3000];
    memset(long_line, 'x', sizeof long_line);
    long_line[sizeof long_line - 1] = '\0';
    put(linux_file + 0x206, 0x020F, 2);
    write_file(kernel_path, linux_file, sizeof linux_file);
    cr_assert_not(load(NULL, long_line));
    cr_assert_not_null(strstr(error, "at most 2047 characters"), "%s", error);
    cr_assert_not(load("/nonexistent/initrd", NULL));
    cr_assert_not_null(strstr(error, "/nonexistent/initrd: cannot be opened"), "%s", error);
}

/* ---- files ---- */

Test(kernel, unusable_files)
{
    cr_assert_not(load(NULL, NULL));
    cr_assert_not_null(strstr(error, "No such file"), "%s", error);
    write_file(kernel_path, "", 0);
    expect_refusal("is empty");
    write_file(kernel_path, "hello", 5);
    expect_refusal("neither a Linux bzImage nor a multiboot program");
    unlink(kernel_path);
    cr_assert_eq(mkdir(kernel_path, 0700), 0);
    expect_refusal("is a folder");
    rmdir(kernel_path);
}

/* ---- multiboot ---- */

static u8 program[8192];

static void put_header(u8 *at, u32 flags)
{
    put(at, 0x1BADB002, 4);
    put(at + 4, flags, 4);
    put(at + 8, -(0x1BADB002 + flags), 4);
}

/* An ELF file with code at 100000h and data and bss at 102000h, linked 2 GiB higher. */
static Elf32_Phdr *make_elf(void)
{
    Elf32_Ehdr *elf = (Elf32_Ehdr *)program;
    Elf32_Phdr *segments = (Elf32_Phdr *)(program + sizeof *elf);

    memset(program, 0, sizeof program);
    memcpy(elf->e_ident, ELFMAG, SELFMAG);
    elf->e_ident[EI_CLASS] = ELFCLASS32;
    elf->e_machine = EM_386;
    elf->e_phoff = sizeof *elf;
    elf->e_phentsize = sizeof *segments;
    elf->e_phnum = 2;
    elf->e_entry = 0x80100020;
    segments[0] = (Elf32_Phdr){.p_type = PT_LOAD,
                               .p_offset = 0x1000,
                               .p_vaddr = 0x80100000,
                               .p_paddr = 0x100000,
                               .p_filesz = 0x100,
                               .p_memsz = 0x100};
    segments[1] = (Elf32_Phdr){.p_type = PT_LOAD,
                               .p_offset = 0x1100,
                               .p_vaddr = 0x80102000,
                               .p_paddr = 0x102000,
                               .p_filesz = 0x10,
                               .p_memsz = 0x3000};
    put_header(program + 0x1000, 3);
    memset(program + 0x1100, 0xDD, 0x10);
    return segments;
}

Test(kernel, elf_is_laid_out)
{
    make_elf();
    write_file(kernel_path, program, sizeof program);
    cr_assert(load(NULL, "a b"), "%s", error);
    cr_assert_eq(kernel.kind, KERNEL_MULTIBOOT);
    cr_assert_eq(number(FW_CFG_KERNEL_ADDR), 0x100000);
    cr_assert_eq(number(FW_CFG_KERNEL_SIZE), 0x5000);
    cr_assert_eq(number(FW_CFG_KERNEL_ENTRY), 0x100020, "virtual becomes physical");
    const u8 *image = item(FW_CFG_KERNEL_DATA)->bytes;
    cr_assert_eq(get(image), 0x1BADB002);
    cr_assert_eq(image[0x2000], 0xDD);
    cr_assert_eq(image[0x2010], 0, "bss");

    u32 base = number(FW_CFG_INITRD_ADDR);
    const u8 *info = item(FW_CFG_INITRD_DATA)->bytes;
    char line[80];
    snprintf(line, sizeof line, "%s a b", kernel_path);
    cr_assert_eq(get(info) & 0x24D, 0x24D);
    cr_assert_str_eq((const char *)info + get(info + 16) - base, line);
    cr_assert_str_eq((const char *)info + get(info + 64) - base, "vitrine");
    cr_assert_eq(get(info + 20), 0);
    cr_assert_neq(get(info + 48), 0, "where the memory map goes");
}

Test(kernel, physical_entry_stays)
{
    make_elf();
    ((Elf32_Ehdr *)program)->e_entry = 0x10000C;
    write_file(kernel_path, program, sizeof program);
    cr_assert(load(NULL, NULL), "%s", error);
    cr_assert_eq(number(FW_CFG_KERNEL_ENTRY), 0x10000C);
}

Test(kernel, modules_follow_on_pages)
{
    char list[200];

    make_elf();
    write_file(kernel_path, program, sizeof program);
    write_file(initrd_path, "module one", 10);
    write_file(other_path, "two", 3);
    snprintf(list, sizeof list, "%s with arguments,%s", initrd_path, other_path);
    cr_assert(load(list, NULL), "%s", error);
    u32 base = number(FW_CFG_INITRD_ADDR);
    const u8 *info = item(FW_CFG_INITRD_DATA)->bytes;
    const u8 *image = item(FW_CFG_KERNEL_DATA)->bytes;
    const u8 *modules = info + get(info + 24) - base;
    char text[120];

    cr_assert_eq(get(info + 20), 2);
    cr_assert_eq(get(modules), 0x105000);
    cr_assert_eq(get(modules + 4), 0x10500A);
    snprintf(text, sizeof text, "%s with arguments", initrd_path);
    cr_assert_str_eq((const char *)info + get(modules + 8) - base, text);
    cr_assert_eq(get(modules + 16), 0x106000);
    cr_assert_str_eq((const char *)info + get(modules + 24) - base, other_path);
    cr_assert_arr_eq(image + 0x6000, "two", 3);
    cr_assert_eq(number(FW_CFG_KERNEL_SIZE), 0x6003);
}

/* The address fields: header 40h into the text, which is loaded at 200000h. */
static void make_flat(u32 load_end, u32 bss_end)
{
    memset(program, 0xAB, sizeof program);
    put_header(program + 0x140, 0x10000);
    put(program + 0x14C, 0x200040, 4);
    put(program + 0x150, 0x200000, 4);
    put(program + 0x154, load_end, 4);
    put(program + 0x158, bss_end, 4);
    put(program + 0x15C, 0x200010, 4);
    write_file(kernel_path, program, 0x1000);
}

Test(kernel, address_fields_are_honoured)
{
    make_flat(0x200800, 0x201000);
    cr_assert(load(NULL, NULL), "%s", error);
    cr_assert_eq(number(FW_CFG_KERNEL_ADDR), 0x200000);
    cr_assert_eq(number(FW_CFG_KERNEL_SIZE), 0x1000);
    cr_assert_eq(number(FW_CFG_KERNEL_ENTRY), 0x200010);
    const u8 *image = item(FW_CFG_KERNEL_DATA)->bytes;
    cr_assert_eq(get(image + 0x40), 0x1BADB002);
    cr_assert_eq(image[0x7FF], 0xAB);
    cr_assert_eq(image[0x800], 0);

    kernel_free(&kernel);
    config.fw_file_count = 0;
    make_flat(0, 0);
    cr_assert(load(NULL, NULL), "%s", error);
    cr_assert_eq(number(FW_CFG_KERNEL_SIZE), 0xF00, "up to the end of the file");
}

Test(kernel, multiboot_refusals)
{
    make_flat(0x300000, 0);
    expect_refusal("cut short");
    make_flat(0x1000, 0);
    expect_refusal("cut short");
    make_flat(0, 0x80000000);
    expect_refusal("-m ");

    Elf32_Phdr *segments = make_elf();
    write_file(kernel_path, program, 0x1108);
    expect_refusal("cut short");
    segments[0].p_paddr = 0x1000;
    write_file(kernel_path, program, sizeof program);
    expect_refusal("firmware");
    segments = make_elf();
    segments[1].p_filesz = 0x4000;
    write_file(kernel_path, program, sizeof program);
    expect_refusal("cut short");
    make_elf();
    ((Elf32_Ehdr *)program)->e_entry = 5;
    write_file(kernel_path, program, sizeof program);
    expect_refusal("entry point");
    make_elf();
    program[EI_CLASS] = ELFCLASS64;
    write_file(kernel_path, program, sizeof program);
    expect_refusal("32-bit");
    make_elf();
    put_header(program + 0x1000, 8);
    write_file(kernel_path, program, sizeof program);
    expect_refusal("requires");
    make_elf();
    memset(program, 0, 4);
    write_file(kernel_path, program, sizeof program);
    expect_refusal("no ELF file");
}

/* Headers full of nonsense: accepted or refused, never out of bounds. */
Test(kernel, survives_nonsense)
{
    u64 seed = 11;

    config.memory = 4 << 20;
    for (unsigned round = 0; round < 600; round++) {
        u8 *bytes = round & 1 ? program : linux_file;
        size_t length = round & 1 ? sizeof program : SETUP + 512;

        if (round & 1)
            make_elf();
        else
            make_linux();
        for (unsigned i = 0; i < 6; i++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            unsigned header = round & 1 ? sizeof(Elf32_Ehdr) + 2 * sizeof(Elf32_Phdr) : 0x270;
            bytes[(seed >> 40) % header] = (u8)(seed >> 32);
        }
        write_file(kernel_path, bytes, length);
        config.fw_file_count = 0;
        if (load(NULL, "x"))
            cr_assert(config.fw_file_count > 0);
        else
            cr_assert(error[0] != '\0');
        kernel_free(&kernel);
    }
}
