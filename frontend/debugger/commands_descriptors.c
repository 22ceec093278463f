/*
 * Descriptor tables and the task state segment, decoded.
 * Manual: Intel SDM Vol. 3, "Segment Descriptors", "IDT Descriptors", "Task-State Segment (TSS)".
 */
#include "frontend/debugger/commands_inside.h"
#include "frontend/debugger/descriptor_words.h"
#include "frontend/debugger/guest_memory.h"

#include "cpu/exception.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

typedef struct Table {
    const char *name;
    u64 base, limit; /* limit: the last byte's offset */
    bool idt;
} Table;

/* One entry; how many bytes it has. 0: it cannot be read. */
static unsigned print_entry(Commands *commands, const Table *table, u64 offset, bool even_empty)
{
    bool long_mode = cpu_long(commands->cpu);
    u64 descriptor, upper = 0;
    char words[256];
    unsigned size = 8;

    if (!guest_read_number(commands->cpu, table->base + offset, QWORD, &descriptor))
        return 0;
    if (descriptor_is_wide(descriptor, long_mode, table->idt) &&
        guest_read_number(commands->cpu, table->base + offset + 8, QWORD, &upper))
        size = 16;
    if (!descriptor && !even_empty)
        return size;
    descriptor_words(descriptor, upper, long_mode, words, sizeof words);
    if (table->idt) {
        unsigned vector = (unsigned)(offset / (long_mode ? 16 : 8));

        say(commands, "%3u %-4s %s", vector, exception_name(vector), words);
        if (access_is_gate(descriptor_access(descriptor)))
            say(commands, "%s",
                symbol_suffix(commands, gate_offset(descriptor, upper), words, sizeof words));
        say(commands, "\n");
    } else {
        say(commands, "%04" PRIx64 " %s\n", offset, words);
    }
    return size;
}

static CommandResult print_table(Commands *commands, const Table *table, const char *text)
{
    u64 only = 0, scale = table->idt ? (cpu_long(commands->cpu) ? 16 : 8) : 1;
    unsigned size;

    if (*text && !evaluate(commands, text, &only))
        return COMMAND_DONE;
    if (*text) {
        only = table->idt ? only * scale : only & ~(u64)7;
        if (only + 7 > table->limit || !print_entry(commands, table, only, true))
            say(commands, "That lies outside of the %s, or cannot be read.\n", table->name);
        return COMMAND_DONE;
    }
    say(commands, "%s at 0x%" PRIx64 ", limit 0x%" PRIx64 "\n", table->name, table->base,
        table->limit);
    for (u64 offset = 0; offset + 7 <= table->limit; offset += size) {
        size = print_entry(commands, table, offset, false);
        if (!size) {
            say(commands,
                "%04" PRIx64 " and all that follows cannot be read: the page is not mapped\n",
                offset);
            break;
        }
    }
    return COMMAND_DONE;
}

CommandResult command_info_gdt(Commands *commands, const char *text)
{
    const DescriptorTable *gdtr = &commands->cpu->gdtr;
    const Table table = {"GDT", gdtr->base, gdtr->limit, false};

    return print_table(commands, &table, text);
}

CommandResult command_info_ldt(Commands *commands, const char *text)
{
    const Segment *ldtr = &commands->cpu->segments[LDTR];
    const Table table = {"LDT", ldtr->base, ldtr->limit < 0xFFFF ? ldtr->limit : 0xFFFF, false};

    if (ldtr->access & ACCESS_P)
        return print_table(commands, &table, text);
    say(commands, "There is no LDT: LDTR is null.\n");
    return COMMAND_DONE;
}

/* Real mode: segment:offset, four bytes each. */
static void print_vectors(Commands *commands, const DescriptorTable *idtr, const char *text)
{
    u64 only = ~(u64)0, entry;
    char suffix[128];

    if (*text && !evaluate(commands, text, &only))
        return;
    say(commands, "Interrupt vectors of real mode at 0x%" PRIx64 "\n", idtr->base);
    for (u64 vector = 0; vector < 256 && vector * 4 + 3 <= idtr->limit; vector++) {
        if (*text && vector != only)
            continue;
        if (!guest_read_number(commands->cpu, idtr->base + vector * 4, DWORD, &entry))
            break;
        if (entry || *text)
            say(commands, "%02" PRIx64 "  %04" PRIx64 ":%04" PRIx64 "%s\n", vector, entry >> 16,
                entry & 0xFFFF,
                symbol_suffix(commands, (entry >> 16) * 16 + (entry & 0xFFFF), suffix,
                              sizeof suffix));
    }
}

CommandResult command_info_idt(Commands *commands, const char *text)
{
    const DescriptorTable *idtr = &commands->cpu->idtr;
    const Table table = {"IDT", idtr->base, idtr->limit, true};

    if (!cpu_real(commands->cpu))
        return print_table(commands, &table, text);
    print_vectors(commands, idtr, text);
    return COMMAND_DONE;
}

