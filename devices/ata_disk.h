/*
 * The hard disk's side of an IDE drive.
 */
#ifndef DEVICES_ATA_DISK_H
#define DEVICES_ATA_DISK_H

#include "devices/ide_drive.h"

void ata_disk_command(IdeDrive *drive, u8 command);
void ata_disk_step(IdeDrive *drive);        /* the step of a phase that moves data */
void ata_disk_block_moved(IdeDrive *drive); /* the host has moved a whole block by PIO */
/* What the disk's shape is, without translation: sets `geometry`. */
void ata_guess_geometry(IdeDrive *drive);
void ata_disk_defaults(IdeDrive *drive);    /* power-on features and CHS translation */

enum { ATA_CHS_HEADS = 16, ATA_CHS_SECTORS = 63, ATA_CHS_CYLINDERS = 16383 };
enum { ATA_MULTIPLE_MOST = IDE_BUFFER / SECTOR_SIZE };

/* Fills the buffer with the 512 bytes of IDENTIFY DEVICE or IDENTIFY PACKET DEVICE. */
void ata_identify_disk(IdeDrive *drive);
void ata_identify_cdrom(IdeDrive *drive);

/* SET FEATURES, subcommand 03h: false when the drive has no such transfer mode. */
bool ata_set_transfer_mode(IdeDrive *drive, u8 mode);

/* ---- ata_disk.c tells ata_transfer.c what kind of command it is ---- */

enum {
    ATA_EXT = 1,        /* 48-bit address and 16-bit count */
    ATA_MULTIPLE = 2,   /* moves SET MULTIPLE MODE's number of sectors per interrupt */
    ATA_WRITES = 4,
};
enum { ATA_WRITE_BUFFER = 0xE8 };
u8 ata_command_flags(u8 command);

/* ---- ata_transfer.c, for ata_disk.c ---- */

void ata_start_transfer(IdeDrive *drive, IdePhase phase);
bool ata_address_get(IdeDrive *drive);
void ata_address_set(IdeDrive *drive, u64 lba);
u32 ata_count_get(const IdeDrive *drive);
bool ata_in_range(const IdeDrive *drive, u64 count);
void ata_advance(IdeDrive *drive, u32 count);

#endif
