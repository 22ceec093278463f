/*
 * The two IDE channels of the PIIX3 with up to two drives each. Who does what:
 *   ide.c             the channels: registers, selection, interrupts, resets
 *   ide_drive.c       what both kinds of drives do
 *   ata_disk.c        commands of a hard disk; ata_transfer.c: how its sectors travel
 *   ata_geometry.c    its shape
 *   ata_identify.c    what IDENTIFY DEVICE and IDENTIFY PACKET DEVICE say
 *   atapi.c           a CD-ROM drive: the packet protocol
 *   atapi_commands.c  the packets; atapi_disc.c: those about the disc's contents
 *   bus_master_ide.c  the PCI function with the bus-master DMA engines
 * Each source file says which manual it follows.
 */
#ifndef DEVICES_IDE_H
#define DEVICES_IDE_H

#include "devices/backend.h"
#include "devices/clock.h"
#include "devices/irq_line.h"
#include "devices/pci.h"
#include "mmu/bus.h"
#include "mmu/field.h"

enum { IDE_CHANNELS = 2, IDE_DRIVES = 2, IDE_BUFFER = 16 * SECTOR_SIZE, IDE_PACKET = 12 };

typedef enum IdeKind { IDE_ABSENT, IDE_DISK, IDE_CDROM } IdeKind;

/* The Command Block registers that a 48-bit command writes twice: [0] is the most recent value,
 * [1] the one before it. */
typedef struct IdeTaskFile {
    u8 features[2], count[2], lba_low[2], lba_mid[2], lba_high[2];
    u8 device;
} IdeTaskFile;

typedef struct IdeGeometry {
    u16 cylinders, heads, sectors;
} IdeGeometry;

typedef struct IdeChannel IdeChannel;

typedef struct IdeDrive {
    u8 kind;                    /* IdeKind */
    IdeTaskFile task;
    u8 status, error;
    bool interrupt;             /* INTRQ, before nIEN and selection */
    u8 command;                 /* in progress or last */
    u8 phase;                   /* IdePhase */
    u8 multiple;                /* sectors per READ/WRITE MULTIPLE block; 0: not set */
    u8 transfer_mode;           /* as set by SET FEATURES 03h */
    u8 power;                   /* as CHECK POWER MODE has it: FFh active, 80h idle, 00h standby */
    bool asleep;
    bool write_cache, look_ahead;
    bool reverting;             /* a soft reset brings the power-on defaults back */
    IdeGeometry geometry;       /* the disk's own shape */
    IdeGeometry translation;    /* and what INITIALIZE DEVICE PARAMETERS made of it */

    u64 lba;                    /* of the next sector; CD-ROM: of the next 2,048-byte block */
    u32 left;                   /* sectors (blocks) that remain, those in the buffer included */
    u32 block;                  /* bytes in the buffer that are being moved */
    u32 at;                     /* of them, how many have been moved by PIO */
    u8 buffer[IDE_BUFFER];

    /* CD-ROM only */
    u8 packet[IDE_PACKET];
    u8 sense_key, sense_code, sense_qualifier;
    u16 unit_attention;         /* SenseCode that the next command is told of; 0: none */
    bool locked, tray_open;
    u8 media_event;             /* for GET EVENT STATUS NOTIFICATION: 2 new medium, 3 removal */
    bool use_dma;               /* PACKET with features bit 0 */
    u16 byte_limit;             /* most bytes per PIO block */
    u8 sector_fields;           /* the sector's fields that a READ gives: READ CD byte 9 */
    u32 filled;                 /* bytes in the buffer that the host has not got yet */
    u32 changes_seen;

    Event step;                 /* the command's next step */
    BlockDevice *medium;
    IdeChannel *channel;
    u8 index;                   /* 0: master, 1: slave */
} IdeDrive;

/* One engine of the Bus Master IDE function. */
typedef struct BusMaster {
    u8 command, status;
    u32 table;                  /* descriptor table pointer */
    u32 next;                   /* address of the next descriptor */
    u32 address, left;          /* of the current descriptor */
    bool last;                  /* it is the table's last one */
} BusMaster;

struct IdeChannel {
    IdeDrive drives[IDE_DRIVES];
    u8 selected;
    u8 device_control;
    bool irq_level;
    BusMaster master;
    IrqLine irq;
    struct Ide *ide;
};

typedef struct Ide {
    IdeChannel channels[IDE_CHANNELS];
    PciDevice pci;
    AddressSpace *memory;
    Clock *clock;
    Log *log;
} Ide;

extern const StateTable ide_state;

/* Ports 1F0h-1F7h, 3F6h, 170h-177h and 376h; PCI function 1 of slot 1. irqs[0] is IRQ 14,
 * irqs[1] IRQ 15. The drives are absent until they are attached. */
void ide_init(Ide *ide, AddressSpace *ports, AddressSpace *memory, PciBus *pci, Clock *clock,
              Log *log, const IrqLine irqs[IDE_CHANNELS]);
void ide_reset(Ide *ide);

/* `drive`: 0 primary master, 1 primary slave, 2 secondary master, 3 secondary slave. */
void ide_attach_disk(Ide *ide, unsigned drive, BlockDevice *medium);
void ide_attach_cdrom(Ide *ide, unsigned drive, BlockDevice *medium);   /* NULL: no disc */

/* Of an attached disk, for the CMOS memory. */
IdeGeometry ide_disk_geometry(Ide *ide, unsigned drive);

/* Looks again at the media, after a BlockDevice changed. */
void ide_medium_changed(Ide *ide);

#endif
