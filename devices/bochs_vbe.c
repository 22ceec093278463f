/*
 * Bochs VBE extensions: the display interface at ports 1CEh (index) and 1CFh (data), and the PCI
 * function 1234:1111 with the linear framebuffer (BAR 0), the registers in memory (BAR 2) and the
 * VGA BIOS (ROM).
 *
 * Bochs documentation, "VBE Display Interface" (iface version B0C5h); QEMU documentation, "QEMU
 * Standard VGA", for BAR 2: EDID at 000h, VGA ports 3C0h-3DFh at 400h, display interface at 500h,
 * byte order at 600h.
 *
 * Not implemented: EDID (a guest that looks finds no header), big-endian framebuffers, 8-bit DAC
 * components for the VGA's own modes while the VBE is disabled.
 */
#include "devices/bochs_vbe.h"

#include "devices/vga_memory.h"
#include "devices/vga_ports.h"

#include <string.h>

enum {
    FRAMEBUFFER_BASE = 0xFD000000, /* until the firmware decides */
    MMIO_BASE = 0xFEBF0000,
    MMIO_LENGTH = 0x1000,
    MMIO_PORTS = 0x400, /* 3C0h */
    MMIO_PORTS_LENGTH = 0x20,
    MMIO_VBE = 0x500,
    MMIO_EXTENSION = 0x600, /* +0: its length in bytes; +4: byte order */
    EXTENSION_LENGTH = 8,
    LITTLE_ENDIAN_MARK = 0x1E1E1E1E,
    MAX_BITS_PER_PIXEL = 32,
};

static u32 at_most(u64 value, u32 limit)
{
    return value > limit ? limit : (u32)value;
}

static bool depth_valid(unsigned bits_per_pixel)
{
    switch (bits_per_pixel) {
    case 4:
    case 8:
    case 15:
    case 16:
    case 24:
    case 32:
        return true;
    default:
        return false;
    }
}

/* Bytes that `pixels` of a line take; with 4 bits, of one plane. */
static u32 line_bytes(unsigned bits_per_pixel, u32 pixels)
{
    return bits_per_pixel == 4 ? pixels / 8 : pixels * ((bits_per_pixel + 1) / 8);
}

VbeMode bochs_vbe_mode(const Vga *vga)
{
    const u16 *vbe = vga->vbe;
    VbeMode mode = {.bits_per_pixel =
                        depth_valid(vbe[VBE_BITS_PER_PIXEL]) ? vbe[VBE_BITS_PER_PIXEL] : 8};
    u32 memory = mode.bits_per_pixel == 4 ? VGA_MEMORY / 4 : VGA_MEMORY, virtual_width;
    u64 start;

    mode.width = at_most(vbe[VBE_X_RESOLUTION] & ~7u, VGA_MAX_WIDTH);
    if (mode.width == 0)
        mode.width = 8;
    virtual_width = vbe[VBE_VIRTUAL_WIDTH] & ~7u;
    if (virtual_width < mode.width)
        virtual_width = mode.width;
    mode.stride = line_bytes(mode.bits_per_pixel, virtual_width);
    mode.height = at_most(vbe[VBE_Y_RESOLUTION], VGA_MAX_HEIGHT);
    mode.height = at_most(mode.height, memory / mode.stride);
    if (mode.height == 0)
        mode.height = 1;
    start =
        (u64)vbe[VBE_Y_OFFSET] * mode.stride + line_bytes(mode.bits_per_pixel, vbe[VBE_X_OFFSET]);
    mode.pan = mode.bits_per_pixel == 4 ? vbe[VBE_X_OFFSET] & 7 : 0;
    /* One byte more, for the pixels that panning brings in. */
    if (start + (u64)mode.stride * (mode.height - 1) + line_bytes(mode.bits_per_pixel, mode.width) +
            (mode.pan ? 1 : 0) >
        memory) {
        start = 0;
        mode.pan = 0;
    }
    mode.start = (u32)start;
    return mode;
}

/* ---- the display interface ---- */

static u16 virtual_height(const Vga *vga)
{
    VbeMode mode = bochs_vbe_mode(vga);
    u32 memory = mode.bits_per_pixel == 4 ? VGA_MEMORY / 4 : VGA_MEMORY;

    return (u16)at_most(memory / mode.stride, 0xFFFF);
}

