/*
 * The I/O APIC: 24 inputs, registers at FEC00000h. Intel 82093AA I/O Advanced Programmable
 * Interrupt Controller data sheet, "Register Description". The version is 20h as in the ICH's, with
 * the EOI register.
 *
 * Not implemented: the APIC bus's arbitration ID register only shows the ID.
 */
#ifndef DEVICES_IO_APIC_H
#define DEVICES_IO_APIC_H

#include "devices/irq_line.h"
#include "devices/local_apic.h"
#include "mmu/bus.h"
#include "mmu/field.h"

enum { IO_APIC_PINS = 24 };

typedef struct IoApic {
    u8 select; /* IOREGSEL */
    u8 id;
    u64 redirection[IO_APIC_PINS]; /* bit 12 delivery status, 14 remote IRR: read-only */
    u32 levels;                    /* the inputs now, active high */
    void (*send)(void *owner, const ApicMessage *message);
    void *owner;
    Log *log;
} IoApic;

extern const StateTable io_apic_state;

/* `send` delivers a message to the local APICs: apic_bus_send(), or the board's own. */
void io_apic_init(IoApic *apic, AddressSpace *memory, Log *log,
                  void (*send)(void *owner, const ApicMessage *message), void *owner);
void io_apic_reset(IoApic *apic);

/* Input `pin` (0-23) as a wire. Levels are logical: true is asserted, whatever the polarity bit. */
IrqLine io_apic_line(IoApic *apic, unsigned pin);

/* A local APIC has ended a level-triggered interrupt. */
void io_apic_end_of_interrupt(IoApic *apic, u8 vector);

#endif
