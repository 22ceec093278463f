/*
 * The heartbeat. The 8254 counts a crystal's 1193182 Hz down from a divisor of our choice and
 * raises interrupt line 0 at each end. From this one interrupt come the time of day that
 * the kernel keeps, the end of every sleep, and the pre-emption of tasks.
 * Source: Intel 8254 data sheet, "Mode 2: Rate Generator", "Counter Latch Command".
 */
#include "timer.h"
#include "interrupts.h"
#include "processor.h"
#include "status.h"
#include "tasks.h"

enum {
    CHANNEL_0 = 0x40,
    CONTROL = 0x43,
    CRYSTAL_HZ = 1193182,
    DIVISOR = CRYSTAL_HZ / TICKS_PER_SECOND,
    RATE_GENERATOR = 0x34, /* channel 0, low byte then high byte, mode 2 */
    LATCH = 0x00,
    STATUS_PERIOD = 10, /* ticks */
};

static volatile u32 ticks;
static u32 busy_ticks, load_percent;

void timer_init(void)
{
    out8(CONTROL, RATE_GENERATOR);
    out8(CHANNEL_0, DIVISOR & 0xff);
    out8(CHANNEL_0, DIVISOR >> 8);
    interrupts_open_line(LINE_TIMER);
}

void timer_interrupt(void)
{
    ticks++;
    busy_ticks += !task_is_idle(task_current());
    if (ticks % TICKS_PER_SECOND == 0) {
        load_percent = busy_ticks * 100 / TICKS_PER_SECOND;
        busy_ticks = 0;
    }
    task_tick();
    if (ticks % STATUS_PERIOD == 0)
        status_draw();
}

u32 timer_ticks(void)
{
    return ticks;
}

u32 timer_load_percent(void)
{
    return load_percent;
}

u16 timer_divisor(void)
{
    return DIVISOR;
}

/* The latch holds both bytes still while they are read one after the other. */
u16 timer_counter(void)
{
    u32 flags = interrupts_disable();
    out8(CONTROL, LATCH);
    u16 low = in8(CHANNEL_0);
    u16 high = in8(CHANNEL_0);
    interrupts_restore(flags);
    return (u16)(high << 8 | low);
}
