#include "devices/ps2_keyboard.h"
#include "devices/ps2_scan_codes.h"

enum {
    SET_LEDS = 0xED,
    ECHO = 0xEE,
    SELECT_SET = 0xF0,
    READ_ID = 0xF2,
    SET_TYPEMATIC = 0xF3,
    ENABLE = 0xF4,
    DISABLE = 0xF5,
    SET_DEFAULT = 0xF6,
    ALL_TYPEMATIC = 0xF7,
    ALL_MAKE_BREAK = 0xF8,
    ALL_MAKE_ONLY = 0xF9,
    ALL_TYPEMATIC_MAKE_BREAK = 0xFA,
    KEY_TYPEMATIC = 0xFB,
    KEY_MAKE_BREAK = 0xFC,
    KEY_MAKE_ONLY = 0xFD,
    RESEND = 0xFE,
    RESET = 0xFF,
};
enum { ACKNOWLEDGE = 0xFA, SELF_TEST_PASSED = 0xAA };
enum { LED_NUM_LOCK = 0x02 };

/* 10.9 characters a second after 500 ms. */
enum { DEFAULT_TYPEMATIC = 0x2B };
/* A real keyboard tests itself for half a second; nobody is the wiser for waiting that long. */
enum { SELF_TEST_NS = 20000000, DELAY_NS = 250000000, REPEAT_NS = 1000000000 / 240 };
/* Keys are refused before the buffer is full, so that the release of those that went in fits. */
enum { MAKE_ROOM = 48 };

static void restored(void *chip)
{
    Ps2Keyboard *keyboard = chip;

    clock_restore_event(keyboard->clock, &keyboard->repeat);
    clock_restore_event(keyboard->clock, &keyboard->self_test);
}

const StateTable ps2_keyboard_state = {
    .chip = "keyboard",
    .fields =
        (const Field[]){PS2_LINK_FIELDS(Ps2Keyboard), FIELD_ARRAY(Ps2Keyboard, down),
                        FIELD_ARRAY(Ps2Keyboard, key_type), FIELD(Ps2Keyboard, false_shifts),
                        FIELD(Ps2Keyboard, scanning), FIELD(Ps2Keyboard, set),
                        FIELD(Ps2Keyboard, leds), FIELD(Ps2Keyboard, typematic),
                        FIELD(Ps2Keyboard, command), FIELD(Ps2Keyboard, repeating),
                        FIELD_EVENT(Ps2Keyboard, repeat), FIELD_EVENT(Ps2Keyboard, self_test)},
    .count = PS2_LINK_FIELD_COUNT + 11,
    .restored = restored,
};

/* ---- keys ---- */

static Ps2KeyType key_type(const Ps2Keyboard *keyboard, Key key)
{
    return keyboard->set == 3 ? keyboard->key_type[key] : PS2_TYPEMATIC_MAKE_BREAK;
}

static void send(Ps2Keyboard *keyboard, Ps2Sequence sequence)
{
    for (unsigned i = 0; i < sequence.count; i++)
        ps2_link_send(&keyboard->link, sequence.bytes[i]);
}

static void stop_repeating(Ps2Keyboard *keyboard)
{
    keyboard->repeating = KEY_NONE;
    clock_cancel(keyboard->clock, &keyboard->repeat);
}

static void start_repeating(Ps2Keyboard *keyboard, Key key)
{
    u64 delay = (u64)((keyboard->typematic >> 5 & 3) + 1) * DELAY_NS;

    stop_repeating(keyboard);
    if (!(key_type(keyboard, key) & PS2_TYPEMATIC) || key == KEY_PAUSE)
        return;
    keyboard->repeating = key;
    clock_schedule(keyboard->clock, &keyboard->repeat, clock_after_ns(keyboard->clock, delay));
}

/* Repeats are not buffered: while the last one was not fetched, none is added. */
static void repeat_due(void *owner)
{
    Ps2Keyboard *keyboard = owner;
    u8 rate = keyboard->typematic;
    u64 period = (u64)(8 + (rate & 7)) * REPEAT_NS << (rate >> 3 & 3);

    if (keyboard->repeating == KEY_NONE || keyboard->repeating >= KEY_COUNT)
        return;
    if (!keyboard->link.count)
        send(keyboard, ps2_repeat_sequence(keyboard->set, keyboard->repeating));
    clock_schedule(keyboard->clock, &keyboard->repeat, clock_after_ns(keyboard->clock, period));
}

