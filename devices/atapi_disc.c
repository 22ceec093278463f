/*
 * The packets that ask for what is on the disc. SFF-8020i, "Packet Commands for CD-ROM Devices";
 * MMC-3 (T10/1363-D), "READ TOC/PMA/ATIP", "READ CD", "READ DISC INFORMATION".
 * The disc has one session with one mode 1 data track.
 *
 * Not implemented: audio, READ DVD STRUCTURE, C2 error data and sub-channels in READ CD.
 */
#include "devices/atapi.h"

#include <string.h>

enum { FRAMES_BEFORE_LBA_0 = 150, LEAD_OUT = 0xAA, DATA_TRACK = 0x14 };
enum { FIELDS_USER_DATA = 0x10 };

/* A disc address: LBA, or minute, second and frame. */
static void put_address(u8 *bytes, u32 lba, bool msf)
{
    u32 frames = lba + FRAMES_BEFORE_LBA_0;

    if (msf)
        put32(bytes, frames / (60 * 75) << 16 | frames / 75 % 60 << 8 | frames % 75);
    else
        put32(bytes, lba);
}

void atapi_read_capacity(IdeDrive *drive)
{
    u8 *reply = atapi_clear(drive, 8);

    put32(reply, atapi_blocks(drive) - 1);
    put32(reply + 4, CD_BLOCK);
    atapi_reply(drive, 8, 8);
}

static u32 toc_tracks(IdeDrive *drive, u8 *reply, bool msf)
{
    u32 start = drive->packet[6], length = 4;

    if (start > 1 && start != LEAD_OUT)
        return 0;
    reply[2] = reply[3] = 1; /* first and last track */
    for (u32 track = start == LEAD_OUT ? LEAD_OUT : 1; track; length += 8) {
        reply[length + 1] = DATA_TRACK;
        reply[length + 2] = (u8)track;
        put_address(reply + length + 4, track == LEAD_OUT ? atapi_blocks(drive) : 0, msf);
        track = track == LEAD_OUT ? 0 : LEAD_OUT;
    }
    return length;
}

static u32 toc_sessions(u8 *reply, bool msf)
{
    reply[2] = reply[3] = 1; /* first and last session */
    reply[5] = DATA_TRACK;
    reply[6] = 1;
    put_address(reply + 8, 0, msf);
    return 12;
}

/* The lead-in as it is on the disc: always in minutes, seconds and frames. */
static u32 toc_full(IdeDrive *drive, u8 *reply)
{
    static const u8 points[] = {0xA0, 0xA1, 0xA2, 1};
    u32 length = 4;

    reply[2] = reply[3] = 1;
    for (unsigned i = 0; i < COUNT_OF(points); i++, length += 11) {
        u8 *entry = reply + length;

        entry[0] = 1;
        entry[1] = DATA_TRACK;
        entry[3] = points[i];
        if (points[i] < 0xA2 && points[i] >= 0xA0)
            entry[8] = 1; /* number of the first, and of the last, track */
        else
            put_address(entry + 7, points[i] == 1 ? 0 : atapi_blocks(drive), true);
    }
    return length;
}

void atapi_read_toc(IdeDrive *drive)
{
    /* Where SFF-8020i drives have the format, MMC has it as well for old hosts. */
    u32 format = drive->packet[2] & 0x0F ? drive->packet[2] & 0x0F : drive->packet[9] >> 6;
    bool msf = bit(drive->packet[1], 1);
    u8 *reply = atapi_clear(drive, 64);
    u32 length = 0;

    if (format == 0)
        length = toc_tracks(drive, reply, msf);
    else if (format == 1)
        length = toc_sessions(reply, msf);
    else if (format == 2)
        length = toc_full(drive, reply);
    if (!length) {
        atapi_invalid_field(drive);
        return;
    }
    put16(reply, length - 2);
    atapi_reply(drive, length, get16(drive->packet + 7));
}

