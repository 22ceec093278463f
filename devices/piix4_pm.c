/*
 * 82371AB (PIIX4) function 3: ACPI fixed hardware, APM ports and SMBus host. Intel 290562.
 *
 * Not implemented: SMI, device monitors and traps, clock control and the C2/C3 states (reads of
 * PLVL2 and PLVL3 do nothing), sleep states other than soft off, general purpose pins, the USB
 * and lid events, SMBus slaves (every transfer ends with a device error) and the SMBus interrupt.
 */
#include "devices/piix4_pm.h"

enum {
    /* Configuration space. */
    PMBASE = 0x40,
    DEVACTB_HIGH = 0x5B,
    DEVRESC_HIGH = 0x5F,
    DEVRESE_HIGH = 0x63,
    DEVRESG_HIGH = 0x67,
    PMREGMISC = 0x80,
    SMBBA = 0x90,
    SMBHSTCFG = 0xD2,
    APMC_EN = 0x02,
    /* The PM block's ports. */
    PMSTS = 0x00,
    PMEN = 0x02,
    PMCNTRL = 0x04,
    PMTMR = 0x08,
    PCNTRL = 0x10,
    GLBEN = 0x20,
    GPOREG = 0x34,
    PM_PORTS = 64,
    /* PMSTS and PMEN. */
    TMROF = 0x0001,
    GBL = 0x0020,
    PWRBTN = 0x0100,
    RTC = 0x0400,
    STATUS_BITS = 0x8D31,
    ENABLE_BITS = TMROF | GBL | PWRBTN | RTC,
    /* PMCNTRL. */
    SCI_EN = 0x0001,
    CONTROL_BITS = 0x1C03,
    SUS_EN_HIGH = 0x20,
    SOFT_OFF = 0,
    /* The SMBus host's ports. */
    SMBHSTSTS = 0,
    SMBHSTCNT = 2,
    SMBBLKDAT = 7,
    SMBUS_PORTS = 16,
    SMBUS_START = 0x40,
    SMBUS_DEVICE_ERROR = 0x04,
    SMBUS_STATUS_BITS = 0x1E,
    TIMER_BITS = 24,
};

/* ---- events ---- */

/* The timer's status bit is set whenever its highest bit toggles; we look when somebody asks. */
static void notice_overflow(Piix4Pm *pm)
{
    u64 half_periods = clock_ticks(pm->clock, PIIX4_PM_HZ) >> (TIMER_BITS - 1);

    if (half_periods != pm->timer_seen)
        pm->pm1_status |= TMROF;
    pm->timer_seen = half_periods;
}

static void update(Piix4Pm *pm)
{
    bool request;

    notice_overflow(pm);
    request = (pm->pm1_status & pm->pm1_enable) || (pm->gpe_status & pm->gpe_enable);
    irq_line_set(pm->sci, request && (pm->pm1_control & SCI_EN));
    if ((pm->pm1_enable & TMROF) && !(pm->pm1_status & TMROF))
        clock_schedule(
            pm->clock, &pm->overflow,
            clock_when(pm->clock, (pm->timer_seen + 1) << (TIMER_BITS - 1), PIIX4_PM_HZ));
    else
        clock_cancel(pm->clock, &pm->overflow);
}

static void overflow_due(void *owner)
{
    update(owner);
}

void piix4_pm_power_button(Piix4Pm *pm)
{
    pm->pm1_status |= PWRBTN;
    update(pm);
}

/* ---- the PM block ---- */

static u8 pm_read_byte(Piix4Pm *pm, u32 offset)
{
    unsigned high = offset & 1 ? 8 : 0;

    switch (offset & ~1u) {
    case PMSTS:
        return (u8)(pm->pm1_status >> high);
    case PMEN:
        return (u8)(pm->pm1_enable >> high);
    case PMCNTRL:
        return (u8)(pm->pm1_control >> high);
    case PMTMR:
    case PMTMR + 2:
        return (u8)(bits(clock_ticks(pm->clock, PIIX4_PM_HZ), TIMER_BITS - 1, 0) >>
                    (8 * (offset - PMTMR)));
    default:
        return pm->plain[offset % PM_PORTS];
    }
}