bool ps2_keyboard_has_room(const Ps2Keyboard *keyboard)
{
    return ps2_link_room(&keyboard->link) >= MAKE_ROOM + 3 * PS2_SEQUENCE_BYTES;
}

static void report_overrun(Ps2Keyboard *keyboard)
{
    Ps2Link *link = &keyboard->link;
    u8 code = keyboard->set == 1 ? 0xFF : 0x00;
    u8 newest = link->bytes[(link->head + link->count + PS2_LINK_BYTES - 1) % PS2_LINK_BYTES];

    LOG(keyboard->log, LOG_KBD, "keyboard buffer overrun");
    if (link->count && newest != code)
        ps2_link_send(link, code);
}

void ps2_keyboard_key(Ps2Keyboard *keyboard, Key key, bool down)
{
    Ps2Modifiers modifiers = {
        .left_shift = keyboard->down[KEY_SHIFT],
        .right_shift = keyboard->down[KEY_SHIFT_R],
        .control = keyboard->down[KEY_CTRL] || keyboard->down[KEY_CTRL_R],
        .alt = keyboard->down[KEY_ALT] || keyboard->down[KEY_ALT_R],
        .num_lock = keyboard->leds & LED_NUM_LOCK,
    };
    bool listening = keyboard->scanning && !event_pending(&keyboard->self_test);

    if (key <= KEY_NONE || key >= KEY_COUNT || keyboard->down[key] == down)
        return;
    if (listening && down && ps2_link_room(&keyboard->link) < MAKE_ROOM) {
        report_overrun(keyboard);
        return;
    }
    keyboard->down[key] = down;
    if (down && listening)
        start_repeating(keyboard, key);
    else if (keyboard->repeating == key)
        stop_repeating(keyboard);
    if (listening && (down || (key_type(keyboard, key) & PS2_MAKE_BREAK)))
        send(keyboard,
             ps2_key_sequence(keyboard->set, key, down, modifiers, &keyboard->false_shifts));
}

/* ---- commands ---- */

static void set_all_types(Ps2Keyboard *keyboard, Ps2KeyType type)
{
    for (unsigned key = 0; key < KEY_COUNT; key++)
        keyboard->key_type[key] = type;
}

static void set_defaults(Ps2Keyboard *keyboard)
{
    ps2_link_clear(&keyboard->link);
    stop_repeating(keyboard);
    keyboard->set = 2;
    keyboard->typematic = DEFAULT_TYPEMATIC;
    keyboard->false_shifts = 0;
    for (unsigned key = 0; key < KEY_COUNT; key++)
        keyboard->key_type[key] = ps2_default_type(key);
}

static void self_test_done(void *owner)
{
    Ps2Keyboard *keyboard = owner;

    ps2_link_reply(&keyboard->link, SELF_TEST_PASSED);
}

static void start_self_test(Ps2Keyboard *keyboard)
{
    set_defaults(keyboard);
    keyboard->leds = 0;
    keyboard->scanning = true;
    clock_schedule(keyboard->clock, &keyboard->self_test,
                   clock_after_ns(keyboard->clock, SELF_TEST_NS));
}

static void select_set(Ps2Keyboard *keyboard, u8 set)
{
    if (set > 3) {
        ps2_link_reply(&keyboard->link, RESEND);
        return;
    }
    keyboard->command = 0;
    ps2_link_reply(&keyboard->link, ACKNOWLEDGE);
    if (set == 0) {
        ps2_link_reply(&keyboard->link, keyboard->set);
        return;
    }
    keyboard->set = set;
    keyboard->false_shifts = 0;
    ps2_link_clear(&keyboard->link);
    stop_repeating(keyboard);
}

/* Set 3 only: keys are named by their codes until the next command comes. */
static void set_key_type(Ps2Keyboard *keyboard, u8 code)
{
    Key key = ps2_key_of_set3(code);

    if (key != KEY_NONE)
        keyboard->key_type[key] = keyboard->command == KEY_TYPEMATIC    ? PS2_TYPEMATIC
                                  : keyboard->command == KEY_MAKE_BREAK ? PS2_MAKE_BREAK
                                                                        : PS2_MAKE_ONLY;
    ps2_link_reply(&keyboard->link, key != KEY_NONE ? ACKNOWLEDGE : RESEND);
}

