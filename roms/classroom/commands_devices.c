/* `disk`, `time`, `draw`: lessons about devices. */
#include "commands.h"
#include "console.h"
#include "disk.h"
#include "frames.h"
#include "identity.h"
#include "input.h"
#include "paging.h"
#include "picture.h"
#include "processor.h"
#include "real_time.h"
#include "tasks.h"
#include "text.h"
#include "timer.h"

enum { PARTITION_TABLE = 0x1be, PARTITIONS = 4, ROW_BYTES = 16, BOOT_SECTOR = 0x7c00 };

/* ---- disk ---- */

static void print_row(const u8 *data, u32 offset)
{
    print("  " FAINT "%03x" PLAIN "  ", offset);
    for (unsigned i = 0; i < ROW_BYTES; i++)
        print("%s%02x " PLAIN "%s",
              offset + i >= 0x1fe             ? VALUE
              : offset + i >= PARTITION_TABLE ? TITLE
                                              : "",
              data[offset + i], i == 7 ? " " : "");
    print(" ");
    for (unsigned i = 0; i < ROW_BYTES; i++) {
        u8 byte = data[offset + i];
        print("%c", byte >= ' ' && byte < 0x7f ? byte : '.');
    }
    print("\n");
}

static void print_boot_sector(const u8 *data)
{
    static const u16 rows[] = {0x000, 0x010, 0x020, 0,     0x0f0, 0x100, 0x110,
                               0,     0x1b0, 0x1c0, 0x1d0, 0x1e0, 0x1f0};
    for (unsigned i = 0; i < LENGTH(rows); i++)
        if (i && !rows[i])
            print(FAINT "  ...\n" PLAIN);
        else
            print_row(data, rows[i]);
}

static u32 little_endian(const u8 *bytes)
{
    return bytes[0] | (u32)bytes[1] << 8 | (u32)bytes[2] << 16 | (u32)bytes[3] << 24;
}

static void explain_boot_sector(const u8 *data)
{
    for (unsigned i = 0; i < PARTITIONS; i++) {
        const u8 *entry = data + PARTITION_TABLE + i * 16;
        if (entry[4])
            print("  " TITLE "Partition %u" PLAIN
                  " (the 16 bytes at %03x): %s, type %02x, %u sectors from %u on\n",
                  i + 1, PARTITION_TABLE + i * 16, entry[0] & 0x80 ? "active" : "not active",
                  entry[4], little_endian(entry + 12), little_endian(entry + 8));
    }
    if (data[510] == 0x55 && data[511] == 0xaa)
        print("  " VALUE "55 AA" PLAIN
              " at the end: the BIOS takes this for a boot sector, loads it to 7C00\n"
              "  and jumps to its first byte. The code is boot.asm's, byte for byte.\n");
}

static void print_sector(u32 sector, const u8 *data)
{
    if (sector == 0) {
        print_boot_sector(data);
        explain_boot_sector(data);
        return;
    }
    for (u32 offset = 0; offset < SECTOR_BYTES / 2; offset += ROW_BYTES)
        print_row(data, offset);
    print("  This is the first half of it. " VALUE "disk 0" PLAIN " has the boot sector.\n");
}

void command_disk(const char *arguments)
{
    u8 data[SECTOR_BYTES];
    char model[MODEL_BYTES];
    u32 sectors, sector = 0;
    if (*arguments && !text_number(arguments, 10, &sector)) {
        print("'%s' is no sector number. Say: disk 0\n", arguments);
        return;
    }
    print_heading("disk: one sector by programmed I/O");
    if (!disk_identify(model, &sectors)) {
        print("  No hard disk answers at ports 1F0h to 1F7h (status %02x). We came from drive\n"
              "  %02x; here is its boot sector, as the BIOS left it at 7C00:\n",
              disk_status(), boot_facts()->drive);
        print_boot_sector(physical_pointer(BOOT_SECTOR));
        explain_boot_sector(physical_pointer(BOOT_SECTOR));
        return;
    }
    print("  " VALUE "%s" PLAIN ", %u sectors = %u KB. To read number %u: out 1F2h,1;\n"
          "  out 1F3h-1F6h,%u; out 1F7h,20h; wait for status bit 3; 256 x in AX,1F0h:\n",
          model, sectors, sectors / 2, sector, sector);
    if (sector >= sectors || !disk_read(sector, data)) {
        print(BAD "  The disk refuses (status %02x): it has no such sector.\n" PLAIN,
              disk_status());
        return;
    }
    print_sector(sector, data);
}

