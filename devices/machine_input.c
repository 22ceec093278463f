/*
 * The door: everything that comes into the machine from outside, between two runs.
 */
#include "devices/machine_board.h"

void machine_key(Machine *machine, Key key, bool down)
{
    if (key > KEY_NONE && key < KEY_COUNT)
        ps2_keyboard_key(&machine->keyboard, key, down);
}

void machine_mouse(Machine *machine, int dx, int dy, int dz, unsigned buttons)
{
    ps2_mouse_move(&machine->mouse, dx, dy, dz, buttons);
}

unsigned machine_serial_room(const Machine *machine, unsigned port)
{
    if (port >= MACHINE_SERIAL_PORTS || !machine->config.serial_present[port])
        return 0;
    return uart16550_room(&machine->serial[port]);
}

void machine_serial_input(Machine *machine, unsigned port, u8 byte)
{
    if (machine_serial_room(machine, port))
        uart16550_receive(&machine->serial[port], byte);
}

void machine_medium_changed(Machine *machine)
{
    fdc82077_medium_changed(&machine->floppy);
    ide_medium_changed(&machine->ide);
}

void machine_power_button(Machine *machine)
{
    piix4_pm_power_button(&machine->power);
}
