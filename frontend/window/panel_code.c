/*
 * Code: the instructions around the next one, with symbols and source where they are known.
 */
#include "frontend/window/panels.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "frontend/debugger/symbols.h"

enum { CONTEXT_LINES = 6, MOST_ROWS = 128, BYTES_SHOWN = 5 };

/* ---- breakpoints ---- */

static const Point *point_at(const Panels *panels, u64 linear)
{
    const Point *point;

    for (unsigned i = 0; (point = debugger_points(panels->debugger, i)); i++)
        if (point->spec.kind == POINT_EXECUTE && point->spec.address_kind == ADDRESS_LINEAR &&
            point->spec.address == linear)
            return point;
    return NULL;
}

void panels_toggle_breakpoint(Panels *panels, u64 linear)
{
    const Point *point = point_at(panels, linear);
    const PointSpec spec = {
        .kind = POINT_EXECUTE, .address_kind = ADDRESS_LINEAR, .address = linear};

    *panels->message = '\0';
    if (point)
        debugger_remove_point(panels->debugger, point->number);
    else
        debugger_add_point(panels->debugger, &spec, panels->message, sizeof panels->message);
}

/* ---- rows ---- */

static void address_text(const Panels *panels, u64 linear, char *text, size_t size)
{
    const Cpu *cpu = panels->cpu;
    const Segment *cs = &cpu->segments[CS];

    if (cpu->code_size == 2 && linear - cs->base <= 0xFFFF)
        snprintf(text, size, "%04X:%04X", cs->selector, (unsigned)(linear - cs->base));
    else
        snprintf(text, size, "%0*" PRIX64, panels_digits(panels), linear);
}

static void bytes_text(const CodeLine *line, char *text, size_t size)
{
    size_t used = 0;

    *text = '\0';
    for (unsigned i = 0; i < line->length && i < BYTES_SHOWN; i++)
        used += (size_t)snprintf(text + used, size - used, "%02X ", line->bytes[i]);
    if (line->length > BYTES_SHOWN && used > 0)
        snprintf(text + used - 1, size - used + 1, "+");
}

static bool is_counted(const Panels *panels, u64 linear)
{
    const CodePanel *code = &panels->code;

    return code->counts && linear - code->counted_first < code->counted_length;
}

/* Or, while that is counted, how often the instruction was executed. */
static void draw_bytes(const Panels *panels, const CodeLine *line)
{
    u64 count = heat_count(&panels->heat, line->linear);
    char text[3 * BYTES_SHOWN + 1];

    if (is_counted(panels, line->linear)) {
        gui_print(count ? GUI_HEADING : GUI_DIM, "%12" PRIu64 "x", count);
        return;
    }
    bytes_text(line, text, sizeof text);
    gui_text(GUI_DIM, text);
}

static void row_menu(Panels *panels, const CodeLine *line)
{
    if (!gui_context_begin("line"))
        return;
    if (gui_menu_item("breakpoint here", "click in the margin", false, true))
        panels_toggle_breakpoint(panels, line->linear);
    if (gui_menu_item("run to here", "", false, panels->stopped)) {
        panels->code.follows = true;
        debugger_run_to(panels->debugger, line->linear);
    }
    if (gui_menu_item("go on from here", "", false, panels->stopped) && panels_may_change(panels))
        debugger_write_register(panels->debugger, "rip",
                                line->linear - panels->cpu->segments[CS].base);
    gui_line();
    if (gui_menu_item("show memory", "", false, true))
        panels_show_memory(panels, line->linear, false);
    if (gui_menu_item("walk the page tables", "", false, true))
        panels_show_walk(panels, line->linear);
    gui_context_end();
}

/* Where the columns of a line begin, in characters. */
enum { MARGIN = 4, WORDS_WIDTH = 30 };

static float bytes_column(const Panels *panels)
{
    return MARGIN + (float)(panels->cpu->code_size == 2 ? 11 : panels_digits(panels) + 2);
}

/* In a narrow panel the words need the room of the bytes. */
static bool has_bytes(const Panels *panels)
{
    float least = bytes_column(panels) + 3 * BYTES_SHOWN + 1 + WORDS_WIDTH;

    return gui_room().width > least * gui_character_width() || panels->code.counts;
}

/* "main:" and the source line that begins here; returns how many rows that took. */
static unsigned draw_names(Panels *panels, u64 linear)
{
    Symbols *symbols = debugger_symbols(panels->debugger);
    const Symbol *symbol;
    SourceLine source;
    unsigned rows = 0;
    u64 offset;

    symbol = symbols_at(symbols, linear, &offset);
    if (symbol && offset == 0) {
        gui_text(GUI_DIM, "");
        gui_column(MARGIN);
        gui_print(GUI_HEADING, "%s:", symbol->name);
        rows++;
    }
    if (symbols_line(symbols, linear, &source) && source.first == linear) {
        const char *text = symbols_source_text(symbols, source.file, source.line);
        const char *slash = strrchr(source.file, '/');

        gui_text(GUI_DIM, "");
        gui_column(MARGIN);
        gui_print(GUI_DIM, "%.20s:%u", slash ? slash + 1 : source.file, source.line);
        gui_same_line();
        gui_text(GUI_GOOD, text ? text : "");
        rows++;
    }
    return rows;
}

