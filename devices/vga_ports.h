/*
 * The VGA's registers as ports 3B0h-3DFh show them.
 */
#ifndef DEVICES_VGA_PORTS_H
#define DEVICES_VGA_PORTS_H

#include "devices/vga.h"

/* Adds the ports to `space`. */
void vga_ports_init(Vga *vga, AddressSpace *space);

u8 vga_port_read(Vga *vga, u16 port);
void vga_port_write(Vga *vga, u16 port, u8 value);

/* Something that the picture depends on has changed. */
FORCE_INLINE void vga_touch(Vga *vga)
{
    vga->registers_changed = vga->stamp;
}

#endif
