/* The MC146818A against its data sheet, and the CMOS memory of a PC. */
#include "devices/mc146818.h"
#include "devices/mc146818_date.h"
#include "tests/chip_rig.h"

#include <criterion/criterion.h>

#define START     951782399 /* Monday, 28 February 2000, 23:59:59 */
#define SECOND_NS 1000000000ull

static ChipRig rig;
static Mc146818 rtc;
static RigWire irq8, nmi_mask;

static void open_rtc(void)
{
    rig_open(&rig);
    mc146818_init(&rtc, &rig.ports, &rig.clock, NULL, rig_wire(&irq8), rig_wire(&nmi_mask), START);
}

static void close_rtc(void)
{
    rig_close(&rig);
}

static u8 get(u8 index)
{
    rig_out8(&rig, 0x70, index);
    return rig_in8(&rig, 0x71);
}

static void set(u8 index, u8 value)
{
    rig_out8(&rig, 0x70, index);
    rig_out8(&rig, 0x71, value);
}

static void expect_date(u8 century, u8 year, u8 month, u8 day, u8 hour, u8 minute, u8 second)
{
    cr_expect_eq(get(RTC_CENTURY), century);
    cr_expect_eq(get(RTC_YEAR), year);
    cr_expect_eq(get(RTC_MONTH), month);
    cr_expect_eq(get(RTC_DAY), day);
    cr_expect_eq(get(RTC_HOURS), hour);
    cr_expect_eq(get(RTC_MINUTES), minute);
    cr_expect_eq(get(RTC_SECONDS), second);
}

TestSuite(mc146818, .init = open_rtc, .fini = close_rtc);

Test(mc146818, calendar)
{
    expect_date(0x20, 0x00, 0x02, 0x28, 0x23, 0x59, 0x59);
    cr_assert_eq(get(RTC_WEEKDAY), 2);
    rig_wait(&rig, SECOND_NS);
    expect_date(0x20, 0x00, 0x02, 0x29, 0x00, 0x00, 0x00);
    cr_assert_eq(get(RTC_WEEKDAY), 3);
    rig_wait(&rig, 86400 * SECOND_NS);
    expect_date(0x20, 0x00, 0x03, 0x01, 0x00, 0x00, 0x00);
    rig_wait(&rig, 306 * 86400 * SECOND_NS);
    expect_date(0x20, 0x01, 0x01, 0x01, 0x00, 0x00, 0x00);
    cr_assert_eq(get(RTC_WEEKDAY), 2);
}

Test(mc146818, century_turns)
{
    set(RTC_B, 0x86);
    set(RTC_CENTURY, 19);
    set(RTC_YEAR, 99);
    set(RTC_MONTH, 12);
    set(RTC_DAY, 31);
    set(RTC_HOURS, 23);
    set(RTC_MINUTES, 59);
    set(RTC_SECONDS, 58);
    set(RTC_B, 0x06);
    rig_wait(&rig, 3 * SECOND_NS);
    expect_date(20, 0, 1, 1, 0, 0, 1);
}

Test(mc146818, twelve_hours)
{
    set(RTC_B, 0x80);
    set(RTC_HOURS, 0x12);
    set(RTC_MINUTES, 0x59);
    set(RTC_SECONDS, 0x59);
    set(RTC_B, 0x00);
    rig_wait(&rig, SECOND_NS);
    cr_assert_eq(get(RTC_HOURS), 0x01, "one o'clock at night");
    rig_wait(&rig, 11 * 3600 * SECOND_NS);
    cr_assert_eq(get(RTC_HOURS), 0x92, "noon");
    rig_wait(&rig, 3600 * SECOND_NS);
    cr_assert_eq(get(RTC_HOURS), 0x81);
}

