/*
 * An IDE controller with a disk as primary master and a CD-ROM drive as secondary master, and the
 * registers of one channel at a time.
 */
#ifndef TESTS_IDE_RIG_H
#define TESTS_IDE_RIG_H

#include "devices/ide.h"
#include "tests/chip_rig.h"

enum { IDE0 = 0x1F0, IDE0_CONTROL = 0x3F6, IDE1 = 0x170, IDE1_CONTROL = 0x376 };
enum { MASTER0 = 0xC000, MASTER1 = 0xC008 };
enum { R_DATA, R_ERROR, R_COUNT, R_LOW, R_MID, R_HIGH, R_DEVICE, R_STATUS };
enum { A_LITTLE = 30000, A_WHILE = 100000000 }; /* ns */
enum { PRD_TABLE = 0x1000, DMA_BUFFER = 0x10000 };

typedef struct IdeRig {
    ChipRig chip;
    PciBus pci;
    Ide ide;
    RigWire irqs[IDE_CHANNELS];
    RigDisk disk, disc;
    u16 channel; /* IDE0, or IDE1: whose registers in() and out() mean */
} IdeRig;

static IdeRig rig;

static inline void ide_rig_open(void)
{
    IrqLine wires[IDE_CHANNELS] = {rig_wire(&rig.irqs[0]), rig_wire(&rig.irqs[1])};

    rig.channel = IDE0;
    rig_open(&rig.chip);
    rig_disk_open(&rig.disk, RIG_SECTORS);
    rig_disk_open(&rig.disc, 4000);
    pci_bus_init(&rig.pci, &rig.chip.memory, &rig.chip.ports, NULL);
    ide_init(&rig.ide, &rig.chip.ports, &rig.chip.memory, &rig.pci, &rig.chip.clock, NULL,
             wires);
    ide_attach_disk(&rig.ide, 0, &rig.disk.device);
    ide_attach_cdrom(&rig.ide, 2, &rig.disc.device);
    pci_config_set(&rig.ide.pci, PCI_BAR0 + 16, DWORD, MASTER0 | 1);
    pci_config_set(&rig.ide.pci, PCI_COMMAND, WORD, PCI_COMMAND_IO | PCI_COMMAND_MASTER);
    pci_update_bars(&rig.ide.pci);
}

static inline void ide_rig_close(void)
{
    rig_close(&rig.chip);
}

static inline u8 ide_in(u16 port)
{
    return rig_in8(&rig.chip, port);
}

static inline void ide_out(u16 port, u8 value)
{
    rig_out8(&rig.chip, port, value);
}

static inline u8 in(u16 reg)
{
    return ide_in(rig.channel + reg);
}

static inline void out(u16 reg, u8 value)
{
    ide_out(rig.channel + reg, value);
}

static inline void wait_ns(u64 ns)
{
    rig_wait(&rig.chip, ns);
}

/* The sectors of the next command. */
static inline void address(u32 lba, u8 count)
{
    out(R_DEVICE, (u8)(0xE0 | lba >> 24));
    out(R_COUNT, count);
    out(R_LOW, (u8)lba);
    out(R_MID, (u8)(lba >> 8));
    out(R_HIGH, (u8)(lba >> 16));
}

static inline void command(u8 code)
{
    out(R_STATUS, code);
    wait_ns(A_LITTLE);
}

static inline void read_words(u16 *words, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        words[i] = (u16)rig_in(&rig.chip, rig.channel, WORD);
}

/* One entry of the descriptor table. */
static inline void ide_descriptor(unsigned index, u32 address, u32 count, bool last)
{
    u64 entry = address | (u64)(count & 0xFFFF) << 32 | (u64)last << 63;

    space_write_bytes(&rig.chip.memory, PRD_TABLE + 8 * index, &entry, sizeof entry);
}

static inline void ide_start_master(u16 master, bool to_memory)
{
    rig_out(&rig.chip, master + 4, DWORD, PRD_TABLE);
    ide_out(master, to_memory ? 9 : 1);
}

#endif
