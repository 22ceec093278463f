#include "devices/clock.h"

enum { NS_PER_SECOND = 1000000000 };

static void update_deadline(Clock *clock)
{
    *clock->deadline = clock->first ? clock->first->when : EVENT_NEVER;
}

void clock_init(Clock *clock, const u64 *cycles, u64 *deadline, u64 hz)
{
    *clock = (Clock){.cycles = cycles, .deadline = deadline, .hz = hz};
    update_deadline(clock);
}

void event_init(Clock *clock, Event *event, const char *name, void (*fire)(void *), void *owner)
{
    *event = (Event){
        .name = name, .fire = fire, .owner = owner, .when = EVENT_NEVER, .order = clock->events++};
}

static void unlink_event(Clock *clock, Event *event)
{
    for (Event **link = &clock->first; *link; link = &(*link)->next)
        if (*link == event) {
            *link = event->next;
            break;
        }
    event->next = NULL;
}

static bool due_before(const Event *a, const Event *b)
{
    return a->when < b->when || (a->when == b->when && a->order < b->order);
}

static void link_event(Clock *clock, Event *event)
{
    Event **link = &clock->first;

    while (*link && due_before(*link, event))
        link = &(*link)->next;
    event->next = *link;
    *link = event;
}

void clock_schedule(Clock *clock, Event *event, u64 when)
{
    clock_cancel(clock, event);
    event->when = when;
    if (event_pending(event))
        link_event(clock, event);
    update_deadline(clock);
}

void clock_cancel(Clock *clock, Event *event)
{
    if (!event_pending(event))
        return;
    unlink_event(clock, event);
    event->when = EVENT_NEVER;
    update_deadline(clock);
}

void clock_forget_events(Clock *clock)
{
    while (clock->first) {
        Event *event = clock->first;

        clock->first = event->next;
        event->next = NULL;
    }
    update_deadline(clock);
}

void clock_restore_event(Clock *clock, Event *event)
{
    unlink_event(clock, event);
    if (event_pending(event))
        link_event(clock, event);
    update_deadline(clock);
}

void clock_fire_due(Clock *clock)
{
    while (clock->first && clock->first->when <= clock_now(clock)) {
        Event *event = clock->first;

        clock_cancel(clock, event);
        event->fire(event->owner);
    }
}

u64 clock_ticks(const Clock *clock, u64 hz)
{
    return (u64)((u128)clock_now(clock) * hz / clock->hz);
}

u64 clock_when(const Clock *clock, u64 ticks, u64 hz)
{
    return (u64)(((u128)ticks * clock->hz + hz - 1) / hz);
}

u64 clock_ns(const Clock *clock)
{
    return clock_ticks(clock, NS_PER_SECOND);
}

u64 clock_after_ns(const Clock *clock, u64 ns)
{
    u64 cycles = (u64)(((u128)ns * clock->hz + NS_PER_SECOND - 1) / NS_PER_SECOND);

    return clock_now(clock) + (cycles ? cycles : 1);
}
