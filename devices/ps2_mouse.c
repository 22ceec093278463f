#include "devices/ps2_mouse.h"

enum {
    SCALE_1_TO_1 = 0xE6,
    SCALE_2_TO_1 = 0xE7,
    SET_RESOLUTION = 0xE8,
    READ_STATUS = 0xE9,
    STREAM_MODE = 0xEA,
    READ_DATA = 0xEB,
    LEAVE_WRAP = 0xEC,
    WRAP_MODE = 0xEE,
    REMOTE_MODE = 0xF0,
    READ_ID = 0xF2,
    SET_RATE = 0xF3,
    ENABLE = 0xF4,
    DISABLE = 0xF5,
    SET_DEFAULT = 0xF6,
    RESEND = 0xFE,
    RESET = 0xFF,
};
enum { ACKNOWLEDGE = 0xFA, SELF_TEST_PASSED = 0xAA, ERROR_AGAIN = 0xFC };
enum { ID_PLAIN = 0, ID_WHEEL = 3, ID_FIVE_BUTTONS = 4 };

/* First byte of a packet. */
enum { PACKET_ALWAYS = 0x08, PACKET_X_SIGN = 0x10, PACKET_Y_SIGN = 0x20 };

enum { MOTION_MAX = 255, MOTION_KEPT = 4096 };
/* A real mouse tests itself for half a second. */
enum { SELF_TEST_NS = 20000000, NS_PER_SECOND = 1000000000 };

static void restored(void *chip)
{
    Ps2Mouse *mouse = chip;

    clock_restore_event(mouse->clock, &mouse->sample);
    clock_restore_event(mouse->clock, &mouse->self_test);
}

const StateTable ps2_mouse_state = {
    .chip = "mouse",
    .fields = (const Field[]){PS2_LINK_FIELDS(Ps2Mouse),     FIELD(Ps2Mouse, dx),
                              FIELD(Ps2Mouse, dy),           FIELD(Ps2Mouse, dz),
                              FIELD(Ps2Mouse, buttons),      FIELD(Ps2Mouse, reported_buttons),
                              FIELD(Ps2Mouse, id),           FIELD_ARRAY(Ps2Mouse, rates),
                              FIELD(Ps2Mouse, sample_rate),  FIELD(Ps2Mouse, resolution),
                              FIELD(Ps2Mouse, scaling_2to1), FIELD(Ps2Mouse, streaming),
                              FIELD(Ps2Mouse, remote),       FIELD(Ps2Mouse, wrap),
                              FIELD(Ps2Mouse, command),      FIELD(Ps2Mouse, rejected),
                              FIELD_ARRAY(Ps2Mouse, packet), FIELD(Ps2Mouse, packet_length),
                              FIELD_EVENT(Ps2Mouse, sample), FIELD_EVENT(Ps2Mouse, self_test)},
    .count = PS2_LINK_FIELD_COUNT + 19,
    .restored = restored,
};

/* ---- movement ---- */

static int clamp(int value, int limit)
{
    return value < -limit ? -limit : value > limit ? limit : value;
}

/* Takes what one report can carry; the rest stays for the next. */
static int take(i32 *count, int limit)
{
    int taken = clamp(*count, limit);

    *count -= taken;
    return taken;
}

/* Scaling 2:1 of stream mode: small movements stay small, large ones are doubled. */
static int scale(const Ps2Mouse *mouse, int count)
{
    static const u8 small[6] = {0, 1, 1, 3, 6, 9};
    int size = count < 0 ? -count : count;

    if (!mouse->scaling_2to1 || mouse->remote)
        return count;
    size = size < 6 ? small[size] : 2 * size;
    return clamp(count < 0 ? -size : size, MOTION_MAX);
}

static u8 wheel_byte(Ps2Mouse *mouse)
{
    int dz = take(&mouse->dz, 7);

    if (mouse->id == ID_WHEEL)
        return dz;
    return (dz & 0x0F) | (mouse->buttons & 0x18) << 1;
}

