/*
 * The translator's run loop: find or make the translation of a block, run it, chain it to its
 * successor.
 *
 * Blocks are the interpreter's: keyed by the host address of their first byte and dropped when one
 * of their bytes is written (cpu/code_cache.c). A translation belongs to a block, an instruction
 * pointer and a variant, the assumptions it was made under; those hold for all that is chained to
 * it, because whatever changes them ends its block and comes back here.
 */
#include "translate/translator.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/decode.h"
#include "cpu/engine.h"
#include "cpu/observer.h"
#include "cpu/opcodes.h"
#include "cpu/simd.h"
#include "translate/backend.h"
#include "translate/variant.h"
#include "translate/x87_state.h"

enum {
    MAX_TRANSLATIONS = 1 << 16,
    HOT = 8, /* executions after which a block is translated */
    /* What is no pass but can be left out, too. */
    SLOTS_PASS = IR_PASSES,
    HOST_FLAGS,
    CHAINS,          /* going from block to block within generated code */
    ROOM = 64 << 10, /* bytes that must be left for another translation */
};

typedef struct TranslatedBlock TranslatedBlock;

/* A known way out, and whom it is chained to. */
typedef struct Link {
    HostExit exit;
    TranslatedBlock *to;
    struct Link *next_incoming; /* of `to` */
} Link;

struct TranslatedBlock {
    Block *block; /* NULL: dropped */
    u64 rip;
    u32 variant;
    const u8 *code; /* as executed */
    u8 *entry;      /* as written */
    Link links[2];
    Link *incoming;
    TranslatedBlock *next; /* of the same block */
};

typedef struct Translator {
    Backend backend;
    JumpEntry jumps[JUMP_ENTRIES];
    TranslatedBlock *translations;
    Handler *handlers; /* the interpreter's body for each call site, by its number */
    u32 count;
    u32 threshold; /* executions after which a block is translated */
    u32 flushes;   /* translations from before another one are gone */
    IrBlock ir;
    TranslatorCounters counters;
    u32 passes_left_out;
    IrBlock *stages; /* 1 + IR_PASSES, for the listener; NULL: there was none */
    TranslatorListener *listener;
    void *listener_context;
} Translator;

static Translator *translator_of(const Cpu *cpu)
{
    return cpu->engine_state;
}

/* ---- dropping ---- */

static void unchain(Link *link)
{
    if (!link->to)
        return;
    for (Link **at = &link->to->incoming; *at; at = &(*at)->next_incoming)
        if (*at == link) {
            *at = link->next_incoming;
            break;
        }
    backend_chain(&link->exit, NULL);
    link->to = NULL;
}

static JumpEntry *jump_entry(Translator *translator, u64 rip)
{
    return &translator->jumps[rip % JUMP_ENTRIES];
}

static void drop(Translator *translator, TranslatedBlock *translation)
{
    JumpEntry *entry = jump_entry(translator, translation->rip);

    if (entry->code == translation->code)
        *entry = (JumpEntry){.variant = ~(u32)0};
    while (translation->incoming)
        unchain(translation->incoming);
    unchain(&translation->links[0]);
    unchain(&translation->links[1]);
    translation->block = NULL;
    translator->counters.dropped++;
}

static void block_dropped(Cpu *cpu, Block *block)
{
    for (TranslatedBlock *t = block->translation; t; t = t->next)
        drop(translator_of(cpu), t);
    block->translation = NULL;
}

static void clear_jumps(Translator *translator)
{
    for (unsigned i = 0; i < JUMP_ENTRIES; i++)
        translator->jumps[i] = (JumpEntry){.variant = ~(u32)0};
}

static void forget_all(Cpu *cpu)
{
    Translator *translator = translator_of(cpu);

    for (u32 i = 0; i < translator->count; i++)
        if (translator->translations[i].block)
            translator->translations[i].block->translation = NULL;
    clear_jumps(translator);
    translator->count = 0;
    translator->flushes++;
    translator->counters.flushes++;
    translator->backend.memory.used = translator->backend.first;
}

/* ---- making ---- */