CommandResult command_info_descriptor(Commands *commands, const char *text)
{
    Cpu *cpu = commands->cpu;
    u64 selector, linear;
    char words[128];
    Table table = {"table", 0, 0xFFFF, false};

    if (!evaluate(commands, text, &selector))
        return COMMAND_DONE;
    selector_words((u16)selector, words, sizeof words);
    say(commands, "%04" PRIx64 ": %s\n", selector & 0xFFFF, words);
    if (!descriptor_locate(cpu, (u16)selector, &linear)) {
        say(commands, "That lies outside of its table.\n");
        return COMMAND_DONE;
    }
    table.base = linear - (selector & 0xFFF8);
    if (!print_entry(commands, &table, selector & 0xFFF8, true))
        say(commands, "Its table cannot be read: the page is not mapped.\n");
    return COMMAND_DONE;
}

/* ---- the TSS ---- */

typedef struct TssField {
    const char *name;
    u8 offset, size;
} TssField;

static const TssField fields_32[] = {
    {"link", 0, 2},  {"ESP0", 4, 4},      {"SS0", 8, 2},  {"ESP1", 12, 4}, {"SS1", 16, 2},
    {"ESP2", 20, 4}, {"SS2", 24, 2},      {"CR3", 28, 4}, {"EIP", 32, 4},  {"EFLAGS", 36, 4},
    {"EAX", 40, 4},  {"ECX", 44, 4},      {"EDX", 48, 4}, {"EBX", 52, 4},  {"ESP", 56, 4},
    {"EBP", 60, 4},  {"ESI", 64, 4},      {"EDI", 68, 4}, {"ES", 72, 2},   {"CS", 76, 2},
    {"SS", 80, 2},   {"DS", 84, 2},       {"FS", 88, 2},  {"GS", 92, 2},   {"LDTR", 96, 2},
    {"T", 100, 2},   {"I/O map", 102, 2},
};

static const TssField fields_16[] = {
    {"link", 0, 2}, {"SP0", 2, 2}, {"SS0", 4, 2},    {"SP1", 6, 2},   {"SS1", 8, 2}, {"SP2", 10, 2},
    {"SS2", 12, 2}, {"IP", 14, 2}, {"FLAGS", 16, 2}, {"AX", 18, 2},   {"CX", 20, 2}, {"DX", 22, 2},
    {"BX", 24, 2},  {"SP", 26, 2}, {"BP", 28, 2},    {"SI", 30, 2},   {"DI", 32, 2}, {"ES", 34, 2},
    {"CS", 36, 2},  {"SS", 38, 2}, {"DS", 40, 2},    {"LDTR", 42, 2},
};

static const TssField fields_64[] = {
    {"RSP0", 4, 8},  {"RSP1", 12, 8}, {"RSP2", 20, 8},     {"IST1", 36, 8},
    {"IST2", 44, 8}, {"IST3", 52, 8}, {"IST4", 60, 8},     {"IST5", 68, 8},
    {"IST6", 76, 8}, {"IST7", 84, 8}, {"I/O map", 102, 2},
};

static void print_fields(Commands *commands, const TssField *fields, unsigned count, u64 base)
{
    for (unsigned i = 0; i < count; i++) {
        u64 value;

        if (!guest_read_number(commands->cpu, base + fields[i].offset, BYTE, &value)) {
            say(commands, "\nThe rest cannot be read: its page is not mapped.\n");
            return;
        }
        value = 0;
        guest_read(commands->cpu, base + fields[i].offset, &value, fields[i].size);
        say(commands, "  %-7s %0*" PRIx64 "%s", fields[i].name, fields[i].size * 2, value,
            i % 4 == 3 || i + 1 == count ? "\n" : "");
    }
}

CommandResult command_info_tss(Commands *commands, const char *text)
{
    const Segment *tr = &commands->cpu->segments[TR];
    bool wide = access_type(tr->access) & 8;
    char words[128];

    (void)text;
    if (!(tr->access & ACCESS_P) || cpu_real(commands->cpu)) {
        say(commands, "There is no task: TR has not been loaded.\n");
        return COMMAND_DONE;
    }
    access_words(tr->access, cpu_long(commands->cpu), words, sizeof words);
    say(commands, "%s at 0x%" PRIx64 ", limit 0x%x, selector %04x\n", words, tr->base, tr->limit,
        tr->selector);
    if (cpu_long(commands->cpu))
        print_fields(commands, fields_64, COUNT_OF(fields_64), tr->base);
    else if (wide)
        print_fields(commands, fields_32, COUNT_OF(fields_32), tr->base);
    else
        print_fields(commands, fields_16, COUNT_OF(fields_16), tr->base);
    return COMMAND_DONE;
}
