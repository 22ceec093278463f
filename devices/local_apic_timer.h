/*
 * The timer of a local APIC. Its input clock, the processor's bus clock, runs at the machine's
 * nominal rate. Intel SDM Vol. 3, "APIC Timer".
 *
 * Not implemented: TSC-deadline mode (no processor model announces it).
 */
#ifndef DEVICES_LOCAL_APIC_TIMER_H
#define DEVICES_LOCAL_APIC_TIMER_H

#include "devices/local_apic.h"

/* Writes of the initial count (0 stops it) and of the divide configuration. */
void local_apic_timer_start(LocalApic *apic, u32 count);
void local_apic_timer_divide(LocalApic *apic, u8 divide);

/* The current count register. */
u32 local_apic_timer_count(const LocalApic *apic);

/* Notices that a one-shot count has ended: before its mode changes. */
void local_apic_timer_settle(LocalApic *apic);

/* Schedules the next interrupt; none while the LVT entry is masked. */
void local_apic_timer_schedule(LocalApic *apic);

#endif
