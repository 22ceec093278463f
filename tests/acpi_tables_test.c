/* ACPI tables and the loader's script: a small loader runs it, then the tables must be sound. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "devices/acpi_tables.h"
#include "devices/firmware_tables.h"

enum { TABLES_AT = 0x01000000, RSDP_AT = 0xF5000 };

static AcpiTables *acpi;

static void set_up(void)
{
    acpi = calloc(1, sizeof *acpi);
    acpi_tables_build(acpi, 1, true, 64 << 20);
}

static void tear_down(void)
{
    free(acpi);
}

TestSuite(acpi_tables, .init = set_up, .fini = tear_down);

static u32 get32(const u8 *at)
{
    u32 value;

    memcpy(&value, at, 4);
    return value;
}

static u8 *file_bytes(const char *name)
{
    if (strcmp(name, "etc/acpi/tables") == 0)
        return acpi->tables;
    cr_assert_str_eq(name, "etc/acpi/rsdp");
    return acpi->rsdp;
}

/* What SeaBIOS does with etc/table-loader. */
static void run_loader(void)
{
    cr_assert_eq(acpi->loader_length % 128, 0);
    for (u32 at = 0; at < acpi->loader_length; at += 128) {
        const u8 *entry = acpi->loader + at;
        u8 *file = file_bytes((const char *)entry + 4);
        const u8 *arguments = entry + 60;

        switch (get32(entry)) {
        case 1:
            cr_assert(at < 2 * 128, "files are allocated before they are used");
            break;
        case 2: {
            u8 *pointer = file + get32(arguments + 56);
            u32 value = get32(pointer) + TABLES_AT;

            cr_assert_str_eq((const char *)arguments, "etc/acpi/tables");
            cr_assert_eq(arguments[60], 4);
            cr_assert_lt(get32(pointer), acpi->tables_length);
            memcpy(pointer, &value, 4);
            break;
        }
        case 3: {
            u8 sum = 0;

            for (u32 i = 0; i < get32(arguments + 8); i++)
                sum = (u8)(sum + file[get32(arguments + 4) + i]);
            file[get32(arguments)] = (u8)(file[get32(arguments)] - sum);
            break;
        }
        default:
            cr_assert_fail("an unknown command");
        }
    }
}

static const u8 *table_at(u32 address)
{
    cr_assert(address >= TABLES_AT && address < TABLES_AT + acpi->tables_length);
    return acpi->tables + (address - TABLES_AT);
}

static u8 sum_of(const u8 *bytes, u32 length)
{
    u8 sum = 0;

    while (length-- > 0)
        sum = (u8)(sum + *bytes++);
    return sum;
}

static const u8 *find_table(const char *signature)
{
    const u8 *rsdt = table_at(get32(acpi->rsdp + 16));
    u32 count = (get32(rsdt + 4) - 36) / 4;

    cr_assert_eq(memcmp(rsdt, "RSDT", 4), 0);
    for (u32 i = 0; i < count; i++) {
        const u8 *table = table_at(get32(rsdt + 36 + 4 * i));

        cr_assert_eq(sum_of(table, get32(table + 4)), 0, "%.4s's checksum", (const char *)table);
        if (memcmp(table, signature, 4) == 0)
            return table;
    }
    return NULL;
}

Test(acpi_tables, rsdp_leads_to_every_table)
{
    run_loader();
    cr_assert_eq(memcmp(acpi->rsdp, "RSD PTR ", 8), 0);
    cr_assert_eq(sum_of(acpi->rsdp, 20), 0);
    cr_assert_not_null(find_table("FACP"));
    cr_assert_not_null(find_table("APIC"));
    cr_assert_not_null(find_table("HPET"));
    cr_assert_null(find_table("SSDT"));
}

Test(acpi_tables, fadt_names_the_ports_and_links)
{
    run_loader();
    const u8 *fadt = find_table("FACP");
    const u8 *facs = table_at(get32(fadt + 36));
    const u8 *dsdt = table_at(get32(fadt + 40));

    cr_assert_eq(get32(fadt + 4), 116);
    cr_assert_eq(memcmp(facs, "FACS", 4), 0);
    cr_assert_eq((facs - acpi->tables) % 64, 0);
    cr_assert_eq(memcmp(dsdt, "DSDT", 4), 0);
    cr_assert_eq(sum_of(dsdt, get32(dsdt + 4)), 0);
    cr_assert_eq(get32(fadt + 56), 0x600);
    cr_assert_eq(get32(fadt + 64), 0x604);
    cr_assert_eq(get32(fadt + 76), 0x608);
    cr_assert_eq(get32(fadt + 80), 0xAFE0);
    cr_assert_eq(fadt[46], 9);
    cr_assert_eq(fadt[52], 0xF1);
}

