/*
 * The segment registers with their hidden parts, which is what the processor goes by.
 */
#include "frontend/window/panels.h"

#include <inttypes.h>
#include <stdio.h>

#include "frontend/debugger/descriptor_words.h"
#include "frontend/debugger/registers.h"

static const char *const names[SEGMENT_COUNT] = {"es", "cs", "ss", "ds", "fs", "gs", "ldtr", "tr"};
static const u8 order[SEGMENT_COUNT] = {CS, DS, SS, ES, FS, GS, LDTR, TR};

static void draw_segment(Panels *panels, unsigned number)
{
    const Segment *segment = &panels->cpu->segments[number];
    bool real = cpu_real(panels->cpu) || cpu_v86(panels->cpu);
    char text[128], words[160];

    gui_row();
    gui_cell();
    panels_register(panels, names[number], false);
    if (!real) {
        selector_words(segment->selector, text, sizeof text);
        gui_tooltip(text);
    }
    gui_cell();
    panels_address(panels, GUI_ADDRESS, segment->base);
    gui_cell();
    gui_print(GUI_TEXT, "%08X", segment->limit);
    gui_cell();
    if (segment->access) {
        access_words(segment->access, cpu_long(panels->cpu), text, sizeof text);
        snprintf(words, sizeof words, "DPL %u, %s", access_dpl(segment->access), text);
        gui_wrapped(GUI_TEXT, words);
    } else {
        gui_text(GUI_DIM, "null");
        gui_tooltip("A null selector was loaded: the segment cannot be used, but for FS and GS in "
                    "64-bit code.");
    }
}

static void draw_table(Panels *panels, const char *name, const DescriptorTable *table)
{
    gui_row();
    gui_cell();
    gui_text(GUI_DIM, name);
    gui_cell();
    gui_cell();
    panels_address(panels, GUI_ADDRESS, table->base);
    gui_cell();
    gui_print(GUI_TEXT, "%08X", table->limit);
}

void panel_segments(Panels *panels)
{
    if (!gui_table_begin("segments", 5, GUI_TABLE_SCROLL))
        return;
    gui_table_column("", 5);
    gui_table_column("selector", 8);
    gui_table_column("base", (float)panels_digits(panels) + 1);
    gui_table_column("limit", 9);
    gui_table_column("what", 0);
    gui_table_head();
    for (unsigned i = 0; i < SEGMENT_COUNT; i++)
        draw_segment(panels, order[i]);
    draw_table(panels, "GDTR", &panels->cpu->gdtr);
    draw_table(panels, "IDTR", &panels->cpu->idtr);
    gui_table_end();
}
