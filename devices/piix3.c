/*
 * 82371SB (PIIX3) function 0: interrupt routing and reset. Intel 290550.
 *
 * Not implemented: ISA timing, positive decode and chip selects, SMI, APIC chip select, DMA
 * aliasing, the USB function; their registers keep what is written to them.
 */
#include "devices/piix3.h"

enum {
    PIRQRC_A = 0x60,
    PIRQRC_D = 0x63,
    PIRQRC_DISABLED = 0x80,
    PIRQRC_RESET = 0x80,
    RESET_CONTROL = 1, /* CF9h, counted from CF8h */
    RESET_CPU = 0x04,
    RESET_HARD = 0x02,
    RESET_WRITABLE = 0x06,
    ROUTABLE = 0xDEF8, /* interrupts 3-7, 9-12, 14, 15 */
};

static void route(Piix3 *bridge)
{
    u16 levels = 0;
    u16 changed;

    for (unsigned i = 0; i < 4; i++) {
        u8 control = bridge->pci.config[PIRQRC_A + i];

        if (bit(bridge->pirq_levels, i) && !(control & PIRQRC_DISABLED))
            levels |= (u16)(1 << (control & 15)) & ROUTABLE;
    }
    changed = levels ^ bridge->isa_levels;
    bridge->isa_levels = levels;
    for (unsigned i = 0; i < 16; i++)
        if (bit(changed, i))
            irq_line_set(bridge->isa_irq[i], bit(levels, i));
}

static void set_pirq(void *target, unsigned pin, bool level)
{
    Piix3 *bridge = target;

    bridge->pirq_levels = (u8)((bridge->pirq_levels & ~(1 << pin)) | level << pin);
    route(bridge);
}

static void config_written(PciDevice *device, u8 offset, Size size)
{
    if (offset <= PIRQRC_D && offset + size > PIRQRC_A)
        route((Piix3 *)device);
}

/* ---- reset control: the only one of CF8h-CFBh that takes single bytes ---- */

static u64 narrow_read(void *device, u32 offset, Size size)
{
    Piix3 *bridge = device;

    return offset == RESET_CONTROL && size == BYTE ? bridge->reset_control : size_mask(size);
}

/* RCPU going from 0 to 1 resets, hard or soft as bit 1 says. Both reset the whole machine here: a
 * soft reset that kept the chipset's state would only matter to a BIOS that returns from it. */
static void narrow_write(void *device, u32 offset, Size size, u64 value)
{
    Piix3 *bridge = device;
    bool was_set = bridge->reset_control & RESET_CPU;

    if (offset != RESET_CONTROL || size != BYTE)
        return;
    bridge->reset_control = value & RESET_WRITABLE;
    if (!was_set && (value & RESET_CPU)) {
        LOG(bridge->log, LOG_MACHINE, "%s reset through port CF9h",
            value & RESET_HARD ? "hard" : "soft");
        irq_line_pulse(bridge->reset);
    }
}

static const IoOps narrow_io = {BYTE, narrow_read, narrow_write};

void piix3_init(Piix3 *bridge, PciBus *bus, const IrqLine isa_irq[16], IrqLine reset)
{
    static const PciIdentity identity = {.vendor = 0x8086,
                                         .device = 0x7000,
                                         .class_code = 0x060100,
                                         .subsystem_vendor = 0x1AF4,
                                         .subsystem = 0x1100};

    *bridge = (Piix3){.reset = reset, .log = bus->log};
    pci_attach(bus, &bridge->pci, "PIIX3", 1, 0, &identity);
    for (unsigned i = 0; i < 16; i++)
        bridge->isa_irq[i] = isa_irq[i];
    for (unsigned i = 0; i < 4; i++)
        bus->pirq[i] = (IrqLine){set_pirq, bridge, i};
    bus->narrow_io = &narrow_io;
    bus->narrow_device = bridge;
    bridge->pci.config_written = config_written;
    /* ISA recovery to MBIRQ: all of the bridge's own registers keep what they are given. */
    for (unsigned i = 0x40; i < 0xB0; i++)
        bridge->pci.writable[i] = 0xFF;
    for (unsigned i = PIRQRC_A; i <= PIRQRC_D; i++)
        bridge->pci.writable[i] = PIRQRC_DISABLED | 15;
    piix3_reset(bridge);
}

void piix3_reset(Piix3 *bridge)
{
    u8 *config = bridge->pci.config;

    pci_device_reset(&bridge->pci);
    pci_config_set(&bridge->pci, PCI_COMMAND, WORD,
                   PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    bridge->pci.writable[PCI_COMMAND] = 0; /* the bridge cannot be switched off */
    pci_config_set(&bridge->pci, PCI_STATUS, WORD, 0x0200);
    for (unsigned i = 0x40; i < 0xB0; i++)
        config[i] = 0;
    config[0x4C] = 0x4D; /* IORT, ISA I/O recovery */
    config[0x4E] = 0x03; /* XBCS: RTC, keyboard; BIOS at E0000h */
    for (unsigned i = PIRQRC_A; i <= PIRQRC_D; i++)
        config[i] = PIRQRC_RESET;
    config[0x69] = 0x02;                /* TOM, top of memory */
    config[0x70] = 0x80;                /* MBIRQ0 */
    config[0x76] = config[0x77] = 0x0C; /* MBDMA0-1, disabled */
    config[0x78] = 0x02;                /* PCSC */
    config[0xA0] = 0x08;                /* SMICNTL */
    config[0xA8] = 0x0F;                /* fast-off timer */
    bridge->reset_control = 0;
    route(bridge);
}

static const Field fields[] = {
    FIELD_ARRAY(Piix3, pci.config),
    FIELD(Piix3, pirq_levels),
    FIELD(Piix3, isa_levels),
    FIELD(Piix3, reset_control),
};
const StateTable piix3_state = {"piix3", fields, COUNT_OF(fields), NULL};
