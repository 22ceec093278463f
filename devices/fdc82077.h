/*
 * 82077AA floppy disk controller with up to two drives. Who does what:
 *   fdc82077.c           registers, phases, resets
 *   fdc82077_commands.c  the command phase, and the commands that move no data
 *   fdc82077_transfer.c  the commands that do
 *   floppy_drive.c       drives and the shapes of their disks
 * Each source file says which data sheet it follows.
 */
#ifndef DEVICES_FDC82077_H
#define DEVICES_FDC82077_H

#include "devices/clock.h"
#include "devices/floppy_drive.h"
#include "devices/i8237.h"
#include "devices/irq_line.h"
#include "mmu/bus.h"
#include "mmu/field.h"

enum { FDC_DRIVES = 2, FDC_UNITS = 4, FDC_COMMAND_BYTES = 9, FDC_RESULT_BYTES = 10 };

typedef enum FdcPhase {
    FDC_RESET,      /* RESET is held or has just been released */
    FDC_COMMAND,    /* idle, or a command's bytes are coming in */
    FDC_EXECUTION,  /* the `step` event goes on */
    FDC_DATA_IN,    /* non-DMA mode: the buffer goes to the host */
    FDC_DATA_OUT,   /* non-DMA mode: the host fills the buffer */
    FDC_RESULT,     /* result bytes are going out */
} FdcPhase;

typedef struct Fdc82077 {
    FloppyDrive drives[FDC_DRIVES];
    u8 digital_output;          /* DOR */
    u8 data_rate;               /* 0 = 500, 1 = 300, 2 = 250, 3 = 1000 kbit/s */
    u8 tape_drive;              /* TDR */

    u8 phase;                   /* FdcPhase */
    u8 command[FDC_COMMAND_BYTES], command_length, command_at;
    u8 result[FDC_RESULT_BYTES], result_length, result_at;

    u8 specify[2];              /* SRT and HUT; HLT and ND */
    u8 configure;               /* EIS, EFIFO, POLL, FIFOTHR */
    u8 precompensation_track;
    u8 perpendicular;
    u8 end_of_track;            /* EOT or SC of the last transfer, for DUMPREG */
    bool locked;

    /* The transfer in progress: the sector's id as the data sheet names its parts. */
    u8 cylinder, head, sector, size;
    u8 unit;                    /* DS1, DS0 */
    u8 side;                    /* HDS: the head that is selected */
    u8 status2;                 /* ST2 bits that do not end the command */
    u8 buffer[SECTOR_SIZE];
    u16 buffer_at, buffer_length;
    u16 sectors_left;           /* FORMAT TRACK, READ TRACK, VERIFY with EC */
    u16 waits;                  /* for DMA service */
    bool located;               /* the sector's id was found; its data are next */
    bool terminal_count;

    u8 seeking;                 /* bit n: unit n is stepping; MSR bits 0-3 */
    u8 seek_target[FDC_UNITS];
    u8 sense_pending;           /* bit n: sense_status[n] waits for SENSE INTERRUPT STATUS */
    u8 sense_status[FDC_UNITS]; /* ST0 */
    bool interrupt;             /* before DOR's gate */

    Event step, seek_done[FDC_UNITS], reset_done;
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

/* Connects drive 0 or 1; `medium` may be NULL (no disk, ever). */
void fdc82077_attach(Fdc82077 *fdc, unsigned drive, BlockDevice *medium);

/* Looks again at the media, after a BlockDevice changed. */
void fdc82077_medium_changed(Fdc82077 *fdc);

/* For CMOS byte 10h. */
FloppyType fdc82077_drive_type(const Fdc82077 *fdc, unsigned drive);

#endif
