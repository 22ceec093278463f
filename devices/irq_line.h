/*
 * A wire: what a chip drives, without knowing what hangs at the other end. Interrupt requests,
 * the A20 gate, the reset line and the speaker's gate are all wires.
 */
#ifndef DEVICES_IRQ_LINE_H
#define DEVICES_IRQ_LINE_H

#include "mmu/base.h"

typedef struct IrqLine {
    void (*set)(void *target, unsigned pin, bool level);    /* NULL: not connected */
    void *target;
    unsigned pin;
} IrqLine;

FORCE_INLINE void irq_line_set(IrqLine line, bool level)
{
    if (line.set)
        line.set(line.target, line.pin, level);
}

/* An edge: up, then down again. */
FORCE_INLINE void irq_line_pulse(IrqLine line)
{
    irq_line_set(line, true);
    irq_line_set(line, false);
}

#endif
