/* `tasks`: counts prime numbers until it has used its share of the processor. It never offers to
 * let go of it. */
#include "program.h"

enum { SHARE = 80 }; /* ticks */

/* All workers have these at the same linear address, and each has its own. */
static u32 primes, number = 2;

static bool is_prime(u32 candidate)
{
    for (u32 divisor = 2; divisor * divisor <= candidate; divisor++)
        if (candidate % divisor == 0)
            return false;
    return true;
}

void user_worker(u32 argument)
{
    (void)argument;
    u32 ticks, drawn = 0xffffffff;
    do {
        for (u32 end = number + 8; number < end; number++)
            primes += is_prime(number);
        ticks = call(CALL_MY_TICKS, 0, 0);
        if (ticks != drawn)
            call(CALL_PROGRESS, ticks * 100 / SHARE, primes);
        drawn = ticks;
    } while (ticks < SHARE);
}
