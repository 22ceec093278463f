/*
 * VGA: the register ports. IBM PS/2 Hardware Interface Technical Reference, "Video Subsystem":
 * "General Registers", "Sequencer", "CRT Controller", "Graphics Controller" and "Attribute
 * Controller" registers, "Video Digital-to-Analog Converter".
 *
 * Not implemented: the vertical retrace interrupt (PC boards leave the pin unconnected; it never
 * shows as pending), the light pen, the adapter's sleep port 46E8h (port 3C3h works).
 */
#include "devices/vga_ports.h"

#include "devices/bochs_vbe.h"
#include "devices/vga_memory.h"
#include "devices/vga_timing.h"

/* Bits that exist in each register. */
static const u8 sequencer_bits[VGA_SEQUENCER] = {0x03, 0x3D, 0x0F, 0x3F, 0x0E};
static const u8 graphics_bits[VGA_GRAPHICS] = {0x0F, 0x0F, 0x0F, 0x1F, 0x03,
                                               0x7B, 0x0F, 0x0F, 0xFF};
static const u8 attribute_bits[VGA_ATTRIBUTE] = {0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F,
                                                 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F,
                                                 0x3F, 0x3F, 0xEF, 0xFF, 0x3F, 0x0F, 0x0F};

enum {
    PALETTE_ADDRESS_SOURCE = 0x20, /* attribute index: the display, not the processor, has it */
    CRTC_PROTECT = 0x80,           /* vertical retrace end: registers 0-7 cannot be written */
    LINE_COMPARE_BIT8 = 0x10,      /* overflow: never protected */
    CRTC_LATCH = 0x22,             /* undocumented, but in all VGAs: reads a latch */
    CRTC_ATTRIBUTE_STATE = 0x24,   /* and the attribute controller's flip-flop */
    NOT_DECODED = 0xFF,
};

/* Sets a register; true when its value changed. */
static bool change(u8 *at, u8 value)
{
    bool changed = *at != value;

    *at = value;
    return changed;
}

/* ---- attribute controller ---- */

static void attribute_write(Vga *vga, u8 value)
{
    u8 index = vga->attribute_index & 0x1F;
    bool changed = false;

    if (!vga->attribute_data)
        changed = change(&vga->attribute_index, value & 0x3F);
    else if (index >= ATTR_MODE || !(vga->attribute_index & PALETTE_ADDRESS_SOURCE))
        changed = change(&vga->attribute[index], value & attribute_bits[index]);
    vga->attribute_data = !vga->attribute_data;
    if (changed)
        vga_touch(vga);
}

/* ---- sequencer and graphics controller ---- */

static void sequencer_write(Vga *vga, u8 value)
{
    u8 index = vga->sequencer_index;

    if (!change(&vga->sequencer[index], value & sequencer_bits[index]))
        return;
    if (index == SEQ_CLOCKING || index == SEQ_FONT)
        vga_touch(vga);
    if (index == SEQ_MAP_MASK || index == SEQ_MEMORY_MODE)
        vga_map_window(vga);
}

static void graphics_write(Vga *vga, u8 value)
{
    u8 index = vga->graphics_index, old = vga->graphics[index];

    value &= graphics_bits[index];
    if (!change(&vga->graphics[index], value))
        return;
    /* Of these, only the shift mode and "graphics" matter to the display. */
    if ((index == GFX_MODE && ((old ^ value) & 0x60)) || (index == GFX_MISC && ((old ^ value) & 1)))
        vga_touch(vga);
    if (index != GFX_SET_RESET && index != GFX_COLOR_COMPARE && index != GFX_READ_MAP &&
        index != GFX_COLOR_DONT_CARE)
        vga_map_window(vga);
}

/* ---- CRT controller ---- */

