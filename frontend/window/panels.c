#include "frontend/window/panels.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frontend/debugger/expression.h"

// clang-format off
const Panel panel_table[PANEL_COUNT] = {
    [PANEL_SCREEN] = {"Screen", "The guest's screen. Click it, and the keyboard is the guest's.", 0, panel_screen},
    [PANEL_MEMORY] = {"Memory", "Bytes of memory, by linear or physical address.", 1, panel_memory},
    [PANEL_COMMAND] = {"Command", "The debugger's commands: type help.", 1, panel_command},
    [PANEL_STORY] = {"Explain", "The last exception in words.", 1, panel_story},
    [PANEL_CODE] = {"Code", "The instructions around the next one.", 2, panel_code},
    [PANEL_TRANSLATION] = {"Translation", "The current block as guest code, as IR and as host code.", 3, panel_translation},
    [PANEL_TABLES] = {"Tables", "GDT, LDT, IDT and TSS, decoded.", 3, panel_tables},
    [PANEL_PAGING] = {"Paging", "How a linear address becomes a physical one.", 3, panel_paging},
    [PANEL_DEVICES] = {"Devices", "Every chip's state.", 3, panel_devices},
    [PANEL_POINTS] = {"Breakpoints", "Where and when the machine is to stop.", 3, panel_points},
    [PANEL_LOG] = {"Log", "Ports, exceptions and interrupts as they happen.", 3, panel_log},
    [PANEL_TIMELINE] = {"Timeline", "What the machine has done: drag to go there.", 3, panel_timeline},
    [PANEL_REGISTERS] = {"Registers", "Registers and flags; rest the mouse on one to read what it is for.", 4, panel_registers},
    [PANEL_CALLS] = {"Calls", "The functions that have called each other to get here.", 5, panel_calls},
    [PANEL_FLOATING] = {"x87 and SSE", "The floating-point and vector registers.", 5, panel_floating},
    [PANEL_SEGMENTS] = {"Segments", "The segment registers with what they hide.", 1, panel_segments},
    [PANEL_STACK] = {"Stack", "What lies on the stack.", 5, panel_stack},
};
// clang-format on

/* ---- one set of panels ---- */

/* What only the loop around the machine can do, a little later. */
static void want_quit(void *owner)
{
    ((Panels *)owner)->request = DISPLAY_QUIT;
}

static void want_reset(void *owner)
{
    ((Panels *)owner)->request = DISPLAY_RESET;
}

Panels *panels_create(Debugger *debugger)
{
    Panels *panels = calloc(1, sizeof *panels);

    if (!panels)
        return NULL;
    panels->debugger = debugger;
    panels->machine = debugger_machine(debugger);
    panels->cpu = machine_cpu(panels->machine, 0);
    panels->command.commands = commands_create(
        debugger, &(CommandHost){.owner = panels, .quit = want_quit, .reset = want_reset});
    if (!panels->command.commands) {
        free(panels);
        return NULL;
    }
    panels->command.told_stop = debugger_stop_count(debugger);
    panels->code.follows = panels->paging.follows = true;
    register_set_read(&panels->registers, panels->cpu);
    panels->registers_before = panels->registers;
    layout_init(&panels->layout);
    for (unsigned i = 0; i < PANEL_COUNT; i++)
        layout_add(&panels->layout, panel_table[i].name, panel_table[i].first_tile);
    panels->layout_changed = true;
    return panels;
}

void panels_destroy(Panels *panels)
{
    debugger_listen(panels->debugger, NULL);
    commands_destroy(panels->command.commands);
    free(panels->screen.pixels);
    free(panels);
}

/* What was on show at the last stop is what changes are told against. */
static void notice_stop(Panels *panels)
{
    unsigned count = debugger_stop_count(panels->debugger);

    panels->stopped = debugger_stop(panels->debugger)->reason != STOP_NONE;
    if (count != panels->stop_count) {
        panels->registers_before = panels->registers;
        panels->stop_count = count;
        panels_notice_fault(panels);
        register_set_read(&panels->registers, panels->cpu);
    } else if (!panels->stopped) {
        /* Nothing has changed "since the last stop" while all is in motion. */
        register_set_read(&panels->registers_before, panels->cpu);
        panels->registers = panels->registers_before;
    } else {
        register_set_read(&panels->registers, panels->cpu);
    }
}

/* ---- tiles ---- */

