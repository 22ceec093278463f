/*
 * The 82077AA's commands: the command phase, and the commands that move no data. Intel 82077AA
 * data sheet, "Command Set/Descriptions", "Control Commands".
 *
 * Steps are much faster than a real drive's, and do not depend on SPECIFY.
 *
 * Not implemented: write precompensation and perpendicular recording (both are kept, and change
 * nothing).
 */
#include "devices/fdc82077_transfer.h"

enum { ST3_WRITE_PROTECTED = 0x40, ST3_ONES = 0x28, ST3_TRACK_0 = 0x10 };
enum { VERSION_82077AA = 0x90 };
enum { STEP_NS = 20000, SETTLE_NS = 200000, RECALIBRATE_STEPS = 79 };

/* ---- seeks ---- */

static void start_seek(Fdc82077 *fdc, unsigned unit, u8 target, u8 status)
{
    FloppyDrive *drive = fdc82077_unit(fdc, unit);
    u64 distance = drive ? (u64)(target > drive->cylinder ? target - drive->cylinder
                                                          : drive->cylinder - target)
                         : RECALIBRATE_STEPS;

    fdc->seeking |= (u8)(1 << unit);
    fdc->seek_target[unit] = target;
    fdc->sense_status[unit] = status | (u8)unit;
    clock_schedule(fdc->clock, &fdc->seek_done[unit],
                   clock_after_ns(fdc->clock, SETTLE_NS + distance * STEP_NS));
    fdc82077_await_command(fdc);
}

void fdc82077_seek_ends(Fdc82077 *fdc, unsigned unit)
{
    FloppyDrive *drive = fdc82077_unit(fdc, unit);

    if (drive && drive->cylinder != fdc->seek_target[unit])
        floppy_drive_step(drive, fdc->seek_target[unit]);
    fdc->seeking &= (u8) ~(1 << unit);
    fdc->sense_pending |= (u8)(1 << unit);
    fdc82077_interrupt(fdc, true);
}

static void seek(Fdc82077 *fdc)
{
    start_seek(fdc, fdc->command[1] & 3, fdc->command[2], ST0_SEEK_END | (fdc->command[1] & 4));
}

static void relative_seek(Fdc82077 *fdc)
{
    FloppyDrive *drive = fdc82077_unit(fdc, fdc->command[1] & 3);
    int from = drive ? drive->cylinder : 0, distance = fdc->command[2];
    int target = fdc->command[0] & 0x40 ? from + distance : from - distance;

    target = target < 0 ? 0 : target > 255 ? 255 : target;
    start_seek(fdc, fdc->command[1] & 3, (u8)target, ST0_SEEK_END | (fdc->command[1] & 4));
}

/* Steps outward until the drive says that it is on track 0, but not more than 79 times. */
static void recalibrate(Fdc82077 *fdc)
{
    unsigned unit = fdc->command[1] & 3;
    FloppyDrive *drive = fdc82077_unit(fdc, unit);

    if (!drive)
        start_seek(fdc, unit, 0, ST0_ABNORMAL | ST0_SEEK_END | ST0_EQUIPMENT_CHECK);
    else if (drive->cylinder > RECALIBRATE_STEPS)
        start_seek(fdc, unit, drive->cylinder - RECALIBRATE_STEPS,
                   ST0_ABNORMAL | ST0_SEEK_END | ST0_EQUIPMENT_CHECK);
    else
        start_seek(fdc, unit, 0, ST0_SEEK_END);
}

/* ---- other commands without data ---- */

static void invalid(Fdc82077 *fdc)
{
    LOG(fdc->log, LOG_FDC, "invalid command %02X", fdc->command[0]);
    fdc->result[0] = ST0_INVALID;
    fdc82077_result(fdc, 1);
}

static void sense_interrupt_status(Fdc82077 *fdc)
{
    unsigned unit = 0;

    fdc82077_interrupt(fdc, false);
    if (!fdc->sense_pending) {
        invalid(fdc);
        return;
    }
    while (!bit(fdc->sense_pending, unit))
        unit++;
    FloppyDrive *drive = fdc82077_unit(fdc, unit);
    fdc->sense_pending &= (u8) ~(1 << unit);
    fdc->result[0] = fdc->sense_status[unit];
    fdc->result[1] = drive ? drive->cylinder : 0;
    fdc82077_result(fdc, 2);
    /* Another seek that has ended interrupts again; the four of a reset are one interrupt. */
    for (unsigned other = 0; other < FDC_UNITS; other++)
        if (bit(fdc->sense_pending, other) && fdc->sense_status[other] < ST0_POLLING)
            fdc82077_interrupt(fdc, true);
}

static void sense_drive_status(Fdc82077 *fdc)
{
    FloppyDrive *drive = fdc82077_unit(fdc, fdc->command[1] & 3);
    u8 status = ST3_ONES | (fdc->command[1] & 7);

    if (drive && drive->cylinder == 0)
        status |= ST3_TRACK_0;
    if (drive && drive->medium && drive->medium->read_only)
        status |= ST3_WRITE_PROTECTED;
    fdc->result[0] = status;
    fdc82077_result(fdc, 1);
}

