/*
 * Parallel printer port, in its original (SPP) form. IBM Personal Computer AT Technical Reference,
 * "Serial/Parallel Adapter"; IEEE 1284-1994, "Compatibility Mode".
 *
 * The printer takes a byte when STROBE rises, is busy for a moment, and pulses ACK, whose trailing
 * edge is the interrupt.
 *
 * Not implemented: input from the data lines (control bit 5, direction), EPP and ECP.
 */
#include "devices/parallel.h"

enum { DATA, STATUS, CONTROL };
/* status, as the bits read: BUSY and ACK are inverted by the adapter or the cable */
enum {
    STATUS_NOT_BUSY = 0x80,
    STATUS_NOT_ACK = 0x40,
    STATUS_PAPER_OUT = 0x20,
    STATUS_SELECTED = 0x10,
    STATUS_NO_ERROR = 0x08,
    STATUS_ONES = 0x07
};
/* control */
enum {
    CONTROL_STROBE = 1,
    CONTROL_NOT_INIT = 4,
    CONTROL_SELECT = 8,
    CONTROL_INTERRUPT = 0x10,
    CONTROL_WRITABLE = 0x3F,
    CONTROL_ONES = 0xC0
};
enum { BUSY_NS = 2000 };

static void acknowledged(void *owner)
{
    Parallel *port = owner;

    port->busy = false;
    if (port->control & CONTROL_INTERRUPT)
        irq_line_pulse(port->irq);
}

static u8 read_status(const Parallel *port)
{
    if (!port->sink.write) /* an open connector: BUSY floats high, and nothing is selected */
        return STATUS_NOT_ACK | STATUS_PAPER_OUT | STATUS_SELECTED | STATUS_NO_ERROR | STATUS_ONES;
    return STATUS_NOT_ACK | STATUS_SELECTED | STATUS_NO_ERROR | STATUS_ONES |
           (port->busy ? 0 : STATUS_NOT_BUSY);
}

static u64 parallel_read(void *device, u32 offset, Size size)
{
    Parallel *port = device;

    (void)size;
    switch (offset) {
    case DATA:
        return port->data;
    case STATUS:
        return read_status(port);
    default:
        return port->control | CONTROL_ONES;
    }
}

static void write_control(Parallel *port, u8 value)
{
    u8 raised = value & ~port->control;

    port->control = value & CONTROL_WRITABLE;
    if (!(raised & CONTROL_STROBE) || !port->sink.write || port->busy)
        return;
    byte_sink_write(port->sink, port->data);
    port->busy = true;
    clock_schedule(port->clock, &port->acknowledge, clock_after_ns(port->clock, BUSY_NS));
}

static void parallel_write(void *device, u32 offset, Size size, u64 value)
{
    Parallel *port = device;

    (void)size;
    if (offset == DATA)
        port->data = (u8)value;
    else if (offset == CONTROL)
        write_control(port, (u8)value);
}

static const IoOps parallel_io = {BYTE, parallel_read, parallel_write};

void parallel_init(Parallel *port, AddressSpace *ports, u16 base, Clock *clock, Log *log,
                   IrqLine irq, ByteSink sink)
{
    *port = (Parallel){.clock = clock, .log = log, .irq = irq, .sink = sink};
    event_init(clock, &port->acknowledge, "printer acknowledges", acknowledged, port);
    space_add_io(ports, "parallel", base, 3, &parallel_io, port);
    parallel_reset(port);
}

void parallel_reset(Parallel *port)
{
    port->data = 0;
    port->control = CONTROL_NOT_INIT | CONTROL_SELECT;
    port->busy = false;
    clock_cancel(port->clock, &port->acknowledge);
    irq_line_set(port->irq, false);
}

static void parallel_restored(void *chip)
{
    Parallel *port = chip;

    clock_restore_event(port->clock, &port->acknowledge);
}

static const Field parallel_fields[] = {
    FIELD(Parallel, data),
    FIELD(Parallel, control),
    FIELD(Parallel, busy),
    FIELD_EVENT(Parallel, acknowledge),
};

const StateTable parallel_state = {"parallel", parallel_fields, COUNT_OF(parallel_fields),
                                   parallel_restored};
