#include "devices/i8042.h"

/* Status register, port 64h. */
enum {
    OUTPUT_FULL = 0x01,
    SYSTEM_FLAG = 0x04,
    LAST_WAS_COMMAND = 0x08,
    NOT_INHIBITED = 0x10, /* the key lock is open */
    FROM_MOUSE = 0x20,
};

/* Command byte, ram[0]. */
enum {
    KEYBOARD_INTERRUPT = 0x01,
    MOUSE_INTERRUPT = 0x02,
    KEYBOARD_DISABLED = 0x10,
    MOUSE_DISABLED = 0x20,
    TRANSLATE = 0x40,
};

/* Output port, P2. */
enum { P2_NOT_RESET = 0x01, P2_A20 = 0x02, P2_IRQ1 = 0x10, P2_IRQ12 = 0x20, P2_LINES_HIGH = 0xC0 };

enum {
    WRITE_RAM = 0x60,
    PASSWORD_TEST = 0xA4,
    PASSWORD_LOAD = 0xA5,
    MOUSE_DISABLE = 0xA7,
    MOUSE_ENABLE = 0xA8,
    MOUSE_LINE_TEST = 0xA9,
    SELF_TEST = 0xAA,
    KEYBOARD_LINE_TEST = 0xAB,
    KEYBOARD_DISABLE = 0xAD,
    KEYBOARD_ENABLE = 0xAE,
    READ_INPUT_PORT = 0xC0,
    READ_OUTPUT_PORT = 0xD0,
    WRITE_OUTPUT_PORT = 0xD1,
    WRITE_KEYBOARD_BUFFER = 0xD2,
    WRITE_MOUSE_BUFFER = 0xD3,
    WRITE_TO_MOUSE = 0xD4,
    A20_OFF = 0xDD,
    A20_ON = 0xDF,
    READ_TEST_INPUTS = 0xE0,
    PULSE_OUTPUT = 0xF0,
};
enum { NO_PASSWORD = 0xF1, SELF_TEST_PASSED = 0x55 };
enum { INPUT_PORT = 0xB0, TEST_INPUTS = 0x03 };

/* Eleven bits at 12.5 kHz. */
enum { BYTE_NS = 880000 };

/* Set 2 to set 1, as the controller translates every byte below 80h that the keyboard sends; and
 * 83h (F7) and 84h (SysRq). */
// clang-format off
static const u8 translation[0x85] = {
    0xFF, 0x43, 0x41, 0x3F, 0x3D, 0x3B, 0x3C, 0x58, 0x64, 0x44, 0x42, 0x40, 0x3E, 0x0F, 0x29, 0x59,
    0x65, 0x38, 0x2A, 0x70, 0x1D, 0x10, 0x02, 0x5A, 0x66, 0x71, 0x2C, 0x1F, 0x1E, 0x11, 0x03, 0x5B,
    0x67, 0x2E, 0x2D, 0x20, 0x12, 0x05, 0x04, 0x5C, 0x68, 0x39, 0x2F, 0x21, 0x14, 0x13, 0x06, 0x5D,
    0x69, 0x31, 0x30, 0x23, 0x22, 0x15, 0x07, 0x5E, 0x6A, 0x72, 0x32, 0x24, 0x16, 0x08, 0x09, 0x5F,
    0x6B, 0x33, 0x25, 0x17, 0x18, 0x0B, 0x0A, 0x60, 0x6C, 0x34, 0x35, 0x26, 0x27, 0x19, 0x0C, 0x61,
    0x6D, 0x73, 0x28, 0x74, 0x1A, 0x0D, 0x62, 0x6E, 0x3A, 0x36, 0x1C, 0x1B, 0x75, 0x2B, 0x63, 0x76,
    0x55, 0x56, 0x77, 0x78, 0x79, 0x7A, 0x0E, 0x7B, 0x7C, 0x4F, 0x7D, 0x4B, 0x47, 0x7E, 0x7F, 0x6F,
    0x52, 0x53, 0x50, 0x4C, 0x4D, 0x48, 0x01, 0x45, 0x57, 0x4E, 0x51, 0x4A, 0x37, 0x49, 0x46, 0x54,
    0x80, 0x81, 0x82, 0x41, 0x54,
};
// clang-format on
enum { BREAK_PREFIX = 0xF0, BREAK_BIT = 0x80 };