static void draw_target(Panels *panels, const CodeLine *line)
{
    char name[128];
    u64 target;

    if (!code_target(panels->cpu, line, &target))
        return;
    symbols_name_address(debugger_symbols(panels->debugger), target, name, sizeof name);
    gui_same_line();
    if (gui_link(GUI_ADDRESS, *name ? name : "->"))
        panels_show_code(panels, target);
    gui_tooltip("click to see where this leads");
}

static void draw_line(Panels *panels, const CodeLine *line)
{
    const Point *point = point_at(panels, line->linear);
    bool current = line->linear == panels_instruction(panels);
    unsigned marks = current ? GUI_MARK_CURRENT : 0;
    bool bytes = has_bytes(panels);
    float column = bytes_column(panels);
    char text[64];

    if (point)
        marks |= point->enabled ? GUI_MARK_POINT : GUI_MARK_DISABLED;
    if (current)
        gui_band(GUI_ROW_CURRENT);
    else if (line->linear == panels->code.cursor)
        gui_band(GUI_ROW_LINKED);
    else if (panels->code.counts)
        gui_band_heat(heat_of(&panels->heat, line->linear));
    gui_id(line->linear);
    if (gui_margin(marks))
        panels_toggle_breakpoint(panels, line->linear);
    gui_column(MARGIN);
    address_text(panels, line->linear, text, sizeof text);
    if (gui_link(GUI_ADDRESS, text))
        panels->code.cursor = line->linear;
    if (!bytes) {
        bytes_text(line, text, sizeof text);
        gui_tooltip(text);
    }
    row_menu(panels, line);
    gui_column(column);
    if (bytes)
        draw_bytes(panels, line);
    gui_column(column + (bytes ? 3 * BYTES_SHOWN + 1 : 0));
    gui_text(line->length ? GUI_TEXT : GUI_DIM, line->words);
    draw_target(panels, line);
    gui_id_end();
}

/* ---- the panel ---- */

static bool is_shown(const CodeLine *lines, unsigned rows, u64 linear)
{
    /* With a line below it, so that one sees what comes next. */
    for (unsigned i = 0; i + 2 < rows; i++)
        if (lines[i].linear == linear)
            return true;
    return false;
}

static void choose_top(Panels *panels, CodeLine *lines, unsigned rows)
{
    CodePanel *code = &panels->code;
    u64 current = panels_instruction(panels);

    code_lines(panels->cpu, code->top, lines, rows);
    if (code->follows && !is_shown(lines, rows < code->rows ? rows : code->rows, current)) {
        code->top = code_before(panels->cpu, current, rows < 2 * CONTEXT_LINES ? 1 : CONTEXT_LINES);
        code_lines(panels->cpu, code->top, lines, rows);
    }
}

static void scroll(Panels *panels, const CodeLine *lines, unsigned rows)
{
    CodePanel *code = &panels->code;
    int turned = gui_wheel();

    if (turned < 0)
        code->top = code_before(panels->cpu, code->top, (unsigned)-turned);
    else if (turned > 0 && (unsigned)turned < rows)
        code->top = lines[turned].linear;
    if (turned)
        code->follows = false;
}

static void count_here(Panels *panels)
{
    CodePanel *code = &panels->code;
    u64 length = code->last + 1 - code->top;

    heat_clear(&panels->heat);
    code->counted_first = code->top;
    code->counted_length = length <= PAGE_SIZE ? length : 0;
}

static void draw_head(Panels *panels)
{
    CodePanel *code = &panels->code;
    const Cpu *cpu = panels->cpu;
    u64 linear;

    if (gui_checkbox("follow", &code->follows) && code->follows)
        code->cursor = 0;
    gui_tooltip("Keep the next instruction in view");
    gui_same_line();
    if (gui_input("address", "address or symbol", code->address, sizeof code->address, 20) &&
        panels_read_address(panels, code->address, &linear))
        panels_show_code(panels, linear);
    gui_same_line();
    if (gui_checkbox("count", &code->counts))
        count_here(panels);
    gui_tooltip("Count how often the instructions that are in view now are executed. They run "
                "slowly meanwhile.");
    gui_same_line();
    gui_print(GUI_DIM, "%u-bit%s, ring %u", cpu->code_size * 8u,
              cpu_real(cpu)  ? " real mode"
              : cpu_v86(cpu) ? " virtual-8086 mode"
                             : "",
              cpu->cpl);
}

void panel_code(Panels *panels)
{
    CodePanel *code = &panels->code;
    CodeLine lines[MOST_ROWS];
    unsigned rows, used = 0, i;

    draw_head(panels);
    rows = (unsigned)(gui_room().height / gui_line_height());
    rows = rows < 1 ? 1 : rows > MOST_ROWS ? MOST_ROWS : rows;
    choose_top(panels, lines, rows);
    scroll(panels, lines, rows);
    for (i = 0; i < rows && used < rows; i++) {
        used += draw_names(panels, lines[i].linear);
        draw_line(panels, &lines[i]);
        used++;
    }
    code->rows = i;
    code->last = lines[i - 1].linear;
    if (gui_key(GUI_F9, false))
        panels_toggle_breakpoint(
            panels, code->cursor && !code->follows ? code->cursor : panels_instruction(panels));
}
