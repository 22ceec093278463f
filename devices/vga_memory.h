/*
 * The processor's side of video memory: the window at A0000h-BFFFFh.
 */
#ifndef DEVICES_VGA_MEMORY_H
#define DEVICES_VGA_MEMORY_H

#include "devices/vga.h"

enum { VGA_WINDOW = 0xA0000, VGA_WINDOW_LENGTH = 0x20000, VGA_DIRECT_LENGTH = 0x10000 };

/* Adds the window's regions to vga->space. */
void vga_memory_init(Vga *vga);

/* After a register that governs the window has changed: maps video memory straight into the
 * window when reading and writing it comes to no more than that. */
void vga_map_window(Vga *vga);

/* A byte per plane: FFh where bit `plane` of `planes` is set. */
FORCE_INLINE u32 vga_plane_bytes(unsigned planes)
{
    return ((planes & 1) | (planes & 2) << 7 | (planes & 4) << 14 | (planes & 8) << 21) * 0xFF;
}

#endif
