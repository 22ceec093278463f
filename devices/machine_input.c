/*
 * The door: everything that comes into the machine from outside, between two runs.
 */
#include "devices/machine_board.h"

static void press(Machine *machine, int key, bool down)
{
    if (key > KEY_NONE && key < KEY_COUNT)
        ps2_keyboard_key(&machine->keyboard, (Key)key, down);
}

static void receive(Machine *machine, unsigned port, u8 byte)
{
    if (machine_serial_room(machine, port))
        uart16550_receive(&machine->serial[port], byte);
}

void machine_input(Machine *machine, const InputEvent *event)
{
    InputTap tap = machine->config.input_tap;
    InputEvent stamped = *event;
    const i32 *values = event->values;

    stamped.cycles = machine_cycles(machine);
    if (tap.note && !tap.note(tap.owner, &stamped))
        return;
    switch (event->kind) {
    case INPUT_KEY:
        press(machine, values[0], values[1]);
        break;
    case INPUT_MOUSE:
        ps2_mouse_move(&machine->mouse, values[0], values[1], values[2], (unsigned)values[3]);
        break;
    case INPUT_SERIAL:
        receive(machine, (unsigned)values[0], (u8)values[1]);
        break;
    case INPUT_MEDIUM_CHANGED:
        fdc82077_medium_changed(&machine->floppy);
        ide_medium_changed(&machine->ide);
        break;
    case INPUT_POWER_BUTTON:
        piix4_pm_power_button(&machine->power);
        break;
    case INPUT_RESET:
        machine_do_reset(machine);
        break;
    case INPUT_BOOT_ORDER:
        machine_do_boot_order(machine, event->text);
        break;
    }
}

/* ---- words for it ---- */

void machine_key(Machine *machine, Key key, bool down)
{
    machine_input(machine, &(InputEvent){.kind = INPUT_KEY, .values = {(i32)key, down}});
}

void machine_mouse(Machine *machine, int dx, int dy, int dz, unsigned buttons)
{
    machine_input(machine,
                  &(InputEvent){.kind = INPUT_MOUSE, .values = {dx, dy, dz, (i32)buttons}});
}

unsigned machine_serial_room(const Machine *machine, unsigned port)
{
    if (port >= MACHINE_SERIAL_PORTS || !machine->config.serial_present[port])
        return 0;
    return uart16550_room(&machine->serial[port]);
}

void machine_serial_input(Machine *machine, unsigned port, u8 byte)
{
    machine_input(machine, &(InputEvent){.kind = INPUT_SERIAL, .values = {(i32)port, byte}});
}

void machine_medium_changed(Machine *machine)
{
    machine_input(machine, &(InputEvent){.kind = INPUT_MEDIUM_CHANGED});
}

void machine_power_button(Machine *machine)
{
    machine_input(machine, &(InputEvent){.kind = INPUT_POWER_BUTTON});
}

void machine_reset(Machine *machine)
{
    machine_input(machine, &(InputEvent){.kind = INPUT_RESET});
}

void machine_set_boot_order(Machine *machine, const char *letters)
{
    machine_input(machine, &(InputEvent){.kind = INPUT_BOOT_ORDER, .text = letters});
}
