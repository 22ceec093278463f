/*
 * ACPI tables of the board, as images for the firmware to put into memory: the tables themselves,
 * the RSDP, and the script of the firmware's loader (allocate, link, checksum).
 *
 * ACPI Specification 1.0b, "ACPI Software Programming Model"; IA-PC HPET Specification 1.0a, "The
 * ACPI 2.0 HPET Description Table"; QEMU documentation for the loader's commands.
 */
#ifndef DEVICES_ACPI_TABLES_H
#define DEVICES_ACPI_TABLES_H

#include "mmu/base.h"

enum { ACPI_TABLES_SIZE = 16384, ACPI_LOADER_COMMAND = 128, ACPI_LOADER_SIZE = 40 * 128,
       ACPI_RSDP_SIZE = 20 };

typedef struct AcpiTables {
    u8 tables[ACPI_TABLES_SIZE];    /* etc/acpi/tables */
    u32 tables_length;
    u8 rsdp[ACPI_RSDP_SIZE];        /* etc/acpi/rsdp */
    u8 loader[ACPI_LOADER_SIZE];    /* etc/table-loader */
    u32 loader_length;
} AcpiTables;

/* `memory_below_4g` bytes: where the PCI hole begins. */
void acpi_tables_build(AcpiTables *tables, unsigned cpus, bool hpet, u64 memory_below_4g);

#endif
