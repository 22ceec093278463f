/* Ending it all. */
#pragma once
#include "types.h"

/* What the ACPI tables say about switching off. */
typedef struct PowerOff {
    u32 rsdp, rsdt, fadt, dsdt; /* physical addresses */
    u16 control_port;           /* PM1a_CNT */
    u16 control_port_b;         /* PM1b_CNT, 0: there is none */
    u16 enable_port;            /* SMI_CMD, 0: ACPI is always on */
    u8 enable_value;
    u8 sleep_type; /* for S5 */
} PowerOff;

/* False: there are no usable ACPI tables. */
bool power_find(PowerOff *power);
void power_off(const PowerOff *power); /* returns when it did not work */
void power_off_guess(void);            /* ports of well-known emulators */
void power_reset(void);
_Noreturn void power_crash(void); /* a triple fault */
