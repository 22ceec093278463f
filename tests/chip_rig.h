/*
 * What a chip needs around it to be tested alone: a clock that the test turns, both address
 * spaces, a wire that remembers, a disk in memory, and a source of nonsense.
 */
#ifndef TESTS_CHIP_RIG_H
#define TESTS_CHIP_RIG_H

#include "devices/backend.h"
#include "devices/clock.h"
#include "devices/irq_line.h"
#include "mmu/bus.h"

#include <string.h>

enum { RIG_HZ = 100000000, RIG_RAM = 1 << 20 };

typedef struct ChipRig {
    u64 cycles, deadline;
    Clock clock;
    AddressSpace memory, ports;
    Memory ram;
} ChipRig;

static inline void rig_open(ChipRig *rig)
{
    rig->cycles = 0;
    clock_init(&rig->clock, &rig->cycles, &rig->deadline, RIG_HZ);
    space_init(&rig->memory, "memory", 0xFFFFFFFF, NULL);
    space_init(&rig->ports, "ports", 0xFFFF, NULL);
    memory_create(&rig->ram, RIG_RAM);
    space_add_memory(&rig->memory, "ram", 0, RIG_RAM, &rig->ram, 0, true);
}

static inline void rig_close(ChipRig *rig)
{
    memory_destroy(&rig->ram);
}

/* Lets guest time pass and fires what becomes due. */
static inline void rig_wait(ChipRig *rig, u64 ns)
{
    u64 until = clock_after_ns(&rig->clock, ns);

    while (rig->deadline <= until) {
        if (rig->deadline > rig->cycles)
            rig->cycles = rig->deadline;
        clock_fire_due(&rig->clock);
    }
    rig->cycles = until;
}

static inline u32 rig_in(ChipRig *rig, u16 port, Size size)
{
    return (u32)space_read(&rig->ports, port, size);
}

static inline u8 rig_in8(ChipRig *rig, u16 port)
{
    return (u8)rig_in(rig, port, BYTE);
}

static inline void rig_out(ChipRig *rig, u16 port, Size size, u32 value)
{
    space_write(&rig->ports, port, size, value);
}

static inline void rig_out8(ChipRig *rig, u16 port, u8 value)
{
    rig_out(rig, port, BYTE, value);
}

/* A wire's level, and how often it went up. */
typedef struct RigWire {
    bool level;
    unsigned edges;
} RigWire;

static inline void rig_wire_set(void *target, unsigned pin, bool level)
{
    RigWire *wire = target;

    (void)pin;
    wire->edges += level && !wire->level;
    wire->level = level;
}

static inline IrqLine rig_wire(RigWire *wire)
{
    *wire = (RigWire){0};
    return (IrqLine){rig_wire_set, wire, 0};
}

/* A disk in memory. Its n-th sector is filled with n's low byte. */
enum { RIG_SECTORS = 5760 };

typedef struct RigDisk {
    BlockDevice device;
    bool broken; /* every transfer fails */
    unsigned flushes;
    u8 bytes[RIG_SECTORS * SECTOR_SIZE];
} RigDisk;

static inline bool rig_disk_read(void *owner, u64 sector, u32 count, u8 *bytes)
{
    RigDisk *disk = owner;

    assert(sector + count <= disk->device.sectors);
    memcpy(bytes, disk->bytes + sector * SECTOR_SIZE, (size_t)count * SECTOR_SIZE);
    return !disk->broken;
}

static inline bool rig_disk_write(void *owner, u64 sector, u32 count, const u8 *bytes)
{
    RigDisk *disk = owner;

    assert(sector + count <= disk->device.sectors && !disk->device.read_only);
    if (disk->broken)
        return false;
    memcpy(disk->bytes + sector * SECTOR_SIZE, bytes, (size_t)count * SECTOR_SIZE);
    return true;
}

static inline bool rig_disk_flush(void *owner)
{
    RigDisk *disk = owner;

    disk->flushes++;
    return !disk->broken;
}

static inline void rig_disk_open(RigDisk *disk, u64 sectors)
{
    assert(sectors <= RIG_SECTORS);
    disk->device = (BlockDevice){.sectors = sectors,
                                 .read = rig_disk_read,
                                 .write = rig_disk_write,
                                 .flush = rig_disk_flush,
                                 .owner = disk};
    disk->broken = false;
    disk->flushes = 0;
    for (u64 i = 0; i < sectors; i++)
        memset(disk->bytes + i * SECTOR_SIZE, (int)(i & 0xFF), SECTOR_SIZE);
}

/* Numerical Recipes' generator: the same nonsense every time. */
static inline u32 rig_random(u32 *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

#endif
