/*
 * Memory as bytes, words and letters. What has changed since the last stop is marked; a double
 * click changes it.
 */
#include "frontend/window/panels.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "frontend/debugger/reverse.h"

static const char *const spaces[] = {"linear", "physical"};
enum { HEAD = 50 /* characters in one line */, LEAST_PER_ROW = 4 };

static const char *const sizes[] = {"1", "2", "4", "8"};

static size_t read_bytes(Panels *panels, u64 address, u8 *bytes, size_t length)
{
    return panels->memory.physical
               ? debugger_read_physical(panels->debugger, address, bytes, length)
               : debugger_read_memory(panels->debugger, address, bytes, length);
}

static void write_bytes(Panels *panels, u64 address, u64 value, size_t size)
{
    size_t written = panels->memory.physical
                         ? debugger_write_physical(panels->debugger, address, &value, size)
                         : debugger_write_memory(panels->debugger, address, &value, size);

    if (written < size)
        snprintf(panels->message, sizeof panels->message,
                 "%" PRIX64 " could not be written: there is no RAM", address);
}

/* Fetches what is shown, and keeps what was shown at the stop before. */
static void look(Panels *panels, size_t length)
{
    MemoryPanel *memory = &panels->memory;

    if (memory->seen_stop != panels->stop_count) {
        memcpy(memory->seen, memory->now, sizeof memory->seen);
        memory->seen_length = memory->now_length;
        memory->seen_at = memory->now_at;
        memory->seen_physical = memory->now_physical;
        memory->seen_stop = panels->stop_count;
    }
    memory->now_length = read_bytes(panels, memory->address, memory->now, length);
    memory->now_at = memory->address;
    memory->now_physical = memory->physical;
}

static bool has_changed(const Panels *panels, size_t offset, size_t size)
{
    const MemoryPanel *memory = &panels->memory;
    u64 before = memory->address + offset - memory->seen_at;

    return panels->stopped && memory->seen_physical == memory->physical &&
           before + size <= memory->seen_length && before <= before + size &&
           memcmp(memory->seen + before, memory->now + offset, size) != 0;
}

/* ---- drawing ---- */

static void watch(Panels *panels, u64 address, unsigned size)
{
    const PointSpec spec = {
        .kind = POINT_WRITE,
        .address_kind = panels->memory.physical ? ADDRESS_PHYSICAL : ADDRESS_LINEAR,
        .address = address,
        .length = size,
    };

    *panels->message = '\0';
    if (debugger_add_point(panels->debugger, &spec, panels->message, sizeof panels->message))
        panels_show(panels, PANEL_POINTS);
}

static void draw_group_menu(Panels *panels, u64 address, unsigned size)
{
    AddressKind kind = panels->memory.physical ? ADDRESS_PHYSICAL : ADDRESS_LINEAR;

    if (!gui_context_begin("byte"))
        return;
    if (gui_menu_item("stop when it is written", "", false, true))
        watch(panels, address, size);
    if (gui_menu_item("who wrote this last?", "", false,
                      panels->stopped && debugger_timeline(panels->debugger))) {
        *panels->message = '\0';
        panels->code.follows = true;
        reverse_last_writer(panels->debugger, kind, address, size, panels->message,
                            sizeof panels->message);
    }
    if (!panels->memory.physical && gui_menu_item("walk the page tables", "", false, true))
        panels_show_walk(panels, address);
    gui_context_end();
}

static void draw_group(Panels *panels, size_t offset, unsigned size)
{
    MemoryPanel *memory = &panels->memory;
    u64 value = 0;
    char text[20];

    if (offset + size > memory->now_length) {
        gui_print(GUI_DIM, "%.*s", (int)size * 2, "----------------");
        return;
    }
    memcpy(&value, memory->now + offset, size);
    snprintf(text, sizeof text, "%0*" PRIX64, (int)size * 2, value);
    if (panels_edit(panels, memory->address + offset, text,
                    has_changed(panels, offset, size) ? GUI_CHANGED
                    : value                           ? GUI_TEXT
                                                      : GUI_DIM,
                    &value))
        write_bytes(panels, memory->address + offset, value, size);
    gui_id(memory->address + offset);
    draw_group_menu(panels, memory->address + offset, size);
    gui_id_end();
}

static void draw_letters(const MemoryPanel *memory, size_t offset, unsigned count)
{
    char letters[64];
    unsigned i;

    for (i = 0; i < count && offset + i < memory->now_length; i++) {
        u8 byte = memory->now[offset + i];

        letters[i] = byte >= ' ' && byte < 0x7F ? (char)byte : '.';
    }
    letters[i] = '\0';
    gui_text(GUI_DIM, letters);
}

static void draw_rows(Panels *panels, unsigned rows, unsigned per_row)
{
    MemoryPanel *memory = &panels->memory;
    unsigned size = 1u << memory->size;
    unsigned digits = memory->physical ? 10 : (unsigned)panels_digits(panels);
    float step = 2.0f * (float)size + 1;

    for (unsigned row = 0; row < rows; row++) {
        size_t offset = (size_t)row * per_row;
        unsigned groups = per_row / size;

        u64 address = memory->address + offset;

        gui_print(GUI_ADDRESS, "%0*" PRIX64, (int)digits,
                  memory->physical ? address : cpu_system_linear(panels->cpu, address));
        for (unsigned number = 0; number < groups; number++) {
            gui_column((float)digits + 2 + (float)number * step + (2 * number >= groups ? 1 : 0));
            draw_group(panels, offset + (size_t)number * size, size);
        }
        gui_column((float)digits + 4 + (float)groups * step);
        draw_letters(memory, offset, per_row);
    }
}

static void draw_head(Panels *panels)
{
    MemoryPanel *memory = &panels->memory;
    unsigned space = memory->physical;
    bool narrow = gui_room().width < HEAD * gui_character_width();

    if (gui_input("address", "address or expression", memory->text, sizeof memory->text, 22) &&
        panels_read_address(panels, memory->text, &memory->address))
        memory->chosen = true;
    if (!narrow)
        gui_same_line();
    if (gui_choice("space", spaces, COUNT_OF(spaces), &space))
        memory->physical = space != 0;
    gui_same_line();
    gui_choice("size", sizes, COUNT_OF(sizes), &memory->size);
    gui_tooltip("bytes in a group");
}

static void scroll(Panels *panels, unsigned per_row)
{
    MemoryPanel *memory = &panels->memory;
    int turned = gui_wheel();

    if (!memory->chosen && !memory->physical)
        memory->address = panels_instruction(panels) & ~(u64)15;
    memory->chosen |= turned != 0;
    memory->address += (u64)(i64)turned * per_row;
}

void panel_memory(Panels *panels)
{
    MemoryPanel *memory = &panels->memory;
    float width, height;
    unsigned rows, per_row = 16, digits = memory->physical ? 10 : (unsigned)panels_digits(panels);

    draw_head(panels);
    width = gui_room().width / gui_character_width();
    height = gui_room().height / gui_line_height();
    rows = height < 1 ? 1 : (unsigned)height;
    while (width < (float)(digits + 4 + per_row * 4) && per_row > LEAST_PER_ROW &&
           per_row > 1u << memory->size)
        per_row /= 2;
    if (rows > MEMORY_SEEN / per_row)
        rows = MEMORY_SEEN / per_row;
    scroll(panels, per_row);
    if (!memory->physical)
        memory->address = cpu_system_linear(panels->cpu, memory->address);
    look(panels, (size_t)rows * per_row);
    draw_rows(panels, rows, per_row);
}
