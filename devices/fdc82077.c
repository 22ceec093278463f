/*
 * 82077AA floppy disk controller: registers, phases, resets. Intel 82077AA data sheet, "Register
 * Set", "Controller Phases", "Resets"; the AT mode of its IDENT pin.
 *
 * Not implemented: status registers A and B (AT mode has none), power-down, the tape drive.
 */
#include "devices/fdc82077.h"
#include "devices/fdc82077_transfer.h"

#include <string.h>

/* ports, from 3F0h */
enum { DIGITAL_OUTPUT = 2, TAPE_DRIVE = 3, MAIN_STATUS = 4, FIFO = 5, DIGITAL_INPUT = 7 };
enum { DOR_SELECT = 3, DOR_NOT_RESET = 4, DOR_GATE = 8 };
enum { DSR_RATE = 3, DSR_RESET = 0x80 };
enum { MSR_READY = 0x80, MSR_TO_HOST = 0x40, MSR_NON_DMA = 0x20, MSR_BUSY = 0x10 };
enum { DIR_DISK_CHANGED = 0x80 };
enum { CONFIGURE_NO_POLLING = 0x10, CONFIGURE_DEFAULT = 0x20 };
enum { RESET_NS = 20000 };

FloppyDrive *fdc82077_unit(Fdc82077 *fdc, unsigned unit)
{
    return unit < FDC_DRIVES && fdc->drives[unit].present ? &fdc->drives[unit] : NULL;
}

void fdc82077_interrupt(Fdc82077 *fdc, bool level)
{
    fdc->interrupt = level;
    irq_line_set(fdc->irq, level && (fdc->digital_output & DOR_GATE));
}

void fdc82077_result(Fdc82077 *fdc, unsigned length)
{
    fdc->phase = FDC_RESULT;
    fdc->result_length = (u8)length;
    fdc->result_at = 0;
}

void fdc82077_await_command(Fdc82077 *fdc)
{
    fdc->phase = FDC_COMMAND;
    fdc->command_at = 0;
}

static u8 give_result_byte(Fdc82077 *fdc)
{
    u8 byte = fdc->result[fdc->result_at++];

    /* A data command's interrupt goes with the first byte; a seek's waits to be sensed. */
    if (fdc->result_length == 7)
        fdc82077_interrupt(fdc, false);
    if (fdc->result_at >= fdc->result_length)
        fdc82077_await_command(fdc);
    return byte;
}

/* ---- resets ---- */

static void reset_begins(Fdc82077 *fdc)
{
    fdc->phase = FDC_RESET;
    fdc->command_at = 0;
    fdc->seeking = fdc->sense_pending = 0;
    clock_cancel(fdc->clock, &fdc->step);
    for (unsigned unit = 0; unit < FDC_UNITS; unit++)
        clock_cancel(fdc->clock, &fdc->seek_done[unit]);
    clock_cancel(fdc->clock, &fdc->reset_done);
    i8237_request(fdc->dma, 2, false);
    if (!fdc->locked) {
        fdc->configure = CONFIGURE_DEFAULT;
        fdc->precompensation_track = 0;
    }
    fdc->perpendicular &= 0x3C;
    fdc82077_interrupt(fdc, false);
}

static void reset_ends(Fdc82077 *fdc)
{
    clock_schedule(fdc->clock, &fdc->reset_done, clock_after_ns(fdc->clock, RESET_NS));
}

/* The chip polls the four units, finds that each has become ready, and says so. */
static void reset_is_done(void *owner)
{
    Fdc82077 *fdc = owner;

    fdc82077_await_command(fdc);
    if (fdc->configure & CONFIGURE_NO_POLLING)
        return;
    fdc->sense_pending = 0x0F;
    for (unsigned unit = 0; unit < FDC_UNITS; unit++)
        fdc->sense_status[unit] = ST0_POLLING | (u8)unit;
    fdc82077_interrupt(fdc, true);
}

/* ---- registers ---- */

static u8 main_status(const Fdc82077 *fdc)
{
    switch (fdc->phase) {
    case FDC_COMMAND:
        return MSR_READY | (fdc->command_at ? MSR_BUSY : 0) | fdc->seeking;
    case FDC_EXECUTION:
        return MSR_BUSY | fdc->seeking;
    case FDC_DATA_IN:
        return MSR_READY | MSR_TO_HOST | MSR_NON_DMA | MSR_BUSY | fdc->seeking;
    case FDC_DATA_OUT:
        return MSR_READY | MSR_NON_DMA | MSR_BUSY | fdc->seeking;
    case FDC_RESULT:
        return MSR_READY | MSR_TO_HOST | MSR_BUSY | fdc->seeking;
    default:
        return 0;
    }
}

static u8 digital_input(Fdc82077 *fdc)
{
    unsigned unit = fdc->digital_output & DOR_SELECT;
    FloppyDrive *drive = fdc82077_unit(fdc, unit);
    bool motor = bit(fdc->digital_output, 4 + unit);

    /* The line is only driven by a drive that is selected, with its motor on. */
    return motor && (!drive || drive->disk_changed) ? DIR_DISK_CHANGED : 0;
}

