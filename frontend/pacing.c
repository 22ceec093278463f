#include "frontend/pacing.h"

#include <time.h>

enum { NS_PER_SECOND = 1000000000, LARGEST_LEAD_NS = 20000000, LARGEST_LAG_NS = 500000000 };

u64 host_now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (u64)now.tv_sec * NS_PER_SECOND + (u64)now.tv_nsec;
}

void pacing_start(Pacing *pacing, u64 hz, u64 host_ns, u64 cycles)
{
    *pacing = (Pacing){hz, host_ns, cycles};
}

u64 pacing_cycles(const Pacing *pacing, u64 host_ns)
{
    i128 passed = (i128)host_ns - pacing->host_ns;
    i128 cycles = pacing->cycles + passed * pacing->hz / NS_PER_SECOND;

    return cycles > 0 ? (u64)cycles : 0;
}

u64 pacing_host_ns(const Pacing *pacing, u64 cycles)
{
    i128 passed = (i128)cycles - pacing->cycles;
    i128 ns = pacing->host_ns + passed * NS_PER_SECOND / pacing->hz;

    return ns < 0 ? 0 : ns > (i128)UINT64_MAX ? UINT64_MAX : (u64)ns;
}

void pacing_limit(Pacing *pacing, u64 host_ns, u64 cycles)
{
    u64 due = pacing_host_ns(pacing, cycles);

    if (due > host_ns + LARGEST_LEAD_NS)
        pacing_start(pacing, pacing->hz, host_ns + LARGEST_LEAD_NS, cycles);
    else if (host_ns > due + LARGEST_LAG_NS)
        pacing_start(pacing, pacing->hz, host_ns - LARGEST_LAG_NS, cycles);
}