static void restored(void *chip)
{
    I8042 *controller = chip;

    clock_restore_event(controller->clock, &controller->transfer);
}

const StateTable i8042_state = {
    .chip = "8042",
    .fields = (const Field[]){FIELD_ARRAY(I8042, ram), FIELD(I8042, output), FIELD(I8042, status),
                              FIELD(I8042, output_port), FIELD(I8042, command), FIELD(I8042, reply),
                              FIELD(I8042, reply_waiting), FIELD(I8042, reply_from_mouse),
                              FIELD(I8042, prefix_f0), FIELD(I8042, mouse_turn),
                              FIELD_EVENT(I8042, transfer)},
    .count = 11,
    .restored = restored,
};

/* ---- the output buffer ---- */

static void update_irqs(I8042 *controller)
{
    bool full = controller->status & OUTPUT_FULL, mouse = controller->status & FROM_MOUSE;

    irq_line_set(controller->wires.irq1,
                 full && !mouse && (controller->ram[0] & KEYBOARD_INTERRUPT));
    irq_line_set(controller->wires.irq12, full && mouse && (controller->ram[0] & MOUSE_INTERRUPT));
}

static void fill_output(I8042 *controller, u8 byte, bool from_mouse)
{
    controller->output = byte;
    controller->status &= ~FROM_MOUSE;
    controller->status |= OUTPUT_FULL | (from_mouse ? FROM_MOUSE : 0);
    update_irqs(controller);
}

static bool keyboard_waits(const I8042 *controller)
{
    return !(controller->ram[0] & KEYBOARD_DISABLED) &&
           ps2_link_waiting(&controller->keyboard->link);
}

static bool mouse_waits(const I8042 *controller)
{
    return !(controller->ram[0] & MOUSE_DISABLED) && ps2_link_waiting(&controller->mouse->link);
}

/* Something may be ready to move into the output buffer: the controller's own answer at once, a
 * byte from outside after the time that it takes on the wire. */
static void serve(I8042 *controller)
{
    if (controller->status & OUTPUT_FULL)
        return;
    if (controller->reply_waiting) {
        controller->reply_waiting = false;
        fill_output(controller, controller->reply, controller->reply_from_mouse);
    } else if (!event_pending(&controller->transfer) &&
               (keyboard_waits(controller) || mouse_waits(controller))) {
        clock_schedule(controller->clock, &controller->transfer,
                       clock_after_ns(controller->clock, BYTE_NS));
    }
}

/* The controller answers; if the program has not fetched the last byte yet, behind that one. */
static void reply(I8042 *controller, u8 byte, bool as_mouse)
{
    controller->reply = byte;
    controller->reply_from_mouse = as_mouse;
    controller->reply_waiting = true;
    serve(controller);
}

/* False while a break code is incomplete. */
static bool translate(I8042 *controller, u8 *byte)
{
    if (!(controller->ram[0] & TRANSLATE)) {
        controller->prefix_f0 = false;
        return true;
    }
    if (*byte == BREAK_PREFIX) {
        controller->prefix_f0 = true;
        return false;
    }
    if (*byte < sizeof translation)
        *byte = translation[*byte];
    if (controller->prefix_f0)
        *byte |= BREAK_BIT;
    controller->prefix_f0 = false;
    return true;
}

static void byte_arrives(void *owner)
{
    I8042 *controller = owner;
    bool mouse = mouse_waits(controller);
    u8 byte;

    if (controller->status & OUTPUT_FULL)
        return;
    if (mouse && keyboard_waits(controller))
        mouse = controller->mouse_turn;
    if (mouse) {
        controller->mouse_turn = false;
        fill_output(controller, ps2_link_take(&controller->mouse->link), true);
    } else if (keyboard_waits(controller)) {
        controller->mouse_turn = true;
        byte = ps2_link_take(&controller->keyboard->link);
        if (translate(controller, &byte))
            fill_output(controller, byte, false);
    }
    serve(controller);
}

