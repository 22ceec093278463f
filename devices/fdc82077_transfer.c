/*
 * The 82077AA's data transfer commands. Intel 82077AA data sheet, "Data Transfer Commands",
 * "Command Set/Descriptions", "Status Register Encoding", table "Result Phase".
 *
 * A sector takes its time, but much less than a turning disk would need. A host that is late has
 * as much time as the disk's rotation would have given it; then the transfer overruns.
 *
 * Not implemented: gaps, CRCs and FM (a raw image has none of them), sectors of other sizes than
 * 512 bytes; a drive without a disk ends a command with "missing address mark", where the chip
 * would wait for an index pulse until it is reset.
 */
#include "devices/fdc82077_transfer.h"

#include <string.h>

/* command bytes, bits 0-4 */
enum {
    READ_TRACK = 0x02,
    WRITE_DATA = 0x05,
    READ_DATA = 0x06,
    WRITE_DELETED = 0x09,
    READ_ID = 0x0A,
    READ_DELETED = 0x0C,
    FORMAT_TRACK = 0x0D,
    SCAN_EQUAL = 0x11,
    VERIFY = 0x16,
    SCAN_LOW = 0x19,
    SCAN_HIGH = 0x1D,
    OPCODE = 0x1F
};
enum { MULTI_TRACK = 0x80, MFM = 0x40, SKIP = 0x20, ENABLE_COUNT = 0x80 };
/* ST1 */
enum {
    ST1_END_OF_CYLINDER = 0x80,
    ST1_DATA_ERROR = 0x20,
    ST1_OVERRUN = 0x10,
    ST1_NO_DATA = 0x04,
    ST1_NOT_WRITABLE = 0x02,
    ST1_MISSING_ADDRESS_MARK = 0x01
};
/* ST2 */
enum {
    ST2_CONTROL_MARK = 0x40,
    ST2_DATA_ERROR = 0x20,
    ST2_WRONG_CYLINDER = 0x10,
    ST2_SCAN_EQUAL = 0x08,
    ST2_SCAN_NOT_SATISFIED = 0x04
};
enum { CONFIGURE_IMPLIED_SEEK = 0x40, SPECIFY_NON_DMA = 1, SIZE_512 = 2, DMA_CHANNEL = 2 };
enum { FORMAT_ID_BYTES = 4, SCAN_ANY = 0xFF };
enum {
    START_NS = 200000,
    SECTOR_NS = 200000,
    WAIT_NS = 1000000,
    MOST_WAITS = 200, /* one turn of the disk */
};

static u8 opcode(const Fdc82077 *fdc)
{
    return fdc->command[0] & OPCODE;
}

static bool writes(const Fdc82077 *fdc)
{
    u8 code = opcode(fdc);

    return code == WRITE_DATA || code == WRITE_DELETED || code == FORMAT_TRACK;
}

static bool scans(const Fdc82077 *fdc)
{
    u8 code = opcode(fdc);

    return code == SCAN_EQUAL || code == SCAN_LOW || code == SCAN_HIGH;
}

static void go_on(Fdc82077 *fdc, u64 ns)
{
    fdc->phase = FDC_EXECUTION;
    clock_schedule(fdc->clock, &fdc->step, clock_after_ns(fdc->clock, ns));
}

/* The seven result bytes of every data command. */
static void finish(Fdc82077 *fdc, u8 status0, u8 status1, u8 status2)
{
    fdc->result[0] = status0 | (u8)(fdc->side << 2) | fdc->unit;
    fdc->result[1] = status1;
    fdc->result[2] = status2 | fdc->status2;
    fdc->result[3] = fdc->cylinder;
    fdc->result[4] = fdc->head;
    fdc->result[5] = fdc->sector;
    fdc->result[6] = fdc->size;
    i8237_request(fdc->dma, DMA_CHANNEL, false);
    fdc82077_result(fdc, 7);
    fdc82077_interrupt(fdc, true);
    LOG(fdc->log, LOG_FDC, "command %02X ends: ST0 %02X ST1 %02X ST2 %02X, C %u H %u R %u",
        fdc->command[0], fdc->result[0], fdc->result[1], fdc->result[2], fdc->cylinder, fdc->head,
        fdc->sector);
}

static void fail(Fdc82077 *fdc, u8 status1, u8 status2)
{
    finish(fdc, ST0_ABNORMAL, status1, status2);
}

/* ---- start ---- */

