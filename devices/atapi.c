/*
 * A CD-ROM drive on the IDE channel: the packet protocol. ATA/ATAPI-6 (T13/1410D), "PACKET
 * command protocol" and "PACKET"; SFF-8020i, "ATAPI Command Packet Protocol".
 * The packets themselves are in atapi_commands.c.
 *
 * Not implemented: packets that send data to the drive (there is nothing to write), overlap.
 */
#include "devices/atapi.h"
#include "devices/ata_disk.h"
#include "devices/bus_master_ide.h"
#include "devices/ide_drive.h"

#include <string.h>

/* Interrupt Reason, which is the Count register of a PACKET */
enum {
    REASON_COMMAND = 1, /* C/D: not data */
    REASON_TO_HOST = 2, /* I/O */
};
enum { FEATURES_DMA = 1 };
/* the fields of a mode 1 sector, as READ CD byte 9 selects them */
enum { FIELD_SYNC = 0x80, FIELD_HEADER = 0x20, FIELD_USER_DATA = 0x10, FIELD_CORRECTION = 0x08 };
enum { SYNC_BYTES = 12, HEADER_BYTES = 4, CORRECTION_BYTES = 288 };
enum { PACKET_NS = 2000, CD_BLOCK_NS = 4 * SECTOR_NS, SECTORS_PER_BLOCK = CD_BLOCK / SECTOR_SIZE };

/* ---- the disc ---- */

bool atapi_has_medium(const IdeDrive *drive)
{
    return drive->medium && drive->medium->sectors && !drive->tray_open;
}

u32 atapi_blocks(const IdeDrive *drive)
{
    u64 blocks;

    if (!atapi_has_medium(drive))
        return 0;
    blocks = (drive->medium->sectors + SECTORS_PER_BLOCK - 1) / SECTORS_PER_BLOCK;
    return blocks > UINT32_MAX ? UINT32_MAX : (u32)blocks;
}

void atapi_medium_changed(IdeDrive *drive)
{
    if (!drive->medium || drive->medium->changes == drive->changes_seen)
        return;
    drive->changes_seen = drive->medium->changes;
    drive->tray_open = false;
    if (drive->medium->sectors)
        drive->unit_attention = ASC_MEDIUM_CHANGED;
    drive->media_event = drive->medium->sectors ? 2 : 3;
}

/* The user data of block `lba`. The last block of an odd image is padded with zeros. */
static bool read_user_data(IdeDrive *drive, u32 lba, u8 *bytes)
{
    BlockDevice *medium = drive->medium;
    u64 first = (u64)lba * SECTORS_PER_BLOCK;

    if (!atapi_has_medium(drive) || first >= medium->sectors)
        return false;
    u64 count = medium->sectors - first;
    if (count < SECTORS_PER_BLOCK)
        memset(bytes, 0, CD_BLOCK);
    else
        count = SECTORS_PER_BLOCK;
    return medium->read(medium->owner, first, (u32)count, bytes);
}

static u8 bcd(u32 value)
{
    return (u8)(value / 10 % 10 << 4 | value % 10);
}

static u32 sector_bytes(u8 fields)
{
    return (fields & FIELD_SYNC ? SYNC_BYTES : 0) + (fields & FIELD_HEADER ? HEADER_BYTES : 0) +
           (fields & FIELD_USER_DATA ? CD_BLOCK : 0) +
           (fields & FIELD_CORRECTION ? CORRECTION_BYTES : 0);
}

static bool read_sector(IdeDrive *drive, u32 lba, u8 *bytes)
{
    u32 frames = lba + 150;

    if (drive->sector_fields & FIELD_SYNC) {
        memset(bytes, 0xFF, SYNC_BYTES);
        bytes[0] = bytes[SYNC_BYTES - 1] = 0;
        bytes += SYNC_BYTES;
    }
    if (drive->sector_fields & FIELD_HEADER) {
        *bytes++ = bcd(frames / (60 * 75));
        *bytes++ = bcd(frames / 75 % 60);
        *bytes++ = bcd(frames % 75);
        *bytes++ = 1; /* mode */
    }
    if (drive->sector_fields & FIELD_USER_DATA) {
        if (!read_user_data(drive, lba, bytes))
            return false;
        bytes += CD_BLOCK;
    }
    if (drive->sector_fields & FIELD_CORRECTION)
        memset(bytes, 0, CORRECTION_BYTES);
    return true;
}