static void link_ready(void *target, unsigned pin, bool level)
{
    (void)pin;
    if (level)
        serve(target);
}

/* ---- the output port ---- */

static void set_a20(I8042 *controller, bool level)
{
    controller->output_port = (controller->output_port & ~P2_A20) | (level ? P2_A20 : 0);
    irq_line_set(controller->wires.a20, level);
}

static void pulse_reset(I8042 *controller)
{
    LOG(controller->log, LOG_MACHINE, "reset by the keyboard controller");
    irq_line_pulse(controller->wires.reset);
}

static void write_output_port(I8042 *controller, u8 value)
{
    controller->output_port = (value & 0x0F) | P2_NOT_RESET;
    set_a20(controller, value & P2_A20);
    if (!(value & P2_NOT_RESET))
        pulse_reset(controller);
}

static u8 read_output_port(const I8042 *controller)
{
    u8 value = (controller->output_port & 0x0F) | P2_LINES_HIGH;

    if (controller->status & OUTPUT_FULL)
        value |= controller->status & FROM_MOUSE ? P2_IRQ12 : P2_IRQ1;
    return value;
}

/* ---- commands ---- */

static void change_command_byte(I8042 *controller, u8 set, u8 clear)
{
    controller->ram[0] = (controller->ram[0] & ~clear) | set;
    update_irqs(controller);
    serve(controller);
}

static void self_test(I8042 *controller)
{
    controller->status &= ~(OUTPUT_FULL | FROM_MOUSE);
    controller->reply_waiting = controller->prefix_f0 = false;
    change_command_byte(controller, SYSTEM_FLAG, 0);
    reply(controller, SELF_TEST_PASSED, false);
}

static void execute(I8042 *controller, u8 command)
{
    switch (command) {
    case PASSWORD_TEST:
        reply(controller, NO_PASSWORD, false);
        break;
    case MOUSE_DISABLE:
        change_command_byte(controller, MOUSE_DISABLED, 0);
        break;
    case MOUSE_ENABLE:
        change_command_byte(controller, 0, MOUSE_DISABLED);
        break;
    case KEYBOARD_DISABLE:
        change_command_byte(controller, KEYBOARD_DISABLED, 0);
        break;
    case KEYBOARD_ENABLE:
        change_command_byte(controller, 0, KEYBOARD_DISABLED);
        break;
    case MOUSE_LINE_TEST:
    case KEYBOARD_LINE_TEST:
        reply(controller, 0, false);
        break;
    case SELF_TEST:
        self_test(controller);
        break;
    case READ_INPUT_PORT:
        reply(controller, INPUT_PORT, false);
        break;
    case READ_OUTPUT_PORT:
        reply(controller, read_output_port(controller), false);
        break;
    case READ_TEST_INPUTS:
        reply(controller, TEST_INPUTS, false);
        break;
    case A20_OFF:
    case A20_ON:
        set_a20(controller, command == A20_ON);
        break;
    case PASSWORD_LOAD:
    case WRITE_OUTPUT_PORT:
    case WRITE_KEYBOARD_BUFFER:
    case WRITE_MOUSE_BUFFER:
    case WRITE_TO_MOUSE:
        controller->command = command;
        break;
    default:
        LOG(controller->log, LOG_KBD, "8042: unknown command %02X", command);
    }
}

static void write_command(I8042 *controller, u8 command)
{
    controller->status |= LAST_WAS_COMMAND;
    controller->command = 0;
    LOG(controller->log, LOG_KBD, "8042: command %02X", command);
    if (command >= PULSE_OUTPUT) {
        if (!(command & P2_NOT_RESET))
            pulse_reset(controller);
    } else if (command >= WRITE_RAM && command < WRITE_RAM + sizeof controller->ram) {
        controller->command = command;
    } else if (command >= 0x20 && command < 0x20 + sizeof controller->ram) {
        reply(controller, controller->ram[command & 0x1F], false);
    } else {
        execute(controller, command);
    }
}

