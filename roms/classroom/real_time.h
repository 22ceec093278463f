/* The clock that runs on a battery. */
#pragma once
#include "types.h"

typedef struct DateTime {
    u32 year, month, day, hour, minute, second;
} DateTime;

DateTime real_time_read(void);
u8 cmos_read(u8 index);
