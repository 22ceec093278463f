/*
 * Breakpoints, watchpoints, and whatever else is to stop the machine.
 */
#include "frontend/window/panels.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frontend/debugger/symbols.h"

/* How each kind is called, and what its address means; NULL: it has none. */
static const struct {
    const char *name, *address;
} kinds[] = {
    [POINT_EXECUTE] = {"execution", "address or symbol"},
    [POINT_READ] = {"read", "address"},
    [POINT_WRITE] = {"write", "address"},
    [POINT_ACCESS] = {"access", "address"},
    [POINT_PORT_IN] = {"port in", "port"},
    [POINT_PORT_OUT] = {"port out", "port"},
    [POINT_PORT] = {"port", "port"},
    [POINT_EXCEPTION] = {"exception", "vector; empty: any"},
    [POINT_INTERRUPT] = {"interrupt", "vector; empty: any"},
    [POINT_MODE] = {"mode change", NULL},
    [POINT_PRIVILEGE] = {"privilege change", NULL},
    [POINT_CR3] = {"CR3 written", NULL},
    [POINT_COUNT] = {"clock", "instruction count"},
};

static bool is_vector(PointKind kind)
{
    return kind == POINT_EXCEPTION || kind == POINT_INTERRUPT;
}

/* ---- the list ---- */

static void draw_place(Panels *panels, const Point *point)
{
    const PointSpec *spec = &point->spec;
    char name[96];

    if (!kinds[spec->kind].address) {
        gui_text(GUI_DIM, "any");
    } else if (is_vector(spec->kind)) {
        if (spec->address == ANY_VECTOR)
            gui_text(GUI_DIM, "any vector");
        else
            gui_print(GUI_TEXT, "vector %" PRIu64, spec->address);
    } else if (spec->kind == POINT_COUNT) {
        gui_print(GUI_TEXT, "%" PRIu64, spec->address);
    } else if (spec->kind <= POINT_ACCESS) {
        symbols_name_address(debugger_symbols(panels->debugger), spec->address, name, sizeof name);
        gui_id(point->number);
        if (gui_link(GUI_ADDRESS, *name ? name : "at")) {
            if (spec->kind == POINT_EXECUTE)
                panels_show_code(panels, spec->address);
            else
                panels_show_memory(panels, spec->address, spec->address_kind == ADDRESS_PHYSICAL);
        }
        gui_id_end();
        gui_same_line();
        gui_print(GUI_DIM, "%08" PRIX64 "%s", spec->address, point->pending ? " (pending)" : "");
    } else {
        gui_print(GUI_TEXT, "%" PRIX64, spec->address);
    }
}

/* False: it has been removed. */
static bool draw_point(Panels *panels, const Point *point)
{
    bool enabled = point->enabled, removed;

    gui_id(point->number);
    gui_row();
    if (debugger_stop(panels->debugger)->point == point)
        gui_row_colour(GUI_ROW_CURRENT);
    gui_cell();
    if (gui_checkbox("", &enabled))
        debugger_enable_point(panels->debugger, point->number, enabled);
    gui_tooltip("Whether it stops the machine");
    gui_same_line();
    gui_print(GUI_DIM, "%u", point->number);
    gui_cell();
    gui_text(GUI_TEXT, kinds[point->spec.kind].name);
    gui_cell();
    draw_place(panels, point);
    gui_cell();
    if (point->spec.condition)
        gui_text(GUI_HEADING, point->spec.condition);
    gui_cell();
    gui_print(GUI_TEXT, "%" PRIu64, point->hits);
    gui_cell();
    removed = gui_link(GUI_BAD, "x");
    gui_tooltip("remove");
    if (removed)
        debugger_remove_point(panels->debugger, point->number);
    gui_id_end();
    return !removed;
}

/* ---- a new one ---- */

static void add(Panels *panels)
{
    PointForm *form = &panels->point_form;
    PointSpec spec = {
        .kind = form->kind, .length = 1, .condition = *form->condition ? form->condition : NULL};

    if (is_vector(spec.kind) && !*form->address)
        spec.address = ANY_VECTOR;
    else if (kinds[spec.kind].address && !panels_read_address(panels, form->address, &spec.address))
        return;
    *panels->message = '\0';
    if (debugger_add_point(panels->debugger, &spec, panels->message, sizeof panels->message))
        *form->address = *form->condition = '\0';
}

static void draw_form(Panels *panels)
{
    enum { BUTTON = 7, LEAST = 8 /* characters */ };
    PointForm *form = &panels->point_form;
    bool wanted = false;
    float room;

    if (gui_menu_begin(kinds[form->kind].name)) {
        for (unsigned i = 0; i < COUNT_OF(kinds); i++)
            if (gui_menu_item(kinds[i].name, "", form->kind == i, true))
                form->kind = i;
        gui_menu_end();
    }
    gui_tooltip("What is to stop the machine");
    if (kinds[form->kind].address) {
        gui_same_line();
        wanted = gui_input("address", kinds[form->kind].address, form->address,
                           sizeof form->address, 18);
    }
    gui_same_line();
    room = gui_room().width / gui_character_width() - BUTTON;
    wanted |= gui_input("condition", "if: eax == 5 && cpl == 3", form->condition,
                        sizeof form->condition, room > LEAST ? room : LEAST);
    gui_same_line();
    if (gui_button("Add", true) || wanted)
        add(panels);
}

void panel_points(Panels *panels)
{
    const Point *point;

    draw_form(panels);
    if (!gui_table_begin("points", 6, GUI_TABLE_SCROLL))
        return;
    gui_table_column("", 6);
    gui_table_column("at each", 11);
    gui_table_column("where", -3);
    gui_table_column("if", -2);
    gui_table_column("hits", 7);
    gui_table_column("", 2);
    gui_table_head();
    for (unsigned i = 0; (point = debugger_points(panels->debugger, i)); i++)
        if (!draw_point(panels, point))
            break;
    gui_table_end();
}