static bool has_room(const Translator *translator)
{
    const CodeMemory *memory = &translator->backend.memory;

    return translator->count < MAX_TRANSLATIONS && memory->size - memory->used > ROOM;
}

static InsnName name_of(const Insn *insn)
{
    return opcode_rows[insn->row].name;
}

static void count_translation(TranslatorCounters *counters, const IrBlock *ir, u64 length)
{
    const Block *block = ir->block;

    counters->translations++;
    counters->guest_bytes += block->bytes;
    counters->host_bytes += length;
    for (unsigned i = 0; i < block->count; i++)
        counters->lifted[name_of(&block->insns[i])]++;
    for (unsigned i = 0; i < ir->count; i++)
        if (ir->ops[i].opcode == IR_CALL) {
            InsnName name = name_of(&block->insns[ir->ops[i].insn]);

            counters->lifted[name]--;
            counters->not_lifted[name]++;
        }
}

static void keep_stage(Translator *translator, unsigned number)
{
    if (translator->listener)
        translator->stages[number] = translator->ir;
}

static void make_ir(Translator *translator)
{
    ir_lift(&translator->ir);
    keep_stage(translator, 0);
    for (unsigned i = 0; i < IR_PASSES; i++) {
        if (!bit(translator->passes_left_out, i))
            ir_passes[i].run(&translator->ir);
        keep_stage(translator, i + 1);
    }
}

static TranslatedBlock *translate(Cpu *cpu, Block *block, u32 variant)
{
    Translator *translator = translator_of(cpu);
    TranslatedBlock *translation;
    HostCode code;

    if (!has_room(translator))
        forget_all(cpu);
    translator->ir.block = block;
    translator->ir.rip = cpu->rip;
    translator->ir.assumptions = variant_assumptions(variant);
    translator->backend.watching = cpu->mmu.watched_count != 0;
    make_ir(translator);
    if (!backend_emit(&translator->backend, &translator->ir, translator->count, variant, &code))
        return NULL;
    translation = &translator->translations[translator->count++];
    *translation =
        (TranslatedBlock){.block = block,
                          .rip = cpu->rip,
                          .variant = variant,
                          .code = code_executable(&translator->backend.memory, code.start),
                          .entry = code.start,
                          .links = {{.exit = code.exits[0]}, {.exit = code.exits[1]}},
                          .next = block->translation};
    block->translation = translation;
    for (unsigned i = 0; i < block->count; i++)
        translator->handlers[(translator->count - 1) << SITE_SHIFT | i] =
            insn_general_handler(&block->insns[i]);
    count_translation(&translator->counters, &translator->ir, code.length);
    if (translator->listener)
        translator->listener(translator->listener_context,
                             &(TranslatorListing){.ir = &translator->ir,
                                                  .stages = translator->stages,
                                                  .host = translation->code,
                                                  .length = code.length,
                                                  .op_offsets = code.op_offsets});
    return translation;
}

static bool can_translate(const Cpu *cpu, const Block *block)
{
    return block->host && variant_limit_allows(cpu);
}

/* The translation of the block at cpu->rip for the present state; NULL: not hot, or not to be had.
 */
static TranslatedBlock *translation_for(Cpu *cpu, Block *block)
{
    u32 variant = variant_now(cpu);

    for (TranslatedBlock *t = block->translation; t; t = t->next)
        if (t->rip == cpu->rip && t->variant == variant)
            return t;
    if (!can_translate(cpu, block) || ++block->executions < translator_of(cpu)->threshold)
        return NULL;
    return translate(cpu, block, variant);
}

/* ---- running ---- */

static u32 flags_from_native(u64 native)
{
    return (native >> 8 & (FLAGS_ARITHMETIC & 0xFF)) | (native & 1 ? FLAG_OF : 0);
}

static u64 flags_to_native(const Flags *flags)
{
    u32 packed = flags_pack(flags);

    return (packed & 0xFF) << 8 | (packed & FLAG_OF ? 1 : 0);
}

/* Generated code leaves the exception flags of its SSE operations in the host's MXCSR, which must
 * have none to begin with that the guest's has not. */
