#include "devices/port92.h"

enum { RESET = 0x01, A20 = 0x02 };

const StateTable port92_state = {
    .chip = "port92",
    .fields = (const Field[]){FIELD(Port92, value)},
    .count = 1,
};

static u64 port92_read(void *device, u32 offset, Size size)
{
    (void)offset, (void)size;
    return ((Port92 *)device)->value;
}

static void port92_write(void *device, u32 offset, Size size, u64 value)
{
    Port92 *port = device;
    bool reset = (value & RESET) && !(port->value & RESET);

    (void)offset, (void)size;
    port->value = value;
    irq_line_set(port->a20, value & A20);
    if (reset) {
        LOG(port->log, LOG_MACHINE, "reset by port 92h");
        irq_line_pulse(port->reset);
    }
}

static const IoOps port92_io = {BYTE, port92_read, port92_write};

void port92_init(Port92 *port, AddressSpace *ports, Log *log, IrqLine a20, IrqLine reset)
{
    *port = (Port92){.a20 = a20, .reset = reset, .log = log};
    space_add_io(ports, "port92", 0x92, 1, &port92_io, port);
}

void port92_reset(Port92 *port)
{
    port->value = 0;
    irq_line_set(port->a20, false);
}