/* Replaces the byte of `old` that `offset` selects, as far as `writable` lets it. */
static u16 merge(u16 old, u32 offset, u8 value, u16 writable)
{
    u16 mask = (u16)((offset & 1 ? 0xFF00 : 0x00FF) & writable);

    return (u16)((old & ~mask) | ((value | value << 8) & mask));
}

static void write_control(Piix4Pm *pm, u32 offset, u8 value)
{
    pm->pm1_control = merge(pm->pm1_control, offset, value, CONTROL_BITS);
    if (!(offset & 1) || !(value & SUS_EN_HIGH))
        return;
    if (bits(pm->pm1_control, 12, 10) == SOFT_OFF) {
        LOG(pm->log, LOG_ACPI, "soft off");
        irq_line_set(pm->power_off, true);
    } else {
        log_once(pm->log, LOG_ACPI, "the guest asked for a sleep state that is not implemented");
    }
}

static bool keeps_what_is_written(u32 offset)
{
    return (offset >= PCNTRL && offset < PCNTRL + 4) || (offset >= GLBEN && offset < 0x30) ||
           (offset >= GPOREG && offset < GPOREG + 4);
}

static void pm_write_byte(Piix4Pm *pm, u32 offset, u8 value)
{
    switch (offset & ~1u) {
    case PMSTS:
        pm->pm1_status &= (u16)~merge(0, offset, value, STATUS_BITS);
        break;
    case PMEN:
        pm->pm1_enable = merge(pm->pm1_enable, offset, value, ENABLE_BITS);
        break;
    case PMCNTRL:
        write_control(pm, offset, value);
        break;
    default:
        if (keeps_what_is_written(offset))
            pm->plain[offset % PM_PORTS] = value;
    }
}

static u64 pm_read(void *device, u32 offset, Size size)
{
    Piix4Pm *pm = device;
    u64 value = 0;

    if (offset < PMEN)
        notice_overflow(pm);
    for (unsigned i = 0; i < size; i++)
        value |= (u64)pm_read_byte(pm, offset + i) << (8 * i);
    return value;
}

static void pm_write(void *device, u32 offset, Size size, u64 value)
{
    Piix4Pm *pm = device;

    notice_overflow(pm);
    for (unsigned i = 0; i < size; i++)
        pm_write_byte(pm, offset + i, (u8)(value >> (8 * i)));
    update(pm);
}

static const IoOps pm_ports = {DWORD, pm_read, pm_write};

/* ---- general purpose events: two bytes of status, two of enables ---- */

static u64 gpe_read(void *device, u32 offset, Size size)
{
    const Piix4Pm *pm = device;
    u32 both = (u32)pm->gpe_enable << 16 | pm->gpe_status;

    return both >> (8 * offset) & size_mask(size);
}

static void gpe_write(void *device, u32 offset, Size size, u64 value)
{
    Piix4Pm *pm = device;

    (void)size;
    if (offset < 2)
        pm->gpe_status &= (u16)~merge(0, offset, (u8)value, 0xFFFF);
    else
        pm->gpe_enable = merge(pm->gpe_enable, offset, (u8)value, 0xFFFF);
    update(pm);
}

static const IoOps gpe_ports = {BYTE, gpe_read, gpe_write};

/* ---- APM control and status, B2h and B3h ---- */

static u64 apm_read(void *device, u32 offset, Size size)
{
    const Piix4Pm *pm = device;

    (void)size;
    return offset ? pm->apm_status : pm->apm_control;
}

/* On a real board the write raises an SMI, and the BIOS's handler changes SCI_EN; this board has
 * no SMI, so the chip acts for the handler. */
static void apm_write(void *device, u32 offset, Size size, u64 value)
{
    Piix4Pm *pm = device;

    (void)size;
    if (offset) {
        pm->apm_status = (u8)value;
        return;
    }
    pm->apm_control = (u8)value;
    if (value == PIIX4_ACPI_ENABLE)
        pm->pm1_control |= SCI_EN;
    else if (value == PIIX4_ACPI_DISABLE)
        pm->pm1_control &= (u16)~SCI_EN;
    LOG(pm->log, LOG_ACPI, "APM command %02X", pm->apm_control);
    update(pm);
}

