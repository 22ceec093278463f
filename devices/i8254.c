#include "devices/i8254.h"

enum { LOW_BYTE = 1, HIGH_BYTE = 2 };
enum { READ_BACK = 3, READ_BACK_NO_COUNT = 0x20, READ_BACK_NO_STATUS = 0x10 };

#define NEVER INT64_MAX

/* A snapshot may have been made by anybody: sums of times must fit, and counts divide. */
static i64 sensible_time(i64 ticks)
{
    const i64 most = (i64)1 << 60;

    return ticks > most ? most : ticks < -most ? -most : ticks;
}

static void channel_restored(I8254Channel *channel)
{
    channel->start = sensible_time(channel->start);
    channel->switch_at = sensible_time(channel->switch_at);
    channel->elapsed &= ((u64)1 << 60) - 1;
    if (channel->initial > 0x10000 ||
        (!channel->initial && (channel->state != I8254_WAITING || channel->switch_pending)))
        channel->initial = 0x10000;
}

static void restored(void *chip)
{
    I8254 *pit = chip;

    for (unsigned i = 0; i < I8254_CHANNELS; i++)
        channel_restored(&pit->channels[i]);
    pit->seen = sensible_time(pit->seen);
    clock_restore_event(pit->clock, &pit->edge);
}

const StateTable i8254_state = {
    .chip = "8254",
#define CHANNEL_FIELDS(n)                                                                          \
    FIELD(I8254, channels[n].mode), FIELD(I8254, channels[n].control),                             \
        FIELD(I8254, channels[n].access), FIELD(I8254, channels[n].bcd),                           \
        FIELD(I8254, channels[n].gate), FIELD(I8254, channels[n].state),                           \
        FIELD(I8254, channels[n].count_register), FIELD(I8254, channels[n].low_byte),              \
        FIELD(I8254, channels[n].write_high), FIELD(I8254, channels[n].read_high),                 \
        FIELD(I8254, channels[n].count_written), FIELD(I8254, channels[n].count_taken),            \
        FIELD(I8254, channels[n].initial), FIELD(I8254, channels[n].start),                        \
        FIELD(I8254, channels[n].elapsed), FIELD(I8254, channels[n].frozen),                       \
        FIELD(I8254, channels[n].switch_pending), FIELD(I8254, channels[n].switch_at),             \
        FIELD(I8254, channels[n].latched), FIELD(I8254, channels[n].latch),                        \
        FIELD(I8254, channels[n].status_latched), FIELD(I8254, channels[n].status)
    .fields = (const Field[]){CHANNEL_FIELDS(0), CHANNEL_FIELDS(1), CHANNEL_FIELDS(2),
                              FIELD(I8254, seen), FIELD_EVENT(I8254, edge)},
    .count = 3 * 22 + 2,
    .restored = restored,
#undef CHANNEL_FIELDS
};

static i64 ticks(const I8254 *pit)
{
    return clock_ticks(pit->clock, I8254_HZ);
}

/* ---- counts: binary or four BCD digits ---- */

static u32 modulus(const I8254Channel *channel)
{
    return channel->bcd ? 10000 : 65536;
}

/* What a count register means: 0 is the largest count. */
static u32 decode_count(const I8254Channel *channel, u16 value)
{
    u32 count = value;

    if (channel->bcd)
        count =
            (value >> 12) * 1000 + (value >> 8 & 15) * 100 + (value >> 4 & 15) * 10 + (value & 15);
    return count ? count : modulus(channel);
}

static u16 encode_count(const I8254Channel *channel, i64 count)
{
    i64 limit = modulus(channel);
    u32 value = (count % limit + limit) % limit;

    if (channel->bcd)
        value = value / 1000 << 12 | value / 100 % 10 << 8 | value / 10 % 10 << 4 | value % 10;
    return value;
}

/* ---- a channel as a function of time ---- */

