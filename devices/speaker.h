/*
 * Port 61h, "system control port B" of the PC/AT: the speaker's gates, the refresh toggle, channel
 * 2 of the 8254, NMI status. IBM PC AT Technical Reference, "Speaker"; PIIX3 data sheet, "NMI
 * Status and Control Register".
 *
 * Not implemented: NMI sources (no parity, no IOCHK#): their status bits read 0.
 */
#ifndef DEVICES_SPEAKER_H
#define DEVICES_SPEAKER_H

#include "devices/i8254.h"

typedef struct Speaker {
    u8 control; /* bits 0-3 as written: gate 2, data, parity and IOCHK# off */
    I8254 *pit;
    Clock *clock;
    Log *log;
} Speaker;

extern const StateTable speaker_state;

void speaker_init(Speaker *speaker, AddressSpace *ports, Clock *clock, Log *log, I8254 *pit);
void speaker_reset(Speaker *speaker);

/* What it plays now: false when silent. */
bool speaker_tone(const Speaker *speaker, unsigned *hz);

#endif
