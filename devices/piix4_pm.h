/*
 * 82371AB (PIIX4), function 3 at 00:01.3: power management and SMBus host. The board is a PIIX3
 * with this one function of its successor, the combination that PC firmware for virtual machines
 * expects.
 *
 * Intel 82371AB PCI-TO-ISA/IDE Xcelerator PIIX4 (290562), "Power Management" and "System
 * Management Bus"; ACPI Specification 1.0b, "ACPI Hardware Specification".
 */
#ifndef DEVICES_PIIX4_PM_H
#define DEVICES_PIIX4_PM_H

#include "devices/clock.h"
#include "devices/pci.h"

enum {
    PIIX4_PM_HZ = 3579545,
    PIIX4_PM_BASE = 0x600,      /* where the firmware puts PMBASE; the ACPI tables say so */
    PIIX4_GPE_BASE = 0xAFE0,
    PIIX4_ACPI_ENABLE = 0xF1,   /* written to B2h */
    PIIX4_ACPI_DISABLE = 0xF0,
};

typedef struct Piix4Pm {
    PciDevice pci;
    u16 pm1_status, pm1_enable, pm1_control;
    u16 gpe_status, gpe_enable;
    u64 timer_seen;             /* half periods of the PM timer whose overflow was noticed */
    u8 apm_control, apm_status;
    u8 plain[64];               /* registers of the PM block that only keep what is written */
    u8 smbus_status, smbus_registers[16], smbus_block[32], smbus_index;
    Event overflow;
    Clock *clock;
    Log *log;
    Region *pm_io, *smbus_io;
    IrqLine sci;                /* level, to system interrupt 9 */
    IrqLine power_off;          /* goes high when software turns the power off (S5) */
} Piix4Pm;

/* Adds ports B2h-B3h and AFE0h-AFE3h; the others appear where the guest puts them. */
void piix4_pm_init(Piix4Pm *pm, PciBus *bus, AddressSpace *ports, Clock *clock, Log *log,
                   IrqLine sci, IrqLine power_off);
void piix4_pm_reset(Piix4Pm *pm);

/* Says which ports are fitted, where the firmware's and the DSDT's code looks for it (the device
 * resource registers). */
void piix4_pm_set_ports(Piix4Pm *pm, bool serial1, bool serial2, bool parallel);

/* The user presses the power button. */
void piix4_pm_power_button(Piix4Pm *pm);

/* With its configuration space. */
extern const StateTable piix4_pm_state;

#endif