static u8 crtc_read(const Vga *vga)
{
    switch (vga->crtc_index) {
    case CRTC_LATCH:
        return (u8)(vga->latches >> (8 * (vga->graphics[GFX_READ_MAP] & 3)));
    case CRTC_ATTRIBUTE_STATE:
        return vga->attribute_data ? 0x80 : 0;
    default:
        return vga->crtc_index < VGA_CRTC ? vga->crtc[vga->crtc_index] : 0;
    }
}

static void crtc_write(Vga *vga, u8 value)
{
    u8 index = vga->crtc_index;

    if (index >= VGA_CRTC)
        return;
    if (index <= CRTC_OVERFLOW && (vga->crtc[CRTC_V_RETRACE_END] & CRTC_PROTECT)) {
        if (index != CRTC_OVERFLOW)
            return;
        value = (vga->crtc[index] & (u8)~LINE_COMPARE_BIT8) | (value & LINE_COMPARE_BIT8);
    }
    if (change(&vga->crtc[index], value))
        vga_touch(vga);
}

/* ---- digital-to-analog converter ---- */

static u8 dac_component_bits(const Vga *vga)
{
    return vga->vbe[VBE_ENABLE] & VBE_8BIT_DAC ? 0xFF : 0x3F;
}

static u8 dac_data_read(Vga *vga)
{
    u8 value = vga->dac[vga->dac_read_index * 3 + vga->dac_component];

    if (++vga->dac_component == 3) {
        vga->dac_component = 0;
        vga->dac_write_index = (u8)(++vga->dac_read_index + 1);
    }
    return value & dac_component_bits(vga);
}

/* A colour takes effect as a whole, with its blue component. */
static void dac_data_write(Vga *vga, u8 value)
{
    u8 *color = &vga->dac[vga->dac_write_index * 3];
    bool changed;

    value &= dac_component_bits(vga);
    if (vga->dac_component < 2) {
        vga->dac_latch[vga->dac_component++] = value;
        return;
    }
    changed = change(&color[0], vga->dac_latch[0]);
    changed |= change(&color[1], vga->dac_latch[1]);
    changed |= change(&color[2], value);
    vga->dac_component = 0;
    vga->dac_write_index++;
    if (changed)
        vga_touch(vga);
}

/* ---- general registers ---- */

/* Bit 4: a comparator on the colour outputs, by which the BIOS tells what monitor is there. */
static u8 input_status0(const Vga *vga)
{
    unsigned sum = vga->dac[0] + vga->dac[1] + vga->dac[2];

    return sum >= 0x4E ? 0 : 0x10;
}

static u8 input_status1(Vga *vga)
{
    vga->attribute_data = false;
    return vga_beam_status(vga);
}

static void misc_output_write(Vga *vga, u8 value)
{
    if (!change(&vga->misc_output, value))
        return;
    vga_touch(vga);
    vga_map_window(vga);
}

/* The CRT controller and status register 1 answer at 3Bxh or at 3Dxh, as miscellaneous output
 * bit 0 says. */
static bool crtc_answers(const Vga *vga, u16 port)
{
    return ((vga->misc_output & 1) ? 0x3D0 : 0x3B0) == (port & 0x3F0);
}

static u8 crtc_port_read(Vga *vga, u16 port)
{
    if (!crtc_answers(vga, port))
        return NOT_DECODED;
    switch (port & 0xF) {
    case 0x4:
        return vga->crtc_index;
    case 0x5:
        return crtc_read(vga);
    case 0xA:
        return input_status1(vga);
    default:
        return NOT_DECODED;
    }
}

static void crtc_port_write(Vga *vga, u16 port, u8 value)
{
    if (!crtc_answers(vga, port))
        return;
    switch (port & 0xF) {
    case 0x4:
        vga->crtc_index = value & 0x3F;
        break;
    case 0x5:
        crtc_write(vga, value);
        break;
    case 0xA:
        vga->feature_control = value;
        break;
    }
}

/* ---- ports ---- */

