/*
 * The 8042 keyboard controller of the PS/2: ports 60h and 64h, IRQ1 and IRQ12, the A20 gate and
 * the processor's reset. IBM PS/2 Hardware Interface Technical Reference, "Keyboard and Auxiliary
 * Device Controller".
 *
 * A byte takes a millisecond on its way from the keyboard or mouse, as on the real wire; so the
 * output buffer keeps its value for a while after it was read, which some programs rely on.
 *
 * Not implemented: the internal RAM beyond the command byte holds no program (commands 20h-3Fh and
 * 60h-7Fh read and write it as memory); the password feature (A4h says: none installed).
 */
#ifndef DEVICES_I8042_H
#define DEVICES_I8042_H

#include "devices/clock.h"
#include "devices/ps2_keyboard.h"
#include "devices/ps2_mouse.h"
#include "mmu/bus.h"

/* What the controller drives. */
typedef struct I8042Wires {
    IrqLine irq1, irq12;
    IrqLine a20;   /* level: the address line is let through; high after reset */
    IrqLine reset; /* goes high when the guest pulses the processor's reset */
} I8042Wires;

typedef struct I8042 {
    u8 ram[32];     /* [0] is the command byte */
    u8 output;      /* the output buffer, as port 60h reads */
    u8 status;      /* bit 0 output full, 2 system flag, 3 last write was a command, 5 from mouse */
    u8 output_port; /* P2: bit 0 reset (active low), 1 A20, 4 IRQ1, 5 IRQ12 */
    u8 command;     /* whose parameter is awaited at port 60h; 0: none */
    u8 reply;       /* what a controller command answers while the buffer is full */
    bool reply_waiting, reply_from_mouse;
    bool prefix_f0;  /* translation: the break code's F0h was seen */
    bool mouse_turn; /* who comes first when both have bytes waiting */
    Event transfer;  /* a byte arrives */
    Ps2Keyboard *keyboard;
    Ps2Mouse *mouse;
    I8042Wires wires;
    Clock *clock;
    Log *log;
} I8042;

extern const StateTable i8042_state;

/* Initialize the keyboard and the mouse first. Adds ports 60h and 64h. */
void i8042_init(I8042 *controller, AddressSpace *ports, Clock *clock, Log *log,
                const I8042Wires *wires, Ps2Keyboard *keyboard, Ps2Mouse *mouse);

/* The controller only; the keyboard and the mouse have their own. */
void i8042_reset(I8042 *controller);

#endif
