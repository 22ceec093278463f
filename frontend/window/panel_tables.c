/*
 * GDT, LDT, IDT and TSS, decoded. In real mode the IDT is the table of interrupt vectors.
 * Manual: Intel SDM Vol. 3, "Segment Descriptor Tables", "IDT Descriptors", "Task-State Segment".
 */
#include "frontend/window/panels.h"

#include <inttypes.h>
#include <stdio.h>

#include "cpu/task.h"
#include "frontend/debugger/descriptor_words.h"
#include "frontend/debugger/guest_memory.h"
#include "frontend/debugger/symbols.h"

enum { TABLE_GDT, TABLE_LDT, TABLE_IDT, TABLE_TSS };
static const char *const table_names[] = {"GDT", "LDT", "IDT", "TSS"};

/* Which segment register holds the selector; "" for none. */
static void users_text(const Cpu *cpu, u16 selector, char *text, size_t size)
{
    static const char *const names[SEGMENT_COUNT] = {"ES", "CS", "SS",   "DS",
                                                     "FS", "GS", "LDTR", "TR"};
    size_t used = 0;

    *text = '\0';
    for (unsigned i = 0; i < SEGMENT_COUNT; i++)
        if (cpu->segments[i].access && (cpu->segments[i].selector & ~3u) == selector)
            used += (size_t)snprintf(text + used, size - used, "%s ", names[i]);
}

static bool read_descriptor(Cpu *cpu, u64 base, unsigned offset, bool idt, Descriptor *descriptor,
                            u64 *upper)
{
    *upper = 0;
    if (!guest_read_number(cpu, base + offset, QWORD, descriptor))
        return false;
    if (descriptor_is_wide(*descriptor, cpu_long(cpu), idt))
        guest_read_number(cpu, base + offset + 8, QWORD, upper);
    return true;
}

static void draw_descriptor(Panels *panels, const DescriptorTable *table, unsigned index, bool ldt)
{
    u16 selector = (u16)(index * 8 + (ldt ? 4 : 0));
    Descriptor descriptor;
    char text[160];
    u64 upper;

    gui_row();
    gui_cell();
    gui_print(GUI_ADDRESS, "%04X", selector);
    gui_cell();
    if (!read_descriptor(panels->cpu, table->base, index * 8, false, &descriptor, &upper)) {
        gui_text(GUI_BAD, "not in memory");
        return;
    }
    users_text(panels->cpu, selector, text, sizeof text);
    if (*text && (index || ldt)) {
        gui_text(GUI_HEADING, text);
        gui_tooltip("These segment registers hold its selector");
        gui_same_line();
    }
    descriptor_words(descriptor, upper, cpu_long(panels->cpu), text, sizeof text);
    gui_text(descriptor ? GUI_TEXT : GUI_DIM, index || ldt ? text : "the null descriptor");
}

static void draw_descriptors(Panels *panels, const DescriptorTable *table, bool ldt)
{
    unsigned count = (table->limit + 1u) / 8, first, last;

    gui_print(GUI_DIM, "%u entries at", count);
    gui_same_line();
    panels_address(panels, GUI_ADDRESS, table->base);
    if (!gui_table_begin("descriptors", 2, GUI_TABLE_SCROLL))
        return;
    gui_table_column("selector", 9);
    gui_table_column("descriptor", 0);
    gui_table_head();
    gui_list_begin(count);
    while (gui_list_next(&first, &last))
        for (unsigned i = first; i < last; i++)
            draw_descriptor(panels, table, i, ldt);
    gui_table_end();
}

static void draw_handler(Panels *panels, u64 linear)
{
    char name[96];

    symbols_name_address(debugger_symbols(panels->debugger), linear, name, sizeof name);
    gui_id(linear);
    if (gui_link(GUI_ADDRESS, *name ? name : "->"))
        panels_show_code(panels, linear);
    gui_id_end();
    gui_tooltip("click to see the handler");
}

/* Where a gate leads: its code segment's base counts. */
static u64 handler_linear(Cpu *cpu, u16 selector, u64 offset)
{
    Descriptor code = 0;
    u64 base = selector & 4 ? cpu->segments[LDTR].base : cpu->gdtr.base;

    if (cpu_long(cpu) || !guest_read_number(cpu, base + (selector & ~7u), QWORD, &code))
        return offset;
    return (u32)(descriptor_base(code) + offset);
}

static void draw_gate(Panels *panels, unsigned vector)
{
    Cpu *cpu = panels->cpu;
    unsigned wide = cpu_long(cpu) ? 16 : 8;
    Descriptor gate;
    char text[160];
    u64 upper;

    if (!read_descriptor(cpu, cpu->idtr.base, vector * wide, true, &gate, &upper)) {
        gui_text(GUI_BAD, "not in memory");
        return;
    }
    descriptor_words(gate, upper, cpu_long(cpu), text, sizeof text);
    if (access_is_gate(descriptor_access(gate)) && (descriptor_access(gate) & ACCESS_P)) {
        draw_handler(panels, handler_linear(cpu, gate_selector(gate), gate_offset(gate, upper)));
        gui_same_line();
    }
    gui_text(gate ? GUI_TEXT : GUI_DIM, text);
}

static void draw_real_vector(Panels *panels, unsigned vector)
{
    u64 far;

    if (!guest_read_number(panels->cpu, panels->cpu->idtr.base + 4 * vector, DWORD, &far)) {
        gui_text(GUI_BAD, "not in memory");
        return;
    }
    gui_print(GUI_TEXT, "%04X:%04X", (unsigned)(far >> 16), (unsigned)(far & 0xFFFF));
    gui_same_line();
    draw_handler(panels, (far >> 16) * 16 + (far & 0xFFFF));
}

