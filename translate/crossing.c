/*
 * Crossing between generated code and C: who holds the flags, the XMM registers, the x87 and the
 * clock on either side, and the interpreter's body of one instruction in the midst of a
 * translation.
 */
#include "cpu/engine.h"
#include "cpu/simd.h"
#include "translate/translator_inside.h"
#include "translate/variant.h"
#include "translate/x87_state.h"

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

/* C code may have changed the TLB. */
static void check_slots(Cpu *cpu)
{
    bool slow = cpu->tlb_epoch == TLB_NO_EPOCH; /* alignment checks, data breakpoints */
    u64 key = (u64)cpu->mmu.generation << 1 | slow;

    if (key == cpu->native[NATIVE_SLOT_KEY])
        return;
    cpu->native[NATIVE_SLOT_KEY] = key;
    for (unsigned i = 0; i < SLOTS; i++)
        cpu->native[NATIVE_SLOT_PAGES + i] = SLOT_EMPTY;
}

/* Instructions that may be executed from the clock `cycles` on; not positive: none. */
static i64 budget_until_deadline(const Cpu *cpu, u64 cycles)
{
    if (cycles >= cpu->deadline)
        return 0;
    return (i64)(cpu->deadline - cycles < INT64_MAX / 2 ? cpu->deadline - cycles : INT64_MAX / 2);
}

/* What generated code finds when it begins. */
static void prepare(Cpu *cpu)
{
    u64 budget = (u64)budget_until_deadline(cpu, cpu->cycles);

    cpu->native[NATIVE_BUDGET] = budget;
    cpu->native[NATIVE_END] = cpu->cycles + budget;
    cpu->native[NATIVE_FLAGS] = flags_to_native(&cpu->flags);
    check_slots(cpu);
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

/* May generated code go on after the interpreter's body of an instruction? Not if that has asked
 * for more than the next instruction, nor if what the translation assumes holds no longer. */
static bool goes_on(Cpu *cpu, const TranslatedBlock *translation, const CallSite *site)
{
    const Block *block = translation->block;
    const Insn *next = site->insn + 1;
    u64 after = cpu->cycles + (u64)(next - cpu->counted);
    i64 budget;

    if (!cpu->block_end)
        return false;
    if (next != cpu->block_stop || !site->ends_block)
        return variant_fits(cpu, translation->variant);
    /* A repeated instruction counts as more than one, and a device may have moved the deadline. */
    budget = budget_until_deadline(cpu, after);
    if (cpu->attention || cpu->block_key == NO_KEY || budget <= 0 ||
        cpu->rip != ((translation->rip + block->bytes) & cpu->linear_mask) ||
        variant_now(cpu) != translation->variant)
        return false;
    cpu->native[NATIVE_BUDGET] = (u64)budget;
    cpu->native[NATIVE_END] = after + (u64)budget;
    return true;
}

static void count_call(Translator *translator, const CallSite *site)
{
    translator->counters.calls++;
    translator->counters.called[site->name]++;
}

u64 crossing_call_simple(Cpu *cpu, u32 number)
{
    Translator *translator = translator_of(cpu);
    const CallSite *site = &translator->sites[number];

    count_call(translator, site);
    if (site->uses_flags)
        flags_unpack(&cpu->flags, flags_from_native(cpu->native[NATIVE_FLAGS]));
    site->handler(cpu, site->insn);
    if (site->uses_flags)
        cpu->native[NATIVE_FLAGS] = flags_to_native(&cpu->flags);
    return CALL_GOES_ON;
}

/* Where generated code goes on after an instruction that has left its block. */
static u64 go_elsewhere(Cpu *cpu)
{
    Translator *translator = translator_of(cpu);
    TranslatedBlock *to;

    translator->counters.left++;
    translator->next = NULL;
    if (cpu_run_is_over(cpu))
        return CALL_LEAVES;
    translator->next = code_cache_next(cpu, cpu->block);
    to = translation_find(cpu, translator->next);
    if (!to || cpu->deadline - cpu->cycles < translator->next->count)
        return CALL_LEAVES;
    prepare(cpu);
    return (u64)(uintptr_t)to->code;
}

u64 crossing_call(Cpu *cpu, u32 number)
{
    Translator *translator = translator_of(cpu);

    if (number == SITE_X87) {
        give_x87(cpu);
        return CALL_GOES_ON;
    }
    if (number == SITE_SSE) {
        give_sse(cpu);
        return CALL_GOES_ON;
    }
    const CallSite *site = &translator->sites[number];
    TranslatedBlock *translation = &translator->translations[site->translation];
    Block *block = translation->block;

    count_call(translator, site);
    translation->declined += !site->called;
    flags_unpack(&cpu->flags, flags_from_native(cpu->native[NATIVE_FLAGS]));
    cpu->cycles = cpu->native[NATIVE_END] - cpu->native[NATIVE_BUDGET] - block->count;
    set_block(cpu, translation);
    cpu->rip = (translation->rip + block->bytes) & cpu->linear_mask;
    cpu->insn = site->insn;
    cpu->counted = block->insns;
    cpu->block_end = cpu->block_stop = block->insns + block->count;
    bool x87 = take_x87(cpu), sse = take_sse(cpu);
    site->handler(cpu, site->insn);
    if (!goes_on(cpu, translation, site)) {
        cpu_leave(cpu, site->insn + 1);
        return go_elsewhere(cpu);
    }
    if (x87)
        give_x87(cpu);
    if (sse)
        give_sse(cpu);
    if (site->uses_flags)
        cpu->native[NATIVE_FLAGS] = flags_to_native(&cpu->flags);
    check_slots(cpu);
    return CALL_GOES_ON;
}

i32 crossing_enter(Cpu *cpu, const TranslatedBlock *translation)
{
    Translator *translator = translator_of(cpu);

    prepare(cpu);
    translator->counters.entries++;
    return translator->backend.enter(cpu, translation->code);
}

Link *crossing_leave(Cpu *cpu, TranslatedBlock *last, unsigned kind)
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