Test(acpi_tables, madt_lists_processors_and_overrides)
{
    unsigned counts[8] = {0};

    acpi_tables_build(acpi, 4, false, 64 << 20);
    run_loader();
    const u8 *madt = find_table("APIC");
    u32 length = get32(madt + 4);

    for (u32 at = 44; at < length; at += madt[at + 1]) {
        cr_assert(madt[at] < 8 && madt[at + 1] >= 2);
        counts[madt[at]]++;
        if (madt[at] == 2 && madt[at + 3] == 0)
            cr_assert_eq(get32(madt + at + 4), 2, "the timer is at input 2");
    }
    cr_assert_eq(counts[0], 4);
    cr_assert_eq(counts[1], 1);
    cr_assert_eq(counts[2], 5);
    cr_assert_eq(counts[4], 1);
    cr_assert_null(find_table("HPET"));
}

Test(acpi_tables, pci_memory_begins_behind_ram)
{
    const u8 window[] = {0x00, 0x00, 0x00, 0x04, 0xFF, 0xFF, 0xBF, 0xFE,
                         0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xC0, 0xFA};

    cr_assert_not_null(memmem(acpi->tables, acpi->tables_length, window, sizeof window));
}

Test(acpi_tables, dsdt_names_what_seabios_looks_for)
{
    /* EISA ids as AML has them: PNP0303, PNP0F13, PNP0501, PNP0700, PNP0B00, PNP0400. */
    static const u8 ids[][5] = {{0x0C, 0x41, 0xD0, 0x03, 0x03}, {0x0C, 0x41, 0xD0, 0x0F, 0x13},
                                {0x0C, 0x41, 0xD0, 0x05, 0x01}, {0x0C, 0x41, 0xD0, 0x07, 0x00},
                                {0x0C, 0x41, 0xD0, 0x0B, 0x00}, {0x0C, 0x41, 0xD0, 0x04, 0x00}};

    for (unsigned i = 0; i < COUNT_OF(ids); i++)
        cr_assert_not_null(memmem(acpi->tables, acpi->tables_length, ids[i], 5), "id %u", i);
}

Test(acpi_tables, board_describes_itself)
{
    FwCfg *fw_cfg = calloc(1, sizeof *fw_cfg);
    AddressSpace *spaces = calloc(2, sizeof *spaces);
    Log log = {0};
    BoardFacts facts = {.memory_below_4g = 0xC0000000,
                        .memory_above_4g = 1 << 20,
                        .cpus = 1,
                        .hpet = true,
                        .graphics = true,
                        .boot_order = "/rom@genroms/x.bin\n"};
    const FwCfgFile *e820 = NULL, *order = NULL;

    space_init(&spaces[0], "ports", 0xFFFF, &log);
    space_init(&spaces[1], "memory", 0xFFFFFFFF, &log);
    fw_cfg_init(fw_cfg, &spaces[0], &spaces[1], &log);
    cr_assert(firmware_tables_add(fw_cfg, acpi, &facts));
    for (unsigned i = 0; i < fw_cfg->file_count; i++) {
        if (strcmp(fw_cfg->files[i].name, "etc/e820") == 0)
            e820 = &fw_cfg->files[i];
        if (strcmp(fw_cfg->files[i].name, "bootorder") == 0)
            order = &fw_cfg->files[i];
    }
    cr_assert_eq(fw_cfg->file_count, 5);
    cr_assert(e820 && e820->length == 40);
    cr_assert_eq(get32(e820->bytes + 8), 0xC0000000);
    cr_assert_eq(get32(e820->bytes + 24), 1, "the second range is at 4 GiB");
    cr_assert_eq(get32(e820->bytes + 36), 1, "and is RAM");
    cr_assert(order && order->length == sizeof "/rom@genroms/x.bin\n");
    free(spaces);
    free(fw_cfg);
}
