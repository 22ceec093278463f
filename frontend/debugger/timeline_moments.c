#include "frontend/debugger/timeline_moments.h"

#include <stdlib.h>
#include <string.h>

enum { MOST = 1000, FEWEST = 3 };

/* The first that lies after the place. */
static unsigned place_after(const Moments *moments, u64 cycles, u64 inputs)
{
    unsigned low = 0, high = moments->count;

    while (low < high) {
        unsigned middle = (low + high) / 2;
        const Moment *moment = &moments->list[middle];

        if (moment->cycles > cycles || (moment->cycles == cycles && moment->inputs > inputs))
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static bool make_room(Moments *moments)
{
    unsigned room = moments->room ? moments->room * 2 : 64;
    Moment *list;

    if (moments->count < moments->room)
        return true;
    list = realloc(moments->list, room * sizeof *list);
    if (!list)
        return false;
    moments->list = list;
    moments->room = room;
    return true;
}

void moments_add(Moments *moments, const Moment *moment)
{
    unsigned at = place_after(moments, moment->cycles, moment->inputs);
    const Moment *before = at > 0 ? &moments->list[at - 1] : NULL;

    if ((before && before->cycles == moment->cycles && before->inputs == moment->inputs) ||
        !make_room(moments)) {
        snapshot_release(moments->store, moment->snapshot);
        return;
    }
    assert(moments->list);
    memmove(moments->list + at + 1, moments->list + at,
            (moments->count - at) * sizeof *moments->list);
    moments->list[at] = *moment;
    moments->count++;
}

const Moment *moments_find(const Moments *moments, u64 cycles)
{
    unsigned at = place_after(moments, cycles, UINT64_MAX);

    return at > 0 ? &moments->list[at - 1] : NULL;
}

static void drop(Moments *moments, unsigned at)
{
    snapshot_release(moments->store, moments->list[at].snapshot);
    moments->count--;
    memmove(moments->list + at, moments->list + at + 1,
            (moments->count - at) * sizeof *moments->list);
}

void moments_cut(Moments *moments, u64 cycles, u64 inputs)
{
    unsigned kept = place_after(moments, cycles, inputs);

    while (moments->count > kept)
        drop(moments, moments->count - 1);
}

void moments_clear(Moments *moments)
{
    while (moments->count > 0)
        drop(moments, moments->count - 1);
    free(moments->list);
    *moments = (Moments){.store = moments->store};
}

/* ---- thinning ---- */

static u64 distance(u64 a, u64 b)
{
    return a < b ? b - a : a - b;
}

/* How much it is missed: the replay that its absence costs, in proportion to how far away it is. */
static double worth(const Moments *moments, unsigned at, u64 work)
{
    const Moment *list = moments->list;
    u64 head = list[moments->count - 1].work, gap = list[at + 1].work - list[at - 1].work;
    u64 from_here = distance(list[at].work, work), from_head = distance(list[at].work, head);
    u64 away = from_here < from_head ? from_here : from_head;

    return (double)gap / ((double)away + 1);
}

/* The first and the last are never dropped. */
static void drop_one(Moments *moments, u64 work)
{
    unsigned least = 1;

    for (unsigned i = 2; i + 1 < moments->count; i++)
        if (worth(moments, i, work) < worth(moments, least, work))
            least = i;
    drop(moments, least);
}

void moments_thin(Moments *moments, u64 budget, u64 work)
{
    while (moments->count > FEWEST &&
           (moments->count > MOST || snapshot_store_bytes(moments->store) > budget))
        drop_one(moments, work);
}
