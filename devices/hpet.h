/*
 * The high precision event timer: one 64-bit counter of 100 MHz and three comparators at FED00000h.
 * Intel, "IA-PC HPET (High Precision Event Timers) Specification" 1.0a.
 *
 * The 8254's and the RTC's interrupts pass through it: legacy replacement (LEG_RT_CNF) takes IRQ0
 * and IRQ8 away from them and gives them to comparators 0 and 1.
 *
 * Not implemented: FSB (message-signalled) delivery: the capability bit says so.
 */
#ifndef DEVICES_HPET_H
#define DEVICES_HPET_H

#include "devices/clock.h"
#include "devices/irq_line.h"
#include "mmu/bus.h"
#include "mmu/field.h"

enum { HPET_COMPARATORS = 3, HPET_HZ = 100000000, HPET_ROUTES = 24 };

typedef struct HpetComparator {
    u64 config; /* the writable bits of Tn_CONF_CAP */
    u64 value;  /* Tn_CMP */
    u64 period; /* of a periodic comparator: the last value written */
    bool level; /* of its interrupt, as last driven */
    Event match;
    struct Hpet *hpet;
} HpetComparator;

/* Where the interrupts go. */
typedef struct HpetWires {
    IrqLine route;      /* its `pin` is replaced by the I/O APIC input chosen: 0-23 */
    IrqLine irq0, irq8; /* the wires that the 8254 and the RTC would otherwise drive */
} HpetWires;

typedef struct Hpet {
    u64 config, status;
    u64 counter; /* main counter at tick `counter_start`, or while halted */
    u64 counter_start;
    HpetComparator comparators[HPET_COMPARATORS];
    bool legacy_levels[2]; /* what the 8254 and the RTC drive now */
    HpetWires wires;
    Clock *clock;
    Log *log;
} Hpet;

extern const StateTable hpet_state;

void hpet_init(Hpet *hpet, AddressSpace *memory, Clock *clock, Log *log, const HpetWires *wires);
void hpet_reset(Hpet *hpet);

/* Input 0: connect the 8254's output here; input 1: the RTC's interrupt. */
IrqLine hpet_legacy_line(Hpet *hpet, unsigned input);

#endif
