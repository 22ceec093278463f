/*
 * Port 92h, "system control port A" of the PS/2: fast A20 gate and fast reset. IBM PS/2 Hardware
 * Interface Technical Reference, "System Control Port A"; PIIX3 data sheet, "Port 92 Register".
 *
 * Not implemented: the password lock and the activity lights (bits 3, 6, 7 only read back).
 */
#ifndef DEVICES_PORT92_H
#define DEVICES_PORT92_H

#include "devices/irq_line.h"
#include "mmu/bus.h"
#include "mmu/field.h"

typedef struct Port92 {
    u8 value; /* bit 1: A20; bit 0: reset */
    IrqLine a20, reset;
    Log *log;
} Port92;

extern const StateTable port92_state;

/* The A20 gates of this port and of the 8042 are ORed on the board: the address line is forced low
 * only while both are low. */
void port92_init(Port92 *port, AddressSpace *ports, Log *log, IrqLine a20, IrqLine reset);
void port92_reset(Port92 *port);

#endif
