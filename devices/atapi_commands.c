/*
 * The packets that a CD-ROM drive understands. SFF-8020i, "Packet Commands for CD-ROM Devices";
 * MMC-3 (T10/1363-D), "Commands for Multi-Media devices"; SPC-2, "INQUIRY", "REQUEST SENSE".
 * The disc has one session with one mode 1 data track.
 *
 * Not implemented: audio, MODE SELECT, READ DVD STRUCTURE, EDC and ECC of raw sectors (zeros),
 * C2 error data and sub-channels in READ CD, vital product data.
 */
#include "devices/atapi.h"

#include <string.h>

enum { /* flags of a packet */
       NEEDS_MEDIUM = 1,
       TOLERANT = 2, /* runs although a unit attention is pending */
};
enum { FRAMES_BEFORE_LBA_0 = 150, LEAD_OUT = 0xAA, DATA_TRACK = 0x14 };
enum { PROFILE_NONE = 0, PROFILE_CD_ROM = 8, PROFILE_DVD_ROM = 16, CD_MOST_BLOCKS = 80 * 60 * 75 };
enum { FIELDS_USER_DATA = 0x10 };

/* ---- big-endian numbers ---- */

static u32 get16(const u8 *bytes)
{
    return (u32)bytes[0] << 8 | bytes[1];
}

static u32 get32(const u8 *bytes)
{
    return get16(bytes) << 16 | get16(bytes + 2);
}

static void put16(u8 *bytes, u32 value)
{
    bytes[0] = (u8)(value >> 8);
    bytes[1] = (u8)value;
}

static void put32(u8 *bytes, u32 value)
{
    put16(bytes, value >> 16);
    put16(bytes + 2, value);
}

/* A disc address: LBA, or minute, second and frame. */
static void put_address(u8 *bytes, u32 lba, bool msf)
{
    u32 frames = lba + FRAMES_BEFORE_LBA_0;

    if (msf)
        put32(bytes, frames / (60 * 75) << 16 | frames / 75 % 60 << 8 | frames % 75);
    else
        put32(bytes, lba);
}

static u8 *clear(IdeDrive *drive, u32 length)
{
    return memset(drive->buffer, 0, length);
}

static void invalid_field(IdeDrive *drive)
{
    atapi_check(drive, SENSE_ILLEGAL_REQUEST, ASC_INVALID_FIELD);
}

/* ---- the drive ---- */

static void test_unit_ready(IdeDrive *drive)
{
    atapi_good(drive);
}

static void request_sense(IdeDrive *drive)
{
    u8 *reply = clear(drive, 18);

    if (!drive->sense_key && drive->unit_attention) {
        drive->sense_key = SENSE_UNIT_ATTENTION;
        drive->sense_code = (u8)(drive->unit_attention >> 8);
        drive->sense_qualifier = (u8)drive->unit_attention;
        drive->unit_attention = 0;
    }
    reply[0] = 0x70; /* current error, fixed format */
    reply[2] = drive->sense_key;
    reply[7] = 10;
    reply[12] = drive->sense_code;
    reply[13] = drive->sense_qualifier;
    drive->sense_key = drive->sense_code = drive->sense_qualifier = 0;
    atapi_reply(drive, 18, drive->packet[4]);
}

static void inquiry(IdeDrive *drive)
{
    u8 *reply = clear(drive, 36);

    if ((drive->packet[1] & 1) || drive->packet[2]) {
        invalid_field(drive);
        return;
    }
    reply[0] = 5;    /* CD-ROM */
    reply[1] = 0x80; /* removable */
    reply[3] = 0x21; /* ATAPI version 2, response format 1 */
    reply[4] = 31;
    memcpy(reply + 8, "VITRINE CD-ROM          1.0 ", 28);
    atapi_reply(drive, 36, drive->packet[4]);
}

static void start_stop_unit(IdeDrive *drive)
{
    bool load_eject = bit(drive->packet[4], 1), start = bit(drive->packet[4], 0);

    if (load_eject && !start) {
        if (drive->locked) {
            atapi_check(drive, SENSE_NOT_READY, ASC_REMOVAL_PREVENTED);
            return;
        }
        drive->media_event = atapi_has_medium(drive) ? 3 : drive->media_event;
        drive->tray_open = true;
    } else if (load_eject && drive->tray_open) {
        drive->tray_open = false;
        if (atapi_has_medium(drive)) {
            drive->unit_attention = ASC_MEDIUM_CHANGED;
            drive->media_event = 2;
        }
    }
    atapi_good(drive);
}

static void prevent_allow_removal(IdeDrive *drive)
{
    drive->locked = drive->packet[4] & 1;
    atapi_good(drive);
}