u8 vga_port_read(Vga *vga, u16 port)
{
    if (port == 0x3C3)
        return vga->subsystem_enable;
    if (!vga->subsystem_enable)
        return NOT_DECODED;
    switch (port) {
    case 0x3C0:
        return vga->attribute_index;
    case 0x3C1:
        return vga->attribute[vga->attribute_index & 0x1F];
    case 0x3C2:
        return input_status0(vga);
    case 0x3C4:
        return vga->sequencer_index;
    case 0x3C5:
        return vga->sequencer[vga->sequencer_index];
    case 0x3C6:
        return vga->dac_mask;
    case 0x3C7:
        return vga->dac_reading ? 3 : 0;
    case 0x3C8:
        return vga->dac_write_index;
    case 0x3C9:
        return dac_data_read(vga);
    case 0x3CA:
        return vga->feature_control;
    case 0x3CC:
        return vga->misc_output;
    case 0x3CE:
        return vga->graphics_index;
    case 0x3CF:
        return vga->graphics[vga->graphics_index];
    default:
        return crtc_port_read(vga, port);
    }
}

static void dac_port_write(Vga *vga, u16 port, u8 value)
{
    switch (port) {
    case 0x3C6:
        if (change(&vga->dac_mask, value))
            vga_touch(vga);
        break;
    case 0x3C7:
        vga->dac_read_index = value;
        /* What 3C8h reads is the address register, which points one further for reading. */
        vga->dac_write_index = (u8)(value + 1);
        vga->dac_component = 0;
        vga->dac_reading = true;
        break;
    case 0x3C8:
        vga->dac_write_index = value;
        vga->dac_component = 0;
        vga->dac_reading = false;
        break;
    case 0x3C9:
        dac_data_write(vga, value);
        break;
    }
}

void vga_port_write(Vga *vga, u16 port, u8 value)
{
    if (port == 0x3C3) {
        if (change(&vga->subsystem_enable, value & 1))
            vga_map_window(vga);
        return;
    }
    if (!vga->subsystem_enable)
        return;
    switch (port) {
    case 0x3C0:
        attribute_write(vga, value);
        break;
    case 0x3C2:
        misc_output_write(vga, value);
        break;
    case 0x3C4:
        vga->sequencer_index = value & (VGA_SEQUENCER - 1);
        break;
    case 0x3C5:
        sequencer_write(vga, value);
        break;
    case 0x3C6:
    case 0x3C7:
    case 0x3C8:
    case 0x3C9:
        dac_port_write(vga, port, value);
        break;
    case 0x3CE:
        vga->graphics_index = value & (VGA_GRAPHICS - 1);
        break;
    case 0x3CF:
        graphics_write(vga, value);
        break;
    default:
        crtc_port_write(vga, port, value);
        break;
    }
}

static u64 ports_read(void *device, u32 offset, Size size)
{
    const VgaPorts *ports = device;

    (void)size;
    return vga_port_read(ports->vga, (u16)(ports->base + offset));
}

static void ports_write(void *device, u32 offset, Size size, u64 value)
{
    const VgaPorts *ports = device;

    (void)size;
    vga_port_write(ports->vga, (u16)(ports->base + offset), (u8)value);
}

static const IoOps ports_io = {BYTE, ports_read, ports_write};

void vga_ports_init(Vga *vga, AddressSpace *space)
{
    /* Not 3BCh-3BEh, where a parallel port may lie. */
    static const struct {
        u16 base, count;
    } ranges[COUNT_OF(vga->ports)] = {{0x3B4, 2}, {0x3BA, 1}, {0x3C0, 16}, {0x3D4, 2}, {0x3DA, 1}};

    for (unsigned i = 0; i < COUNT_OF(ranges); i++) {
        vga->ports[i] = (VgaPorts){.vga = vga, .base = ranges[i].base};
        space_add_io(space, "vga", ranges[i].base, ranges[i].count, &ports_io, &vga->ports[i]);
    }
}