static const IoOps apm_ports = {BYTE, apm_read, apm_write};

/* ---- SMBus host ---- */

static u64 smbus_read(void *device, u32 offset, Size size)
{
    Piix4Pm *pm = device;
    unsigned at = offset % SMBUS_PORTS;

    (void)size;
    switch (at) {
    case SMBHSTSTS:
        return pm->smbus_status;
    case SMBHSTCNT:
        pm->smbus_index = 0; /* so that a block is read from its start */
        return pm->smbus_registers[at];
    case SMBBLKDAT:
        pm->smbus_index %= sizeof pm->smbus_block;
        return pm->smbus_block[pm->smbus_index++];
    default:
        return pm->smbus_registers[at];
    }
}

static void smbus_write(void *device, u32 offset, Size size, u64 value)
{
    Piix4Pm *pm = device;
    unsigned at = offset % SMBUS_PORTS;

    (void)size;
    switch (at) {
    case SMBHSTSTS:
        pm->smbus_status &= (u8) ~(value & SMBUS_STATUS_BITS);
        break;
    case SMBHSTCNT:
        pm->smbus_registers[at] = (u8)value & 0x1F;
        if (value & SMBUS_START)
            pm->smbus_status |= SMBUS_DEVICE_ERROR; /* nobody answers */
        break;
    case SMBBLKDAT:
        pm->smbus_index %= sizeof pm->smbus_block;
        pm->smbus_block[pm->smbus_index++] = (u8)value;
        break;
    case 3 ... 6:
    case 8 ... 13:
        pm->smbus_registers[at] = (u8)value;
        break;
    default:
        break;
    }
}

static const IoOps smbus_ports = {BYTE, smbus_read, smbus_write};

/* ---- configuration ---- */

static void place(AddressSpace *ports, Region *region, u32 base, bool enabled)
{
    if (enabled)
        region_move(ports, region, base);
    region_enable(ports, region, enabled && base != 0);
}

static void place_ports(Piix4Pm *pm)
{
    AddressSpace *ports = pm->pci.bus->ports;

    place(ports, pm->pm_io, pci_config_get(&pm->pci, PMBASE, WORD) & 0xFFC0,
          pm->pci.config[PMREGMISC] & 1);
    place(ports, pm->smbus_io, pci_config_get(&pm->pci, SMBBA, WORD) & 0xFFF0,
          pm->pci.config[SMBHSTCFG] & 1);
}

static void config_written(PciDevice *device, u8 offset, Size size)
{
    (void)offset;
    (void)size;
    place_ports((Piix4Pm *)device);
}

void piix4_pm_set_ports(Piix4Pm *pm, bool serial1, bool serial2, bool parallel)
{
    u8 *config = pm->pci.config;

    config[DEVRESC_HIGH] = (u8)(0x10 | (parallel ? 0x80 : 0));
    config[DEVRESE_HIGH] = 0x60;
    config[DEVRESG_HIGH] = (u8)((serial1 ? 0x08 : 0) | (serial2 ? 0x90 : 0));
}

static void allow_writes(Piix4Pm *pm)
{
    u8 *writable = pm->pci.writable;

    for (unsigned i = PMBASE; i < 0xE0; i++)
        writable[i] = 0xFF;
    writable[PMBASE] = 0xC0;
    writable[PMBASE + 2] = writable[PMBASE + 3] = 0;
    writable[DEVRESC_HIGH] = writable[DEVRESE_HIGH] = writable[DEVRESG_HIGH] = 0;
    writable[PMREGMISC] = 0x01;
    writable[SMBBA] = 0xF0;
    writable[SMBBA + 2] = writable[SMBBA + 3] = 0;
    writable[SMBHSTCFG] = 0x0F;
}

