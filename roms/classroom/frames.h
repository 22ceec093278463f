/* Physical memory: what the BIOS says is there, and which 4 KB frames of it are in use. */
#pragma once
#include "types.h"

enum { FRAME_BYTES = 4096 };

/* Filled in by setup.asm. The ranges are INT 15h E820h's. */
typedef struct MemoryRange {
    u64 base, length; /* bytes */
    u32 type;
} __attribute__((packed)) MemoryRange;

typedef struct BootInformation {
    u32 drive;
    u32 range_count;
    MemoryRange ranges[32];
} BootInformation;

enum { RANGE_USABLE = 1, RANGE_RESERVED, RANGE_ACPI_TABLES, RANGE_ACPI_STORAGE, RANGE_BAD };

const BootInformation *boot_facts(void);

void frames_init(void);
u32 frame_allocate(void); /* physical address, 0: none left. The contents are not cleared. */
void frame_free(u32 physical);
bool frame_in_use(u32 physical);
u32 frames_total(void); /* usable by the kernel, whether used or free */
u32 frames_free(void);
bool frames_left_alone(void); /* is there memory that is too far up for this kernel? */
u32 frames_end(void);         /* physical address after the last usable frame */
