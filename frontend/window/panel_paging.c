/*
 * The way of a linear address through the page tables.
 */
#include "frontend/window/panels.h"

#include <inttypes.h>
#include <stdio.h>

#include "frontend/debugger/page_walk.h"

static void draw_level(Panels *panels, const PageWalk *walk, unsigned number)
{
    const WalkLevel *level = &walk->levels[number];
    bool bad = number + 1 == walk->depth && walk->result != PAGE_WALK_MAPPED;
    char text[128];

    gui_row();
    if (bad)
        gui_row_colour(GUI_ROW_MARKED);
    gui_cell();
    gui_print(GUI_HEADING, "%s", level->name);
    gui_cell();
    gui_print(GUI_TEXT, "%u", level->index);
    gui_tooltip("The bits of the linear address that choose the entry in this table");
    gui_cell();
    if (level->cached)
        gui_text(GUI_DIM, "loaded with CR3");
    else
        panels_physical(panels, GUI_ADDRESS, level->address);
    gui_cell();
    gui_print(GUI_TEXT, "%0*" PRIX64, walk->entry_size == QWORD ? 16 : 8, level->entry);
    page_entry_words(walk, number, text, sizeof text);
    gui_tooltip(text);
    gui_cell();
    gui_wrapped(bad ? GUI_BAD : GUI_TEXT, text);
}

static void draw_walk(Panels *panels, const PageWalk *walk)
{
    bool loaded = walk->depth && walk->levels[0].cached; /* "loaded with CR3" */

    if (!gui_table_begin("walk", 5, 0))
        return;
    gui_table_column("entry", 6);
    gui_table_column("index", 5);
    gui_table_column("lies at", loaded ? 16 : 10);
    gui_table_column("value", walk->entry_size == QWORD ? 17 : 9);
    gui_table_column("it says", 0);
    gui_table_head();
    for (unsigned i = 0; i < walk->depth; i++)
        draw_level(panels, walk, i);
    gui_table_end();
}

static void draw_head(Panels *panels)
{
    PagingPanel *paging = &panels->paging;

    if (gui_input("linear", "linear address or expression", paging->text, sizeof paging->text,
                  30) &&
        panels_read_address(panels, paging->text, &paging->linear))
        paging->follows = false;
    gui_same_line();
    gui_checkbox("next instruction", &paging->follows);
    gui_print(GUI_DIM, "%s, CR3", paging_mode_words(panels->cpu));
    gui_same_line();
    panels_physical(panels, GUI_ADDRESS, panels->cpu->mmu.cr3 & ~(u64)PAGE_MASK);
    gui_same_line();
    gui_print(GUI_TEXT, "linear %0*" PRIX64, panels_digits(panels), paging->linear);
}

void panel_paging(Panels *panels)
{
    PagingPanel *paging = &panels->paging;
    PageWalk walk;
    char text[160];

    if (paging->follows)
        paging->linear = panels_instruction(panels);
    draw_head(panels);
    page_walk(panels->cpu, paging->linear, &walk);
    gui_gap();
    if (walk.result != PAGE_WALK_OFF)
        draw_walk(panels, &walk);
    gui_gap();
    page_walk_words(&walk, text, sizeof text);
    gui_wrapped(
        walk.result == PAGE_WALK_MAPPED || walk.result == PAGE_WALK_OFF ? GUI_GOOD : GUI_BAD, text);
    if (walk.result == PAGE_WALK_MAPPED || walk.result == PAGE_WALK_OFF) {
        gui_text(GUI_DIM, "memory there:");
        gui_same_line();
        panels_physical(panels, GUI_ADDRESS, walk.physical);
    }
}