/* Behind a tab's right mouse button. */
static void tab_menu(Panels *panels, unsigned panel)
{
    static const char *const places[TILES] = {"left, above",   "left, below",  "middle, above",
                                              "middle, below", "right, above", "right, below"};
    Layout *layout = &panels->layout;

    for (unsigned i = 0; i < TILES; i++)
        if (gui_menu_item(places[i], "", layout->tiles[panel] == i, true)) {
            layout_move(layout, panel, i);
            panels->layout_changed = true;
        }
    gui_line();
    if (gui_menu_item("alone", "double click", layout->alone < TILES, true)) {
        layout->alone = layout->alone < TILES ? TILE_HIDDEN : layout->tiles[panel];
        panels->layout_changed = true;
    }
    if (gui_menu_item("floating", "", false, true)) {
        layout_move(layout, panel, TILE_FLOATING);
        panels->layout_changed = true;
    }
    if (gui_menu_item("hide", "", false, true)) {
        layout_move(layout, panel, TILE_HIDDEN);
        panels->layout_changed = true;
    }
}

static void draw_tab(Panels *panels, unsigned panel, unsigned tile, bool focused)
{
    Layout *layout = &panels->layout;
    bool select = panels->select_fronts && layout->fronts[tile] == panel;
    bool open = gui_tab_begin(panel_table[panel].name, select);

    gui_tooltip(panel_table[panel].help);
    if (gui_double_clicked()) {
        layout->alone = layout->alone < TILES ? TILE_HIDDEN : (u8)tile;
        panels->layout_changed = true;
    }
    if (gui_context_begin(panel_table[panel].name)) {
        tab_menu(panels, panel);
        gui_context_end();
    }
    if (!open)
        return;
    if (layout->fronts[tile] != panel && !panels->select_fronts) {
        layout->fronts[tile] = (u8)panel;
        gui_settings_changed();
    }
    if (panel == PANEL_SCREEN)
        panels->screen_has_keyboard = focused;
    panel_table[panel].draw(panels);
    gui_tab_end();
}

static void draw_tile(Panels *panels, unsigned tile, const Tile *place)
{
    char title[16];
    bool focused;

    snprintf(title, sizeof title, "tile %u", tile);
    /* At first the keyboard is the guest's, as it was before the debugger was opened. */
    if (panels->frames == 1 && panels->layout.tiles[PANEL_SCREEN] == tile &&
        panels->layout.fronts[tile] == PANEL_SCREEN)
        gui_focus_place(title);
    focused = gui_place_begin(title, (GuiBox){place->x, place->y, place->width, place->height});
    gui_tabs_begin("tabs");
    for (unsigned i = 0; i < panels->layout.panel_count; i++)
        if (panels->layout.tiles[i] == tile)
            draw_tab(panels, i, tile, focused);
    gui_tabs_end();
    gui_place_end();
}

/* Closing it puts it back into its tile. */
static void draw_float(Panels *panels, unsigned panel, const Tile *room)
{
    Layout *layout = &panels->layout;
    Tile place = layout_float_place(layout, panel, room);
    GuiBox box = {place.x, place.y, place.width, place.height};
    bool moved = !tile_equals(&layout->floats[panel], &place), open = true;
    bool focused = gui_float_begin(panel_table[panel].name, &box, moved, &open);

    layout->floats[panel] = (Tile){box.x, box.y, box.width, box.height};
    if (moved || !tile_equals(&layout->floats[panel], &place))
        gui_settings_changed();
    if (panel == PANEL_SCREEN)
        panels->screen_has_keyboard = focused;
    panel_table[panel].draw(panels);
    gui_place_end();
    if (!open) {
        layout_move(layout, panel, layout->homes[panel]);
        panels->layout_changed = true;
    }
}

static void draw_tiles(Panels *panels, const Tile *room)
{
    Tile tiles[TILES];
    TileBar bars[TILE_BARS];
    unsigned bar_count = layout_place(&panels->layout, room, tiles, bars);

    panels->screen_has_keyboard = false;
    for (unsigned i = 0; i < TILES; i++)
        if (tiles[i].width > 0)
            draw_tile(panels, i, &tiles[i]);
    for (unsigned i = 0; i < bar_count; i++) {
        const TileBar *bar = &bars[i];
        char title[16];
        float moved;

        snprintf(title, sizeof title, "bar %u", bar->number);
        moved =
            gui_splitter(title, (GuiBox){bar->x, bar->y, bar->width, bar->height}, bar->vertical);
        if (moved != 0) {
            layout_drag(&panels->layout, room, bar->number, moved);
            gui_settings_changed();
        }
    }
    for (unsigned i = 0; i < panels->layout.panel_count; i++)
        if (panels->layout.tiles[i] == TILE_FLOATING)
            draw_float(panels, i, room);
}

void panels_draw(Panels *panels, const Picture *picture, const DisplayStatus *status)
{
    float bar = 2 * gui_line_height() + 12;
    Tile room = {0};

    panels->picture = picture;
    panels->status = status;
    notice_stop(panels);
    /* Which tabs are in front follows the layout once, then the mouse. */
    panels->select_fronts = panels->layout_changed;
    panels->layout_changed = false;
    gui_screen_size(&room.width, &room.height);
    toolbar_draw(panels, (GuiBox){0, 0, room.width, bar});
    room.y = bar;
    room.height -= bar;
    draw_tiles(panels, &room);
    panels_listen(panels);
    panels->frames += panels->frames < 2;
    if (panels->select_fronts)
        gui_settings_changed();
}

