/*
 * The Bochs VBE extensions ("dispi"): packed-pixel modes of any size, and the PCI function that
 * carries the linear framebuffer.
 */
#ifndef DEVICES_BOCHS_VBE_H
#define DEVICES_BOCHS_VBE_H

#include "devices/vga.h"

enum { VBE_ID_NEWEST = 0xB0C5, VBE_PORT_INDEX = 0x1CE };

/* The framebuffer as it is displayed. */
typedef struct VbeMode {
    unsigned width, height;  /* in pixels; never beyond VGA_MAX_WIDTH and VGA_MAX_HEIGHT */
    unsigned bits_per_pixel; /* 4, 8, 15, 16, 24 or 32 */
    u32 stride;              /* bytes from line to line; with 4 bits: of one plane */
    u32 start;               /* byte of the first line */
    unsigned pan;            /* with 4 bits: pixels of the first byte that are skipped */
} VbeMode;

void bochs_vbe_init(Vga *vga, PciBus *pci, const u8 *rom, u64 rom_length);
void bochs_vbe_reset(Vga *vga);

VbeMode bochs_vbe_mode(const Vga *vga);

FORCE_INLINE bool bochs_vbe_enabled(const Vga *vga)
{
    return vga->vbe[VBE_ENABLE] & VBE_ENABLED;
}

/* Where the window's bank starts: a multiple of 64 KiB below VGA_MEMORY. With 4 bits per pixel
 * the planes have banks, and the caller masks the sum. */
FORCE_INLINE u32 bochs_vbe_bank(const Vga *vga)
{
    return bochs_vbe_enabled(vga) ? (vga->vbe[VBE_BANK] & (VGA_MEMORY / 0x10000 - 1)) * 0x10000u
                                  : 0;
}

#endif
