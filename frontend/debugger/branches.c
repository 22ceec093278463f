#include "frontend/debugger/branches.h"

#include "frontend/debugger/debugger_inside.h"
#include "frontend/debugger/guest_memory.h"
#include "frontend/debugger/reverse_search.h"
#include "frontend/debugger/timeline.h"
#include "frontend/disassembly.h"

#include <stdio.h>
#include <string.h>

enum { SHORT_STRETCH = 1 << 10, LONG_STRETCH = 1 << 18 }; /* instructions */

typedef struct BranchLog {
    Branch *branches;
    unsigned count, max;
} BranchLog;

static void add(BranchLog *log, const Branch *branch)
{
    Branch *last = log->count ? &log->branches[log->count - 1] : NULL;

    if (last && last->from == branch->from && last->to == branch->to) {
        last->count++;
        return;
    }
    if (log->count == log->max)
        memmove(log->branches, log->branches + 1, --log->count * sizeof *log->branches);
    log->branches[log->count++] = *branch;
}

static u64 here(const Cpu *cpu)
{
    return (cpu->segments[CS].base + cpu->rip) & cpu->linear_mask;
}

/* Where the instruction at hand would go on; the same address where it cannot be read. */
static u64 behind(Cpu *cpu)
{
    u64 linear = here(cpu);
    u8 bytes[INSN_MAX_LENGTH];
    size_t got = guest_read(cpu, linear, bytes, sizeof bytes);
    char words[160];

    if (!got)
        return linear;
    return linear + disassemble_one(bytes, got, cpu->rip, cpu->code_size, words, sizeof words);
}

/* From `begin` to `now`, step by step. */
static void watch(Debugger *debugger, u64 begin, u64 now, BranchLog *log)
{
    enum { STUCK = 4 };
    struct Timeline *timeline = debugger_timeline(debugger);
    Cpu *cpu = debugger->cpu;
    unsigned still = 0;

    log->count = 0;
    search_goto(debugger, begin);
    while (machine_cycles(debugger->machine) < now && still < STUCK) {
        Branch branch = {machine_cycles(debugger->machine), here(cpu), 0, 1};
        u64 next = behind(cpu);

        timeline_run(timeline, branch.cycles + 1);
        branch.to = here(cpu);
        still = machine_cycles(debugger->machine) == branch.cycles ? still + 1 : 0;
        if (branch.to != next && branch.to != branch.from)
            add(log, &branch);
    }
}

unsigned branches_find(Debugger *debugger, Branch *branches, unsigned max, char *error,
                       size_t error_size)
{
    struct Timeline *timeline = debugger_timeline(debugger);
    u64 now = machine_cycles(debugger->machine), first;
    BranchLog log = {.branches = branches, .max = max};

    if (!timeline) {
        snprintf(error, error_size, "there is no timeline: it is off");
        return 0;
    }
    first = timeline_begin(timeline);
    for (u64 stretch = SHORT_STRETCH; stretch <= LONG_STRETCH; stretch *= 16) {
        u64 begin = now - first > stretch ? now - stretch : first;

        watch(debugger, begin, now, &log);
        if (log.count == max || begin == first)
            break;
    }
    search_goto(debugger, now);
    if (debugger->stop.reason == STOP_TRIPLE_FAULT)
        timeline_run(timeline, now + 1); /* into the shutdown again */
    if (!log.count)
        snprintf(error, error_size, "nothing was branched to lately");
    return log.count;
}
