/*
 * Translation: the block at the next instruction (or at the line chosen in the code panel) as guest
 * code | IR | host code. What belongs together lights up together.
 */
#include "frontend/window/panels.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { RENEW_FRAMES = 15 /* while the machine runs: not faster than one can read */ };

static void renew(Panels *panels)
{
    TranslationPanel *panel = &panels->translation;
    u64 linear = panels->code.follows || !panels->code.cursor ? panels_instruction(panels)
                                                              : panels->code.cursor;

    panel->age++;
    if (panel->made && linear == panel->linear && panel->shown_stop == panels->stop_count)
        return;
    if (panel->made && !panels->stopped && panel->age < RENEW_FRAMES)
        return;
    block_view_make(&panel->view, panels->cpu, linear);
    panel->linear = linear;
    panel->shown_stop = panels->stop_count;
    panel->made = true;
    panel->age = 0;
    panel->lit_insn = panel->lit_op = -1;
}

/* All of it, where the instructions have enough room still; else as much as tells it from the
 * others in its block. */
static void draw_address(const Panels *panels, u64 linear)
{
    enum { FEW = 4, WIDE_ROW = 90 };
    bool all = panels->translation.width > (float)(WIDE_ROW + 2 * panels_digits(panels));
    char text[24];

    snprintf(text, sizeof text, "%0*" PRIX64, panels_digits(panels), linear);
    gui_text(GUI_ADDRESS, all ? text : text + strlen(text) - FEW);
    gui_tooltip(all ? "" : text);
}

static void draw_row(Panels *panels, const BlockRow *row)
{
    TranslationPanel *panel = &panels->translation;
    bool lit = row->insn >= 0 && row->insn == panel->lit_insn;

    gui_row();
    gui_cell();
    if (gui_row_hovered() && row->insn >= 0) {
        panel->next_lit_insn = row->insn;
        panel->next_lit_op = row->op;
    }
    if (lit && row->op == panel->lit_op)
        gui_row_colour(GUI_ROW_CURRENT);
    else if (lit)
        gui_row_colour(GUI_ROW_LINKED);
    else if (panels->code.counts && row->insn >= 0)
        gui_row_heat(heat_of(&panels->heat, row->linear));
    if (row->heading) {
        gui_print(GUI_DIM, "%.*s", (int)strcspn(row->guest, ","), row->guest);
        gui_tooltip(row->guest);
        return;
    }
    if (*row->guest) {
        draw_address(panels, row->linear);
        gui_same_line();
    }
    gui_text(GUI_GUEST, row->guest);
    gui_cell();
    gui_text(GUI_IR, row->ir);
    gui_cell();
    gui_text(GUI_HOST, row->host);
}

void panel_translation(Panels *panels)
{
    TranslationPanel *panel = &panels->translation;
    const BlockView *view = &panel->view;

    renew(panels);
    panel->width = gui_room().width / gui_character_width();
    if (*view->error) {
        gui_wrapped(GUI_BAD, view->error);
        return;
    }
    gui_print(GUI_DIM, "%" PRIX64 ": %u instruction%s, %u bytes -> %" PRIu64 " bytes of host code",
              panel->linear, view->insns, view->insns == 1 ? "" : "s", view->guest_bytes,
              view->host_bytes);
    panel->next_lit_insn = panel->next_lit_op = -1;
    if (!gui_table_begin("translation", 3, GUI_TABLE_LINES | GUI_TABLE_SCROLL | GUI_TABLE_RESIZE))
        return;
    gui_table_column("guest", -1.2f);
    gui_table_column("IR", -1);
    gui_table_column("host", -1.1f);
    gui_table_head();
    for (unsigned i = 0; i < view->count; i++) {
        gui_id(i);
        draw_row(panels, &view->rows[i]);
        gui_id_end();
    }
    gui_table_end();
    panel->lit_insn = panel->next_lit_insn;
    panel->lit_op = panel->next_lit_op;
}