static void draw_idt(Panels *panels)
{
    const Cpu *cpu = panels->cpu;
    unsigned wide = cpu_real(cpu) ? 4 : cpu_long(cpu) ? 16 : 8;
    unsigned count = (cpu->idtr.limit + 1u) / wide, first, last;

    gui_print(GUI_DIM, "%u vectors at", count > 256 ? 256 : count);
    gui_same_line();
    panels_address(panels, GUI_ADDRESS, cpu->idtr.base);
    if (!gui_table_begin("gates", 3, GUI_TABLE_SCROLL))
        return;
    gui_table_column("vector", 7);
    gui_table_column("leads to", -3);
    gui_table_column("", -2);
    gui_table_head();
    gui_list_begin(count > 256 ? 256 : count);
    while (gui_list_next(&first, &last))
        for (unsigned i = first; i < last; i++) {
            gui_row();
            gui_cell();
            gui_print(GUI_ADDRESS, "%3u %02X", i, i);
            gui_cell();
            if (wide == 4)
                draw_real_vector(panels, i);
            else
                draw_gate(panels, i);
            gui_cell();
            gui_text(GUI_DIM, vector_words(i));
        }
    gui_table_end();
}

// clang-format off
static const struct TssField {
    const char *name;
    u8 offset16, offset32, offset64, size64;    /* 0 offsets: it has none (but the link) */
} tss_fields[] = {
    {"link to the previous task", 0, 0, 0xFF, 0},
    {"stack of ring 0 (offset)", 2, 4, 4, QWORD}, {"stack of ring 0 (SS)", 4, 8, 0xFF, 0},
    {"stack of ring 1 (offset)", 6, 12, 12, QWORD}, {"stack of ring 1 (SS)", 8, 16, 0xFF, 0},
    {"stack of ring 2 (offset)", 10, 20, 20, QWORD}, {"stack of ring 2 (SS)", 12, 24, 0xFF, 0},
    {"IST 1", 0xFF, 0xFF, 36, QWORD}, {"IST 2", 0xFF, 0xFF, 44, QWORD}, {"IST 3", 0xFF, 0xFF, 52, QWORD},
    {"IST 4", 0xFF, 0xFF, 60, QWORD}, {"IST 5", 0xFF, 0xFF, 68, QWORD}, {"IST 6", 0xFF, 0xFF, 76, QWORD},
    {"IST 7", 0xFF, 0xFF, 84, QWORD},
    {"CR3", 0xFF, 28, 0xFF, 0}, {"EIP", 14, 32, 0xFF, 0}, {"EFLAGS", 16, 36, 0xFF, 0},
    {"EAX", 18, 40, 0xFF, 0}, {"ECX", 20, 44, 0xFF, 0}, {"EDX", 22, 48, 0xFF, 0}, {"EBX", 24, 52, 0xFF, 0},
    {"ESP", 26, 56, 0xFF, 0}, {"EBP", 28, 60, 0xFF, 0}, {"ESI", 30, 64, 0xFF, 0}, {"EDI", 32, 68, 0xFF, 0},
    {"LDT selector", 42, 96, 0xFF, 0}, {"I/O permission map at", 0xFF, 102, 102, WORD},
};
// clang-format on

static void draw_tss(Panels *panels)
{
    Cpu *cpu = panels->cpu;
    const Segment *tr = &cpu->segments[TR];
    char text[64];

    if (!tr->access || selector_is_null(tr->selector)) {
        gui_text(GUI_DIM, "TR holds no TSS");
        return;
    }
    access_words(tr->access, cpu_long(cpu), text, sizeof text);
    gui_print(GUI_DIM, "%s at", text);
    gui_same_line();
    panels_address(panels, GUI_ADDRESS, tr->base);
    if (!gui_table_begin("tss", 2, GUI_TABLE_SCROLL))
        return;
    gui_table_column("field", 28);
    gui_table_column("value", 0);
    for (unsigned i = 0; i < COUNT_OF(tss_fields); i++) {
        const struct TssField *field = &tss_fields[i];
        bool wide = tss_is_32bit(tr->access);
        u8 offset = cpu_long(cpu) ? field->offset64 : wide ? field->offset32 : field->offset16;
        Size size = cpu_long(cpu) ? field->size64 : offset == 102 || !wide ? WORD : DWORD;
        u64 value;

        if (offset == 0xFF)
            continue;
        gui_row();
        gui_cell();
        gui_text(GUI_DIM, field->name);
        gui_cell();
        if (guest_read_number(cpu, tr->base + offset, size, &value))
            gui_print(GUI_TEXT, "%0*" PRIX64, (int)size * 2, value);
        else
            gui_text(GUI_BAD, "not in memory");
    }
    gui_table_end();
}

void panel_tables(Panels *panels)
{
    const Segment *ldtr = &panels->cpu->segments[LDTR];
    const DescriptorTable ldt = {ldtr->base, (u16)(ldtr->limit > 0xFFFF ? 0xFFFF : ldtr->limit)};

    gui_choice("table", table_names, COUNT_OF(table_names), &panels->table_chosen);
    switch (panels->table_chosen) {
    case TABLE_GDT:
        draw_descriptors(panels, &panels->cpu->gdtr, false);
        break;
    case TABLE_LDT:
        if (ldtr->access && !selector_is_null(ldtr->selector))
            draw_descriptors(panels, &ldt, true);
        else
            gui_text(GUI_DIM, "LDTR holds no LDT");
        break;
    case TABLE_IDT:
        draw_idt(panels);
        break;
    case TABLE_TSS:
        draw_tss(panels);
        break;
    }
}
