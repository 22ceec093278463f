/*
 * The first hard disk, read by "programmed I/O": the processor itself fetches each of the 256
 * words of a sector from a port.
 * Source: ATA/ATAPI-6, "PIO data-in command protocol", "IDENTIFY DEVICE", "READ SECTOR(S)".
 *
 * Not implemented: writing, the second disk and channel, interrupts (we ask until it is ready).
 */
#include "disk.h"
#include "processor.h"

enum {
    DATA = 0x1f0,
    SECTOR_COUNT = 0x1f2,
    ADDRESS_LOW = 0x1f3,
    ADDRESS_MIDDLE = 0x1f4,
    ADDRESS_HIGH = 0x1f5,
    DRIVE = 0x1f6,
    STATUS = 0x1f7,
    COMMAND = 0x1f7,
    CONTROL = 0x3f6, /* reads as the status, without acknowledging an interrupt */

    STATUS_ERROR = 1 << 0,
    STATUS_DATA = 1 << 3,
    STATUS_FAULT = 1 << 5,
    STATUS_BUSY = 1 << 7,

    READ_SECTORS = 0x20,
    IDENTIFY = 0xec,
    NO_INTERRUPTS = 1 << 1,
    BY_BLOCK_NUMBER = 0xe0,
    PATIENCE = 1000000, /* polls */
};

u8 disk_status(void)
{
    return in8(CONTROL);
}

/* Status bits are valid 400 ns after a command: four reads of a port take that long. */
static bool wait_for_data(void)
{
    for (unsigned i = 0; i < 4; i++)
        in8(CONTROL);
    for (u32 i = 0; i < PATIENCE; i++) {
        u8 status = in8(STATUS);
        if (status == 0xff || status == 0)
            return false; /* nobody drives the bus, or no drive there */
        if (status & STATUS_BUSY)
            continue;
        if (status & (STATUS_ERROR | STATUS_FAULT))
            return false;
        if (status & STATUS_DATA)
            return true;
    }
    return false;
}

static bool wait_until_idle(void)
{
    for (u32 i = 0; i < PATIENCE; i++)
        if (!(in8(CONTROL) & STATUS_BUSY))
            return true;
    return false;
}

static bool command(u8 code, u32 sector, u16 words[SECTOR_BYTES / 2])
{
    if (in8(CONTROL) == 0xff || !wait_until_idle())
        return false;
    out8(CONTROL, NO_INTERRUPTS);
    out8(DRIVE, BY_BLOCK_NUMBER | (sector >> 24 & 0x0f));
    out8(SECTOR_COUNT, 1);
    out8(ADDRESS_LOW, (u8)sector);
    out8(ADDRESS_MIDDLE, (u8)(sector >> 8));
    out8(ADDRESS_HIGH, (u8)(sector >> 16));
    out8(COMMAND, code);
    if (!wait_for_data())
        return false;
    for (unsigned i = 0; i < SECTOR_BYTES / 2; i++)
        words[i] = in16(DATA);
    return true;
}

bool disk_identify(char model[MODEL_BYTES], u32 *sectors)
{
    u16 words[SECTOR_BYTES / 2];
    if (!command(IDENTIFY, 0, words))
        return false;
    /* Words 27 to 46, two characters each, the first one in the upper byte. */
    for (unsigned i = 0; i < 20; i++) {
        model[2 * i] = (char)(words[27 + i] >> 8);
        model[2 * i + 1] = (char)words[27 + i];
    }
    unsigned length = 40;
    while (length && (model[length - 1] == ' ' || !model[length - 1]))
        length--;
    model[length] = 0;
    *sectors = words[60] | (u32)words[61] << 16;
    return true;
}

bool disk_read(u32 sector, u8 data[SECTOR_BYTES])
{
    return command(READ_SECTORS, sector, (u16 *)data);
}
