/*
 * Firmware files: the BIOS and the VGA BIOS.
 */
#ifndef FRONTEND_FIRMWARE_H
#define FRONTEND_FIRMWARE_H

#include "frontend/options.h"

typedef struct Firmware {
    u8 *bios, *vga_bios;            /* owned */
    u64 bios_length, vga_bios_length;
} Firmware;

/* SeaBIOS from Debian's package `seabios`, unless -bios or -L say otherwise. False: a sentence
 * is in `error`. With a -bios of one's own, the VGA BIOS may be missing. */
bool firmware_load(Firmware *firmware, const Options *options, char *error, size_t error_size);
void firmware_free(Firmware *firmware);

#endif
