/*
 * -kernel, -initrd, -append: reads a Linux bzImage or a multiboot program and its modules, and
 * prepares what roms/kernel_loader.asm needs to start it: fw_cfg items and the option ROM.
 *
 * The Linux/x86 Boot Protocol; Multiboot Specification 0.6.96.
 */
#ifndef FRONTEND_KERNEL_H
#define FRONTEND_KERNEL_H

#include "devices/machine.h"

/* How a file looks, by its first bytes. */
typedef enum KernelKind { KERNEL_NONE, KERNEL_LINUX, KERNEL_MULTIBOOT } KernelKind;

/* The option ROM's file name: "/rom@" and this in front of the boot order starts it. */
#define KERNEL_ROM_NAME "genroms/kernel_loader.bin"

typedef struct Kernel {
    KernelKind kind;
    u8 *rom, *setup, *image, *extra;    /* what the items point to; owned */
    u8 *command_line;
    u8 numbers[16][4];                  /* the numbered items' values, little-endian */
    unsigned number_count;
} Kernel;

/* What a file that begins with these bytes is. Multiboot headers lie in the first 8,192 bytes. */
KernelKind kernel_kind(const u8 *bytes, u64 length);

/* Reads the files and adds items to config->fw_files. `initrd` (multiboot: "FILE ARGUMENTS,...")
 * and `append` may be NULL. config->memory must be set. False: a sentence is in `error`. The items
 * are valid until kernel_free(). */
bool kernel_load(Kernel *kernel, MachineConfig *config, const char *path, const char *initrd,
                 const char *append, char *error, size_t error_size);
void kernel_free(Kernel *kernel);

#endif
