/*
 * How guest time keeps up with the host's clock. Idle guest time follows real time; a busy guest
 * runs as fast as it can. What it gains or loses that way is made up for in its idle time, within
 * limits, so that a clock shown by a guest that is now busy and now idle stays right.
 */
#ifndef FRONTEND_PACING_H
#define FRONTEND_PACING_H

#include "mmu/base.h"

typedef struct Pacing {
    u64 hz;             /* guest cycles per second */
    u64 host_ns;        /* at this host time ... */
    u64 cycles;         /* ... the guest's clock should have shown this */
} Pacing;

/* Host time in nanoseconds, from any beginning. */
u64 host_now_ns(void);

/* From here on: `cycles` is right at `host_ns`. */
void pacing_start(Pacing *pacing, u64 hz, u64 host_ns, u64 cycles);

/* Forgets all but 20 ms of a lead and all but half a second of a lag. */
void pacing_limit(Pacing *pacing, u64 host_ns, u64 cycles);

/* What the guest's clock should show at a host time; when it should show `cycles`. */
u64 pacing_cycles(const Pacing *pacing, u64 host_ns);
u64 pacing_host_ns(const Pacing *pacing, u64 cycles);

#endif