static void mechanism_status(IdeDrive *drive)
{
    u8 *reply = clear(drive, 8);

    reply[1] = drive->tray_open ? 0x10 : 0;
    reply[5] = 1; /* no changer: one slot, whose table is empty */
    atapi_reply(drive, 8, get16(drive->packet + 8));
}

static void set_cd_speed(IdeDrive *drive)
{
    atapi_good(drive);
}

static void get_event_status(IdeDrive *drive)
{
    bool media = bit(drive->packet[4], 4);
    u8 *reply = clear(drive, 8);

    if (!bit(drive->packet[1], 0)) { /* asynchronous notification */
        invalid_field(drive);
        return;
    }
    reply[3] = 0x10; /* it supports the media class */
    if (media) {
        put16(reply, 6);
        reply[2] = 4;
        reply[4] = drive->media_event;
        reply[5] = (u8)((atapi_has_medium(drive) ? 2 : 0) | (drive->tray_open ? 1 : 0));
        drive->media_event = 0;
    } else {
        put16(reply, 2);
        reply[2] = 0x80; /* no event available */
    }
    atapi_reply(drive, media ? 8 : 4, get16(drive->packet + 7));
}

/* ---- capabilities ---- */

static u32 current_profile(const IdeDrive *drive)
{
    u32 blocks = atapi_blocks(drive);

    return blocks == 0 ? PROFILE_NONE : blocks <= CD_MOST_BLOCKS ? PROFILE_CD_ROM : PROFILE_DVD_ROM;
}

typedef struct Feature {
    u16 code;
    u8 version_flags; /* version in bits 2-5; 2: persistent, 1: always current */
    u8 length;
    u8 bytes[12];
} Feature;

enum { MEDIUM_FEATURE = 0x10, CD_FEATURE = 0x1E, DVD_FEATURE = 0x1F };

static const Feature features[] = {
    {0x00, 0x03, 8, {0, PROFILE_DVD_ROM, 0, 0, 0, PROFILE_CD_ROM, 0, 0}},
    {0x01, 0x0B, 8, {0, 0, 0, 2, 1}},              /* core: ATAPI */
    {0x03, 0x03, 4, {0x29}},                       /* removable medium: tray, eject, lock */
    {MEDIUM_FEATURE, 0x00, 8, {0, 0, 8, 0, 0, 1}}, /* random readable, blocks of 2,048 bytes */
    {CD_FEATURE, 0x08, 4, {0}},
    {DVD_FEATURE, 0x00, 4, {0}},
    {0x100, 0x03, 0, {0}}, /* power management */
    {0x105, 0x03, 4, {0}}, /* timeout */
};

static bool feature_current(const Feature *feature, u32 profile)
{
    switch (feature->code) {
    case MEDIUM_FEATURE:
        return profile != PROFILE_NONE;
    case CD_FEATURE:
        return profile == PROFILE_CD_ROM;
    case DVD_FEATURE:
        return profile == PROFILE_DVD_ROM;
    default:
        return true;
    }
}

static u32 put_feature(u8 *reply, const Feature *feature, u32 profile)
{
    put16(reply, feature->code);
    reply[2] = feature->version_flags | feature_current(feature, profile);
    reply[3] = feature->length;
    memcpy(reply + 4, feature->bytes, feature->length);
    if (feature->code == 0x00) { /* which of the listed profiles is the current one */
        reply[6] = profile == PROFILE_DVD_ROM;
        reply[10] = profile == PROFILE_CD_ROM;
    }
    return 4u + feature->length;
}

static void get_configuration(IdeDrive *drive)
{
    u32 which = drive->packet[1] & 3, start = get16(drive->packet + 2), length = 8;
    u32 profile = current_profile(drive);
    u8 *reply = clear(drive, 256);

    if (which == 3) {
        invalid_field(drive);
        return;
    }
    put16(reply + 6, profile);
    for (unsigned i = 0; i < COUNT_OF(features); i++) {
        const Feature *feature = &features[i];
        bool wanted = which == 2 ? feature->code == start : feature->code >= start;

        if (wanted && (which != 1 || feature_current(feature, profile)))
            length += put_feature(reply + length, feature, profile);
    }
    put32(reply, length - 4);
    atapi_reply(drive, length, get16(drive->packet + 7));
}

/* ---- mode pages ---- */

typedef struct ModePage {
    u8 code, length;
    u8 bytes[22];
} ModePage;