/* The high part of mode 3's square wave; the low part is one tick shorter for odd counts. */
static u32 high_part(u32 count)
{
    return (count + 1) / 2;
}

/* Takes over a count that was written while a period was running, once `now` has reached its end.
 */
static void settle(I8254Channel *channel, i64 now)
{
    u32 old = channel->initial;
    i64 past = channel->switch_at - channel->start;

    if (!channel->switch_pending || now < channel->switch_at)
        return;
    channel->switch_pending = false;
    channel->count_taken = true;
    channel->initial = decode_count(channel, channel->count_register);
    channel->start = channel->switch_at;
    if (channel->mode == 3 && past % old == high_part(old)) /* its low part comes next */
        channel->start -= high_part(channel->initial);
}

static bool output_at(const I8254Channel *channel, i64 now)
{
    i64 count = channel->initial, past = now - channel->start;

    if (channel->state == I8254_PAUSED)
        past = channel->elapsed;
    if (channel->mode == 0)
        return channel->state != I8254_WAITING && past >= count;
    if (channel->state == I8254_WAITING || past < 0)
        return true;
    if (channel->mode >= 4)
        return past != count;
    if (channel->state == I8254_PAUSED)
        return true;
    if (channel->mode == 1)
        return past >= count;
    if (channel->mode == 2)
        return count == 1 || past % count != count - 1;
    return past % count < high_part(count);
}

/* The first tick after `now` at which the output differs from what it is then. */
static i64 next_change(const I8254Channel *channel, i64 now)
{
    i64 count = channel->initial, past = now - channel->start, phase, edge;

    if (channel->state != I8254_RUNNING)
        return NEVER;
    if (channel->mode == 1 && past < 0)
        return channel->start;
    if (channel->mode != 2 && channel->mode != 3) {
        if (past < count)
            return channel->start + count;
        return channel->mode >= 4 && past == count ? channel->start + count + 1 : NEVER;
    }
    if (count == 1)
        return NEVER;
    edge = channel->mode == 2 ? count - 1 : high_part(count);
    if (past < 0)
        return channel->start + edge;
    phase = past % count;
    return now - phase + (phase < edge ? edge : count);
}

/* The counting element, as a program reads it. */
static u16 count_at(const I8254Channel *channel, i64 now)
{
    i64 count = channel->initial, past = now - channel->start, phase;

    if (channel->state != I8254_RUNNING || past < 0)
        return channel->frozen;
    if (channel->mode != 2 && channel->mode != 3)
        return encode_count(channel, count - past);
    phase = past % count;
    if (channel->mode == 2)
        return encode_count(channel, count - phase);
    /* Mode 3 counts twice by two in a period, from the next lower even number. */
    if (phase >= high_part(count))
        phase -= high_part(count);
    return encode_count(channel, (count & ~(i64)1) - 2 * phase);
}

/* ---- channel 0's wire ---- */

/* Follows the output up to now, edge by edge where a cycle is longer than a tick. */
static void follow_output(I8254 *pit)
{
    I8254Channel *channel = &pit->channels[0];
    i64 now = ticks(pit), next;

    for (unsigned edges = 0; edges < 4; edges++) {
        settle(channel, pit->seen);
        next = next_change(channel, pit->seen);
        if (next > now)
            break;
        pit->seen = next;
        settle(channel, next);
        irq_line_set(pit->irq, output_at(channel, next));
    }
    settle(channel, now);
    pit->seen = now;
    irq_line_set(pit->irq, output_at(channel, now));
    next = next_change(channel, now);
    clock_schedule(pit->clock, &pit->edge,
                   next == NEVER ? EVENT_NEVER : clock_when(pit->clock, next, I8254_HZ));
}

static void edge_due(void *owner)
{
    follow_output(owner);
}

bool i8254_output(I8254 *pit, unsigned number)
{
    I8254Channel *channel = &pit->channels[number % I8254_CHANNELS];

    settle(channel, ticks(pit));
    return output_at(channel, ticks(pit));
}