static u16 vbe_read(const Vga *vga, unsigned index)
{
    bool capabilities = vga->vbe[VBE_ENABLE] & VBE_GET_CAPS;

    switch (index) {
    case VBE_X_RESOLUTION:
        return capabilities ? VGA_MAX_WIDTH : vga->vbe[index];
    case VBE_Y_RESOLUTION:
        return capabilities ? VGA_MAX_HEIGHT : vga->vbe[index];
    case VBE_BITS_PER_PIXEL:
        return capabilities ? MAX_BITS_PER_PIXEL : vga->vbe[index];
    case VBE_VIRTUAL_HEIGHT:
        return virtual_height(vga);
    case VBE_MEMORY_64K:
        return VGA_MEMORY / 0x10000;
    default:
        return index < VGA_VBE ? vga->vbe[index] : 0;
    }
}

static void clear_screen(Vga *vga)
{
    VbeMode mode = bochs_vbe_mode(vga);
    u32 planes = mode.bits_per_pixel == 4 ? 4 : 1;
    u64 length = (u64)mode.stride * mode.height * planes;

    memset(vga->memory.bytes, 0, length);
    space_mark_written(vga->space, &vga->memory, 0, length);
}

static void enable_write(Vga *vga, u16 value)
{
    bool was_enabled = bochs_vbe_enabled(vga);

    vga->vbe[VBE_ENABLE] = value;
    if (bochs_vbe_enabled(vga) && !was_enabled) {
        vga->vbe[VBE_VIRTUAL_WIDTH] = 0;
        vga->vbe[VBE_VIRTUAL_WIDTH] = (u16)bochs_vbe_mode(vga).width;
        vga->vbe[VBE_X_OFFSET] = vga->vbe[VBE_Y_OFFSET] = vga->vbe[VBE_BANK] = 0;
        /* Software that knows the VBE only never touches the VGA: show it packed pixels. */
        vga->misc_output |= 2;
        vga->graphics[GFX_MISC] = 0x05;
        vga->graphics[GFX_MODE] = 0x40;
        vga->graphics[GFX_BIT_MASK] = 0xFF;
        vga->graphics[GFX_ENABLE_SET_RESET] = vga->graphics[GFX_ROTATE] = 0;
        vga->sequencer[SEQ_MAP_MASK] = 0xF;
        vga->sequencer[SEQ_MEMORY_MODE] = vga->vbe[VBE_BITS_PER_PIXEL] == 4 ? 0x06 : 0x0E;
        if (!(value & VBE_KEEP_MEMORY))
            clear_screen(vga);
        VbeMode mode = bochs_vbe_mode(vga);
        LOG(vga->log, LOG_VGA, "VBE mode %u x %u, %u bits", mode.width, mode.height,
            mode.bits_per_pixel);
    }
    vga_map_window(vga);
}

static void vbe_write(Vga *vga, unsigned index, u16 value)
{
    switch (index) {
    case VBE_ID:
        /* Software writes the version it knows and reads what it gets. */
        if (value >= 0xB0C0 && value <= VBE_ID_NEWEST)
            vga->vbe[VBE_ID] = value;
        return;
    case VBE_X_RESOLUTION:
        if (value <= VGA_MAX_WIDTH)
            vga->vbe[index] = value & ~7u;
        break;
    case VBE_Y_RESOLUTION:
        if (value <= VGA_MAX_HEIGHT)
            vga->vbe[index] = value;
        break;
    case VBE_BITS_PER_PIXEL:
        value = value ? value : 8;
        if (depth_valid(value))
            vga->vbe[index] = value;
        break;
    case VBE_ENABLE:
        enable_write(vga, value);
        break;
    case VBE_BANK:
        vga->vbe[index] = value & (VGA_MEMORY / 0x10000 - 1);
        vga_map_window(vga);
        return;
    case VBE_VIRTUAL_WIDTH:
        vga->vbe[index] = value & ~7u;
        vga->vbe[index] = vga->vbe[index] < vga->vbe[VBE_X_RESOLUTION] ? vga->vbe[VBE_X_RESOLUTION]
                                                                       : vga->vbe[index];
        break;
    case VBE_X_OFFSET:
    case VBE_Y_OFFSET:
        vga->vbe[index] = value;
        break;
    default:
        return;
    }
    vga_touch(vga);
}

/* 1CEh: index; 1CFh: data, a word at an odd port; 1D0h: the same for those who dislike that. */
static u64 vbe_port_read(void *device, u32 offset, Size size)
{
    const Vga *vga = device;
    u16 value = offset == 0 ? vga->vbe_index : vbe_read(vga, vga->vbe_index);

    return value & size_mask(size);
}

