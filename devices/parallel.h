/*
 * Parallel printer port (SPP). Its source file says which data sheet.
 */
#ifndef DEVICES_PARALLEL_H
#define DEVICES_PARALLEL_H

#include "devices/backend.h"
#include "devices/clock.h"
#include "devices/irq_line.h"
#include "mmu/bus.h"
#include "mmu/field.h"

typedef struct Parallel {
    u8 data, control;
    bool busy;              /* the printer is taking a byte */
    Event acknowledge;
    Clock *clock;
    Log *log;
    IrqLine irq;
    ByteSink sink;
} Parallel;

extern const StateTable parallel_state;

/* Three ports from `base`. `sink` takes what the guest prints; without one no printer is there. */
void parallel_init(Parallel *port, AddressSpace *ports, u16 base, Clock *clock, Log *log,
                   IrqLine irq, ByteSink sink);
void parallel_reset(Parallel *port);

#endif
