/*
 * What points cost that are never hit: loops whose code, or data page, has one, beside the same
 * without. Prints a table for docs/performance.md. Times are the thread's, so that a busy host
 * matters less; variants alternate, medians are compared.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "cpu/observer.h"
#include "tests/bare_machine.h"
#include "translate/translator.h"

enum { ROUNDS = 15, CODE_OFFSET = 0x800, DATA = 0x20000, WATCHED = DATA + 0x800 };

/* All of them work on the page at 20000h, or on a stack there. */
PROGRAM(counter, 32, "mov ebx, 0x20000\n1: add dword ptr [ebx + 4], ecx\ndec ecx\njnz 1b\nhlt");
PROGRAM(reader, 32,
        "mov ebx, 0x20000\n"
        "1: mov esi, ecx\nand esi, 127\nadd eax, [ebx + esi * 4]\ndec ecx\njnz 1b\nhlt");
PROGRAM(writer, 32,
        "mov ebx, 0x20000\n"
        "1: mov esi, ecx\nand esi, 127\nmov [ebx + esi * 4], eax\ndec ecx\njnz 1b\nhlt");
PROGRAM(mixture, 32,
        "mov ebx, 0x20000\n"
        "1: mov eax, [ebx + 8]\nimul eax, ecx\nadd eax, [ebx + 12]\nrol eax, 5\n"
        "mov [ebx + 16], eax\nlea esi, [eax + ecx]\nand esi, 0x3F\n"
        "add edi, [ebx + esi * 4 + 64]\ndec ecx\njnz 1b\nhlt");
PROGRAM(fixed, 32, "1: add eax, [0x20004]\nadd edx, eax\ndec ecx\njnz 1b\nhlt");
PROGRAM(calls, 32,
        "mov esp, 0x20700\n"
        "1: push ecx\npush edx\ncall 3f\nadd esp, 8\ndec ecx\njnz 1b\nhlt\n"
        "3: push ebp\nmov ebp, esp\nmov eax, [ebp + 8]\nadd eax, [ebp + 12]\npop ebp\nret");

typedef struct Loop {
    const char *name;
    const u8 *code, *end;
} Loop;

static const Loop loops[] = {
    {"counter in memory", counter, counter_end},
    {"reads an array", reader, reader_end},
    {"writes an array", writer, writer_end},
    {"arithmetic, reads and writes", mixture, mixture_end},
    {"reads a fixed address", fixed, fixed_end},
    {"calls", calls, calls_end},
};

typedef enum Variant { PLAIN, BREAKPOINT, WATCH_WRITES, WATCH_ALL, VARIANTS } Variant;

static bool never(void *owner, u64 linear)
{
    return false;
}

static void access_seen(void *owner, const ObservedAccess *access) {}

static void port_seen(void *owner, u16 port, Size size, bool write, u64 value) {}

static void event_seen(void *owner, const ObservedEvent *event) {}

static void change_seen(void *owner) {}

static double now_ns(void)
{
    struct timespec time;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static BareMachine *start(const Loop *loop, bool translator, u32 count)
{
    BareMachine *m = bare_in_ring(0);
    char error[128];

    if (translator && !translator_attach(&m->cpu, 4 << 20, error, sizeof error)) {
        fprintf(stderr, "points-bench: %s\n", error);
        exit(1);
    }
    bare_load(m, BARE_CODE, loop->code, loop->end);
    m->cpu.gpr[RCX] = count;
    return m;
}

/* Nanoseconds per instruction. */
static double run(const Loop *loop, bool translator, Variant variant)
{
    BareMachine *m = start(loop, translator, translator ? 3000000 : 300000);
    Observer observer = {.execute = never,
                         .access = access_seen,
                         .port = port_seen,
                         .event = event_seen,
                         .mode = change_seen,
                         .cr3 = change_seen,
                         .looked = ~(u64)0,
                         .repeats = ~(u64)0};
    const WatchedRange range = {
        .first = WATCHED, .last = WATCHED + 3, .accesses = {variant == WATCH_ALL, true}};
    double begin, taken;

    if (variant != PLAIN)
        cpu_observe(&m->cpu, &observer);
    if (variant == BREAKPOINT)
        cpu_observe_offset(&m->cpu, CODE_OFFSET, true);
    else if (variant != PLAIN)
        cpu_watch(&m->cpu, &range, 1);
    m->cpu.deadline = ~(u64)0 >> 1;
    begin = now_ns();
    cpu_run(&m->cpu);
    taken = (now_ns() - begin) / (double)m->cpu.cycles;
    cpu_observe(&m->cpu, NULL);
    cpu_watch(&m->cpu, NULL, 0);
    translator_detach(&m->cpu);
    bare_destroy(m);
    return taken;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void measure(const Loop *loop, bool translator)
{
    double times[VARIANTS][ROUNDS];

    for (unsigned round = 0; round < ROUNDS; round++)
        for (Variant v = PLAIN; v < VARIANTS; v++)
            times[v][round] = run(loop, translator, v);
    for (Variant v = PLAIN; v < VARIANTS; v++)
        qsort(times[v], ROUNDS, sizeof(double), ascending);
    double plain = times[PLAIN][ROUNDS / 2];

    printf("| %s | %s | %.2f (%.2f .. %.2f) |", loop->name,
           translator ? "translator" : "interpreter", plain, times[PLAIN][0],
           times[PLAIN][ROUNDS - 1]);
    for (Variant v = BREAKPOINT; v < VARIANTS; v++)
        printf(" %.2f (%.2f .. %.2f) |", times[v][ROUNDS / 2] / plain, times[v][0] / plain,
               times[v][ROUNDS - 1] / plain);
    printf("\n");
}

int main(void)
{
    printf("| loop | engine | ns per instruction | breakpoint | watchpoint on writes "
           "| on reads and writes |\n|---|---|---|---|---|---|\n");
    for (unsigned translator = 2; translator-- > 0;)
        for (unsigned i = 0; i < COUNT_OF(loops); i++)
            measure(&loops[i], translator);
    return 0;
}
