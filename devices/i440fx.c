/*
 * 82441FX (PMC), the host bridge. Intel 290549, "Register Description".
 *
 * Not implemented: DRAM timing and refresh, the fixed DRAM hole (58h), ECC and error reporting,
 * the CPU's system management mode (SMRAM can be opened with D_OPEN only), turbo reset control
 * (93h; the PIIX3's CF9h resets). The registers of these keep what is written to them.
 */
#include "devices/i440fx.h"

enum {
    PMCCFG = 0x50,
    DRB0 = 0x60,
    DRB_COUNT = 8,
    DRB_UNIT = 8 << 20,
    PAM0 = 0x59,
    PAM6 = 0x5F,
    SMRAM = 0x72,
    PAM_READ = 1,
    PAM_WRITE = 2,
    SMRAM_OPEN = 0x40,
    SMRAM_CLOSED = 0x20,
    SMRAM_LOCK = 0x10,
    SMRAM_ENABLE = 0x08,
    SMRAM_BASE = 0x02, /* A0000h, the only choice */
    SEGMENTS_START = 0xC0000,
    SEGMENT_SIZE = 0x4000,
    BIOS_SEGMENT_SIZE = 0x10000,
    VGA_START = 0xA0000,
    VGA_SIZE = 0x20000,
};

/* Segment n's two bits: PAM1-PAM6 hold two segments each from C0000h up, PAM0's upper half the
 * one at F0000h. */
static u8 segment_attributes(const I440fx *bridge, unsigned segment)
{
    unsigned nibble = segment == I440FX_SEGMENTS - 1 ? 1 : segment + 2;
    u8 pam = bridge->pci.config[PAM0 + nibble / 2];

    return nibble & 1 ? pam >> 4 : pam;
}

static void update_memory(I440fx *bridge)
{
    u8 smram = bridge->pci.config[SMRAM];
    bool open = (smram & SMRAM_ENABLE) && (smram & SMRAM_OPEN) && !(smram & SMRAM_CLOSED);

    for (unsigned i = 0; i < I440FX_SEGMENTS; i++) {
        u8 attributes = segment_attributes(bridge, i);

        region_protect(bridge->memory, bridge->segments[i], attributes & PAM_READ,
                       attributes & PAM_WRITE);
    }
    region_enable(bridge->memory, bridge->smram, open);
}

/* Once locked, SMRAM stays closed until a reset. */
static void lock_smram(I440fx *bridge)
{
    u8 *smram = &bridge->pci.config[SMRAM];

    if (*smram & SMRAM_LOCK) {
        *smram &= (u8)~SMRAM_OPEN;
        bridge->pci.writable[SMRAM] = 0;
    } else {
        bridge->pci.writable[SMRAM] = SMRAM_OPEN | SMRAM_CLOSED | SMRAM_LOCK | SMRAM_ENABLE;
    }
}

static void config_written(PciDevice *device, u8 offset, Size size)
{
    I440fx *bridge = (I440fx *)device;

    if (offset <= SMRAM && offset + size > SMRAM)
        lock_smram(bridge);
    if (offset <= SMRAM && offset + size > PAM0)
        update_memory(bridge);
}

/* Each of the eight rows' upper boundary, in 8 MiB: where firmware without fw_cfg looks. */
static void describe_dram(I440fx *bridge, u64 ram_bytes)
{
    u64 units = ram_bytes / DRB_UNIT;

    for (unsigned i = 0; i < DRB_COUNT; i++)
        bridge->pci.config[DRB0 + i] = (u8)(units > 0xFF ? 0xFF : units);
}

void i440fx_init(I440fx *bridge, PciBus *bus, Memory *ram, u64 ram_bytes)
{
    /* SeaBIOS takes the subsystem 1AF4:1100 as the sign that fw_cfg exists. */
    static const PciIdentity identity = {.vendor = 0x8086,
                                         .device = 0x1237,
                                         .revision = 2,
                                         .class_code = 0x060000,
                                         .subsystem_vendor = 0x1AF4,
                                         .subsystem = 0x1100};

    *bridge = (I440fx){.memory = bus->memory};
    pci_attach(bus, &bridge->pci, "82441FX", 0, 0, &identity);
    for (unsigned i = 0; i < I440FX_SEGMENTS; i++) {
        PhysAddr base = SEGMENTS_START + (PhysAddr)i * SEGMENT_SIZE;
        u64 length = i == I440FX_SEGMENTS - 1 ? BIOS_SEGMENT_SIZE : SEGMENT_SIZE;

        bridge->segments[i] =
            space_add_memory(bus->memory, "shadow ram", base, length, ram, base, true);
        region_set_priority(bus->memory, bridge->segments[i], 1);
    }
    bridge->smram =
        space_add_memory(bus->memory, "smram", VGA_START, VGA_SIZE, ram, VGA_START, true);
    region_set_priority(bus->memory, bridge->smram, 2);
    /* Everything from PMCCFG on may be written but what is fixed by the data sheet. */
    for (unsigned i = PMCCFG; i < DRB0; i++)
        bridge->pci.writable[i] = 0xFF;
    for (unsigned i = PAM0; i <= PAM6; i++)
        bridge->pci.writable[i] = 0x33;
    bridge->pci.writable[PAM0] = 0x30;
    describe_dram(bridge, ram_bytes);
    bridge->pci.config_written = config_written;
    i440fx_reset(bridge);
}

void i440fx_reset(I440fx *bridge)
{
    pci_device_reset(&bridge->pci);
    /* The host bridge always answers memory cycles and is always master. */
    pci_config_set(&bridge->pci, PCI_COMMAND, WORD, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    bridge->pci.writable[PCI_COMMAND] = 0;
    pci_config_set(&bridge->pci, PCI_STATUS, WORD, 0x0280);
    for (unsigned i = PMCCFG; i < DRB0; i++)
        bridge->pci.config[i] = 0;
    bridge->pci.config[SMRAM] = SMRAM_BASE;
    lock_smram(bridge);
    update_memory(bridge);
}

static void restored(void *chip)
{
    lock_smram(chip);
    update_memory(chip);
}

static const Field fields[] = {
    FIELD_ARRAY(I440fx, pci.config),
};
const StateTable i440fx_state = {"82441fx", fields, COUNT_OF(fields), restored};
