/*
 * The CD-ROM's side of an IDE drive.
 */
#ifndef DEVICES_ATAPI_H
#define DEVICES_ATAPI_H

#include "devices/ide_drive.h"

enum { CD_BLOCK = 2048 };

void atapi_command(IdeDrive *drive, u8 command);
void atapi_step(IdeDrive *drive);
void atapi_block_moved(IdeDrive *drive);
void atapi_defaults(IdeDrive *drive, bool hard);
void atapi_medium_changed(IdeDrive *drive); /* compares the medium with what it saw last */

/* ---- between atapi.c and atapi_commands.c ---- */

/* Sense keys and, in 16 bits, the additional sense codes with their qualifiers. MMC-3, Annex F. */
typedef enum SenseKey {
    SENSE_NONE = 0, SENSE_NOT_READY = 2, SENSE_MEDIUM_ERROR = 3, SENSE_ILLEGAL_REQUEST = 5,
    SENSE_UNIT_ATTENTION = 6,
} SenseKey;
typedef enum SenseCode {
    ASC_NONE = 0, ASC_READ_ERROR = 0x1100, ASC_INVALID_COMMAND = 0x2000,
    ASC_ADDRESS_OUT_OF_RANGE = 0x2100, ASC_INVALID_FIELD = 0x2400,
    ASC_SAVING_NOT_SUPPORTED = 0x3900, ASC_MEDIUM_CHANGED = 0x2800, ASC_RESET = 0x2900,
    ASC_NO_MEDIUM = 0x3A00,
    ASC_NO_MEDIUM_TRAY_OPEN = 0x3A02, ASC_REMOVAL_PREVENTED = 0x5302, ASC_WRONG_MODE = 0x6400,
} SenseCode;

/* Carries out the packet; ends in exactly one of the four below. */
void atapi_run_packet(IdeDrive *drive);

void atapi_good(IdeDrive *drive);
void atapi_check(IdeDrive *drive, SenseKey key, SenseCode code);
/* `length` bytes of the buffer, at most `limit` (the packet's allocation length) of them. */
void atapi_reply(IdeDrive *drive, u32 length, u32 limit);
/* `blocks` blocks from `lba`; of each the `fields` of a mode 1 sector, as READ CD's byte 9. */
void atapi_read(IdeDrive *drive, u32 lba, u32 blocks, u8 fields);

bool atapi_has_medium(const IdeDrive *drive);
u32 atapi_blocks(const IdeDrive *drive);    /* of the disc, 2,048 bytes each */

/* ---- between atapi_commands.c and atapi_disc.c ---- */

void atapi_read_capacity(IdeDrive *drive);
void atapi_read_toc(IdeDrive *drive);
void atapi_read_disc_information(IdeDrive *drive);
void atapi_read_track_information(IdeDrive *drive);
void atapi_read_subchannel(IdeDrive *drive);
void atapi_read_10(IdeDrive *drive);
void atapi_read_12(IdeDrive *drive);
void atapi_read_cd(IdeDrive *drive);
void atapi_read_cd_msf(IdeDrive *drive);
void atapi_seek(IdeDrive *drive);

/* The buffer, whose first `length` bytes become zeros. */
u8 *atapi_clear(IdeDrive *drive, u32 length);
void atapi_invalid_field(IdeDrive *drive);

/* Numbers in packets and replies are big-endian. */
FORCE_INLINE u32 get16(const u8 *bytes)
{
    return (u32)bytes[0] << 8 | bytes[1];
}

FORCE_INLINE u32 get32(const u8 *bytes)
{
    return get16(bytes) << 16 | get16(bytes + 2);
}

FORCE_INLINE void put16(u8 *bytes, u32 value)
{
    bytes[0] = (u8)(value >> 8);
    bytes[1] = (u8)value;
}

FORCE_INLINE void put32(u8 *bytes, u32 value)
{
    put16(bytes, value >> 16);
    put16(bytes + 2, value);
}

#endif
