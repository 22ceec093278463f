/*
 * The date registers of the MC146818: seconds to years in BCD or binary, 12 or 24 hours, as
 * register B says; the century in CMOS byte 32h (BCD or binary likewise), where PCs keep it; the
 * alarm. Motorola MC146818A data sheet, "Time, Calendar, and Alarm Locations".
 */
#ifndef DEVICES_MC146818_DATE_H
#define DEVICES_MC146818_DATE_H

#include "mmu/base.h"

/* Registers, by index. */
enum {
    RTC_SECONDS,
    RTC_SECONDS_ALARM,
    RTC_MINUTES,
    RTC_MINUTES_ALARM,
    RTC_HOURS,
    RTC_HOURS_ALARM,
    RTC_WEEKDAY,
    RTC_DAY,
    RTC_MONTH,
    RTC_YEAR,
    RTC_A,
    RTC_B,
    RTC_C,
    RTC_D,
    RTC_CENTURY = 0x32,
};

enum { RTC_B_BINARY = 0x04, RTC_B_24H = 0x02 };

/* Stores a date, in seconds since 1970, into the registers. */
void date_store(u8 *cmos, i64 seconds);

/* Lets `seconds` updates pass. A date that makes no sense (30 February) becomes one that does. The
 * weekday counts on from what it was, right or wrong. */
void date_advance(u8 *cmos, u64 seconds);

/* Updates until the date matches the alarm: 1 .. 86,400; 0: it never does. */
u32 date_seconds_to_alarm(const u8 *cmos);

#endif
