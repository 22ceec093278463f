/* The first hard disk. */
#pragma once
#include "types.h"

enum { SECTOR_BYTES = 512, MODEL_BYTES = 41 };

/* False: no disk answers. Sectors are those that 28-bit addresses reach. */
bool disk_identify(char model[MODEL_BYTES], u32 *sectors);
bool disk_read(u32 sector, u8 data[SECTOR_BYTES]);
u8 disk_status(void); /* for the lesson: what the status register says now */
