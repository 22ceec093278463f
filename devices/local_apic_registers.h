/*
 * What the registers of a local APIC and the interrupts that pass through it have to do with each
 * other. Only for the local APIC's own files.
 */
#ifndef DEVICES_LOCAL_APIC_REGISTERS_H
#define DEVICES_LOCAL_APIC_REGISTERS_H

#include "devices/local_apic.h"

/* Bits of LVT entries. */
enum {
    LVT_REMOTE_IRR = 1 << 14,
    LVT_LEVEL = 1 << 15,
    LVT_MASKED = 1 << 16,
    LVT_PERIODIC = 1 << 17
};

/* Bits of the error status register. */
enum { ERROR_SEND_VECTOR = 0x20, ERROR_RECEIVED_VECTOR = 0x40, ERROR_REGISTER = 0x80 };

/* Enabled by IA32_APIC_BASE and by the spurious-interrupt vector register too. */
bool local_apic_software_enabled(const LocalApic *apic);

/* Drives the core's INTR, after anything that it depends on has changed. */
void local_apic_update(LocalApic *apic);

/* Records an error, and interrupts where the LVT says so. */
void local_apic_report_error(LocalApic *apic, u32 error);

/* What an unmasked LINT pin does when it goes up, but for ExtINT, which is looked at as a level. */
void local_apic_lint_raised(LocalApic *apic, unsigned pin);

/* A write to the EOI register. */
void local_apic_end_of_interrupt(LocalApic *apic);

#endif
