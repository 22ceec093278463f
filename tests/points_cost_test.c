/*
 * What breakpoints and watchpoints that are never hit cost, told without a clock: a breakpoint
 * nothing, because the generated code of a loop in its page is the same to the byte, and is left as
 * often; a watchpoint a few instructions more in each access to its page, but no way out of
 * generated code.
 */
#include "bare_machine.h"

#include "cpu/observer.h"
#include "translate/translator.h"

enum { ROOM = 1 << 16, CYCLES = 200000, WATCHED = BARE_DATA + 0xF00 };

typedef struct Seen {
    BareMachine *m;
    Observer observer;
    u8 code[ROOM];
    u64 length;
    TranslatorCounters counters;
} Seen;

/* Calls, a branch that goes either way, accesses of all kinds to one page. */
PROGRAM(hot_loop, 32,
        "mov esp, 0x9000\n mov esi, 0xC000\n"
        "1: mov eax, [esi + 4]\n add eax, ecx\n mov [esi + 8], eax\n inc dword ptr [esi]\n"
        "test ecx, 3\n jz 2f\n xor edx, eax\n"
        "2: call 3f\n inc ecx\n jmp 1b\n"
        "3: push edx\n pop ebx\n ret");

static void keep(void *owner, const TranslatorListing *listing)
{
    Seen *seen = owner;

    cr_assert_lt(seen->length + listing->length, ROOM);
    memcpy(seen->code + seen->length, listing->host, listing->length);
    seen->length += listing->length;
}

static bool never(void *owner, u64 linear)
{
    (void)owner, (void)linear;
    cr_assert_fail("it is never hit");
    return false;
}

static void hear(void *owner, const ObservedAccess *access)
{
    (void)owner, (void)access;
}

static void ignore(void *owner)
{
    (void)owner;
}

static Seen *begin(void)
{
    Seen *seen = calloc(1, sizeof *seen);
    char error[128];

    seen->m = bare_in_ring(0);
    seen->observer = (Observer){.owner = seen,
                                .execute = never,
                                .access = hear,
                                .mode = ignore,
                                .cr3 = ignore,
                                .looked = ~(u64)0,
                                .repeats = ~(u64)0};
    bare_load(seen->m, BARE_CODE, hot_loop, hot_loop_end);
    cr_assert(translator_attach(&seen->m->cpu, 1 << 20, error, sizeof error), "%s", error);
    translator_listen(&seen->m->cpu, keep, seen);
    return seen;
}

static void run(Seen *seen)
{
    bare_run(seen->m, CYCLES);
    seen->counters = *translator_counters(&seen->m->cpu);
    cr_expect_gt(seen->counters.translations, 3);
}

static void end(Seen *seen)
{
    translator_detach(&seen->m->cpu);
    bare_destroy(seen->m);
    free(seen);
}

Test(points_cost, a_breakpoint_in_a_hot_page_changes_no_code)
{
    Seen *plain = begin(), *observed = begin();

    cpu_observe(&observed->m->cpu, &observed->observer);
    cpu_observe_offset(&observed->m->cpu, (BARE_CODE + 0x800) & PAGE_MASK, true);
    run(plain);
    run(observed);
    cr_expect_eq(observed->length, plain->length);
    cr_expect_arr_eq(observed->code, plain->code, plain->length);
    cr_expect_eq(observed->counters.entries, plain->counters.entries);
    cr_expect_eq(observed->counters.left, plain->counters.left);
    cr_expect_eq(observed->counters.calls, plain->counters.calls);
    cr_expect_eq(observed->counters.interpreted, plain->counters.interpreted);
    end(plain);
    end(observed);
}

Test(points_cost, a_watchpoint_in_a_hot_page_does_not_leave_generated_code)
{
    static const WatchedRange range = {
        .first = WATCHED, .last = WATCHED + 3, .accesses = {true, true}};
    Seen *plain = begin(), *watched = begin();

    cpu_observe(&watched->m->cpu, &watched->observer);
    cpu_watch(&watched->m->cpu, &range, 1);
    run(plain);
    run(watched);
    cr_expect_gt(watched->counters.host_bytes, plain->counters.host_bytes);
    cr_expect_eq(watched->counters.left, plain->counters.left);
    /* While the TLB fills. */
    cr_expect_leq(watched->counters.entries, plain->counters.entries + 10);
    cr_expect_leq(watched->counters.calls, plain->counters.calls + 10);
    end(plain);
    end(watched);
}