static void give_sse(Cpu *cpu)
{
    if (__builtin_ia32_stmxcsr() & ~cpu->mxcsr & MXCSR_FLAGS)
        __builtin_ia32_ldmxcsr(MXCSR_INIT);
    cpu->native[NATIVE_SSE] = 1;
}

/* The registers have been spilled already. */
static bool take_sse(Cpu *cpu)
{
    bool there = cpu->native[NATIVE_SSE] != 0;

    if (there && (cpu->mxcsr & ~(u32)MXCSR_FLAGS) == MXCSR_INIT)
        cpu->mxcsr |= __builtin_ia32_stmxcsr() & MXCSR_FLAGS;
    cpu->native[NATIVE_SSE] = 0;
    return there;
}

static bool take_x87(Cpu *cpu)
{
    bool there = cpu->native[NATIVE_X87] != 0;

    if (there)
        x87_from_host(cpu);
    cpu->native[NATIVE_X87] = 0;
    return there;
}

/* Gives the x87 to generated code, unless it could fault there. */
static void give_x87(Cpu *cpu)
{
    x87_to_host(cpu);
    cpu->native[NATIVE_X87] = 1;
}

/* C code may have changed the TLB, or whose it is. */
static void check_slots(Cpu *cpu)
{
    bool slow = cpu->tlb_epoch == TLB_NO_EPOCH; /* alignment checks, data breakpoints */
    u64 key = (u64)cpu->mmu.generation << 3 | (u64)slow << 2 | cpu->as;

    if (key == cpu->native[NATIVE_SLOT_KEY])
        return;
    cpu->native[NATIVE_SLOT_KEY] = key;
    for (unsigned i = 0; i < SLOTS; i++)
        cpu->native[NATIVE_SLOT_PAGES + i] = SLOT_EMPTY;
}

/* Says that the present block is that of `translation`. */
static void set_block(Cpu *cpu, const TranslatedBlock *translation)
{
    u64 rip = cpu->rip;

    cpu->rip = cpu->block_rip = translation->rip;
    cpu->block = translation->block;
    cpu->block_key = link_key(cpu);
    cpu->rip = rip;
}

/* May generated code go on after the interpreter's body of `insn`? Not if that has asked for more
 * than the next instruction, nor if what the translation assumes holds no longer. */
static bool goes_on(Cpu *cpu, const TranslatedBlock *translation, const Insn *insn)
{
    const Block *block = translation->block;
    u64 after = cpu->cycles + (u64)(insn + 1 - cpu->counted);
    i64 budget;

    if (!cpu->block_end)
        return false;
    if (insn + 1 != cpu->block_stop || !insn_ends_block(insn))
        return variant_fits(cpu, translation->variant);
    /* A repeated instruction counts as more than one. */
    budget = (i64)(cpu->native[NATIVE_END] - after);
    if (cpu->attention || cpu->block_key == NO_KEY || budget <= 0 ||
        cpu->rip != ((translation->rip + block->bytes) & cpu->linear_mask) ||
        variant_now(cpu) != translation->variant)
        return false;
    cpu->native[NATIVE_BUDGET] = (u64)budget;
    return true;
}

/* From generated code: does one guest instruction the interpreter's way. */
static u64 call_interpreter(Cpu *cpu, u32 site)
{
    Translator *translator = translator_of(cpu);

    if (site == SITE_X87) {
        give_x87(cpu);
        return 0;
    }
    if (site == SITE_SSE) {
        give_sse(cpu);
        return 0;
    }
    const TranslatedBlock *translation = &translator->translations[site >> SITE_SHIFT];
    Block *block = translation->block;
    const Insn *insn = &block->insns[site & (BLOCK_MAX_INSNS - 1)];
    const Insn *end = block->insns + block->count;

    translator->counters.calls++;
    translator->counters.called[name_of(insn)]++;
    flags_unpack(&cpu->flags, flags_from_native(cpu->native[NATIVE_FLAGS]));
    cpu->cycles = cpu->native[NATIVE_END] - cpu->native[NATIVE_BUDGET] - block->count;
    set_block(cpu, translation);
    cpu->rip = (translation->rip + block->bytes) & cpu->linear_mask;
    cpu->insn = insn;
    cpu->counted = block->insns;
    cpu->block_end = cpu->block_stop = end;
    bool x87 = take_x87(cpu), sse = take_sse(cpu);
    translator->handlers[site](cpu, insn);
    if (!goes_on(cpu, translation, insn)) {
        cpu_leave(cpu, insn + 1);
        return 1;
    }
    if (x87)
        give_x87(cpu);
    if (sse)
        give_sse(cpu);
    const InsnInfo *info = &insn_info[opcode_rows[insn->row].name];

    if (info->writes | info->undefined)
        cpu->native[NATIVE_FLAGS] = flags_to_native(&cpu->flags);
    check_slots(cpu);
    return 0;
}

