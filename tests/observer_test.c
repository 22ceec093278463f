/*
 * An observed processor does what one does that nobody looks at: random programs run on both
 * engines, undisturbed and with their code and data observed, stopped and cut into runs at random.
 * Registers, memory and TLB are the same at the same clock.
 *
 * The programs fight for TLB entries, change page tables without a word to the TLB, change their
 * own code, also through other mappings, fault, and repeat strings.
 */
#include "bare_machine.h"

#include <stdio.h>
#include <stdlib.h>

#include "cpu/observer.h"
#include "translate/translator.h"

enum {
    HANDLER = 0x1000,
    CODE = BARE_CODE,
    CODE_BYTES = 2 * PAGE_SIZE,
    DATA = 0x18000,
    DATA_PAGES = 4,
    DIRECTORY = 0x20000,
    TABLES = 0x21000, /* one for each alias */
    ALIASES = 4,      /* of the first 256 KiB, 16 MiB apart: all share their TLB entries */
    USED = 0x40000,
    STACK = 0x9000,
    OVER = ATTEND_SHUTDOWN | ATTEND_HALT,
    MARKS = 12,     /* comparisons, */
    LONGEST = 1000, /* and cycles between two of them, at most */
};

typedef struct Random {
    u64 state;
} Random;

static u32 next(Random *random)
{
    random->state = random->state * 6364136223846793005u + 1442695040888963407u;
    return (u32)(random->state >> 33);
}

static u32 below(Random *random, u32 limit)
{
    return next(random) % limit;
}

/* ---- programs ---- */

typedef struct Program {
    Random *random;
    u8 bytes[CODE_BYTES];
    u32 length;
    u32 starts[CODE_BYTES]; /* of its instructions */
    u32 count;
} Program;

static void put(Program *program, u64 value, unsigned count)
{
    memcpy(program->bytes + program->length, &value, count);
    program->length += count;
}

static u32 alias(Random *random)
{
    return below(random, ALIASES) << 24;
}

static u32 data_address(Random *random)
{
    u32 offset = below(random, 8) ? below(random, 512) : below(random, PAGE_SIZE);

    return alias(random) + DATA + below(random, DATA_PAGES) * PAGE_SIZE + offset;
}

/* Any code byte, so that a read evicts the page's entry, and a write changes code. */
static u32 code_address(Random *random)
{
    return alias(random) + CODE + below(random, CODE_BYTES);
}

static u32 label(Program *program)
{
    return program->starts[below(program->random, program->count)];
}

static void put_memory(Program *program, unsigned opcode, u32 address)
{
    put(program, opcode, 1);
    put(program, 5 | below(program->random, 4) << 3, 1);
    put(program, address, 4);
}

static void put_jump(Program *program)
{
    Random *random = program->random;
    u32 target = label(program);

    switch (below(random, 4)) {
    case 0: /* mov edx, target; jmp edx: to another alias */
        put(program, 0xBA, 1);
        put(program, alias(random) + CODE + target, 4);
        put(program, 0xE2FF, 2);
        break;
    case 1:
        put(program, 0xE8, 1);
        put(program, target - (program->length + 4), 4);
        break;
    case 2:
        put(program, 0xC3, 1);
        break;
    default:
        put(program, 0x800F | below(random, 16) << 8, 2);
        put(program, target - (program->length + 4), 4);
        break;
    }
}

/* Page tables: accessed and dirty bits cleared, rights taken, pages swapped; told to the TLB or
 * not. */
static void put_paging(Program *program)
{
    Random *random = program->random;
    u32 page = below(random, 2) ? (DATA >> 12) + below(random, DATA_PAGES)
                                : (CODE >> 12) + below(random, CODE_BYTES >> 12);
    u32 table = TABLES + below(random, ALIASES) * PAGE_SIZE + page * 4;

    switch (below(random, 6)) {
    case 0: /* invlpg */
        put(program, 0x3D010F, 3);
        put(program, alias(random) + page * PAGE_SIZE, 4);
        break;
    case 1: /* mov edx, cr3; mov cr3, edx */
        put(program, 0xDA220FDA200F, 6);
        break;
    case 2:
        put(program, 0x05C7, 2);
        put(program, table, 4);
        put(program, (page * PAGE_SIZE) | (below(random, 8) ? 7 : 5) | below(random, 2) << 5, 4);
        break;
    default:
        put(program, 0x2581, 2); /* and dword ptr [table], ~(accessed | dirty) */
        put(program, table, 4);
        put(program, (u32)~0x60, 4);
        break;
    }
}

