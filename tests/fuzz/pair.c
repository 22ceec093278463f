#include "tests/fuzz/pair.h"

#include <stdio.h>
#include <string.h>

enum { SLICES = 60, SHORT_SLICES = 10, RESTARTS = 6, OVER = ATTEND_HALT | ATTEND_SHUTDOWN };

bool pair_open(Pair *pair, char *error, size_t error_size)
{
    memset(pair, 0, sizeof *pair);
    if (!arena_open(&pair->arenas[0], false, error, error_size))
        return false;
    if (!arena_open(&pair->arenas[1], true, error, error_size)) {
        arena_close(&pair->arenas[0]);
        return false;
    }
    return true;
}

void pair_close(Pair *pair)
{
    arena_close(&pair->arenas[0]);
    arena_close(&pair->arenas[1]);
}

/* ---- comparing ---- */

/* A processor's state as its table says; the field that differs. */
static const char *different_field(const Cpu *a, const Cpu *b)
{
    for (unsigned i = 0; i < cpu_state.count; i++) {
        const Field *field = &cpu_state.fields[i];

        if (memcmp((const u8 *)a + field->offset, (const u8 *)b + field->offset,
                   (size_t)field->width * field->count))
            return field->name;
    }
    return NULL;
}

static bool compare(Pair *pair)
{
    const BareProcessor *a = &pair->arenas[0].bare, *b = &pair->arenas[1].bare;
    const char *field = different_field(&a->cpu, &b->cpu);
    u32 at = 0;

    if (field) {
        snprintf(pair->difference, sizeof pair->difference, "%s differs at cycle %llu", field,
                 (unsigned long long)a->cpu.cycles);
        return false;
    }
    if (memcmp(a->ram.bytes, b->ram.bytes, ARENA_RAM) == 0)
        return true;
    while (a->ram.bytes[at] == b->ram.bytes[at])
        at++;
    snprintf(pair->difference, sizeof pair->difference,
             "memory at %X differs at cycle %llu: %02X, %02X on the translator", at,
             (unsigned long long)a->cpu.cycles, a->ram.bytes[at], b->ram.bytes[at]);
    return false;
}

/* ---- running ---- */

/* What comes from outside: an interrupt, an NMI, DMA into the program. */
static void disturb(Arena *arena, const Program *program, u64 choice)
{
    Cpu *cpu = &arena->bare.cpu;
    u32 at = ARENA_CODE + arena->setting.start + (u32)(choice >> 8) % PROGRAM_ROOM;
    u8 byte = (u8)(choice >> 40);

    switch (choice % 16) {
    case 0:
    case 1:
        cpu_set_intr(cpu, true);
        break;
    case 2:
        cpu_raise_nmi(cpu);
        break;
    case 3:
        if (program->wild)
            space_write_bytes(&arena->bare.memory, at, &byte, 1);
        break;
    default:
        break;
    }
}

static void run_slice(Arena *arena, u32 count)
{
    Cpu *cpu = &arena->bare.cpu;

    cpu->deadline = cpu->cycles + count;
    cpu_run(cpu);
}

/* Both begin anew after a HLT; false: it is over. */
static bool restart(Pair *pair, unsigned *left)
{
    if ((pair->arenas[0].bare.cpu.attention & ATTEND_SHUTDOWN) || *left == 0)
        return false;
    --*left;
    pair->tally.restarts++;
    for (unsigned i = 0; i < 2; i++)
        arena_restart(&pair->arenas[i]);
    return true;
}

bool pair_run(Pair *pair, const Setting *setting, const Program *program, u64 seed)
{
    u64 blocks = translator_counters(&pair->arenas[1].bare.cpu)->translations;
    unsigned restarts = RESTARTS;
    Random random;

    random_seed(&random, ~seed);
    *pair->difference = '\0';
    for (unsigned i = 0; i < 2; i++)
        arena_prepare(&pair->arenas[i], setting, program, seed);
    for (unsigned slice = 0; slice < SLICES; slice++) {
        u32 count = 1 + random_below(&random, slice < SHORT_SLICES ? 30 : 400);
        u64 choice = random_next(&random);

        for (unsigned i = 0; i < 2; i++)
            run_slice(&pair->arenas[i], count);
        if (!compare(pair))
            return false;
        if ((pair->arenas[0].bare.cpu.attention & OVER) && !restart(pair, &restarts))
            break;
        for (unsigned i = 0; i < 2; i++)
            disturb(&pair->arenas[i], program, choice);
    }
    pair->tally.programs++;
    pair->tally.instructions += pair->arenas[0].bare.cpu.cycles;
    pair->tally.blocks += translator_counters(&pair->arenas[1].bare.cpu)->translations - blocks;
    return true;
}

/* ---- shrinking ---- */

static bool still_differs(Pair *pair, const Setting *setting, const Program *program, u64 seed)
{
    return !pair_run(pair, setting, program, seed);
}

static unsigned unit_end(const Program *program, unsigned unit)
{
    return unit + 1 < program->unit_count ? program->units[unit + 1] : program->length;
}

void pair_shrink(Pair *pair, const Setting *setting, Program *program, u64 seed)
{
    enum { NOP = 0x90 };

    for (unsigned unit = program->unit_count; unit-- > 0;) {
        Program simpler = *program;
        unsigned start = program->units[unit], end = unit_end(program, unit);

        memset(simpler.bytes + start, NOP, end - start);
        if (still_differs(pair, setting, &simpler, seed))
            *program = simpler;
    }
    still_differs(pair, setting, program, seed); /* leaves its words in `difference` */
}

/* ---- settings ---- */

static Setting choose_setting(ArenaMode mode, Random *random)
{
    Setting setting = {.mode = (u8)mode};

    setting.flat = random_below(random, 2);
    setting.cpl = mode == ARENA_VM86 || (mode != ARENA_REAL && random_below(random, 2)) ? 3 : 0;
    setting.paging = mode == ARENA_LONG || (mode != ARENA_REAL && random_below(random, 2));
    if (random_below(random, 3)) /* somewhere, or across the pages */
        setting.start = random_below(random, PAGE_SIZE);
    else
        setting.start = PAGE_SIZE - random_below(random, PROGRAM_ROOM);
    return setting;
}

void pair_choose(ArenaMode mode, u64 seed, Setting *setting, Program *program)
{
    static const u8 styles[] = {PROGRAM_STRUCTURED, PROGRAM_STRUCTURED, PROGRAM_STRUCTURED,
                                PROGRAM_MUTATED, PROGRAM_RANDOM};
    Random random;

    random_seed(&random, seed);
    *setting = choose_setting(mode, &random);
    *program = (Program){.style = styles[random_below(&random, COUNT_OF(styles))],
                         .simd = random_one_in(&random, 3),
                         .wild = random_below(&random, 2)};
    program->x87 = !program->simd && random_one_in(&random, 3);
    arena_describe(setting, program);
    program_make(program, seed);
}