void atapi_read_disc_information(IdeDrive *drive)
{
    u8 *reply = atapi_clear(drive, 34);

    put16(reply, 32);
    reply[2] = 0x0E; /* the last session is complete, the disc is final */
    reply[3] = reply[4] = reply[5] = reply[6] = 1;
    reply[7] = 0x20; /* unrestricted use */
    memset(reply + 16, 0xFF, 8);
    atapi_reply(drive, 34, get16(drive->packet + 7));
}

void atapi_read_track_information(IdeDrive *drive)
{
    u8 *reply = atapi_clear(drive, 36);
    u32 kind = drive->packet[1] & 3, number = get32(drive->packet + 2);

    if (kind == 3 || (kind == 0 && number >= atapi_blocks(drive)) || (kind && number != 1)) {
        atapi_invalid_field(drive);
        return;
    }
    put16(reply, 34);
    reply[2] = reply[3] = 1;
    reply[5] = 4;
    reply[6] = 1;
    put32(reply + 24, atapi_blocks(drive));
    atapi_reply(drive, 36, get16(drive->packet + 7));
}

void atapi_read_subchannel(IdeDrive *drive)
{
    bool wants_data = bit(drive->packet[2], 6), msf = bit(drive->packet[1], 1);
    u8 *reply = atapi_clear(drive, 16);

    reply[1] = 0x15; /* no audio status */
    if (!wants_data) {
        atapi_reply(drive, 4, get16(drive->packet + 7));
        return;
    }
    if (drive->packet[3] != 1) { /* only the current position */
        atapi_invalid_field(drive);
        return;
    }
    put16(reply + 2, 12);
    reply[4] = 1;
    reply[5] = DATA_TRACK;
    reply[6] = reply[7] = 1;
    put_address(reply + 8, 0, msf);
    put_address(reply + 12, 0, msf);
    atapi_reply(drive, 16, get16(drive->packet + 7));
}

/* ---- reading ---- */

void atapi_read_10(IdeDrive *drive)
{
    atapi_read(drive, get32(drive->packet + 2), get16(drive->packet + 7), FIELDS_USER_DATA);
}

void atapi_read_12(IdeDrive *drive)
{
    atapi_read(drive, get32(drive->packet + 2), get32(drive->packet + 6), FIELDS_USER_DATA);
}

/* READ CD and READ CD MSF: byte 1 says which kind of sector is expected, byte 9 which of its
 * fields are wanted, byte 10 which sub-channel. */
static void read_cd_blocks(IdeDrive *drive, u32 lba, u32 blocks)
{
    u8 expected = drive->packet[1] >> 2 & 7, fields = drive->packet[9];

    if (expected != 0 && expected != 2) {
        atapi_check(drive, SENSE_ILLEGAL_REQUEST, ASC_WRONG_MODE);
        return;
    }
    if ((fields & 0x06) || (drive->packet[10] & 7)) {
        atapi_invalid_field(drive);
        return;
    }
    atapi_read(drive, lba, blocks, fields);
}

void atapi_read_cd(IdeDrive *drive)
{
    read_cd_blocks(drive, get32(drive->packet + 2), get32(drive->packet + 5) & 0xFFFFFF);
}

static u32 msf_to_lba(const u8 *bytes)
{
    return (bytes[0] * 60u + bytes[1]) * 75 + bytes[2] - FRAMES_BEFORE_LBA_0;
}

void atapi_read_cd_msf(IdeDrive *drive)
{
    u32 start = msf_to_lba(drive->packet + 3), end = msf_to_lba(drive->packet + 6);

    if (end < start)
        atapi_invalid_field(drive);
    else
        read_cd_blocks(drive, start, end - start);
}

void atapi_seek(IdeDrive *drive)
{
    if (get32(drive->packet + 2) < atapi_blocks(drive))
        atapi_good(drive);
    else
        atapi_check(drive, SENSE_ILLEGAL_REQUEST, ASC_ADDRESS_OUT_OF_RANGE);
}