/* Runs generated code from `translation` on; returns the exit's number. */
static i32 enter(Cpu *cpu, const TranslatedBlock *translation)
{
    Translator *translator = translator_of(cpu);
    u64 budget = cpu->deadline - cpu->cycles;

    if (budget > INT64_MAX / 2)
        budget = INT64_MAX / 2;
    cpu->native[NATIVE_BUDGET] = budget;
    cpu->native[NATIVE_END] = cpu->cycles + budget;
    cpu->native[NATIVE_FLAGS] = flags_to_native(&cpu->flags);
    check_slots(cpu);
    translator->counters.entries++;
    return translator->backend.enter(cpu, translation->code);
}

/* After an exit other than EXIT_LEFT: the Cpu as the interpreter would have left it. Gives the
 * link that was taken, or NULL. */
static Link *leave(Cpu *cpu, TranslatedBlock *last, unsigned kind)
{
    Link *link = NULL;

    take_sse(cpu);
    take_x87(cpu);
    flags_unpack(&cpu->flags, flags_from_native(cpu->native[NATIVE_FLAGS]));
    cpu->cycles = cpu->native[NATIVE_END] - cpu->native[NATIVE_BUDGET];
    if (kind == EXIT_FIRST || kind == EXIT_SECOND) {
        link = &last->links[kind];
        cpu->rip = link->exit.target;
    } else if (kind == EXIT_BUDGET) {
        cpu->rip = last->rip;
    }
    set_block(cpu, last);
    cpu->insn = cpu->counted = &no_insn;
    cpu->block_rip = cpu->rip;
    return link;
}

/* How a way to `to` is known again, at present. */
static JumpEntry entry_for(const Cpu *cpu, const TranslatedBlock *to)
{
    u64 base = cpu->segments[CS].base;

    return (JumpEntry){.rip = to->rip,
                       .variant = to->variant,
                       .generation = cpu->mmu.code_generation - 1,
                       .addend = (u64)(uintptr_t)to->block->host - (to->rip + base),
                       .code = to->code,
                       .base = base};
}

/* Linear addresses wrap at 4 GiB, which generated code does not care to check. */
static bool wraps(const Cpu *cpu, const TranslatedBlock *to)
{
    return ((to->rip + cpu->segments[CS].base) & ~cpu->linear_mask) != 0;
}

static void chain(Cpu *cpu, Link *link, TranslatedBlock *to, bool guarded)
{
    Translator *translator = translator_of(cpu);
    const u8 *target = to->entry;

    if (guarded) {
        const JumpEntry entry = entry_for(cpu, to);

        if (wraps(cpu, to))
            return;
        target = backend_guard(&translator->backend, &link->exit, &entry, cpu->user, to->entry);
        if (!target)
            return;
        translator->counters.guards++;
    }
    backend_chain(&link->exit, target);
    link->to = to;
    link->next_incoming = to->incoming;
    to->incoming = link;
    translator->counters.chains++;
}

static void remember_jump(Cpu *cpu, const TranslatedBlock *to)
{
    if (!wraps(cpu, to))
        *jump_entry(translator_of(cpu), to->rip) = entry_for(cpu, to);
}

