/*
 * 82077AA floppy disk controller with up to two drives. Its source file says which data sheet.
 */
#ifndef DEVICES_FDC82077_H
#define DEVICES_FDC82077_H

#include "devices/backend.h"
#include "devices/clock.h"
#include "devices/i8237.h"
#include "devices/irq_line.h"
#include "mmu/bus.h"
#include "mmu/field.h"

enum { FDC_DRIVES = 2, FDC_COMMAND = 9, FDC_RESULT = 10 };

/* Drive types as CMOS byte 10h names them. */
typedef enum FloppyType {
    FLOPPY_NONE = 0, FLOPPY_360K = 1, FLOPPY_1200K = 2, FLOPPY_720K = 3, FLOPPY_1440K = 4,
    FLOPPY_2880K = 5,
} FloppyType;

/* A medium's shape; sectors of 512 bytes. */
typedef struct FloppyGeometry {
    const char *name;       /* "1.44M" */
    u8 cylinders, heads, sectors;
    FloppyType type;        /* of the drive it goes into */
    u8 rates;               /* bit n: readable at data rate n (CCR: 0 = 500, 1 = 300, 2 = 250, 3 = 1000 kbit/s) */
} FloppyGeometry;

/* The geometry of an image of `sectors` sectors, NULL when it fits none. An image that is shorter
 * than 1.44M and has no standard size is a 1.44M disk whose rest is blank. */
const FloppyGeometry *fdc82077_geometry(u64 sectors);

/* All standard geometries, for messages; smallest first. */
const FloppyGeometry *fdc82077_geometries(unsigned *count);

typedef struct FloppyDrive {
    bool present;
    u8 type;                /* FloppyType */
    u8 cylinder;            /* where the head is */
    u8 last_sector;         /* that READ ID saw: the disk turns */
    bool disk_changed;      /* the disk change line: until a step with a disk in */
    u32 changes_seen;
    BlockDevice *medium;    /* may be NULL */
    const FloppyGeometry *geometry;     /* of the medium; NULL: no (usable) disk */
} FloppyDrive;

typedef struct Fdc82077 {
    FloppyDrive drives[FDC_DRIVES];
    u8 digital_output, data_rate, tape_drive;   /* DOR, DSR/CCR bits 0-1, TDR */
    bool power_down;

    u8 phase;               /* FdcPhase: of the command in progress */
    u8 command[FDC_COMMAND], command_length, command_at;
    u8 result[FDC_RESULT], result_length, result_at;

    /* SPECIFY, CONFIGURE, LOCK, PERPENDICULAR MODE */
    u8 specify[2], configure, precompensation_track, perpendicular;
    bool locked;

    /* the data transfer in progress; sector ids as in the command */
    u8 cylinder_id, head_id, sector_id, size_code, selected_head;
    u8 drive;               /* that it is on */
    u8 status[4];           /* ST0-ST3 in the making */
    u8 buffer[SECTOR_SIZE];
    u16 buffer_at, buffer_length;
    u16 sectors_left;       /* READ TRACK, VERIFY with EC, FORMAT */
    bool terminal_count, scan_mismatch, scan_low;

    u8 seeking;             /* bit n: drive n is busy with a seek; MSR bits 0-3 */
    u8 seek_target[4];
    u8 seek_status[4];      /* ST0 for SENSE INTERRUPT STATUS */
    u8 interrupts_pending;  /* bit n: seek_status[n] waits to be sensed */
    bool irq_level, reset_done;

    Event step, seek_done[4], reset_end;
    Clock *clock;
    Log *log;
    IrqLine irq;
    I8237 *dma;
} Fdc82077;

extern const StateTable fdc82077_state;

/* Ports 3F0h-3F5h and 3F7h; DMA channel 2. */
void fdc82077_init(Fdc82077 *fdc, AddressSpace *ports, Clock *clock, Log *log, IrqLine irq,
                   I8237 *dma);
void fdc82077_reset(Fdc82077 *fdc);

/* Connects drive 0 or 1; `medium` may be NULL (no disk). */
void fdc82077_attach(Fdc82077 *fdc, unsigned drive, BlockDevice *medium);

/* Looks again at the media, after a BlockDevice changed. */
void fdc82077_medium_changed(Fdc82077 *fdc);

/* For CMOS byte 10h. */
FloppyType fdc82077_drive_type(const Fdc82077 *fdc, unsigned drive);

#endif
