/*
 * The board's memory map. Intel 82441FX data sheet, "System Address Map".
 *
 *   0 - 9FFFFh            RAM
 *   A0000h - BFFFFh       the VGA's window; RAM of SMM below it
 *   C0000h - FFFFFh       the end of the BIOS ROM below 1 MiB; RAM where PAM0-6 open it
 *   100000h - 3 GiB       RAM
 *   3 GiB - 4 GiB         PCI, I/O APIC, HPET, local APIC; the BIOS ROM ends at 4 GiB
 *   4 GiB -               the rest of the RAM
 */
#include "devices/machine_board.h"

#include <stdio.h>
#include <string.h>

enum { KIB = 1 << 10, MIB = 1 << 20, BIOS_ALIAS = 128 * KIB, VGA_WINDOW = 0xA0000 };

#define GIB ((u64)1 << 30)

static void map_ram(Machine *machine)
{
    AddressSpace *space = &machine->memory;
    Memory *ram = &machine->ram;

    space_add_memory(space, "RAM", 0, VGA_WINDOW, ram, 0, true);
    if (machine->ram_below_4g > MIB)
        space_add_memory(space, "RAM above 1 MiB", MIB, machine->ram_below_4g - MIB, ram, MIB,
                         true);
    if (machine->ram_above_4g)
        space_add_memory(space, "RAM above 4 GiB", 4 * GIB, machine->ram_above_4g, ram,
                         machine->ram_below_4g, true);
}

static void map_bios(Machine *machine)
{
    u64 length = machine->config.bios_length;
    u64 low = length < BIOS_ALIAS ? length : BIOS_ALIAS;

    memcpy(machine->bios.bytes, machine->config.bios, length);
    space_add_memory(&machine->memory, "BIOS", 4 * GIB - length, length, &machine->bios, 0, false);
    space_add_memory(&machine->memory, "BIOS below 1 MiB", MIB - low, low, &machine->bios,
                     length - low, false);
}

bool machine_map_memory(Machine *machine, char *error, size_t error_size)
{
    const MachineConfig *config = &machine->config;

    if (config->memory < MIB || config->memory % MIB) {
        snprintf(error, error_size, "memory must be a multiple of 1 MiB");
        return false;
    }
    if (!config->bios || config->bios_length < 64 * KIB || config->bios_length > 16 * MIB ||
        config->bios_length % PAGE_SIZE) {
        snprintf(error, error_size,
                 "a firmware image must have 64 KiB to 16 MiB, in whole pages of 4 KiB");
        return false;
    }
    if (!memory_create(&machine->ram, config->memory) ||
        !memory_create(&machine->bios, config->bios_length)) {
        snprintf(error, error_size, "the host has not enough memory for the machine's %llu MiB",
                 (unsigned long long)(config->memory / MIB));
        return false;
    }
    machine->ram_below_4g = config->memory < 3 * GIB ? config->memory : 3 * GIB;
    machine->ram_above_4g = config->memory - machine->ram_below_4g;
    map_ram(machine);
    map_bios(machine);
    return true;
}
