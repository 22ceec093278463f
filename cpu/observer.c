#include "cpu/observer.h"

#include <string.h>

#include "cpu/engine.h"
#include "cpu/segment.h"

void cpu_observe(Cpu *cpu, Observer *observer)
{
    if (cpu->observer == observer)
        return;
    cpu->observer = observer;
    segment_forget_loads(cpu);
    if (!observer)
        return;
    for (unsigned offset = 0; offset < PAGE_SIZE; offset++)
        if (observes_code(cpu, offset))
            code_cache_split(cpu, offset);
}

void cpu_observe_offset(Cpu *cpu, unsigned offset, bool wanted)
{
    u64 *word = &cpu->observer->offsets[offset / 64], mask = (u64)1 << offset % 64;

    if (wanted == ((*word & mask) != 0))
        return;
    *word ^= mask;
    code_cache_split(cpu, offset);
}

bool insn_is_magic(const Insn *insn)
{
    const Operand *a = &insn->operands[0], *b = &insn->operands[1];
    const unsigned bx = RBX * sizeof(u64);

    return opcode_rows[insn->row].name == INSN_XCHG && a->kind == OPERAND_GPR &&
           b->kind == OPERAND_GPR && a->size == WORD && a->number == bx && b->number == bx;
}

void cpu_observe_magic(Cpu *cpu, bool wanted)
{
    if (cpu->observer->magic == wanted)
        return;
    cpu->observer->magic = wanted;
    memset(cpu->observer->magic_offsets, 0, sizeof cpu->observer->magic_offsets);
    code_cache_flush(cpu);
}

/* An engine's code knows of watched pages or not. */
void cpu_watch(Cpu *cpu, const WatchedRange *ranges, unsigned count)
{
    bool watched = cpu->mmu.watched_count != 0;

    mmu_watch(&cpu->mmu, ranges, count);
    if (watched != (count != 0) && cpu->engine)
        cpu->engine->blocks_flushed(cpu);
}

bool observer_stops(Cpu *cpu)
{
    Observer *observer = cpu->observer;
    u64 linear = (cpu->segments[CS].base + cpu->rip) & cpu->linear_mask;

    if (!observes_code(cpu, linear) || observer->looked == cpu->cycles ||
        observer->repeats == cpu->cycles)
        return false;
    observer->looked = cpu->cycles;
    if (!observer->execute(observer->owner, linear))
        return false;
    cpu->attention |= ATTEND_STOP;
    return true;
}
