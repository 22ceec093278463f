/*
 * The fw_cfg items that describe the board. Which ones SeaBIOS reads, and how: its documentation,
 * "Runtime config" and "Linker loader"; file names and formats: QEMU documentation.
 *
 * Not implemented: NUMA, SMBIOS tables of our own (SeaBIOS builds them; it is told the names that
 * systems show), a random UUID.
 */
#include "devices/firmware_tables.h"

#include <string.h>

enum { E820_RAM = 1, E820_ENTRY = 20 };

/* One range of RAM; returns the entry's length. */
static u32 e820_entry(u8 *at, u64 base, u64 length)
{
    u32 type = E820_RAM;

    memcpy(at, &base, 8);
    memcpy(at + 8, &length, 8);
    memcpy(at + 16, &type, 4);
    return E820_ENTRY;
}

/* RAM only: the firmware cuts its own reserved ranges out of it. */
static bool add_memory_map(FwCfg *fw_cfg, const BoardFacts *facts)
{
    u8 map[2 * E820_ENTRY];
    u32 length = e820_entry(map, 0, facts->memory_below_4g);

    if (facts->memory_above_4g)
        length += e820_entry(map + length, (u64)1 << 32, facts->memory_above_4g);
    return fw_cfg_add_file_copy(fw_cfg, "etc/e820", map, length) &&
           fw_cfg_add_number(fw_cfg, FW_CFG_RAM_SIZE, QWORD,
                             facts->memory_below_4g + facts->memory_above_4g);
}

/* The machine's name, as overrides for strings of the SMBIOS tables that the firmware builds: a
 * count, then per field the entry's length, 0, the table's type, the string's offset in it. */
static bool add_smbios_names(FwCfg *fw_cfg)
{
    static const u8 entries[] = "\x04\x00"
                                "\x0E\x00\x00\x00\x04\x00"
                                "SeaBIOS\0" /* BIOS vendor */
                                "\x0E\x00\x00\x01\x04\x00"
                                "vitrine\0" /* system maker */
                                "\x0F\x00\x00\x01\x05\x00"
                                "440FX PC\0" /* product */
                                "\x0E\x00\x00\x03\x04\x00"
                                "vitrine"; /* chassis maker */

    return fw_cfg_add(fw_cfg, FW_CFG_SMBIOS_ENTRIES, entries, sizeof entries);
}

static bool add_acpi(FwCfg *fw_cfg, const AcpiTables *tables)
{
    return fw_cfg_add_file(fw_cfg, "etc/acpi/tables", tables->tables, tables->tables_length) &&
           fw_cfg_add_file(fw_cfg, "etc/acpi/rsdp", tables->rsdp, ACPI_RSDP_SIZE) &&
           fw_cfg_add_file(fw_cfg, "etc/table-loader", tables->loader, tables->loader_length);
}

static bool add_boot_order(FwCfg *fw_cfg, const char *order)
{
    /* Whoever starts a kernel has its own first. SeaBIOS expects the terminating zero. */
    for (unsigned i = 0; i < fw_cfg->file_count; i++)
        if (strcmp(fw_cfg->files[i].name, "bootorder") == 0)
            return true;
    return !order || fw_cfg_add_file_copy(fw_cfg, "bootorder", order, (u32)strlen(order) + 1);
}

bool firmware_tables_add(FwCfg *fw_cfg, AcpiTables *tables, const BoardFacts *facts)
{
    const struct {
        u16 key;
        Size size;
        u64 value;
    } numbers[] = {
        {FW_CFG_NOGRAPHIC, WORD, !facts->graphics},
        {FW_CFG_NB_CPUS, WORD, facts->cpus},
        {FW_CFG_MAX_CPUS, WORD, facts->cpus},
        {FW_CFG_BOOT_MENU, WORD, facts->boot_menu},
        {FW_CFG_NUMA, QWORD, 0},
        /* The 8254 is at I/O APIC input 2: SeaBIOS puts it into the MP table. */
        {FW_CFG_IRQ0_OVERRIDE, BYTE, 1},
    };

    for (unsigned i = 0; i < COUNT_OF(numbers); i++)
        if (!fw_cfg_add_number(fw_cfg, numbers[i].key, numbers[i].size, numbers[i].value))
            return false;
    acpi_tables_build(tables, facts->cpus, facts->hpet, facts->memory_below_4g);
    return add_memory_map(fw_cfg, facts) && add_smbios_names(fw_cfg) && add_acpi(fw_cfg, tables) &&
           add_boot_order(fw_cfg, facts->boot_order);
}
