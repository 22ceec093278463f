/* The floppy controller against the 82077AA data sheet. */
#include "devices/fdc82077.h"
#include "tests/chip_rig.h"

#include <criterion/criterion.h>

enum { DOR = 0x3F2, MSR = 0x3F4, FIFO = 0x3F5, CCR = 0x3F7 };
enum { BUFFER = 0x8000, LONG_NS = 1000000000 };

static ChipRig rig;
static I8237 dma;
static Fdc82077 fdc;
static RigWire irq;
static RigDisk disk;

static void reset(void)
{
    rig_out8(&rig, DOR, 0);
    rig_out8(&rig, DOR, 0x1C); /* drive 0, its motor, DMA and interrupts */
    rig_wait(&rig, LONG_NS);
}

static void command(const u8 *bytes, unsigned length)
{
    for (unsigned i = 0; i < length; i++) {
        cr_assert_eq(rig_in8(&rig, MSR) & 0xC0, 0x80);
        rig_out8(&rig, FIFO, bytes[i]);
    }
}

#define COMMAND(...) command((const u8[]){__VA_ARGS__}, sizeof((const u8[]){__VA_ARGS__}))

static void result(u8 *bytes, unsigned length)
{
    for (unsigned i = 0; i < length; i++) {
        cr_assert_eq(rig_in8(&rig, MSR) & 0xD0, 0xD0, "result byte %u of %u", i, length);
        bytes[i] = rig_in8(&rig, FIFO);
    }
    cr_assert_eq(rig_in8(&rig, MSR) & 0xD0, 0x80, "no more than %u", length);
}

static void expect(const u8 *bytes, unsigned length)
{
    u8 got[16];

    result(got, length);
    for (unsigned i = 0; i < length; i++)
        cr_assert_eq(got[i], bytes[i], "result byte %u: %02X, not %02X", i, got[i], bytes[i]);
}

#define EXPECT(...) expect((const u8[]){__VA_ARGS__}, sizeof((const u8[]){__VA_ARGS__}))

/* Sends a data command, waits for its interrupt. */
#define RUN(...)                                                                                   \
    do {                                                                                           \
        COMMAND(__VA_ARGS__);                                                                      \
        rig_wait(&rig, LONG_NS);                                                                   \
        cr_assert(irq.level);                                                                      \
    } while (0)

static void seek(u8 unit, u8 cylinder)
{
    RUN(0x0F, unit, cylinder);
    COMMAND(0x08);
    EXPECT((u8)(0x20 | unit), cylinder);
    cr_assert_not(irq.level);
}

/* Channel 2, behind the cascade: `mode` 46h writes memory, 4Ah reads it. */
static void program_dma(u8 mode, u32 length)
{
    rig_out8(&rig, 0xD6, 0xC0);
    rig_out8(&rig, 0xD4, 0);
    rig_out8(&rig, 0x0A, 6);
    rig_out8(&rig, 0x0C, 0);
    rig_out8(&rig, 0x04, BUFFER & 0xFF);
    rig_out8(&rig, 0x04, BUFFER >> 8);
    rig_out8(&rig, 0x05, (u8)(length - 1));
    rig_out8(&rig, 0x05, (u8)((length - 1) >> 8));
    rig_out8(&rig, 0x81, 0);
    rig_out8(&rig, 0x0B, mode);
    rig_out8(&rig, 0x0A, 2);
}

static void open_fdc(void)
{
    rig_open(&rig);
    rig_disk_open(&disk, 2880);
    i8237_init(&dma, &rig.ports, &rig.memory, NULL);
    fdc82077_init(&fdc, &rig.ports, &rig.clock, NULL, rig_wire(&irq), &dma);
    fdc82077_attach(&fdc, 0, &disk.device);
    reset();
    for (unsigned i = 0; i < 4; i++) {
        COMMAND(0x08);
        EXPECT((u8)(0xC0 | i), 0);
    }
    rig_out8(&rig, CCR, 0);
    COMMAND(0x03, 0xDF, 0x02);
}

static void close_fdc(void)
{
    rig_close(&rig);
}

TestSuite(fdc82077, .init = open_fdc, .fini = close_fdc);

