/*
 * The translator's run loop: find or make the translation of a block, run it, chain it to its
 * successor.
 */
#include "translate/translator_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/engine.h"
#include "translate/x87_state.h"

enum {
    HOT = 8,              /* executions after which a block is translated */
    MOST_DECLINED = 4096, /* accesses of a translation, before it is made anew without groups */
};

/* How generated code was left, if the way that it took can be remembered. */
typedef struct Way {
    TranslatedBlock *from; /* NULL: it cannot */
    Link *link;
    unsigned kind;
    bool within_page;
    u32 flushes; /* when it was taken */
} Way;

static void remember(Cpu *cpu, const Way *way, TranslatedBlock *to)
{
    if (way->from && way->from->block && way->flushes == translator_of(cpu)->flushes)
        chain_remember(cpu, way->link, way->kind, to, way->within_page);
}

/* Runs generated code from `translation` on. Gives the block that comes next, and how it got there;
 * NULL: it is time to return. */
static Block *run_translations(Cpu *cpu, const TranslatedBlock *translation, Way *way)
{
    Translator *translator = translator_of(cpu);
    i32 number = crossing_enter(cpu, translation);
    unsigned kind = (unsigned)number & ((1 << EXIT_SHIFT) - 1);
    TranslatedBlock *last;

    if (number == EXIT_LEFT)
        return translator->next;
    translator->counters.exits[kind]++;
    last = &translator->translations[(u32)number >> EXIT_SHIFT];
    way->link = crossing_leave(cpu, last, kind);
    if (cpu_run_is_over(cpu))
        return NULL;
    if (kind == EXIT_BUDGET)
        return last->block;
    if (last->declined > MOST_DECLINED && !last->block->ungrouped) {
        last->block->ungrouped = true;
        translations_drop(cpu, last->block);
        return code_cache_next(cpu, cpu->block);
    }
    way->from = last;
    way->kind = kind;
    way->within_page = same_page(link_key(cpu), cpu->block_key);
    way->flushes = translator->flushes;
    return code_cache_next(cpu, last->block);
}

static void run(Cpu *cpu)
{
    Block *block = cpu_first_block(cpu);
    Way way = {0};

    while (block) {
        TranslatedBlock *translation = translation_for(cpu, block);

        if (translation)
            remember(cpu, &way, translation);
        way.from = NULL;
        if (translation && cpu->deadline - cpu->cycles >= block->count) {
            block = run_translations(cpu, translation, &way);
            continue;
        }
        translator_of(cpu)->counters.interpreted++;
        cpu_interpret(cpu, block);
        block = cpu_run_is_over(cpu) ? NULL : code_cache_next(cpu, block);
    }
}

/* ---- creation ---- */

static const CpuEngine translator_engine = {
    .run = run,
    .block_dropped = translations_drop,
    .blocks_flushed = translations_forget,
};

bool translator_attach(Cpu *cpu, u64 size, char *error, size_t error_size)
{
    Translator *translator = calloc(1, sizeof *translator);

    if (!__builtin_cpu_supports("bmi2") || !x87_state_movable() || !translator) {
        snprintf(error, error_size, "the translator needs a host processor with BMI2 and XSAVE");
        free(translator);
        return false;
    }
    translator->translations = calloc(MAX_TRANSLATIONS, sizeof *translator->translations);
    translator->sites = calloc(MAX_SITES, sizeof *translator->sites);
    if (!translator->translations || !translator->sites ||
        !backend_create(&translator->backend, size, crossing_call, crossing_call_simple)) {
        snprintf(error, error_size, "the host gives no memory for generated code");
        free(translator->sites);
        free(translator->translations);
        free(translator);
        return false;
    }
    translator->threshold = HOT;
    cpu->engine_state = translator;
    chain_clear_jumps(translator);
    cpu->native[NATIVE_SLOT_KEY] = ~(u64)0;
    cpu->native[NATIVE_JUMPS] = (u64)(uintptr_t)translator->jumps;
    code_cache_flush(cpu);
    cpu->engine = &translator_engine;
    return true;
}

void translator_detach(Cpu *cpu)
{
    Translator *translator = translator_of(cpu);

    if (!translator)
        return;
    translations_forget(cpu);
    cpu->engine = NULL;
    cpu->engine_state = NULL;
    backend_destroy(&translator->backend);
    free(translator->stages);
    free(translator->sites);
    free(translator->translations);
    free(translator);
}

const TranslatorCounters *translator_counters(const Cpu *cpu)
{
    return &translator_of(cpu)->counters;
}

bool translator_listen(Cpu *cpu, TranslatorListener *listener, void *context)
{
    Translator *translator = translator_of(cpu);

    if (listener && !translator->stages)
        translator->stages = calloc(1 + IR_PASSES, sizeof *translator->stages);
    translator->listener = translator->stages ? listener : NULL;
    translator->listener_context = context;
    return !listener || translator->stages;
}

const char *translator_pass_name(unsigned number)
{
    static const char *const others[] = {"slots", "groups", "host-flags", "chains", NULL};

    if (number < IR_PASSES)
        return ir_passes[number].name;
    return number <= CHAINS ? others[number - IR_PASSES] : NULL;
}

void translator_set_passes(Cpu *cpu, u32 left_out)
{
    Translator *translator = translator_of(cpu);

    translator->passes_left_out = left_out;
    translator->backend.without = (bit(left_out, SLOTS_PASS) ? WITHOUT_SLOTS : 0) |
                                  (bit(left_out, GROUPS) ? WITHOUT_GROUPS : 0) |
                                  (bit(left_out, HOST_FLAGS) ? WITHOUT_HOST_FLAGS : 0);
    translations_forget(cpu);
}

void translator_set_threshold(Cpu *cpu, u32 executions)
{
    translator_of(cpu)->threshold = executions;
}

bool translator_translate(Cpu *cpu)
{
    Block *block = code_cache_find(cpu);

    return translation_make(cpu, block) != NULL;
}

void translator_flush(Cpu *cpu)
{
    translations_forget(cpu);
}
