/*
 * The 8254 interval timer: ports 40h-43h, 1,193,182 Hz. Channel 0 drives IRQ0, channel 1 was the
 * memory refresh, channel 2 feeds the speaker. Intel 8254 data sheet, "Programming the 8254",
 * "Mode Definitions", "Operation Common to All Modes".
 *
 * A channel costs nothing while it counts: the counter is computed from the clock when it is read,
 * and only channel 0 schedules an event, for the next time its output changes.
 *
 * Not implemented: nothing that a program could rely on. A count of 1 in modes 2 and 3, which the
 * data sheet forbids, leaves the output high.
 */
#ifndef DEVICES_I8254_H
#define DEVICES_I8254_H

#include "devices/clock.h"
#include "devices/irq_line.h"
#include "mmu/bus.h"
#include "mmu/field.h"

enum { I8254_CHANNELS = 3, I8254_HZ = 1193182 };

/* What a channel's counting element is doing. */
typedef enum I8254State {
    I8254_WAITING, /* for a count after the mode was set, or (modes 1, 5) for the first trigger */
    I8254_RUNNING,
    I8254_PAUSED, /* by its gate */
} I8254State;

typedef struct I8254Channel {
    u8 mode;    /* 0-5 */
    u8 control; /* bits 0-5 as written, for the status byte */
    u8 access;  /* bytes of a count that are written: bit 0 low, 1 high */
    bool bcd, gate;
    u8 state;                        /* I8254State */
    u16 count_register;              /* as written last: 0 means 65,536, or 10,000 in BCD */
    u8 low_byte;                     /* of a count whose high byte is still to come */
    bool write_high, read_high;      /* the next byte is the high one */
    bool count_written, count_taken; /* since the mode was set; by the counting element */
    u32 initial;                     /* what the counting element began with: 1-65,536 */
    i64 start;                       /* the tick at which it held that */
    u64 elapsed;                     /* while paused: ticks counted so far */
    u16 frozen;                      /* the count that shows while it does not run */
    bool switch_pending;             /* modes 2, 3: a new count is used from `switch_at` on */
    i64 switch_at;
    u8 latched; /* bytes of `latch` still to be read, as in `access` */
    u16 latch;
    bool status_latched;
    u8 status;
} I8254Channel;

typedef struct I8254 {
    I8254Channel channels[I8254_CHANNELS];
    i64 seen;   /* channel 0's output was followed up to this tick */
    Event edge; /* the next change of channel 0's output */
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
