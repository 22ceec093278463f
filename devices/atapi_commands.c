/*
 * The packets that a CD-ROM drive understands. SFF-8020i, "Packet Commands for CD-ROM Devices";
 * MMC-3 (T10/1363-D), "Commands for Multi-Media devices"; SPC-2, "INQUIRY", "REQUEST SENSE".
 * Those about the disc's contents are in atapi_disc.c.
 *
 * Not implemented: MODE SELECT, vital product data.
 */
#include "devices/atapi.h"

#include <string.h>

/* flags of a packet */
enum {
    NEEDS_MEDIUM = 1,
    TOLERANT = 2, /* runs although a unit attention is pending */
};
enum { PROFILE_NONE = 0, PROFILE_CD_ROM = 8, PROFILE_DVD_ROM = 16, CD_MOST_BLOCKS = 80 * 60 * 75 };

u8 *atapi_clear(IdeDrive *drive, u32 length)
{
    return memset(drive->buffer, 0, length);
}

void atapi_invalid_field(IdeDrive *drive)
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
    u8 *reply = atapi_clear(drive, 18);

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
    static const char identity[] = "VITRINE CD-ROM          1.0 ";
    u8 *reply = atapi_clear(drive, 36);

    if ((drive->packet[1] & 1) || drive->packet[2]) {
        atapi_invalid_field(drive);
        return;
    }
    reply[0] = 5;    /* CD-ROM */
    reply[1] = 0x80; /* removable */
    reply[3] = 0x21; /* ATAPI version 2, response format 1 */
    reply[4] = 31;
    memcpy(reply + 8, identity, sizeof identity - 1);
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
    u8 *reply = atapi_clear(drive, 8);

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
    u8 *reply = atapi_clear(drive, 8);

    if (!bit(drive->packet[1], 0)) { /* asynchronous notification */
        atapi_invalid_field(drive);
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
    u8 *reply = atapi_clear(drive, 256);

    if (which == 3) {
        atapi_invalid_field(drive);
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
    u8 *reply = atapi_clear(drive, 256);
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
        atapi_invalid_field(drive);
        return;
    }
    if (ten)
        put16(reply, length - 2);
    else
        reply[0] = (u8)(length - 1);
    reply[ten ? 2 : 1] = medium_type(drive);
    atapi_reply(drive, length, ten ? get16(drive->packet + 7) : drive->packet[4]);
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
    [0x25] = {"READ CAPACITY", atapi_read_capacity, NEEDS_MEDIUM},
    [0x28] = {"READ (10)", atapi_read_10, NEEDS_MEDIUM},
    [0x2B] = {"SEEK (10)", atapi_seek, NEEDS_MEDIUM},
    [0x42] = {"READ SUB-CHANNEL", atapi_read_subchannel, NEEDS_MEDIUM},
    [0x43] = {"READ TOC", atapi_read_toc, NEEDS_MEDIUM},
    [0x46] = {"GET CONFIGURATION", get_configuration, TOLERANT},
    [0x4A] = {"GET EVENT STATUS NOTIFICATION", get_event_status, TOLERANT},
    [0x51] = {"READ DISC INFORMATION", atapi_read_disc_information, NEEDS_MEDIUM},
    [0x52] = {"READ TRACK INFORMATION", atapi_read_track_information, NEEDS_MEDIUM},
    [0x5A] = {"MODE SENSE (10)", mode_sense, 0},
    [0xA8] = {"READ (12)", atapi_read_12, NEEDS_MEDIUM},
    [0xB9] = {"READ CD MSF", atapi_read_cd_msf, NEEDS_MEDIUM},
    [0xBB] = {"SET CD SPEED", set_cd_speed, 0},
    [0xBD] = {"MECHANISM STATUS", mechanism_status, 0},
    [0xBE] = {"READ CD", atapi_read_cd, NEEDS_MEDIUM},
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