static void select_unit(Fdc82077 *fdc)
{
    fdc->unit = fdc->command[1] & 3;
    fdc->side = fdc->command[1] >> 2 & 1;
    fdc->status2 = 0;
    fdc->buffer_at = 0;
    fdc->waits = 0;
    fdc->located = fdc->terminal_count = false;
}

void fdc82077_start_transfer(Fdc82077 *fdc)
{
    FloppyDrive *drive;

    select_unit(fdc);
    fdc->cylinder = fdc->command[2];
    fdc->head = fdc->command[3];
    fdc->sector = fdc->command[4];
    fdc->size = fdc->command[5];
    fdc->end_of_track = fdc->command[6];
    if (opcode(fdc) == READ_TRACK) {
        fdc->sectors_left = fdc->end_of_track;
        fdc->sector = 1;
    } else {
        fdc->sectors_left = fdc->command[8]; /* only VERIFY with EC looks at it */
    }
    drive = fdc82077_unit(fdc, fdc->unit);
    if ((fdc->configure & CONFIGURE_IMPLIED_SEEK) && drive && drive->cylinder != fdc->cylinder)
        floppy_drive_step(drive, fdc->cylinder);
    go_on(fdc, START_NS);
}

void fdc82077_start_format(Fdc82077 *fdc)
{
    select_unit(fdc);
    fdc->size = fdc->command[2];
    fdc->sectors_left = fdc->end_of_track = fdc->command[3];
    go_on(fdc, START_NS);
}

void fdc82077_start_read_id(Fdc82077 *fdc)
{
    select_unit(fdc);
    go_on(fdc, START_NS);
}

/* ---- finding sectors ---- */

/* The disk under the selected head, if it can be read at all: there is one, recorded at the data
 * rate and in the encoding that the host chose. */
static const FloppyGeometry *readable_track(Fdc82077 *fdc)
{
    FloppyDrive *drive = fdc82077_unit(fdc, fdc->unit);
    const FloppyGeometry *geometry = floppy_drive_geometry(drive);

    if (!geometry || !(geometry->rates & 1u << fdc->data_rate) || !(fdc->command[0] & MFM) ||
        drive->cylinder >= geometry->cylinders || fdc->side >= geometry->heads)
        return NULL;
    return geometry;
}

/* Looks for the sector's id on the track; false ends the command. */
static bool locate(Fdc82077 *fdc)
{
    const FloppyGeometry *geometry = readable_track(fdc);
    FloppyDrive *drive = fdc82077_unit(fdc, fdc->unit);

    if (!geometry) {
        fail(fdc, ST1_MISSING_ADDRESS_MARK, 0);
        return false;
    }
    if (writes(fdc) && drive->medium->read_only) {
        fail(fdc, ST1_NOT_WRITABLE, 0);
        return false;
    }
    if (opcode(fdc) == FORMAT_TRACK || opcode(fdc) == READ_TRACK)
        return true;
    if (fdc->cylinder != drive->cylinder) {
        fail(fdc, ST1_NO_DATA, ST2_WRONG_CYLINDER);
        return false;
    }
    if (fdc->head != fdc->side || fdc->size != SIZE_512 || fdc->sector < 1 ||
        fdc->sector > geometry->sectors) {
        fail(fdc, ST1_NO_DATA, 0);
        return false;
    }
    return true;
}

/* To the id that follows, as table "Result Phase" has it; false when the cylinder has ended. */
static bool next_sector(Fdc82077 *fdc)
{
    u8 step = scans(fdc) && fdc->command[8] == 2 ? 2 : 1; /* SCAN's STP */

    if (fdc->sector < fdc->end_of_track) {
        fdc->sector = (u8)(fdc->sector + step);
        return true;
    }
    fdc->sector = 1;
    if (!(fdc->command[0] & MULTI_TRACK)) {
        fdc->cylinder++;
        return false;
    }
    fdc->head ^= 1;
    fdc->side ^= 1;
    if (fdc->side == 1)
        return true;
    fdc->cylinder++;
    fdc->side = 1; /* the head that ST0 names is the one that was used last */
    return false;
}

/* ---- what is done with a sector's data ---- */

static void end_of_cylinder(Fdc82077 *fdc)
{
    if (opcode(fdc) == VERIFY && !(fdc->command[1] & ENABLE_COUNT))
        finish(fdc, 0, 0, 0);
    else if (scans(fdc))
        finish(fdc, 0, 0, ST2_SCAN_NOT_SATISFIED);
    else
        fail(fdc, ST1_END_OF_CYLINDER, 0);
}

