/*
 * The ways between translations: an exit is turned to its successor's code, through a guard where
 * that lies in another page, and indirect jumps find theirs in a table.
 */
#include "cpu/observer.h"
#include "translate/translator_inside.h"

/* ---- cutting ---- */

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

void chain_cut(Translator *translator, TranslatedBlock *translation)
{
    JumpEntry *entry = jump_entry(translator, translation->rip);

    if (entry->code == translation->code)
        *entry = (JumpEntry){.variant = ~(u32)0};
    while (translation->incoming)
        unchain(translation->incoming);
    unchain(&translation->links[0]);
    unchain(&translation->links[1]);
}

void chain_clear_jumps(Translator *translator)
{
    for (unsigned i = 0; i < JUMP_ENTRIES; i++)
        translator->jumps[i] = (JumpEntry){.variant = ~(u32)0};
}

/* ---- making ---- */

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

/* Observed code, and what straddles two pages, is always entered from C. */
void chain_remember(Cpu *cpu, Link *link, unsigned kind, TranslatedBlock *to, bool within_page)
{
    if (to->block->straddles || observes_code(cpu, (uintptr_t)to->block->host))
        return;
    if (bit(translator_of(cpu)->passes_left_out, CHAINS))
        return;
    if (kind == EXIT_INDIRECT)
        remember_jump(cpu, to);
    else if (link && !link->to)
        chain(cpu, link, to, !within_page);
}
