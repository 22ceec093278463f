/*
 * The ACPI tables of the board: FACS, DSDT, FADT, MADT, HPET and RSDT in one image, the RSDP in
 * another, and the loader's script. The firmware decides where they go, so every pointer is an
 * offset at first, and the script says which to relocate and what to checksum after that.
 *
 * ACPI Specification 1.0b, "ACPI Software Programming Model" (the FADT is of revision 1, which
 * Windows 2000 insists on), 2.0 for the override structures of the MADT.
 *
 * Not implemented: XSDT and 64-bit pointers, the reset register (revision 2; systems reset through
 * the keyboard controller or CF9h), SRAT, CPU hotplug.
 */
#include "devices/acpi_tables.h"

#include <string.h>

#include "devices/piix4_pm.h"

/* roms/acpi/dsdt.asl, compiled. */
extern const u8 rom_dsdt[], rom_dsdt_end[];

enum {
    HEADER = 36,
    CHECKSUM = 9, /* a table's header, and where its checksum is */
    FACS_SIZE = 64,
    FADT_SIZE = 116,
    HPET_SIZE = 56,
    LOCAL_APIC = 0xFEE00000,
    IO_APIC = 0xFEC00000,
    IO_APIC_ID = 0,
    HPET_BASE = 0xFED00000,
    HPET_ID = 0x8086A201, /* as the chip's capability register says */
    SCI_IRQ = 9,
    LOADER_ALLOCATE = 1,
    LOADER_ADD_POINTER = 2,
    LOADER_ADD_CHECKSUM = 3,
    LOADER_NAME = 56,
    ZONE_HIGH = 1,
    ZONE_F_SEGMENT = 2,
};

static const char tables_file[] = "etc/acpi/tables";
static const char rsdp_file[] = "etc/acpi/rsdp";

/* ---- bytes ---- */

static void put(u8 *at, Size size, u64 value)
{
    for (unsigned i = 0; i < size; i++)
        at[i] = (u8)(value >> (8 * i));
}

/* Text without its zero: the place is zeroed, or the text fills it. */
static void put_text(u8 *at, const char *text)
{
    while (*text)
        *at++ = (u8)*text++;
}

static u8 *append(AcpiTables *tables, Size size, u64 value)
{
    u8 *at = tables->tables + tables->tables_length;

    assert(tables->tables_length + size <= ACPI_TABLES_SIZE);
    put(at, size, value);
    tables->tables_length += size;
    return at;
}

/* ---- the loader's script ---- */

static u8 *loader_command(AcpiTables *tables, u32 command, const char *file)
{
    u8 *entry = tables->loader + tables->loader_length;

    assert(tables->loader_length + ACPI_LOADER_COMMAND <= ACPI_LOADER_SIZE);
    tables->loader_length += ACPI_LOADER_COMMAND;
    put(entry, DWORD, command);
    put_text(entry + 4, file);
    return entry + 4 + LOADER_NAME;
}

static void loader_allocate(AcpiTables *tables, const char *file, u32 align, u8 zone)
{
    u8 *arguments = loader_command(tables, LOADER_ALLOCATE, file);

    put(arguments, DWORD, align);
    put(arguments + 4, BYTE, zone);
}

/* The 32-bit offset into the tables' image at `offset` of `file` becomes an address. */
static void loader_pointer(AcpiTables *tables, const char *file, u32 offset)
{
    u8 *arguments = loader_command(tables, LOADER_ADD_POINTER, file);

    put_text(arguments, tables_file);
    put(arguments + LOADER_NAME, DWORD, offset);
    put(arguments + LOADER_NAME + 4, BYTE, DWORD);
}

static void loader_checksum(AcpiTables *tables, const char *file, u32 at, u32 start, u32 length)
{
    u8 *arguments = loader_command(tables, LOADER_ADD_CHECKSUM, file);

    put(arguments, DWORD, at);
    put(arguments + 4, DWORD, start);
    put(arguments + 8, DWORD, length);
}

/* ---- tables ---- */