static void receive_parameter(Ps2Keyboard *keyboard, u8 byte)
{
    switch (keyboard->command) {
    case SET_LEDS:
        keyboard->leds = byte & 7;
        LOG(keyboard->log, LOG_KBD, "LEDs: %X", keyboard->leds);
        break;
    case SET_TYPEMATIC:
        keyboard->typematic = byte & 0x7F;
        break;
    case SELECT_SET:
        select_set(keyboard, byte);
        return;
    default:
        set_key_type(keyboard, byte);
        return;
    }
    keyboard->command = 0;
    ps2_link_reply(&keyboard->link, ACKNOWLEDGE);
}

/* What a command does besides being acknowledged; false for an unknown one. */
static bool execute(Ps2Keyboard *keyboard, u8 command)
{
    switch (command) {
    case SET_LEDS:
    case SELECT_SET:
    case SET_TYPEMATIC:
    case KEY_TYPEMATIC:
    case KEY_MAKE_BREAK:
    case KEY_MAKE_ONLY:
        keyboard->command = command;
        return true;
    case READ_ID:
        ps2_link_reply(&keyboard->link, 0xAB);
        ps2_link_reply(&keyboard->link, 0x83);
        return true;
    case ENABLE:
        ps2_link_clear(&keyboard->link);
        keyboard->scanning = true;
        return true;
    case DISABLE:
    case SET_DEFAULT:
        set_defaults(keyboard);
        keyboard->scanning = command == SET_DEFAULT && keyboard->scanning;
        return true;
    case ALL_TYPEMATIC:
        set_all_types(keyboard, PS2_TYPEMATIC);
        return true;
    case ALL_MAKE_BREAK:
        set_all_types(keyboard, PS2_MAKE_BREAK);
        return true;
    case ALL_MAKE_ONLY:
        set_all_types(keyboard, PS2_MAKE_ONLY);
        return true;
    case ALL_TYPEMATIC_MAKE_BREAK:
        set_all_types(keyboard, PS2_TYPEMATIC_MAKE_BREAK);
        return true;
    case RESET:
        start_self_test(keyboard);
        return true;
    default:
        return false;
    }
}

static void receive(void *device, u8 byte)
{
    Ps2Keyboard *keyboard = device;
    u8 last = keyboard->link.last;

    ps2_link_clear_replies(&keyboard->link);
    clock_cancel(keyboard->clock, &keyboard->self_test);
    if (keyboard->command && byte < SET_LEDS) {
        receive_parameter(keyboard, byte);
        return;
    }
    keyboard->command = 0;
    LOG(keyboard->log, LOG_KBD, "keyboard command %02X", byte);
    if (byte == RESEND) {
        ps2_link_reply(&keyboard->link, last);
        return;
    }
    if (byte == ECHO) {
        ps2_link_reply(&keyboard->link, ECHO);
        return;
    }
    ps2_link_reply(&keyboard->link, ACKNOWLEDGE);
    if (!execute(keyboard, byte)) {
        ps2_link_clear_replies(&keyboard->link);
        ps2_link_reply(&keyboard->link, RESEND);
    }
}

void ps2_keyboard_init(Ps2Keyboard *keyboard, Clock *clock, Log *log)
{
    *keyboard = (Ps2Keyboard){.clock = clock, .log = log};
    keyboard->link.receive = receive;
    keyboard->link.device = keyboard;
    event_init(clock, &keyboard->repeat, "keyboard-repeat", repeat_due, keyboard);
    event_init(clock, &keyboard->self_test, "keyboard-test", self_test_done, keyboard);
    ps2_keyboard_reset(keyboard);
}

void ps2_keyboard_reset(Ps2Keyboard *keyboard)
{
    clock_cancel(keyboard->clock, &keyboard->self_test);
    ps2_link_clear_replies(&keyboard->link);
    set_defaults(keyboard);
    keyboard->link.last = 0;
    keyboard->command = 0;
    keyboard->leds = 0;
    keyboard->scanning = true;
}
