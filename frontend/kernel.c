/*
 * -kernel: reading files, telling the kinds apart, and handing over to the firmware.
 *
 * Not implemented: Multiboot 2, PVH and plain ELF kernels, EFI stubs, device trees.
 */
#include "frontend/kernel_image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* roms/kernel_loader.asm, assembled. */
extern const u8 rom_kernel_loader[], rom_kernel_loader_end[];

bool kernel_fail(KernelLoad *load, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(load->error, load->error_size, format, arguments);
    va_end(arguments);
    return false;
}

u8 *kernel_allocate(KernelLoad *load, u64 length)
{
    void *buffer = calloc(1, length ? length : 1);

    assert(load->kernel->buffer_count < KERNEL_BUFFERS);
    if (!buffer)
        kernel_fail(load, "%s: the host has no memory left for it", load->file.path);
    else
        load->kernel->buffers[load->kernel->buffer_count++] = buffer;
    return buffer;
}

u16 kernel_get16(const u8 *at)
{
    return (u16)(at[0] | at[1] << 8);
}

u32 kernel_get32(const u8 *at)
{
    return kernel_get16(at) | (u32)kernel_get16(at + 2) << 16;
}

void kernel_put16(u8 *at, u32 value)
{
    at[0] = (u8)value;
    at[1] = (u8)(value >> 8);
}

void kernel_put32(u8 *at, u32 value)
{
    kernel_put16(at, value);
    kernel_put16(at + 2, value >> 16);
}

/* ---- files ---- */

static bool read_all(KernelLoad *load, int file, KernelFile *result)
{
    u64 done = 0;

    while (done < result->length) {
        ssize_t count = read(file, result->bytes + done, result->length - done);

        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return kernel_fail(load, "%s: cannot be read: %s", result->path, strerror(errno));
        if (count == 0)
            return kernel_fail(load, "%s: became shorter while it was read", result->path);
        done += (u64)count;
    }
    return true;
}

static bool read_open_file(KernelLoad *load, int file, KernelFile *result)
{
    struct stat status;

    if (fstat(file, &status) < 0)
        return kernel_fail(load, "%s: cannot be read: %s", result->path, strerror(errno));
    if (!S_ISREG(status.st_mode))
        return kernel_fail(load, "%s: is a %s, not a file", result->path,
                           S_ISDIR(status.st_mode) ? "folder" : "device or pipe");
    if (status.st_size == 0)
        return kernel_fail(load, "%s: is empty", result->path);
    result->length = (u64)status.st_size;
    if (result->length > load->memory)
        return kernel_fail(load, "%s: is larger (%llu MiB) than the machine's memory: use -m",
                           result->path, (unsigned long long)(result->length >> 20));
    result->bytes = kernel_allocate(load, result->length);
    return result->bytes && read_all(load, file, result);
}

bool kernel_read_file(KernelLoad *load, const char *path, KernelFile *file)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool done;

    *file = (KernelFile){.path = path};
    if (descriptor < 0)
        return kernel_fail(load, "%s: cannot be opened: %s", path, strerror(errno));
    done = read_open_file(load, descriptor, file);
    close(descriptor);
    return done;
}

/* ---- items ---- */

static void add_item(KernelLoad *load, FwFile item)
{
    assert(load->config->fw_file_count < MACHINE_FW_FILES);
    load->config->fw_files[load->config->fw_file_count++] = item;
}

void kernel_add_number(KernelLoad *load, u16 key, u32 value)
{
    u32 *number = &load->kernel->numbers[load->kernel->number_count];

    assert(load->kernel->number_count < KERNEL_NUMBERS);
    load->kernel->number_count++;
    kernel_put32((u8 *)number, value);
    add_item(load, (FwFile){.key = key, .bytes = number, .length = 4});
}

void kernel_add_part(KernelLoad *load, u16 key, u16 data_key, u32 address, const u8 *bytes,
                     u32 length)
{
    kernel_add_number(load, key, address);
    kernel_add_number(load, (u16)(key + 1), length);
    add_item(load, (FwFile){.key = data_key, .bytes = bytes, .length = length});
}

/* An option ROM's bytes add up to zero. */
static bool add_rom(KernelLoad *load)
{
    u32 length = (u32)(rom_kernel_loader_end - rom_kernel_loader);
    u8 *rom = kernel_allocate(load, length);
    u8 sum = 0;

    if (!rom)
        return false;
    memcpy(rom, rom_kernel_loader, length);
    for (u32 i = 0; i < length; i++)
        sum = (u8)(sum + rom[i]);
    rom[length - 1] = (u8)(rom[length - 1] - sum);
    add_item(load, (FwFile){.name = KERNEL_ROM_NAME, .bytes = rom, .length = length});
    return true;
}

/* ---- the interface ---- */

KernelKind kernel_kind(const u8 *bytes, u64 length)
{
    if (kernel_is_linux(bytes, length))
        return KERNEL_LINUX;
    return kernel_is_multiboot(bytes, length) ? KERNEL_MULTIBOOT : KERNEL_NONE;
}

static bool load_kernel(KernelLoad *load, const char *path)
{
    if (!kernel_read_file(load, path, &load->file))
        return false;
    load->kernel->kind = kernel_kind(load->file.bytes, load->file.length);
    switch (load->kernel->kind) {
    case KERNEL_LINUX:
        return kernel_load_linux(load) && add_rom(load);
    case KERNEL_MULTIBOOT:
        return kernel_load_multiboot(load) && add_rom(load);
    default:
        return kernel_fail(load,
                           "%s: is neither a Linux bzImage nor a multiboot program (no \"HdrS\" at "
                           "202h, no multiboot header in the first 8 KiB); a disk image is given "
                           "with -hda or by its name alone",
                           path);
    }
}

bool kernel_load(Kernel *kernel, MachineConfig *config, const char *path, const char *initrd,
                 const char *append, char *error, size_t error_size)
{
    const u64 most = (u64)3 << 30; /* RAM below 4 GiB */
    unsigned items = config->fw_file_count;
    KernelLoad load = {.kernel = kernel,
                       .config = config,
                       .initrd = initrd,
                       .append = append,
                       .memory = config->memory < most ? config->memory : most,
                       .error = error,
                       .error_size = error_size};

    *kernel = (Kernel){0};
    if (load_kernel(&load, path))
        return true;
    config->fw_file_count = items;
    kernel_free(kernel);
    return false;
}

void kernel_free(Kernel *kernel)
{
    for (unsigned i = 0; i < kernel->buffer_count; i++)
        free(kernel->buffers[i]);
    *kernel = (Kernel){0};
}
