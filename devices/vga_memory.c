/*
 * VGA: how the processor reads and writes video memory. Addressing (chain 4, odd/even, planes),
 * latches, read modes 0 and 1, write modes 0 to 3, and the banks of the Bochs VBE.
 *
 * IBM PS/2 Hardware Interface Technical Reference, "Video Subsystem": "Sequencer Registers"
 * (Memory Mode), "Graphics Controller Registers", "Video Memory Read/Write Operations".
 *
 * Not implemented: the 64 KiB limit without extended memory (sequencer register 4, bit 1), the
 * odd/even page select (miscellaneous output, bit 5: in every mode of the BIOS it selects what
 * is done here).
 *
 * Chain 4 uses every byte of the planes, as Super VGAs do for the sake of the linear framebuffer;
 * IBM's leaves three of four unused. The picture is the same, see vga_scan.c.
 */
#include "devices/vga_memory.h"

#include "devices/bochs_vbe.h"

#include <string.h>

/* Where an access goes: doubleword `index` of video memory (a byte of each plane), and which
 * planes the addressing lets through. */
typedef struct Target {
    u32 index;
    unsigned read_plane;
    unsigned write_planes; /* a bit per plane */
} Target;

/* Memory map select: the part of the window that answers. */
static const struct {
    u32 first, length;
} window_parts[4] = {{0, 0x20000}, {0, 0x10000}, {0x10000, 0x8000}, {0x18000, 0x8000}};

static bool decode(const Vga *vga, u32 offset, u32 *address)
{
    unsigned part = vga->graphics[GFX_MISC] >> 2 & 3;

    *address = offset - window_parts[part].first;
    return *address < window_parts[part].length && (vga->misc_output & 2) && vga->subsystem_enable;
}

static Target target_of(const Vga *vga, u32 address)
{
    bool chain4 = vga->sequencer[SEQ_MEMORY_MODE] & 8;
    bool odd_even = !(vga->sequencer[SEQ_MEMORY_MODE] & 4);
    unsigned map_mask = vga->sequencer[SEQ_MAP_MASK] & 0xF;
    u32 bank = bochs_vbe_bank(vga);
    Target target = {.read_plane = vga->graphics[GFX_READ_MAP] & 3, .write_planes = map_mask};

    if (chain4) {
        target.index = (address + bank) >> 2;
        target.read_plane = address & 3;
        target.write_planes &= 1u << (address & 3);
    } else {
        target.index = (address & 0xFFFF) | bank;
        if (vga->graphics[GFX_MODE] & 0x10)
            target.read_plane = (target.read_plane & 2) | (address & 1);
        if (odd_even)
            target.write_planes &= address & 1 ? 0xA : 0x5;
        /* Chain odd/even: A0, which selects the plane, gives way to A16 (of the 128 KiB window). */
        if (odd_even && (vga->graphics[GFX_MISC] & 2))
            target.index = (target.index & ~1u) | (address >> 16 & 1);
    }
    target.index &= VGA_MEMORY / 4 - 1;
    return target;
}

static u32 fetch(const Vga *vga, u32 index)
{
    u32 planes;

    memcpy(&planes, vga->memory.bytes + 4 * (u64)index, sizeof planes);
    return planes;
}

static void store(Vga *vga, u32 index, u32 planes)
{
    u64 offset = 4 * (u64)index;
    enum { QUIET = PAGE_DIRTY | PAGE_DRAWN };

    memcpy(vga->memory.bytes + offset, &planes, sizeof planes);
    if ((vga->memory.pages[offset >> PAGE_SHIFT] & (QUIET | PAGE_HOLDS_CODE)) != QUIET)
        space_mark_written(vga->space, &vga->memory, offset, sizeof planes);
}

/* ---- reading ---- */

static u8 read_byte(Vga *vga, u32 offset)
{
    u32 address, differ;

    if (!decode(vga, offset, &address))
        return 0xFF;
    Target target = target_of(vga, address);

    vga->latches = fetch(vga, target.index);
    if (!(vga->graphics[GFX_MODE] & 8))
        return (u8)(vga->latches >> (8 * target.read_plane));
    /* Read mode 1: a one for each of the eight pixels that has the colour asked for. */
    differ = (vga->latches ^ vga_plane_bytes(vga->graphics[GFX_COLOR_COMPARE])) &
             vga_plane_bytes(vga->graphics[GFX_COLOR_DONT_CARE]);
    differ |= differ >> 16;
    return (u8) ~(differ | differ >> 8);
}

