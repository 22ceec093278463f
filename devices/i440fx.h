/*
 * 82441FX (PMC) of the 440FX PCIset: the host bridge at 00:00.0. It decides, for each piece of
 * C0000h-FFFFFh, whether reads and writes reach RAM or go on to the PCI bus and so to the ROMs.
 *
 * Intel 440FX PCIset: 82441FX PCI and Memory Controller (290549), "Register Description".
 */
#ifndef DEVICES_I440FX_H
#define DEVICES_I440FX_H

#include "devices/pci.h"

enum { I440FX_SEGMENTS = 13 };      /* twelve of 16 KiB from C0000h, one of 64 KiB at F0000h */

typedef struct I440fx {
    PciDevice pci;
    Region *segments[I440FX_SEGMENTS];  /* RAM laid over the ROMs; PAM0-PAM6 open it */
    Region *smram;                      /* RAM under the VGA window, A0000h-BFFFFh */
    AddressSpace *memory;
} I440fx;

/* Adds the RAM of C0000h-FFFFFh (priority 1) and A0000h-BFFFFh (priority 2) to the bus's memory
 * space, closed. Whatever shows while it is closed (the BIOS, option ROMs, the VGA window) is the
 * board's, at priority 0, as is the RAM below A0000h and from 100000h. `ram` holds RAM from
 * address 0; `ram_bytes` sets the DRAM row registers. */
void i440fx_init(I440fx *bridge, PciBus *bus, Memory *ram, u64 ram_bytes);
void i440fx_reset(I440fx *bridge);

/* With its configuration space. */
extern const StateTable i440fx_state;

#endif
