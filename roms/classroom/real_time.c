/*
 * The real-time clock, an MC146818 with a battery, read through an index and a data port.
 * Source: Motorola MC146818A data sheet, "Time, Calendar, and Alarm Locations".
 */
#include "real_time.h"
#include "processor.h"
#include "text.h"

enum {
    INDEX = 0x70,
    DATA = 0x71,
    SECONDS = 0,
    MINUTES = 2,
    HOURS = 4,
    DAY = 7,
    MONTH = 8,
    YEAR = 9,
    STATUS_A = 0x0a,
    UPDATE_IN_PROGRESS = 1 << 7,
    STATUS_B = 0x0b,
    HOURS_TO_24 = 1 << 1,
    BINARY = 1 << 2,
    CENTURY = 0x32, /* where IBM's and most other machines keep it */
    AFTERNOON = 1 << 7,
};

u8 cmos_read(u8 index)
{
    u32 flags = interrupts_disable();
    out8(INDEX, index);
    u8 value = in8(DATA);
    interrupts_restore(flags);
    return value;
}

static u32 number(u8 value)
{
    return cmos_read(STATUS_B) & BINARY ? value : (value >> 4) * 10u + (value & 15u);
}

static DateTime read_once(void)
{
    for (u32 i = 0; i < 1000000 && cmos_read(STATUS_A) & UPDATE_IN_PROGRESS; i++)
        ;
    u8 hours = cmos_read(HOURS);
    DateTime now = {
        .year = number(cmos_read(CENTURY)) * 100 + number(cmos_read(YEAR)),
        .month = number(cmos_read(MONTH)),
        .day = number(cmos_read(DAY)),
        .hour = number(hours & ~AFTERNOON),
        .minute = number(cmos_read(MINUTES)),
        .second = number(cmos_read(SECONDS)),
    };
    if (!(cmos_read(STATUS_B) & HOURS_TO_24))
        now.hour = now.hour % 12 + (hours & AFTERNOON ? 12 : 0);
    return now;
}

/* An update between two of the reads would mix old and new: believe it when it is read twice. */
DateTime real_time_read(void)
{
    DateTime first, second = read_once();
    do {
        first = second;
        second = read_once();
    } while (memcmp(&first, &second, sizeof first));
    return first;
}
