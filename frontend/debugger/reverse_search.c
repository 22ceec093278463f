#include "frontend/debugger/reverse_search.h"

enum { NEAR = 200000 };

void search_disarm(Debugger *debugger)
{
    cpu_observe(debugger->cpu, NULL);
    mmu_watch(&debugger->cpu->mmu, NULL, 0);
    debugger->hit_count = 0;
}

void search_goto(Debugger *debugger, u64 cycles)
{
    search_disarm(debugger);
    timeline_goto(debugger->timeline, cycles);
}

static bool no_execute(void *owner, u64 linear)
{
    (void)owner, (void)linear;
    return false;
}

static void no_access(void *owner, const ObservedAccess *access)
{
    (void)owner, (void)access;
}

static void no_port(void *owner, u16 port, Size size, bool write, u64 value)
{
    (void)owner, (void)port, (void)size, (void)write, (void)value;
}

static void no_event(void *owner, const ObservedEvent *event)
{
    (void)owner, (void)event;
}

static void no_change(void *owner)
{
    (void)owner;
}

Observer search_observer(void *owner)
{
    return (Observer){.owner = owner,
                      .execute = no_execute,
                      .access = no_access,
                      .port = no_port,
                      .event = no_event,
                      .mode = no_change,
                      .cr3 = no_change,
                      .looked = ~(u64)0,
                      .repeats = ~(u64)0};
}

void search_run(Debugger *debugger, Observer *observer, u64 until)
{
    Machine *machine = debugger->machine;

    cpu_observe(debugger->cpu, observer);
    while (machine_cycles(machine) < until) {
        u64 before = machine_cycles(machine);

        timeline_run(debugger->timeline, until);
        if (machine_cycles(machine) == before)
            break;
    }
    cpu_observe(debugger->cpu, NULL);
}

/* The last snapshot before `cycles`, by its index; its clock in *from. */
static unsigned snapshot_before(const Timeline *timeline, u64 cycles, u64 *from)
{
    unsigned low = 0, high = 0;
    u64 clock;

    while (timeline_snapshot(timeline, high, &clock))
        high++;
    while (high - low > 1) {
        unsigned middle = (low + high) / 2;

        timeline_snapshot(timeline, middle, &clock);
        if (clock < cycles)
            low = middle;
        else
            high = middle;
    }
    timeline_snapshot(timeline, low, from);
    return low;
}

/* The nearest past is looked at first, in a small piece; going there leaves snapshots on the way,
 * so that the pieces before it grow. */
bool search_back(Search *search)
{
    Timeline *timeline = search->debugger->timeline;
    u64 end = search->origin, from;
    u64 begin = timeline_begin(timeline);

    if (search->most && end - begin > search->most)
        begin = end - search->most;
    while (end > begin) {
        unsigned index = snapshot_before(timeline, end, &from);

        if (!search->rules_out || !search->rules_out(search, index)) {
            if (end == search->origin && end - from > 2 * NEAR)
                from = end - NEAR;
            search_goto(search->debugger, from);
            if (search->look(search, end))
                return true;
        }
        end = from;
    }
    return false;
}

/* A data access at the end of one piece stops at its very end; so pieces include their ends, except
 * the last, whose end is where we are. Whether a repeated string instruction begins at a piece's
 * beginning, or goes on repeating, shows only when it is run to: by the piece before. */
bool search_for_points(Search *search, u64 end)
{
    u64 until = end + search->open_end;

    search->open_end = steps_repeats_here(search->debugger);
    return debugger_scan(search->debugger, until, until < search->origin || search->inclusive,
                         &search->stop);
}