static u8 read_fifo(Fdc82077 *fdc)
{
    if (fdc->phase == FDC_RESULT)
        return give_result_byte(fdc);
    if (fdc->phase == FDC_DATA_IN)
        return fdc82077_data_in(fdc);
    return 0;
}

static u64 fdc82077_read(void *device, u32 offset, Size size)
{
    Fdc82077 *fdc = device;

    (void)size;
    switch (offset) {
    case DIGITAL_OUTPUT:
        return fdc->digital_output;
    case TAPE_DRIVE:
        return fdc->tape_drive;
    case MAIN_STATUS:
        return main_status(fdc);
    case FIFO:
        return read_fifo(fdc);
    default:
        return 0xFF;
    }
}

static void write_digital_output(Fdc82077 *fdc, u8 value)
{
    u8 changed = fdc->digital_output ^ value;

    fdc->digital_output = value;
    if ((changed & DOR_NOT_RESET) && (value & DOR_NOT_RESET))
        reset_ends(fdc);
    else if (changed & DOR_NOT_RESET)
        reset_begins(fdc);
    fdc82077_interrupt(fdc, fdc->interrupt); /* the gate may have changed */
}

static void write_data_rate(Fdc82077 *fdc, u8 value)
{
    fdc->data_rate = value & DSR_RATE;
    if (!(value & DSR_RESET))
        return;
    reset_begins(fdc); /* this one ends by itself */
    if (fdc->digital_output & DOR_NOT_RESET)
        reset_ends(fdc);
}

static void write_fifo(Fdc82077 *fdc, u8 value)
{
    if (fdc->phase == FDC_COMMAND)
        fdc82077_command_byte(fdc, value);
    else if (fdc->phase == FDC_DATA_OUT)
        fdc82077_data_out(fdc, value);
}

static void fdc82077_write(void *device, u32 offset, Size size, u64 value)
{
    Fdc82077 *fdc = device;

    (void)size;
    switch (offset) {
    case DIGITAL_OUTPUT:
        write_digital_output(fdc, (u8)value);
        break;
    case TAPE_DRIVE:
        fdc->tape_drive = value & 3;
        break;
    case MAIN_STATUS: /* written, it is the data rate select register */
        write_data_rate(fdc, (u8)value);
        break;
    case FIFO:
        write_fifo(fdc, (u8)value);
        break;
    }
}

/* Port 3F7h: the disk change line, and the configuration control register. */
static u64 port_7_read(void *device, u32 offset, Size size)
{
    (void)offset;
    (void)size;
    return digital_input(device);
}

static void port_7_write(void *device, u32 offset, Size size, u64 value)
{
    Fdc82077 *fdc = device;

    (void)offset;
    (void)size;
    fdc->data_rate = value & DSR_RATE;
}

/* ---- life ---- */

static void seek_0_ends(void *owner)
{
    fdc82077_seek_ends(owner, 0);
}

static void seek_1_ends(void *owner)
{
    fdc82077_seek_ends(owner, 1);
}

static void seek_2_ends(void *owner)
{
    fdc82077_seek_ends(owner, 2);
}

static void seek_3_ends(void *owner)
{
    fdc82077_seek_ends(owner, 3);
}

static const IoOps fdc82077_io = {BYTE, fdc82077_read, fdc82077_write};
static const IoOps port_7_io = {BYTE, port_7_read, port_7_write};

void fdc82077_init(Fdc82077 *fdc, AddressSpace *ports, Clock *clock, Log *log, IrqLine irq,
                   I8237 *dma)
{
    static const struct {
        const char *name;
        void (*fire)(void *owner);
    } seeks[FDC_UNITS] = {{"floppy seek 0", seek_0_ends},
                          {"floppy seek 1", seek_1_ends},
                          {"floppy seek 2", seek_2_ends},
                          {"floppy seek 3", seek_3_ends}};

    *fdc = (Fdc82077){.clock = clock, .log = log, .irq = irq, .dma = dma};
    event_init(clock, &fdc->step, "floppy transfer", fdc82077_step, fdc);
    for (unsigned unit = 0; unit < FDC_UNITS; unit++)
        event_init(clock, &fdc->seek_done[unit], seeks[unit].name, seeks[unit].fire, fdc);
    event_init(clock, &fdc->reset_done, "floppy reset", reset_is_done, fdc);
    space_add_io(ports, "82077", 0x3F0, 6, &fdc82077_io, fdc);
    space_add_io(ports, "82077", 0x3F7, 1, &port_7_io, fdc);
    fdc82077_reset(fdc);
}

