#include "devices/local_apic_timer.h"
#include "devices/local_apic_registers.h"

/* The divide configuration's bits 0, 1 and 3: 000 divides by 2, ... 110 by 128, 111 by 1. */
static unsigned divide_shift(const LocalApic *apic)
{
    return ((apic->divide & 3) + (apic->divide >> 1 & 4) + 1) & 7;
}

static bool periodic(const LocalApic *apic)
{
    return apic->lvt[APIC_LVT_TIMER] & LVT_PERIODIC;
}

/* In cycles. */
static u64 period(const LocalApic *apic)
{
    return (u64)apic->initial_count << divide_shift(apic);
}

static u64 past(const LocalApic *apic)
{
    return clock_now(apic->clock) - apic->timer_start;
}

u32 local_apic_timer_count(const LocalApic *apic)
{
    u64 cycles = past(apic);

    if (!apic->timer_running)
        return 0;
    if (cycles >= period(apic)) {
        if (!periodic(apic))
            return 0;
        cycles %= period(apic);
    }
    return apic->initial_count - (u32)(cycles >> divide_shift(apic));
}

void local_apic_timer_settle(LocalApic *apic)
{
    if (apic->timer_running && !periodic(apic) && past(apic) >= period(apic))
        apic->timer_running = false;
}

void local_apic_timer_schedule(LocalApic *apic)
{
    u64 each = period(apic);

    if (!apic->timer_running || (apic->lvt[APIC_LVT_TIMER] & LVT_MASKED))
        clock_cancel(apic->clock, &apic->timer);
    else
        clock_schedule(apic->clock, &apic->timer,
                       apic->timer_start + (past(apic) / each + 1) * each);
}

void local_apic_timer_start(LocalApic *apic, u32 count)
{
    apic->initial_count = count;
    apic->timer_start = clock_now(apic->clock);
    apic->timer_running = count != 0;
    local_apic_timer_schedule(apic);
}

/* The count goes on from where it is, at the new pace. */
void local_apic_timer_divide(LocalApic *apic, u8 divide)
{
    u32 count = local_apic_timer_count(apic);

    local_apic_timer_settle(apic);
    apic->divide = divide;
    apic->timer_start =
        clock_now(apic->clock) - ((u64)(apic->initial_count - count) << divide_shift(apic));
    local_apic_timer_schedule(apic);
}
