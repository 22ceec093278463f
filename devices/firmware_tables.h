/*
 * What the board tells its firmware through fw_cfg: memory map, boot menu, ACPI tables and the
 * script that installs them.
 */
#ifndef DEVICES_FIRMWARE_TABLES_H
#define DEVICES_FIRMWARE_TABLES_H

#include "devices/acpi_tables.h"
#include "devices/fw_cfg.h"

typedef struct BoardFacts {
    u64 memory_below_4g, memory_above_4g;   /* bytes of RAM from 0, and from 4 GiB */
    unsigned cpus;
    bool hpet;
    bool boot_menu;
    bool graphics;                          /* false: no display adapter */
    /* SeaBIOS device paths in order of preference, each ended by a newline, or NULL. Images to be
     * started before any disk are named "/rom@genroms/NAME". */
    const char *boot_order;
} BoardFacts;

/* Fills `tables` (which must live as long as the machine) and adds all items. */
bool firmware_tables_add(FwCfg *fw_cfg, AcpiTables *tables, const BoardFacts *facts);

#endif
