/*
 * Descriptors with reserved bits set, as the processor reads them: 8 bytes at an entry of the GDT,
 * the LDT or the IDT. A program that reads 8 bytes there by itself is taken for the processor.
 */
#include "frontend/debugger/descriptor_rules.h"
#include "frontend/debugger/descriptor_words.h"
#include "frontend/debugger/guest_memory.h"
#include "frontend/debugger/lint_inside.h"

#include <stdio.h>

typedef struct Table {
    const char *name;
    u64 base, limit;
} Table;

static bool is_entry(const Table *table, u64 linear)
{
    u64 offset = linear - table->base;

    return offset <= table->limit && table->limit - offset >= 7 && offset % 8 == 0;
}

/* In long mode the second half of an entry is no entry. */
static bool is_second_half(const Lint *lint, const Table *table, u64 linear, bool idt)
{
    u64 offset = linear - table->base, before;

    if (!cpu_long(lint->cpu))
        return false;
    if (idt)
        return offset % 16 == 8;
    return offset >= 16 && guest_read_number(lint->cpu, linear - 8, QWORD, &before) &&
           (descriptor_access(before) & ACCESS_P) && descriptor_is_wide(before, true, false);
}

static void look_at_entry(Lint *lint, const Table *table, const ObservedAccess *access, bool idt)
{
    bool is_long = cpu_long(lint->cpu);
    const char *reserved;
    char words[160];
    u64 upper = 0;

    if (is_second_half(lint, table, access->linear, idt))
        return;
    if (descriptor_is_wide(access->value, is_long, idt))
        guest_read_number(lint->cpu, access->linear + 8, QWORD, &upper);
    reserved = descriptor_reserved(access->value, upper, is_long, idt);
    if (!reserved || !lint_is_new(lint, access->linear, FOUND_ENTRY))
        return;
    descriptor_words(access->value, upper, is_long, words, sizeof words);
    lint_report(lint, lint_site(lint), FOUND_DESCRIPTOR,
                "loads entry %u of the %s, in which reserved bits are set: %s; it is: %s",
                (unsigned)((access->linear - table->base) / (idt && is_long ? 16 : 8)), table->name,
                reserved, words);
}

void lint_descriptor(Lint *lint, const ObservedAccess *access)
{
    const Cpu *cpu = lint->cpu;
    const Segment *ldt = &cpu->segments[LDTR];
    const Table tables[] = {
        {"GDT", cpu->gdtr.base, cpu->gdtr.limit},
        {"IDT", cpu->idtr.base, cpu->idtr.limit},
        {"LDT", ldt->base, ldt->limit},
    };

    if (access->write || access->size != QWORD || !lint->booted || !cpu_protected(cpu))
        return;
    for (unsigned i = 0; i < COUNT_OF(tables); i++) {
        if ((i < 2 || (ldt->access & ACCESS_P)) && is_entry(&tables[i], access->linear)) {
            look_at_entry(lint, &tables[i], access, i == 1);
            return;
        }
    }
}
