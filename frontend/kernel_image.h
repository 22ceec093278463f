/*
 * What frontend/kernel.c shares with the two kinds of kernel: files in memory, and the items that
 * are handed to the firmware.
 */
#ifndef FRONTEND_KERNEL_IMAGE_H
#define FRONTEND_KERNEL_IMAGE_H

#include "frontend/kernel.h"

/* A whole file, in memory. */
typedef struct KernelFile {
    const char *path;
    u8 *bytes;
    u64 length;
} KernelFile;

/* One loading: the request, and where its results and its error go. */
typedef struct KernelLoad {
    Kernel *kernel;
    MachineConfig *config;
    KernelFile file;
    const char *initrd, *append; /* NULL: none */
    u64 memory;                  /* bytes of RAM from address 0 */
    char *error;
    size_t error_size;
} KernelLoad;

/* The firmware keeps its tables at the end of RAM; nothing is loaded there. */
enum { KERNEL_FIRMWARE_SPACE = 256 << 10, KERNEL_PAGE = 4096, KERNEL_1M = 0x100000 };

/* Writes the error; always false. */
bool kernel_fail(KernelLoad *load, const char *format, ...) PRINTF_LIKE(2, 3);

/* Zeroed bytes that live as long as the kernel; NULL (and an error) when there is no memory. */
u8 *kernel_allocate(KernelLoad *load, u64 length);

/* Reads a file of at most RAM's size. */
bool kernel_read_file(KernelLoad *load, const char *path, KernelFile *file);

/* Three items: where `length` bytes go, how many they are, and the bytes. `key` is the first one's
 * number; the second follows it. */
void kernel_add_part(KernelLoad *load, u16 key, u16 data_key, u32 address, const u8 *bytes,
                     u32 length);
void kernel_add_number(KernelLoad *load, u16 key, u32 value);

/* Little-endian fields of a file. */
u16 kernel_get16(const u8 *at);
u32 kernel_get32(const u8 *at);
void kernel_put16(u8 *at, u32 value);
void kernel_put32(u8 *at, u32 value);

/* frontend/kernel_linux.c */
bool kernel_is_linux(const u8 *bytes, u64 length);
bool kernel_load_linux(KernelLoad *load);

/* frontend/kernel_multiboot.c */
bool kernel_is_multiboot(const u8 *bytes, u64 length);
bool kernel_load_multiboot(KernelLoad *load);

#endif
