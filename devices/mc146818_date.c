#include "devices/mc146818_date.h"

enum { MINUTE = 60, HOUR = 3600, DAY = 86400, NOON = 12, PM = 0x80 };
enum { ALARM_ANY = 0xC0 }; /* an alarm byte with both bits set matches everything */

#define FIRST_SECOND (-62135596800) /* 1 January of the year 1 */
#define LAST_SECOND  253402300799   /* 31 December 9999 */

static u8 encode(const u8 *cmos, unsigned value)
{
    return cmos[RTC_B] & RTC_B_BINARY ? value : (value / 10 % 10) << 4 | value % 10;
}

static unsigned decode(const u8 *cmos, u8 value)
{
    return cmos[RTC_B] & RTC_B_BINARY ? value : (value >> 4) * 10 + (value & 15);
}

/* 12-hour format: 12, 1 .. 11, and bit 7 in the afternoon. */
static u8 encode_hour(const u8 *cmos, unsigned hour)
{
    unsigned twelve = hour % NOON;

    if (cmos[RTC_B] & RTC_B_24H)
        return encode(cmos, hour);
    return encode(cmos, twelve ? twelve : NOON) | (hour >= NOON ? PM : 0);
}

static unsigned decode_hour(const u8 *cmos, u8 value)
{
    if (cmos[RTC_B] & RTC_B_24H)
        return decode(cmos, value);
    return decode(cmos, value & ~PM) % NOON + (value & PM ? NOON : 0);
}

/* Days since 1 January 1970 of a day of the Gregorian calendar, and back; years begin in March so
 * that the leap day is their last. `month` counts from 1, but may be anything. */
static i64 days_from_date(i64 year, i64 month, i64 day)
{
    i64 months = year * 12 + month - 3, era;

    year = months / 12;
    month = months % 12;
    era = year / 400;
    year %= 400;
    return era * 146097 + year * 365 + year / 4 - year / 100 + (153 * month + 2) / 5 + day - 1 -
           719468;
}

static void date_from_days(i64 days, i64 *year, unsigned *month, unsigned *day)
{
    i64 since = days + 719468, era = since / 146097, of_era = since % 146097;
    i64 of_year, from_march;

    *year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    of_year = of_era - (*year * 365 + *year / 4 - *year / 100);
    from_march = (5 * of_year + 2) / 153;
    *day = of_year - (153 * from_march + 2) / 5 + 1;
    *month = from_march < 10 ? from_march + 3 : from_march - 9;
    *year += era * 400 + (*month <= 2);
}

static u32 second_of_day(const u8 *cmos)
{
    return decode_hour(cmos, cmos[RTC_HOURS]) * HOUR + decode(cmos, cmos[RTC_MINUTES]) * MINUTE +
           decode(cmos, cmos[RTC_SECONDS]);
}

static i64 load_date(const u8 *cmos)
{
    i64 year = decode(cmos, cmos[RTC_CENTURY]) * 100 + decode(cmos, cmos[RTC_YEAR]);

    return days_from_date(year, decode(cmos, cmos[RTC_MONTH]), decode(cmos, cmos[RTC_DAY])) * DAY +
           second_of_day(cmos);
}

/* Anything may come from the guest and from the host: dates are kept in the years 1 to 9999. */
static i64 sensible(i64 seconds)
{
    return seconds < FIRST_SECOND ? FIRST_SECOND : seconds > LAST_SECOND ? LAST_SECOND : seconds;
}

static void store_all_but_weekday(u8 *cmos, i64 seconds)
{
    i64 since = seconds - FIRST_SECOND, days = since / DAY + FIRST_SECOND / DAY, year;
    u32 second = since % DAY;
    unsigned month, day;

    date_from_days(days, &year, &month, &day);
    cmos[RTC_SECONDS] = encode(cmos, second % MINUTE);
    cmos[RTC_MINUTES] = encode(cmos, second / MINUTE % MINUTE);
    cmos[RTC_HOURS] = encode_hour(cmos, second / HOUR);
    cmos[RTC_DAY] = encode(cmos, day);
    cmos[RTC_MONTH] = encode(cmos, month);
    cmos[RTC_YEAR] = encode(cmos, year % 100);
    cmos[RTC_CENTURY] = encode(cmos, year / 100 % 100);
}

void date_store(u8 *cmos, i64 seconds)
{
    i64 days = (sensible(seconds) - FIRST_SECOND) / DAY; /* 1 January of the year 1: a Monday */

    store_all_but_weekday(cmos, sensible(seconds));
    cmos[RTC_WEEKDAY] = encode(cmos, (days + 1) % 7 + 1); /* 1: Sunday */
}

void date_advance(u8 *cmos, u64 seconds)
{
    i64 before = sensible(load_date(cmos)), after = sensible(before + (i64)seconds);
    i64 days = (after - FIRST_SECOND) / DAY - (before - FIRST_SECOND) / DAY;
    unsigned weekday = decode(cmos, cmos[RTC_WEEKDAY]) + 6; /* 0: Sunday, and never negative */

    store_all_but_weekday(cmos, after);
    if (days > 0)
        cmos[RTC_WEEKDAY] = encode(cmos, (weekday + days) % 7 + 1);
}

static bool matches(u8 alarm, u8 value)
{
    return (alarm & ALARM_ANY) == ALARM_ANY || alarm == value;
}

u32 date_seconds_to_alarm(const u8 *cmos)
{
    u32 start = (second_of_day(cmos) + 1) % DAY, skip;

    /* At most a day: whole hours and minutes that do not match are skipped. */
    for (u32 wait = 1; wait <= DAY; wait += skip) {
        u32 now = (start + wait - 1) % DAY;

        if (!matches(cmos[RTC_HOURS_ALARM], encode_hour(cmos, now / HOUR)))
            skip = HOUR - now % HOUR;
        else if (!matches(cmos[RTC_MINUTES_ALARM], encode(cmos, now / MINUTE % MINUTE)))
            skip = MINUTE - now % MINUTE;
        else if (!matches(cmos[RTC_SECONDS_ALARM], encode(cmos, now % MINUTE)))
            skip = 1;
        else
            return wait;
    }
    return 0;
}