void piix4_pm_init(Piix4Pm *pm, PciBus *bus, AddressSpace *ports, Clock *clock, Log *log,
                   IrqLine sci, IrqLine power_off)
{
    static const PciIdentity identity = {.vendor = 0x8086,
                                         .device = 0x7113,
                                         .revision = 3,
                                         .class_code = 0x068000,
                                         .subsystem_vendor = 0x1AF4,
                                         .subsystem = 0x1100,
                                         .interrupt_pin = 1};

    *pm = (Piix4Pm){.clock = clock, .log = log, .sci = sci, .power_off = power_off};
    pci_attach(bus, &pm->pci, "PIIX4 PM", 1, 3, &identity);
    event_init(clock, &pm->overflow, "pm timer", overflow_due, pm);
    pm->pm_io = space_add_io(ports, "acpi pm", PIIX4_PM_BASE, PM_PORTS, &pm_ports, pm);
    pm->smbus_io =
        space_add_io(ports, "smbus", PIIX4_PM_BASE + 0x100, SMBUS_PORTS, &smbus_ports, pm);
    region_set_priority(ports, pm->pm_io, -1);
    region_set_priority(ports, pm->smbus_io, -1);
    space_add_io(ports, "acpi gpe", PIIX4_GPE_BASE, 4, &gpe_ports, pm);
    space_add_io(ports, "apm", 0xB2, 2, &apm_ports, pm);
    allow_writes(pm);
    pm->pci.config_written = config_written;
    piix4_pm_set_ports(pm, true, true, true);
    piix4_pm_reset(pm);
}

void piix4_pm_reset(Piix4Pm *pm)
{
    u8 *config = pm->pci.config;
    u8 fitted[3] = {config[DEVRESC_HIGH], config[DEVRESE_HIGH], config[DEVRESG_HIGH]};

    pci_device_reset(&pm->pci);
    pci_config_set(&pm->pci, PCI_STATUS, WORD, 0x0280);
    for (unsigned i = PMBASE; i < 0xE0; i++)
        config[i] = 0;
    config[PMBASE] = 1;
    config[SMBBA] = 1;
    /* "SMIs on APM commands are enabled": firmware takes it that system management mode was set
     * up before, and leaves it alone. The board has none. */
    config[DEVACTB_HIGH] = APMC_EN;
    config[DEVRESC_HIGH] = fitted[0];
    config[DEVRESE_HIGH] = fitted[1];
    config[DEVRESG_HIGH] = fitted[2];
    pm->pm1_status = pm->pm1_enable = pm->pm1_control = 0;
    pm->gpe_status = pm->gpe_enable = 0;
    pm->apm_control = pm->apm_status = 0;
    for (unsigned i = 0; i < PM_PORTS; i++)
        pm->plain[i] = 0;
    for (unsigned i = 0; i < SMBUS_PORTS; i++)
        pm->smbus_registers[i] = 0;
    pm->smbus_status = pm->smbus_index = 0;
    pm->timer_seen = clock_ticks(pm->clock, PIIX4_PM_HZ) >> (TIMER_BITS - 1);
    irq_line_set(pm->power_off, false);
    place_ports(pm);
    update(pm);
}

static void restored(void *chip)
{
    Piix4Pm *pm = chip;

    place_ports(pm);
    clock_restore_event(pm->clock, &pm->overflow);
}

static const Field fields[] = {
    FIELD_ARRAY(Piix4Pm, pci.config),
    FIELD(Piix4Pm, pci.irq_level),
    FIELD(Piix4Pm, pm1_status),
    FIELD(Piix4Pm, pm1_enable),
    FIELD(Piix4Pm, pm1_control),
    FIELD(Piix4Pm, gpe_status),
    FIELD(Piix4Pm, gpe_enable),
    FIELD(Piix4Pm, timer_seen),
    FIELD(Piix4Pm, apm_control),
    FIELD(Piix4Pm, apm_status),
    FIELD_ARRAY(Piix4Pm, plain),
    FIELD(Piix4Pm, smbus_status),
    FIELD_ARRAY(Piix4Pm, smbus_registers),
    FIELD_ARRAY(Piix4Pm, smbus_block),
    FIELD(Piix4Pm, smbus_index),
    FIELD_EVENT(Piix4Pm, overflow),
};
const StateTable piix4_pm_state = {"piix4 pm", fields, COUNT_OF(fields), restored};
