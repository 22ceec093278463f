/*
 * The queue between the interrupt handlers, which must not wait, and the shell, which does.
 * When it is full, further keys are lost: nothing better can be done in an interrupt.
 */
#include "input.h"
#include "processor.h"
#include "serial.h"
#include "tasks.h"
#include "timer.h"

enum { PLACES = 256 }; /* a power of two: the two counters simply run on */

typedef struct Place {
    Key key;
    KeySource source;
} Place;

static Place queue[PLACES];
static volatile u32 written, taken;
static Task *sleeper;

void input_put(Key key, KeySource source)
{
    if (key == KEY_NONE || written - taken == PLACES)
        return;
    queue[written++ % PLACES] = (Place){key, source};
    if (sleeper)
        task_wake(sleeper);
}

/* A key may be followed by the rest of its escape sequence. */
bool input_has_room(void)
{
    return written - taken < PLACES - 8;
}

static bool any_key(void)
{
    return written != taken;
}

static bool watched_key(void)
{
    Place next = queue[taken % PLACES];
    return any_key() && (next.source == FROM_KEYBOARD || next.key == '\n');
}

static Key wait_until(bool (*ready)(void), u32 tick)
{
    Key key = KEY_NONE;
    u32 flags = interrupts_disable(); /* or a key could arrive between looking and sleeping */
    while (!ready() && (i32)(tick - timer_ticks()) > 0) {
        sleeper = task_current();
        task_sleep_until(tick);
    }
    sleeper = NULL;
    if (ready()) {
        key = queue[taken++ % PLACES].key;
        serial_interrupt(); /* bytes may wait there because there was no room */
    }
    interrupts_restore(flags);
    return key;
}

Key input_watch_until(u32 tick)
{
    return wait_until(watched_key, tick);
}

Key input_wait(void)
{
    Key key;
    do
        key = wait_until(any_key, timer_ticks() + 3600 * TICKS_PER_SECOND);
    while (key == KEY_NONE);
    return key;
}
