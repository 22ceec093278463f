/*
 * The 8254 interval timer: ports 40h-43h, 1,193,182 Hz. Channel 0 drives IRQ0, channel 1 was the
 * memory refresh, channel 2 feeds the speaker. Intel 8254 data sheet, "Programming the 8254",
 * "Mode Definitions", "Operation Common to All Modes".
 *
 * A channel costs nothing while it counts: the counter is computed from the clock when it is read,
 * and only channel 0 schedules an event, for the next time its output changes.
 *
 * Not implemented: the undefined counts that a channel shows between the two bytes of a count in
 * flight (the old count goes on, as in modes 1, 2, 3 and 5).
 */
#ifndef DEVICES_I8254_H
#define DEVICES_I8254_H

#include "devices/clock.h"
#include "devices/irq_line.h"
#include "mmu/bus.h"
#include "mmu/field.h"

enum { I8254_CHANNELS = 3, I8254_HZ = 1193182 };

typedef struct I8254Channel {
    u16 reload;      /* count register; 0 means 65,536 (10,000 in BCD) */
    u16 next_reload; /* written while counting: used from the next period on */
    u8 mode;         /* 0-5 */
    bool bcd;
    u8 access;       /* RW1, RW0: 1 low byte, 2 high byte, 3 both */
    u8 write_low;    /* first byte of a 16-bit count */
    bool write_high; /* the next byte written is the high one */
    bool read_high;  /* the next byte read is the high one */
    u8 latched;      /* bytes of `latch` still to be read: bit 0 low, bit 1 high */
    u16 latch;
    bool status_latched;
    u8 status;
    bool null_count; /* a count was written that the counting element has not yet got */
    bool loaded;     /* a count was written since the mode was */
    bool counting;   /* false: waiting for a count or, in modes 1 and 5, for the gate */
    bool gate;
    u64 start; /* tick at which the counting element held `reload` */
    u32 held;  /* what it holds while not counting */
} I8254Channel;

typedef struct I8254 {
    I8254Channel channels[I8254_CHANNELS];
    bool irq_level; /* as last driven */
    Event edge;     /* the next change of channel 0's output */
    Clock *clock;
    IrqLine irq;
    Log *log;
} I8254;

extern const StateTable i8254_state;

void i8254_init(I8254 *pit, AddressSpace *ports, Clock *clock, Log *log, IrqLine irq0);
void i8254_reset(I8254 *pit);

/* The GATE and OUT pins. Gates 0 and 1 are tied high; the speaker's port 61h drives gate 2. */
void i8254_set_gate(I8254 *pit, unsigned channel, bool level);
bool i8254_output(I8254 *pit, unsigned channel);

/* The square wave that a channel gives out: false while it gives none. */
bool i8254_frequency(const I8254 *pit, unsigned channel, unsigned *hz);

#endif