static void vbe_port_write(void *device, u32 offset, Size size, u64 value)
{
    Vga *vga = device;

    (void)size;
    if (offset == 0)
        vga->vbe_index = (u16)value;
    else
        vbe_write(vga, vga->vbe_index, (u16)value);
}

static const IoOps vbe_port_io = {WORD, vbe_port_read, vbe_port_write};

/* ---- BAR 2 ---- */

static u8 mmio_read_byte(Vga *vga, u32 offset)
{
    if (offset >= MMIO_PORTS && offset < MMIO_PORTS + MMIO_PORTS_LENGTH)
        return vga_port_read(vga, (u16)(0x3C0 + offset - MMIO_PORTS));
    if (offset >= MMIO_VBE && offset < MMIO_VBE + 2 * VGA_VBE)
        return (u8)(vbe_read(vga, (offset - MMIO_VBE) / 2) >> (8 * (offset & 1)));
    if (offset >= MMIO_EXTENSION && offset < MMIO_EXTENSION + EXTENSION_LENGTH)
        return offset == MMIO_EXTENSION      ? EXTENSION_LENGTH
               : offset < MMIO_EXTENSION + 4 ? 0
                                             : (u8)LITTLE_ENDIAN_MARK;
    return 0;
}

static u64 mmio_read(void *device, u32 offset, Size size)
{
    u64 value = 0;

    for (unsigned i = 0; i < size; i++)
        value |= (u64)mmio_read_byte(device, offset + i) << (8 * i);
    return value;
}

static void mmio_write(void *device, u32 offset, Size size, u64 value)
{
    Vga *vga = device;

    if (offset >= MMIO_VBE && offset < MMIO_VBE + 2 * VGA_VBE) {
        unsigned index = (offset - MMIO_VBE) / 2;

        /* A lone byte keeps the register's other half. */
        if (size == BYTE)
            value = offset & 1 ? (vga->vbe[index] & 0x00FFu) | value << 8
                               : (vga->vbe[index] & 0xFF00u) | value;
        vbe_write(vga, index, (u16)value);
        return;
    }
    for (unsigned i = 0; i < size; i++) {
        u32 at = offset + i;

        if (at >= MMIO_PORTS && at < MMIO_PORTS + MMIO_PORTS_LENGTH)
            vga_port_write(vga, (u16)(0x3C0 + at - MMIO_PORTS), (u8)(value >> (8 * i)));
    }
    if (offset >= MMIO_EXTENSION + 4 && offset < MMIO_EXTENSION + EXTENSION_LENGTH &&
        (u8)value != (u8)LITTLE_ENDIAN_MARK)
        log_once(vga->log, LOG_VGA, "big-endian framebuffers are not implemented");
}

static const IoOps mmio_io = {WORD, mmio_read, mmio_write};

/* ---- the PCI function ---- */

void bochs_vbe_init(Vga *vga, PciBus *pci, const u8 *rom, u64 rom_length)
{
    static const PciIdentity identity = {.vendor = 0x1234,
                                         .device = 0x1111,
                                         .class_code = 0x030000,
                                         .revision = 2,
                                         .subsystem_vendor = 0x1AF4,
                                         .subsystem = 0x1100};
    Region *framebuffer = space_add_memory(pci->memory, "vga framebuffer", FRAMEBUFFER_BASE,
                                           VGA_MEMORY, &vga->memory, 0, true);
    Region *mmio =
        space_add_io(pci->memory, "vga registers", MMIO_BASE, MMIO_LENGTH, &mmio_io, vga);

    pci_attach(pci, &vga->pci, "vga", 2, 0, &identity);
    pci_add_bar(&vga->pci, 0, 8, VGA_MEMORY, pci->memory, framebuffer);
    pci_add_bar(&vga->pci, 2, 0, MMIO_LENGTH, pci->memory, mmio);
    if (rom_length > 0) {
        memcpy(vga->rom.bytes, rom, rom_length);
        pci_add_rom(
            &vga->pci, (u32)vga->rom.length,
            space_add_memory(pci->memory, "vga bios", 0, vga->rom.length, &vga->rom, 0, false));
    }
    space_add_io(pci->ports, "vga vbe", VBE_PORT_INDEX, 3, &vbe_port_io, vga);
}

void bochs_vbe_reset(Vga *vga)
{
    vga->vbe_index = 0;
    memset(vga->vbe, 0, sizeof vga->vbe);
    vga->vbe[VBE_ID] = VBE_ID_NEWEST;
    vga->vbe[VBE_BITS_PER_PIXEL] = 8;
}
