/*
 * The queue between the interrupt handlers, which must not wait, and the shell, which does.
 * When it is full, further keys are lost: nothing better can be done in an interrupt.
 */
#include "input.h"
#include "processor.h"
#include "tasks.h"
#include "timer.h"

enum { PLACES = 256 }; /* a power of two: the two counters simply run on */

static Key queue[PLACES];
static volatile u32 written, taken;
static Task *sleeper;

void input_put(Key key)
{
    if (key == KEY_NONE || written - taken == PLACES)
        return;
    queue[written++ % PLACES] = key;
    if (sleeper)
        task_wake(sleeper);
}

bool input_pending(void)
{
    return written != taken;
}

Key input_wait_until(u32 tick)
{
    Key key = KEY_NONE;
    u32 flags = interrupts_disable(); /* or a key could arrive between looking and sleeping */
    while (!input_pending() && (i32)(tick - timer_ticks()) > 0) {
        sleeper = task_current();
        task_sleep_until(tick);
    }
    sleeper = NULL;
    if (input_pending())
        key = queue[taken++ % PLACES];
    interrupts_restore(flags);
    return key;
}

Key input_wait(void)
{
    Key key;
    do
        key = input_wait_until(timer_ticks() + 3600 * TICKS_PER_SECOND);
    while (key == KEY_NONE);
    return key;
}
