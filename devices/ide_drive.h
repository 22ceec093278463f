/*
 * What the two kinds of IDE drives have in common: how a command goes on and ends.
 */
#ifndef DEVICES_IDE_DRIVE_H
#define DEVICES_IDE_DRIVE_H

#include "devices/ide.h"

enum { /* Status register */
    ATA_BSY = 0x80, ATA_DRDY = 0x40, ATA_DF = 0x20, ATA_DSC = 0x10, ATA_DRQ = 0x08, ATA_ERR = 0x01
};
enum { /* Error register */
    ATA_UNC = 0x40, ATA_IDNF = 0x10, ATA_ABRT = 0x04
};
enum { DEVICE_LBA = 0x40, DEVICE_DEV = 0x10, DEVICE_HEAD = 0x0F, DEVICE_OBSOLETE = 0xA0 };

/* What the drive does, or waits for; with BSY set its `step` event goes on from here. */
typedef enum IdePhase {
    PHASE_IDLE,
    PHASE_RESET,        /* until the signature is there */
    PHASE_FINISH,       /* until the command ends */
    PHASE_REPLY,        /* an answer in the buffer goes to the host, then the command ends */
    PHASE_PIO_IN,
    PHASE_PIO_OUT,
    PHASE_PIO_STORE,    /* until a block that the host gave is written */
    PHASE_DMA_IN,
    PHASE_DMA_OUT,
    PHASE_PACKET,       /* the host gives the 12 bytes of a packet */
    PHASE_PACKET_RUN,   /* until the packet is carried out */
} IdePhase;

enum {
    COMMAND_NS = 20000, /* from a command to its data or its end: a drive that has it all cached */
    SECTOR_NS = 4000,   /* per 512 bytes */
};

/* Sets BSY; after `ns` the drive goes on with `phase`. */
void ide_drive_busy(IdeDrive *drive, IdePhase phase, u64 ns);

/* Offers (or asks for) `bytes` bytes of the buffer: sets DRQ. */
void ide_drive_request(IdeDrive *drive, IdePhase phase, u32 bytes);

/* INTRQ goes up; the host sees it if the drive is selected and nIEN is clear. */
void ide_drive_interrupt(IdeDrive *drive);

/* Ends the command with the Error register as it stands: status, then INTRQ. */
void ide_drive_finish(IdeDrive *drive);

/* Ends the command with `error` after the usual time. */
void ide_drive_fail(IdeDrive *drive, u8 error);

/* Power-on state and signature, as after a hardware reset (`hard`) or a soft one. */
void ide_drive_reset(IdeDrive *drive, bool hard);
void ide_drive_signature(IdeDrive *drive);

/* The host moves `size` (1, 2 or 4) bytes through the Data register. */
u32 ide_drive_data_in(IdeDrive *drive, Size size);
void ide_drive_data_out(IdeDrive *drive, Size size, u32 value);

/* The `step` event. */
void ide_drive_step(void *owner);

/* The channel's INTRQ follows the selected drive. */
void ide_channel_update_irq(IdeChannel *channel);

#endif
