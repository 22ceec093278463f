/*
 * What the APICs talk over: it finds the local APICs that a message is meant for, arbitrates lowest
 * priority, takes end-of-interrupt to the I/O APIC, and shows the running processor its own local
 * APIC in memory. Intel SDM Vol. 3, "Issuing Interprocessor Interrupts", "Determining IPI
 * Destination", "Message Signalled Interrupts".
 */
#ifndef DEVICES_APIC_BUS_H
#define DEVICES_APIC_BUS_H

#include "devices/io_apic.h"
#include "devices/local_apic.h"

enum { APIC_BUS_APICS = 16 };

typedef struct ApicBus {
    LocalApic *apics[APIC_BUS_APICS];
    u8 count;
    u8 current; /* whose registers the memory at FEE00000h shows */
    u8 turn;    /* where lowest-priority arbitration begins among equals */
    IoApic *io_apic;
    AddressSpace *memory;
    Region *window;
    Log *log;
} ApicBus;

extern const StateTable apic_bus_state;

/* Adds the window at FEE00000h to `memory`. */
void apic_bus_init(ApicBus *bus, AddressSpace *memory, Log *log);
void apic_bus_reset(ApicBus *bus);
void apic_bus_add(ApicBus *bus, LocalApic *apic);
void apic_bus_set_io_apic(ApicBus *bus, IoApic *io_apic);

/* Which processor runs now. */
void apic_bus_select(ApicBus *bus, unsigned processor);

/* IA32_APIC_BASE of processor `processor`: moves or hides the window as well. False: raise #GP. */
bool apic_bus_set_base(ApicBus *bus, unsigned processor, u64 value);

/* The callbacks that local and I/O APICs want; `owner` is the ApicBus. */
void apic_bus_send(void *bus, const ApicMessage *message);
void apic_bus_send_from(void *bus, LocalApic *from, const ApicMessage *message);
void apic_bus_end_of_interrupt(void *bus, u8 vector);

/* A message-signalled interrupt: a device's write of `data` to FEExxxxxh. */
void apic_bus_message(ApicBus *bus, u32 address, u32 data);

#endif
