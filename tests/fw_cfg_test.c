/* fw_cfg: selector and data ports, DMA, the directory. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devices/fw_cfg.h"

typedef struct Fixture {
    Log log;
    AddressSpace memory, ports;
    Memory ram;
    FwCfg fw_cfg;
} Fixture;

static Fixture *f;

static void set_up(void)
{
    f = calloc(1, sizeof *f);
    space_init(&f->memory, "memory", 0xFFFFFFFFFF, &f->log);
    space_init(&f->ports, "ports", 0xFFFF, &f->log);
    cr_assert(memory_create(&f->ram, 1 << 20));
    space_add_memory(&f->memory, "ram", 0, 1 << 20, &f->ram, 0, true);
    fw_cfg_init(&f->fw_cfg, &f->ports, &f->memory, &f->log);
}

static void tear_down(void)
{
    memory_destroy(&f->ram);
    free(f);
}

TestSuite(fw_cfg, .init = set_up, .fini = tear_down);

static void select_item(u16 key)
{
    space_write(&f->ports, 0x510, WORD, key);
}

static u8 data(void)
{
    return (u8)space_read(&f->ports, 0x511, BYTE);
}

static u32 big(const u8 *at)
{
    return (u32)at[0] << 24 | (u32)at[1] << 16 | (u32)at[2] << 8 | at[3];
}

/* A DMA request at 8000h; returns the control word afterwards. */
static u32 dma(u32 control, u32 length, u64 address)
{
    u8 *request = f->ram.bytes + 0x8000;
    u32 words[4] = {__builtin_bswap32(control), __builtin_bswap32(length),
                    __builtin_bswap32((u32)(address >> 32)), __builtin_bswap32((u32)address)};

    memcpy(request, words, sizeof words);
    space_write(&f->ports, 0x514, DWORD, 0);
    space_write(&f->ports, 0x518, DWORD, __builtin_bswap32(0x8000));
    return big(request);
}

Test(fw_cfg, signature_and_id)
{
    select_item(FW_CFG_SIGNATURE);
    cr_assert_eq(data(), 'Q');
    cr_assert_eq(data(), 'E');
    cr_assert_eq(data(), 'M');
    cr_assert_eq(data(), 'U');
    cr_assert_eq(data(), 0, "behind the end");
    select_item(FW_CFG_ID);
    cr_assert_eq(data(), 3, "the traditional interface and DMA");
    cr_assert_eq(space_read(&f->ports, 0x514, DWORD), 0x554D4551);
    cr_assert_eq(space_read(&f->ports, 0x518, DWORD), 0x47464320);
}

Test(fw_cfg, selector_is_a_word)
{
    select_item(FW_CFG_ID);
    space_write(&f->ports, 0x510, BYTE, 0);
    cr_assert_eq(data(), 3, "a byte does not select");
    space_write(&f->ports, 0x511, BYTE, 0x55);
    select_item(FW_CFG_ID);
    cr_assert_eq(data(), 3, "the data port cannot be written to");
}

Test(fw_cfg, missing_items_are_zeros)
{
    select_item(0x1234);
    cr_assert_eq(data(), 0);
    memset(f->ram.bytes, 0xFF, 16);
    cr_assert_eq(dma(0x1234 << 16 | 0x0A, 8, 0), 0);
    cr_assert_eq(f->ram.bytes[7], 0);
    cr_assert_eq(f->ram.bytes[8], 0xFF);
}

Test(fw_cfg, numbers_are_little_endian)
{
    cr_assert(fw_cfg_add_number(&f->fw_cfg, FW_CFG_RAM_SIZE, QWORD, 0x123456789A));
    select_item(FW_CFG_RAM_SIZE);
    cr_assert_eq(data(), 0x9A);
    cr_assert_eq(data(), 0x78);
    cr_assert_not(fw_cfg_add_number(&f->fw_cfg, FW_CFG_RAM_SIZE, QWORD, 0), "it is there");
    cr_assert_not(fw_cfg_add(&f->fw_cfg, FW_CFG_FIRST_FILE + 1, "x", 1), "files' numbers");
}