Test(fdc82077, geometries)
{
    cr_assert_str_eq(fdc82077_geometry(2880)->name, "1.44M");
    cr_assert_str_eq(fdc82077_geometry(320)->name, "160K");
    cr_assert_str_eq(fdc82077_geometry(5760)->name, "2.88M");
    cr_assert_str_eq(fdc82077_geometry(1)->name, "1.44M", "a boot sector alone");
    cr_assert_null(fdc82077_geometry(0));
    cr_assert_null(fdc82077_geometry(2881));
    cr_assert_null(fdc82077_geometry(100000));
    cr_assert_eq(fdc82077_drive_type(&fdc, 0), FLOPPY_1440K);
    cr_assert_eq(fdc82077_drive_type(&fdc, 1), FLOPPY_NONE);
}

Test(fdc82077, reset_interrupts_once_and_is_sensed_four_times)
{
    reset();
    cr_assert(irq.level);
    for (unsigned i = 0; i < 4; i++) {
        COMMAND(0x08);
        cr_assert_not(irq.level);
        EXPECT((u8)(0xC0 | i), 0);
    }
    COMMAND(0x08);
    EXPECT(0x80);
}

Test(fdc82077, no_reset_interrupt_without_polling)
{
    COMMAND(0x94); /* LOCK keeps CONFIGURE over a reset */
    EXPECT(0x10);
    COMMAND(0x13, 0, 0x57, 0);
    reset();
    cr_assert_not(irq.level);
    COMMAND(0x0E);
    EXPECT(0, 0, 0, 0, 0xDF, 0x02, 0, 0x80, 0x57, 0);
    COMMAND(0x14);
    EXPECT(0);
    rig_out8(&rig, MSR, 0x80); /* a software reset that ends by itself */
    cr_assert_eq(rig_in8(&rig, MSR), 0);
    rig_wait(&rig, LONG_NS);
    cr_assert(irq.level, "CONFIGURE is back to its defaults");
}

Test(fdc82077, identity_and_invalid_commands)
{
    COMMAND(0x10);
    EXPECT(0x90);
    COMMAND(0x1F);
    EXPECT(0x80);
    cr_assert_eq(rig_in8(&rig, 0x3F0), 0xFF);
}

Test(fdc82077, dor_gates_the_interrupt)
{
    rig_out8(&rig, DOR, 0x14);
    COMMAND(0x07, 0);
    rig_wait(&rig, LONG_NS);
    cr_assert_not(irq.level);
    rig_out8(&rig, DOR, 0x1C);
    cr_assert(irq.level);
}

Test(fdc82077, seeks_and_drive_status)
{
    COMMAND(0x04, 0);
    EXPECT(0x38);
    COMMAND(0x0F, 0x04, 40);
    cr_assert_eq(rig_in8(&rig, MSR), 0x81, "drive 0 is stepping");
    rig_wait(&rig, LONG_NS);
    cr_assert_eq(rig_in8(&rig, MSR), 0x80);
    COMMAND(0x08);
    EXPECT(0x24, 40);
    COMMAND(0x04, 4);
    EXPECT(0x2C);
    RUN(0x8F, 0, 50); /* outward, beyond track 0 */
    COMMAND(0x08);
    EXPECT(0x20, 0);
    RUN(0xCF, 0, 3);
    COMMAND(0x08);
    EXPECT(0x20, 3);
    RUN(0x07, 0);
    COMMAND(0x08);
    EXPECT(0x20, 0);
    disk.device.read_only = true;
    COMMAND(0x04, 0);
    EXPECT(0x78);
}

Test(fdc82077, a_missing_drive_never_finds_track_0)
{
    RUN(0x07, 1);
    COMMAND(0x08);
    EXPECT(0x71, 0);
}

Test(fdc82077, disk_change_line)
{
    cr_assert_eq(rig_in8(&rig, CCR), 0x80);
    seek(0, 1);
    cr_assert_eq(rig_in8(&rig, CCR), 0);
    disk.device.changes++;
    fdc82077_medium_changed(&fdc);
    cr_assert_eq(rig_in8(&rig, CCR), 0x80);
    disk.device.sectors = 0;
    seek(0, 2);
    cr_assert_eq(rig_in8(&rig, CCR), 0x80, "no disk, no change");
}

