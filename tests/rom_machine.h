/*
 * A machine whose firmware is a few instructions: they begin at F000:0000, reset jumps to them, and
 * what follows them is HLT.
 */
#ifndef TESTS_ROM_MACHINE_H
#define TESTS_ROM_MACHINE_H

#include "devices/machine.h"

#include <criterion/criterion.h>
#include <string.h>

enum { ROM_BYTES = 64 << 10, RESET_VECTOR = 0xFFF0, MIB = 1 << 20, FIRMWARE = 0xF0000 };

/* Writes the firmware into `rom`, of ROM_BYTES. The rest of the machine may be changed. */
static inline MachineConfig rom_machine_config(u8 *rom, const u8 *code, size_t length)
{
    static const u8 jump[] = {0xEA, 0x00, 0x00, 0x00, 0xF0};

    memset(rom, 0xF4, ROM_BYTES);
    memcpy(rom, code, length);
    memcpy(rom + RESET_VECTOR, jump, sizeof jump);
    return (MachineConfig){.memory = 2 * MIB,
                           .cpu = "qemu64",
                           .mips = 1,
                           .bios = rom,
                           .bios_length = ROM_BYTES,
                           .boot_order = "c"};
}

static inline Machine *rom_machine_create(const MachineConfig *config)
{
    char error[256] = "";
    Machine *machine = machine_create(config, error, sizeof error);

    cr_assert_not_null(machine, "%s", error);
    return machine;
}

#endif