/* Fills the buffer with as many sectors as one transfer takes. */
static bool fill(IdeDrive *drive)
{
    u32 room = drive->use_dma || drive->byte_limit > IDE_BUFFER ? IDE_BUFFER : drive->byte_limit;
    u32 bytes = sector_bytes(drive->sector_fields), count = bytes ? room / bytes : 1;

    count = count < 1 ? 1 : count > drive->left ? drive->left : count;
    drive->filled = 0;
    for (u32 i = 0; i < count; i++) {
        if (!read_sector(drive, (u32)drive->lba, drive->buffer + drive->filled)) {
            atapi_check(drive, SENSE_MEDIUM_ERROR, ASC_READ_ERROR);
            return false;
        }
        drive->filled += bytes;
        drive->lba++;
        drive->left--;
    }
    return true;
}

/* ---- how a packet ends ---- */

static void end_packet(IdeDrive *drive, u8 error)
{
    drive->error = error;
    drive->task.count[0] = REASON_COMMAND | REASON_TO_HOST;
    ide_drive_busy(drive, PHASE_FINISH, PACKET_NS);
}

void atapi_good(IdeDrive *drive)
{
    end_packet(drive, 0);
}

void atapi_check(IdeDrive *drive, SenseKey key, SenseCode code)
{
    LOG(drive->channel->ide->log, LOG_IDE, "drive %u: packet %02X failed: sense %X/%02X/%02X",
        drive->index, drive->packet[0], key, code >> 8, code & 0xFF);
    drive->sense_key = key;
    drive->sense_code = (u8)(code >> 8);
    drive->sense_qualifier = (u8)code;
    drive->filled = drive->left = 0;
    end_packet(drive, (u8)(key << 4) | ATA_ABRT);
}

void atapi_reply(IdeDrive *drive, u32 length, u32 limit)
{
    drive->filled = length < limit ? length : limit;
    drive->left = 0;
    if (!drive->filled)
        atapi_good(drive);
    else
        ide_drive_busy(drive, drive->use_dma ? PHASE_DMA_IN : PHASE_PIO_IN, PACKET_NS);
}

void atapi_read(IdeDrive *drive, u32 lba, u32 blocks, u8 fields)
{
    u32 size = atapi_blocks(drive);

    if (lba >= size || blocks > size - lba) {
        atapi_check(drive, SENSE_ILLEGAL_REQUEST, ASC_ADDRESS_OUT_OF_RANGE);
        return;
    }
    drive->lba = lba;
    drive->left = blocks;
    drive->sector_fields = fields;
    drive->filled = 0;
    if (!blocks || !sector_bytes(fields))
        atapi_good(drive);
    else
        ide_drive_busy(drive, drive->use_dma ? PHASE_DMA_IN : PHASE_PIO_IN, CD_BLOCK_NS);
}

/* ---- data ---- */

/* The next part of the buffer, as large as the host takes it. */
static void offer(IdeDrive *drive)
{
    u32 bytes = drive->filled < drive->byte_limit ? drive->filled : drive->byte_limit;

    drive->task.count[0] = REASON_TO_HOST;
    drive->task.lba_mid[0] = (u8)bytes;
    drive->task.lba_high[0] = (u8)(bytes >> 8);
    ide_drive_request(drive, PHASE_PIO_IN, bytes);
    ide_drive_interrupt(drive);
}

static void step_pio_in(IdeDrive *drive)
{
    if (!drive->filled && !drive->left)
        atapi_good(drive);
    else if (drive->filled || fill(drive))
        offer(drive);
}

static void step_dma_in(IdeDrive *drive)
{
    u32 bytes;

    if (!bus_master_ready(drive->channel) || (!drive->filled && drive->left && !fill(drive)))
        return;
    bytes = drive->filled;
    if (bus_master_move(drive->channel, drive->buffer, bytes, true) < bytes)
        return; /* the descriptors ended too early: wait for a reset */
    drive->filled = 0;
    if (drive->left)
        ide_drive_busy(drive, PHASE_DMA_IN, bytes / SECTOR_SIZE * (u64)SECTOR_NS);
    else
        atapi_good(drive);
}

