/*
 * What stands behind a chip on the host's side: media, and whatever takes the bytes of a port.
 * The frontend provides them; a chip sees only these callbacks.
 */
#ifndef DEVICES_BACKEND_H
#define DEVICES_BACKEND_H

#include "mmu/base.h"

enum { SECTOR_SIZE = 512 };

/* A medium of 512-byte sectors (a CD's 2,048-byte blocks are four of them). The functions work at
 * once and return false when the host reports an error (the chip then reports a medium error). */
typedef struct BlockDevice {
    u64 sectors;            /* 0: no medium in the drive */
    bool read_only;
    u32 changes;            /* counts media changes; a chip compares it with what it saw last */
    bool (*read)(void *owner, u64 sector, u32 count, u8 *bytes);
    bool (*write)(void *owner, u64 sector, u32 count, const u8 *bytes);
    bool (*flush)(void *owner);     /* until it is on stable storage */
    void *owner;
} BlockDevice;

/* Takes the bytes that a guest sends to a serial, parallel or debug port. Input comes the other
 * way, through the machine's door: see machine_serial_input(). */
typedef struct ByteSink {
    void (*write)(void *owner, u8 byte);    /* NULL: nothing connected */
    void *owner;
} ByteSink;

FORCE_INLINE void byte_sink_write(ByteSink sink, u8 byte)
{
    if (sink.write)
        sink.write(sink.owner, byte);
}

#endif