/* ---- what the panels share ---- */

void panels_show(Panels *panels, unsigned panel)
{
    layout_show(&panels->layout, panel);
    if (panels->layout.tiles[panel] == TILE_FLOATING)
        gui_focus_place(panel_table[panel].name);
    panels->layout_changed = true;
}

void panels_show_code(Panels *panels, u64 linear)
{
    panels->code.follows = false;
    panels->code.cursor = linear;
    panels->code.top = code_before(panels->cpu, linear, 4);
    panels_show(panels, PANEL_CODE);
}

void panels_show_memory(Panels *panels, u64 address, bool physical)
{
    panels->memory.physical = physical;
    panels->memory.address = address;
    panels->memory.chosen = true;
    snprintf(panels->memory.text, sizeof panels->memory.text, "%#" PRIx64, address);
    panels_show(panels, PANEL_MEMORY);
}

void panels_show_walk(Panels *panels, u64 linear)
{
    panels->paging.follows = false;
    panels->paging.linear = linear;
    snprintf(panels->paging.text, sizeof panels->paging.text, "%#" PRIx64, linear);
    panels_show(panels, PANEL_PAGING);
}

int panels_digits(const Panels *panels)
{
    return cpu_long(panels->cpu) ? 16 : 8;
}

u64 panels_instruction(const Panels *panels)
{
    const Cpu *cpu = panels->cpu;

    return (cpu->segments[CS].base + cpu->rip) & cpu->linear_mask;
}

void panels_address(Panels *panels, GuiColour colour, u64 linear)
{
    char text[24];

    snprintf(text, sizeof text, "%0*" PRIX64, panels_digits(panels), linear);
    panels_address_as(panels, colour, linear, text);
}

void panels_address_as(Panels *panels, GuiColour colour, u64 linear, const char *shown)
{
    char text[24];

    snprintf(text, sizeof text, "%0*" PRIX64, panels_digits(panels), linear);
    gui_id(linear);
    if (gui_link(colour, shown))
        panels_show_memory(panels, linear, false);
    if (strcmp(text, shown) != 0)
        gui_tooltip(text);
    if (gui_context_begin("address")) {
        if (gui_menu_item("show memory", "", false, true))
            panels_show_memory(panels, linear, false);
        if (gui_menu_item("show code", "", false, true))
            panels_show_code(panels, linear);
        if (gui_menu_item("walk the page tables", "", false, true))
            panels_show_walk(panels, linear);
        if (gui_menu_item("copy", "", false, true))
            gui_copy(text);
        gui_context_end();
    }
    gui_id_end();
}

void panels_physical(Panels *panels, GuiColour colour, u64 physical)
{
    char text[24];

    snprintf(text, sizeof text, "%08" PRIX64, physical);
    gui_id(physical);
    if (gui_link(colour, text))
        panels_show_memory(panels, physical, true);
    gui_id_end();
    gui_tooltip("a physical address: click to see the memory there");
}

bool panels_read_address(Panels *panels, const char *text, u64 *address)
{
    ExpressionNames names = {.symbols = debugger_symbols(panels->debugger)};
    Expression *expression =
        expression_compile(text, &names, panels->message, sizeof panels->message);
    bool done = expression && expression_evaluate(expression, panels->cpu, address, panels->message,
                                                  sizeof panels->message);

    expression_free(expression);
    if (done)
        *panels->message = '\0';
    return done;
}

bool panels_may_change(Panels *panels)
{
    const char *refusal = debugger_refuses_changes(panels->debugger);

    if (refusal)
        snprintf(panels->message, sizeof panels->message, "%s", refusal);
    return !refusal;
}

bool panels_edit(Panels *panels, u64 id, const char *text, GuiColour colour, u64 *value)
{
    Editing *editing = &panels->editing;
    bool entered = false;

    gui_id(id);
    if (editing->id == id && panels->stopped) {
        if (!editing->begun)
            gui_focus_next();
        if (gui_input("value", "", editing->text, sizeof editing->text, (float)strlen(text) + 1)) {
            char *end;

            *value = strtoull(editing->text, &end, 16);
            entered = end != editing->text && !*end;
            if (!entered)
                entered = panels_read_address(panels, editing->text, value);
            editing->id = 0;
            entered = entered && panels_may_change(panels);
        } else if (editing->begun && gui_escape()) {
            editing->id = 0;
        }
        editing->begun = true;
    } else {
        gui_text(colour, text);
        if (panels->stopped && gui_double_clicked()) {
            *editing = (Editing){.id = id};
            snprintf(editing->text, sizeof editing->text, "%s", text);
        }
    }
    gui_id_end();
    return entered;
}
