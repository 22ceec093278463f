/*
 * PCI bus 0: configuration mechanism #1, base address registers and interrupt pins.
 * PCI Local Bus Specification 2.1, "Configuration Space" and "Generating Configuration Cycles".
 *
 * Not implemented: other buses and bridges, special cycles, parity and system errors, 64-bit BARs,
 * capability lists.
 */
#include "devices/pci.h"

enum {
    CONFIG_ADDRESS_PORT = 0xCF8,
    CONFIG_DATA = 4, /* from CONFIG_ADDRESS */
    CONFIG_ENABLE_BIT = 31,
    CONFIG_ADDRESS_BITS = 0x00FFFFFC, /* bus, device, function, dword */
    COMMAND_SERR = 0x0100,
    COMMAND_PARITY = 0x0040,
    COMMAND_INTX_DISABLE = 0x0400, /* from revision 2.3; Linux uses it where it sticks */
    ROM_ENABLE = 1,
    BAR_IO = 1,
    MULTIFUNCTION = 0x80,
};

/* ---- interrupt pins ---- */

static bool pin_asserted(const PciDevice *device)
{
    return device->irq_level && !(pci_config_get(device, PCI_COMMAND, WORD) & COMMAND_INTX_DISABLE);
}

/* Several functions share a PIRQ: it is high as long as any of them asserts its pin. */
static void pin_changed(PciDevice *device, bool was_asserted)
{
    PciBus *bus = device->bus;
    u8 pin = device->config[PCI_INTERRUPT_PIN];
    bool asserted = pin_asserted(device);
    unsigned pirq = ((device->devfn >> 3) - 1u + pin - 1u) & 3;

    if (asserted == was_asserted || pin == 0)
        return;
    bus->pin_levels[pirq] = (u8)(bus->pin_levels[pirq] + (asserted ? 1 : -1));
    irq_line_set(bus->pirq[pirq], bus->pin_levels[pirq] > 0);
}

void pci_set_irq(PciDevice *device, bool level)
{
    bool was_asserted = pin_asserted(device);

    device->irq_level = level;
    pin_changed(device, was_asserted);
}

/* ---- base address registers ---- */

static void place_bar(const PciBar *bar, u32 address, bool enabled)
{
    u32 last = address + bar->size - 1;
    u64 limit = bar->type & BAR_IO ? 0xFFFF : 0xFFFFFFFE;

    if (!bar->region)
        return;
    /* Neither an address that was not assigned yet nor the all-ones of sizing is decoded. */
    if (address == 0 || last < address || last > limit)
        enabled = false;
    if (enabled)
        region_move(bar->space, bar->region, address);
    region_enable(bar->space, bar->region, enabled);
}

void pci_update_bars(PciDevice *device)
{
    u32 command = pci_config_get(device, PCI_COMMAND, WORD);
    u32 rom = pci_config_get(device, PCI_ROM, DWORD);

    for (unsigned i = 0; i < PCI_BARS; i++) {
        const PciBar *bar = &device->bars[i];
        u32 value = pci_config_get(device, (u8)(PCI_BAR0 + 4 * i), DWORD);
        u32 wanted = bar->type & BAR_IO ? PCI_COMMAND_IO : PCI_COMMAND_MEMORY;

        if (bar->size)
            place_bar(bar, value & ~(bar->size - 1), (command & wanted) != 0);
    }
    if (device->rom.size)
        place_bar(&device->rom, rom & ~(device->rom.size - 1),
                  (command & PCI_COMMAND_MEMORY) && (rom & ROM_ENABLE));
}

static void allow_writes(PciDevice *device, u8 offset, u32 mask)
{
    for (unsigned i = 0; i < 4; i++)
        device->writable[offset + i] = (u8)(mask >> (8 * i));
}

void pci_add_bar(PciDevice *device, unsigned index, u8 type, u32 size, AddressSpace *space,
                 Region *region)
{
    u8 offset = (u8)(PCI_BAR0 + 4 * index);

    assert(index < PCI_BARS && size >= (type & BAR_IO ? 4 : 16) && !(size & (size - 1)));
    device->bars[index] = (PciBar){size, type, space, region};
    allow_writes(device, offset, ~(size - 1));
    pci_config_set(device, offset, DWORD, type);
    if (region) {
        /* RAM and the chips at fixed addresses win over a BAR that is put on top of them. */
        region_set_priority(space, region, -1);
        region_enable(space, region, false);
    }
}

void pci_add_rom(PciDevice *device, u32 size, Region *region)
{
    assert(size >= 2048 && !(size & (size - 1)));
    device->rom = (PciBar){size, 0, device->bus->memory, region};
    allow_writes(device, PCI_ROM, ~(size - 1) | ROM_ENABLE);
    if (region) {
        region_set_priority(device->bus->memory, region, -1);
        region_enable(device->bus->memory, region, false);
    }
}

/* ---- configuration space ---- */

u32 pci_config_get(const PciDevice *device, u8 offset, Size size)
{
    u32 value = 0;

    for (unsigned i = 0; i < size && i < 4; i++)
        value |= (u32)device->config[(u8)(offset + i)] << (8 * i);
    return value;
}

void pci_config_set(PciDevice *device, u8 offset, Size size, u32 value)
{
    for (unsigned i = 0; i < size && i < 4; i++)
        device->config[(u8)(offset + i)] = (u8)(value >> (8 * i));
}

static PciDevice *addressed(const PciBus *bus)
{
    if (!bit(bus->address, CONFIG_ENABLE_BIT) || bits(bus->address, 23, 16) != 0)
        return NULL;
    return bus->functions[bits(bus->address, 15, 8)];
}