Test(mc146818, set_holds_the_date)
{
    set(RTC_B, 0x82);
    rig_wait(&rig, 10 * SECOND_NS);
    cr_assert_eq(get(RTC_SECONDS), 0x59);
    cr_assert_eq(get(RTC_C), 0x40, "no update, but the periodic flag");
    set(RTC_DAY, 0x30);
    cr_assert_eq(get(RTC_DAY), 0x30, "what was written stays, right or wrong");
    set(RTC_B, 0x02);
    rig_wait(&rig, SECOND_NS);
    expect_date(0x20, 0x00, 0x03, 0x02, 0x00, 0x00, 0x00);
}

Test(mc146818, update_in_progress)
{
    rig_wait(&rig, SECOND_NS - 2300000);
    cr_assert_eq(get(RTC_A), 0x26);
    rig_wait(&rig, 200000);
    cr_assert_eq(get(RTC_A), 0xA6);
    cr_assert_eq(get(RTC_SECONDS), 0x59);
    rig_wait(&rig, 2200000);
    cr_assert_eq(get(RTC_A), 0x26);
    cr_assert_eq(get(RTC_SECONDS), 0x00);
    cr_assert_eq(get(RTC_C) & 0x10, 0x10);
}

Test(mc146818, divider_reset)
{
    set(RTC_A, 0x76);
    rig_wait(&rig, 10 * SECOND_NS);
    cr_assert_eq(get(RTC_SECONDS), 0x59);
    set(RTC_A, 0x26);
    rig_wait(&rig, SECOND_NS / 2 - 1000000);
    cr_assert_eq(get(RTC_SECONDS), 0x59);
    rig_wait(&rig, 2000000);
    cr_assert_eq(get(RTC_SECONDS), 0x00, "the first update comes after half a second");
}

Test(mc146818, periodic_interrupt)
{
    get(RTC_C);
    set(RTC_B, 0x42);
    for (unsigned i = 0; i < 100; i++) {
        rig_wait(&rig, SECOND_NS / 1024 + 1000);
        cr_assert(irq8.level);
        cr_assert_eq(get(RTC_C) & 0xC0, 0xC0);
        cr_assert(!irq8.level);
    }
    set(RTC_A, 0x2F);
    irq8.edges = 0;
    for (unsigned i = 0; i < 100; i++) {
        rig_wait(&rig, SECOND_NS / 10);
        get(RTC_C);
    }
    cr_assert(irq8.edges >= 19 && irq8.edges <= 20);
    set(RTC_A, 0x20);
    get(RTC_C);
    rig_wait(&rig, 10 * SECOND_NS);
    cr_assert(!irq8.level);
}

Test(mc146818, update_interrupt)
{
    set(RTC_B, 0x12);
    rig_wait(&rig, SECOND_NS - 100000);
    cr_assert(!irq8.level);
    rig_wait(&rig, 200000);
    cr_assert(irq8.level);
    cr_assert_eq(get(RTC_C) & 0x90, 0x90);
    set(RTC_B, 0x92);
    cr_assert_eq(get(RTC_B), 0x82, "SET clears UIE");
}

Test(mc146818, alarm)
{
    set(RTC_HOURS_ALARM, 0x00);
    set(RTC_MINUTES_ALARM, 0x10);
    set(RTC_SECONDS_ALARM, 0x30);
    get(RTC_C);
    set(RTC_B, 0x22);
    rig_wait(&rig, 630 * SECOND_NS);
    cr_assert(!irq8.level);
    rig_wait(&rig, SECOND_NS);
    cr_assert(irq8.level);
    cr_assert_eq(get(RTC_C) & 0xA0, 0xA0);
    set(RTC_HOURS_ALARM, 0xFF);
    set(RTC_MINUTES_ALARM, 0xC0);
    irq8.edges = 0;
    for (unsigned i = 0; i < 600; i++) {
        rig_wait(&rig, SECOND_NS);
        get(RTC_C);
    }
    cr_assert_eq(irq8.edges, 10, "every minute");
}

