/*
 * What the board leaves for its firmware to find: CMOS memory as a set-up program would have
 * filled it in, and fw_cfg.
 */
#include "devices/machine_board.h"

#include <stdio.h>
#include <string.h>

static void fill_cmos(Machine *machine)
{
    const MachineConfig *config = &machine->config;
    CmosConfig cmos = {
        .memory = config->memory,
        .memory_below_4g = machine->ram_below_4g,
        .mouse = true,
        .boot_order = config->boot_order,
        .boot_menu = config->boot_menu,
        .processors = 1,
    };
    unsigned i;

    for (i = 0; i < COUNT_OF(cmos.floppies); i++)
        cmos.floppies[i] = fdc82077_drive_type(&machine->floppy, i);
    for (i = 0; i < COUNT_OF(cmos.disks); i++) {
        if (config->drives[i].kind == DRIVE_DISK && config->drives[i].medium) {
            IdeGeometry geometry = ide_disk_geometry(&machine->ide, i);
            cmos.disks[i].present = true;
            cmos.disks[i].cylinders = geometry.cylinders;
            cmos.disks[i].heads = (u8)geometry.heads;
            cmos.disks[i].sectors = (u8)geometry.sectors;
        }
    }
    mc146818_configure(&machine->rtc, &cmos);
}

void machine_do_boot_order(Machine *machine, const char *letters)
{
    machine->config.boot_order = letters;
    fill_cmos(machine);
}

static bool add_fw_files(Machine *machine)
{
    const MachineConfig *config = &machine->config;
    unsigned i;

    for (i = 0; i < config->fw_file_count; i++) {
        const FwFile *file = &config->fw_files[i];
        if (file->name ? !fw_cfg_add_file(&machine->fw_cfg, file->name, file->bytes, file->length)
                       : !fw_cfg_add(&machine->fw_cfg, file->key, file->bytes, file->length))
            return false;
    }
    return true;
}

/* The device paths of the option ROMs in fw_cfg: they are started before any disk. */
static const char *rom_boot_order(const MachineConfig *config, char *paths, size_t size)
{
    size_t length = 0;
    unsigned i;

    *paths = '\0';
    for (i = 0; i < config->fw_file_count && length < size; i++)
        if (config->fw_files[i].name && !strncmp(config->fw_files[i].name, "genroms/", 8))
            length += (size_t)snprintf(paths + length, size - length, "/rom@%s\n",
                                       config->fw_files[i].name);
    return length ? paths : NULL;
}

bool machine_inform_firmware(Machine *machine, char *error, size_t error_size)
{
    char paths[256];
    const BoardFacts facts = {
        .memory_below_4g = machine->ram_below_4g,
        .memory_above_4g = machine->ram_above_4g,
        .cpus = 1,
        .hpet = true,
        .boot_menu = machine->config.boot_menu,
        .graphics = true,
        .boot_order = rom_boot_order(&machine->config, paths, sizeof paths),
    };

    fill_cmos(machine);
    fw_cfg_init(&machine->fw_cfg, &machine->ports, &machine->memory, &machine->log);
    if (firmware_tables_add(&machine->fw_cfg, &machine->acpi_tables, &facts) &&
        add_fw_files(machine))
        return true;
    snprintf(error, error_size, "there are more files for the firmware than fw_cfg can hold");
    return false;
}