/* ---- time ---- */

static u32 divide(u64 dividend,
                  u32 divisor) /* the quotient must fit: there is no 64-bit division */
{
    u32 quotient, remainder;
    asm("divl %4"
        : "=a"(quotient), "=d"(remainder)
        : "a"((u32)dividend), "d"((u32)(dividend >> 32)), "r"(divisor));
    return quotient;
}

static void print_time_stamps(void)
{
    if (!processor_has_time_stamp()) {
        print("  " VALUE "TSC" PLAIN "   this processor has no time stamp counter\n");
        return;
    }
    task_sleep(1); /* to the start of a tick */
    u64 before = time_stamp();
    task_sleep(TICKS_PER_SECOND / 2);
    u64 cycles = time_stamp() - before;
    print("  " VALUE "TSC" PLAIN "   counts the processor's cycles: %u million in half a second,\n"
          "        so it runs at " VALUE "%u MHz" PLAIN ".\n",
          divide(cycles, 1000000), divide(cycles, 1000000) * 2);
}

void command_time(const char *arguments)
{
    (void)arguments;
    DateTime now = real_time_read();
    u32 ticks = timer_ticks();
    u16 looks[3];
    for (unsigned i = 0; i < LENGTH(looks); i++)
        looks[i] = timer_counter();
    print_heading("time: the clocks of a PC");
    print("  " VALUE "RTC" PLAIN "   runs on a battery, in CMOS memory behind ports 70h and 71h:\n"
          "        seconds " VALUE "%02x" PLAIN ", minutes " VALUE "%02x" PLAIN ", hours " VALUE
          "%02x" PLAIN "\n        day " VALUE "%02x" PLAIN
          ", month %02x, year %02x, century %02x %s\n"
          "        Together: " GOOD "%04u-%02u-%02u %02u:%02u:%02u\n\n" PLAIN,
          cmos_read(0), cmos_read(2), cmos_read(4), cmos_read(7), cmos_read(8), cmos_read(9),
          cmos_read(0x32), cmos_read(0x0b) & 4 ? "(binary)" : "(BCD)", now.year, now.month, now.day,
          now.hour, now.minute, now.second);
    print("  " VALUE "PIT" PLAIN
          "   the 8254 counts 1193182 times a second, from %u down to 0, and then\n"
          "        raises interrupt line 0. Three looks at its counter:\n"
          "        " GOOD "%5u %5u %5u\n" PLAIN,
          timer_divisor(), looks[0], looks[1], looks[2]);
    print("        The kernel counts the interrupts: " VALUE "%u ticks" PLAIN
          " of 10 ms = %u.%02u s.\n\n",
          ticks, ticks / TICKS_PER_SECOND, ticks % TICKS_PER_SECOND);
    print_time_stamps();
    print("\n  The first knows the date, the second keeps the rhythm, the third measures.\n");
}

/* ---- draw ---- */

void command_draw(const char *arguments)
{
    (void)arguments;
    print_heading("draw: 320 x 200 pixels of 256 colours");
    print("  The text goes: some 60 registers of the VGA change to mode 13h, in which each\n"
          "  byte from A0000h on is a pixel. Land and sky are 38400 bytes written once. The\n"
          "  evening comes by changing the palette; only the water is drawn over and over.\n"
          "  Any key ends it, or %u seconds do.\n",
          PICTURE_SECONDS);
    input_watch_until(timer_ticks() + TICKS_PER_SECOND * 2);
    picture_show();
    print("\n  Back in text: mode 3 is set, the font is in plane 2 again (the pixels lay over\n"
          "  it), and the 4000 bytes of text are back at B8000h.\n");
}
