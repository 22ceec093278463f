/*
 * The local APIC (xAPIC) of one processor: 4 KiB of registers at FEE00000h. Intel SDM Vol. 3,
 * "Advanced Programmable Interrupt Controller (APIC)".
 *
 * It stands between the 8259 pair and the processor: the 8259's INTR is its LINT0 pin. While the
 * APIC is disabled (IA32_APIC_BASE bit 11 clear) LINT0 and LINT1 are the processor's INTR and NMI.
 * The boot processor's LINT0 comes up as ExtINT, unmasked ("virtual wire mode"), which firmware
 * would set: so programs that know no APIC run without firmware too. Messages between APICs travel
 * over an ApicBus (devices/apic_bus.h).
 *
 * Not implemented: x2APIC, TSC-deadline mode, thermal and performance-counter interrupts (their
 * LVT entries are there, nothing raises them), the arbitration priority of the three-wire bus.
 */
#ifndef DEVICES_LOCAL_APIC_H
#define DEVICES_LOCAL_APIC_H

#include "devices/clock.h"
#include "devices/irq_line.h"
#include "mmu/bus.h"
#include "mmu/field.h"

/* SDM: "Delivery Mode" of LVT, ICR and redirection entries. */
typedef enum ApicDelivery {
    APIC_FIXED,
    APIC_LOWEST_PRIORITY,
    APIC_SMI,
    APIC_RESERVED,
    APIC_NMI,
    APIC_INIT,
    APIC_STARTUP,
    APIC_EXTINT,
} ApicDelivery;

/* An interrupt message on its way to one or more APICs. */
typedef struct ApicMessage {
    u8 vector, delivery;       /* delivery: ApicDelivery */
    u8 destination;            /* FFh: all */
    bool logical;              /* how `destination` is meant: logical or physical */
    bool level, trigger_level; /* asserted; level-triggered */
    u8 shorthand;              /* of the ICR: 0 none, 1 self, 2 all, 3 all but self */
} ApicMessage;

typedef enum ApicLvt {
    APIC_LVT_TIMER,
    APIC_LVT_THERMAL,
    APIC_LVT_PERFORMANCE,
    APIC_LVT_LINT0,
    APIC_LVT_LINT1,
    APIC_LVT_ERROR,
    APIC_LVT_COUNT
} ApicLvt;

typedef struct LocalApic LocalApic;

/* What it drives. `owner` is the same for all. Any may be NULL. */
typedef struct LocalApicWires {
    void *owner;
    void (*interrupt)(void *owner, bool level); /* the core's INTR */
    void (*nmi)(void *owner);                   /* an edge */
    void (*smi)(void *owner);
    void (*init)(void *owner);               /* INIT: reset, then wait for STARTUP */
    void (*startup)(void *owner, u8 vector); /* begin at vector * 4096, real mode */
    u8 (*external_acknowledge)(void *owner); /* INTA to the 8259 pair */
    void (*send)(void *owner, LocalApic *from, const ApicMessage *message);
    void (*end_of_interrupt)(void *owner, u8 vector); /* of a level-triggered one: to I/O APICs */
} LocalApicWires;

struct LocalApic {
    u64 base; /* IA32_APIC_BASE */
    u8 id, initial_id;
    u8 task_priority;
    u32 logical_destination, destination_format, spurious;
    u32 request[8], in_service[8], trigger[8]; /* IRR, ISR, TMR: 256 bits each */
    u32 error, error_seen;                     /* ESR as accumulated, and as latched by a write */
    u32 icr_low, icr_high;
    u32 lvt[APIC_LVT_COUNT];
    u8 divide; /* divide configuration: bits 0, 1 and 3 */
    u32 initial_count;
    u64 timer_start;        /* the cycle at which it held initial_count */
    bool timer_running;     /* false: the current count is 0 */
    bool lint_levels[2];    /* pins now */
    bool external_pending;  /* an ExtINT message arrived */
    bool waits_for_startup; /* INIT came, STARTUP did not */
    bool output;            /* as last driven to the core's INTR */
    Event timer;
    Clock *clock;
    Log *log;
    LocalApicWires wires;
};

extern const StateTable local_apic_state;

/* `id` is also its processor's number; number 0 is the boot processor. */
void local_apic_init(LocalApic *apic, Clock *clock, Log *log, const LocalApicWires *wires, u8 id);

/* Power-on; and the INIT message, which leaves the ID and IA32_APIC_BASE alone. */
void local_apic_reset(LocalApic *apic);
void local_apic_init_reset(LocalApic *apic);

/* Registers by offset (0-FFFh). Any size and alignment may come; the registers are 32 bits wide. */
u32 local_apic_read(LocalApic *apic, u32 offset);
void local_apic_write(LocalApic *apic, u32 offset, u32 value);

/* IA32_APIC_BASE; `set` returns false for a value that must raise #GP. */
u64 local_apic_get_base(const LocalApic *apic);
bool local_apic_set_base(LocalApic *apic, u64 value);
bool local_apic_enabled(const LocalApic *apic); /* CPUID.1:EDX.APIC follows it */

/* CR8 in long mode: bits 4-7 of the task priority. */
u8 local_apic_get_cr8(const LocalApic *apic);
void local_apic_set_cr8(LocalApic *apic, u8 value);

/* The LINT0 (pin 0: the 8259's INTR) and LINT1 (pin 1: NMI) inputs. */
IrqLine local_apic_line(LocalApic *apic, unsigned pin);

/* The processor's interrupt acknowledge: the vector to deliver. Fetches it from the 8259 pair for
 * an ExtINT. */
u8 local_apic_acknowledge(LocalApic *apic);

/* Whether a message is meant for this APIC, and taking it. */
bool local_apic_matches(const LocalApic *apic, const ApicMessage *message);
void local_apic_deliver(LocalApic *apic, const ApicMessage *message);

/* Its processor's current priority class, for lowest-priority delivery. */
u8 local_apic_processor_priority(const LocalApic *apic);

#endif