/* The way that was just taken, for the next time. Observed code is always entered from here. */
static void remember(Cpu *cpu, Link *link, unsigned kind, TranslatedBlock *to, bool within_page)
{
    if (observes_code(cpu, (uintptr_t)to->block->host))
        return;
    if (bit(translator_of(cpu)->passes_left_out, CHAINS))
        return;
    if (kind == EXIT_INDIRECT)
        remember_jump(cpu, to);
    else if (link && !link->to)
        chain(cpu, link, to, !within_page);
}

static bool finished(const Cpu *cpu)
{
    return cpu->attention || cpu->cycles >= cpu->deadline;
}

/* Runs translations from `translation` on until one is missing. Gives the block that comes next,
 * NULL: it is time to return. */
static Block *run_translations(Cpu *cpu, TranslatedBlock *translation)
{
    Translator *translator = translator_of(cpu);

    for (;;) {
        i32 number = enter(cpu, translation);
        unsigned kind = (unsigned)number & ((1 << EXIT_SHIFT) - 1);
        TranslatedBlock *last;
        Link *link;
        Block *block;
        bool within_page;
        u32 flushes;

        if (number == EXIT_LEFT) {
            translator->counters.left++;
            return finished(cpu) ? NULL : code_cache_next(cpu, cpu->block);
        }
        translator->counters.exits[kind]++;
        last = &translator->translations[(u32)number >> EXIT_SHIFT];
        link = leave(cpu, last, kind);
        if (finished(cpu))
            return NULL;
        if (kind == EXIT_BUDGET)
            return last->block;
        within_page = same_page(link_key(cpu), cpu->block_key);
        flushes = translator->flushes;
        block = code_cache_next(cpu, last->block);
        translation = translation_for(cpu, block);
        if (!translation)
            return block;
        if (flushes == translator->flushes && last->block)
            remember(cpu, link, kind, translation, within_page);
        if (cpu->deadline - cpu->cycles < block->count)
            return block;
    }
}

static void run(Cpu *cpu)
{
    Block *block = cpu_first_block(cpu);

    while (block) {
        TranslatedBlock *translation = translation_for(cpu, block);

        if (translation && cpu->deadline - cpu->cycles >= block->count) {
            block = run_translations(cpu, translation);
            continue;
        }
        translator_of(cpu)->counters.interpreted++;
        cpu_interpret(cpu, block);
        block = finished(cpu) ? NULL : code_cache_next(cpu, block);
    }
}

/* ---- creation ---- */

static const CpuEngine translator_engine = {
    .run = run,
    .block_dropped = block_dropped,
    .blocks_flushed = forget_all,
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
    translator->handlers = calloc((u64)MAX_TRANSLATIONS << SITE_SHIFT, sizeof(Handler));
    if (!translator->translations || !translator->handlers ||
        !backend_create(&translator->backend, size, call_interpreter)) {
        snprintf(error, error_size, "the host gives no memory for generated code");
        free(translator->handlers);
        free(translator->translations);
        free(translator);
        return false;
    }
    translator->threshold = HOT;
    cpu->engine_state = translator;
    clear_jumps(translator);
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
    forget_all(cpu);
    cpu->engine = NULL;
    cpu->engine_state = NULL;
    backend_destroy(&translator->backend);
    free(translator->stages);
    free(translator->handlers);
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
    static const char *const others[] = {"slots", "host-flags", "chains", NULL};

    if (number < IR_PASSES)
        return ir_passes[number].name;
    return number <= CHAINS ? others[number - IR_PASSES] : NULL;
}

void translator_set_passes(Cpu *cpu, u32 left_out)
{
    Translator *translator = translator_of(cpu);

    translator->passes_left_out = left_out;
    translator->backend.without = (bit(left_out, SLOTS_PASS) ? WITHOUT_SLOTS : 0) |
                                  (bit(left_out, HOST_FLAGS) ? WITHOUT_HOST_FLAGS : 0);
    forget_all(cpu);
}

void translator_set_threshold(Cpu *cpu, u32 executions)
{
    translator_of(cpu)->threshold = executions;
}

bool translator_translate(Cpu *cpu)
{
    Block *block = code_cache_find(cpu);

    return can_translate(cpu, block) && translate(cpu, block, variant_now(cpu)) != NULL;
}

void translator_flush(Cpu *cpu)
{
    forget_all(cpu);
}
