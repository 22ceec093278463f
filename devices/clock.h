/*
 * The machine's one clock: the number of retired guest instructions. Everything that takes time
 * is an Event on it. A chip derives its oscillators from clock_ticks(), never from host time.
 */
#ifndef DEVICES_CLOCK_H
#define DEVICES_CLOCK_H

#include "mmu/base.h"

/* Something due on the clock. Lives inside its chip; `when` is the part that is state. */
typedef struct Event {
    const char *name;
    void (*fire)(void *owner);
    void *owner;
    u64 when;               /* in cycles; EVENT_NEVER while not scheduled */
    unsigned order;         /* decides between events that are due together */
    struct Event *next;
} Event;

#define EVENT_NEVER UINT64_MAX

typedef struct Clock {
    const u64 *cycles;      /* now: the processor's counter */
    u64 *deadline;          /* the processor stops here: the first event's `when` */
    u64 hz;                 /* cycles per guest second: the machine's nominal rate */
    Event *first;           /* sorted by `when`, then `order` */
    unsigned events;        /* initialized so far */
} Clock;

/* `cycles` is the counter to read, `deadline` the one to keep at the first event's time. */
void clock_init(Clock *clock, const u64 *cycles, u64 *deadline, u64 hz);

/* Call once per event, in a fixed order: it is also their order when due together. */
void event_init(Clock *clock, Event *event, const char *name, void (*fire)(void *), void *owner);

FORCE_INLINE bool event_pending(const Event *event)
{
    return event->when != EVENT_NEVER;
}

/* (Re)schedules at an absolute cycle; a time that has passed fires at the next opportunity. */
void clock_schedule(Clock *clock, Event *event, u64 when);
void clock_cancel(Clock *clock, Event *event);

/* Fires everything that is due. An event is no longer pending while it fires. */
void clock_fire_due(Clock *clock);

/* Empties the queue before `when`s are loaded from a snapshot, */
void clock_forget_events(Clock *clock);
/* and rebuilds it then: call once per event. */
void clock_restore_event(Clock *clock, Event *event);

/* Cycles since power-on. */
FORCE_INLINE u64 clock_now(const Clock *clock)
{
    return *clock->cycles;
}

/* Whole periods of an oscillator of `hz` since power-on, and the first cycle at which that count
 * reaches `ticks` (so that clock_ticks(at clock_when(n)) == n). */
u64 clock_ticks(const Clock *clock, u64 hz);
u64 clock_when(const Clock *clock, u64 ticks, u64 hz);

/* Nanoseconds of guest time since power-on; the cycle that lies `ns` in the future. */
u64 clock_ns(const Clock *clock);
u64 clock_after_ns(const Clock *clock, u64 ns);

#endif