Test(fdc82077, read_by_dma_until_terminal_count)
{
    seek(0, 2);
    program_dma(0x46, 3 * 512);
    RUN(0xE6, 0x00, 2, 0, 17, 2, 18, 0x1B, 0xFF);
    EXPECT(0x04, 0, 0, 2, 1, 2, 2); /* two sectors of head 0, one of head 1 */
    cr_assert_not(irq.level);
    for (unsigned i = 0; i < 3 * 512; i++)
        cr_assert_eq(rig.ram.bytes[BUFFER + i], (u8)(2 * 36 + 16 + i / 512));
}

Test(fdc82077, reading_past_the_end_of_the_cylinder)
{
    program_dma(0x46, 3 * 512);
    RUN(0x46, 0x00, 0, 0, 17, 2, 18, 0x1B, 0xFF);
    EXPECT(0x40, 0x80, 0, 1, 0, 1, 2);
}

Test(fdc82077, terminal_count_on_the_last_sector_is_normal)
{
    program_dma(0x46, 512);
    RUN(0x46, 0x00, 0, 0, 18, 2, 18, 0x1B, 0xFF);
    EXPECT(0, 0, 0, 1, 0, 1, 2);
    program_dma(0x46, 512);
    RUN(0xC6, 0x04, 0, 1, 18, 2, 18, 0x1B, 0xFF);
    EXPECT(0x04, 0, 0, 1, 0, 1, 2);
}

Test(fdc82077, write_by_dma_pads_a_short_sector)
{
    memset(rig.ram.bytes + BUFFER, 0xAB, 1024);
    program_dma(0x4A, 600);
    RUN(0x45, 0x04, 0, 1, 3, 2, 18, 0x1B, 0xFF);
    EXPECT(0x04, 0, 0, 0, 1, 5, 2);
    cr_assert_eq(disk.bytes[20 * 512], 0xAB);
    cr_assert_eq(disk.bytes[21 * 512 + 87], 0xAB);
    cr_assert_eq(disk.bytes[21 * 512 + 88], 0);
    cr_assert_eq(disk.bytes[22 * 512], 22);
}

Test(fdc82077, write_protect_and_medium_errors)
{
    disk.device.read_only = true;
    program_dma(0x4A, 512);
    RUN(0x45, 0, 0, 0, 1, 2, 18, 0x1B, 0xFF);
    EXPECT(0x40, 0x02, 0, 0, 0, 1, 2);
    disk.device.read_only = false;
    disk.broken = true;
    RUN(0x45, 0, 0, 0, 1, 2, 18, 0x1B, 0xFF);
    EXPECT(0x40, 0x20, 0x20, 0, 0, 1, 2);
    program_dma(0x46, 512);
    RUN(0x46, 0, 0, 0, 1, 2, 18, 0x1B, 0xFF);
    EXPECT(0x40, 0x20, 0x20, 0, 0, 1, 2);
}

Test(fdc82077, ids_that_are_not_there)
{
    program_dma(0x46, 512);
    RUN(0x46, 0, 0, 0, 19, 2, 19, 0x1B, 0xFF);
    EXPECT(0x40, 0x04, 0, 0, 0, 19, 2);
    RUN(0x46, 0, 5, 0, 1, 2, 18, 0x1B, 0xFF);
    EXPECT(0x40, 0x04, 0x10, 5, 0, 1, 2);
    RUN(0x46, 0, 0, 0, 1, 3, 18, 0x1B, 0xFF);
    EXPECT(0x40, 0x04, 0, 0, 0, 1, 3);
    RUN(0x46, 0, 0, 1, 1, 2, 18, 0x1B, 0xFF);
    EXPECT(0x40, 0x04, 0, 0, 1, 1, 2);
}

Test(fdc82077, wrong_rate_or_no_disk)
{
    rig_out8(&rig, CCR, 2);
    RUN(0x4A, 0);
    EXPECT(0x40, 0x01, 0, 0, 0, 0, 0);
    rig_out8(&rig, CCR, 0);
    RUN(0x4A, 0);
    EXPECT(0, 0, 0, 0, 0, 1, 2);
    RUN(0x4A, 4);
    EXPECT(4, 0, 0, 0, 1, 2, 2);
    disk.device.sectors = 0;
    RUN(0x4A, 0);
    EXPECT(0x40, 0x01, 0, 0, 1, 2, 2);
}

