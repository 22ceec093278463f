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

/* The option ROM's file name. SeaBIOS starts it when "/rom@" and this is in the boot order. */
#define KERNEL_ROM_NAME "genroms/kernel_loader.bin"

enum { KERNEL_BUFFERS = 72, KERNEL_NUMBERS = 16 };

typedef struct Kernel {
    KernelKind kind;
    void *buffers[KERNEL_BUFFERS]; /* what the items point to; owned */
    unsigned buffer_count;
    u32 numbers[KERNEL_NUMBERS]; /* the numbered items' values */
    unsigned number_count;
    bool is_64_bit;              /* it says of itself that it runs in 64-bit mode */
} Kernel;

/* What a file that begins with these bytes is. Multiboot headers lie in the first 8,192 bytes. */
KernelKind kernel_kind(const u8 *bytes, u64 length);

/* Reads the files and adds items to config->fw_files. `initrd` (multiboot: "FILE ARGUMENTS,...")
 * and `append` may be NULL. config->memory must be set. False: a sentence is in `error`. The items
 * are valid until kernel_free(), which a failed kernel_load() does not need. */
bool kernel_load(Kernel *kernel, MachineConfig *config, const char *path, const char *initrd,
                 const char *append, char *error, size_t error_size);
void kernel_free(Kernel *kernel);

#endif