static void write_parameter(I8042 *controller, u8 command, u8 byte)
{
    switch (command) {
    case PASSWORD_LOAD:
        if (byte != 0) /* until the zero at its end */
            controller->command = PASSWORD_LOAD;
        break;
    case WRITE_OUTPUT_PORT:
        write_output_port(controller, byte);
        break;
    case WRITE_KEYBOARD_BUFFER:
    case WRITE_MOUSE_BUFFER:
        reply(controller, byte, command == WRITE_MOUSE_BUFFER);
        break;
    case WRITE_TO_MOUSE:
        change_command_byte(controller, 0, MOUSE_DISABLED);
        controller->mouse->link.receive(controller->mouse->link.device, byte);
        break;
    default:
        controller->ram[command & 0x1F] = byte;
        change_command_byte(controller, 0, 0);
    }
}

/* Without a command before it a byte is for the keyboard, whose wire it frees. */
static void write_data(I8042 *controller, u8 byte)
{
    u8 command = controller->command;

    controller->status &= ~LAST_WAS_COMMAND;
    controller->command = 0;
    if (command) {
        write_parameter(controller, command, byte);
        return;
    }
    change_command_byte(controller, 0, KEYBOARD_DISABLED);
    controller->keyboard->link.receive(controller->keyboard->link.device, byte);
}

/* ---- ports ---- */

static u64 data_read(void *device, u32 offset, Size size)
{
    I8042 *controller = device;
    u8 byte = controller->output;

    (void)offset, (void)size;
    controller->status &= ~(OUTPUT_FULL | FROM_MOUSE);
    update_irqs(controller);
    serve(controller);
    return byte;
}

static void data_write(void *device, u32 offset, Size size, u64 value)
{
    (void)offset, (void)size;
    write_data(device, value);
}

static u64 status_read(void *device, u32 offset, Size size)
{
    I8042 *controller = device;

    (void)offset, (void)size;
    return controller->status | NOT_INHIBITED | (controller->ram[0] & SYSTEM_FLAG);
}

static void command_write(void *device, u32 offset, Size size, u64 value)
{
    (void)offset, (void)size;
    write_command(device, value);
}

static const IoOps data_io = {BYTE, data_read, data_write};
static const IoOps command_io = {BYTE, status_read, command_write};

void i8042_init(I8042 *controller, AddressSpace *ports, Clock *clock, Log *log,
                const I8042Wires *wires, Ps2Keyboard *keyboard, Ps2Mouse *mouse)
{
    *controller =
        (I8042){.keyboard = keyboard, .mouse = mouse, .wires = *wires, .clock = clock, .log = log};
    keyboard->link.ready = (IrqLine){link_ready, controller, 0};
    mouse->link.ready = (IrqLine){link_ready, controller, 1};
    event_init(clock, &controller->transfer, "8042", byte_arrives, controller);
    space_add_io(ports, "kbd-data", 0x60, 1, &data_io, controller);
    space_add_io(ports, "kbd-command", 0x64, 1, &command_io, controller);
    i8042_reset(controller);
}

void i8042_reset(I8042 *controller)
{
    clock_cancel(controller->clock, &controller->transfer);
    for (unsigned n = 0; n < sizeof controller->ram; n++)
        controller->ram[n] = 0;
    controller->ram[0] = KEYBOARD_INTERRUPT | MOUSE_INTERRUPT;
    controller->output = controller->status = controller->command = 0;
    controller->reply = 0;
    controller->reply_waiting = controller->reply_from_mouse = false;
    controller->prefix_f0 = controller->mouse_turn = false;
    controller->output_port = 0x0F;
    set_a20(controller, true);
    update_irqs(controller);
}
