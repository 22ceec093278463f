/*
 * Linux: splits a bzImage (or the older zImage) into its 16-bit setup code and the kernel proper,
 * and fills in the fields of the setup header that a boot loader owns.
 * The Linux/x86 Boot Protocol, "The Real-Mode Kernel Header" and "The Kernel Command Line".
 */
#include "frontend/kernel_image.h"

#include <stdlib.h>
#include <string.h>

#include "devices/fw_cfg.h"

/* Offsets in the setup header, and the protocol version that introduced each. */
enum {
    SETUP_SECTS = 0x1F1,
    SYSSIZE = 0x1F4,
    VID_MODE = 0x1FA,
    BOOT_FLAG = 0x1FE,
    HEADER = 0x202,
    PROTOCOL = 0x206,
    TYPE_OF_LOADER = 0x210,
    LOADFLAGS = 0x211,
    RAMDISK_IMAGE = 0x218,
    RAMDISK_SIZE = 0x21C,
    HEAP_END_PTR = 0x224,    /* 2.01 */
    CMD_LINE_PTR = 0x228,    /* 2.02 */
    INITRD_ADDR_MAX = 0x22C, /* 2.03 */
    XLOADFLAGS = 0x236,      /* 2.12 */
    CMDLINE_SIZE = 0x238,    /* 2.06 */
    PREF_ADDRESS = 0x258,    /* 2.10 */
    INIT_SIZE = 0x260,       /* 2.10 */
    HEADER_END = 0x268,
};
enum {
    LOADED_HIGH = 0x01,
    CAN_USE_HEAP = 0x80,
    KERNEL_64 = 0x01,
    OTHER_LOADER = 0xFF,
    OLD_CMDLINE_MAGIC = 0xA33F,
    OLD_CMDLINE = 0x20, /* before 2.02: magic, then the offset from the setup segment */
    OLD_CMDLINE_MOST = 255,
    OLD_INITRD_MAX = 0x37FFFFFF,
};

/* Where things go in low memory: a zImage's kernel itself is at 10000h. */
enum {
    SETUP_HIGH_LOAD = 0x10000,
    CMDLINE_HIGH_LOAD = 0x20000,
    SETUP_LOW_LOAD = 0x90000,
    CMDLINE_LOW_LOAD = 0x99000,
    KERNEL_LOW_LOAD = 0x10000,
};

bool kernel_is_linux(const u8 *bytes, u64 length)
{
    return length >= HEADER_END && kernel_get16(bytes + BOOT_FLAG) == 0xAA55 &&
           memcmp(bytes + HEADER, "HdrS", 4) == 0;
}

static u32 setup_size(const KernelFile *file)
{
    u32 sectors = file->bytes[SETUP_SECTS];

    return ((sectors ? sectors : 4) + 1) * 512;
}

static bool check_size(KernelLoad *load)
{
    const KernelFile *file = &load->file;
    u64 stated = setup_size(file);

    /* Before 2.04 syssize has 16 bits and may lie. It is rounded up to 16-byte units. */
    if (kernel_get16(file->bytes + PROTOCOL) >= 0x204)
        stated += (u64)kernel_get32(file->bytes + SYSSIZE) * 16;
    if (file->length + 16 <= stated || file->length <= setup_size(file))
        return kernel_fail(load, "%s: is cut short: its header states %llu bytes, there are %llu",
                           file->path, (unsigned long long)stated,
                           (unsigned long long)file->length);
    return true;
}

/* `vga=` is the boot loader's business: ask, ext, normal or a mode's number. */
static void set_video_mode(const KernelLoad *load, u8 *setup)
{
    const char *option = load->append;

    while (option && (option = strstr(option, "vga=")) != NULL) {
        const char *value = option + 4;

        if (option == load->append || option[-1] == ' ') {
            u32 mode = strncmp(value, "normal", 6) == 0 ? 0xFFFF
                       : strncmp(value, "ext", 3) == 0  ? 0xFFFE
                       : strncmp(value, "ask", 3) == 0  ? 0xFFFD
                                                        : (u32)strtoul(value, NULL, 0);
            kernel_put16(setup + VID_MODE, mode);
        }
        option = value;
    }
}

static bool set_command_line(KernelLoad *load, u8 *setup, u32 setup_address, u32 address)
{
    u32 version = kernel_get16(setup + PROTOCOL);
    const char *text = load->append ? load->append : "";
    size_t length = strlen(text);
    size_t most = version >= 0x206 ? kernel_get32(setup + CMDLINE_SIZE) : OLD_CMDLINE_MOST;
    u8 *line = kernel_allocate(load, length + 1);

    if (!line)
        return false;
    if (length > most || length >= 0x8000)
        return kernel_fail(load, "%s: takes at most %zu characters of -append, not %zu",
                           load->file.path, most, length);
    memcpy(line, text, length + 1);
    if (version >= 0x202) {
        kernel_put32(setup + CMD_LINE_PTR, address);
    } else {
        kernel_put16(setup + OLD_CMDLINE, OLD_CMDLINE_MAGIC);
        kernel_put16(setup + OLD_CMDLINE + 2, address - setup_address);
    }
    kernel_add_part(load, FW_CFG_CMDLINE_ADDR, FW_CFG_CMDLINE_DATA, address, line, (u32)length + 1);
    return true;
}