static void build_packet(Ps2Mouse *mouse)
{
    int dx = scale(mouse, take(&mouse->dx, MOTION_MAX));
    int dy = scale(mouse, take(&mouse->dy, MOTION_MAX));

    mouse->packet[0] = PACKET_ALWAYS | (mouse->buttons & 7) | (dx < 0 ? PACKET_X_SIGN : 0) |
                       (dy < 0 ? PACKET_Y_SIGN : 0);
    mouse->packet[1] = dx;
    mouse->packet[2] = dy;
    mouse->packet_length = 3;
    mouse->reported_buttons = mouse->buttons;
    if (mouse->id == ID_PLAIN)
        mouse->dz = 0;
    else
        mouse->packet[mouse->packet_length++] = wheel_byte(mouse);
}

static bool something_to_report(const Ps2Mouse *mouse)
{
    u8 buttons = mouse->id == ID_FIVE_BUTTONS ? 0x1F : 0x07;

    return mouse->dx || mouse->dy || (mouse->dz && mouse->id != ID_PLAIN) ||
           ((mouse->buttons ^ mouse->reported_buttons) & buttons);
}

static void schedule_sample(Ps2Mouse *mouse)
{
    if (!mouse->streaming || mouse->remote || mouse->wrap || event_pending(&mouse->sample) ||
        !something_to_report(mouse))
        return;
    clock_schedule(mouse->clock, &mouse->sample,
                   clock_after_ns(mouse->clock, NS_PER_SECOND / mouse->sample_rate));
}

/* A report goes out when the last one was fetched; movements add up meanwhile. */
static void sample_due(void *owner)
{
    Ps2Mouse *mouse = owner;

    if (mouse->streaming && !mouse->remote && !mouse->wrap && !ps2_link_waiting(&mouse->link) &&
        something_to_report(mouse)) {
        build_packet(mouse);
        for (unsigned i = 0; i < mouse->packet_length; i++)
            ps2_link_send(&mouse->link, mouse->packet[i]);
    }
    schedule_sample(mouse);
}

void ps2_mouse_move(Ps2Mouse *mouse, int dx, int dy, int dz, unsigned buttons)
{
    mouse->dx = clamp(mouse->dx + clamp(dx, MOTION_KEPT), MOTION_KEPT);
    mouse->dy = clamp(mouse->dy + clamp(dy, MOTION_KEPT), MOTION_KEPT);
    mouse->dz = clamp(mouse->dz - clamp(dz, MOTION_KEPT), MOTION_KEPT);
    mouse->buttons = buttons & 0x1F;
    schedule_sample(mouse);
}

/* ---- commands ---- */

static void set_defaults(Ps2Mouse *mouse)
{
    ps2_link_clear(&mouse->link);
    clock_cancel(mouse->clock, &mouse->sample);
    mouse->dx = mouse->dy = mouse->dz = 0;
    mouse->reported_buttons = mouse->buttons;
    mouse->sample_rate = 100;
    mouse->resolution = 2;
    mouse->scaling_2to1 = mouse->streaming = mouse->remote = mouse->wrap = false;
}

static void self_test_done(void *owner)
{
    Ps2Mouse *mouse = owner;

    ps2_link_reply(&mouse->link, SELF_TEST_PASSED);
    ps2_link_reply(&mouse->link, ID_PLAIN);
}

static void start_self_test(Ps2Mouse *mouse)
{
    set_defaults(mouse);
    mouse->id = ID_PLAIN;
    mouse->rates[0] = mouse->rates[1] = mouse->rates[2] = 0;
    clock_schedule(mouse->clock, &mouse->self_test, clock_after_ns(mouse->clock, SELF_TEST_NS));
}

/* Setting the rates 200, 100, 80 turns the wheel on; 200, 200, 80 then the side buttons. */
static void set_rate(Ps2Mouse *mouse, u8 rate)
{
    u8 *rates = mouse->rates;

    mouse->sample_rate = rate ? rate : 1;
    rates[0] = rates[1];
    rates[1] = rates[2];
    rates[2] = rate;
    if (rates[0] != 200 || rates[2] != 80)
        return;
    if (rates[1] == 100 && mouse->id == ID_PLAIN)
        mouse->id = ID_WHEEL;
    else if (rates[1] == 200 && mouse->id != ID_PLAIN)
        mouse->id = ID_FIVE_BUTTONS;
}

