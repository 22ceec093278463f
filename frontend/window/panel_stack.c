/*
 * What lies on the stack, from the top on, and what it may be.
 */
#include "frontend/window/panels.h"

#include <inttypes.h>
#include <stdio.h>

#include "frontend/debugger/symbols.h"

enum { MOST_ITEMS = 96 };

static Size item_size(const Cpu *cpu)
{
    if (cpu->code_size == 8)
        return QWORD;
    return cpu->segments[SS].access & ACCESS_DB ? DWORD : WORD;
}

static u64 stack_linear(const Cpu *cpu, u64 offset)
{
    return (cpu->segments[SS].base + (offset & cpu->stack_mask)) & cpu->linear_mask;
}

static void draw_meaning(Panels *panels, u64 offset, u64 value)
{
    const Cpu *cpu = panels->cpu;
    char name[96];

    if (offset == (cpu->gpr[RBP] & cpu->stack_mask)) {
        gui_text(GUI_HEADING, "<- frame pointer");
        gui_same_line();
    }
    symbols_name_address(debugger_symbols(panels->debugger), value, name, sizeof name);
    if (*name && gui_link(GUI_ADDRESS, name))
        panels_show_code(panels, value);
}

static void draw_item(Panels *panels, unsigned number, Size size)
{
    Cpu *cpu = panels->cpu;
    u64 offset = (cpu->gpr[RSP] + number * size) & cpu->stack_mask;
    u64 linear = stack_linear(cpu, offset), value = 0;
    char text[20];

    gui_row();
    if (number == 0)
        gui_row_colour(GUI_ROW_CURRENT);
    gui_cell();
    if (panels->stack_is_narrow)
        snprintf(text, sizeof text, "+%X", number * size);
    else
        snprintf(text, sizeof text, "%0*" PRIX64, panels_digits(panels), linear);
    panels_address_as(panels, GUI_ADDRESS, linear, text);
    gui_cell();
    if (debugger_read_memory(panels->debugger, linear, &value, size) < size) {
        gui_text(GUI_DIM, "not mapped");
        return;
    }
    snprintf(text, sizeof text, "%0*" PRIX64, (int)size * 2, value);
    if (panels_edit(panels, linear, text, GUI_TEXT, &value) &&
        debugger_write_memory(panels->debugger, linear, &value, size) < size)
        snprintf(panels->message, sizeof panels->message, "the stack could not be written there");
    gui_cell();
    draw_meaning(panels, offset, value);
}

void panel_stack(Panels *panels)
{
    Size size = item_size(panels->cpu);
    unsigned first, last;
    float digits = (float)panels_digits(panels) + 1, values = (float)size * 2 + 1;

    panels->stack_is_narrow = gui_room().width < (digits + values + 5) * gui_character_width();
    if (!gui_table_begin("stack", 3, GUI_TABLE_SCROLL))
        return;
    gui_table_column("address", panels->stack_is_narrow ? 7 : digits);
    gui_table_column("value", values);
    gui_table_column("", 0);
    gui_table_head();
    gui_list_begin(MOST_ITEMS);
    while (gui_list_next(&first, &last))
        for (unsigned i = first; i < last; i++)
            draw_item(panels, i, size);
    gui_table_end();
}
