/*
 * The calls that led to where the processor is.
 */
#include "frontend/window/panels.h"

#include <string.h>

#include "frontend/debugger/backtrace.h"

enum { MOST_FRAMES = 64, NAMES_WIDTH = 18 };

static void draw_frame(Panels *panels, const BacktraceFrame *frame, unsigned number, bool wide)
{
    Symbols *symbols = debugger_symbols(panels->debugger);
    SourceLine source;
    char name[128];
    /* A return address may lie behind the caller's last line. */
    u64 inside = number ? frame->linear - 1 : frame->linear;

    symbols_name_address(symbols, frame->linear, name, sizeof name);
    gui_id(number);
    gui_row();
    if (frame->linear == panels->code.cursor)
        gui_row_colour(GUI_ROW_LINKED);
    gui_cell();
    gui_print(GUI_DIM, "%u", number);
    gui_cell();
    if (gui_link(GUI_ADDRESS, *name ? name : "?"))
        panels_show_code(panels, frame->linear);
    gui_tooltip("click to see where it goes on");
    gui_cell();
    if (wide) {
        panels_address(panels, GUI_DIM, frame->linear);
        gui_cell();
    }
    if (symbols_line(symbols, inside, &source)) {
        const char *slash = strrchr(source.file, '/');

        gui_print(GUI_TEXT, "%s:%u", slash ? slash + 1 : source.file, source.line);
    }
    gui_id_end();
}

void panel_calls(Panels *panels)
{
    BacktraceFrame frames[MOST_FRAMES];
    unsigned count =
        backtrace(panels->cpu, debugger_symbols(panels->debugger), frames, MOST_FRAMES);
    float digits = (float)panels_digits(panels) + 1;
    bool wide = gui_room().width > (digits + NAMES_WIDTH) * gui_character_width();

    if (!gui_table_begin("calls", wide ? 4 : 3, GUI_TABLE_SCROLL))
        return;
    gui_table_column("", 3);
    gui_table_column("function", -2);
    if (wide)
        gui_table_column("next", digits);
    gui_table_column("source", -1);
    gui_table_head();
    for (unsigned i = 0; i < count; i++)
        draw_frame(panels, &frames[i], i, wide);
    gui_table_end();
}