static u32 config_read(const PciBus *bus, u32 port_offset, Size size)
{
    const PciDevice *device = addressed(bus);
    u32 value = (u32)size_mask(size);

    if (device)
        value = pci_config_get(device, (u8)((bus->address & 0xFC) + port_offset), size);
    LOG(bus->log, LOG_PCI, "%s: read %08X+%u: %X", device ? device->name : "nobody", bus->address,
        port_offset, value);
    return value;
}

static void config_write(PciBus *bus, u32 port_offset, Size size, u32 value)
{
    PciDevice *device = addressed(bus);
    u8 offset = (u8)((bus->address & 0xFC) + port_offset);

    LOG(bus->log, LOG_PCI, "%s: write %08X+%u: %X", device ? device->name : "nobody", bus->address,
        port_offset, value);
    if (!device)
        return;
    bool was_asserted = pin_asserted(device);
    for (unsigned i = 0; i < size; i++) {
        u8 at = (u8)(offset + i), mask = device->writable[at];

        device->config[at] = (u8)((device->config[at] & ~mask) | (value >> (8 * i) & mask));
    }
    pin_changed(device, was_asserted);
    pci_update_bars(device);
    if (device->config_written)
        device->config_written(device, offset, size);
}

/* ---- ports CF8h-CFFh ---- */

/* An access that straddles both registers or leaves them is no access to either. */
static bool straddles(u32 offset, Size size)
{
    return (offset & 3) + size > 4;
}

static u64 ports_read(void *device, u32 offset, Size size)
{
    PciBus *bus = device;

    if (straddles(offset, size))
        return size_mask(size);
    if (offset >= CONFIG_DATA)
        return config_read(bus, offset - CONFIG_DATA, size);
    if (size == DWORD)
        return bus->address;
    return bus->narrow_io ? bus->narrow_io->read(bus->narrow_device, offset, size)
                          : size_mask(size);
}

static void ports_write(void *device, u32 offset, Size size, u64 value)
{
    PciBus *bus = device;

    if (straddles(offset, size))
        return;
    if (offset >= CONFIG_DATA)
        config_write(bus, offset - CONFIG_DATA, size, (u32)value);
    else if (size == DWORD)
        bus->address = (u32)value & (1u << CONFIG_ENABLE_BIT | CONFIG_ADDRESS_BITS);
    else if (bus->narrow_io)
        bus->narrow_io->write(bus->narrow_device, offset, size, value);
}

static const IoOps config_ports = {DWORD, ports_read, ports_write};

void pci_bus_init(PciBus *bus, AddressSpace *memory, AddressSpace *ports, Log *log)
{
    *bus = (PciBus){.memory = memory, .ports = ports, .log = log};
    space_add_io(ports, "pci", CONFIG_ADDRESS_PORT, 8, &config_ports, bus);
}

void pci_bus_reset(PciBus *bus)
{
    bus->address = 0;
}

/* Function 0 says whether a scan needs to look for more functions in its slot. */
static void mark_multifunction(PciBus *bus, unsigned slot)
{
    PciDevice *first = bus->functions[slot << 3];

    for (unsigned function = 1; first && function < 8; function++)
        if (bus->functions[slot << 3 | function])
            first->config[PCI_HEADER_TYPE] |= MULTIFUNCTION;
}

void pci_attach(PciBus *bus, PciDevice *device, const char *name, unsigned slot, unsigned function,
                const PciIdentity *identity)
{
    assert(slot < 32 && function < 8 && !bus->functions[slot << 3 | function]);
    *device = (PciDevice){.name = name, .bus = bus, .devfn = (u8)(slot << 3 | function)};
    pci_config_set(device, PCI_VENDOR, WORD, identity->vendor);
    pci_config_set(device, PCI_DEVICE, WORD, identity->device);
    pci_config_set(device, PCI_REVISION, DWORD, identity->class_code << 8 | identity->revision);
    pci_config_set(device, PCI_SUBSYSTEM_VENDOR, WORD, identity->subsystem_vendor);
    pci_config_set(device, PCI_SUBSYSTEM, WORD, identity->subsystem);
    device->config[PCI_INTERRUPT_PIN] = identity->interrupt_pin;
    allow_writes(device, PCI_COMMAND,
                 PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | COMMAND_PARITY |
                     COMMAND_SERR | COMMAND_INTX_DISABLE);
    device->writable[0x0C] = 0xFF; /* cache line size */
    device->writable[0x0D] = 0xF8; /* latency timer */
    device->writable[PCI_INTERRUPT_LINE] = 0xFF;
    bus->functions[device->devfn] = device;
    mark_multifunction(bus, slot);
}

void pci_device_reset(PciDevice *device)
{
    pci_set_irq(device, false);
    pci_config_set(device, PCI_COMMAND, WORD, 0);
    pci_config_set(device, 0x0C, WORD, 0);
    for (unsigned i = 0; i < PCI_BARS; i++)
        pci_config_set(device, (u8)(PCI_BAR0 + 4 * i), DWORD, device->bars[i].type);
    pci_config_set(device, PCI_ROM, DWORD, 0);
    device->config[PCI_INTERRUPT_LINE] = 0;
    pci_update_bars(device);
}

static const Field bus_fields[] = {
    FIELD(PciBus, address),
    FIELD_ARRAY(PciBus, pin_levels),
};
const StateTable pci_bus_state = {"pci bus", bus_fields, COUNT_OF(bus_fields), NULL};

static void device_restored(void *chip)
{
    pci_update_bars(chip);
}

static const Field device_fields[] = {
    FIELD_ARRAY(PciDevice, config),
    FIELD(PciDevice, irq_level),
};
const StateTable pci_device_state = {"pci function", device_fields, COUNT_OF(device_fields),
                                     device_restored};
