/*
 * The CMOS memory as a set-up program leaves it. Layout: IBM PC AT Technical Reference, "CMOS RAM
 * Address Map", for 0Eh-33h; what SeaBIOS and other firmware for emulated PCs read besides: 34h-35h
 * memory above 16 MiB in 64 KiB, 38h/3Dh boot order, 39h disk translation, 5Bh-5Dh memory above
 * 4 GiB in 64 KiB, 5Fh further processors.
 */
#include "devices/mc146818.h"

enum { KIB = 1024, MIB = 1024 * 1024 };
enum { DISK_EXTENDED_TYPE = 0xF, DISK_TYPE_47 = 47 };
enum { EQUIPMENT_FLOPPY = 0x01, EQUIPMENT_FPU = 0x02, EQUIPMENT_MOUSE = 0x04 };

static void set_word(Mc146818 *rtc, u8 index, u64 value)
{
    mc146818_set(rtc, index, value & 0xFF);
    mc146818_set(rtc, index + 1, value >> 8 & 0xFF);
}

static u64 at_most(u64 value, u64 limit)
{
    return value < limit ? value : limit;
}

static void set_memory(Mc146818 *rtc, const CmosConfig *config)
{
    u64 low = config->memory_below_4g;
    u64 high = config->memory > low ? (config->memory - low) / (64 * KIB) : 0;
    u64 extended = low > MIB ? at_most(low / KIB - KIB, 0xFFFF) : 0;
    u64 above_16m = low > 16 * MIB ? at_most(low / (64 * KIB) - 256, 0xFFFF) : 0;

    set_word(rtc, 0x15, at_most(low / KIB, 640));
    set_word(rtc, 0x17, extended);
    set_word(rtc, 0x30, extended);
    set_word(rtc, 0x34, above_16m);
    set_word(rtc, 0x5B, high);
    mc146818_set(rtc, 0x5D, high >> 16 & 0xFF);
}

static void set_floppies(Mc146818 *rtc, const CmosConfig *config)
{
    unsigned count = !!config->floppies[0] + !!config->floppies[1];
    u8 equipment = EQUIPMENT_FPU | (config->mouse ? EQUIPMENT_MOUSE : 0);

    if (count)
        equipment |= EQUIPMENT_FLOPPY | (count - 1) << 6;
    mc146818_set(rtc, 0x10, (u8)(config->floppies[0] << 4 | config->floppies[1]));
    mc146818_set(rtc, 0x14, equipment);
}

/* Disks are of "type 47": geometry in nine bytes of their own. */
static void set_disks(Mc146818 *rtc, const CmosConfig *config)
{
    u8 types = 0, translation = 0;

    for (unsigned n = 0; n < COUNT_OF(config->disks); n++) {
        u32 cylinders = at_most(config->disks[n].cylinders, 0xFFFF);
        u8 geometry = 0x1B + 9 * n;

        if (!config->disks[n].present)
            continue;
        translation |= (cylinders > KIB) << (2 * n); /* 0: none, 1: by LBA */
        if (n >= 2)
            continue;
        types |= DISK_EXTENDED_TYPE << (n ? 0 : 4);
        mc146818_set(rtc, 0x19 + n, DISK_TYPE_47);
        set_word(rtc, geometry, cylinders);
        mc146818_set(rtc, geometry + 2, config->disks[n].heads);
        set_word(rtc, geometry + 3, 0xFFFF); /* no write precompensation */
        mc146818_set(rtc, geometry + 5, 0xC0 | (config->disks[n].heads > 8) << 3);
        set_word(rtc, geometry + 6, cylinders); /* landing zone */
        mc146818_set(rtc, geometry + 8, config->disks[n].sectors);
    }
    mc146818_set(rtc, 0x12, types);
    mc146818_set(rtc, 0x39, translation);
}

static u8 boot_device(char letter)
{
    switch (letter) {
    case 'a':
    case 'b':
        return 1;
    case 'c':
        return 2;
    case 'd':
        return 3;
    case 'n':
    case 'o':
    case 'p':
        return 4;
    default:
        return 0;
    }
}

static void set_boot_order(Mc146818 *rtc, const CmosConfig *config)
{
    u8 devices[3] = {0};

    for (unsigned n = 0; n < 3 && config->boot_order && config->boot_order[n]; n++)
        devices[n] = boot_device(config->boot_order[n]);
    mc146818_set(rtc, 0x3D, devices[1] << 4 | devices[0]);
    mc146818_set(rtc, 0x38, devices[2] << 4);
}

/* The sum of 10h-2Dh, high byte first. */
static void set_checksum(Mc146818 *rtc)
{
    u16 sum = 0;

    for (u8 index = 0x10; index <= 0x2D; index++)
        sum += mc146818_get(rtc, index);
    mc146818_set(rtc, 0x2E, sum >> 8);
    mc146818_set(rtc, 0x2F, sum & 0xFF);
}

void mc146818_configure(Mc146818 *rtc, const CmosConfig *config)
{
    set_memory(rtc, config);
    set_floppies(rtc, config);
    set_disks(rtc, config);
    set_boot_order(rtc, config);
    mc146818_set(rtc, 0x5F, config->processors ? config->processors - 1 : 0);
    set_checksum(rtc);
}
