/*
 * 82371SB (PIIX3), function 0 at 00:01.0: the PCI-to-ISA bridge. It routes PIRQA#..PIRQD# to ISA
 * interrupts and holds the reset control register. (The 8259s, the 8254, the 8237s and the ELCR,
 * which are in the same package, are files of their own.)
 *
 * Intel 82371FB (PIIX) and 82371SB (PIIX3) PCI ISA IDE Xcelerator (290550), "PCI Configuration
 * Registers -- PCI to ISA Bridge" and "Reset Control Register".
 */
#ifndef DEVICES_PIIX3_H
#define DEVICES_PIIX3_H

#include "devices/pci.h"

typedef struct Piix3 {
    PciDevice pci;
    u8 pirq_levels;         /* bit n: PIRQA + n is asserted */
    u16 isa_levels;         /* bit n: ISA interrupt n is driven high by the router */
    u8 reset_control;       /* CF9h */
    IrqLine isa_irq[16];
    IrqLine reset;
    Log *log;
} Piix3;

/* Takes the bus's `pirq` wires and port CF9h. `isa_irq[n]` is the system interrupt n: the board
 * leads it to 8259 input n *and* to I/O APIC input n (the tables tell guests so; only the 8254's
 * IRQ0 is at I/O APIC input 2). `reset` is pulsed for a hard or soft reset through CF9h. */
void piix3_init(Piix3 *bridge, PciBus *bus, const IrqLine isa_irq[16], IrqLine reset);
void piix3_reset(Piix3 *bridge);

/* With its configuration space. */
extern const StateTable piix3_state;

#endif
