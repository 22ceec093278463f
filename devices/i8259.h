/*
 * The pair of 8259A interrupt controllers: master at 20h, slave at A0h on the master's input 2,
 * edge/level control registers at 4D0h. Intel 8259A data sheet, "Initialization Command Words",
 * "Operation Command Words", "Interrupt Sequence"; PIIX3 data sheet, "ELCR".
 *
 * Not implemented: MCS-80/85 mode (ICW1/ICW4 bit uPM = 0 gives a CALL: treated as 8086 mode),
 * buffered mode (no pins to see it). As in the PIIX3, ICW1's LTIM is ignored (the ELCR decides) and
 * the slave sits on input 2 whatever ICW3 says.
 */
#ifndef DEVICES_I8259_H
#define DEVICES_I8259_H

#include "devices/irq_line.h"
#include "mmu/bus.h"
#include "mmu/field.h"

typedef struct I8259 {
    u8 irr, isr, imr; /* request, in service, mask */
    u8 inputs;        /* levels of IR0-7 now */
    u8 elcr;          /* bit n: input n is level-triggered */
    u8 vector_base;   /* ICW2 */
    u8 icw3, icw4;
    u8 init_step; /* ICW expected next: 2, 3, 4; 0: initialized */
    u8 lowest;    /* the input with the lowest priority; 7 unless rotated */
    bool expects_icw4, single, rotate_on_auto_eoi;
    bool special_mask, poll, read_isr;
    bool output;   /* INT pin */
    bool is_slave; /* SP/EN pin: soldered */
    struct I8259Pair *pair;
} I8259;

typedef struct I8259Pair {
    I8259 master, slave;
    IrqLine intr;
    Log *log;
} I8259Pair;

extern const StateTable i8259_state;

/* `intr` goes to the processor, or to LINT0 of its local APIC. */
void i8259_init(I8259Pair *pair, AddressSpace *ports, Log *log, IrqLine intr);
void i8259_reset(I8259Pair *pair);

/* Both INTA cycles: the vector, with everything that follows from the acknowledge. IR7 (vector
 * base + 7) when the request has gone away. */
u8 i8259_acknowledge(I8259Pair *pair);

/* Input `irq` (0-15, but for 2) as a wire. */
IrqLine i8259_line(I8259Pair *pair, unsigned irq);

#endif
