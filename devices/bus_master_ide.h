/*
 * The PCI function of the IDE controller and its two bus-master engines.
 */
#ifndef DEVICES_BUS_MASTER_IDE_H
#define DEVICES_BUS_MASTER_IDE_H

#include "devices/ide.h"

void bus_master_init(Ide *ide, AddressSpace *ports, PciBus *pci);
void bus_master_reset(Ide *ide);

/* Started by software and allowed to by the PCI command register. */
bool bus_master_ready(const IdeChannel *channel);

/* Moves `length` bytes between `bytes` and the memory that the descriptors name; fewer when the
 * descriptors end. */
u32 bus_master_move(IdeChannel *channel, u8 *bytes, u32 length, bool to_memory);

/* The drive's INTRQ went up. */
void bus_master_interrupt(IdeChannel *channel);

#endif
