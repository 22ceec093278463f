#include "devices/speaker.h"

enum {
    GATE_2 = 0x01,
    SPEAKER_DATA = 0x02,
    WRITABLE = 0x0F,
    REFRESH_TOGGLE = 0x10,
    OUT_2 = 0x20,
};

/* The refresh toggle changes with every refresh cycle, which IBM's channel 1 asks for every 18
 * ticks (15.085 microseconds). Programs count its changes to wait. */
enum { REFRESH_TICKS = 18 };

const StateTable speaker_state = {
    .chip = "speaker",
    .fields = (const Field[]){FIELD(Speaker, control)},
    .count = 1,
};

static u64 control_read(void *device, u32 offset, Size size)
{
    Speaker *speaker = device;
    u8 value = speaker->control;

    (void)offset, (void)size;
    if (clock_ticks(speaker->clock, I8254_HZ) / REFRESH_TICKS & 1)
        value |= REFRESH_TOGGLE;
    if (i8254_output(speaker->pit, 2))
        value |= OUT_2;
    return value;
}

static void control_write(void *device, u32 offset, Size size, u64 value)
{
    Speaker *speaker = device;

    (void)offset, (void)size;
    if ((value ^ speaker->control) & (GATE_2 | SPEAKER_DATA))
        LOG(speaker->log, LOG_SOUND, "gate %u, data %u", (unsigned)(value & GATE_2),
            (unsigned)(value >> 1 & 1));
    speaker->control = value & WRITABLE;
    i8254_set_gate(speaker->pit, 2, value & GATE_2);
}

bool speaker_tone(const Speaker *speaker, unsigned *hz)
{
    return (speaker->control & (GATE_2 | SPEAKER_DATA)) == (GATE_2 | SPEAKER_DATA) &&
           i8254_frequency(speaker->pit, 2, hz);
}

static const IoOps control_io = {BYTE, control_read, control_write};

void speaker_init(Speaker *speaker, AddressSpace *ports, Clock *clock, Log *log, I8254 *pit)
{
    *speaker = (Speaker){.pit = pit, .clock = clock, .log = log};
    space_add_io(ports, "port61", 0x61, 1, &control_io, speaker);
    speaker_reset(speaker);
}

void speaker_reset(Speaker *speaker)
{
    speaker->control = 0;
    i8254_set_gate(speaker->pit, 2, false);
}