bool i8254_frequency(const I8254 *pit, unsigned number, unsigned *hz)
{
    const I8254Channel *channel = &pit->channels[number % I8254_CHANNELS];

    if (channel->state != I8254_RUNNING || (channel->mode != 2 && channel->mode != 3) ||
        channel->initial < 2)
        return false;
    *hz = (I8254_HZ + channel->initial / 2) / channel->initial;
    return true;
}

/* ---- programming ---- */

/* The counting element takes the count register over at the next tick. A read before that shows the
 * new count already: on a real PC no read comes so early, and programs (Linux' quick calibration of
 * the TSC) are not prepared for the old one. */
static void load(I8254Channel *channel, i64 now)
{
    channel->initial = decode_count(channel, channel->count_register);
    channel->frozen = encode_count(channel, channel->initial);
    channel->count_taken = true;
    channel->switch_pending = false;
    channel->elapsed = 0;
    channel->start = now + 1;
    channel->state = I8254_RUNNING;
    if (!channel->gate && channel->mode != 1 && channel->mode != 5)
        channel->state = I8254_PAUSED;
}

/* Modes 2 and 3 go on to the end of the period, or half period, that is running. */
static void load_after_period(I8254Channel *channel, i64 now)
{
    i64 count = channel->initial, phase = (now - channel->start) % count;
    i64 length = count;

    if (channel->mode == 3 && phase < high_part(count))
        length = high_part(count);
    if (!channel->switch_pending)
        channel->switch_at = now - phase + length;
    channel->switch_pending = true;
}

static void write_count(I8254Channel *channel, u16 value, i64 now)
{
    channel->count_register = value;
    channel->count_written = true;
    channel->count_taken = false;
    if (channel->mode == 1 || channel->mode == 5)
        return; /* until the gate rises */
    if ((channel->mode == 2 || channel->mode == 3) && channel->state == I8254_RUNNING &&
        now >= channel->start)
        load_after_period(channel, now);
    else
        load(channel, now);
}

static void write_byte(I8254Channel *channel, u8 value, i64 now)
{
    if (channel->access == LOW_BYTE) {
        write_count(channel, value, now);
    } else if (channel->access == HIGH_BYTE) {
        write_count(channel, value << 8, now);
    } else if (channel->write_high) {
        channel->write_high = false;
        write_count(channel, value << 8 | channel->low_byte, now);
    } else {
        channel->low_byte = value;
        channel->write_high = true;
        if (channel->mode == 0) { /* the first byte stops it, and the output goes low */
            channel->frozen = count_at(channel, now);
            channel->state = I8254_WAITING;
        }
    }
}

static void set_mode(I8254Channel *channel, u8 control, i64 now)
{
    channel->frozen = count_at(channel, now);
    channel->state = I8254_WAITING;
    channel->control = control & 0x3F;
    channel->access = control >> 4 & 3;
    channel->mode = control >> 1 & 7;
    if (channel->mode > 5)
        channel->mode -= 4; /* its highest bit is not decoded in modes 2 and 3 */
    channel->bcd = control & 1;
    channel->write_high = channel->read_high = false;
    channel->count_written = channel->count_taken = false;
    channel->switch_pending = channel->status_latched = false;
    channel->latched = 0;
}

static void latch_count(I8254Channel *channel, i64 now)
{
    if (channel->latched)
        return; /* the first latch holds until it is read */
    channel->latch = count_at(channel, now);
    channel->latched = channel->access;
}

static void latch_status(I8254Channel *channel, i64 now)
{
    bool null_count =
        !channel->count_taken || (channel->state == I8254_RUNNING && now < channel->start);

    if (channel->status_latched)
        return;
    channel->status = output_at(channel, now) << 7 | null_count << 6 | channel->control;
    channel->status_latched = true;
}