Test(mc146818, alarm_that_never_comes)
{
    set(RTC_SECONDS_ALARM, 0x77);
    set(RTC_B, 0x22);
    cr_assert_eq(rig.deadline, EVENT_NEVER);
    rig_wait(&rig, 200000 * SECOND_NS);
    cr_assert(!irq8.level);
}

Test(mc146818, flag_before_its_enable)
{
    rig_wait(&rig, 2 * SECOND_NS);
    cr_assert(!irq8.level);
    set(RTC_B, 0x12);
    cr_assert(irq8.level, "the flag was up already");
}

Test(mc146818, reset_keeps_the_date)
{
    set(RTC_B, 0x72);
    set(0x40, 0x5A);
    mc146818_reset(&rtc);
    cr_assert_eq(get(RTC_B), 0x02);
    cr_assert_eq(get(RTC_C), 0x00);
    cr_assert_eq(get(RTC_D), 0x80);
    cr_assert_eq(get(0x40), 0x5A);
    cr_assert_eq(get(RTC_YEAR), 0x00);
    set(RTC_D, 0x00);
    cr_assert_eq(get(RTC_D), 0x80);
}

Test(mc146818, nmi_mask_and_second_bank)
{
    rig_out8(&rig, 0x70, 0xC0);
    cr_assert(nmi_mask.level);
    rig_out8(&rig, 0x71, 0x11);
    rig_out8(&rig, 0x72, 0x40);
    rig_out8(&rig, 0x73, 0x22);
    rig_out8(&rig, 0x70, 0x40);
    cr_assert(!nmi_mask.level);
    cr_assert_eq(rig_in8(&rig, 0x71), 0x11);
    cr_assert_eq(rig_in8(&rig, 0x73), 0x22);
    cr_assert_eq(rig_in8(&rig, 0x70), 0xFF);
}

Test(mc146818, cmos_of_a_pc)
{
    CmosConfig config = {
        .memory = (u64)5 << 30,
        .memory_below_4g = (u64)3 << 30,
        .floppies = {4, 0},
        .boot_order = "cda",
        .processors = 1,
        .disks = {{.present = true, .cylinders = 2080, .heads = 16, .sectors = 63}},
    };

    mc146818_configure(&rtc, &config);
    cr_expect_eq(get(0x10), 0x40);
    cr_expect_eq(get(0x12), 0xF0);
    cr_expect_eq(get(0x14), 0x03);
    cr_expect_eq(get(0x15) | get(0x16) << 8, 640);
    cr_expect_eq(get(0x17) | get(0x18) << 8, 0xFFFF);
    cr_expect_eq(get(0x34) | get(0x35) << 8, 49152 - 256);
    cr_expect_eq(get(0x5B) | get(0x5C) << 8 | get(0x5D) << 16, 32768);
    cr_expect_eq(get(0x1B) | get(0x1C) << 8, 2080);
    cr_expect_eq(get(0x39), 0x01);
    cr_expect_eq(get(0x3D), 0x32);
    cr_expect_eq(get(0x38), 0x10);
    cr_expect_eq(get(0x5F), 0);
    config.memory = config.memory_below_4g = 8 << 20;
    mc146818_configure(&rtc, &config);
    cr_expect_eq(get(0x30) | get(0x31) << 8, 7168);
    cr_expect_eq(get(0x34) | get(0x35) << 8, 0);
}

Test(mc146818, nonsense)
{
    u32 seed = 146818;

    for (unsigned i = 0; i < 100000; i++) {
        u32 value = rig_random(&seed);

        if (value & 0x100)
            rig_out8(&rig, 0x70 + (value & 3), value >> 16 & (value & 0x200 ? 0x0F : 0xFF));
        else
            rig_in8(&rig, 0x70 + (value & 3));
        if (!(value & 0xC00))
            rig_wait(&rig, (u64)(value >> 12) << (value >> 16 & 15));
    }
}
