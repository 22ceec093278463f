/*
 * PCI bus 0: configuration space (mechanism #1, ports CF8h and CFCh), base address registers,
 * interrupt pins. PCI Local Bus Specification 2.1, "Configuration Space" and "PCI BIOS".
 */
#ifndef DEVICES_PCI_H
#define DEVICES_PCI_H

#include "devices/irq_line.h"
#include "mmu/bus.h"
#include "mmu/field.h"

enum { PCI_BARS = 6, PCI_FUNCTIONS = 256 };

/* Offsets in configuration space that more than one file uses. */
enum {
    PCI_VENDOR = 0x00, PCI_DEVICE = 0x02, PCI_COMMAND = 0x04, PCI_STATUS = 0x06,
    PCI_REVISION = 0x08, PCI_CLASS = 0x09, PCI_HEADER_TYPE = 0x0E, PCI_BAR0 = 0x10,
    PCI_SUBSYSTEM_VENDOR = 0x2C, PCI_SUBSYSTEM = 0x2E, PCI_ROM = 0x30,
    PCI_INTERRUPT_LINE = 0x3C, PCI_INTERRUPT_PIN = 0x3D,
};
enum { PCI_COMMAND_IO = 1, PCI_COMMAND_MEMORY = 2, PCI_COMMAND_MASTER = 4 };

typedef struct PciBus PciBus;

typedef struct PciBar {
    u32 size;               /* bytes, a power of two; 0: no such BAR */
    u8 type;                /* the BAR's read-only low bits: 1 = I/O, 0 = memory, 8 = prefetchable */
    AddressSpace *space;
    Region *region;         /* moved and enabled as the guest programs the BAR */
} PciBar;

typedef struct PciDevice {
    const char *name;
    u8 config[256];
    u8 writable[256];       /* which bits a configuration write changes */
    PciBar bars[PCI_BARS];
    PciBar rom;
    PciBus *bus;
    u8 devfn;
    bool irq_level;         /* of this function's INTx pin */
    /* After a configuration write has changed config[]; NULL where a device does not care. */
    void (*config_written)(struct PciDevice *device, u8 offset, Size size);
} PciDevice;

struct PciBus {
    PciDevice *functions[PCI_FUNCTIONS];    /* by devfn */
    u32 address;                            /* CONFIG_ADDRESS */
    AddressSpace *memory, *ports;
    Log *log;
    u8 pin_levels[4];                       /* how many functions assert PIRQA..D */
    IrqLine pirq[4];                        /* to the ISA bridge's router */
    /* CONFIG_ADDRESS answers whole dwords only; narrower accesses to CF8h-CFBh are ordinary I/O
     * and go here, `offset` from CF8h. NULL: nobody. The PIIX3's reset control is CF9h. */
    const IoOps *narrow_io;
    void *narrow_device;
};

typedef struct PciIdentity {
    u16 vendor, device;
    u32 class_code;             /* 24 bits: class, subclass, programming interface */
    u8 revision;
    u16 subsystem_vendor, subsystem;
    u8 interrupt_pin;           /* 0: none, 1: INTA, ... */
} PciIdentity;

/* Adds the configuration ports to `ports`. */
void pci_bus_init(PciBus *bus, AddressSpace *memory, AddressSpace *ports, Log *log);

void pci_bus_reset(PciBus *bus);

/* Fills in the standard header and plugs the function in; BARs are added afterwards. */
void pci_attach(PciBus *bus, PciDevice *device, const char *name, unsigned slot,
                unsigned function, const PciIdentity *identity);

/* `region` was added to `space` (at any base) and is disabled here until the guest enables it.
 * `type` as in PciBar. */
void pci_add_bar(PciDevice *device, unsigned index, u8 type, u32 size, AddressSpace *space,
                 Region *region);
void pci_add_rom(PciDevice *device, u32 size, Region *region);

/* Recomputes where the BARs lie, after config[] was changed or restored other than by the guest. */
void pci_update_bars(PciDevice *device);

/* Back to power-on: command, BARs and interrupt line cleared. */
void pci_device_reset(PciDevice *device);

/* Drives the function's interrupt pin; slot and pin select the PIRQ as on the PIIX3 board:
 * (slot + pin - 1) mod 4, with slot 1 taken as PIRQA for INTA. */
void pci_set_irq(PciDevice *device, bool level);

/* Little-endian access to config[]. */
u32 pci_config_get(const PciDevice *device, u8 offset, Size size);
void pci_config_set(PciDevice *device, u8 offset, Size size, u32 value);

/* Of a PciBus, and of any PciDevice whose chip's own table does not list pci.config. */
extern const StateTable pci_bus_state;
extern const StateTable pci_device_state;

#endif
