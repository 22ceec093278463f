/*
 * VGA: the chip as a whole; its parts are vga_ports.c (registers), vga_memory.c (the processor's
 * window), vga_timing.c (the beam), vga_draw.c with vga_scan.c (the picture) and bochs_vbe.c.
 *
 * IBM PS/2 Hardware Interface Technical Reference, "Video Subsystem".
 *
 * Not implemented: changes in the middle of a frame (the picture is drawn from the registers as
 * they are at one moment), the border.
 */
#include "devices/vga.h"

#include "devices/bochs_vbe.h"
#include "devices/vga_memory.h"
#include "devices/vga_ports.h"

#include <string.h>

static void vga_restored(void *chip)
{
    Vga *vga = chip;

    vga->sequencer_index %= VGA_SEQUENCER;
    vga->graphics_index %= VGA_GRAPHICS;
    vga->dac_component %= 3;
    vga_map_window(vga);
    vga_touch(vga);
    for (unsigned i = 0; i < VGA_PAGES; i++)
        vga->page_changed[i] = vga->stamp;
}

static const Field fields[] = {
    FIELD(Vga, misc_output),     FIELD(Vga, feature_control), FIELD(Vga, subsystem_enable),
    FIELD(Vga, sequencer_index), FIELD_ARRAY(Vga, sequencer), FIELD(Vga, graphics_index),
    FIELD_ARRAY(Vga, graphics),  FIELD(Vga, crtc_index),      FIELD_ARRAY(Vga, crtc),
    FIELD(Vga, attribute_index), FIELD_ARRAY(Vga, attribute), FIELD(Vga, attribute_data),
    FIELD(Vga, dac_mask),        FIELD(Vga, dac_read_index),  FIELD(Vga, dac_write_index),
    FIELD(Vga, dac_component),   FIELD(Vga, dac_reading),     FIELD_ARRAY(Vga, dac_latch),
    FIELD_ARRAY(Vga, dac),       FIELD(Vga, latches),         FIELD(Vga, vbe_index),
    FIELD_ARRAY(Vga, vbe),
};

const StateTable vga_state = {"vga", fields, COUNT_OF(fields), vga_restored};

bool vga_init(Vga *vga, PciBus *pci, Clock *clock, const u8 *rom, u64 rom_length)
{
    u64 rom_size = PAGE_SIZE;

    *vga = (Vga){.clock = clock, .log = pci->log, .space = pci->memory, .stamp = 1};
    if (!memory_create(&vga->memory, VGA_MEMORY))
        return false;
    /* A ROM's BAR has a power of two as its size. */
    while (rom_size < rom_length)
        rom_size *= 2;
    if (rom_length > 0 && !memory_create(&vga->rom, rom_size)) {
        memory_destroy(&vga->memory);
        return false;
    }
    vga_memory_init(vga);
    vga_ports_init(vga, pci->ports);
    bochs_vbe_init(vga, pci, rom, rom_length);
    vga_reset(vga);
    return true;
}

void vga_destroy(Vga *vga)
{
    memory_destroy(&vga->memory);
    memory_destroy(&vga->rom);
}

void vga_reset(Vga *vga)
{
    vga->misc_output = vga->feature_control = 0;
    vga->subsystem_enable = 1;
    vga->sequencer_index = vga->graphics_index = vga->crtc_index = vga->attribute_index = 0;
    memset(vga->sequencer, 0, sizeof vga->sequencer);
    memset(vga->graphics, 0, sizeof vga->graphics);
    memset(vga->crtc, 0, sizeof vga->crtc);
    memset(vga->attribute, 0, sizeof vga->attribute);
    vga->attribute_data = vga->dac_reading = false;
    vga->dac_mask = 0xFF;
    vga->dac_read_index = vga->dac_write_index = vga->dac_component = 0;
    memset(vga->dac_latch, 0, sizeof vga->dac_latch);
    memset(vga->dac, 0, sizeof vga->dac);
    vga->latches = 0;
    bochs_vbe_reset(vga);
    pci_device_reset(&vga->pci);
    vga_map_window(vga);
    vga_touch(vga);
}