static u32 begin_table(AcpiTables *tables, const char *signature, u8 revision)
{
    u32 start = tables->tables_length;
    u8 *header = tables->tables + start;

    assert(start + HEADER <= ACPI_TABLES_SIZE);
    memset(header, 0, HEADER);
    put_text(header, signature);
    header[8] = revision;
    put_text(header + 10, "VITRIN");
    put_text(header + 16, "VITR");
    put_text(header + 20, signature);
    put(header + 24, DWORD, 1);
    put_text(header + 28, "VITR");
    put(header + 32, DWORD, 1);
    tables->tables_length += HEADER;
    return start;
}

static void end_table(AcpiTables *tables, u32 start)
{
    u32 length = tables->tables_length - start;

    put(tables->tables + start + 4, DWORD, length);
    tables->tables[start + CHECKSUM] = 0;
    loader_checksum(tables, tables_file, start + CHECKSUM, start, length);
}

/* The FACS must be aligned to 64 bytes, as the start of the image is. */
static u32 add_facs(AcpiTables *tables)
{
    u32 start = tables->tables_length;

    put_text(tables->tables + start, "FACS");
    put(tables->tables + start + 4, DWORD, FACS_SIZE);
    tables->tables_length += FACS_SIZE;
    return start;
}

/* The PCI root's memory window as the source has it: its first and last address, in a DWORD address
 * space descriptor. The window's length is 12 bytes behind the first address. */
static u8 *find_pci_hole(u8 *dsdt, size_t length)
{
    static const u8 pattern[] = {0x00, 0x00, 0x00, 0xC0, 0xFF, 0xFF, 0xBF, 0xFE};

    for (size_t i = 0; i + 16 <= length; i++)
        if (memcmp(dsdt + i, pattern, sizeof pattern) == 0)
            return dsdt + i;
    return NULL;
}

static u32 add_dsdt(AcpiTables *tables, u64 memory_below_4g)
{
    u32 start = tables->tables_length;
    size_t length = (size_t)(rom_dsdt_end - rom_dsdt);
    u8 *dsdt = tables->tables + start;
    u8 *hole;

    assert(start + length <= ACPI_TABLES_SIZE);
    memcpy(dsdt, rom_dsdt, length);
    hole = find_pci_hole(dsdt, length);
    assert(hole);
    put(hole, DWORD, memory_below_4g);
    put(hole + 12, DWORD, IO_APIC - memory_below_4g);
    tables->tables_length += (u32)length;
    end_table(tables, start);
    return start;
}

static u32 add_fadt(AcpiTables *tables, u32 facs, u32 dsdt)
{
    enum { WBINVD = 1, PROC_C1 = 4, NO_SLEEP_BUTTON = 0x20, NO_FIXED_RTC = 0x40 };
    u32 start = begin_table(tables, "FACP", 1);
    u8 *fadt = tables->tables + start;

    memset(fadt + HEADER, 0, FADT_SIZE - HEADER);
    tables->tables_length = start + FADT_SIZE;
    put(fadt + 36, DWORD, facs);
    put(fadt + 40, DWORD, dsdt);
    put(fadt + 44, BYTE, 1); /* INT_MODEL: multiple APIC */
    put(fadt + 46, WORD, SCI_IRQ);
    put(fadt + 48, DWORD, 0xB2); /* SMI_CMD */
    put(fadt + 52, BYTE, PIIX4_ACPI_ENABLE);
    put(fadt + 53, BYTE, PIIX4_ACPI_DISABLE);
    put(fadt + 56, DWORD, PIIX4_PM_BASE);     /* PM1a_EVT_BLK */
    put(fadt + 64, DWORD, PIIX4_PM_BASE + 4); /* PM1a_CNT_BLK */
    put(fadt + 76, DWORD, PIIX4_PM_BASE + 8); /* PM_TMR_BLK */
    put(fadt + 80, DWORD, PIIX4_GPE_BASE);
    put(fadt + 88, BYTE, 4); /* their lengths */
    put(fadt + 89, BYTE, 2);
    put(fadt + 91, BYTE, 4);
    put(fadt + 92, BYTE, 4);
    put(fadt + 96, WORD, 0xFFF); /* latencies: there is neither C2 ... */
    put(fadt + 98, WORD, 0xFFF); /* ... nor C3 */
    put(fadt + 108, BYTE, 0x32); /* the century's CMOS byte */
    put(fadt + 112, DWORD, WBINVD | PROC_C1 | NO_SLEEP_BUTTON | NO_FIXED_RTC);
    loader_pointer(tables, tables_file, start + 36);
    loader_pointer(tables, tables_file, start + 40);
    end_table(tables, start);
    return start;
}