static u64 window_read(void *device, u32 offset, Size size)
{
    Vga *vga = device;
    u64 value = 0;

    for (unsigned i = 0; i < size; i++)
        value |= (u64)read_byte(vga, offset + i) << (8 * i);
    return value;
}

/* ---- writing ---- */

static u8 rotate(const Vga *vga, u8 value)
{
    unsigned count = vga->graphics[GFX_ROTATE] & 7;

    return (u8)(value >> count | value << (8 - count));
}

static u32 combine(const Vga *vga, u32 value)
{
    switch (vga->graphics[GFX_ROTATE] >> 3 & 3) {
    case 1:
        return value & vga->latches;
    case 2:
        return value | vga->latches;
    case 3:
        return value ^ vga->latches;
    default:
        return value;
    }
}

/* What the graphics controller sends to the four planes for a byte from the processor. */
static u32 graphics_data(const Vga *vga, u8 byte)
{
    const u32 every_plane = 0x01010101;
    u32 set_reset = vga_plane_bytes(vga->graphics[GFX_SET_RESET]);
    u32 enable = vga_plane_bytes(vga->graphics[GFX_ENABLE_SET_RESET]);
    u32 mask = vga->graphics[GFX_BIT_MASK] * every_plane, value;

    switch (vga->graphics[GFX_MODE] & 3) {
    case 0:
        value = (rotate(vga, byte) * every_plane & ~enable) | (set_reset & enable);
        break;
    case 1:
        return vga->latches;
    case 2:
        value = vga_plane_bytes(byte);
        break;
    default:
        mask &= rotate(vga, byte) * every_plane;
        value = set_reset;
        break;
    }
    return (combine(vga, value) & mask) | (vga->latches & ~mask);
}

static void write_byte(Vga *vga, u32 offset, u8 byte)
{
    u32 address;

    if (!decode(vga, offset, &address))
        return;
    Target target = target_of(vga, address);
    u32 planes = vga_plane_bytes(target.write_planes);

    if (planes)
        store(vga, target.index,
              (fetch(vga, target.index) & ~planes) | (graphics_data(vga, byte) & planes));
}

static void window_write(void *device, u32 offset, Size size, u64 value)
{
    Vga *vga = device;

    for (unsigned i = 0; i < size; i++)
        write_byte(vga, offset + i, (u8)(value >> (8 * i)));
}

static const IoOps window_io = {QWORD, window_read, window_write};

/* ---- the direct way ---- */

void vga_memory_init(Vga *vga)
{
    vga->window =
        space_add_io(vga->space, "vga window", VGA_WINDOW, VGA_WINDOW_LENGTH, &window_io, vga);
    vga->direct = space_add_memory(vga->space, "vga chain 4", VGA_WINDOW, VGA_DIRECT_LENGTH,
                                   &vga->memory, 0, true);
    region_set_priority(vga->space, vga->direct, 1);
    region_enable(vga->space, vga->direct, false);
}

/* Is the window so programmed that a byte at A0000h + n is byte n of a bank, and nothing else
 * happens? (The latches are not filled then; to use them, a guest first has to leave this state.)
 */
static bool is_direct(const Vga *vga)
{
    const u8 *graphics = vga->graphics;

    return (vga->sequencer[SEQ_MEMORY_MODE] & 8) && (vga->sequencer[SEQ_MAP_MASK] & 0xF) == 0xF &&
           !(graphics[GFX_ENABLE_SET_RESET] & 0xF) && !(graphics[GFX_ROTATE] & 0x1F) &&
           graphics[GFX_BIT_MASK] == 0xFF && !(graphics[GFX_MODE] & 0x0B) &&
           (graphics[GFX_MISC] & 0x0C) == 4 && (vga->misc_output & 2) && vga->subsystem_enable;
}

void vga_map_window(Vga *vga)
{
    bool direct = is_direct(vga);
    u32 bank = bochs_vbe_bank(vga);

    if (direct == vga->direct->enabled && bank == vga->direct->memory_offset)
        return;
    region_enable(vga->space, vga->direct, false);
    vga->direct->memory_offset = bank;
    region_enable(vga->space, vga->direct, direct);
}