static void sector_done(Fdc82077 *fdc)
{
    bool more = next_sector(fdc);
    bool counted = opcode(fdc) == VERIFY && (fdc->command[1] & ENABLE_COUNT);

    if (counted && fdc->sectors_left)
        fdc->sectors_left--;
    fdc->located = false;
    if (fdc->terminal_count || (counted && !fdc->sectors_left))
        finish(fdc, 0, 0, scans(fdc) ? ST2_SCAN_NOT_SATISFIED : 0);
    else if (!more)
        end_of_cylinder(fdc);
    else
        go_on(fdc, SECTOR_NS);
}

/* READ TRACK takes the sectors as they come, and only notes that none had the wanted id. */
static void track_sector_done(Fdc82077 *fdc)
{
    fdc->located = false;
    fdc->sector++;
    if (fdc->sectors_left)
        fdc->sectors_left--;
    if (fdc->terminal_count || !fdc->sectors_left)
        finish(fdc, 0, fdc->command[4] > fdc->end_of_track ? ST1_NO_DATA : 0, 0);
    else
        go_on(fdc, SECTOR_NS);
}

static void store_sector(Fdc82077 *fdc)
{
    FloppyDrive *drive = fdc82077_unit(fdc, fdc->unit);

    if (drive && floppy_drive_write(drive, fdc->side, fdc->sector, fdc->buffer))
        sector_done(fdc);
    else
        fail(fdc, ST1_DATA_ERROR, ST2_DATA_ERROR);
}

/* FORMAT TRACK: the host gave C, H, R and N of the next sector, which is filled with D. Ids that
 * a raw image has no place for are lost. */
static void format_sector(Fdc82077 *fdc)
{
    FloppyDrive *drive = fdc82077_unit(fdc, fdc->unit);
    u8 sector = fdc->buffer[2];

    fdc->cylinder = fdc->buffer[0];
    fdc->head = fdc->buffer[1];
    fdc->sector = sector;
    memset(fdc->buffer, fdc->command[5], sizeof fdc->buffer);
    if (!drive || fdc->size != SIZE_512 || fdc->cylinder != drive->cylinder ||
        fdc->head != fdc->side || !floppy_drive_write(drive, fdc->side, sector, fdc->buffer))
        log_once(fdc->log, LOG_FDC, "a sector was formatted that the disk image cannot hold");
    fdc->located = false;
    if (fdc->sectors_left)
        fdc->sectors_left--;
    if (fdc->sectors_left)
        go_on(fdc, SECTOR_NS);
    else
        finish(fdc, 0, 0, 0);
}

/* SCAN: compares the host's bytes with the sector's. Every byte must satisfy the condition; FFh
 * from the host satisfies all. */
static void scan_sector(Fdc82077 *fdc)
{
    u8 disk[SECTOR_SIZE];
    FloppyDrive *drive = fdc82077_unit(fdc, fdc->unit);
    bool equal = true, satisfied = true;

    if (!drive || !floppy_drive_read(drive, fdc->side, fdc->sector, disk)) {
        fail(fdc, ST1_DATA_ERROR, ST2_DATA_ERROR);
        return;
    }
    for (unsigned i = 0; i < SECTOR_SIZE; i++) {
        u8 host = fdc->buffer[i];

        if (host == SCAN_ANY || disk[i] == host)
            continue;
        equal = false;
        if (opcode(fdc) == SCAN_EQUAL || (opcode(fdc) == SCAN_LOW && disk[i] > host) ||
            (opcode(fdc) == SCAN_HIGH && disk[i] < host))
            satisfied = false;
    }
    if (satisfied)
        finish(fdc, 0, 0, equal ? ST2_SCAN_EQUAL : 0);
    else
        sector_done(fdc);
}

/* The whole buffer has been moved. */
static void buffer_moved(Fdc82077 *fdc)
{
    if (opcode(fdc) == FORMAT_TRACK)
        format_sector(fdc);
    else if (opcode(fdc) == READ_TRACK)
        track_sector_done(fdc);
    else if (writes(fdc))
        store_sector(fdc);
    else if (scans(fdc))
        scan_sector(fdc);
    else if (fdc->status2 & ST2_CONTROL_MARK) /* not the kind of data that was asked for */
        next_sector(fdc), finish(fdc, 0, 0, 0);
    else
        sector_done(fdc);
}

/* ---- moving data ---- */

static bool non_dma(const Fdc82077 *fdc)
{
    return fdc->specify[1] & SPECIFY_NON_DMA;
}

