#include "frontend/window/heat.h"

#include <math.h>
#include <string.h>

/* Where the address is, or could be put. */
static unsigned place_of(const Heat *heat, u64 linear)
{
    unsigned place = (unsigned)(linear * 0x9E3779B97F4A7C15u >> 51);

    while (heat->places[place].count && heat->places[place].linear != linear)
        place = (place + 1) % HEAT_PLACES;
    return place;
}

void heat_clear(Heat *heat)
{
    memset(heat, 0, sizeof *heat);
}

void heat_add(Heat *heat, u64 linear)
{
    unsigned place = place_of(heat, linear);

    if (!heat->places[place].count) {
        /* Three quarters full, it would become slow. */
        if (heat->used >= HEAT_PLACES * 3 / 4)
            return;
        heat->used++;
        heat->places[place].linear = linear;
    }
    if (++heat->places[place].count > heat->most)
        heat->most = heat->places[place].count;
}

u64 heat_count(const Heat *heat, u64 linear)
{
    return heat->places[place_of(heat, linear)].count;
}

float heat_of(const Heat *heat, u64 linear)
{
    u64 count = heat_count(heat, linear);

    if (!count)
        return 0;
    return (float)(log2((double)count + 1) / log2((double)heat->most + 1));
}