static const ModePage mode_pages[] = {
    {0x01, 6, {0, 5}},                                 /* error recovery: 5 retries */
    {0x0D, 6, {0, 0, 0, 60, 0, 75}},                   /* CD device parameters */
    {0x0E, 14, {4, 0, 0, 0, 0, 75, 1, 0xFF, 2, 0xFF}}, /* audio control */
    /* capabilities: reads CD-R, CD-RW and DVD-ROM; multi-session; READ CD's raw sectors; a tray
     * that locks and ejects; 706 KB/s, which is 4x */
    {0x2A, 18, {0x0B, 0, 0x70, 0, 0x29, 0, 0x02, 0xC2, 0, 2, 0, 8, 0x02, 0xC2}},
};

static u8 medium_type(const IdeDrive *drive)
{
    if (drive->tray_open)
        return 0x71;
    return atapi_has_medium(drive) ? 0x01 : 0x70;
}

static void mode_sense(IdeDrive *drive)
{
    bool ten = drive->packet[0] == 0x5A;
    u32 page = drive->packet[2] & 0x3F, control = drive->packet[2] >> 6, length = ten ? 8 : 4;
    u8 *reply = clear(drive, 256);
    bool found = page == 0x3F;

    if (control == 3) {
        atapi_check(drive, SENSE_ILLEGAL_REQUEST, ASC_SAVING_NOT_SUPPORTED);
        return;
    }
    for (unsigned i = 0; i < COUNT_OF(mode_pages); i++) {
        const ModePage *row = &mode_pages[i];

        if (page != 0x3F && page != row->code)
            continue;
        found = true;
        reply[length] = row->code;
        reply[length + 1] = row->length;
        if (control != 1) /* 1 asks for what is changeable: nothing */
            memcpy(reply + length + 2, row->bytes, row->length);
        if (row->code == 0x2A && control != 1)
            reply[length + 6] |= drive->locked ? 2 : 0;
        length += 2u + row->length;
    }
    if (!found) {
        invalid_field(drive);
        return;
    }
    if (ten)
        put16(reply, length - 2);
    else
        reply[0] = (u8)(length - 1);
    reply[ten ? 2 : 1] = medium_type(drive);
    atapi_reply(drive, length, ten ? get16(drive->packet + 7) : drive->packet[4]);
}

/* ---- what is on the disc ---- */