static void add_interrupt_override(AcpiTables *tables, u8 isa_irq, u32 input, u16 flags)
{
    append(tables, WORD, 10 << 8 | 2); /* type 2, length 10 */
    append(tables, WORD, isa_irq << 8);
    append(tables, DWORD, input);
    append(tables, WORD, flags);
}

static u32 add_madt(AcpiTables *tables, unsigned cpus)
{
    enum { ACTIVE_HIGH_LEVEL = 0x0D };
    u32 start = begin_table(tables, "APIC", 1);

    append(tables, DWORD, LOCAL_APIC);
    append(tables, DWORD, 1); /* there are 8259s as well */
    for (unsigned i = 0; i < cpus; i++) {
        append(tables, WORD, 8 << 8 | 0);
        append(tables, WORD, i << 8 | i);
        append(tables, DWORD, 1); /* enabled */
    }
    append(tables, WORD, 12 << 8 | 1);
    append(tables, WORD, IO_APIC_ID);
    append(tables, DWORD, IO_APIC);
    append(tables, DWORD, 0); /* its first system interrupt */
    add_interrupt_override(tables, 0, 2, 0);
    /* What the router may drive, and the SCI, are level-triggered and not inverted. */
    add_interrupt_override(tables, 5, 5, ACTIVE_HIGH_LEVEL);
    add_interrupt_override(tables, 9, 9, ACTIVE_HIGH_LEVEL);
    add_interrupt_override(tables, 10, 10, ACTIVE_HIGH_LEVEL);
    add_interrupt_override(tables, 11, 11, ACTIVE_HIGH_LEVEL);
    append(tables, WORD, 6 << 8 | 4); /* NMI: LINT1 of every processor */
    append(tables, DWORD, 0x010000FF);
    end_table(tables, start);
    return start;
}

static u32 add_hpet(AcpiTables *tables)
{
    u32 start = begin_table(tables, "HPET", 1);
    u8 *hpet = tables->tables + start;

    memset(hpet + HEADER, 0, HPET_SIZE - HEADER);
    tables->tables_length = start + HPET_SIZE;
    put(hpet + 36, DWORD, HPET_ID);
    put(hpet + 44, QWORD, HPET_BASE); /* behind "in memory space" */
    end_table(tables, start);
    return start;
}

static void add_rsdp(AcpiTables *tables, u32 rsdt)
{
    put_text(tables->rsdp, "RSD PTR ");
    put_text(tables->rsdp + 9, "VITRIN");
    put(tables->rsdp + 16, DWORD, rsdt);
    loader_pointer(tables, rsdp_file, 16);
    loader_checksum(tables, rsdp_file, 8, 0, ACPI_RSDP_SIZE);
}

void acpi_tables_build(AcpiTables *tables, unsigned cpus, bool hpet, u64 memory_below_4g)
{
    u32 facs, dsdt, rsdt;
    u32 listed[3];
    unsigned count = 0;

    memset(tables, 0, sizeof *tables);
    loader_allocate(tables, rsdp_file, 16, ZONE_F_SEGMENT);
    loader_allocate(tables, tables_file, 64, ZONE_HIGH);
    facs = add_facs(tables);
    dsdt = add_dsdt(tables, memory_below_4g);
    listed[count++] = add_fadt(tables, facs, dsdt);
    listed[count++] = add_madt(tables, cpus);
    if (hpet)
        listed[count++] = add_hpet(tables);
    rsdt = begin_table(tables, "RSDT", 1);
    for (unsigned i = 0; i < count; i++) {
        loader_pointer(tables, tables_file, tables->tables_length);
        append(tables, DWORD, listed[i]);
    }
    end_table(tables, rsdt);
    add_rsdp(tables, rsdt);
}