/* Hardware reset: DOR is cleared, which holds the chip in reset until software releases it. */
void fdc82077_reset(Fdc82077 *fdc)
{
    fdc->digital_output = 0;
    fdc->data_rate = 2; /* 250 kbit/s */
    fdc->tape_drive = 0;
    fdc->locked = false;
    fdc->specify[0] = fdc->specify[1] = 0;
    fdc->perpendicular = 0;
    fdc->end_of_track = 0;
    reset_begins(fdc);
}

void fdc82077_attach(Fdc82077 *fdc, unsigned drive, BlockDevice *medium)
{
    assert(drive < FDC_DRIVES);
    floppy_drive_attach(&fdc->drives[drive], medium);
}

void fdc82077_medium_changed(Fdc82077 *fdc)
{
    for (unsigned i = 0; i < FDC_DRIVES; i++)
        floppy_drive_medium_changed(&fdc->drives[i]);
}

FloppyType fdc82077_drive_type(const Fdc82077 *fdc, unsigned drive)
{
    assert(drive < FDC_DRIVES);
    return fdc->drives[drive].present ? (FloppyType)fdc->drives[drive].type : FLOPPY_NONE;
}

/* ---- state ---- */

/* A snapshot may have been made by anybody: no index may leave its array. */
static void fdc82077_restored(void *chip)
{
    Fdc82077 *fdc = chip;

    fdc->data_rate &= DSR_RATE;
    fdc->unit &= 3;
    fdc->side &= 1;
    fdc->sense_pending &= 0x0F;
    fdc->seeking &= 0x0F;
    if (fdc->command_at >= FDC_COMMAND_BYTES || fdc->command_length > FDC_COMMAND_BYTES)
        fdc->command_at = fdc->command_length = 0;
    if (fdc->result_at >= FDC_RESULT_BYTES || fdc->result_length > FDC_RESULT_BYTES)
        fdc->result_at = fdc->result_length = 0;
    if (fdc->buffer_length > SECTOR_SIZE)
        fdc->buffer_length = SECTOR_SIZE;
    if (fdc->buffer_at > fdc->buffer_length)
        fdc->buffer_at = fdc->buffer_length;
    clock_restore_event(fdc->clock, &fdc->step);
    for (unsigned unit = 0; unit < FDC_UNITS; unit++)
        clock_restore_event(fdc->clock, &fdc->seek_done[unit]);
    clock_restore_event(fdc->clock, &fdc->reset_done);
}

// clang-format off
#define FLOPPY_FIELDS(d)                                                          \
    FIELD(Fdc82077, drives[d].cylinder), FIELD(Fdc82077, drives[d].passed),       \
    FIELD(Fdc82077, drives[d].disk_changed), FIELD(Fdc82077, drives[d].changes_seen)
// clang-format on

static const Field fdc82077_fields[] = {
    FLOPPY_FIELDS(0),
    FLOPPY_FIELDS(1),
    FIELD(Fdc82077, digital_output),
    FIELD(Fdc82077, data_rate),
    FIELD(Fdc82077, tape_drive),
    FIELD(Fdc82077, phase),
    FIELD_ARRAY(Fdc82077, command),
    FIELD(Fdc82077, command_length),
    FIELD(Fdc82077, command_at),
    FIELD_ARRAY(Fdc82077, result),
    FIELD(Fdc82077, result_length),
    FIELD(Fdc82077, result_at),
    FIELD_ARRAY(Fdc82077, specify),
    FIELD(Fdc82077, configure),
    FIELD(Fdc82077, precompensation_track),
    FIELD(Fdc82077, perpendicular),
    FIELD(Fdc82077, end_of_track),
    FIELD(Fdc82077, locked),
    FIELD(Fdc82077, cylinder),
    FIELD(Fdc82077, head),
    FIELD(Fdc82077, sector),
    FIELD(Fdc82077, size),
    FIELD(Fdc82077, unit),
    FIELD(Fdc82077, side),
    FIELD(Fdc82077, status2),
    FIELD_ARRAY(Fdc82077, buffer),
    FIELD(Fdc82077, buffer_at),
    FIELD(Fdc82077, buffer_length),
    FIELD(Fdc82077, sectors_left),
    FIELD(Fdc82077, waits),
    FIELD(Fdc82077, located),
    FIELD(Fdc82077, terminal_count),
    FIELD(Fdc82077, seeking),
    FIELD_ARRAY(Fdc82077, seek_target),
    FIELD(Fdc82077, sense_pending),
    FIELD_ARRAY(Fdc82077, sense_status),
    FIELD(Fdc82077, interrupt),
    FIELD_EVENT(Fdc82077, step),
    FIELD_EVENT(Fdc82077, seek_done[0]),
    FIELD_EVENT(Fdc82077, seek_done[1]),
    FIELD_EVENT(Fdc82077, seek_done[2]),
    FIELD_EVENT(Fdc82077, seek_done[3]),
    FIELD_EVENT(Fdc82077, reset_done),
};

const StateTable fdc82077_state = {"82077", fdc82077_fields, COUNT_OF(fdc82077_fields),
                                   fdc82077_restored};