static void read_capacity(IdeDrive *drive)
{
    u8 *reply = clear(drive, 8);

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

static void read_toc(IdeDrive *drive)
{
    /* Where SFF-8020i drives have the format, MMC has it as well for old hosts. */
    u32 format = drive->packet[2] & 0x0F ? drive->packet[2] & 0x0F : drive->packet[9] >> 6;
    bool msf = bit(drive->packet[1], 1);
    u8 *reply = clear(drive, 64);
    u32 length = 0;

    if (format == 0)
        length = toc_tracks(drive, reply, msf);
    else if (format == 1)
        length = toc_sessions(reply, msf);
    else if (format == 2)
        length = toc_full(drive, reply);
    if (!length) {
        invalid_field(drive);
        return;
    }
    put16(reply, length - 2);
    atapi_reply(drive, length, get16(drive->packet + 7));
}

static void read_disc_information(IdeDrive *drive)
{
    u8 *reply = clear(drive, 34);

    put16(reply, 32);
    reply[2] = 0x0E; /* the last session is complete, the disc is final */
    reply[3] = reply[4] = reply[5] = reply[6] = 1;
    reply[7] = 0x20; /* unrestricted use */
    memset(reply + 16, 0xFF, 8);
    atapi_reply(drive, 34, get16(drive->packet + 7));
}

static void read_track_information(IdeDrive *drive)
{
    u8 *reply = clear(drive, 36);
    u32 kind = drive->packet[1] & 3, number = get32(drive->packet + 2);

    if (kind == 3 || (kind == 0 && number >= atapi_blocks(drive)) || (kind && number != 1)) {
        invalid_field(drive);
        return;
    }
    put16(reply, 34);
    reply[2] = reply[3] = 1;
    reply[5] = 4;
    reply[6] = 1;
    put32(reply + 24, atapi_blocks(drive));
    atapi_reply(drive, 36, get16(drive->packet + 7));
}

static void read_subchannel(IdeDrive *drive)
{
    bool wants_data = bit(drive->packet[2], 6), msf = bit(drive->packet[1], 1);
    u8 *reply = clear(drive, 16);

    reply[1] = 0x15; /* no audio status */
    if (!wants_data) {
        atapi_reply(drive, 4, get16(drive->packet + 7));
        return;
    }
    if (drive->packet[3] != 1) { /* only the current position */
        invalid_field(drive);
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

static void read_10(IdeDrive *drive)
{
    atapi_read(drive, get32(drive->packet + 2), get16(drive->packet + 7), FIELDS_USER_DATA);
}

static void read_12(IdeDrive *drive)
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
        invalid_field(drive);
        return;
    }
    atapi_read(drive, lba, blocks, fields);
}

static void read_cd(IdeDrive *drive)
{
    read_cd_blocks(drive, get32(drive->packet + 2), get32(drive->packet + 5) & 0xFFFFFF);
}

static u32 msf_to_lba(const u8 *bytes)
{
    return (bytes[0] * 60u + bytes[1]) * 75 + bytes[2] - FRAMES_BEFORE_LBA_0;
}

static void read_cd_msf(IdeDrive *drive)
{
    u32 start = msf_to_lba(drive->packet + 3), end = msf_to_lba(drive->packet + 6);

    if (end < start)
        invalid_field(drive);
    else
        read_cd_blocks(drive, start, end - start);
}

static void seek(IdeDrive *drive)
{
    if (get32(drive->packet + 2) < atapi_blocks(drive))
        atapi_good(drive);
    else
        atapi_check(drive, SENSE_ILLEGAL_REQUEST, ASC_ADDRESS_OUT_OF_RANGE);
}

/* ---- dispatch ---- */

typedef struct Packet {
    const char *name;
    void (*run)(IdeDrive *drive);
    u8 flags;
} Packet;

// clang-format off
static const Packet packets[256] = {
    [0x00] = {"TEST UNIT READY", test_unit_ready, NEEDS_MEDIUM},
    [0x03] = {"REQUEST SENSE", request_sense, TOLERANT},
    [0x12] = {"INQUIRY", inquiry, TOLERANT},
    [0x1A] = {"MODE SENSE (6)", mode_sense, 0},
    [0x1B] = {"START STOP UNIT", start_stop_unit, 0},
    [0x1E] = {"PREVENT ALLOW MEDIUM REMOVAL", prevent_allow_removal, 0},
    [0x25] = {"READ CAPACITY", read_capacity, NEEDS_MEDIUM},
    [0x28] = {"READ (10)", read_10, NEEDS_MEDIUM},
    [0x2B] = {"SEEK (10)", seek, NEEDS_MEDIUM},
    [0x42] = {"READ SUB-CHANNEL", read_subchannel, NEEDS_MEDIUM},
    [0x43] = {"READ TOC", read_toc, NEEDS_MEDIUM},
    [0x46] = {"GET CONFIGURATION", get_configuration, TOLERANT},
    [0x4A] = {"GET EVENT STATUS NOTIFICATION", get_event_status, TOLERANT},
    [0x51] = {"READ DISC INFORMATION", read_disc_information, NEEDS_MEDIUM},
    [0x52] = {"READ TRACK INFORMATION", read_track_information, NEEDS_MEDIUM},
    [0x5A] = {"MODE SENSE (10)", mode_sense, 0},
    [0xA8] = {"READ (12)", read_12, NEEDS_MEDIUM},
    [0xB9] = {"READ CD MSF", read_cd_msf, NEEDS_MEDIUM},
    [0xBB] = {"SET CD SPEED", set_cd_speed, 0},
    [0xBD] = {"MECHANISM STATUS", mechanism_status, 0},
    [0xBE] = {"READ CD", read_cd, NEEDS_MEDIUM},
};
// clang-format on

void atapi_run_packet(IdeDrive *drive)
{
    const Packet *packet = &packets[drive->packet[0]];
    const u8 *bytes = drive->packet;

    LOG(drive->channel->ide->log, LOG_IDE,
        "drive %u: packet %s: %02X %02X %02X %02X %02X %02X %02X %02X %02X %02X %02X %02X",
        drive->index, packet->name ? packet->name : "unknown", bytes[0], bytes[1], bytes[2],
        bytes[3], bytes[4], bytes[5], bytes[6], bytes[7], bytes[8], bytes[9], bytes[10], bytes[11]);
    if (packet->run != request_sense)
        drive->sense_key = drive->sense_code = drive->sense_qualifier = 0;
    if (!packet->run) {
        atapi_check(drive, SENSE_ILLEGAL_REQUEST, ASC_INVALID_COMMAND);
    } else if (drive->unit_attention && !(packet->flags & TOLERANT)) {
        u16 code = drive->unit_attention;

        drive->unit_attention = 0;
        atapi_check(drive, SENSE_UNIT_ATTENTION, (SenseCode)code);
    } else if ((packet->flags & NEEDS_MEDIUM) && !atapi_has_medium(drive)) {
        atapi_check(drive, SENSE_NOT_READY,
                    drive->tray_open ? ASC_NO_MEDIUM_TRAY_OPEN : ASC_NO_MEDIUM);
    } else {
        packet->run(drive);
    }
}
