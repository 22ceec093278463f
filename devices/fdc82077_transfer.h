/*
 * What the 82077AA's files have to say to each other.
 */
#ifndef DEVICES_FDC82077_TRANSFER_H
#define DEVICES_FDC82077_TRANSFER_H

#include "devices/fdc82077.h"

enum { /* ST0 */
    ST0_ABNORMAL = 0x40, ST0_INVALID = 0x80, ST0_POLLING = 0xC0, ST0_SEEK_END = 0x20,
    ST0_EQUIPMENT_CHECK = 0x10
};

/* From the command bytes to the execution phase. */
void fdc82077_start_transfer(Fdc82077 *fdc);    /* READ, WRITE, VERIFY, SCAN, READ TRACK */
void fdc82077_start_format(Fdc82077 *fdc);
void fdc82077_start_read_id(Fdc82077 *fdc);

/* The `step` event: the next part of the execution phase. */
void fdc82077_step(void *owner);

/* Non-DMA mode: the host moves a byte through the FIFO. */
u8 fdc82077_data_in(Fdc82077 *fdc);
void fdc82077_data_out(Fdc82077 *fdc, u8 byte);

/* ---- fdc82077_commands.c ---- */

void fdc82077_command_byte(Fdc82077 *fdc, u8 byte);
void fdc82077_seek_ends(Fdc82077 *fdc, unsigned unit);

/* ---- fdc82077.c ---- */

/* The selected drive; NULL when there is none. */
FloppyDrive *fdc82077_unit(Fdc82077 *fdc, unsigned unit);
void fdc82077_interrupt(Fdc82077 *fdc, bool level);
void fdc82077_await_command(Fdc82077 *fdc);
/* The result phase, with `length` bytes of result[]. */
void fdc82077_result(Fdc82077 *fdc, unsigned length);

#endif