static void put_string(Program *program)
{
    Random *random = program->random;

    put(program, 0xB9, 1); /* mov ecx, count; mov edi, to; mov esi, from */
    put(program, below(random, 40), 4);
    put(program, 0xBF, 1);
    put(program, data_address(random), 4);
    put(program, 0xBE, 1);
    put(program, below(random, 2) ? data_address(random) : code_address(random), 4);
    put(program, (const u32[]){0xAAF3, 0xABF3, 0xA4F3, 0xA5F3, 0xA6F3, 0xAFF2}[below(random, 6)],
        2);
}

static void put_instruction(Program *program)
{
    Random *random = program->random;

    program->starts[program->count++] = program->length;
    switch (below(random, 16)) {
    case 0:
    case 1:
    case 2:
        put_memory(program, (const u8[]){0x8B, 0x03, 0x33, 0x8A}[below(random, 4)],
                   data_address(random));
        break;
    case 3:
    case 4:
        put_memory(program, (const u8[]){0x89, 0x01, 0x31, 0x88}[below(random, 4)],
                   data_address(random));
        break;
    case 5:
    case 6:
        put_memory(program, 0x8B, code_address(random));
        break;
    case 7: /* changes code, seldom */
        put_memory(program, below(random, 3) ? 0x8A : 0x88, code_address(random));
        break;
    case 8:
    case 9:
        put_jump(program);
        break;
    case 10:
        put_paging(program);
        break;
    case 11:
        put_string(program);
        break;
    case 12: /* push, pop */
        put(program, 0x50 | below(random, 4), 1);
        put(program, 0x58 | below(random, 4), 1);
        break;
    case 13: /* sti, cli, nop, or a step: pushfd; or byte ptr [esp + 1], 1; popfd */
        if (below(random, 8))
            put(program, (const u8[]){0xFB, 0xFA, 0x90}[below(random, 3)], 1);
        else
            put(program, 0x9D0101244C80u << 8 | 0x9C, 7);
        break;
    default:
        put(program, (const u8[]){0x01, 0x29, 0x31, 0x39}[below(random, 4)], 1);
        put(program, 0xC0 | below(random, 4) << 3 | below(random, 4), 1);
        break;
    }
}

static void make_program(Program *program, Random *random)
{
    u32 most = 120u << below(random, 7);

    memset(program, 0, sizeof *program);
    program->random = random;
    while (program->length < most && program->length < CODE_BYTES - 64)
        put_instruction(program);
    put(program, 0xE9, 1);
    put(program, 0u - (program->length + 4), 4);
}

/* ---- machines ---- */

/* Whatever is raised: another stack, and the program begins again. */
PROGRAM(restart, 32, "mov esp, 0x9000\nmov ebx, 0x10000\njmp ebx");

static BareMachine *start(const Program *program, bool translator)
{
    BareMachine *m = bare_create();
    char error[128];

    if (translator)
        cr_assert(translator_attach(&m->cpu, 8 << 20, error, sizeof error), "%s", error);
    for (unsigned k = 0; k < ALIASES; k++) {
        bare_write(m, DIRECTORY + (u64)(k << 2) * 4, DWORD, (TABLES + k * PAGE_SIZE) | 7);
        for (unsigned page = 0; page < USED / PAGE_SIZE; page++)
            bare_write(m, TABLES + k * PAGE_SIZE + page * 4u, DWORD, page * PAGE_SIZE | 7);
    }
    bare_load(m, HANDLER, restart, restart_end);
    bare_load(m, CODE, program->bytes, program->bytes + program->length);
    bare_protected(m, 0);
    for (unsigned v = 0; v < 256; v++)
        bare_idt(m, (u8)v, bare_gate(BARE_CODE0, HANDLER, ACCESS_P | 14));
    m->cpu.gpr[RSP] = STACK;
    m->cpu.cr3 = DIRECTORY;
    m->cpu.cr0 |= (u64)1 << 31;
    mmu_set_control(&m->cpu.mmu, m->cpu.cr0, m->cpu.cr4, m->cpu.efer);
    mmu_set_cr3(&m->cpu.mmu, m->cpu.cr3);
    cpu_translations_changed(&m->cpu);
    return m;
}