static void reply_status(Ps2Mouse *mouse)
{
    u8 buttons = mouse->buttons;

    ps2_link_reply(&mouse->link, mouse->remote << 6 | mouse->streaming << 5 |
                                     mouse->scaling_2to1 << 4 | bit(buttons, 0) << 2 |
                                     bit(buttons, 2) << 1 | bit(buttons, 1));
    ps2_link_reply(&mouse->link, mouse->resolution);
    ps2_link_reply(&mouse->link, mouse->sample_rate);
}

static void reply_packet(Ps2Mouse *mouse)
{
    for (unsigned i = 0; i < mouse->packet_length; i++)
        ps2_link_reply(&mouse->link, mouse->packet[i]);
}

static void receive_parameter(Ps2Mouse *mouse, u8 byte)
{
    if (mouse->command == SET_RESOLUTION)
        mouse->resolution = byte & 3;
    else
        set_rate(mouse, byte);
    mouse->command = 0;
    ps2_link_reply(&mouse->link, ACKNOWLEDGE);
}

/* What a command does besides being acknowledged; false for an unknown one. */
static bool execute(Ps2Mouse *mouse, u8 command)
{
    switch (command) {
    case SCALE_1_TO_1:
    case SCALE_2_TO_1:
        mouse->scaling_2to1 = command == SCALE_2_TO_1;
        return true;
    case SET_RESOLUTION:
    case SET_RATE:
        mouse->command = command;
        return true;
    case READ_STATUS:
        reply_status(mouse);
        return true;
    case STREAM_MODE:
    case REMOTE_MODE:
        mouse->remote = command == REMOTE_MODE;
        ps2_link_clear(&mouse->link);
        return true;
    case READ_DATA:
        build_packet(mouse);
        reply_packet(mouse);
        return true;
    case LEAVE_WRAP:
    case WRAP_MODE:
        mouse->wrap = command == WRAP_MODE;
        ps2_link_clear(&mouse->link);
        return true;
    case READ_ID:
        ps2_link_reply(&mouse->link, mouse->id);
        return true;
    case ENABLE:
    case DISABLE:
        mouse->streaming = command == ENABLE;
        ps2_link_clear(&mouse->link);
        return true;
    case SET_DEFAULT:
        set_defaults(mouse);
        return true;
    case RESET:
        start_self_test(mouse);
        return true;
    default:
        return false;
    }
}

static void reject(Ps2Mouse *mouse)
{
    ps2_link_clear_replies(&mouse->link);
    ps2_link_reply(&mouse->link, mouse->rejected ? ERROR_AGAIN : RESEND);
    mouse->rejected = !mouse->rejected;
}

static void receive(void *device, u8 byte)
{
    Ps2Mouse *mouse = device;

    ps2_link_clear_replies(&mouse->link);
    clock_cancel(mouse->clock, &mouse->self_test);
    if (mouse->wrap && byte != LEAVE_WRAP && byte != RESET) {
        ps2_link_reply(&mouse->link, byte);
        return;
    }
    if (mouse->command && byte < SCALE_1_TO_1) {
        receive_parameter(mouse, byte);
        return;
    }
    mouse->command = 0;
    LOG(mouse->log, LOG_KBD, "mouse command %02X", byte);
    if (byte == RESEND) {
        reply_packet(mouse);
        return;
    }
    ps2_link_reply(&mouse->link, ACKNOWLEDGE);
    if (execute(mouse, byte))
        mouse->rejected = false;
    else
        reject(mouse);
    schedule_sample(mouse);
}

void ps2_mouse_init(Ps2Mouse *mouse, Clock *clock, Log *log)
{
    *mouse = (Ps2Mouse){.clock = clock, .log = log};
    mouse->link.receive = receive;
    mouse->link.device = mouse;
    event_init(clock, &mouse->sample, "mouse-sample", sample_due, mouse);
    event_init(clock, &mouse->self_test, "mouse-test", self_test_done, mouse);
    ps2_mouse_reset(mouse);
}

void ps2_mouse_reset(Ps2Mouse *mouse)
{
    clock_cancel(mouse->clock, &mouse->self_test);
    ps2_link_clear_replies(&mouse->link);
    set_defaults(mouse);
    mouse->link.last = 0;
    mouse->command = mouse->packet_length = 0;
    mouse->rejected = false;
    mouse->id = ID_PLAIN;
    mouse->rates[0] = mouse->rates[1] = mouse->rates[2] = 0;
}