/* The first byte behind what the kernel overwrites while it unpacks itself. */
static u64 kernel_end(const KernelFile *file, const u8 *setup)
{
    u64 end = KERNEL_1M + (file->length - setup_size(file));
    u64 unpacked = 0;

    if (kernel_get16(setup + PROTOCOL) >= 0x20A && kernel_get32(setup + PREF_ADDRESS + 4) == 0)
        unpacked = (u64)kernel_get32(setup + PREF_ADDRESS) + kernel_get32(setup + INIT_SIZE);
    return unpacked > end ? unpacked : end;
}

/* As high as the kernel lets us, and below what the firmware keeps at the end of RAM. */
static bool place_initrd(KernelLoad *load, u8 *setup)
{
    KernelFile initrd;
    u32 version = kernel_get16(setup + PROTOCOL);
    u64 limit =
        version >= 0x203 ? (u64)kernel_get32(setup + INITRD_ADDR_MAX) + 1 : (u64)OLD_INITRD_MAX + 1;
    u64 top = load->memory - KERNEL_FIRMWARE_SPACE;
    u64 end = kernel_end(&load->file, setup);
    u64 address;

    if (!load->initrd || !*load->initrd)
        return true;
    if (!kernel_read_file(load, load->initrd, &initrd))
        return false;
    top = top < limit ? top : limit;
    address = (top - initrd.length) & ~(u64)(KERNEL_PAGE - 1);
    if (initrd.length > top || address < end)
        return kernel_fail(load,
                           "%s: does not fit into memory behind the kernel: use -m %lluM or more",
                           initrd.path,
                           (unsigned long long)((end + initrd.length + KERNEL_FIRMWARE_SPACE +
                                                 KERNEL_PAGE + KERNEL_1M - 1) >>
                                                20));
    kernel_put32(setup + RAMDISK_IMAGE, (u32)address);
    kernel_put32(setup + RAMDISK_SIZE, (u32)initrd.length);
    kernel_add_part(load, FW_CFG_INITRD_ADDR, FW_CFG_INITRD_DATA, (u32)address, initrd.bytes,
                    (u32)initrd.length);
    return true;
}

bool kernel_load_linux(KernelLoad *load)
{
    KernelFile *file = &load->file;
    u8 *setup = file->bytes;
    u32 version = kernel_get16(setup + PROTOCOL);
    bool high = setup[LOADFLAGS] & LOADED_HIGH;
    u32 setup_address = high ? SETUP_HIGH_LOAD : SETUP_LOW_LOAD;
    u32 cmdline = high ? CMDLINE_HIGH_LOAD : CMDLINE_LOW_LOAD;
    u32 kernel_address = high ? KERNEL_1M : KERNEL_LOW_LOAD;

    if (version < 0x200)
        return kernel_fail(load, "%s: its boot protocol %u.%02u is older than 2.00", file->path,
                           version >> 8, version & 0xFF);
    if (!check_size(load))
        return false;
    u64 size = file->length - setup_size(file);
    if (high && kernel_address + size > load->memory - KERNEL_FIRMWARE_SPACE)
        return kernel_fail(
            load, "%s: does not fit into memory: use -m %lluM or more", file->path,
            (unsigned long long)((kernel_address + size + KERNEL_FIRMWARE_SPACE + KERNEL_1M - 1) >>
                                 20));
    if (!high && kernel_address + size > SETUP_LOW_LOAD)
        return kernel_fail(load, "%s: is a zImage that does not fit below 640 KiB", file->path);
    setup[TYPE_OF_LOADER] = OTHER_LOADER;
    if (version >= 0x201) {
        setup[LOADFLAGS] |= CAN_USE_HEAP;
        kernel_put16(setup + HEAP_END_PTR, cmdline - setup_address - 0x200);
    }
    load->kernel->is_64_bit = version >= 0x20C && (setup[XLOADFLAGS] & KERNEL_64);
    set_video_mode(load, setup);
    if (!set_command_line(load, setup, setup_address, cmdline) || !place_initrd(load, setup))
        return false;
    kernel_add_part(load, FW_CFG_SETUP_ADDR, FW_CFG_SETUP_DATA, setup_address, setup,
                    setup_size(file));
    kernel_add_part(load, FW_CFG_KERNEL_ADDR, FW_CFG_KERNEL_DATA, kernel_address,
                    setup + setup_size(file), (u32)size);
    return true;
}
