/*
 * The hard disk's side of an IDE drive.
 */
#ifndef DEVICES_ATA_DISK_H
#define DEVICES_ATA_DISK_H

#include "devices/ide.h"

void ata_disk_command(IdeDrive *drive, u8 command);
void ata_disk_step(IdeDrive *drive);        /* the step of a phase that moves data */
void ata_disk_block_moved(IdeDrive *drive); /* the host has moved a whole block by PIO */
void ata_disk_defaults(IdeDrive *drive);    /* power-on features and CHS translation */

/* Fills the buffer with the 512 bytes of IDENTIFY DEVICE or IDENTIFY PACKET DEVICE. */
void ata_identify_disk(IdeDrive *drive);
void ata_identify_cdrom(IdeDrive *drive);

/* SET FEATURES, subcommand 03h: false when the drive has no such transfer mode. */
bool ata_set_transfer_mode(IdeDrive *drive, u8 mode);

#endif