static void stop(BareMachine *m)
{
    translator_detach(&m->cpu);
    bare_destroy(m);
}

/* ---- an observer that stops whenever it likes ---- */

typedef struct Watcher {
    Observer observer;
    Cpu *cpu;
    Random random;
    u64 asked, stops, accesses;
    WatchedRange ranges[3];
} Watcher;

static bool on_execute(void *owner, u64 linear)
{
    Watcher *watcher = owner;

    cr_assert_eq(linear, watcher->cpu->segments[CS].base + watcher->cpu->rip);
    watcher->asked++;
    return below(&watcher->random, 2);
}

static void maybe_stop(Watcher *watcher)
{
    if (below(&watcher->random, 2))
        cpu_stop(watcher->cpu);
}

static void on_access(void *owner, const ObservedAccess *access)
{
    ((Watcher *)owner)->accesses++;
    maybe_stop(owner);
}

static void on_event(void *owner, const ObservedEvent *event)
{
    maybe_stop(owner);
}

static void on_port(void *owner, u16 port, Size size, bool write, u64 value)
{
    maybe_stop(owner);
}

static void on_change(void *owner)
{
    maybe_stop(owner);
}

static void choose(Watcher *watcher, const Program *program)
{
    for (unsigned i = 0; i < 5; i++)
        cpu_observe_offset(watcher->cpu,
                           program->starts[below(&watcher->random, program->count)] & PAGE_MASK,
                           below(&watcher->random, 4) != 0);
    for (unsigned i = 0; i < COUNT_OF(watcher->ranges); i++) {
        u64 first = below(&watcher->random, 4) ? data_address(&watcher->random)
                                               : code_address(&watcher->random);

        watcher->ranges[i] =
            (WatchedRange){.first = first,
                           .last = first + below(&watcher->random, 9),
                           .physical = below(&watcher->random, 2),
                           .accesses = {below(&watcher->random, 2), below(&watcher->random, 2)}};
    }
    cpu_watch(watcher->cpu, watcher->ranges, below(&watcher->random, 4));
}

static void watch(Watcher *watcher, BareMachine *m, u64 seed)
{
    *watcher = (Watcher){.observer = {.owner = watcher,
                                      .execute = on_execute,
                                      .access = on_access,
                                      .port = on_port,
                                      .event = on_event,
                                      .mode = on_change,
                                      .cr3 = on_change,
                                      .looked = ~(u64)0,
                                      .repeats = ~(u64)0},
                         .cpu = &m->cpu,
                         .random = {seed}};
    cpu_observe(&m->cpu, &watcher->observer);
}

/* Up to `until`, in pieces, with other things observed now and then. */
static void run_watched(Watcher *watcher, const Program *program, u64 until)
{
    Cpu *cpu = watcher->cpu;

    while (cpu->cycles < until && !(cpu->attention & OVER)) {
        u64 before = cpu->cycles;

        if (below(&watcher->random, 6) == 0)
            choose(watcher, program);
        cpu->deadline = before + 1 + below(&watcher->random, 80);
        if (cpu->deadline > until)
            cpu->deadline = until;
        cpu_run(cpu);
        cr_assert(cpu->cycles == cpu->deadline || (cpu->attention & (ATTEND_STOP | OVER)),
                  "attention %02X at %llu", cpu->attention, (unsigned long long)cpu->cycles);
        watcher->stops += cpu->attention & ATTEND_STOP ? 1 : 0;
        cpu->attention &= (u8)~ATTEND_STOP;
    }
}

/* ---- the comparison ---- */