static void write_control(I8254 *pit, u8 value)
{
    unsigned select = value >> 6;
    i64 now = ticks(pit);

    if (select != READ_BACK && (value & 0x30)) {
        set_mode(&pit->channels[select], value, now);
        LOG(pit->log, LOG_TIMER, "channel %u: mode %u", select, pit->channels[select].mode);
        return;
    }
    for (unsigned n = 0; n < I8254_CHANNELS; n++) {
        I8254Channel *channel = &pit->channels[n];

        settle(channel, now);
        if (select != READ_BACK) {
            if (select == n)
                latch_count(channel, now);
        } else if (value >> n & 2) {
            if (!(value & READ_BACK_NO_COUNT))
                latch_count(channel, now);
            if (!(value & READ_BACK_NO_STATUS))
                latch_status(channel, now);
        }
    }
}

static u8 read_byte(I8254Channel *channel, i64 now)
{
    u16 count = channel->latched ? channel->latch : count_at(channel, now);
    bool high = channel->access == HIGH_BYTE;

    if (channel->status_latched) {
        channel->status_latched = false;
        return channel->status;
    }
    if (channel->access == (LOW_BYTE | HIGH_BYTE)) {
        high = channel->read_high;
        channel->read_high = !channel->read_high;
    }
    channel->latched &= ~(high ? HIGH_BYTE : LOW_BYTE);
    return high ? count >> 8 : count & 0xFF;
}

static u64 pit_read(void *device, u32 offset, Size size)
{
    I8254 *pit = device;
    unsigned number = offset & 3;

    (void)size;
    if (number == 3)
        return 0xFF;
    settle(&pit->channels[number], ticks(pit));
    return read_byte(&pit->channels[number], ticks(pit));
}

static void pit_write(void *device, u32 offset, Size size, u64 value)
{
    I8254 *pit = device;
    unsigned number = offset & 3;

    (void)size;
    follow_output(pit);
    if (number == 3) {
        write_control(pit, value);
    } else {
        settle(&pit->channels[number], ticks(pit));
        write_byte(&pit->channels[number], value, ticks(pit));
    }
    follow_output(pit);
}

void i8254_set_gate(I8254 *pit, unsigned number, bool level)
{
    I8254Channel *channel = &pit->channels[number % I8254_CHANNELS];
    i64 now = ticks(pit);

    if (channel->gate == level)
        return;
    settle(channel, now);
    channel->gate = level;
    if (channel->mode == 1 || channel->mode == 5) {
        if (level && channel->count_written)
            load(channel, now);
    } else if (level && channel->state == I8254_PAUSED) {
        if (channel->mode == 2 || channel->mode == 3)
            load(channel, now);
        channel->state = I8254_RUNNING;
        if (channel->mode == 0 || channel->mode == 4)
            channel->start = now - (i64)channel->elapsed;
    } else if (!level && channel->state == I8254_RUNNING) {
        channel->frozen =
            now < channel->start ? encode_count(channel, channel->initial) : count_at(channel, now);
        channel->elapsed = now < channel->start ? 0 : now - channel->start;
        channel->switch_pending = false;
        channel->state = I8254_PAUSED;
    }
    follow_output(pit);
}

static const IoOps pit_io = {BYTE, pit_read, pit_write};

void i8254_init(I8254 *pit, AddressSpace *ports, Clock *clock, Log *log, IrqLine irq0)
{
    *pit = (I8254){.clock = clock, .irq = irq0, .log = log};
    event_init(clock, &pit->edge, "8254", edge_due, pit);
    space_add_io(ports, "pit", 0x40, 4, &pit_io, pit);
    i8254_reset(pit);
}

/* The data sheet leaves the state after power-on open. Here all channels wait in mode 3, as a BIOS
 * sets channel 0. */
void i8254_reset(I8254 *pit)
{
    for (unsigned n = 0; n < I8254_CHANNELS; n++)
        pit->channels[n] = (I8254Channel){
            .mode = 3, .control = 0x36, .access = 3, .gate = n != 2, .initial = 65536};
    pit->seen = ticks(pit);
    follow_output(pit);
}
