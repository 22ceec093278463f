/* The heartbeat: channel 0 of the 8254 timer, 100 times a second. */
#pragma once
#include "types.h"

enum { TICKS_PER_SECOND = 100 };

void timer_init(void);
void timer_interrupt(void);
u32 timer_ticks(void);
u16 timer_counter(void); /* counts down from timer_divisor() to 0 in each tick */
u16 timer_divisor(void);

/* How many of the last 100 ticks found a task at work, not the idle loop. */
u32 timer_load_percent(void);
