/*
 * The MC146818A real-time clock and its CMOS memory: ports 70h/71h (and 72h/73h for the second bank
 * of 128 bytes, as in the PIIX3), IRQ8. Motorola MC146818A data sheet, "Programming Model",
 * "Interrupts", "Update Cycle"; PIIX3 data sheet, "RTC Registers".
 *
 * The date is not counted second by second: it is computed from the clock when somebody looks.
 * An event is scheduled only for an interrupt flag that the guest can see next.
 *
 * Not implemented: divider chains other than 32,768 Hz (they stop the clock), daylight saving,
 * the square-wave output (no pin on a PC).
 */
#ifndef DEVICES_MC146818_H
#define DEVICES_MC146818_H

#include "devices/clock.h"
#include "devices/irq_line.h"
#include "mmu/bus.h"
#include "mmu/field.h"

enum { CMOS_BYTES = 256, RTC_HZ = 32768 };

typedef struct Mc146818 {
    u8 index, extended_index; /* ports 70h (bit 7: NMI masked) and 72h */
    u8 cmos[CMOS_BYTES];      /* 00h-0Dh are the registers; the second bank is from 80h on */
    i64 divider_start;        /* tick of RTC_HZ at which the divider chain was last at zero */
    u64 seconds_seen;         /* seconds of the divider chain that the date has counted */
    u64 ticks_seen;           /* ticks of it up to which register C's flags were raised */
    Event due;                /* the next moment a flag rises that interrupts */
    Clock *clock;
    IrqLine irq, nmi_mask;
    Log *log;
} Mc146818;

extern const StateTable mc146818_state;

/* What the board has, for the CMOS memory. */
typedef struct CmosConfig {
    u64 memory;          /* bytes of RAM */
    u64 memory_below_4g; /* of these, below the PCI hole */
    u8 floppies[2];      /* each drive's type, as in byte 10h: 0 none, 4 1.44 MB, ... */
    bool mouse;
    const char *boot_order; /* letters: a floppy, c disk, d CD-ROM, n network */
    bool boot_menu;
    unsigned processors;
    struct {
        bool present;
        u32 cylinders;
        u8 heads, sectors;
    } disks[4]; /* IDE: primary master, slave, secondary master, slave */
} CmosConfig;

/* `start_time`: seconds since 1970 that the clock shows at power-on. `nmi_mask` goes high while bit
 * 7 of port 70h masks NMI. */
void mc146818_init(Mc146818 *rtc, AddressSpace *ports, Clock *clock, Log *log, IrqLine irq8,
                   IrqLine nmi_mask, i64 start_time);

/* The RESET# pin: interrupts off. Date and memory live on, as the battery keeps them. */
void mc146818_reset(Mc146818 *rtc);

/* Fills the CMOS memory in as a BIOS set-up program would, and as SeaBIOS reads it. */
void mc146818_configure(Mc146818 *rtc, const CmosConfig *config);

void mc146818_set(Mc146818 *rtc, u8 index, u8 value);
u8 mc146818_get(const Mc146818 *rtc, u8 index);

#endif
