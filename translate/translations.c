/*
 * Translations: made when a block is hot, found again by instruction pointer and variant, dropped
 * with their block, and all at once when there is no room left.
 *
 * Blocks are the interpreter's: keyed by the host address of their first byte and dropped when one
 * of their bytes is written (cpu/code_cache.c). A translation belongs to a block, an instruction
 * pointer and a variant, the assumptions it was made under; those hold for all that is chained to
 * it, because whatever changes them ends its block and comes back to the run loop.
 */
#include "cpu/decode.h"
#include "cpu/opcodes.h"
#include "translate/translator_inside.h"
#include "translate/variant.h"

enum {
    ROOM = 64 << 10, /* bytes that must be left for another translation */
    MAX_DOUBLED = 6, /* times that a block's threshold has doubled */
};

/* ---- dropping ---- */

static void drop(Translator *translator, TranslatedBlock *translation)
{
    chain_cut(translator, translation);
    translation->block = NULL;
    translator->counters.dropped++;
}

void translations_drop(Cpu *cpu, Block *block)
{
    for (TranslatedBlock *t = block->translation; t; t = t->next)
        drop(translator_of(cpu), t);
    block->translation = NULL;
}

void translations_forget(Cpu *cpu)
{
    Translator *translator = translator_of(cpu);

    for (u32 i = 0; i < translator->count; i++)
        if (translator->translations[i].block)
            translator->translations[i].block->translation = NULL;
    chain_clear_jumps(translator);
    translator->count = translator->site_count = 0;
    translator->flushes++;
    translator->counters.flushes++;
    translator->backend.memory.used = translator->backend.first;
}

/* ---- making ---- */

static bool has_room(const Translator *translator)
{
    const CodeMemory *memory = &translator->backend.memory;

    return translator->count < MAX_TRANSLATIONS &&
           translator->site_count + BLOCK_MAX_INSNS <= MAX_SITES &&
           memory->size - memory->used > ROOM;
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
        if (ir_calls(&ir->ops[i])) {
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

/* Those of the translation that was made last. */
static void add_sites(Translator *translator, const Block *block)
{
    u32 first = translator->site_count;

    for (unsigned i = 0; i < block->count; i++) {
        const Insn *insn = &block->insns[i];
        InsnName name = name_of(insn);

        translator->sites[translator->site_count++] =
            (CallSite){.handler = insn_general_handler(insn),
                       .insn = insn,
                       .translation = translator->count - 1,
                       .name = (u16)name,
                       .ends_block = insn_ends_block(insn),
                       .uses_flags = (insn_info[name].reads | insn_info[name].writes |
                                      insn_info[name].undefined) != 0};
    }
    for (unsigned i = 0; i < translator->ir.count; i++)
        if (ir_calls(&translator->ir.ops[i]))
            translator->sites[first + translator->ir.ops[i].insn].called = true;
}

static TranslatedBlock *translate(Cpu *cpu, Block *block, u32 variant)
{
    Translator *translator = translator_of(cpu);
    TranslatedBlock *translation;
    HostCode code;

    if (!has_room(translator))
        translations_forget(cpu);
    translator->ir.block = block;
    translator->ir.rip = cpu->rip;
    translator->ir.assumptions = variant_assumptions(variant);
    translator->backend.first_site = translator->site_count;
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
    add_sites(translator, block);
    count_translation(&translator->counters, &translator->ir, code.length);
    if (translator->listener && block->host)
        translator->listener(
            translator->listener_context,
            &(TranslatorListing){.ir = &translator->ir,
                                 .stages = translator->stages,
                                 .host = translation->code,
                                 .length = code.length,
                                 .op_offsets = code.op_offsets,
                                 .routines = translator->backend.routines,
                                 .routine_count = translator->backend.routine_count});
    return translation;
}

static bool can_translate(const Cpu *cpu, const Block *block)
{
    return (block->host || block->straddles) && variant_limit_allows(cpu);
}

TranslatedBlock *translation_find(const Cpu *cpu, const Block *block)
{
    u32 variant;

    if (!block->translation)
        return NULL;
    variant = variant_now(cpu);
    for (TranslatedBlock *t = block->translation; t; t = t->next)
        if (t->rip == cpu->rip && t->variant == variant)
            return t;
    return NULL;
}

/* What is written again and again is not worth a translation before it has been executed more
 * often. */
static u32 threshold_of(const Cpu *cpu, const Block *block)
{
    unsigned doubled = block->rewritten < MAX_DOUBLED ? block->rewritten : MAX_DOUBLED;

    return ((translator_of(cpu)->threshold - 1) << doubled) + 1;
}

TranslatedBlock *translation_for(Cpu *cpu, Block *block)
{
    TranslatedBlock *translation = translation_find(cpu, block);

    if (translation)
        return translation;
    if (!can_translate(cpu, block) || ++block->executions < threshold_of(cpu, block))
        return NULL;
    return translate(cpu, block, variant_now(cpu));
}

TranslatedBlock *translation_make(Cpu *cpu, Block *block)
{
    return can_translate(cpu, block) ? translate(cpu, block, variant_now(cpu)) : NULL;
}