Test(fdc82077, implied_seek)
{
    COMMAND(0x13, 0, 0x60, 0);
    program_dma(0x46, 512);
    RUN(0x46, 0, 7, 0, 1, 2, 18, 0x1B, 0xFF);
    EXPECT(0, 0, 0, 7, 0, 2, 2);
    cr_assert_eq(rig.ram.bytes[BUFFER], (u8)(7 * 36));
}

Test(fdc82077, format_track)
{
    for (unsigned i = 0; i < 18; i++)
        memcpy(rig.ram.bytes + BUFFER + 4 * i, (u8[]){0, 1, (u8)(i + 1), 2}, 4);
    program_dma(0x4A, 18 * 4);
    RUN(0x4D, 4, 2, 18, 0x54, 0xF6);
    EXPECT(4, 0, 0, 0, 1, 18, 2);
    for (unsigned i = 18 * 512; i < 36 * 512; i++)
        cr_assert_eq(disk.bytes[i], 0xF6);
    cr_assert_eq(disk.bytes[36 * 512], 36);
}

Test(fdc82077, read_track_starts_at_the_index_hole)
{
    program_dma(0x46, 1024);
    RUN(0x42, 0, 0, 0, 5, 2, 18, 0x1B, 0xFF);
    EXPECT(0, 0, 0, 0, 0, 3, 2);
    cr_assert_eq(rig.ram.bytes[BUFFER], 0);
    cr_assert_eq(rig.ram.bytes[BUFFER + 512], 1);
}

Test(fdc82077, verify)
{
    RUN(0x56, 0, 0, 0, 1, 2, 18, 0x1B, 0xFF);
    EXPECT(0, 0, 0, 1, 0, 1, 2);
    RUN(0xD6, 0x80, 0, 0, 1, 2, 18, 0x1B, 20);
    EXPECT(4, 0, 0, 0, 1, 3, 2);
}

Test(fdc82077, deleted_data)
{
    program_dma(0x46, 1024);
    RUN(0x4C, 0, 0, 0, 1, 2, 18, 0x1B, 0xFF);
    EXPECT(0, 0, 0x40, 0, 0, 2, 2); /* one sector with the other mark, then it stops */
    program_dma(0x4A, 512);
    RUN(0x49, 0, 0, 0, 4, 2, 18, 0x1B, 0xFF);
    EXPECT(0, 0, 0, 0, 0, 5, 2);
    cr_assert_eq(disk.bytes[3 * 512], 0);
}

Test(fdc82077, scan)
{
    memset(rig.ram.bytes + BUFFER, 3, 4 * 512);
    rig.ram.bytes[BUFFER + 3 * 512 + 9] = 0xFF; /* matches all */
    program_dma(0x4A, 4 * 512);
    RUN(0x51, 0, 0, 0, 1, 2, 18, 0x1B, 1);
    EXPECT(0, 0, 0x08, 0, 0, 4, 2); /* sector 4 holds 3s */
    program_dma(0x4A, 2 * 512);
    RUN(0x51, 0, 0, 0, 1, 2, 18, 0x1B, 1);
    EXPECT(0, 0, 0x04, 0, 0, 3, 2);
    program_dma(0x4A, 512);
    RUN(0x59, 0, 0, 0, 2, 2, 18, 0x1B, 1);
    EXPECT(0, 0, 0, 0, 0, 2, 2); /* 1 <= 3 */
    program_dma(0x4A, 512);
    RUN(0x5D, 0, 0, 0, 6, 2, 18, 0x1B, 1);
    EXPECT(0, 0, 0, 0, 0, 6, 2); /* 5 >= 3 */
}

Test(fdc82077, masked_dma_overruns_late)
{
    rig_out8(&rig, 0x0A, 6);
    COMMAND(0x46, 0, 0, 0, 1, 2, 18, 0x1B, 0xFF);
    rig_wait(&rig, 50000000);
    cr_assert_not(irq.level, "a driver may still program the DMA controller");
    rig_wait(&rig, LONG_NS);
    EXPECT(0x40, 0x10, 0, 0, 0, 1, 2);
}