Test(fw_cfg, directory_is_sorted)
{
    u8 *directory = f->ram.bytes + 0x1000;

    cr_assert(fw_cfg_add_file(&f->fw_cfg, "etc/table-loader", "ccc", 3));
    cr_assert(fw_cfg_add_file_copy(&f->fw_cfg, "bootorder", "a", 1));
    cr_assert(fw_cfg_add_file(&f->fw_cfg, "etc/e820", "bb", 2));
    cr_assert_not(fw_cfg_add_file(&f->fw_cfg, "etc/e820", "bb", 2), "the name is taken");
    cr_assert_eq(dma(FW_CFG_FILE_DIR << 16 | 0x0A, 4 + 3 * 64, 0x1000), 0);
    cr_assert_eq(big(directory), 3);
    cr_assert_str_eq((char *)directory + 4 + 8, "bootorder");
    cr_assert_str_eq((char *)directory + 68 + 8, "etc/e820");
    cr_assert_eq(big(directory + 68), 2);
    cr_assert_eq(big(directory + 72), 0x00210000, "item 21h");
    select_item(0x22);
    cr_assert_eq(data(), 'c');
    select_item(0x23);
    cr_assert_eq(data(), 0);
}

Test(fw_cfg, long_names_and_full_tables_are_refused)
{
    char name[64];

    memset(name, 'x', sizeof name);
    name[56] = '\0';
    cr_assert_not(fw_cfg_add_file(&f->fw_cfg, name, "", 0));
    name[55] = '\0';
    cr_assert(fw_cfg_add_file(&f->fw_cfg, name, "", 0));
    for (unsigned i = 1; i < FW_CFG_FILES; i++) {
        snprintf(name, sizeof name, "%u", i);
        cr_assert(fw_cfg_add_file(&f->fw_cfg, name, "", 0));
    }
    cr_assert_not(fw_cfg_add_file(&f->fw_cfg, "more", "", 0));
    cr_assert_not(fw_cfg_add_file_copy(&f->fw_cfg, "more", "", FW_CFG_SMALL));
}

Test(fw_cfg, dma_selects_reads_skips)
{
    cr_assert(fw_cfg_add(&f->fw_cfg, FW_CFG_KERNEL_DATA, "0123456789", 10));
    cr_assert_eq(dma(FW_CFG_KERNEL_DATA << 16 | 0x0C, 4, 0), 0);
    cr_assert_eq(dma(0x02, 3, 0x2000), 0);
    cr_assert_arr_eq(f->ram.bytes + 0x2000, "456", 4);
    cr_assert_eq(dma(0x02, 5, 0x2000), 0);
    cr_assert_arr_eq(f->ram.bytes + 0x2000, "789\0\0", 5);
    cr_assert_eq(data(), 0);
    cr_assert_eq(dma(0x10, 5, 0x2000), 1, "nothing can be written");
}

Test(fw_cfg, dma_reaches_above_4g)
{
    Memory high;

    cr_assert(memory_create(&high, 0x1000));
    space_add_memory(&f->memory, "high", (u64)1 << 32, 0x1000, &high, 0, true);
    cr_assert_eq(dma(0x0A, 4, ((u64)1 << 32) + 8), 0);
    cr_assert_arr_eq(high.bytes + 8, "QEMU", 4);
    memory_destroy(&high);
}

Test(fw_cfg, hostile_lengths_end)
{
    cr_assert_eq(dma(0x0A, 0xFFFFFFFF, 0x10000), 0);
    cr_assert_eq(dma(0x02, 0xFFFFFFFF, 0xFFFFFFFFFFFFF000), 0);
    cr_assert_eq(f->fw_cfg.offset, UINT32_MAX);
    cr_assert_eq(data(), 0);
}

Test(fw_cfg, survives_nonsense)
{
    u64 seed = 3;

    fw_cfg_add_file(&f->fw_cfg, "file", "abc", 3);
    for (unsigned i = 0; i < 100000; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        u16 port = (u16)(0x50F + (seed >> 40) % 14);
        Size size = (Size)(1 << (seed >> 50) % 4);

        if (seed >> 63)
            space_read(&f->ports, port, size);
        else
            space_write(&f->ports, port, size, seed >> 48 & 1 ? seed >> 45 : seed >> 20 & 0xFFFF);
    }
    fw_cfg_reset(&f->fw_cfg);
    cr_assert_eq(data(), 'Q');
}
