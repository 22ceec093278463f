/*
 * The ports to which programs talk without a screen: the debug console (E9h, as Bochs and QEMU have
 * it; reads back E9h, so that a program can tell that it is there), the firmware's log (402h), and
 * the power-on self test codes (80h, which a diagnostic card displays).
 *
 * Lines from 402h go to the log's `bios` channel. Port 80h reads back what was written, as the
 * spare page register there does.
 */
#ifndef DEVICES_DEBUG_PORT_H
#define DEVICES_DEBUG_PORT_H

#include "devices/backend.h"
#include "mmu/bus.h"
#include "mmu/field.h"

enum { DEBUG_LINE_BYTES = 256 };

typedef struct DebugPort {
    u8 post_code;
    char line[DEBUG_LINE_BYTES]; /* of the firmware's log, so far */
    u16 length;
    ByteSink console;
    bool console_gets_firmware; /* the console was put at 402h */
    Log *log;
} DebugPort;

extern const StateTable debug_port_state;

/* `console_port`: 0 stands for E9h. */
void debug_port_init(DebugPort *port, AddressSpace *ports, Log *log, u16 console_port,
                     ByteSink console);
void debug_port_reset(DebugPort *port);

#endif