Test(fdc82077, non_dma_read)
{
    COMMAND(0x03, 0xDF, 0x03);
    COMMAND(0x46, 0, 0, 0, 17, 2, 18, 0x1B, 0xFF);
    for (unsigned sector = 16; sector < 18; sector++) {
        rig_wait(&rig, LONG_NS);
        cr_assert(irq.level);
        for (unsigned i = 0; i < 512; i++) {
            cr_assert_eq(rig_in8(&rig, MSR), 0xF0);
            cr_assert_eq(rig_in8(&rig, FIFO), sector);
        }
    }
    cr_assert(irq.level, "the result phase follows");
    EXPECT(0x40, 0x80, 0, 1, 0, 1, 2);
}

Test(fdc82077, non_dma_write)
{
    COMMAND(0x03, 0xDF, 0x03);
    COMMAND(0x45, 0, 0, 0, 18, 2, 18, 0x1B, 0xFF);
    rig_wait(&rig, LONG_NS);
    for (unsigned i = 0; i < 512; i++) {
        cr_assert_eq(rig_in8(&rig, MSR), 0xB0);
        rig_out8(&rig, FIFO, 0x77);
    }
    EXPECT(0x40, 0x80, 0, 1, 0, 1, 2);
    cr_assert_eq(disk.bytes[17 * 512 + 511], 0x77);
}

Test(fdc82077, single_sided_and_double_density)
{
    disk.device.sectors = 720;
    fdc82077_attach(&fdc, 0, &disk.device);
    cr_assert_eq(fdc82077_drive_type(&fdc, 0), FLOPPY_360K);
    rig_out8(&rig, CCR, 1);
    program_dma(0x46, 512);
    RUN(0x46, 4, 0, 1, 9, 2, 9, 0x2A, 0xFF);
    EXPECT(4, 0, 0, 1, 1, 1, 2);
    cr_assert_eq(rig.ram.bytes[BUFFER], 17);
    disk.device.sectors = 320;
    RUN(0x4A, 4);
    EXPECT(0x44, 0x01, 0, 1, 1, 1, 2);
}

static void abuse(u32 *seed)
{
    static const u16 ports[] = {FIFO, FIFO, FIFO, FIFO, DOR, MSR, CCR, 0x3F3};
    static const u8 codes[] = {0x46, 0x45, 0xC6, 0x4D, 0x4A, 0x42, 0x56, 0x51,
                               0x59, 0x5D, 0x4C, 0x49, 0x07, 0x0F, 0x8F, 0x13};
    u32 value = rig_random(seed), data = rig_random(seed);
    u16 port = ports[value & 7];

    if (port == DOR && (value & 0x700))
        port = FIFO;
    if (port == FIFO && (value & 0x800))
        data = (value & 0x1000) ? codes[data & 15] : data & 3;
    if (value & 8)
        rig_out8(&rig, port, (u8)data);
    else
        rig_in8(&rig, port);
    if ((value & 0x30) == 0)
        rig_wait(&rig, data & 0xFFFFF);
    if ((value & 0xFFF000) == 0)
        program_dma(value & 1 ? 0x46 : 0x4A, 2000);
}

Test(fdc82077, nonsense)
{
    u32 seed = 6;

    for (unsigned round = 0; round < 40; round++) {
        reset();
        rig_out8(&rig, CCR, 0);
        program_dma(round & 1 ? 0x46 : 0x5A, 4000);
        for (unsigned i = 0; i < 10000; i++)
            abuse(&seed);
    }
}

Test(fdc82077, hostile_snapshot)
{
    u32 seed = 7;

    for (unsigned i = 0; i < 2000; i++) {
        for (u32 f = 0; f < fdc82077_state.count; f++) {
            const Field *field = &fdc82077_state.fields[f];
            bool flag = strstr("locked located terminal_count interrupt", field->name) ||
                        strstr(field->name, "disk_changed");

            if (field->width == 8) /* the events */
                continue;
            for (u32 b = 0; b < field->width * field->count; b++)
                ((u8 *)&fdc)[field->offset + b] =
                    (u8)(flag ? rig_random(&seed) & 1 : rig_random(&seed));
        }
        fdc82077_state.restored(&fdc);
        fdc.phase = (u8)(i % 6);
        clock_schedule(&rig.clock, &fdc.step, rig.cycles);
        for (unsigned n = 0; n < 100; n++)
            abuse(&seed);
    }
}