static void specify(Fdc82077 *fdc)
{
    fdc->specify[0] = fdc->command[1];
    fdc->specify[1] = fdc->command[2];
    fdc82077_await_command(fdc);
}

static void configure(Fdc82077 *fdc)
{
    fdc->configure = fdc->command[2] & 0x7F;
    fdc->precompensation_track = fdc->command[3];
    fdc82077_await_command(fdc);
}

static void perpendicular_mode(Fdc82077 *fdc)
{
    /* OW lets the drives' bits through. */
    if (fdc->command[1] & 0x80)
        fdc->perpendicular = fdc->command[1] & 0x3F;
    else
        fdc->perpendicular = (fdc->perpendicular & 0x3C) | (fdc->command[1] & 3);
    fdc82077_await_command(fdc);
}

static void lock(Fdc82077 *fdc)
{
    fdc->locked = fdc->command[0] & 0x80;
    fdc->result[0] = fdc->locked ? 0x10 : 0;
    fdc82077_result(fdc, 1);
}

static void version(Fdc82077 *fdc)
{
    fdc->result[0] = VERSION_82077AA;
    fdc82077_result(fdc, 1);
}

static void dump_registers(Fdc82077 *fdc)
{
    for (unsigned unit = 0; unit < FDC_UNITS; unit++) {
        FloppyDrive *drive = fdc82077_unit(fdc, unit);

        fdc->result[unit] = drive ? drive->cylinder : 0;
    }
    fdc->result[4] = fdc->specify[0];
    fdc->result[5] = fdc->specify[1];
    fdc->result[6] = fdc->end_of_track;
    fdc->result[7] = (u8)((fdc->locked ? 0x80 : 0) | fdc->perpendicular);
    fdc->result[8] = fdc->configure;
    fdc->result[9] = fdc->precompensation_track;
    fdc82077_result(fdc, 10);
}

/* ---- the command phase ---- */

typedef struct FdcCommand {
    u8 mask, code; /* which bits of the first byte name the command, and how */
    u8 length;     /* bytes, the first included */
    const char *name;
    void (*run)(Fdc82077 *fdc);
} FdcCommand;

// clang-format off
static const FdcCommand commands[] = {
    {0x1F, 0x06, 9, "READ DATA", fdc82077_start_transfer},
    {0x1F, 0x0C, 9, "READ DELETED DATA", fdc82077_start_transfer},
    {0x3F, 0x05, 9, "WRITE DATA", fdc82077_start_transfer},
    {0x3F, 0x09, 9, "WRITE DELETED DATA", fdc82077_start_transfer},
    {0xBF, 0x02, 9, "READ TRACK", fdc82077_start_transfer},
    {0x1F, 0x16, 9, "VERIFY", fdc82077_start_transfer},
    {0x1F, 0x11, 9, "SCAN EQUAL", fdc82077_start_transfer},
    {0x1F, 0x19, 9, "SCAN LOW OR EQUAL", fdc82077_start_transfer},
    {0x1F, 0x1D, 9, "SCAN HIGH OR EQUAL", fdc82077_start_transfer},
    {0xBF, 0x0D, 6, "FORMAT TRACK", fdc82077_start_format},
    {0xBF, 0x0A, 2, "READ ID", fdc82077_start_read_id},
    {0xFF, 0x07, 2, "RECALIBRATE", recalibrate},
    {0xFF, 0x08, 1, "SENSE INTERRUPT STATUS", sense_interrupt_status},
    {0xFF, 0x03, 3, "SPECIFY", specify},
    {0xFF, 0x04, 2, "SENSE DRIVE STATUS", sense_drive_status},
    {0xFF, 0x0F, 3, "SEEK", seek},
    {0xBF, 0x8F, 3, "RELATIVE SEEK", relative_seek},
    {0xFF, 0x13, 4, "CONFIGURE", configure},
    {0xFF, 0x12, 2, "PERPENDICULAR MODE", perpendicular_mode},
    {0xFF, 0x0E, 1, "DUMPREG", dump_registers},
    {0x7F, 0x14, 1, "LOCK", lock},
    {0xFF, 0x10, 1, "VERSION", version},
    {0x00, 0x00, 1, "INVALID", invalid},
};
// clang-format on

static const FdcCommand *find_command(u8 first)
{
    const FdcCommand *row = commands;

    while ((first & row->mask) != row->code)
        row++;
    return row;
}

void fdc82077_command_byte(Fdc82077 *fdc, u8 byte)
{
    const FdcCommand *row;

    if (fdc->command_at == 0)
        fdc->command_length = find_command(byte)->length;
    fdc->command[fdc->command_at++] = byte;
    if (fdc->command_at < fdc->command_length)
        return;
    row = find_command(fdc->command[0]);
    LOG(fdc->log, LOG_FDC, "%s: %02X %02X %02X %02X %02X %02X %02X %02X %02X", row->name,
        fdc->command[0], fdc->command[1], fdc->command[2], fdc->command[3], fdc->command[4],
        fdc->command[5], fdc->command[6], fdc->command[7], fdc->command[8]);
    row->run(fdc);
}