void atapi_block_moved(IdeDrive *drive)
{
    if (drive->phase == PHASE_PACKET) {
        memcpy(drive->packet, drive->buffer, IDE_PACKET);
        ide_drive_busy(drive, PHASE_PACKET_RUN, COMMAND_NS);
    } else if (drive->phase == PHASE_REPLY) {
        drive->phase = PHASE_IDLE;
    } else {
        u32 moved = drive->block < drive->filled ? drive->block : drive->filled;

        drive->filled -= moved;
        memmove(drive->buffer, drive->buffer + moved, drive->filled);
        ide_drive_busy(drive, PHASE_PIO_IN, drive->left ? CD_BLOCK_NS : PACKET_NS);
    }
}

void atapi_step(IdeDrive *drive)
{
    switch (drive->phase) {
    case PHASE_PACKET_RUN:
        atapi_run_packet(drive);
        break;
    case PHASE_PIO_IN:
        step_pio_in(drive);
        break;
    case PHASE_DMA_IN:
        step_dma_in(drive);
        break;
    case PHASE_REPLY:
        ide_drive_request(drive, PHASE_REPLY, SECTOR_SIZE);
        ide_drive_interrupt(drive);
        break;
    }
}

/* ---- ATA commands of a packet device ---- */

static void packet(IdeDrive *drive)
{
    u32 limit = drive->task.lba_mid[0] | (u32)drive->task.lba_high[0] << 8;

    drive->use_dma = drive->task.features[0] & FEATURES_DMA;
    /* Zero asks for nothing; drives take it for the most that there is. */
    drive->byte_limit = (u16)(limit < 2 ? 0xFFFE : limit & 0xFFFE);
    /* The drive said in IDENTIFY that it asks at once, and without an interrupt. */
    drive->task.count[0] = REASON_COMMAND;
    ide_drive_request(drive, PHASE_PACKET, IDE_PACKET);
}

static void identify_packet_device(IdeDrive *drive)
{
    ata_identify_cdrom(drive);
    ide_drive_busy(drive, PHASE_REPLY, COMMAND_NS);
}

/* Software that takes the drive for a disk finds the signature of a packet device. */
static void show_signature(IdeDrive *drive)
{
    ide_drive_signature(drive);
    ide_drive_fail(drive, ATA_ABRT);
}

static void succeed(IdeDrive *drive)
{
    ide_drive_busy(drive, PHASE_FINISH, COMMAND_NS);
}

static void abort_command(IdeDrive *drive)
{
    ide_drive_fail(drive, ATA_ABRT);
}

static void check_power_mode(IdeDrive *drive)
{
    drive->task.count[0] = 0xFF;
    succeed(drive);
}

static void sleep_now(IdeDrive *drive)
{
    drive->asleep = true;
    succeed(drive);
}

static void set_features(IdeDrive *drive)
{
    bool known =
        drive->task.features[0] == 0x03 && ata_set_transfer_mode(drive, drive->task.count[0]);

    if (known || drive->task.features[0] == 0x66 || drive->task.features[0] == 0xCC)
        succeed(drive);
    else
        abort_command(drive);
}

// clang-format off
static void (*const commands[256])(IdeDrive *) = {
    [0x20] = show_signature,            /* READ SECTORS */
    [0xA0] = packet,
    [0xA1] = identify_packet_device,
    [0xE0] = succeed,                   /* STANDBY IMMEDIATE */
    [0xE1] = succeed,                   /* IDLE IMMEDIATE */
    [0xE2] = succeed,                   /* STANDBY */
    [0xE3] = succeed,                   /* IDLE */
    [0xE5] = check_power_mode,
    [0xE6] = sleep_now,
    [0xEC] = show_signature,            /* IDENTIFY DEVICE */
    [0xEF] = set_features,
};
// clang-format on

void atapi_command(IdeDrive *drive, u8 command)
{
    if (command != 0xA0)
        LOG(drive->channel->ide->log, LOG_IDE, "drive %u: packet device, command %02X",
            drive->index, command);
    if (commands[command])
        commands[command](drive);
    else
        abort_command(drive);
}

/* A hardware reset is told to the host; a soft one leaves the disc side of the drive alone. */
void atapi_defaults(IdeDrive *drive, bool hard)
{
    drive->filled = drive->left = 0;
    drive->use_dma = false;
    if (!hard)
        return;
    drive->transfer_mode = 0;
    drive->locked = false;
    drive->sense_key = drive->sense_code = drive->sense_qualifier = 0;
    drive->unit_attention = ASC_RESET;
    drive->media_event = 0;
}