static void move_by_dma(Fdc82077 *fdc, bool to_host)
{
    u8 *bytes = fdc->buffer + fdc->buffer_at;
    u32 length = fdc->buffer_length - fdc->buffer_at, moved;

    i8237_request(fdc->dma, DMA_CHANNEL, true);
    if (to_host)
        moved = i8237_to_memory(fdc->dma, DMA_CHANNEL, bytes, length, &fdc->terminal_count);
    else
        moved = i8237_from_memory(fdc->dma, DMA_CHANNEL, bytes, length, &fdc->terminal_count);
    fdc->buffer_at += moved;
    if (fdc->terminal_count || fdc->buffer_at == fdc->buffer_length) {
        /* A sector that the host ends early is written with zeros. */
        if (!to_host)
            memset(fdc->buffer + fdc->buffer_at, 0, fdc->buffer_length - fdc->buffer_at);
        fdc->waits = 0;
        buffer_moved(fdc);
    } else if (++fdc->waits > MOST_WAITS) {
        fail(fdc, ST1_OVERRUN, 0);
    } else {
        go_on(fdc, WAIT_NS);
    }
}

static void move_buffer(Fdc82077 *fdc, bool to_host)
{
    if (!non_dma(fdc)) {
        move_by_dma(fdc, to_host);
        return;
    }
    fdc->phase = to_host ? FDC_DATA_IN : FDC_DATA_OUT;
    fdc82077_interrupt(fdc, true);
}

static void byte_moved(Fdc82077 *fdc)
{
    if (++fdc->buffer_at < fdc->buffer_length)
        return;
    fdc82077_interrupt(fdc, false);
    buffer_moved(fdc);
}

u8 fdc82077_data_in(Fdc82077 *fdc)
{
    u8 byte = fdc->buffer[fdc->buffer_at % SECTOR_SIZE];

    byte_moved(fdc);
    return byte;
}

void fdc82077_data_out(Fdc82077 *fdc, u8 byte)
{
    fdc->buffer[fdc->buffer_at % SECTOR_SIZE] = byte;
    byte_moved(fdc);
}

/* ---- the execution phase ---- */

static void read_id(Fdc82077 *fdc)
{
    const FloppyGeometry *geometry = readable_track(fdc);
    FloppyDrive *drive = fdc82077_unit(fdc, fdc->unit);

    if (!geometry) {
        fail(fdc, ST1_MISSING_ADDRESS_MARK, 0);
        return;
    }
    drive->passed = (u8)(drive->passed % geometry->sectors + 1);
    fdc->cylinder = drive->cylinder;
    fdc->head = fdc->side;
    fdc->sector = drive->passed;
    fdc->size = SIZE_512;
    finish(fdc, 0, 0, 0);
}

/* READ and VERIFY: the sector comes off the disk. */
static bool load_sector(Fdc82077 *fdc)
{
    FloppyDrive *drive = fdc82077_unit(fdc, fdc->unit);
    const FloppyGeometry *geometry = floppy_drive_geometry(drive);
    u8 sector = fdc->sector;

    if (geometry && opcode(fdc) == READ_TRACK) /* round and round */
        sector = (u8)((fdc->sector + geometry->sectors - 1u) % geometry->sectors + 1);
    if (!drive || !floppy_drive_read(drive, fdc->side, sector, fdc->buffer)) {
        fail(fdc, ST1_DATA_ERROR, ST2_DATA_ERROR);
        return false;
    }
    return true;
}

void fdc82077_step(void *owner)
{
    Fdc82077 *fdc = owner;
    u8 code = opcode(fdc);
    bool to_host = !writes(fdc) && !scans(fdc);

    if (fdc->phase != FDC_EXECUTION)
        return;
    if (code == READ_ID) {
        read_id(fdc);
        return;
    }
    if (!fdc->located) {
        if (!locate(fdc) || (to_host && !load_sector(fdc)))
            return;
        fdc->located = true;
        fdc->buffer_at = 0;
        fdc->buffer_length = code == FORMAT_TRACK ? FORMAT_ID_BYTES : SECTOR_SIZE;
    }
    if (code == FORMAT_TRACK && !fdc->sectors_left) {
        finish(fdc, 0, 0, 0);
    } else if (code == VERIFY) {
        sector_done(fdc);
    } else if (code == READ_DELETED && (fdc->command[0] & SKIP)) {
        fdc->status2 |= ST2_CONTROL_MARK; /* no sector of the image is a deleted one */
        sector_done(fdc);
    } else {
        if (code == READ_DELETED)
            fdc->status2 |= ST2_CONTROL_MARK;
        move_buffer(fdc, to_host);
    }
}
