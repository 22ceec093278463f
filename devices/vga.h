/*
 * The display adapter: an IBM VGA with the Bochs VBE extensions, as the PCI function 1234:1111
 * that SeaBIOS and every Linux kernel know ("stdvga").
 *
 * Video memory is kept in doublewords of four planes: byte 4 * n + p is byte n of plane p. Packed
 * pixels (mode 13h, the linear framebuffer) are then plain bytes, which the processor writes
 * without calling a device.
 */
#ifndef DEVICES_VGA_H
#define DEVICES_VGA_H

#include "devices/clock.h"
#include "devices/pci.h"
#include "mmu/field.h"

enum {
    VGA_MEMORY = 16 << 20, /* bytes of video memory */
    VGA_PAGES = VGA_MEMORY / PAGE_SIZE,
    VGA_MAX_WIDTH = 4096, /* of any picture, in pixels */
    VGA_MAX_HEIGHT = 4096,
};

/* Registers, by the index that selects them. */
enum { SEQ_RESET, SEQ_CLOCKING, SEQ_MAP_MASK, SEQ_FONT, SEQ_MEMORY_MODE, VGA_SEQUENCER = 8 };
enum {
    GFX_SET_RESET,
    GFX_ENABLE_SET_RESET,
    GFX_COLOR_COMPARE,
    GFX_ROTATE,
    GFX_READ_MAP,
    GFX_MODE,
    GFX_MISC,
    GFX_COLOR_DONT_CARE,
    GFX_BIT_MASK,
    VGA_GRAPHICS = 16,
};
enum {
    CRTC_H_TOTAL,
    CRTC_H_DISPLAY_END,
    CRTC_H_BLANK_START,
    CRTC_H_BLANK_END,
    CRTC_H_RETRACE_START,
    CRTC_H_RETRACE_END,
    CRTC_V_TOTAL,
    CRTC_OVERFLOW,
    CRTC_PRESET_ROW,
    CRTC_MAX_SCAN_LINE,
    CRTC_CURSOR_START,
    CRTC_CURSOR_END,
    CRTC_START_HIGH,
    CRTC_START_LOW,
    CRTC_CURSOR_HIGH,
    CRTC_CURSOR_LOW,
    CRTC_V_RETRACE_START,
    CRTC_V_RETRACE_END,
    CRTC_V_DISPLAY_END,
    CRTC_OFFSET,
    CRTC_UNDERLINE,
    CRTC_V_BLANK_START,
    CRTC_V_BLANK_END,
    CRTC_MODE,
    CRTC_LINE_COMPARE,
    VGA_CRTC,
};
enum {
    ATTR_MODE = 0x10,
    ATTR_OVERSCAN,
    ATTR_PLANE_ENABLE,
    ATTR_PEL_PANNING,
    ATTR_COLOR_SELECT,
    VGA_ATTRIBUTE = 32,
};
enum {
    VBE_ID,
    VBE_X_RESOLUTION,
    VBE_Y_RESOLUTION,
    VBE_BITS_PER_PIXEL,
    VBE_ENABLE,
    VBE_BANK,
    VBE_VIRTUAL_WIDTH,
    VBE_VIRTUAL_HEIGHT,
    VBE_X_OFFSET,
    VBE_Y_OFFSET,
    VBE_MEMORY_64K,
    VGA_VBE,
};
enum {
    VBE_ENABLED = 0x01,
    VBE_GET_CAPS = 0x02,
    VBE_8BIT_DAC = 0x20,
    VBE_LINEAR = 0x40,
    VBE_KEEP_MEMORY = 0x80
};

struct Vga;

/* Ports of the VGA that lie together; `base` is the first one's number. */
typedef struct VgaPorts {
    struct Vga *vga;
    u16 base;
} VgaPorts;

typedef struct Vga {
    u8 misc_output, feature_control;
    u8 subsystem_enable; /* port 3C3h */
    u8 sequencer_index, sequencer[VGA_SEQUENCER];
    u8 graphics_index, graphics[VGA_GRAPHICS];
    u8 crtc_index, crtc[VGA_CRTC];
    u8 attribute_index, attribute[VGA_ATTRIBUTE];
    bool attribute_data; /* the next write to 3C0h is data, not an index */
    u8 dac_mask, dac_read_index, dac_write_index, dac_component;
    bool dac_reading; /* 3C7h was written after 3C8h */
    u8 dac_latch[2];  /* red and green, until blue is written */
    u8 dac[256 * 3];
    u32 latches; /* what the last read fetched: one byte per plane */
    u16 vbe_index, vbe[VGA_VBE];

    Memory memory; /* video memory: belongs into snapshots and hashes */
    Memory rom;    /* the VGA BIOS */
    PciDevice pci;
    Clock *clock;
    Log *log;
    AddressSpace *space; /* of physical memory */
    Region *window;      /* A0000h: by rule */
    Region *direct;      /* A0000h: plain bytes, where the rules come to that */
    VgaPorts ports[5];

    /* For the drawing: stamps of the last change, see vga_draw.h. Not state. */
    u32 stamp, registers_changed;
    u32 page_changed[VGA_PAGES];
} Vga;

extern const StateTable vga_state;

/* Plugs the VGA into PCI slot 2. The ROM is copied; NULL: none. False when the host is out of
 * memory. */
bool vga_init(Vga *vga, PciBus *pci, Clock *clock, const u8 *rom, u64 rom_length);
void vga_destroy(Vga *vga);
void vga_reset(Vga *vga);

#endif