static void compare_tlbs(BareMachine *a, BareMachine *b, const char *who, u64 seed)
{
    static TlbRecord left[TLB_RECORDS_MOST], right[TLB_RECORDS_MOST];
    unsigned count = mmu_save_tlb(&a->cpu.mmu, left);

    cr_assert_eq(mmu_save_tlb(&b->cpu.mmu, right), count, "TLB of %s, seed %llu", who,
                 (unsigned long long)seed);
    for (unsigned i = 0; i < count; i++)
        cr_assert(left[i].linear == right[i].linear && left[i].physical == right[i].physical,
                  "TLB of %s: %llX -> %llX, not %llX -> %llX, seed %llu, cycle %llu", who,
                  (unsigned long long)right[i].linear, (unsigned long long)right[i].physical,
                  (unsigned long long)left[i].linear, (unsigned long long)left[i].physical,
                  (unsigned long long)seed, (unsigned long long)a->cpu.cycles);
}

static void compare(BareMachine *a, BareMachine *b, const char *who, u64 seed)
{
    const Cpu *x = &a->cpu, *y = &b->cpu;
    unsigned long long s = seed, at = x->cycles;

    cr_assert_eq(x->cycles, y->cycles, "cycles of %s, seed %llu at %llu", who, s, at);
    cr_assert_eq(x->rip, y->rip, "EIP of %s: %llX, not %llX, seed %llu at %llu", who,
                 (unsigned long long)y->rip, (unsigned long long)x->rip, s, at);
    cr_assert_arr_eq(x->gpr, y->gpr, sizeof x->gpr, "registers of %s, seed %llu at %llu", who, s,
                     at);
    cr_assert_eq(cpu_get_flags(x), cpu_get_flags(y), "flags of %s, seed %llu at %llu", who, s, at);
    cr_assert_eq(x->cr2, y->cr2, "CR2 of %s, seed %llu at %llu", who, s, at);
    cr_assert_eq(x->attention, y->attention, "attention of %s, seed %llu at %llu", who, s, at);
    cr_assert(memcmp(a->ram.bytes, b->ram.bytes, USED) == 0, "memory of %s, seed %llu at %llu", who,
              s, at);
    compare_tlbs(a, b, who, seed);
}

static u64 run_program(u64 seed)
{
    static const char *const names[] = {"the interpreter", "the translator",
                                        "the interpreter, observed", "the translator, observed"};
    static Program program;
    Random random = {seed * 77 + 1};
    BareMachine *m[4];
    Watcher watchers[2];
    u32 longest = 1 + below(&random, LONGEST);
    u64 seen;

    make_program(&program, &random);
    for (unsigned i = 0; i < 4; i++)
        m[i] = start(&program, i & 1);
    watch(&watchers[0], m[2], seed);
    watch(&watchers[1], m[3], seed + 1000);
    for (unsigned mark = 1; mark <= MARKS && !(m[0]->cpu.attention & OVER); mark++) {
        u64 until = m[0]->cpu.cycles + 1 + below(&random, longest);

        for (unsigned i = 0; i < 2; i++)
            bare_run(m[i], (unsigned)(until - m[i]->cpu.cycles));
        for (unsigned i = 0; i < 2; i++)
            run_watched(&watchers[i], &program, until);
        for (unsigned i = 1; i < 4; i++)
            compare(m[0], m[i], names[i], seed);
    }
    seen = watchers[0].stops + watchers[1].stops + watchers[0].accesses + watchers[1].asked;
    for (unsigned i = 0; i < 4; i++) {
        cpu_observe(&m[i]->cpu, NULL);
        cpu_watch(&m[i]->cpu, NULL, 0);
        stop(m[i]);
    }
    return seen;
}

/* OBSERVED_PROGRAMS=100000 for more, OBSERVED_SEED=n for another beginning. */
Test(observer, observed_programs_do_the_same)
{
    const char *many = getenv("OBSERVED_PROGRAMS"), *first = getenv("OBSERVED_SEED");
    u64 begin = first ? strtoull(first, NULL, 0) : 1, count = many ? strtoull(many, NULL, 0) : 40;
    u64 seen = 0;

    for (u64 seed = begin; seed < begin + count; seed++)
        seen += run_program(seed);
    cr_assert_gt(seen, count * 20, "too little was observed: %llu", (unsigned long long)seen);
}
